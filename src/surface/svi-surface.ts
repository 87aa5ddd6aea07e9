import { countCalendarViolations } from './calendar.ts';
import type { FitOptions, SliceFit, SliceQuotes, SurfaceFamily, SurfaceFit } from './family.ts';
import type { Neighbour } from './svi-arbitrage-free.ts';
import { sviTotalVariance } from './svi-curve.ts';
import { fitSviBetween } from './svi-fit.ts';
import { sviFamily } from './svi.ts';

/**
 * Raw SVI of every expiry without crossings: the slices quoted over the widest range of strikes first, each later one
 * between the nearest already fitted expiries on both sides, over the union of the quoted ranges of the pair. A slice
 * with few strikes thus bends to those that know the wings, and never forces its own extrapolation on them.
 * Slices come in order of expiry. `start` is the concatenation of [a, b, rho, m, sigma] of every slice; the prior applies
 * to no slice (it speaks of one). A slice that cannot be calibrated is refused with its reason and binds nobody.
 */
export const sviSurface: SurfaceFamily = { name: 'svi', fitSurface: fitSviSurface };

function fitSviSurface(slices: readonly SliceQuotes[], options: FitOptions): SurfaceFit {
  const { start } = options;
  const given = start !== null && start.length === 5 * slices.length;
  const fits: (SliceFit | undefined)[] = slices.map(() => undefined);
  const width = (s: SliceQuotes): number => (s.k.length > 0 ? s.k[s.k.length - 1] - s.k[0] : 0);
  const order = slices.map((_, i) => i).sort((i, j) => width(slices[j]) - width(slices[i]) || i - j);
  for (const i of order) {
    const own = given ? Float64Array.from({ length: 5 }, (_, j) => start[5 * i + j]) : null;
    const neighbours = [neighbourOf(slices, fits, i, -1), neighbourOf(slices, fits, i, 1)].filter((n) => n !== null);
    fits[i] = fitSviBetween(sviFamily, slices[i], { ...options, start: own, prior: null }, neighbours);
  }
  const done = fits.map((f) => f!);
  const failed = done.filter((f) => f.status !== 'converged');
  const none = done.every((f) => Number.isNaN(f.parameters[0]));
  return {
    status: none ? (done[0]?.status ?? 'too-few-quotes') : 'converged',
    reason: reasonOf(failed, slices.length),
    shared: new Float64Array(0),
    slices: done,
    calendarViolations: countCalendarViolations(sviFamily, slices, done),
  };
}

function reasonOf(failed: readonly SliceFit[], slices: number): string {
  if (slices === 0) return 'no slice';
  return failed.length > 0
    ? `${failed.length} of ${slices} slices did not converge; the first: ${failed[0].reason}`
    : '';
}

/** The closest usable fit before (-1) or after (1) slice i. */
function neighbourOf(
  slices: readonly SliceQuotes[],
  fits: readonly (SliceFit | undefined)[],
  i: number,
  direction: 1 | -1,
): Neighbour | null {
  const own = slices[i];
  if (own.k.length === 0) return null;
  for (let j = i + direction; j >= 0 && j < slices.length; j += direction) {
    const fit = fits[j];
    if (!fit || Number.isNaN(fit.parameters[0]) || fit.status === 'infeasible') continue;
    const other = slices[j];
    return {
      side: direction === -1 ? 1 : -1,
      totalVariance: (k) => sviTotalVariance(fit.parameters, k),
      kLow: Math.min(own.k[0], other.k[0]),
      kHigh: Math.max(own.k[own.k.length - 1], other.k[other.k.length - 1]),
    };
  }
  return null;
}
