/** What a hedge is expected to leave, and how far it may be off: the terms that are no family's fault. */
import type { BlackGreeks } from '../numeric/black.ts';

/** Vega is counted in that of thirty days. */
const MONTH_YEARS = 30 / 365;
/** Standard deviation of a quote's middle, in half-spreads. */
const SPREAD_SHARE = 0.4;

/** Vega as of an option of thirty days: v sqrt(30 d/T), so that one unit of it moves alike in every tenor. T in years, > 0. */
export function monthVega(vega: number, years: number): number {
  return vega * Math.sqrt(MONTH_YEARS / years);
}

/** Noise of a change between two quotes, in the unit of their half-spreads; a side that is missing adds nothing. */
export function quoteNoise(before: number, after: number): number {
  const [b, a] = [before > 0 ? before : 0, after > 0 ? after : 0];
  return SPREAD_SHARE * Math.sqrt(b * b + a * a);
}

/**
 * What theta and gamma lead to expect of a hedged change, over the forward; `elapsed` in years. The same in coin and in
 * USD to second order: an inverse future curves by just what the coin value's second derivative lacks.
 */
export function curvatureOf(
  { theta, gamma }: Pick<BlackGreeks, 'theta' | 'gamma'>,
  move: number,
  elapsed: number,
  forward: number,
): number {
  return (theta * elapsed + 0.5 * gamma * move * move) / forward;
}
