/** Faults of the model at live cadence on the SYNTHETIC venue, refits every half minute: named within a minute. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { EngineRun, ownCalibrator, type Calibrator } from '../../src/app/faults/engine-run.ts';
import { modelFault } from '../../src/app/faults/model-faults.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import type { FitOutcomeRecord } from '../../src/market/event.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';

const START = Date.UTC(2026, 0, 5, 9, 0);
const ONSET = START + 200_000;

/** Seconds from the onset to the first incident of a cause on the whole underlying or an expiry; incidents before it. */
function run(faulty: Calibrator | null): { seconds: number | null; cause: string | null; before: string[] } {
  const calibrator: Calibrator = (job) => (faulty !== null && job.at >= ONSET ? faulty(job) : ownCalibrator(job));
  const engine = new EngineRun({ ...DEFAULT_CONFIG, maxAgeSeconds: 25 }, calibrator);
  const config = {
    seed: 3,
    startAt: START,
    underlyings: ['BTC'],
    script: 'calm' as const,
    stepMs: 1000,
    truthHistory: 10,
  };
  const before: string[] = [];
  let at = START;
  for (const batch of simulatedEvents(config, { until: ONSET + 60_000 })) {
    at += 1000;
    for (const r of engine.run(batch)) {
      if (r.type !== 'incident' || r.state !== 'open') continue;
      if (at > ONSET) return { seconds: (at - ONSET) / 1000, cause: r.cause, before };
      before.push(`${r.cause} ${r.scope}`);
    }
  }
  return { seconds: null, cause: null, before };
}

test('a calibrator five per cent off is a convention mismatch within a minute', () => {
  const { seconds, cause, before } = run((job) => {
    const answer = ownCalibrator(job);
    return answer === null ? null : modelFault('model-scale').spoil(answer, 1.05, null);
  });
  assert.deepEqual(before, []);
  assert.equal(cause, 'convention-mismatch');
  assert.ok(seconds !== null && seconds <= 60, `${seconds}`);
});

test('a calibrator that repeats itself is frozen, and named within a minute', () => {
  const answers = new Map<number, FitOutcomeRecord | null>();
  const { seconds, cause } = run((job) => {
    if (!answers.has(job.scope.expiry)) answers.set(job.scope.expiry, ownCalibrator(job));
    return answers.get(job.scope.expiry) ?? null;
  });
  assert.equal(cause, 'frozen-model');
  assert.ok(seconds !== null && seconds <= 60, `${seconds}`);
});

test('a sound calibrator is left alone', () => {
  assert.deepEqual(run(null), { seconds: null, cause: null, before: [] });
});
