/** Back-off, credits, clocks, queue and names: the parts of the feed by themselves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketEvent } from '../../src/market/event.ts';
import { Random } from '../../src/numeric/random.ts';
import { VenueError } from '../../src/venue/adapter.ts';
import { createBackoff } from '../../src/venue/backoff.ts';
import { ClockOffset, ReceiveClock } from '../../src/venue/clock-offset.ts';
import { adapter } from '../../src/venue/deribit.ts';
import { heartbeat } from '../../src/venue/deribit/requests.ts';
import { EventQueue } from '../../src/venue/event-queue.ts';
import { RecentNames } from '../../src/venue/recent-names.ts';
import { Requester } from '../../src/venue/requester.ts';
import { createTokenBucket } from '../../src/venue/token-bucket.ts';
import { FakeClock } from './fake-clock.ts';
import { CALL, PUT, T0, hearChannel, of, openSession, tickerData, tradeData } from './deribit-messages.ts';

test('back-off stays between half and the whole of a range that doubles to its cap', () => {
  const random = new Random(3);
  const backoff = createBackoff(100, 5_000, () => random.uniform());
  for (let n = 0; n < 200; n++) {
    const range = Math.min(5_000, 100 * 2 ** n);
    const wait = backoff.next();
    assert.ok(wait >= range / 2 && wait <= range, `${n}: ${wait}`);
  }
  assert.equal(backoff.attempts, 200);
  backoff.stable();
  assert.ok(backoff.next() <= 100);
});

test('credits: a burst up to the capacity, then the rate, and none after the venue says so', () => {
  const bucket = createTokenBucket({ capacity: 30_000, refillPerSecond: 10_000 });
  let now = 0;
  for (let i = 0; i < 10; i++) assert.equal(bucket.take(3_000, now), 0);
  assert.equal(bucket.take(3_000, now), 300);
  now += 300;
  assert.equal(bucket.take(3_000, now), 0);
  now += 60_000;
  bucket.drain(now);
  assert.equal(bucket.take(500, now), 50);
  assert.equal(bucket.take(1e9, now), 3_000, 'a cost above the capacity waits for a full bucket');
  // Never more than capacity + rate x time, whatever the order of calls.
  const random = new Random(5);
  const other = createTokenBucket({ capacity: 1_000, refillPerSecond: 500 });
  let spent = 0;
  let at = 0;
  for (let i = 0; i < 5_000; i++) {
    at += random.uniform() * 20;
    const cost = 1 + Math.floor(random.uniform() * 400);
    if (other.take(cost, at) === 0) spent += cost;
  }
  assert.ok(spent <= 1_000 + (at / 1000) * 500 + 1e-3 && spent > (at / 1000) * 450, `${spent}`);
});

test('requests: credits are gone when the venue says so, for every request of the bucket; the waiting are bounded', async () => {
  const clock = new FakeClock(T0);
  const sent: string[] = [];
  const limits = { answerTimeoutMs: 1_000, attempts: 2, waiting: 3 };
  const requester = new Requester(
    adapter,
    clock,
    limits,
    (text) => void sent.push((JSON.parse(text) as { method: string }).method),
  );
  await assert.rejects(requester.ask(adapter.probe()), /not connected/);
  requester.connect();
  const first = requester.ask(adapter.probe());
  requester.error(1, 10028, 'too_many_requests');
  const second = requester.ask(heartbeat(10));
  assert.deepEqual(sent, ['public/test'], 'no credits, nothing sent');
  await clock.advance(52);
  assert.equal(sent.length, 1);
  await clock.advance(1);
  assert.deepEqual(sent, ['public/test', 'public/set_heartbeat'], '500 credits at 95 % of 10,000 a second');
  requester.result(2, 'ok');
  assert.equal(await second, 'ok');
  await clock.advance(2_000);
  assert.equal(sent.length, 3, 'the first is tried again, later');
  requester.error(3, 10028, 'too_many_requests');
  await assert.rejects(first, (e) => e instanceof VenueError && e.outcome === 'rate-limited' && e.retryable);
  const waiting = [requester.ask(adapter.probe()), requester.ask(adapter.probe()), requester.ask(adapter.probe())];
  await assert.rejects(requester.ask(adapter.probe()), /too many requests wait/);
  requester.disconnect();
  for (const request of waiting) await assert.rejects(request, /disconnected/);
});

test('clock offset: the least delay of a minute, forgotten after a minute', () => {
  const offset = new ClockOffset();
  assert.equal(offset.read(T0), null);
  for (let i = 0; i < 100; i++) offset.sample(T0 + i * 100, T0 + i * 100 - 50 - (i % 7) * 3);
  assert.equal(offset.read(T0 + 10_000), 50);
  for (let i = 0; i < 700; i++) offset.sample(T0 + 10_000 + i * 100, T0 + 10_000 + i * 100 - 80);
  assert.equal(offset.read(T0 + 80_000), 80);
  assert.equal(offset.read(T0 + 200_000), null);
});

test('clock offset: a timestamp from the future is ignored until it repeats', () => {
  const offset = new ClockOffset();
  offset.sample(T0, T0 - 40);
  offset.sample(T0 + 1, T0 + 3_600_000);
  offset.sample(T0 + 2, T0 - 38);
  offset.sample(T0 + 3, T0 + 3_600_000);
  assert.equal(offset.read(T0 + 4), 40);
  for (let i = 0; i < 3; i++) offset.sample(T0 + 5 + i, T0 + 10_000);
  assert.ok(offset.read(T0 + 9)! < -9_000, 'three in a row are the truth');
});

test('receive stamps follow the monotonic clock, a step of the wall, and slew the rest', () => {
  let wall = T0;
  let monotonic = 5;
  const clock = new ReceiveClock(() => wall, () => monotonic); // prettier-ignore
  wall += 100;
  monotonic += 100.9;
  assert.equal(clock.now(), T0 + 100);
  wall -= 300;
  assert.equal(clock.now(), T0 + 100, 'a wall clock set back does not set the stamps back');
  assert.equal(clock.discipline(), 0);
  assert.equal(clock.now(), T0 + 99, 'slewed by 1 ms');
  wall += 10_000;
  assert.ok(Math.abs(clock.discipline() - 9_700) < 2);
  assert.ok(Math.abs(clock.now() - wall) <= 1);
});

const quote = (symbol: string, openInterest: number): MarketEvent =>
  hearChannel(
    openSession(),
    `ticker.${symbol}.100ms`,
    tickerData(symbol, T0, { open_interest: openInterest }),
  ).events.at(-1)!;
const trade = (id: string): MarketEvent =>
  hearChannel(openSession(), 'trades.option.BTC.100ms', [tradeData(CALL, T0, id)]).events[0];

test('queue: nothing is shed below the soft limit; above it the newest quote of a symbol replaces the waiting one', () => {
  const queue = new EventQueue(4, 1_000);
  for (let i = 0; i < 4; i++) queue.push(quote(CALL, i));
  assert.equal(queue.droppedQuotes, 0);
  queue.push(quote(PUT, 7));
  queue.push(trade('a'));
  queue.push(quote(CALL, 9));
  queue.push(quote(PUT, 8));
  assert.equal(queue.droppedQuotes, 2);
  const taken = queue.take();
  assert.deepEqual(of(taken, 'quote').map((q) => [q.symbol, q.openInterest]), [[CALL, 0], [CALL, 1], [CALL, 2], [CALL, 9], [PUT, 8]]); // prettier-ignore
  assert.equal(of(taken, 'trade').length, 1);
  assert.deepEqual([queue.length, queue.take()], [0, []]);
});

test('queue: refusals are shed and counted, trades never; its own holes stay bounded', () => {
  const queue = new EventQueue(10, 50);
  const refusal: MarketEvent = {
    type: 'refused',
    at: T0,
    receivedAt: T0,
    venue: 'v',
    reason: 'r',
    field: 'f',
    value: 'x',
  };
  for (let i = 0; i < 10_000; i++) queue.push(i % 2 === 0 ? refusal : quote(CALL, i));
  assert.equal(queue.length, 10);
  assert.ok(queue.droppedRefusals > 4_900 && queue.droppedQuotes > 4_900);
  for (let i = 0; i < 100; i++) queue.push(trade(`t${i}`));
  assert.ok(queue.full);
  assert.equal(of(queue.take(), 'trade').length, 100);
  assert.equal(queue.full, false);
});

test('recent names: known for at least the capacity, bounded at twice it', () => {
  const names = new RecentNames(100);
  for (let i = 0; i < 1_000; i++) assert.equal(names.add(`n${i}`), true);
  for (let i = 900; i < 1_000; i++) assert.equal(names.add(`n${i}`), false);
  assert.equal(names.add('n0'), true, 'long forgotten');
});
