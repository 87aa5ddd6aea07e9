/** The one equation that calibrates a hazard: a value that rises with it, solved inside a bracket. */

/** Writes the value at a hazard (1/year) to `out[VALUE]` and its derivative to `out[SLOPE]`. */
export type HazardFunction = (hazard: number, out: Float64Array) => void;

/** Slot of the value. */
export const VALUE = 0;
/** Slot of the derivative of the value by the hazard. */
export const SLOPE = 1;

/** Where the search upwards ends, 1/year: a mean life of half a minute, which no payment can tell from default at once. */
export const HAZARD_LIMIT = 1e6;
/** Newton steps after which the search has failed; bisection alone would need about 60. */
const MOST_STEPS = 150;
/** A Newton step of this relative size is the last: what it leaves is its square. */
const LAST_STEP = 1e-9;

/**
 * Root of a function that rises with the hazard: Newton's method kept inside a bracket, which is widened from the guess
 * until the sign changes, down to `lowest` and up to {@link HAZARD_LIMIT}. NaN when the sign does not change in between.
 * Leaves value and slope at the returned root (at the end that was reached, for NaN) in `out`.
 */
export function solveHazard(f: HazardFunction, guess: number, lowest: number, out: Float64Array): number {
  let low = NaN;
  let high = NaN;
  let x = Math.min(Math.max(guess, lowest), HAZARD_LIMIT);
  for (let step = 0; step < MOST_STEPS; step++) {
    f(x, out);
    const value = out[VALUE];
    if (value === 0) return x;
    if (value < 0) low = x;
    else if (value > 0) high = x;
    else return NaN;
    let next = out[SLOPE] > 0 ? x - value / out[SLOPE] : NaN;
    if (Math.abs(next - x) <= LAST_STEP * Math.max(Math.abs(x), 1e-3)) {
      f(next, out);
      return next;
    }
    if (Number.isNaN(low)) {
      if (high <= lowest) return NaN;
      const reach = Math.max(lowest, high - Math.max(0.05, 2 * Math.abs(high)));
      next = next > reach ? next : reach;
    } else if (Number.isNaN(high)) {
      if (low >= HAZARD_LIMIT) return NaN;
      const reach = Math.min(HAZARD_LIMIT, low + Math.max(0.05, 4 * Math.abs(low)));
      next = next < reach ? next : reach;
    } else if (!(next > low && next < high)) {
      next = 0.5 * (low + high);
      if (next === low || next === high) return x;
    }
    x = next;
  }
  return NaN;
}
