/** Least squares over non-negative unknowns. */
import { choleskyInPlace, choleskySolveInPlace } from './linear-solve.ts';

/** Outcome of {@link nonNegativeLeastSquares}. */
export interface NonNegativeSolution {
  /** `singular`: the free part of H is not positive definite; `max-iterations`: the best point is returned all the same. */
  readonly status: 'converged' | 'singular' | 'max-iterations';
  readonly x: Float64Array;
  /** 1 where x is free (positive), 0 where it is held at zero. */
  readonly free: Uint8Array;
  readonly iterations: number;
}

/** Exchanges of whole blocks that may fail to reduce the infeasibilities before single exchanges take over. */
const PATIENCE = 3;

/**
 * Minimises x'Hx/2 - g'x over x >= 0 for a symmetric positive definite n x n H (row-major, both triangles), the normal
 * equations of a least-squares problem: block principal pivoting (Portugal, Judice and Vicente 1994), which solves a
 * few unconstrained systems instead of adding unknowns one by one. `start` marks the unknowns first taken as free
 * (default all). Deterministic; ends after at most 10 n systems.
 */
export function nonNegativeLeastSquares(
  h: Float64Array,
  g: Float64Array,
  n: number,
  start?: ArrayLike<number>,
): NonNegativeSolution {
  const free = Uint8Array.from({ length: n }, (_, i) => (start ? (start[i] ? 1 : 0) : 1));
  const x = new Float64Array(n);
  const slope = new Float64Array(n);
  const factor = new Float64Array(n * n);
  const reduced = new Float64Array(n);
  const index = new Int32Array(n);
  let fewest = n + 1;
  let patience = PATIENCE;
  for (let iteration = 1; iteration <= 10 * n; iteration++) {
    let f = 0;
    for (let i = 0; i < n; i++) if (free[i]) index[f++] = i;
    for (let a = 0; a < f; a++) {
      for (let b = 0; b <= a; b++) factor[a * f + b] = h[index[a] * n + index[b]];
      reduced[a] = g[index[a]];
    }
    if (!choleskyInPlace(factor, f)) return { status: 'singular', x, free, iterations: iteration };
    choleskySolveInPlace(factor, f, reduced);
    x.fill(0);
    for (let a = 0; a < f; a++) x[index[a]] = reduced[a];
    let wrong = 0;
    let last = -1;
    for (let i = 0; i < n; i++) {
      slope[i] = 0;
      if (free[i]) {
        if (x[i] < 0) {
          wrong++;
          last = i;
        }
        continue;
      }
      let sum = -g[i];
      for (let a = 0; a < f; a++) sum += h[i * n + index[a]] * reduced[a];
      slope[i] = sum;
      if (sum < -1e-12 * Math.abs(g[i])) {
        wrong++;
        last = i;
      }
    }
    if (wrong === 0) return { status: 'converged', x, free, iterations: iteration };
    if (wrong < fewest) {
      fewest = wrong;
      patience = PATIENCE;
    } else patience--;
    if (patience >= 0) exchangeAll(free, x, slope, g);
    else free[last] = free[last] ? 0 : 1;
  }
  for (let i = 0; i < n; i++) x[i] = Math.max(0, x[i]);
  return { status: 'max-iterations', x, free, iterations: 10 * n };
}

function exchangeAll(free: Uint8Array, x: Float64Array, slope: Float64Array, g: Float64Array): void {
  for (let i = 0; i < free.length; i++) {
    if (free[i]) {
      if (x[i] < 0) free[i] = 0;
    } else if (slope[i] < -1e-12 * Math.abs(g[i])) free[i] = 1;
  }
}
