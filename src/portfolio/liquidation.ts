/** How far the spot may move before an account's equity no longer covers its maintenance margin. */
import { exp, log } from '../numeric/exponential.ts';
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
const STEPS = 100;
/** The move is found to this share of today's price. */
const RESOLUTION = 1e-10;

/**
 * The nearest relative spot move, in the direction of `limit` (such as -0.9 or 3), at which equity - margin turns
 * negative. `surplus(s)` is equity minus maintenance margin, BOTH after the move s, in any currency; `dailyDeviation` the
 * standard deviation of a day's log return, to state the distance in. The range is walked in equal steps of ln(1 + s)
 * until the surplus is negative; inside that step it is bracketed and halved (Brent's method never leaves the bracket).
 * A dip below zero narrower than a step is not seen. `surplus(0)` that is not a number counts as breached.
 */
export function distanceToLiquidation(
  surplus: (spotMove: number) => number,
  limit: number,
  dailyDeviation: number,
  steps: number = STEPS,
): LiquidationDistance {
  if (!(surplus(0) >= 0)) return { status: 'breached' };
  const reach = log(1 + limit);
  let before = 0;
  for (let i = 1; i <= steps; i++) {
    const at = i === steps ? limit : exp((reach * i) / steps) - 1;
    if (surplus(at) < 0) {
      const ends = [Math.min(before, at), Math.max(before, at)] as const;
      const spot = findRoot(surplus, ends[0], ends[1], { absolute: RESOLUTION }).x;
      return { status: 'found', spot, dailyDeviations: Math.abs(spot) / dailyDeviation };
    }
    before = at;
  }
  return { status: 'none-within', spot: limit };
}
