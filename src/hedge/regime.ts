/** Names the regime of each step of an underlying from its own returns: a description after the fact, not a forecast. */
import { MAD_TO_SD, median } from '../numeric/robust.ts';

/** `stress`: within a day of a move beyond five robust standard deviations. */
export type Regime = 'calm' | 'stress';

/** Robust standard deviations of a step's log return that make it a shock. */
const SHOCK = 5;
const DAY_MS = 86_400_000;

/**
 * Regime of every step. `at` is epoch ms of the step's end, ascending; `returns` its log returns, per step. A robust
 * standard deviation is 1.4826 times the median |return| of all steps given.
 */
export function regimesOf(at: readonly number[], returns: readonly number[]): Regime[] {
  const scale = MAD_TO_SD * median(returns.map(Math.abs));
  const shocks = at.filter((_, i) => Math.abs(returns[i]) > SHOCK * scale);
  return at.map((t) => (shocks.some((s) => Math.abs(s - t) <= DAY_MS) ? 'stress' : 'calm'));
}
