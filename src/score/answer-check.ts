import type { Observations, Predictions } from '../model/contract.ts';
import { log } from '../numeric/exponential.ts';
import { MAD_TO_SD, median } from '../numeric/robust.ts';

/**
 * A calibration judged by the batch it was made from, by us and not by the calibrator: what a fit claims must be seen
 * in the quotes. Zero horizon, so no noise of the market excuses it.
 */
export interface AnswerCheck {
  /** Epoch ms of the batch. */
  readonly at: number;
  /** Median ln(observed / model): a common factor is a convention, not a misfit. */
  readonly scaleLog: number;
  /** Robust sd of the same over the quotes: the shape error. */
  readonly spreadLog: number;
  /** Median |observed - model| / sigma; below 1 in health. */
  readonly missErrors: number;
  /** How many answers ago the same parameters came, bit for bit; 0 = never among those remembered. */
  readonly repeatOf: number;
  readonly converged: boolean;
}

/** Answers remembered per model and scope. */
export const ANSWERS_KEPT = 16;

/** Below this a slice does not carry its own parameters. */
const MINIMUM = 8;

/** Checks predictions of a fit against its own batch; null with fewer than eight observations. */
export function checkAnswer(
  batch: Observations,
  predicted: Predictions,
  parameters: readonly number[],
  earlier: readonly (readonly number[])[],
  converged: boolean,
): AnswerCheck | null {
  const n = batch.value.length;
  if (n < MINIMUM) return null;
  const ratio = new Float64Array(n);
  const miss = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    ratio[i] = log(batch.value[i] / predicted.mean[i]);
    miss[i] = Math.abs(batch.value[i] - predicted.mean[i]) / batch.noise[i];
  }
  const scaleLog = median(ratio);
  return {
    at: batch.at,
    scaleLog,
    spreadLog: MAD_TO_SD * median(ratio.map((v) => Math.abs(v - scaleLog))),
    missErrors: median(miss),
    repeatOf: repeatOf(parameters, earlier),
    converged,
  };
}

function repeatOf(parameters: readonly number[], earlier: readonly (readonly number[])[]): number {
  for (let i = earlier.length - 1; i >= 0; i--)
    if (earlier[i].length === parameters.length && earlier[i].every((v, j) => v === parameters[j]))
      return earlier.length - i;
  return 0;
}
