/**
 * Hedge with several instruments under costs and funding:
 *
 *     min_w (g + J w)' S (g + J w) + w' C w + 2 f' w,
 *
 * g the book's exposures to m factors, J (m x n) those of one unit of each instrument, S the factors' covariance over
 * the holding period, C the cost of holding w (diagonal: quadratic cost), f half the linear carry (funding, basis) a
 * unit costs over the period times risk tolerance. The minimum is w = -(J'SJ + C)^-1 (J'S g + f).
 * Verified on hand-solved cases (`test/hedge/instrument-hedge.test.ts`).
 */
import { solveDense } from '../numeric/linear-solve.ts';

/** What to hedge with what. */
export interface InstrumentHedgeProblem {
  /** g, factor exposures of the book, length m. */
  readonly exposures: ArrayLike<number>;
  /** J, row-major m x n. */
  readonly instruments: ArrayLike<number>;
  /** S, row-major m x m, symmetric positive semidefinite. */
  readonly covariance: ArrayLike<number>;
  /** C, row-major n x n; absent = free. */
  readonly cost?: ArrayLike<number> | undefined;
  /** f, length n; absent = no carry. */
  readonly carry?: ArrayLike<number> | undefined;
}

/** Weights with the variances they leave, or `singular` when instruments duplicate each other at no cost. */
export type InstrumentHedge =
  | {
      readonly status: 'solved';
      /** w, units of each instrument. */
      readonly weights: Float64Array;
      readonly unhedgedVariance: number;
      readonly hedgedVariance: number;
      /** 1 - hedged/unhedged variance; NaN for a book without risk. */
      readonly varianceReduction: number;
    }
  | { readonly status: 'singular' };

function quadraticForm(s: ArrayLike<number>, v: Float64Array): number {
  const m = v.length;
  let sum = 0;
  for (let r = 0; r < m; r++) for (let c = 0; c < m; c++) sum += v[r] * s[r * m + c] * v[c];
  return sum;
}

/** Solves the problem above; lengths that do not match are our bug and throw. */
export function instrumentHedge(problem: InstrumentHedgeProblem): InstrumentHedge {
  const { exposures, instruments, covariance, cost, carry } = problem;
  const m = exposures.length;
  const n = instruments.length / m;
  if (!Number.isInteger(n) || covariance.length !== m * m) throw new Error(`shapes ${m}, ${instruments.length}`);
  const risk = new Float64Array(n * m);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < m; c++)
      for (let r = 0; r < m; r++) risk[i * m + c] += instruments[r * n + i] * covariance[r * m + c];
  const matrix = new Float64Array(n * n);
  const right = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = cost === undefined ? 0 : cost[i * n + j];
      for (let c = 0; c < m; c++) sum += risk[i * m + c] * instruments[c * n + j];
      matrix[i * n + j] = sum;
    }
    let sum = carry === undefined ? 0 : carry[i];
    for (let c = 0; c < m; c++) sum += risk[i * m + c] * exposures[c];
    right[i] = -sum;
  }
  const weights = solveDense(matrix, right, n);
  if (weights === undefined || !weights.every((v) => Math.abs(v) < Infinity)) return { status: 'singular' };
  const left = Float64Array.from(exposures);
  for (let r = 0; r < m; r++) for (let j = 0; j < n; j++) left[r] += instruments[r * n + j] * weights[j];
  const unhedgedVariance = quadraticForm(covariance, Float64Array.from(exposures));
  const hedgedVariance = quadraticForm(covariance, left);
  return {
    status: 'solved',
    weights,
    unhedgedVariance,
    hedgedVariance,
    varianceReduction: 1 - hedgedVariance / unhedgedVariance,
  };
}
