/** How far the spot may move before an account's equity no longer covers its maintenance margin. */
import { findRoot } from '../numeric/root.ts';

/** Distance to liquidation on one side. */
export type LiquidationDistance =
  | { readonly status: 'found'; readonly spot: number; readonly dailyDeviations: number }
  /** Equity covers margin over the whole range searched. */
  | { readonly status: 'none-within'; readonly spot: number }
  /** Already short of margin. */
  | { readonly status: 'breached' };

/** Reach of the search: relative spot moves. */
export const REACH_DOWN = -0.95;
/** See {@link REACH_DOWN}. */
export const REACH_UP = 4;

/** Steps of the scan on one side: a book of options need not be monotone in the spot. */
const STEPS = 200;

/**
 * The nearest relative spot move, in the direction of `limit` (such as -0.9 or 3), at which equity - margin turns
 * negative. `surplus(s)` is equity minus maintenance margin after a move s, in any currency; `dailyDeviation` the
 * standard deviation of a day's log return, to state the distance in.
 */
export function distanceToLiquidation(
  surplus: (spotMove: number) => number,
  limit: number,
  dailyDeviation: number,
  steps: number = STEPS,
): LiquidationDistance {
  if (!(surplus(0) >= 0)) return { status: 'breached' };
  let before = 0;
  for (let i = 1; i <= steps; i++) {
    const at = (limit * i) / steps;
    if (surplus(at) < 0) {
      const spot = findRoot(surplus, Math.min(before, at), Math.max(before, at)).x;
      return { status: 'found', spot, dailyDeviations: Math.abs(spot) / dailyDeviation };
    }
    before = at;
  }
  return { status: 'none-within', spot: limit };
}
