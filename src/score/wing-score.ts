import type { Observations, Predictions } from '../model/contract.ts';

/** Parts of a smile, from low strikes to high. */
export const WINGS = ['put', 'centre', 'call'] as const;
/** One of {@link WINGS}. */
export type Wing = (typeof WINGS)[number];

/** Where the centre ends, in x = k / (sigma_atm sqrt T): one standard deviation of the return, about 16 and 84 delta. */
export const CENTRE_X = 1;

/** What a prediction was worth on one part of the smile. */
export interface WingScore {
  /** Observations in it. */
  readonly n: number;
  /** Mean of z^2, z = e / sqrt(sigma_i^2 + v_i + s_R^2 h); about 1 in health, NaN without observations. */
  readonly meanSquare: number;
}

/** Scores a prediction on each part of the smile; `horizonVariance` = s_R^2 h as for the whole (`src/score/prequential.ts`). */
export function scoreWings(batch: Observations, predicted: Predictions, horizonVariance: number): readonly WingScore[] {
  const n = [0, 0, 0];
  const sum = [0, 0, 0];
  for (let i = 0; i < batch.value.length; i++) {
    const e = batch.value[i] - predicted.mean[i];
    const variance = batch.noise[i] * batch.noise[i] + predicted.sd[i] * predicted.sd[i] + horizonVariance;
    const part = batch.x[i] < -CENTRE_X ? 0 : batch.x[i] > CENTRE_X ? 2 : 1;
    n[part]++;
    sum[part] += (e * e) / variance;
  }
  return n.map((count, i) => ({ n: count, meanSquare: count === 0 ? NaN : sum[i] / count }));
}
