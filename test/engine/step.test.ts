/** The engine's rules one by one, on SYNTHETIC chains: batches, lateness, forwards, jobs, incidents, gates, expiries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_UNDERLYINGS } from '../../src/engine/admit.ts';
import type { FutureEvent, MarketEvent, QuoteEvent } from '../../src/market/event.ts';
import type { GateRecord, IncidentRecord } from '../../src/model/record.ts';
import {
  answerOf,
  DAY,
  expiryIn,
  listing,
  quotes,
  run,
  snapshotEnd,
  SPOT,
  START,
  type Mood,
  type Run,
} from './synthetic-market.ts';

const NEAR = expiryIn(4);
const FAR = expiryIn(30);
const HOUR = 3_600_000;
const BTC = 'deribit:BTC';

const timer = (at: number): MarketEvent => ({ type: 'timer', at, receivedAt: at });
const underlying = (r: Run) => r.state.underlyings.get(BTC)!;
const refused = (r: Run, reason: string): number => r.state.counts.refused.get(reason) ?? 0;

function chain(mood: Mood): MarketEvent[] {
  return [...quotes(NEAR, mood), ...quotes(FAR, mood), snapshotEnd(mood.at)];
}

function listed(inline = true): Run {
  const r = run({}, inline);
  r.push([...listing(NEAR), ...listing(FAR)]);
  return r;
}

function gatesOf(r: Run, scope: string): GateRecord['state'][] {
  return r.records.filter((x): x is GateRecord => x.type === 'gate' && x.scope === scope).map((g) => g.state);
}

function incidents(r: Run): string[] {
  return r.records
    .filter((x): x is IncidentRecord => x.type === 'incident' && x.state !== 'updated')
    .map((x) => `${x.cause} ${x.state}`);
}

test('a stream closes a batch a second of event time, once a later event has passed it by the allowed lateness', () => {
  const r = listed();
  r.push([...quotes(FAR, { at: START + 100 }), timer(START + 1_500)]);
  assert.equal(r.state.counts.batches, 1);
  assert.equal(underlying(r).closedAt, START + 1_000);
  r.push([...quotes(FAR, { at: START + 1_900, level: 0.51 }), timer(START + 2_499)]);
  assert.equal(r.state.counts.batches, 1, 'the second is over, but what is late by 400 ms may still come');
  r.push([timer(START + 2_500)]);
  assert.equal(r.state.counts.batches, 2);
  assert.equal(underlying(r).closedAt, START + 2_000);
  r.push([timer(START + 9_000)]);
  assert.equal(r.state.counts.batches, 2, 'nothing changed: nothing to close');
});

test('fewer changed quotes than a batch needs stay until there are enough', () => {
  const r = listed();
  const all = quotes(FAR, { at: START + 100 });
  r.push([...all.slice(0, 7), timer(START + 2_000)]);
  assert.equal(r.state.counts.batches, 0);
  r.push([{ ...all[7], at: START + 2_100, receivedAt: START + 2_100 }, timer(START + 4_000)]);
  assert.equal(r.state.counts.batches, 1);
});

test('what comes after its batch has closed is counted late and reopens nothing', () => {
  const r = listed();
  r.push([...quotes(FAR, { at: START + 100 }), timer(START + 3_000)]);
  const closedAt = underlying(r).closedAt;
  r.push(quotes(NEAR, { at: START + 200 }).map((q): QuoteEvent => ({ ...q, receivedAt: START + 3_000 })));
  assert.ok(r.state.counts.late > 0);
  assert.equal(underlying(r).closedAt, closedAt);
});

test('one stamp from the future moves the watermark no further than our own clock allows', () => {
  const r = listed();
  const [first, ...rest] = quotes(FAR, { at: START + 100 });
  r.push([{ ...first, at: START + DAY, receivedAt: START + 100 }]);
  assert.ok(underlying(r).watermark <= START + 100 + r.state.config.clockToleranceMs);
  r.push([
    ...rest.map((q): QuoteEvent => ({ ...q, at: q.at + 5_000, receivedAt: q.at + 5_000 })),
    timer(START + 7_000),
  ]);
  assert.equal(r.state.counts.batches, 1);
});

test('a quote older than the one held is refused as out of order; a print counts once', () => {
  const r = listed();
  const [q] = quotes(FAR, { at: START + 2_000 });
  r.push([q, { ...q, at: START + 1_000, bid: 0.5 }]);
  assert.equal(refused(r, 'out-of-order'), 1);
  assert.notEqual(r.state.instruments.get(`deribit:${q.symbol}`)!.entry.quote!.bid, 0.5);
  const trade: MarketEvent = {
    type: 'trade', at: START, receivedAt: START, venue: 'deribit', symbol: q.symbol, tradeId: '7', price: 0.01, amount: 1,
    direction: 'buy', kind: 'screen', packageId: null, iv: null, mark: null, index: null, late: false,
  }; // prettier-ignore
  r.push([trade, { ...trade, late: true }]);
  assert.deepEqual([r.state.counts.trades, r.state.counts.duplicates], [1, 1]);
});

test('quotes without a forward take that of the future of their expiry; without any, none is used', () => {
  const r = listed();
  const bare: Mood = { at: START, published: null, index: null };
  const future: FutureEvent = {
    type: 'future', at: START, receivedAt: START, venue: 'deribit', symbol: 'BTC-FAR', underlying: 'BTC', expiry: FAR,
    bid: SPOT - 5, ask: SPOT + 5, mark: null, funding8h: null,
  }; // prettier-ignore
  const onlyCalls = chain(bare).filter((e) => e.type !== 'quote' || e.symbol.endsWith('C'));
  r.push([future, ...onlyCalls]);
  const jobs = Object.fromEntries(r.jobs.map((j) => [j.scope.expiry, j]));
  assert.equal(jobs[FAR].observations.forward, SPOT);
  assert.ok(jobs[FAR].observations.k.length >= 8);
  assert.ok(!(NEAR in jobs) || jobs[NEAR].observations.k.length === 0);
  assert.equal(refused(r, 'no-forward'), 17);
  const late = listed();
  late.push([{ ...future, at: START - HOUR }, ...onlyCalls]);
  assert.equal(refused(late, 'no-forward'), 34, 'an hour-old future is not the forward of the quote');
});

test('a wrong published forward is outvoted by parity and interpolation, and the data incident vetoes refits', () => {
  const r = listed();
  for (let i = 0; i < 4; i++) r.push(chain({ at: START + i * HOUR }));
  const fits = r.state.counts.fits;
  const at = START + 4 * HOUR;
  r.push([...quotes(NEAR, { at }), ...quotes(FAR, { at, published: SPOT * 1.02 }), snapshotEnd(at)]);
  assert.deepEqual(incidents(r), ['wrong-forward open']);
  const asked = r.jobs.slice(fits).filter((j) => j.scope.expiry === FAR);
  assert.deepEqual(asked, []);
  assert.equal(gatesOf(r, `svi@${BTC}:2026-02-04`).at(-1), 'DO_NOT_USE');
  r.push(chain({ at: START + 5 * HOUR }));
  r.push(chain({ at: START + 6 * HOUR }));
  assert.deepEqual(incidents(r), ['wrong-forward open', 'wrong-forward resolved']);
  assert.notEqual(gatesOf(r, `svi@${BTC}:2026-02-04`).at(-1), 'DO_NOT_USE');
});

test('the gate is closed before proof, wide until a fit has been scored on data it had not seen, then open', () => {
  const r = listed(false);
  r.push(chain({ at: START }));
  const scope = `svi@${BTC}:2026-02-04`;
  assert.deepEqual(gatesOf(r, scope), [], 'closed from the start: no change to report');
  assert.equal(underlying(r).expiries[1].models[0].gate.state, 'DO_NOT_USE');
  r.push(r.jobs.map((j) => answerOf(j)));
  r.push(chain({ at: START + HOUR }));
  r.push(chain({ at: START + 2 * HOUR }));
  assert.deepEqual(gatesOf(r, scope), ['OK']);
});

test('a chain that empties closes the gate of its expiry', () => {
  const r = listed();
  for (let i = 0; i < 3; i++) r.push(chain({ at: START + i * HOUR }));
  const scope = `svi@${BTC}:2026-02-04`;
  assert.equal(gatesOf(r, scope).at(-1), 'OK');
  const at = START + 3 * HOUR;
  const empty = quotes(FAR, { at }).map((q): QuoteEvent => ({ ...q, bid: null, ask: null }));
  r.push([...quotes(NEAR, { at }), ...empty, snapshotEnd(at)]);
  assert.equal(gatesOf(r, scope).at(-1), 'DO_NOT_USE');
});

test('a shut venue and a dead feed close every gate at once, and a batch after the reopening opens them', () => {
  const scope = `svi@${BTC}:2026-02-04`;
  for (const [shut, open] of [
    [
      { type: 'platform', venue: 'deribit', underlying: null, state: 'locked' },
      { type: 'platform', venue: 'deribit', underlying: null, state: 'open' },
    ],
    [
      { type: 'feed', venue: 'deribit', state: 'down', detail: '' },
      { type: 'feed', venue: 'deribit', state: 'live', detail: '' },
    ],
  ] as const) {
    const r = listed();
    for (let i = 0; i < 3; i++) r.push(chain({ at: START + i * HOUR }));
    const at = START + 2 * HOUR + 1_000;
    r.push([{ ...shut, at, receivedAt: at }]);
    assert.equal(gatesOf(r, scope).at(-1), 'DO_NOT_USE', shut.type);
    r.push([{ ...open, at: at + 1_000, receivedAt: at + 1_000 }]);
    assert.equal(gatesOf(r, scope).at(-1), 'DO_NOT_USE', 'nothing has been seen yet');
    r.push(chain({ at: START + 3 * HOUR }));
    assert.equal(gatesOf(r, scope).at(-1), 'OK', open.type);
  }
});

test('a calibration that never comes back is asked for again after 30 s, and its late answer changes nothing', () => {
  const r = listed(false);
  r.push([...quotes(FAR, { at: START + 100 }), timer(START + 1_600)]);
  assert.equal(r.jobs.length, 1);
  const level = (i: number): number => 0.5 + 0.001 * (i % 2);
  for (let i = 2; i < 29; i++) r.push(quotes(FAR, { at: START + i * 1_000, level: level(i) }));
  assert.equal(r.jobs.length, 1, 'one job in flight at most');
  for (let i = 29; i < 36; i++) r.push(quotes(FAR, { at: START + i * 1_000, level: level(i) }));
  assert.equal(r.jobs.length, 2);
  assert.equal(r.state.pendingJobs.size, 1);
  r.push([answerOf(r.jobs[0], START + 37_000)]);
  assert.equal(refused(r, 'unknown-fit-job'), 1);
  r.push([answerOf(r.jobs[1], START + 37_000)]);
  assert.equal(underlying(r).expiries[1].models[0].versions.length, 1);
});

test('an answer that is no number is counted, recorded as not finite, and the model stays without a fit', () => {
  const r = listed(false);
  r.push(chain({ at: START }));
  const [job] = r.jobs;
  const sane = answerOf(job) as Extract<MarketEvent, { type: 'fit-result' }>;
  r.push([{ ...sane, outcome: { ...sane.outcome, parameters: [0.1, NaN, 0, 0, 0.1] } }]);
  assert.equal(refused(r, 'answer-not-finite'), 1);
  const record = r.records.findLast((x) => x.type === 'calibration')!;
  assert.deepEqual([record.status, record.parameters], ['not-finite', {}]);
});

test('delivery and time end an expiry: its options, tracks and jobs are forgotten', () => {
  const r = listed();
  r.push(chain({ at: START }));
  r.push([
    { type: 'delivery', at: NEAR, receivedAt: NEAR, venue: 'deribit', underlying: 'BTC', expiry: NEAR, price: SPOT },
  ]);
  assert.deepEqual(
    underlying(r).expiries.map((e) => e.expiry),
    [FAR],
  );
  assert.equal([...r.state.instruments.values()].filter((p) => p.expiry.expiry === NEAR).length, 0);
  const before = r.state.counts.batches;
  r.push([...quotes(NEAR, { at: NEAR + 1_000 }), snapshotEnd(NEAR + 1_000)]);
  assert.ok(refused(r, 'unknown-instrument') >= 34);
  assert.equal(r.state.counts.batches, before + 1);
  r.push([snapshotEnd(FAR + 1)]);
  assert.equal(underlying(r).expiries.length, 0, 'a chain beyond the expiry forgets it too');
  assert.equal(r.state.instruments.size, 0);
});

test('an instrument that the venue locks is not used; nor is one too many', () => {
  const r = run({ maxInstruments: 34 });
  r.push([...listing(FAR), ...listing(NEAR)]);
  assert.equal(refused(r, 'too-many-instruments'), 34);
  r.push(listing(FAR).map((e) => ({ ...e, state: 'locked' as const })));
  r.push(chain({ at: START }));
  assert.equal(refused(r, 'not-open'), 34);
});

test('underlyings beyond the bound are refused and counted; those known go on', () => {
  const r = run();
  const index = (underlying: string): MarketEvent => ({ type: 'index', at: START, receivedAt: START, venue: 'v', underlying, name: underlying, price: 1 }); // prettier-ignore
  r.push(Array.from({ length: MOST_UNDERLYINGS + 7 }, (_, i) => index(`U${i}`)));
  assert.equal(r.state.underlyings.size, MOST_UNDERLYINGS);
  assert.equal(refused(r, 'too-many-underlyings'), 7);
  r.push([index('U3'), ...listing(FAR)]);
  assert.equal(refused(r, 'too-many-underlyings'), 7 + listing(FAR).length);
});

test('times and contracts that no venue has are refused by the engine itself, by reason', () => {
  const r = listed();
  const [q] = quotes(FAR, { at: START });
  r.push([
    { ...q, at: 0 },
    { ...q, at: 9e15 },
    { ...q, at: START, receivedAt: NaN },
  ]);
  assert.equal(refused(r, 'time-out-of-range'), 3);
  r.push([{ type: 'refused', at: 0, receivedAt: 0, venue: 'x', reason: 'no-time', field: 'timestamp', value: '' }]);
  assert.equal(refused(r, 'no-time'), 1, 'a refusal without a time keeps its own reason');
  const [l] = listing(FAR);
  for (const odd of [{ strike: 0 }, { strike: Infinity }, { expiry: 1e18 }, { ticks: [] }, { contractSize: -1 }])
    r.push([{ ...l, instrument: { ...l.instrument, symbol: 'X', ...odd } }]);
  assert.equal(refused(r, 'instrument-out-of-domain'), 5);
  assert.equal(r.state.instruments.has('deribit:X'), false);
});

test('a snapshot that ends before one that has been closed is refused', () => {
  const r = listed();
  r.push(chain({ at: START + HOUR }));
  r.push([snapshotEnd(START)]);
  assert.equal(refused(r, 'time-backwards'), 1);
});

test('quotes of options that are over are counted when a snapshot still brings them', () => {
  const r = listed();
  const at = FAR + HOUR;
  r.push([...quotes(FAR, { at }), snapshotEnd(at)]);
  assert.equal(refused(r, 'expired'), quotes(FAR, { at }).length);
  assert.equal(underlying(r).expiries.length, 0);
});

test('platform and feed states are kept by venue, and silence under a lock is no fault', () => {
  const r = listed();
  for (let i = 0; i < 20; i++) r.push(quotes(FAR, { at: START + 1_000 * i, level: 0.5 + 0.002 * (i % 2) }));
  const at = START + 20_000;
  r.push([
    { type: 'platform', at, receivedAt: at, venue: 'deribit', underlying: null, state: 'locked' },
    { type: 'feed', at, receivedAt: at, venue: 'elsewhere', state: 'down', detail: '' },
  ]);
  assert.deepEqual([underlying(r).platform, underlying(r).feed], ['locked', 'live']);
  for (let i = 0; i < 60; i++) r.push([timer(at + 1_000 * i)]);
  assert.deepEqual(incidents(r), []);
  const open = at + 60_000;
  r.push([
    { type: 'platform', at: open, receivedAt: open, venue: 'deribit', underlying: 'BTC', state: 'open' },
    { type: 'feed', at: open, receivedAt: open, venue: 'deribit', state: 'down', detail: 'cut' },
  ]);
  assert.deepEqual([underlying(r).platform, underlying(r).feed], ['open', 'down']);
  for (let i = 1; i < 60; i++) r.push([timer(open + 1_000 * i)]);
  assert.ok(incidents(r).length > 0, 'silence with the market open is an incident');
});
