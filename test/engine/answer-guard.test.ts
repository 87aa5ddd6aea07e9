/** What keeps a calibration that has come back from going live: its own batch, the nearer expiry, and what is held. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineConfig } from '../../src/engine/config.ts';
import { runFit } from '../../src/engine/models.ts';
import type { FitOutcomeRecord, MarketEvent, PositionsEvent } from '../../src/market/event.ts';
import type { FitJob } from '../../src/model/contract.ts';
import type { CalibrationRecord, IncidentRecord } from '../../src/model/record.ts';
import { bookJump, bookJumpBreaches, type CalibrationSwap } from '../../src/policy/book-jump.ts';
import { expiryIn, listing, quotes, run, snapshotEnd, SPOT, START, type Run } from './synthetic-market.ts';

const EXPIRY = expiryIn(30);
const MINUTE = 60_000;

/** A market of one expiry at `at`; what is asked for is answered by `calibrator`, the records that follow come back. */
function close(
  r: Run,
  at: number,
  calibrator: (job: FitJob) => FitOutcomeRecord,
  level = 0.5,
  before: readonly MarketEvent[] = [],
): CalibrationRecord[] {
  const known = r.jobs.length;
  const said = r.records.length;
  r.push([...before, ...quotes(EXPIRY, { at, level }), snapshotEnd(at)]);
  for (const job of r.jobs.slice(known))
    r.push([{ type: 'fit-result', at, receivedAt: at, jobId: job.id, outcome: calibrator(job) }]);
  return r.records.slice(said).filter((x): x is CalibrationRecord => x.type === 'calibration');
}

function listed(config: Partial<EngineConfig> = {}): Run {
  const r = run({ maxAgeSeconds: 60, minRefitSeconds: 1, ...config }, false);
  r.push(listing(EXPIRY));
  return r;
}

const versions = (r: Run): string[] =>
  r.state.underlyings.get('deribit:BTC')!.expiries[0].models[0].versions.map((v) => v.fit.id);
/** A calibrator whose volatilities are off by a factor: raw SVI, a and b by its square. */
const scaled =
  (factor: number) =>
  (job: FitJob): FitOutcomeRecord => {
    const fit = runFit(job);
    const [a, b, ...rest] = fit.parameters;
    return { ...fit, parameters: [a * factor * factor, b * factor * factor, ...rest] };
  };

test('an answer that its own batch contradicts is refused, first or later, with value and limit; the one before serves on', () => {
  const r = listed();
  const [first] = close(r, START, scaled(1.03));
  assert.equal(first.status, 'refused');
  const said = /answer-scale (-?[\d.]+) against 0\.01200/.exec(first.reason);
  assert.ok(said !== null && Math.abs(Number(said[1]) + Math.log(1.03)) < 0.004, first.reason);
  assert.deepEqual(versions(r), []);
  const [honest] = close(r, START + 5 * MINUTE, runFit);
  assert.equal(honest.status, 'accepted');
  const [again] = close(r, START + 10 * MINUTE, scaled(0.96));
  assert.equal(again.status, 'refused');
  assert.match(again.reason, /answer-miss [\d.]+ against 3\.000/);
  assert.match(again.reason, /answer-scale/);
  assert.deepEqual(versions(r), [honest.id]);
});

test('a calibrator that repeats an old answer after a move, or gives up far from the quotes, is refused', () => {
  const r = listed();
  const held: FitOutcomeRecord[] = [];
  close(r, START, (job) => (held.push(runFit(job)), held[0]));
  const [frozen] = close(r, START + 60 * MINUTE, () => held[0], 0.53);
  assert.match(frozen.reason, /answer-repeat 1\.000 against 0/);
  const [lost] = close(r, START + 120 * MINUTE, (job) => ({ ...scaled(1.0115)(job), status: 'max-iterations' }), 0.53);
  assert.equal(lost.status, 'refused');
  assert.match(lost.reason, /answer-not-converged [\d.]+ against 1\.500/);
  const [well] = close(r, START + 180 * MINUTE, runFit, 0.534);
  assert.equal(well.status, 'accepted');
});

test('a fit far below the nearer expiry is calendar arbitrage: refused while the market is calm', () => {
  const near = expiryIn(20);
  const r = run({ maxAgeSeconds: 60, minRefitSeconds: 1 }, true);
  const both = (at: number, level: number): MarketEvent[] => [
    ...quotes(near, { at, level: 0.5 }),
    ...quotes(EXPIRY, { at, level }),
    snapshotEnd(at),
  ];
  r.push([...listing(near), ...listing(EXPIRY), ...both(START, 0.36)]);
  const last = r.records.findLast(
    (x): x is CalibrationRecord => x.type === 'calibration' && x.expiry.startsWith('2026-02-04'),
  )!;
  assert.ok(last.calendar_violations !== null && last.calendar_violations > 5);
  // The first fit of an expiry has nothing to be held against and goes live; the next one is held against it.
  r.push(both(START + 5 * MINUTE, 0.36));
  const next = r.records.filter((x): x is CalibrationRecord => x.type === 'calibration').at(-1)!;
  assert.equal(next.status, 'refused');
  assert.match(next.reason, /calendar-arbitrage [\d.]+ against 4\.000/);
});

function positions(strike: number, size: number): PositionsEvent {
  return {
    type: 'positions', at: START, receivedAt: START, source: 'push', account: 'a', mode: 'snapshot', covers: 'all',
    holdings: [{
      kind: 'option', symbol: 'X', underlying: 'BTC', side: 'call', strike, expiry: EXPIRY, settlement: 'inverse', size, entry: null,
    }],
    refused: 0, validSeconds: 3_600, fills: false,
  }; // prettier-ignore
}

test('book jump: money of what is held, bounded by the rule; without positions quoted strikes stand in and money is null', () => {
  const reference = listed({ bookJump: { vol: 0.02, usd: 1e-6 } });
  close(reference, START, runFit);
  const [plain] = close(reference, START + 5 * MINUTE, runFit);
  assert.equal(plain.status, 'accepted', 'no bound on money without a book');
  assert.ok(plain.book_jump_usd === null && plain.book_jump_vol !== null && plain.book_jump_vol < 0.005);

  for (const [usd, status] of [
    [null, 'accepted'],
    [1e9, 'accepted'],
    [1, 'refused'],
  ] as const) {
    const r = listed({ bookJump: { vol: 0.02, usd } });
    close(r, START, runFit, 0.5, [positions(1.6 * SPOT, 5_000)]);
    const [swap] = close(r, START + 5 * MINUTE, runFit, 0.505);
    assert.equal(swap.status, status, `${usd}: ${swap.reason}`);
    assert.ok(Math.abs(swap.book_jump_usd ?? 0) > 1, String(swap.book_jump_usd));
    if (status === 'refused') assert.match(swap.reason, /book-jump-usd [\d.e+]+ against 1\.000/);
  }
  const tight = listed({ bookJump: { vol: 1e-9, usd: null } });
  close(tight, START, runFit);
  const [small] = close(tight, START + 5 * MINUTE, runFit, 0.505);
  assert.match(small.reason, /book-jump-vol/);
});

test('book jump by hand: the market explains its part, longs and shorts net in money and not in vega', () => {
  const swap: CalibrationSwap = { forward: 100, years: 1, before: () => 0.2, after: () => 0.25, market: () => 0.04 };
  // Black-76 at the money: F (2 N(s / 2) - 1); N(0.1) = 0.539827837, N(0.12) = 0.547758426, N(0.125) = 0.549738225.
  const one = bookJump('positions', [{ side: 'call', strike: 100, size: 3 }], swap)!;
  assert.ok(Math.abs(one.usd! - 3 * 100 * 2 * (0.549738225 - 0.539827837)) < 1e-5, String(one.usd));
  assert.ok(
    Math.abs(one.unexplainedUsd! - 3 * 100 * 2 * (0.549738225 - 0.547758426)) < 1e-5,
    String(one.unexplainedUsd),
  );
  assert.ok(Math.abs(one.vol - 0.05) < 1e-12 && Math.abs(one.unexplainedVol - 0.01) < 1e-12);
  const flat = bookJump('positions', [{ side: 'call', strike: 100, size: 3 }, { side: 'put', strike: 100, size: -3 }], swap)!; // prettier-ignore
  assert.ok(Math.abs(flat.usd!) < 1e-9 && Math.abs(flat.unexplainedVol - 0.01) < 1e-12);
  assert.equal(bookJump('positions', [], swap), null);
  assert.deepEqual(
    bookJumpBreaches(flat, 30 / 365, { vol: 0.009, usd: null }).map((b) => [b.guard, b.limit]),
    [['book-jump-vol', 0.009]],
  );
  assert.deepEqual(bookJumpBreaches(flat, 7.5 / 365, { vol: 0.009, usd: null }), [], 'a week may move twice as far');
});

test('a cold start that beats the serving minimum is taken, and told as a sign of its own', () => {
  const r = listed();
  close(r, START, runFit);
  const beaten = (job: FitJob): FitOutcomeRecord => {
    const fit = runFit(job);
    return { ...fit, numbers: { ...fit.numbers, localMinimum: 1, coldGain: 6 } };
  };
  const [told] = close(r, START + 5 * MINUTE, beaten);
  assert.match(told.reason, /local-minimum/);
  const [incident] = r.records.filter((x): x is IncidentRecord => x.type === 'incident');
  assert.deepEqual([incident.cause, incident.state], ['local-minimum', 'open']);
  close(r, START + 10 * MINUTE, runFit);
  assert.ok(r.records.some((x) => x.type === 'incident' && x.cause === 'local-minimum' && x.state === 'resolved'));
});
