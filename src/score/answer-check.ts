import type { Breach, Observations, Predictions } from '../model/contract.ts';
import { exp, log } from '../numeric/exponential.ts';
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
  /** The same once the common factor is taken out. */
  readonly scaledMissErrors: number;
  /** How many answers ago the same parameters came, bit for bit; 0 = never among those remembered. */
  readonly repeatOf: number;
  /** Answers in a row before this one with the same parameters. */
  readonly repeatRow: number;
  /** rms of leave-one-out residuals over rms of residuals; above three a single quote runs the fit. */
  readonly leaveOneOutRatio: number;
  /** One standard error of the fit's own volatility near the money, fraction; above 0.01 the slice lives off its prior. */
  readonly atmSd: number;
  readonly converged: boolean;
  /** Units of log-likelihood by which a cold multi-start beat the warm one; 0 where none was tried, or won. */
  readonly rivalGain: number;
  /** Arbitrage of the fit in units of what its guards refuse, written by them: 0 none, 1 at their limit. */
  readonly arbitrage: number;
  /** Whether its shape came from elsewhere (a frozen structure, a parent): a miss is then no failure of the calibrator. */
  readonly anchored: boolean;
}

/** Beyond these an answer is not what its own batch shows; the diagnosis of answers and the guard on them share them. */
export const ANSWER_LIMITS = {
  /** Median miss in standard errors; healthy fits stay below one. */
  missErrors: 3,
  /** A common factor of one part in a hundred is beyond any fit; healthy fits stay below 0.4 %. */
  scaleLog: 0.012,
  /** The scatter about a common factor must be this much smaller than the factor for it to be a convention. */
  scalePurity: 1.5,
  /** Below this median miss, in standard errors, a factor or a repeat may be chance. */
  realMiss: 1.5,
} as const;

/**
 * Whether the answer differs from its batch by one factor, and by more than chance: the factor is what it misses by, so that
 * without it the quotes are met.
 */
export function isScaled(check: AnswerCheck): boolean {
  return (
    Math.abs(check.scaleLog) > ANSWER_LIMITS.scalePurity * check.spreadLog &&
    check.missErrors >= ANSWER_LIMITS.realMiss &&
    check.scaledMissErrors < ANSWER_LIMITS.realMiss
  );
}

/** Whether the answer repeats an older one: the last one may come again by chance; with a miss, a second time, or an older one, it does not. */
export function isRepeat({ repeatOf, repeatRow, missErrors }: AnswerCheck): boolean {
  return repeatOf > 1 || repeatRow > 1 || (repeatOf === 1 && missErrors >= ANSWER_LIMITS.realMiss);
}

/**
 * What of a check forbids the answer to go live; empty = nothing. `allowedMiss` is the median miss that is excused, standard
 * errors: a structure that is frozen cannot follow every quote and need only not be worse than what serves.
 */
export function answerBreaches(check: AnswerCheck, allowedMiss = 0): Breach[] {
  const breaches: Breach[] = [];
  const limit = Math.max(ANSWER_LIMITS.missErrors, allowedMiss);
  if (!(check.missErrors <= limit)) breaches.push({ guard: 'answer-miss', value: check.missErrors, limit });
  if (isScaled(check) && Math.abs(check.scaleLog) > ANSWER_LIMITS.scaleLog)
    breaches.push({ guard: 'answer-scale', value: check.scaleLog, limit: ANSWER_LIMITS.scaleLog });
  if (isRepeat(check)) breaches.push({ guard: 'answer-repeat', value: check.repeatOf, limit: 0 });
  if (!check.converged && check.missErrors >= ANSWER_LIMITS.realMiss)
    breaches.push({ guard: 'answer-not-converged', value: check.missErrors, limit: ANSWER_LIMITS.realMiss });
  return breaches;
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
    scaledMissErrors: median(
      batch.value.map((v, i) => Math.abs(v - predicted.mean[i] * exp(scaleLog)) / batch.noise[i]),
    ),
    repeatOf: repeatOf(parameters, earlier),
    repeatRow: repeatRow(parameters, earlier),
    leaveOneOutRatio: leaveOneOutRatio(batch, predicted),
    atmSd: atmSd(batch, predicted),
    converged,
    rivalGain: 0,
    arbitrage: 0,
    anchored: false,
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
