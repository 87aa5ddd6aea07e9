/**
 * Model reserve: what a book may be worth less than it is marked at, over models and parameter draws that the market's
 * bid and ask admit (Cont 2006, Mathematical Finance 16:519, equation 4.2, as an ensemble; the 90 % point as in
 * Regulation (EU) 2016/101, Art. 11(3)).
 */
import { Random } from '../numeric/random.ts';
import { choleskyInPlace } from '../numeric/linear-solve.ts';
import { quantile } from '../numeric/robust.ts';

/** A member may price this much fewer quotes inside bid and ask than the champion. */
export const INSIDE_SLACK = 0.02;
/** Point of the distribution of losses that is reserved. */
export const RESERVE_POINT = 0.9;

/** One expiry's members: losses of value against the champion, USD, by model and draw; rejected draws are absent. */
export type ExpiryLosses = ReadonlyMap<string, readonly number[]>;

/** The reserve, with how many members it rests on. */
export interface Reserve {
  /** USD, >= 0. */
  readonly usd: number;
  readonly members: number;
}

/** Share of values inside [low, high]; rows without both sides do not count; NaN without any. */
export function insideShare(sigma: ArrayLike<number>, low: ArrayLike<number>, high: ArrayLike<number>): number {
  let [inside, of] = [0, 0];
  for (let i = 0; i < sigma.length; i++) {
    if (!(low[i] <= high[i])) continue;
    of++;
    if (sigma[i] >= low[i] && sigma[i] <= high[i]) inside++;
  }
  return of === 0 ? NaN : inside / of;
}

/**
 * Draws from N(parameters, covariance) (row-major), the parameters themselves first; only themselves where the covariance
 * is absent or not positive.
 */
export function parameterDraws(
  parameters: readonly number[],
  covariance: readonly number[],
  count: number,
  seed: number,
  label: string,
): number[][] {
  const n = parameters.length;
  const out: number[][] = [[...parameters]];
  if (covariance.length !== n * n || !covariance.every(Number.isFinite)) return out;
  const factor = Float64Array.from(covariance);
  if (!choleskyInPlace(factor, n)) return out;
  const random = new Random(seed, label);
  while (out.length < count) {
    const z = Array.from({ length: n }, () => random.normal());
    out.push(
      parameters.map((p, i) => {
        let v = p;
        for (let j = 0; j <= i; j++) v += factor[i * n + j] * z[j];
        return v;
      }),
    );
  }
  return out;
}

/**
 * Adds the expiries up: the same model in all of them, its draws independent between them (cycled where some were
 * rejected); an expiry where a model has no admitted member is valued with the champion's own draws.
 */
export function bookReserve(expiries: readonly ExpiryLosses[], champion: string, draws: number): Reserve {
  const models = new Set(expiries.flatMap((e) => [...e.keys()]));
  const totals: number[] = [];
  for (const model of models)
    for (let j = 0; j < draws; j++) {
      let total = 0;
      for (const losses of expiries) {
        const own = losses.get(model) ?? losses.get(champion) ?? [];
        if (own.length > 0) total += own[j % own.length];
      }
      totals.push(total);
    }
  return { usd: totals.length === 0 ? 0 : Math.max(0, quantile(totals, RESERVE_POINT)), members: totals.length };
}
