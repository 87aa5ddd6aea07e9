/** Calibrators that go wrong: the faults of the model, injected where the model answers. */
import type { FitOutcomeRecord } from '../../market/event.ts';
import type { FitJob } from '../../model/contract.ts';
import { ownCalibrator, type Calibrator } from './engine-run.ts';

/** Answers with every volatility scaled by `factor` (raw SVI: a and b by its square). */
export function scaledCalibrator(factor: number): Calibrator {
  return (job) => {
    const outcome = ownCalibrator(job);
    if (outcome === null || outcome.parameters.length === 0) return outcome;
    const [a, b, ...rest] = outcome.parameters;
    return { ...outcome, parameters: [a * factor * factor, b * factor * factor, ...rest] };
  };
}

/** Answers with what it answered `ageMs` before the job, or its oldest answer when it has none that old. */
export function frozenCalibrator(
  ageMs: number,
  history: (job: FitJob) => readonly { readonly at: number; readonly outcome: FitOutcomeRecord }[],
): Calibrator {
  return (job) => {
    const held = history(job).filter((h) => h.at < job.at);
    const old = held.findLast((h) => job.at - h.at >= ageMs * 0.9) ?? held[0];
    return old === undefined ? ownCalibrator(job) : old.outcome;
  };
}
