/** The book over a real HTTP server and WebSocket: pushed in by those who may, refused by field, told with metrics. SYNTHETIC. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { BookDesk } from '../../src/app/book-desk.ts';
import { AccessTokens } from '../../src/server/access-tokens.ts';
import { bookRoom } from '../../src/server/book-room.ts';
import { startServer } from '../../src/server/monitor-server.ts';
import { KEY, MonitoredMarket } from './served-market.ts';

const digest = (token: string): string => createHash('sha256').update(token).digest('hex');
const TOKENS = AccessTokens.parse(`sam view ${digest('seer')}\nanna approve ${digest('judge')}`, 'tokens');
const AS = (token: string) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/json' });

async function setUp(t: TestContext) {
  const market = new MonitoredMarket([], 120);
  const desk = new BookDesk({
    state: () => market.session.state,
    accept: (events) => {
      for (const event of events) market.push(event);
    },
  });
  market.view.listen({ onRecord: (record) => desk.onRecord(record), onIncident: () => undefined });
  const server = await startServer({
    view: market.view, rooms: [bookRoom(desk)], port: 0, tokens: TOKENS, page: null, checkAnswers: true,
    onTrouble: (error) => assert.fail(error),
  }); // prettier-ignore
  t.after(() => server.close());
  const advance = (seconds: number): void => {
    market.advance(seconds);
    for (const event of market.inputs.slice(-50)) desk.onEvent(event);
  };
  advance(30);
  const get = async (path: string, token = 'seer') =>
    (await fetch(`${server.address}api/v1/${path}`, { headers: AS(token) })).json() as Promise<Record<string, never>>;
  const post = (path: string, body: object, token = 'judge') =>
    fetch(`${server.address}api/v1/${path}`, { method: 'POST', headers: AS(token), body: JSON.stringify(body) });
  const [expiry] = market.session.state.underlyings.get(KEY)!.expiries.filter((e) => e.models[0].versions.length > 0);
  const symbol = expiry.entries[4].instrument.symbol;
  return { market, server, advance, get, post, symbol };
}

test('positions, equity, fills and orders are pushed by role, refused by field, and told with money and metrics', async (t) => {
  const { market, server, advance, get, post, symbol } = await setUp(t);
  const body = {
    account: 'desk',
    positions: [
      { instrument: symbol, size: 10 },
      { instrument: 'BTC', size: 5 },
    ],
  };
  assert.equal((await post('book/positions', body, 'seer')).status, 403, 'a reader may not');
  assert.equal((await post('book/positions', body, 'wrong')).status, 401);
  assert.equal((await post('book/positions', { positions: [{ instrument: symbol, size: 'x' }] })).status, 400);
  assert.equal(
    (await post('book/positions', { ...body, extra: 1 })).status,
    400,
    'unknown fields are no typing errors',
  );
  const taken = (await (await post('book/positions', { ...body, complete_fills: true })).json()) as object;
  assert.deepEqual({ ...taken, at: '' }, { taken: 2, refused: [], at: '' });
  assert.equal(
    (await post('book/equity', { account: 'desk', currency: 'USDC', cash: 1_000, equity: 1_000 })).status,
    200,
  );
  const fill = {
    instrument: symbol,
    trade_id: 't1',
    direction: 'sell',
    price: 0.01,
    amount: 4,
    fee: 0.001,
    fee_currency: 'BTC',
  };
  assert.equal((await post('book/fills', { account: 'desk', fills: [fill, fill] })).status, 200);
  assert.equal((await post('book/orders', { orders: [{ instrument: symbol, bid: 0.001, bid_size: 3 }] })).status, 200);
  const { state } = market.session;
  assert.equal(state.book.accounts.get('push|desk')!.holdings.get(symbol)!.size, 6, 'one fill, told twice');
  assert.equal(state.instruments.get(`deribit:${symbol}`)!.entry.own!.now.bidSize, 3);
  advance(15);

  const overview = await get('book');
  const [account] = overview['accounts'] as { account: string; source: string; speaks: boolean; holdings: number }[];
  assert.deepEqual([account.account, account.source, account.speaks, account.holdings], ['desk', 'push', true, 3]);
  const book = await get(`book/${KEY}`);
  const records = book['records'] as { source: string; positions: number; drift_usd: number }[];
  assert.deepEqual([book['status'], records.map((r) => r.source)], ['ok', ['champion', 'venue']]);
  assert.ok(Number.isFinite(records[0].drift_usd) && records[0].positions === 2, JSON.stringify(records[0]));
  const sources = new Set((book['exposures'] as { source: string }[]).map((e) => e.source));
  assert.deepEqual([...sources], ['champion', 'venue']);
  assert.equal((book['scenarios'] as { set: string }[]).filter((s) => s.set === 'grid').length, 27);
  const rows = (await get('book/positions?limit=2')) as { items?: { instrument: string }[]; next_cursor?: string };
  assert.equal(rows.items?.length, 2);
  assert.equal((await fetch(`${server.address}api/v1/book/deribit:NONE`, { headers: AS('seer') })).status, 404);
  const metrics = await (await fetch(`${server.address}metrics`, { headers: AS('seer') })).text();
  assert.match(metrics, /vernier_book_vega_usd\{underlying="deribit:BTC",source="champion"\} -?\d/);
  assert.match(metrics, /vernier_book_ok\{underlying="deribit:BTC"\} 1/);
});

test('the push stream takes the same messages one by one and answers each', async (t) => {
  const { market, server, symbol } = await setUp(t);
  const address = `${server.address.replace('http', 'ws')}api/v1/book/stream`;
  const closed = (token: string): Promise<number> =>
    new Promise((resolve) =>
      new WebSocket(address, { headers: { authorization: `Bearer ${token}` } }).on('close', resolve),
    );
  assert.deepEqual([await closed('wrong'), await closed('seer')], [4401, 4403]);

  const socket = new WebSocket(address, { headers: { authorization: 'Bearer judge' } });
  await new Promise((resolve) => socket.on('open', resolve));
  const say = (message: object | string): Promise<Record<string, unknown>> =>
    new Promise((resolve) => {
      socket.once('message', (data) =>
        resolve(JSON.parse((data as Buffer).toString('utf8')) as Record<string, unknown>),
      );
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    });
  const positions = (size: number, mode = 'snapshot') => ({ op: 'positions', account: 'ws', mode, positions: [{ instrument: symbol, size }] }); // prettier-ignore
  assert.equal((await say(positions(7)))['ok'], true);
  assert.equal((await say(positions(9, 'delta')))['taken'], 1);
  assert.deepEqual(await say('{'), { ok: false, detail: 'the message is no JSON' });
  assert.match(
    String((await say({ op: 'positions', positions: [{ instrument: symbol, size: null }] }))['detail']),
    /positions\.0\.size/,
  );
  assert.match(String((await say({ op: 'sell everything' }))['detail']), /op/);
  const unknown = await say({ op: 'positions', account: 'ws', positions: [{ instrument: 'NO-SUCH-THING', size: 1 }] });
  assert.deepEqual(unknown['refused'], ['positions.0: instrument is NO-SUCH-THING']);
  const account = market.session.state.book.accounts.get('push|ws')!;
  assert.deepEqual([account.holdings.size, account.refused], [0, 1], 'a snapshot that could not be read whole says so');
  socket.close();
});
