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
  /** Answers in a row before this one with the same parameters. */
  readonly repeatRow: number;
  /** rms of leave-one-out residuals over rms of residuals; above three a single quote runs the fit. */
  readonly leaveOneOutRatio: number;
  /** One standard error of the fit's own volatility near the money, fraction; above 0.01 the slice lives off its prior. */
  readonly atmSd: number;
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
    repeatRow: repeatRow(parameters, earlier),
    leaveOneOutRatio: leaveOneOutRatio(batch, predicted),
    atmSd: atmSd(batch, predicted),
    converged,
  };
}

function repeatRow(parameters: readonly number[], earlier: readonly (readonly number[])[]): number {
  let row = 0;
  while (row < earlier.length && same(earlier[earlier.length - 1 - row], parameters)) row++;
  return row;
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}

function repeatOf(parameters: readonly number[], earlier: readonly (readonly number[])[]): number {
  for (let i = earlier.length - 1; i >= 0; i--) if (same(earlier[i], parameters)) return earlier.length - i;
  return 0;
}

/** Leverage is never taken as total. */
const MOST_LEVERAGE = 0.99;

/**
 * e_i / (1 - h_i) with leverage h_i = g_i' Sigma g_i / sigma_i^2, which is the squared ratio of the fit's own standard
 * error to the quote's: no refit is needed. NaN when the fit misses nothing.
 */
function leaveOneOutRatio(batch: Observations, predicted: Predictions): number {
  let [plain, left] = [0, 0];
  for (let i = 0; i < batch.value.length; i++) {
    const ratio = predicted.sd[i] / batch.noise[i];
    const e = batch.value[i] - predicted.mean[i];
    const out = e / (1 - Math.min(MOST_LEVERAGE, ratio * ratio));
    plain += e * e;
    left += out * out;
  }
  return plain > 0 ? Math.sqrt(left / plain) : NaN;
}

function atmSd(batch: Observations, predicted: Predictions): number {
  let best = 0;
  for (let i = 1; i < batch.k.length; i++) if (Math.abs(batch.k[i]) < Math.abs(batch.k[best])) best = i;
  return predicted.sd[best];
}
