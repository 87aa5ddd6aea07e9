/** The judges of `vernier bench loop`: each sees what it is there to see, and nothing where there is nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BAD_DATA, BadDataWatch, MoveWatch } from '../../src/app/loop-bench/answer-key-watch.ts';
import { badDataPlan, runBadDataTape } from '../../src/app/loop-bench/bad-data-tape.ts';
import { comparePolicies } from '../../src/app/loop-bench/compare-policies.ts';
import { ExposureWatch } from '../../src/app/loop-bench/exposure-watch.ts';
import { GateWatch } from '../../src/app/loop-bench/gate-watch.ts';
import { Hindsight } from '../../src/app/loop-bench/hindsight.ts';
import { ReferenceQuoter } from '../../src/app/loop-bench/reference-quoter.ts';
import { loopPlan } from '../../src/app/loop-bench/run-loop-bench.ts';
import { initTally, noteServing, readTally } from '../../src/app/loop-bench/tally.ts';
import { runTape, TAPE_START } from '../../src/app/loop-bench/tape.ts';
import { expiriesOf, watching, type Watcher } from '../../src/app/loop-bench/watchers.ts';
import { newestVersion } from '../../src/engine/versions.ts';
import type { Fit } from '../../src/model/contract.ts';
import type { CalibrationRecord } from '../../src/model/record.ts';
import type { ScheduledFault } from '../../src/simulator/fault.ts';
import { FAULT_KINDS } from '../../src/simulator/fault.ts';

const MINUTE = 60_000;

function fault(
  kind: ScheduledFault['fault'],
  from: number,
  minutes: number,
  magnitude: number,
  expiry: number | null,
): ScheduledFault {
  const at = TAPE_START + from * MINUTE;
  return { fault: kind, scope: { underlying: 'BTC', expiry }, from: at, to: at + minutes * MINUTE, magnitude, shape: 'abrupt' }; // prettier-ignore
}

const flat = (id: string, atm: number): Fit => ({
  id, model: 'svi', scope: { venue: 'deribit', underlying: 'BTC', expiry: 1 }, at: 0, forward: 1, years: 1,
  parameters: [atm * atm, 0, 0, 0, 0.1], covariance: [], numbers: {},
}); // prettier-ignore

test('path, refits and turns by hand: a reversal counts from a tenth of a point on', () => {
  const tally = initTally();
  const levels = [0.5, 0.5005, 0.5002, 0.504, 0.5035, 0.502, 0.5025, 0.506];
  levels.forEach((atm, i) => noteServing(tally, 1, flat(`f${i}`, atm), 0.01 * i));
  noteServing(tally, 1, flat('f7', 0.506), NaN);
  const f = readTally('x', tally, 1);
  assert.equal(f.refits_per_day, 8);
  assert.ok(Math.abs(f.path_per_day - (0.05 + 0.03 + 0.38 + 0.05 + 0.15 + 0.05 + 0.35)) < 1e-9, String(f.path_per_day));
  assert.equal(f.turns_per_day, 2);
  assert.ok(Math.abs(f.error_rms - 100 * Math.sqrt((0.01 * 0.01 * 140) / 8)) < 1e-9);
});

test(
  'on one tape of moves and bad data the loop is nearer to the truth than both naive policies, with few refits',
  { timeout: 60_000 },
  () => {
    const faults = [
      fault('level-jump', 1.5, 3, 4, null),
      fault('call-put-flip', 2.5, 0.5, 1, 5),
      fault('wrong-forward', 3.5, 0.5, 100, 4),
    ];
    const figures = comparePolicies({ seed: 12, minutes: 4.5, faults, keep: false });
    const [loop, every, threshold] = figures;
    assert.deepEqual(
      figures.map((f) => f.policy),
      ['loop', 'every-tick', 'plain-threshold'],
    );
    assert.ok(loop.error_rms < every.error_rms && loop.error_rms < threshold.error_rms, JSON.stringify(figures));
    assert.ok(loop.refits_per_day < 0.1 * every.refits_per_day, JSON.stringify(figures));
    assert.ok(loop.path_per_day < every.path_per_day);
  },
);

/** Volatility that the spoiled fit is off by, and the expiry it is put on. */
const OFF = 0.05;
const SPOILED = 6;

test(
  'a fit that is five points off: hindsight reverses it, the quoter pays, the gate counts its hours and its exposure',
  { timeout: 60_000 },
  () => {
    const start = TAPE_START;
    const spoil = (shut: boolean): Watcher => ({
      onStep: (state, _simulation, truth, at) => {
        const expiry = expiriesOf(state)[SPOILED];
        const track = expiry.models[0];
        if (at - start < 100_000) return;
        const live = newestVersion(track);
        if (live === null) return;
        const atm = (truth.smile(expiry.expiry)?.atmVolatility() ?? NaN) + OFF;
        const { years } = live.fit;
        const fit: Fit = { ...live.fit, id: 'spoiled', at, parameters: [atm * atm * years, 0, 0, 0, 0.1] };
        if (live.fit.id !== 'spoiled') track.versions.push({ liveAt: at, fit });
        track.gate = shut ? { state: 'DO_NOT_USE', reasons: ['test'] } : { state: 'OK', reasons: [] };
      },
    });
    const run = (shut: boolean | null) => {
      const [judge, gate, exposure, quoter] = [new Hindsight(), new GateWatch(start), new ExposureWatch(start), new ReferenceQuoter()]; // prettier-ignore
      const watchers: Watcher[] = [...(shut === null ? [] : [spoil(shut)]), judge, gate, exposure, quoter];
      // A move of no size in the key, so that exposure is looked for.
      const faults = [fault('vol-jump', 1, 2, 0, SPOILED)];
      runTape({ seed: 5, minutes: 2.5, faults, keep: false, instrumentLimit: 400, ...watching(watchers) });
      return {
        hindsight: judge.verdict(),
        lease: gate.leaseTime(),
        exposure: exposure.exposure(),
        quoters: quoter.results(),
      };
    };
    const [well, open, shut] = [run(null), run(false), run(true)];
    assert.equal(well.hindsight.refits_reversed, 0, well.hindsight.examples.join());
    assert.ok(well.hindsight.refits > 10);
    assert.equal(open.hindsight.refits_reversed, 1, open.hindsight.examples.join());
    assert.ok(Math.abs(open.hindsight.worst_refit - 100 * OFF) < 1.5);
    assert.ok(shut.lease.not_ok_share > well.lease.not_ok_share + 0.02, JSON.stringify([well.lease, shut.lease]));
    assert.ok(shut.lease.by_reason['test'] > 0.02 && open.lease.by_reason['test'] === undefined);
    const exposed = (r: typeof well): number => r.exposure.reduce((s, e) => s + e.vega_seconds, 0);
    assert.equal(exposed(well), 0);
    assert.ok(exposed(open) > 1_000, String(exposed(open)));
    assert.equal(exposed(shut), 0);
    assert.ok(shut.exposure[0].ungated_vega_seconds > 1_000);
    assert.equal(open.exposure[0].left_ok_s, null, 'the gate never left OK');
    assert.ok(Math.abs((shut.exposure[0].left_ok_s ?? NaN) - 40) <= 1.5, 'it did when it was shut');
    const [gated, ungated] = shut.quoters;
    assert.ok(ungated.lost > 1_000 + gated.lost, JSON.stringify(shut.quoters));
    assert.ok(ungated.worst_drawdown > gated.worst_drawdown && gated.quoting_hours < ungated.quoting_hours);
    assert.ok(gated.profit > ungated.profit);
  },
);

test('the answer key accuses a refit accepted on bad data, not one before, after or beside it', () => {
  const key = [fault('wrong-forward', 2, 1, 40, Date.UTC(2026, 0, 30, 8))];
  const simulation = { answerKey: key } as never;
  const record = (second: number, expiry: string, status = 'accepted'): CalibrationRecord =>
    ({ type: 'calibration', at: new Date(TAPE_START + second * 1000).toISOString(), id: 'x', expiry, status, reason: 'age' }) as never; // prettier-ignore
  const watch = new BadDataWatch();
  for (const [second, expiry, status] of [
    [119, '2026-01-30T08:00:00.000Z', 'accepted'],
    [120.2, '2026-01-30T08:00:00.000Z', 'accepted'],
    [150, '2026-02-27T08:00:00.000Z', 'accepted'],
    [150, '2026-01-30T08:00:00.000Z', 'refused'],
    [181, '2026-01-30T08:00:00.000Z', 'accepted'],
  ] as const)
    watch.onRecord(record(second, expiry, status), null as never, simulation);
  assert.equal(watch.verdict().promoted, 0);
  watch.onRecord(record(150, '2026-01-30T08:00:00.000Z'), null as never, simulation);
  assert.equal(watch.verdict().promoted, 1);
});

test(
  'a move is followed when PZ is back and a refit was proved; the plan alternates moves and bad data',
  { timeout: 60_000 },
  () => {
    const moves = new MoveWatch();
    runTape({ seed: 2, minutes: 3, faults: [fault('level-jump', 2, 3, 4, null)], keep: false, instrumentLimit: 400, ...watching([moves]) }); // prettier-ignore
    const [move, ...none] = moves.verdict();
    assert.deepEqual(none, []);
    assert.ok(move.struck > 3 && move.after <= 1.5 * move.healthy, JSON.stringify(move));
    assert.ok(move.verified_s !== null && move.verified_s <= 10, JSON.stringify(move));
    const plan = loopPlan(3, 0.1);
    assert.ok(plan.length >= 8);
    plan.forEach((f, i) => {
      assert.equal(FAULT_KINDS[f.fault].layer, i % 2 === 0 ? 'market' : 'data', f.fault);
      assert.ok(i === 0 || f.from > plan[i - 1].to);
    });
  },
);

test('the tape of bad data holds every kind in every size and course once, and none of it overlaps', () => {
  const plan = badDataPlan(4);
  const names = plan.map((f) => `${f.fault} ${f.magnitude} ${f.shape}`);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(new Set(plan.map((f) => f.fault)), new Set(BAD_DATA));
  assert.ok(names.includes('stale-subset 0.15 ramp') && names.includes('fat-finger 10 intermittent'));
  plan.forEach((f, i) => assert.ok(i === 0 || f.from > plan[i - 1].to + 60_000, names[i]));
});

test(
  'input by input: without a diagnosis quotes that stand still a while are learnt, and every one of them counted',
  { timeout: 120_000 },
  () => {
    const config = { openLogOdds: Infinity };
    const cases = runBadDataTape({ seed: 6, instrumentLimit: 120, kinds: ['stale-subset'], config, onProgress: () => undefined }); // prettier-ignore
    const [learnt] = cases.filter((c) => c.promoted > 0);
    assert.ok(learnt !== undefined && learnt.worst > 0, JSON.stringify(cases));
    assert.ok(learnt.inputs >= learnt.promoted && learnt.examples.length > 0, JSON.stringify(cases));
  },
);
