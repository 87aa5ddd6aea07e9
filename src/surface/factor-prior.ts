import type { FactorPrior } from './family.ts';

/** A prior ready for least squares: mean, and the inverse of the Cholesky factor of its covariance (lower, row-major). */
export interface WhitenedPrior {
  readonly mean: readonly [number, number, number];
  readonly inverseFactor: Float64Array;
}

/**
 * Turns a Gaussian prior N(mean, P) on (ATM vol, skew, curvature) into L^-1 with P = L L', so that
 * |L^-1 (phi - mean)|^2 is its penalty. Null when P is not symmetric positive definite or not finite.
 */
export function whitenPrior(prior: FactorPrior): WhitenedPrior | null {
  const p = prior.covariance;
  if (p.length !== 9 || !prior.mean.every((m) => m - m === 0)) return null;
  const l = new Float64Array(9);
  for (let i = 0; i < 3; i++)
    for (let j = 0; j <= i; j++) {
      let sum = p[i * 3 + j];
      if (!(Math.abs(sum - p[j * 3 + i]) <= 1e-9 * (Math.abs(p[i * 4]) + Math.abs(p[j * 4])))) return null;
      for (let m = 0; m < j; m++) sum -= l[i * 3 + m] * l[j * 3 + m];
      if (i === j) {
        if (!(sum > 0 && sum < Infinity)) return null;
        l[i * 4] = Math.sqrt(sum);
      } else l[i * 3 + j] = sum / l[j * 4];
    }
  const inverse = new Float64Array(9);
  for (let j = 0; j < 3; j++) {
    inverse[j * 4] = 1 / l[j * 4];
    for (let i = j + 1; i < 3; i++) {
      let sum = 0;
      for (let m = j; m < i; m++) sum += l[i * 3 + m] * inverse[m * 3 + j];
      inverse[i * 3 + j] = -sum / l[i * 4];
    }
  }
  return { mean: prior.mean, inverseFactor: inverse };
}

/** L^-1 J for a row-major 3 x n Jacobian J of the factors: the prior's rows of a least-squares problem. */
export function whitenedRows(prior: WhitenedPrior, jacobian: Float64Array, n: number): Float64Array {
  const out = new Float64Array(3 * n);
  for (let r = 0; r < 3; r++)
    for (let c = 0; c <= r; c++) {
      const l = prior.inverseFactor[r * 3 + c];
      for (let j = 0; j < n; j++) out[r * n + j] += l * jacobian[c * n + j];
    }
  return out;
}
