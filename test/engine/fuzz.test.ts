/**
 * Hostile streams through a whole session: events repeated, lost, swapped, with absurd numbers and times, for options
 * nobody listed, answers to fits nobody asked for. Nothing may throw, no output may hold NaN or an infinity, the state
 * stays bounded, and the same hostility gives the same log twice.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Session, sessionHeader } from '../../src/app/session.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { runFit } from '../../src/engine/models.ts';
import type { MarketEvent } from '../../src/market/event.ts';
import type { FitOutcomeRecord } from '../../src/market/event.ts';
import type { OutputRecord } from '../../src/model/record.ts';
import { Random } from '../../src/numeric/random.ts';
import { RecordStream } from '../../src/store/record-stream.ts';
import { DAY, expiryIn, listing, notFinite, quotes, snapshotEnd, SPOT, START } from './synthetic-market.ts';

const EXPIRIES = [expiryIn(1), expiryIn(4), expiryIn(30), expiryIn(200)];
const NUMBERS = [
  0, -0, 1, -1, 1e-300, 5e-324, 1e300, -1e300, 1.7976931348623157e308, 1e9, -1e-9, 0.0001, NaN, Infinity, -Infinity, null,
]; // prettier-ignore
/** Venue times that are wrong; the receive time is ours and stays. */
const TIMES = [0, -1, 1, 8.64e15, -8.64e15, 9e15, 1e300, NaN, START - DAY, START + 400 * DAY, Infinity];

/** Fields whose null is no number's; types are the border's business. */
const TEXTS_OR_TIMES = new Set(['at', 'receivedAt', 'family', 'packageId', 'symbol', 'underlying', 'forwardName']);

/** A plain hour: a listing, then a chain a second or a snapshot every ten minutes, with all else that can come. */
function plain(random: Random): MarketEvent[] {
  const events: MarketEvent[] = EXPIRIES.flatMap((e) => listing(e));
  let forward = SPOT;
  const streaming = random.chance(0.5);
  for (let i = 0; i < 14; i++) {
    const at = START + (streaming ? 1_000 : 600_000) * (i + 1);
    const times = { at, receivedAt: at };
    forward *= 1 + random.normal(0, 0.002);
    const level = 0.5 + random.normal(0, 0.01);
    const price = forward;
    events.push({ type: 'index', ...times, venue: 'deribit', underlying: 'BTC', name: 'btc_usd', price });
    for (const e of EXPIRIES) events.push(...quotes(e, { at, forward, level }));
    if (!streaming) events.push(snapshotEnd(at));
    events.push(rare(random, at, i));
  }
  return events;
}

function rare(random: Random, at: number, i: number): MarketEvent {
  const times = { at, receivedAt: at };
  const expiry = EXPIRIES[random.integer(EXPIRIES.length)];
  const venue = 'deribit';
  const underlying = 'BTC';
  const kinds: readonly MarketEvent[] = [
    { type: 'gap', ...times, venue, symbol: null, reason: 'disconnect', from: at - 5_000, to: at },
    { type: 'gap', ...times, venue, symbol: 'BTC-X', reason: 'change-id', from: at, to: null },
    { type: 'feed', ...times, venue, state: 'down', detail: 'cut' },
    { type: 'feed', ...times, venue, state: 'live', detail: '' },
    { type: 'platform', ...times, venue, underlying, state: 'locked' },
    { type: 'platform', ...times, venue, underlying: null, state: 'open' },
    { type: 'delivery', ...times, venue, underlying, expiry, price: SPOT },
    { type: 'pulse', ...times, venue, loopLagMs: 3, queueLength: 9, clockOffsetMs: null, droppedQuotes: 0 },
    { type: 'timer', ...times },
    { type: 'volatility-index', ...times, venue, underlying, volatility: 0.5 },
    { type: 'refused', ...times, venue, reason: 'not-a-number', field: 'bid', value: 'x' },
    { type: 'operator', ...times, actor: 'ann', action: 'acknowledge', target: 'deribit:BTC-1', note: '', until: null },
    { type: 'operator', ...times, actor: 'ann', action: 'refit', target: 'svi@deribit:BTC', note: '', until: null },
    {
      type: 'future', ...times, venue, symbol: 'BTC-F', underlying, expiry, bid: SPOT, ask: SPOT + 5, mark: SPOT,
      funding8h: null,
    },
    {
      type: 'pushed-fit', ...times, model: 'desk-a', venue, underlying, expiry, family: null, parameters: [],
      strikes: [80_000, 90_000, 100_000], volatilities: [0.6, 0.5, 0.55],
    },
    {
      type: 'pushed-fit', ...times, model: 'desk-b', venue, underlying, expiry, family: 'svi',
      parameters: [0.01, 0.05, -0.3, 0, 0.2], strikes: [], volatilities: [],
    },
    {
      type: 'pushed-greeks', ...times, model: 'desk-g', venue, underlying,
      convention: random.chance(0.5) ? 'black' : 'premium-adjusted',
      symbols: [`BTC-${new Date(expiry).toISOString().slice(0, 10)}-90000-C`, 'no-such-option'],
      deltas: [random.chance(0.1) ? NaN : random.normal(), 0.5],
    },
    {
      type: 'trade', ...times, venue, symbol: `BTC-${new Date(expiry).toISOString().slice(0, 10)}-90000-C`,
      tradeId: `t${i}`, price: 0.03, amount: 1, direction: 'buy', kind: 'screen', packageId: null, iv: 0.5, mark: 0.03,
      index: SPOT, late: false,
    },
    {
      type: 'own-quote', ...times, venue, symbol: `BTC-${new Date(expiry).toISOString().slice(0, 10)}-90000-C`,
      bid: 0.029, bidSize: null, ask: null, askSize: 5,
    },
    {
      type: 'own-fill', ...times, venue, account: '', symbol: `BTC-${new Date(expiry).toISOString().slice(0, 10)}-90000-C`,
      tradeId: `t${i}`, direction: 'sell', price: 0.03, amount: 1, liquidity: 'maker', fee: null, feeCurrency: null,
    },
    {
      type: 'positions', ...times, source: 'push', account: '', mode: random.chance(0.5) ? 'snapshot' : 'delta', covers: 'all',
      holdings: [
        {
          kind: 'option', symbol: `BTC-${new Date(expiry).toISOString().slice(0, 10)}-90000-C`, underlying: 'BTC', side: 'call',
          strike: 90_000, expiry, settlement: 'inverse', size: random.chance(0.1) ? NaN : random.normal(), entry: null,
        },
        { kind: 'cash', symbol: 'BTC', underlying: 'BTC', size: random.normal() },
      ],
      refused: 0, validSeconds: 60, fills: true,
    },
    {
      type: 'equity', ...times, source: 'deribit', account: 'main', currency: 'BTC', underlying: 'BTC', cash: random.normal(),
      equity: null, initialMargin: null, maintenanceMargin: null, validSeconds: 60,
    },
    { type: 'fit-result', ...times, jobId: 'svi@nobody#1', outcome: absurd(random) },
  ]; // prettier-ignore
  return kinds[random.integer(kinds.length)];
}

/** An answer as a broken calibrator might give it. */
function absurd(random: Random): FitOutcomeRecord {
  const any = (): number => NUMBERS[random.integer(NUMBERS.length)] ?? 0;
  return {
    status: random.chance(0.5) ? 'converged' : 'singular',
    parameters: Array.from({ length: random.integer(7) }, any),
    covariance: random.chance(0.5) ? [] : Array.from({ length: 25 }, any),
    numbers: { used: any(), minG: any(), rmseVol: any(), insideShare: any(), wingSlope: any() },
  };
}

/** One event made wrong in one place. */
function spoilt(event: MarketEvent, random: Random): MarketEvent {
  const copy = structuredClone(event) as unknown as Record<string, unknown>;
  if (random.chance(0.25)) copy['at'] = TIMES[random.integer(TIMES.length)];
  else if (random.chance(0.1) && 'symbol' in copy) copy['symbol'] = 'BTC-NOBODY-1-C';
  else {
    const holder = copy['type'] === 'instrument' ? (copy['instrument'] as Record<string, unknown>) : copy;
    const numeric = Object.keys(holder).filter(
      (k) => (typeof holder[k] === 'number' || holder[k] === null) && !TEXTS_OR_TIMES.has(k),
    );
    if (numeric.length > 0)
      spoil(holder, numeric[random.integer(numeric.length)], NUMBERS[random.integer(NUMBERS.length)]);
  }
  return copy as unknown as MarketEvent;
}

/** Every border bounds volatilities at 100 and prices above; a fit and a score may rely on the first. */
function spoil(holder: Record<string, unknown>, field: string, value: number | null): void {
  holder[field] = field === 'markIv' && value !== null && value > 100 ? 100 : value;
}

function hostile(random: Random, share: number): MarketEvent[] {
  const events: MarketEvent[] = [];
  for (const event of plain(random)) {
    if (random.chance(share / 4)) continue;
    events.push(random.chance(share) ? spoilt(event, random) : event);
    if (random.chance(share / 4)) events.push(event);
    if (random.chance(share / 4) && events.length > 40) {
      const back = events.length - 1 - random.integer(40);
      [events[back], events[events.length - 1]] = [events[events.length - 1], events[back]];
    }
  }
  return events;
}

interface Outcome {
  readonly records: readonly OutputRecord[];
  readonly digest: string;
  readonly session: Session;
}

function play(events: readonly MarketEvent[], seed: number): Outcome {
  const random = new Random(seed, 'answers');
  const records: OutputRecord[] = [];
  const target = new RecordStream();
  target.append(sessionHeader(DEFAULT_CONFIG));
  const session = new Session(DEFAULT_CONFIG, {
    target,
    onRecord: (record) => records.push(record),
    onFit: (job) => (random.chance(0.1) ? absurd(random) : random.chance(0.05) ? null : runFit(job)),
  });
  for (const event of events) session.push(event);
  return { records, digest: target.digest(), session };
}

/** Numbers that a record cannot do without; a NaN on its way there would have become null. */
function missing(record: OutputRecord): string[] {
  if (record.type === 'score')
    return (['n', 'pz', 'pr', 'inside_share', 'age_s', 'horizon_s'] as const).filter(
      (f) => !Number.isFinite(record[f]),
    );
  if (record.type === 'calibration' && record.status === 'accepted')
    return Object.keys(record.parameters).filter((f) => !Number.isFinite(record.parameters[f]));
  return [];
}

test('hostile streams: no throw, no NaN, bounded state, the same log twice', { timeout: 120_000 }, () => {
  let spoken = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const events = hostile(new Random(seed, 'hostile'), 0.02 + 0.3 * ((seed % 7) / 7));
    let outcome: Outcome;
    try {
      outcome = play(events, seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${String((error as Error).stack)}`, { cause: error });
    }
    const { records, session } = outcome;
    spoken += records.length;
    for (const record of records) {
      assert.deepEqual(notFinite(record), [], `seed ${seed}: ${JSON.stringify(record)}`);
      assert.deepEqual(missing(record), [], `seed ${seed}: ${JSON.stringify(record)}`);
    }
    for (const reason of session.state.counts.refused.keys()) assert.match(reason, /^[a-z-]+$/);
    for (const u of session.state.underlyings.values()) {
      assert.ok(u.expiries.length <= 3 * EXPIRIES.length, `seed ${seed}: ${u.expiries.length} expiries`);
      for (const e of u.expiries) for (const t of e.models) assert.ok(t.versions.length < 60);
    }
    assert.ok(session.state.pendingJobs.size < 60, `seed ${seed}: ${session.state.pendingJobs.size} jobs pending`);
    if (seed % 8 === 0) assert.equal(play(events, seed).digest, outcome.digest, `seed ${seed}`);
  }
  assert.ok(spoken > 2_000, `only ${spoken} records: the streams say nothing any more`);
});

test('what a venue lies about its clock does not stop the day: the rest is still calibrated and scored', () => {
  for (let seed = 100; seed < 106; seed++) {
    const random = new Random(seed);
    const events = plain(random).flatMap((e): MarketEvent[] =>
      e.type === 'quote' && random.chance(0.01) ? [{ ...e, at: TIMES[random.integer(TIMES.length)] }, e] : [e],
    );
    const { records } = play(events, 1_000);
    const days = new Set(records.filter((r) => r.type === 'score').map((r) => r.expiry.slice(0, 10)));
    assert.ok(days.size >= 2, `seed ${seed}: scores of ${[...days].join(', ')}`);
  }
});
