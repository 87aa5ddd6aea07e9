/** Curves with fewer hazards than observations: weighted, robust least squares, with what the errors leave uncertain. */
import { leastSquares } from '../numeric/least-squares.ts';
import { symmetricInverse } from '../numeric/linear-solve.ts';
import { HUBER_95, huberWeight } from '../numeric/robust.ts';
import type { CurveInstrument } from './curve-instrument.ts';

/** A fit, or why there is none; all arrays follow the instruments or the knots. */
export type WeightedFit =
  | {
      readonly status: 'ok';
      /** Flat hazard of each segment, 1/year. */
      readonly hazards: readonly number[];
      /** Standard error of each hazard (0 where it is held at its lower bound), and their covariance, row-major. */
      readonly errors: readonly number[];
      readonly covariance: readonly number[];
      /** Model less observed, in the instrument's unit. */
      readonly residuals: readonly number[];
      /** Robust weight in (0, 1]; below one the observation was taken for an outlier to that degree. */
      readonly weights: readonly number[];
      /** Sum of squared residuals in units of their errors, all at full weight, and degrees of freedom. */
      readonly chi2: number;
      readonly degrees: number;
      /** 1 where the hazard sits at its lower bound. */
      readonly held: readonly number[];
    }
  | {
      readonly status: 'refused';
      readonly reason: 'too-few' | 'bad-error' | 'not-finite' | 'singular' | 'numerical-failure';
      /** Name of the instrument, where one is to blame. */
      readonly node: string;
      readonly value: number;
      readonly message: string;
    };

/** What a fit may be told. */
export interface WeightedFitOptions {
  /** First guess, 1/year; default what the first observation suggests is not looked at: 2 % everywhere. */
  readonly start?: readonly number[];
  /** Huber's tuning constant in standard errors; Infinity for plain least squares. Default 1.345. */
  readonly huber?: number;
  /** Lowest hazard allowed, 1/year; default none. */
  readonly lowest?: number;
}

/** Rounds of re-weighting; each changes weights less than the one before. */
const MOST_ROUNDS = 50;
const WEIGHT_TOLERANCE = 1e-10;

/**
 * Fits flat hazards between `knots` to instruments with error bars by iteratively re-weighted least squares (Huber).
 * Standard errors are those of the errors given, not scaled by chi-square. Verified by `wls_hazard_fit.csv` (definitions)
 * and by recovery of known curves.
 */
export function fitWeighted(
  knots: readonly number[],
  instruments: readonly CurveInstrument[],
  options: WeightedFitOptions = {},
): WeightedFit {
  const n = knots.length;
  const m = instruments.length;
  const { huber = HUBER_95, lowest } = options;
  if (m < n) return refuse('too-few', '', m, `${m} observations cannot decide ${n} hazards`);
  for (const { name, observed, error } of instruments) {
    if (!(error > 0 && error < Infinity)) return refuse('bad-error', name, error, 'an error bar must be positive');
    if (!Number.isFinite(observed)) return refuse('not-finite', name, observed, 'not a number');
  }
  const weights = new Float64Array(m).fill(1);
  const gradient = new Float64Array(n);
  const problem = {
    parameters: n,
    residuals: m,
    ...(lowest === undefined ? {} : { lower: new Float64Array(n).fill(lowest) }),
    evaluate(p: Float64Array, r: Float64Array, jacobian: Float64Array | undefined): boolean {
      for (let i = 0; i < m; i++) {
        const scale = Math.sqrt(weights[i]) / instruments[i].error;
        r[i] = scale * (instruments[i].evaluate(p, gradient) - instruments[i].observed);
        if (!Number.isFinite(r[i])) return false;
        if (jacobian) for (let j = 0; j < n; j++) jacobian[i * n + j] = scale * gradient[j];
      }
      return true;
    },
  };
  let p: ArrayLike<number> = options.start ?? new Float64Array(n).fill(0.02);
  let fit = leastSquares(problem, p, TOLERANCES);
  for (let round = 0; round < (huber < Infinity ? MOST_ROUNDS : 0); round++) {
    if (fit.reason === 'refused-start') break;
    let change = 0;
    for (let i = 0; i < m; i++) {
      const weight = huberWeight(fit.r[i] / Math.sqrt(weights[i]), huber);
      change = Math.max(change, Math.abs(weight - weights[i]));
      weights[i] = weight;
    }
    if (change <= WEIGHT_TOLERANCE) break;
    p = fit.p;
    fit = leastSquares(problem, p, TOLERANCES);
  }
  if (!fit.converged && fit.reason !== 'stuck')
    return refuse('numerical-failure', '', fit.cost, `the search ended with ${fit.reason}`);
  return described(n, m, instruments, fit, weights);
}

const TOLERANCES = { maxIterations: 200, costTolerance: 1e-15, stepTolerance: 1e-14, gradientTolerance: 1e-13 };

function described(
  n: number,
  m: number,
  instruments: readonly CurveInstrument[],
  fit: ReturnType<typeof leastSquares>,
  weights: Float64Array,
): WeightedFit {
  const free: number[] = [];
  for (let j = 0; j < n; j++) if (fit.atBound[j] === 0) free.push(j);
  const f = free.length;
  const normal = new Float64Array(f * f);
  for (let a = 0; a < f; a++)
    for (let b = 0; b < f; b++)
      for (let i = 0; i < m; i++) normal[a * f + b] += fit.jacobian[i * n + free[a]] * fit.jacobian[i * n + free[b]];
  const inverse = f === 0 ? new Float64Array(0) : symmetricInverse(normal, f);
  if (inverse === undefined) return refuse('singular', '', f, 'the observations leave a combination of hazards open');
  const covariance = new Float64Array(n * n);
  for (let a = 0; a < f; a++) for (let b = 0; b < f; b++) covariance[free[a] * n + free[b]] = inverse[a * f + b];
  let chi2 = 0;
  const residuals = instruments.map((instrument, i) => {
    const z = fit.r[i] / Math.sqrt(weights[i]);
    chi2 += z * z;
    return z * instrument.error;
  });
  return {
    status: 'ok',
    hazards: [...fit.p],
    errors: Array.from({ length: n }, (_, j) => Math.sqrt(covariance[j * n + j])),
    covariance: [...covariance],
    residuals,
    weights: [...weights],
    chi2,
    degrees: m - f,
    held: Array.from({ length: n }, (_, j) => (fit.atBound[j] === 0 ? 0 : 1)),
  };
}

/** What an observation weighs: the fit without it. */
export interface LeftOut {
  readonly name: string;
  /** Its residual against the curve of the others, and in units of its own error; NaN when the others make no curve. */
  readonly residual: number;
  readonly halfSpreads: number;
  /** Largest change of a hazard when it goes, 1/year. */
  readonly largestMove: number;
}

/** Leaves out each instrument in turn and says how far the curve of the others is from it. */
export function leaveOneOut(
  knots: readonly number[],
  instruments: readonly CurveInstrument[],
  fit: Extract<WeightedFit, { status: 'ok' }>,
  options: WeightedFitOptions = {},
): LeftOut[] {
  const gradient = new Float64Array(knots.length);
  return instruments.map((left, i) => {
    const others = fitWeighted(
      knots,
      instruments.filter((_, j) => j !== i),
      { ...options, start: fit.hazards },
    );
    if (others.status !== 'ok') return { name: left.name, residual: NaN, halfSpreads: NaN, largestMove: NaN };
    const residual = left.evaluate(others.hazards, gradient) - left.observed;
    let largestMove = 0;
    others.hazards.forEach((h, j) => (largestMove = Math.max(largestMove, Math.abs(h - fit.hazards[j]))));
    return { name: left.name, residual, halfSpreads: residual / left.error, largestMove };
  });
}

function refuse(
  reason: Extract<WeightedFit, { status: 'refused' }>['reason'],
  node: string,
  value: number,
  message: string,
): WeightedFit {
  return { status: 'refused', reason, node, value, message: `${node === '' ? '' : `${node}: `}${message}` };
}
