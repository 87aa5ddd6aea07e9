import { checkCalendar } from './arbitrage.ts';
import type { SliceFit, SliceQuotes, SmileFamily } from './family.ts';

/** Relative rounding allowed before two slices that touch count as crossing. */
const TOUCH = 1e-13;

/**
 * Number of grid points (65 per pair, over the union of the two quoted ranges) at which total variance falls from one
 * fitted slice to the next farther one. Slices without a fit are passed over.
 */
export function countCalendarViolations(
  family: SmileFamily,
  slices: readonly SliceQuotes[],
  fits: readonly SliceFit[],
): number {
  let violations = 0;
  let near = -1;
  for (let i = 0; i < fits.length; i++) {
    if (Number.isNaN(fits[i].parameters[0])) continue;
    if (near >= 0) {
      const [a, b] = [slices[near], slices[i]];
      const low = Math.min(a.k[0], b.k[0]);
      const high = Math.max(a.k[a.k.length - 1], b.k[b.k.length - 1]);
      const nearer = (k: number): number => family.totalVariance(fits[near].parameters, k, a.years);
      const farther = (k: number): number => family.totalVariance(fits[i].parameters, k, b.years) * (1 + TOUCH);
      violations += checkCalendar(nearer, farther, low, high).violations;
    }
    near = i;
  }
  return violations;
}
