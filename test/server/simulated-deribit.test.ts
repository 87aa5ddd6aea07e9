/** The simulated venue's server: the protocol as documented, books without gaps, limits, login, faults on the wire. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { MarketEvent } from '../../src/market/event.ts';
import { Credits } from '../../src/server/simulated/credit-bucket.ts';
import { changes, ladderOf } from '../../src/server/simulated/ladder.ts';
import {
  startSimulatedDeribit,
  type SimulatedDeribit,
  type SimulatedDeribitOptions,
} from '../../src/server/simulated-deribit.ts';
import { Session } from '../../src/server/simulated/session.ts';
import type { ScheduledFault } from '../../src/simulator/fault.ts';
import { adapter } from '../../src/venue/deribit.ts';
import { createFeed } from '../../src/venue/feed.ts';

const START = Date.UTC(2026, 0, 15, 0, 30);

// oxlint-disable-next-line typescript/no-explicit-any -- whatever the venue says
type Message = any;

async function venue(t: TestContext, options: SimulatedDeribitOptions = {}): Promise<SimulatedDeribit> {
  const started = await startSimulatedDeribit({
    seed: 3,
    startAt: START,
    underlyings: ['BTC'],
    instrumentLimit: 60,
    ...options,
  });
  t.after(() => started.close());
  return started;
}

class Client {
  readonly socket: WebSocket;
  readonly notifications: Message[] = [];
  closedWith: number | null = null;
  readonly #waiting = new Map<number, (reply: Message) => void>();
  #id = 0;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on('message', (data) => {
      const message: Message = JSON.parse((data as Buffer).toString('utf8'));
      if (message.id === undefined) this.notifications.push(message);
      else this.#waiting.get(message.id)?.(message);
    });
    this.socket.on('close', (code) => (this.closedWith = code));
    this.socket.on('error', () => undefined);
  }

  static async open(t: TestContext, url: string): Promise<Client> {
    const client = new Client(url);
    t.after(() => client.socket.terminate());
    await new Promise((resolve, reject) => client.socket.once('open', resolve).once('error', reject));
    return client;
  }

  call(method: string, params: object = {}): Promise<Message> {
    const id = ++this.#id;
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  async until(enough: (notifications: readonly Message[]) => boolean, ms: number = 8000): Promise<void> {
    const deadline = performance.now() + ms;
    while (!enough(this.notifications)) {
      assert.ok(performance.now() < deadline, `waited ${ms} ms in vain; ${this.notifications.length} notifications`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  of(channel: string): Message[] {
    return this.notifications.filter((n) => n.params?.channel === channel).map((n) => n.params.data);
  }
}

const rest = async (v: SimulatedDeribit, path: string): Promise<Message> =>
  (await fetch(`${v.httpUrl}/${path}`)).json();

test('REST and WebSocket answer alike; everything says SYNTHETIC somewhere', async (t) => {
  const v = await venue(t);
  const client = await Client.open(t, v.wsUrl);
  const hello = await client.call('public/hello', { client_name: 'test', client_version: '1' });
  assert.match(hello.result.version, /SYNTHETIC/);
  assert.equal(hello.jsonrpc, '2.0');
  assert.ok(hello.usOut >= hello.usIn && hello.testnet === true);
  assert.match((await rest(v, 'public/status')).result.note, /SYNTHETIC/);
  assert.equal((await fetch(`${v.httpUrl}/public/test`)).headers.get('x-market-data'), 'SYNTHETIC');
  const { result } = await rest(v, 'public/get_instruments?currency=BTC&kind=option');
  assert.equal(result.length, 60);
  const [one] = result;
  assert.match(one.instrument_name, /^BTC-\d{1,2}[A-Z]{3}\d\d-\d+-[CP]$/);
  assert.deepEqual(one.tick_size_steps, [{ above_price: 0.005, tick_size: 0.0005 }]);
  const overSocket = await client.call('public/get_instruments', { currency: 'BTC', kind: 'option' });
  assert.deepEqual(overSocket.result.map((o: Message) => o.instrument_name), result.map((o: Message) => o.instrument_name)); // prettier-ignore
  const ticker = (await rest(v, `public/ticker?instrument_name=${one.instrument_name}`)).result;
  for (const key of [
    'timestamp',
    'state',
    'stats',
    'greeks',
    'index_price',
    'mark_price',
    'mark_iv',
    'bid_iv',
    'ask_iv',
    'underlying_price',
    'underlying_index',
    'open_interest',
    'best_bid_price',
    'best_ask_amount',
    'min_price',
    'max_price',
    'estimated_delivery_price',
    'interest_rate',
    'last_price',
  ])
    // prettier-ignore
    assert.ok(key in ticker, key);
  const book = (await rest(v, `public/get_order_book?instrument_name=${one.instrument_name}&depth=1`)).result;
  assert.ok(book.bids.length <= 1 && book.asks.length <= 1 && typeof book.change_id === 'number');
  assert.equal((await rest(v, 'public/get_book_summary_by_currency?currency=BTC&kind=option')).result.length, 60);
  assert.ok((await rest(v, 'public/get_index_price?index_name=btc_usd')).result.index_price > 10_000);
});

test('errors carry the venue’s codes', async (t) => {
  const v = await venue(t);
  const client = await Client.open(t, v.wsUrl);
  const code = async (method: string, params: object = {}): Promise<number> =>
    (await client.call(method, params)).error.code;
  assert.equal(await code('public/nonsense'), -32601);
  assert.equal(await code('public/ticker'), -32602);
  assert.equal(await code('public/ticker', { instrument_name: 'BTC-1JAN20-1-C' }), 13020);
  assert.equal(await code('public/get_instruments', { currency: 'XXX' }), -32602);
  assert.equal(await code('private/get_positions', { currency: 'BTC' }), 13009);
  assert.equal(
    await code('public/auth', { grant_type: 'client_credentials', client_id: 'a', client_secret: 'b' }),
    13004,
  );
  assert.equal(await code('public/subscribe', { channels: ['ticker.BTC-PERPETUAL.raw'] }), 13778);
  assert.equal(await code('public/set_heartbeat', { interval: 1 }), -32602);
  client.socket.send('{"jsonrpc":"2.0","method":"public/test"}');
  client.socket.send('{not json');
  assert.equal((await client.call('public/test')).error, undefined, 'still alive after junk');
});

test('books: snapshot, then deltas whose change ids chain and whose sum is the current book', async (t) => {
  const v = await venue(t, { activity: 20 });
  const client = await Client.open(t, v.wsUrl);
  const names = (await rest(v, 'public/get_instruments?currency=BTC&kind=option')).result.map(
    (o: Message) => o.instrument_name,
  );
  const channel = `book.${names[30]}.100ms`;
  assert.deepEqual((await client.call('public/subscribe', { channels: [channel, 'nonsense.channel'] })).result, [
    channel,
  ]);
  await client.until(() => client.of(channel).length > 12);
  const [first, ...rest_] = client.of(channel);
  assert.equal(first.type, 'snapshot');
  assert.equal(first.prev_change_id, undefined);
  let last = first.change_id;
  const sides = { bids: new Map<number, number>(), asks: new Map<number, number>() };
  for (const data of [first, ...rest_]) {
    if (data !== first) {
      assert.equal(data.type, 'change');
      assert.equal(data.prev_change_id, last);
      last = data.change_id;
    }
    for (const side of ['bids', 'asks'] as const)
      for (const [action, price, amount] of data[side])
        if (action === 'delete') assert.ok(sides[side].delete(price), 'deletes a level that was there');
        else {
          assert.equal(sides[side].has(price), action === 'change');
          sides[side].set(price, amount);
        }
    assert.ok(
      Math.max(...sides.bids.keys()) < Math.min(...sides.asks.keys()) || sides.bids.size * sides.asks.size === 0,
    );
  }
  const late = await Client.open(t, v.wsUrl);
  await late.call('public/subscribe', { channels: [channel] });
  await late.until(() => late.of(channel).length > 0);
  assert.equal(late.of(channel)[0].type, 'snapshot', 'a second listener starts from a snapshot');
});

test('channels of the market speak; unsubscribing silences them', async (t) => {
  const v = await venue(t, { activity: 60 });
  const client = await Client.open(t, v.wsUrl);
  const channels = ['trades.option.BTC.100ms', 'markprice.options.btc_usd', 'deribit_price_index.btc_usd', 'deribit_volatility_index.btc_usd', 'ticker.BTC-PERPETUAL.100ms', 'instrument.state.option.BTC', 'platform_state']; // prettier-ignore
  assert.deepEqual((await client.call('public/subscribe', { channels })).result, channels);
  await client.until(() => channels.filter((c) => !c.startsWith('instrument')).every((c) => client.of(c).length > 0));
  const [trade] = client.of('trades.option.BTC.100ms')[0];
  for (const key of [
    'trade_seq',
    'trade_id',
    'timestamp',
    'tick_direction',
    'price',
    'mark_price',
    'iv',
    'instrument_name',
    'index_price',
    'direction',
    'amount',
  ])
    // prettier-ignore
    assert.ok(key in trade, key);
  const history = (await client.call('public/get_last_trades_by_currency_and_time', { currency: 'BTC', kind: 'option', start_timestamp: START, end_timestamp: START + 60_000, count: 1000, sorting: 'asc' })).result; // prettier-ignore
  assert.ok(history.trades.some((x: Message) => x.trade_id === trade.trade_id));
  const mark = client.of('markprice.options.btc_usd')[0];
  assert.ok(mark.length === 60 && mark[0].iv > 0 && mark[0].iv < 5, 'volatility as a fraction');
  assert.equal((await client.call('public/unsubscribe', { channels })).result.length, channels.length);
  const before = client.notifications.length;
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(client.notifications.length, before);
});

test('login, read-only account, expiry of the login, raw channels', async (t) => {
  const v = await venue(t, { tokenSeconds: 1, credentials: { clientId: 'id', clientSecret: 'secret' } });
  const [name] = (await rest(v, 'public/get_instruments?currency=BTC&kind=option')).result.map(
    (o: Message) => o.instrument_name,
  );
  const w = await venue(t, { tokenSeconds: 1, credentials: { clientId: 'id', clientSecret: 'secret' }, positions: [{ instrument: name, size: -5, averagePrice: 0.05 }] }); // prettier-ignore
  const client = await Client.open(t, w.wsUrl);
  const auth = await client.call('public/auth', {
    grant_type: 'client_credentials',
    client_id: 'id',
    client_secret: 'secret',
  });
  assert.equal(auth.result.token_type, 'bearer');
  const [position] = (await client.call('private/get_positions', { currency: 'BTC' })).result;
  assert.deepEqual([position.instrument_name, position.size, position.direction], [name, -5, 'sell']);
  assert.equal((await client.call('private/subscribe', { channels: ['user.portfolio.btc'] })).result.length, 1);
  assert.deepEqual((await client.call('public/subscribe', { channels: [`ticker.${name}.raw`] })).result, [
    `ticker.${name}.raw`,
  ]);
  await client.until(() => client.of('user.portfolio.btc').length > 0);
  await new Promise((resolve) => setTimeout(resolve, 1300));
  assert.equal((await client.call('private/get_positions', {})).error.code, 13009);
  const refreshed = await client.call('public/auth', {
    grant_type: 'refresh_token',
    refresh_token: auth.result.refresh_token,
  });
  assert.ok(refreshed.result.access_token);
});

test('credits: too many requests end the session', async (t) => {
  const limits = { standard: { capacity: 1000, refillPerSecond: 1, cost: 500 }, methods: {} };
  const v = await venue(t, { rateLimits: limits });
  const client = await Client.open(t, v.wsUrl);
  await client.call('public/test');
  await client.call('public/test');
  assert.equal((await client.call('public/test')).error.code, 10028);
  await client.until(() => client.closedWith !== null);
  for (let i = 0; i < 2; i++) assert.equal((await fetch(`${v.httpUrl}/public/test`)).status, 200);
  assert.equal((await fetch(`${v.httpUrl}/public/test`)).status, 429);
});

test('wire faults: lost book changes show in change ids, a cut is a cut, refused is refused, then it goes on', async (t) => {
  const fault = (kind: 'gap' | 'refuse', from: number, to: number): ScheduledFault => ({
    fault: kind, scope: { underlying: null, expiry: null }, from: START + from, to: START + to, magnitude: kind === 'gap' ? 0.5 : 1, shape: 'abrupt',
  }); // prettier-ignore
  const v = await venue(t, { activity: 20, faults: [fault('gap', 300, 1500), fault('refuse', 1600, 2400)] });
  const names = (await rest(v, 'public/get_instruments?currency=BTC&kind=option')).result.map(
    (o: Message) => o.instrument_name,
  );
  const client = await Client.open(t, v.wsUrl);
  await client.call('public/subscribe', { channels: names.slice(0, 30).map((n: string) => `book.${n}.100ms`) });
  await client.until(() => client.closedWith !== null);
  const ids = new Map<string, number>();
  let broken = 0;
  for (const n of client.notifications) {
    const { channel, data } = n.params;
    if (data.prev_change_id !== undefined && ids.get(channel) !== data.prev_change_id) broken++;
    ids.set(channel, data.change_id);
  }
  assert.ok(broken > 3, `${broken} breaks`);
  await assert.rejects(Client.open(t, v.wsUrl));
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const again = await Client.open(t, v.wsUrl);
  assert.match((await again.call('public/test')).result.version, /SYNTHETIC/);
});

test('the real adapter takes everything: no refusals, all kinds of events, no gap', async (t) => {
  const v = await venue(t, {
    underlyings: ['BTC', 'ETH'],
    script: 'demo',
    paced: 1,
    activity: 4,
    startAt: Date.now(),
  });
  const events: MarketEvent[] = [];
  const feed = createFeed({ venue: adapter, endpoint: v.wsUrl, underlyings: ['BTC', 'ETH'], random: () => 0.5, onEvents: (batch) => void events.push(...batch) }); // prettier-ignore
  t.after(() => feed.close());
  feed.start();
  const wanted = ['instrument', 'quote', 'trade', 'index', 'future', 'volatility-index', 'feed'] as const;
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline && !wanted.every((k) => events.some((e) => e.type === k)))
    await new Promise((resolve) => setTimeout(resolve, 50));
  for (const kind of wanted) assert.ok(events.some((e) => e.type === kind), `no ${kind}`); // prettier-ignore
  assert.deepEqual(events.filter((e) => e.type === 'refused'), []); // prettier-ignore
  assert.deepEqual(events.filter((e) => e.type === 'gap'), []); // prettier-ignore
});

test('a roll through the adapter: locked and opened, delivered at one price, expired once, the new listing quoted', async (t) => {
  const roll = Date.UTC(2026, 0, 15, 8);
  const lock: ScheduledFault = { fault: 'platform-lock', scope: { underlying: 'BTC', expiry: null }, from: roll - 9000, to: roll - 6000, magnitude: 1, shape: 'abrupt' }; // prettier-ignore
  const v = await venue(t, { instrumentLimit: null, startAt: roll - 12_000, paced: 8, faults: [lock] });
  const events: MarketEvent[] = [];
  const feed = createFeed({ venue: adapter, endpoint: v.wsUrl, underlyings: ['BTC'], random: () => 0.5, onEvents: (batch) => void events.push(...batch) }); // prettier-ignore
  t.after(() => feed.close());
  feed.start();
  const fresh = (): boolean => events.some((e) => e.type === 'quote' && e.symbol.startsWith('BTC-19JAN26-'));
  const deadline = performance.now() + 12_000;
  while (performance.now() < deadline && !fresh()) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(fresh(), 'the expiry listed at the roll is quoted');
  const deliveries = events.filter((e) => e.type === 'delivery');
  assert.equal(deliveries.length, 1);
  assert.ok(deliveries[0].expiry === roll && Math.abs(deliveries[0].price / 96_700 - 1) < 0.02);
  const expired = events.flatMap((e) =>
    e.type === 'instrument' && e.state === 'expired' ? [e.instrument.symbol] : [],
  );
  assert.ok(expired.length >= 20 && expired.every((s) => s.startsWith('BTC-15JAN26-')));
  assert.equal(new Set(expired).size, expired.length);
  const states = events.flatMap((e) => (e.type === 'platform' && e.underlying === 'BTC' ? [e.state] : []));
  assert.deepEqual(states.slice(-2), ['locked', 'open']);
});

test('heartbeat: test requests go out, an answer keeps the session, silence ends it', async () => {
  const sent: string[] = [];
  let closed = 0;
  const socket = { readyState: 1, bufferedAmount: 0, send: (text: string) => sent.push(text), close: () => closed++ };
  const session = new Session(socket as unknown as WebSocket, new Credits(null));
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const answering = setInterval(() => session.answered(), 5);
  session.startHeartbeat(0.03);
  await pause(200);
  clearInterval(answering);
  assert.ok(sent.filter((s) => s.includes('"test_request"')).length >= 2);
  assert.equal(closed, 0);
  await pause(200);
  session.stopHeartbeat();
  assert.ok(closed >= 1);
});

test('ladders: deltas rebuild the next ladder, unchanged levels are silent', () => {
  const before: [number, number][] = [[1, 5], [0.9, 2], [0.8, 7]]; // prettier-ignore
  const after: [number, number][] = [[1.1, 1], [1, 5], [0.8, 6]]; // prettier-ignore
  assert.deepEqual(changes(before, after), [['new', 1.1, 1], ['change', 0.8, 6], ['delete', 0.9, 0]]); // prettier-ignore
  const future = {
    type: 'future',
    at: 0,
    symbol: 'BTC-PERPETUAL',
    underlying: 'BTC',
    expiry: null,
    mark: 0,
    index: 0,
    funding8h: 0,
  } as const;
  const book = ladderOf({ ...future, bid: 100, ask: 100.5, bidSize: 10, askSize: 20 });
  const moved = ladderOf({ ...future, bid: 99.5, ask: 100, bidSize: 10, askSize: 20 });
  assert.ok(
    book.bids.every(([p], i) => i === 0 || p < book.bids[i - 1][0]) &&
      book.asks.every(([p], i) => i === 0 || p > book.asks[i - 1][0]),
  );
  const kept = book.bids.slice(1).filter(([p, a]) => moved.bids.some(([q, b]) => p === q && a === b));
  assert.ok(kept.length >= 3, 'deeper levels stay when the top moves');
});
