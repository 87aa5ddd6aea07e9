/** The feed's life on a fake clock and a SYNTHETIC venue: what it finds, when it finds it, and what it never loses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketEvent } from '../../src/market/event.ts';
import { VenueError } from '../../src/venue/adapter.ts';
import { adapter } from '../../src/venue/deribit.ts';
import { createFeed } from '../../src/venue/feed.ts';
import type { Feed } from '../../src/venue/feed.ts';
import type { FeedOptions } from '../../src/venue/feed-options.ts';
import { CALL, PUT, T0, bookData, of, tickerData, tradeData } from './deribit-messages.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeDeribit } from './fake-deribit.ts';

interface Scene {
  readonly clock: FakeClock;
  readonly venue: FakeDeribit;
  readonly feed: Feed;
  readonly events: MarketEvent[];
  /** Events since the last call. */
  readonly fresh: () => MarketEvent[];
}

async function scene(
  over: Partial<FeedOptions> = {},
  prepare: (venue: FakeDeribit) => void = () => undefined,
): Promise<Scene> {
  const clock = new FakeClock(T0);
  const venue = new FakeDeribit(clock);
  prepare(venue);
  const events: MarketEvent[] = [];
  const feed = createFeed({
    venue: adapter,
    underlyings: ['BTC'],
    endpoint: 'ws://venue.invalid/ws',
    socketFactory: venue.factory,
    clock,
    random: () => 0.5,
    onEvents: (batch) => void events.push(...batch),
    ...over,
  });
  feed.start();
  await clock.settle();
  let read = 0;
  return { clock, venue, feed, events, fresh: () => events.slice(read, (read = events.length)) };
}

const states = (events: readonly MarketEvent[]): string[] => of(events, 'feed').map((e) => e.state);

test('opens: discovery, a snapshot of the chain, subscriptions, live; the summary comes before any ticker', async () => {
  const { venue, feed, events } = await scene();
  assert.deepEqual(states(events), ['connecting', 'live']);
  assert.equal(of(events, 'instrument').length, 2);
  const order = events.map((e) => e.type);
  assert.ok(
    order.indexOf('snapshot-end') < order.lastIndexOf('quote') &&
      order.indexOf('quote') < order.indexOf('snapshot-end'),
  );
  for (const channel of [
    `ticker.${CALL}.100ms`,
    `ticker.${PUT}.100ms`,
    'ticker.BTC-PERPETUAL.100ms',
    'trades.option.BTC.100ms',
    'deribit_price_index.btc_usd',
  ])
    assert.ok(venue.channels.has(channel), channel);
  assert.equal(feed.statistics().channels, venue.channels.size);
  assert.equal(venue.asked('public/set_heartbeat')[0].params['interval'], 10);
  assert.throws(() => feed.start(), /once/);
});

test('a test request is answered at once, ahead of the queue', async () => {
  const { venue } = await scene();
  const before = venue.asked('public/test').length;
  venue.say('{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}');
  assert.equal(venue.asked('public/test').length, before + 1, 'within the same call');
});

test('a lost connection: gap, back-off, reconnect, late trades once each, gap closed', async () => {
  const { clock, venue, events, fresh } = await scene();
  await venue.run(2_000);
  const lastGood = venue.venueNow - 500;
  venue.publish('trades.option.BTC.100ms', [tradeData(CALL, venue.venueNow, 'before')]);
  await clock.settle();
  fresh();
  const from = venue.venueNow;
  venue.disconnect();
  venue.trades = [
    tradeData(CALL, from, 'before'),
    tradeData(CALL, from + 100, 'missed-1'),
    tradeData(PUT, from + 200, 'missed-2'),
  ];
  await clock.settle();
  const lost = fresh();
  assert.deepEqual(states(lost), ['down']);
  const open = of(lost, 'gap')[0];
  assert.deepEqual([open.reason, open.symbol, open.to], ['disconnect', null, null]);
  assert.ok(open.from >= lastGood && open.from <= from, 'the gap begins at the last good message, venue time');
  await clock.advance(400);
  const back = fresh();
  assert.deepEqual(states(back), ['connecting', 'live']);
  assert.deepEqual(
    of(back, 'trade').map((t) => [t.tradeId, t.late]),
    [
      ['missed-1', true],
      ['missed-2', true],
    ],
  );
  const closed = of(back, 'gap')[0];
  assert.deepEqual([closed.reason, closed.from], ['disconnect', open.from]);
  assert.ok(closed.to! > open.from);
  assert.ok(
    back.findIndex((e) => e.type === 'gap') > back.findLastIndex((e) => e.type === 'trade'),
    'what was missed comes before the gap is closed',
  );
  venue.publish('trades.option.BTC.100ms', [
    tradeData(PUT, from + 200, 'missed-2'),
    tradeData(PUT, from + 900, 'next'),
  ]);
  await clock.settle();
  assert.deepEqual(
    of(fresh(), 'trade').map((t) => [t.tradeId, t.late]),
    [['next', false]],
  );
  assert.equal(new Set(of(events, 'trade').map((t) => t.tradeId)).size, of(events, 'trade').length);
});

test('after a reconnect the channels come first, and the list follows when its credits allow', async () => {
  const { clock, venue, fresh } = await scene();
  await venue.run(1_000);
  for (let i = 0; i < 4; i++) {
    fresh();
    venue.disconnect();
    await venue.run(1_500, 100);
    assert.deepEqual(states(fresh()).slice(0, 3), ['down', 'connecting', 'live']);
    await clock.settle();
  }
  assert.ok(venue.asked('public/get_instruments').length <= 6);
  venue.options = [CALL];
  await venue.run(70_000, 1_000);
  assert.ok(!venue.channels.has(`ticker.${PUT}.100ms`), 'the list came in the end');
});

test('silence is found within 2 s, probed, and healed with what history knows', async () => {
  const { clock, venue, fresh } = await scene();
  await venue.run(3_000);
  fresh();
  const began = clock.monotonic();
  let found = 0;
  while (found === 0 && clock.monotonic() < began + 5_000) {
    await clock.advance(50);
    // The venue's engine is silent while the connection lives: probes are answered.
    if (states(fresh()).includes('stale')) found = clock.monotonic();
  }
  assert.ok(found - began <= 2_000, `found after ${found - began} ms`);
  assert.ok(venue.asked('public/test').length > 0);
  venue.trades = [tradeData(CALL, venue.venueNow - 300, 'silent')];
  venue.publishIndex();
  await clock.settle();
  const healed = fresh();
  assert.deepEqual(states(healed), ['live']);
  assert.deepEqual(
    of(healed, 'trade').map((t) => [t.tradeId, t.late]),
    [['silent', true]],
  );
  assert.deepEqual(
    of(healed, 'gap').map((g) => g.reason),
    ['silence'],
  );
});

test('a half-open socket: no frame at all, so the connection is dropped and made anew', async () => {
  const { clock, venue, fresh } = await scene();
  await venue.run(2_000);
  fresh();
  venue.frozen = true;
  await clock.advance(4_500);
  const events = fresh();
  assert.deepEqual(states(events).slice(0, 2), ['stale', 'down']);
  assert.deepEqual(
    of(events, 'gap').map((g) => [g.reason, g.to]),
    [['silence', null]],
    'one gap, its first cause',
  );
  venue.frozen = false;
  await clock.advance(60_000);
  assert.ok(states(fresh()).includes('live'));
});

test('a living connection without data is not trusted for ever', async () => {
  const { clock, venue, fresh } = await scene({ limits: { heartbeatSeconds: 10 } });
  await venue.run(1_000);
  fresh();
  for (let i = 0; i < 20; i++) {
    venue.say('{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}}');
    await clock.advance(1_000);
  }
  const down = of(fresh(), 'feed').find((e) => e.state === 'down');
  assert.equal(down?.detail, 'no data on a living connection');
});

test('back-off doubles to its cap, with jitter, and forgets after a stable while', async () => {
  const { clock, venue } = await scene({ limits: { backoffBaseMs: 100, backoffCapMs: 1_000 } });
  await venue.run(1_000);
  venue.down = true;
  venue.disconnect();
  await clock.advance(8_000);
  const waits = venue.attempts
    .slice(1)
    .map((at, i) => at - venue.attempts[i])
    .slice(1);
  assert.deepEqual(waits.slice(0, 6), [150, 300, 600, 750, 750, 750]);
  venue.down = false;
  await venue.run(70_000);
  const attempts = venue.attempts.length;
  venue.disconnect();
  await clock.advance(76);
  assert.equal(venue.attempts.length, attempts + 1, 'the base again');
});

test('a rate-limit error drains the credits: the request waits and succeeds', async () => {
  const { clock, venue, events } = await scene({}, (v) => v.errors.set('public/subscribe', [10028]));
  assert.deepEqual(states(events), ['connecting']);
  const first = clock.monotonic();
  await clock.advance(1_990);
  assert.equal(venue.asked('public/subscribe').length, 1);
  await venue.run(2_000);
  assert.deepEqual(states(events), ['connecting', 'live']);
  assert.equal(venue.asked('public/subscribe').length, 2);
  assert.ok(clock.monotonic() - first >= 2_000);
});

test('subscriptions go in batches, never faster than the venue allows', async () => {
  const strikes = Array.from({ length: 8_000 }, (_, i) => `BTC-27MAR26-${1_000 + i}-C`);
  const clock = new FakeClock(T0);
  const venue = new FakeDeribit(clock);
  venue.options = strikes;
  const sent: number[] = [];
  const feed = createFeed({
    venue: adapter, underlyings: ['BTC'], endpoint: 'ws://venue.invalid', clock, random: () => 0, onEvents: () => undefined,
    socketFactory: (endpoint, handlers) => {
      const socket = venue.factory(endpoint, handlers);
      return { ...socket, send: (text) => (text.includes('"public/subscribe"') && sent.push(clock.monotonic()), socket.send(text)) };
    },
  }); // prettier-ignore
  feed.start();
  await venue.run(10_000);
  assert.equal(sent.length, 17, '8007 channels in batches of 500');
  assert.ok(venue.asked('public/subscribe').every((r) => (r.params['channels'] as string[]).length <= 500));
  // Of 30,000 credits at 3,000 each we use 80 %: eight at once, then one each 316 ms, where the venue grants one each 300.
  assert.equal(sent.filter((at) => at === sent[0]).length, 8);
  for (let i = 9; i < sent.length; i++) assert.ok(sent[i] - sent[i - 1] >= 315, `${i}`);
  assert.equal(feed.statistics().channels, 8_007);
  await feed.close();
});

test('a channel that the venue refuses is named, and the others live', async () => {
  const refused = 'deribit_volatility_index.btc_usd';
  const { venue, events } = await scene({}, (v) => v.refusedChannels.add(refused));
  assert.deepEqual(
    of(events, 'refused').map((r) => [r.reason, r.value]),
    [['channel-refused', refused]],
  );
  assert.deepEqual(states(events), ['connecting', 'live']);
  await venue.run(3_000);
  venue.publish('instrument.state.option.BTC', {
    timestamp: venue.venueNow,
    state: 'created',
    instrument_name: 'BTC-27MAR26-95000-C',
  });
  await venue.run(1_000);
  const asked = venue.asked('public/subscribe').map((r) => (r.params['channels'] as string[]).includes(refused));
  assert.deepEqual(asked, [true, false], 'not asked for again');
});

test('a print that did not arrive is found by the sequence of its instrument and fetched, late', async () => {
  const { clock, venue, fresh } = await scene();
  await venue.run(1_000);
  const at = venue.venueNow;
  const print = (name: string, sequence: number, id: string) =>
    tradeData(name, at + sequence, id, { trade_seq: sequence });
  venue.trades = [print(CALL, 8, 'b'), print(CALL, 9, 'c'), print(PUT, 3, 'x')];
  venue.publish('trades.option.BTC.100ms', [print(CALL, 7, 'a'), print(PUT, 3, 'x')]);
  await clock.advance(400);
  fresh();
  venue.publish('trades.option.BTC.100ms', [print(CALL, 11, 'e'), print(CALL, 10, 'd'), print(PUT, 4, 'y')]);
  await clock.advance(400);
  const events = fresh();
  assert.deepEqual(
    of(events, 'gap').map((g) => [g.symbol, g.reason, g.from, g.to]),
    [[CALL, 'change-id', at + 7, at + 11]],
  );
  assert.deepEqual(
    of(events, 'trade').map((t) => [t.tradeId, t.late]),
    [
      ['e', false],
      ['d', false],
      ['y', false],
      ['b', true],
      ['c', true],
    ],
  );
  venue.publish('trades.option.BTC.100ms', [print(CALL, 12, 'f')]);
  venue.publish('trades.option.BTC.100ms', [print(CALL, 14, 'h'), print(CALL, 13, 'g'), print(CALL, 12, 'f')]);
  await clock.advance(400);
  assert.equal(of(fresh(), 'gap').length, 0);
});

test('a book gap is healed by leaving and joining the channel: a snapshot before any delta', async () => {
  const { clock, venue, fresh } = await scene({ topOfBook: 'book' });
  const channel = `book.${CALL}.100ms`;
  fresh();
  venue.publish(
    channel,
    bookData(CALL, venue.venueNow, 105, { type: 'change', prev_change_id: 104, bids: [], asks: [] }),
  );
  await clock.advance(200);
  const events = fresh();
  assert.deepEqual(
    of(events, 'gap').map((g) => [g.symbol, g.reason, g.to === null]),
    [
      [CALL, 'change-id', true],
      [CALL, 'change-id', false],
    ],
  );
  assert.deepEqual(
    venue.asked('public/unsubscribe').map((r) => r.params['channels']),
    [[channel]],
  );
});

test('new listings are subscribed to and expired ones given back', async () => {
  const { clock, venue, fresh } = await scene();
  const fresher = 'BTC-27MAR26-95000-C';
  venue.publish('instrument.state.option.BTC', {
    timestamp: venue.venueNow,
    state: 'created',
    instrument_name: fresher,
  });
  await clock.advance(200);
  assert.ok(venue.channels.has(`ticker.${fresher}.100ms`));
  venue.publish('instrument.state.option.BTC', {
    timestamp: venue.venueNow,
    state: 'terminated',
    instrument_name: PUT,
  });
  await clock.advance(200);
  assert.ok(!venue.channels.has(`ticker.${PUT}.100ms`));
  assert.deepEqual(
    of(fresh(), 'instrument')
      .slice(-2)
      .map((e) => [e.instrument.symbol, e.state]),
    [
      [fresher, 'open'],
      [PUT, 'expired'],
    ],
  );
});

test('the roll at 08:00: time itself expires what the venue forgot, and channels follow', async () => {
  const clock = new FakeClock(Date.UTC(2026, 2, 27, 7, 59, 30));
  const venue = new FakeDeribit(clock);
  const events: MarketEvent[] = [];
  const feed = createFeed({
    venue: adapter,
    underlyings: ['BTC'],
    endpoint: 'ws://venue.invalid',
    socketFactory: venue.factory,
    clock,
    random: () => 0,
    onEvents: (b) => void events.push(...b),
  });
  feed.start();
  await clock.settle();
  assert.ok(venue.channels.has(`ticker.${CALL}.100ms`));
  await venue.run(95_000, 1_000);
  assert.ok(!venue.channels.has(`ticker.${CALL}.100ms`));
  assert.deepEqual(
    of(events, 'instrument')
      .filter((e) => e.state === 'expired')
      .map((e) => e.instrument.symbol),
    [CALL, PUT],
  );
  assert.deepEqual(states(events), ['connecting', 'live'], 'an expiry is no disturbance');
});

test('a slow consumer: quotes are thinned to the newest, trades all arrive, in order of arrival', async () => {
  const taken: MarketEvent[] = [];
  let slow = false;
  const { clock, venue, feed } = await scene({
    limits: { queueSoft: 100, queueHard: 100_000 },
    onEvents: (batch) => (taken.push(...batch), !slow),
  });
  slow = true;
  venue.publishIndex();
  await clock.settle();
  taken.length = 0;
  for (let i = 0; i < 5_000; i++) {
    venue.publish(`ticker.${CALL}.100ms`, tickerData(CALL, venue.venueNow, { open_interest: i }));
    if (i % 5 === 0) venue.publish('trades.option.BTC.100ms', [tradeData(CALL, venue.venueNow, `t${i}`)]);
  }
  await clock.settle();
  assert.equal(taken.length, 0);
  assert.ok(feed.statistics().queueLength <= 100 + 1_000 + 2, `${feed.statistics().queueLength}`);
  slow = false;
  feed.resume();
  await clock.advance(1_200);
  assert.deepEqual(
    of(taken, 'trade').map((t) => t.tradeId),
    Array.from({ length: 1_000 }, (_, i) => `t${i * 5}`),
  );
  assert.equal(of(taken, 'quote').at(-1)!.openInterest, 4_999, 'the newest quote wins');
  const { droppedQuotes } = feed.statistics();
  assert.equal(droppedQuotes + of(taken, 'quote').length, 5_000, 'every quote is delivered or counted');
  assert.equal(
    of(taken, 'pulse').reduce((sum, p) => sum + p.droppedQuotes, 0),
    droppedQuotes,
  );
});

test('a consumer that stops altogether stops the socket, and loses no trade', async () => {
  const taken: MarketEvent[] = [];
  let open = true;
  const { clock, venue, feed } = await scene({
    limits: { queueSoft: 20, queueHard: 200 },
    onEvents: (batch) => (taken.push(...batch), open),
  });
  open = false;
  venue.publishIndex();
  await clock.settle();
  for (let i = 0; i < 1_000; i++) venue.publish('trades.option.BTC.100ms', [tradeData(CALL, venue.venueNow, `t${i}`)]);
  assert.ok(venue.paused);
  assert.equal(feed.statistics().queueLength, 200);
  await clock.advance(10_000);
  assert.equal(feed.statistics().state, 'live', 'the silence is ours, not the venue');
  open = true;
  feed.resume();
  await clock.advance(100);
  assert.deepEqual(
    of(taken, 'trade').map((t) => t.tradeId),
    Array.from({ length: 1_000 }, (_, i) => `t${i}`),
  );
});

test('the pulse: offset to the venue clock, loop lag, a step of the wall clock', async () => {
  const { clock, venue, fresh } = await scene();
  await venue.run(2_000, 100);
  assert.equal(of(fresh(), 'pulse').at(-1)!.clockOffsetMs, 40);
  clock.block(700);
  await clock.advance(1_200);
  assert.ok(of(fresh(), 'pulse').some((p) => p.loopLagMs >= 500 && p.loopLagMs <= 900));
  venue.publish(`ticker.${CALL}.100ms`, tickerData(CALL, venue.venueNow + 3_600_000));
  await venue.run(1_200, 100);
  assert.equal(of(fresh(), 'pulse').at(-1)!.clockOffsetMs, 40, 'one timestamp from the future moves nothing');
  clock.wallError = 30_000;
  await venue.run(2_200, 100);
  const events = fresh();
  assert.deepEqual(
    of(events, 'refused').map((r) => [r.reason, r.value]),
    [['clock-step', '30000']],
  );
  assert.equal(of(events, 'pulse').at(-1)!.clockOffsetMs, 30_040, 'the offset moves with our clock');
});

test('a venue that lives in another time: facts of ours stand in its time from the first answer on', async () => {
  const day = 86_400_000;
  const { venue, events } = await scene({}, (v) => {
    v.behindMs = 5 * day;
  });
  await venue.run(1_500);
  venue.disconnect();
  await venue.run(500);
  const connecting = events.findIndex((e) => e.type !== 'feed');
  for (const event of events.slice(connecting)) {
    assert.ok(Math.abs(event.at - (T0 - 5 * day)) < 10_000, `${event.type} at ${new Date(event.at).toISOString()}`);
    assert.ok(Math.abs(event.receivedAt - T0) < 10_000, `${event.type} received`);
  }
  assert.ok(events.some((e) => e.type === 'gap') && events.some((e) => e.type === 'pulse'));
});

test('after a crash: the time since the last kept event is a gap, its trades come late, known ones not again', async () => {
  const from = T0 - 60_000;
  const { events } = await scene({ resumeFrom: from, knownTrades: [`${CALL}|kept`] }, (v) => {
    v.trades = [tradeData(CALL, from - 10, 'kept'), tradeData(CALL, from + 5_000, 'missed')];
  });
  assert.deepEqual(
    of(events, 'gap').map((g) => [g.reason, g.from, g.to !== null]),
    [
      ['crash', from, false],
      ['crash', from, true],
    ],
  );
  assert.deepEqual(
    of(events, 'trade').map((t) => [t.tradeId, t.late]),
    [['missed', true]],
  );
});

test('authentication: raw channels, private reads, refresh before the grant ends, nothing secret in any event or error', async () => {
  const credentials = { clientId: 'client-7', clientSecret: 'hush-hush-hush' };
  const { clock, venue, feed, events } = await scene({ credentials });
  assert.equal(venue.asked('public/auth')[0].params['grant_type'], 'client_credentials');
  assert.ok(venue.channels.has(`ticker.${CALL}.raw`));
  assert.deepEqual(
    await Promise.all([feed.requestPrivate('private/get_positions', { currency: 'BTC' }), clock.settle()]).then(
      ([r]) => r,
    ),
    [{ instrument_name: CALL, size: 2, average_price: 0.03 }],
  );
  await assert.rejects(
    feed.requestPrivate('private/buy', { amount: 1 }),
    (e) => e instanceof VenueError && !e.retryable && /read-only/.test(e.message),
  );
  venue.errors.set('private/get_positions', [13009]);
  await Promise.all([feed.requestPrivate('private/get_positions', {}), clock.settle()]);
  await venue.run(730_000, 1_000);
  assert.ok(venue.asked('public/auth').some((r) => r.params['grant_type'] === 'refresh_token'));
  venue.errors.set('public/auth', [13004, 13004]);
  venue.errors.set('private/get_positions', [13009]);
  const failed = await Promise.all([
    feed.requestPrivate('private/get_positions', {}).catch((e: unknown) => e),
    clock.settle(),
  ]);
  assert.ok(failed[0] instanceof VenueError && failed[0].code === 13004);
  const everything =
    JSON.stringify(events) +
    String(failed[0]) +
    JSON.stringify(failed[0]) +
    JSON.stringify(feed) +
    String(failed[0].stack);
  for (const secret of ['hush-hush-hush', 'refresh-', 'client-7']) assert.ok(!everything.includes(secret), secret);
});

test('refused credentials are recorded and public data goes on', async () => {
  const { venue, events, feed } = await scene({ credentials: { clientId: 'a', clientSecret: 'b' } }, (v) =>
    v.errors.set('public/auth', [13004]),
  );
  assert.deepEqual(states(events), ['connecting', 'live']);
  assert.deepEqual(
    of(events, 'refused').map((r) => [r.reason, r.field, r.value]),
    [['request-failed', 'public/auth', '13004']],
  );
  assert.ok(venue.channels.has(`ticker.${CALL}.100ms`));
  await assert.rejects(
    createFeed({ venue: adapter, underlyings: ['BTC'], random: () => 0, onEvents: () => undefined }).requestPrivate(
      'private/get_positions',
      {},
    ),
    /no credentials/,
  );
  void feed;
});

test('a request without an answer fails in time, and the connection is made anew', async () => {
  const { clock, venue, events } = await scene({ limits: { answerTimeoutMs: 1_000, requestAttempts: 2 } }, (v) =>
    v.mute.add('public/get_instruments').add('public/status'),
  );
  await clock.advance(5_000);
  assert.ok(states(events).includes('down'));
  assert.ok(of(events, 'refused').some((r) => r.field === 'public/get_instruments' && r.value === '-2'));
  venue.mute.clear();
  const asked = venue.asked('public/get_instruments').length;
  await clock.advance(26_000);
  assert.ok(venue.asked('public/get_instruments').length >= asked + 2, 'lists wait for their credits');
  await venue.run(8_000);
  assert.equal(states(events).at(-1), 'live');
});

test('a server error without a request is recorded', async () => {
  const { clock, venue, fresh } = await scene();
  fresh();
  venue.say('{"jsonrpc":"2.0","error":{"code":11051,"message":"system_maintenance"}}');
  await clock.settle();
  assert.deepEqual(
    of(fresh(), 'refused').map((r) => [r.reason, r.value]),
    [['venue-error', '11051']],
  );
});

test('the list is fetched again in time, so a lost life-cycle message is made good', async () => {
  const { venue } = await scene({ limits: { rediscoverMs: 5_000 } });
  venue.options = [CALL, 'BTC-27MAR26-95000-C'];
  await venue.run(6_000);
  assert.ok(venue.channels.has('ticker.BTC-27MAR26-95000-C.100ms'));
  assert.ok(!venue.channels.has(`ticker.${PUT}.100ms`));
});

test('close ends the connection, delivers what waits, and stops every timer', async () => {
  const taken: MarketEvent[] = [];
  const { clock, venue, feed } = await scene({ onEvents: (batch) => void taken.push(...batch) });
  venue.publish('trades.option.BTC.100ms', [tradeData(CALL, venue.venueNow, 'last')]);
  const left = await Promise.all([feed.close(), clock.settle()]);
  assert.equal(left[0], 0);
  assert.deepEqual(
    of(taken, 'trade').map((t) => t.tradeId),
    ['last'],
  );
  assert.deepEqual(states(taken).at(-1), 'down');
  assert.equal(venue.connected, false);
  assert.equal(clock.timers, 0);
  const seen = taken.length;
  await clock.advance(60_000);
  assert.equal(taken.length, seen);
});

test('close does not wait for ever on a consumer that has stopped', async () => {
  const { clock, venue, feed } = await scene({ onEvents: () => false });
  venue.publishIndex();
  const closing = feed.close();
  await clock.advance(5_000);
  assert.ok((await closing) > 0);
});
