import type { Observations, Predictions } from '../model/contract.ts';

/** Half-width of the central 90 % interval in standard deviations, and 2 / alpha of the score. */
const HALF_WIDTH = 1.6448536269514722;
const PENALTY = 20;

/**
 * Mean interval score of the central 90 % prediction intervals, in units of each quote's own error (dimensionless, lower
 * is better): width plus 20 times what the observation lies outside. Proper, and linear in the error, so that one bad
 * quote does not decide. `horizonVariance` = s_R^2 h, volatility fraction squared; only observations with `counts` are
 * scored, NaN when there are none. Source: Gneiting and Raftery 2007, eq. 43.
 */
export function meanIntervalLoss(
  batch: Observations,
  predicted: Predictions,
  horizonVariance: number,
  counts: readonly boolean[],
): number {
  let [sum, n] = [0, 0];
  for (let i = 0; i < batch.value.length; i++) {
    if (!counts[i]) continue;
    const noise = batch.noise[i];
    const half = HALF_WIDTH * Math.sqrt(noise * noise + predicted.sd[i] * predicted.sd[i] + horizonVariance);
    const outside = Math.max(0, Math.abs(batch.value[i] - predicted.mean[i]) - half);
    sum += (2 * half + PENALTY * outside) / noise;
    n++;
  }
  return n === 0 ? NaN : sum / n;
}
