/** Order statistics and robust weights; no function here changes its input. */

function sortedCopy(values: ArrayLike<number>): Float64Array {
  return new Float64Array(values).sort();
}

/**
 * Quantile of a sample at probability p in [0, 1], by linear interpolation between order statistics
 * (Hyndman and Fan 1996, definition 7, the default of R and NumPy). Unit of the values.
 * NaN for an empty sample, a NaN among the values, or p outside [0, 1].
 */
export function quantile(values: ArrayLike<number>, p: number): number {
  return quantileOfSorted(sortedCopy(values), p);
}

/** As {@link quantile}, for values already in ascending order (NaN last). */
export function quantileOfSorted(sorted: ArrayLike<number>, p: number): number {
  const n = sorted.length;
  if (n === 0 || !(p >= 0 && p <= 1) || Number.isNaN(sorted[n - 1])) return NaN;
  const position = (n - 1) * p;
  const below = Math.floor(position);
  const above = Math.min(below + 1, n - 1);
  const low = sorted[below];
  const high = sorted[above];
  return low === high ? low : low + (position - below) * (high - low);
}

/** Median of a sample, in the unit of the values; NaN when empty or when a value is NaN. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/**
 * The same number as {@link median} to the last bit, but reorders `values` instead of copying and sorting them: for loops
 * that fill the same buffer over and over. Values may not be -0. Selection after Hoare 1961 (Find).
 */
export function medianInPlace(values: Float64Array): number {
  const n = values.length;
  if (n === 0) return NaN;
  for (let i = 0; i < n; i++) if (values[i] !== values[i]) return NaN;
  const position = (n - 1) * 0.5;
  const below = Math.floor(position);
  let left = 0;
  let right = n - 1;
  while (left < right) {
    const pivot = values[(left + right) >> 1];
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const swapped = values[i];
      values[i++] = values[j];
      values[j--] = swapped;
    }
    if (below <= j) right = j;
    else if (below >= i) left = i;
    else break;
  }
  const low = values[below];
  let high = below + 1 < n ? values[below + 1] : low;
  for (let i = below + 2; i < n; i++) if (values[i] < high) high = values[i];
  return low === high ? low : low + (position - below) * (high - low);
}

/**
 * 1 / Phi^-1(3/4): turns a median absolute deviation into the standard deviation of a normal sample
 * (Hampel 1974).
 */
export const MAD_TO_SD = 1.482602218505602;

/**
 * Median absolute deviation from the median, unscaled, in the unit of the values; multiply by {@link MAD_TO_SD}
 * for a standard deviation. NaN when empty or when a value is NaN.
 */
export function medianAbsoluteDeviation(values: ArrayLike<number>): number {
  const centre = median(values);
  return median(Float64Array.from(values, (v) => Math.abs(v - centre)));
}

/**
 * Lower weighted median: the smallest value whose cumulated weight reaches half of the total; the mean of it and the
 * next value when the half is met exactly. Weights are non-negative and dimensionless; values of zero weight have no
 * say. NaN when the total weight is not positive and finite, or the lengths differ.
 */
export function weightedMedian(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  if (values.length !== weights.length) return NaN;
  const order: number[] = [];
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    if (!(weights[i] >= 0) || Number.isNaN(values[i])) return NaN;
    if (weights[i] > 0) order.push(i);
    total += weights[i];
  }
  if (!(total > 0 && total < Infinity)) return NaN;
  order.sort((i, j) => values[i] - values[j] || i - j);
  let cumulated = 0;
  for (let k = 0; k < order.length; k++) {
    cumulated += weights[order[k]];
    if (cumulated * 2 > total || k === order.length - 1) return values[order[k]];
    if (cumulated * 2 === total) return (values[order[k]] + values[order[k + 1]]) / 2;
  }
  return NaN;
}

/** Huber's tuning constant with 95 % efficiency at the normal (Huber 1964; Holland and Welsch 1977). */
export const HUBER_95 = 1.345;

/** Huber weight psi(z)/z of a standardised residual z: 1 inside +-c, c/|z| outside, in (0, 1]. */
export function huberWeight(z: number, c: number = HUBER_95): number {
  const size = Math.abs(z);
  return size <= c ? 1 : c / size;
}

/** Huber loss rho(z): z^2/2 inside +-c, c|z| - c^2/2 outside; dimensionless. */
export function huberLoss(z: number, c: number = HUBER_95): number {
  const size = Math.abs(z);
  return size <= c ? 0.5 * z * z : c * size - 0.5 * c * c;
}
