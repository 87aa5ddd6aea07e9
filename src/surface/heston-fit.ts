/**
 * Calibration of Heston's model to prices or volatilities of any number of expiries at once: Levenberg-Marquardt with
 * Nielsen's damping on the analytic gradient (Cui, del Bano Rollin and Germano 2017), one set of characteristic-function
 * values per expiry for all its strikes.
 */
import { exp } from '../numeric/exponential.ts';
import { leastSquares } from '../numeric/least-squares.ts';
import type { LeastSquaresFit, LeastSquaresOptions } from '../numeric/least-squares.ts';
import { normalisedBlack } from '../numeric/normalised-black.ts';
import { totalVolatility } from '../numeric/total-volatility.ts';
import type { FitStatus, ParameterSpec } from './family.ts';
import { hestonDomain } from './heston-characteristic.ts';
import type { HestonParameters } from './heston-characteristic.ts';
import { nodeWeights, quadraturePlan, strikeSumWithGradient } from './heston.ts';

/** The five parameters in the order of every array here, with the bounds a fit imposes. */
export const HESTON_PARAMETERS: readonly ParameterSpec[] = [
  { name: 'kappa', unit: '1/year', lower: 1e-2, upper: 200 },
  { name: 'theta', unit: 'variance/year', lower: 1e-4, upper: 10 },
  { name: 'sigma', unit: '1/year', lower: 1e-2, upper: 50 },
  { name: 'rho', unit: '1', lower: -0.999, upper: 0.999 },
  { name: 'v0', unit: 'variance/year', lower: 1e-5, upper: 10 },
];

/** Reads (kappa, theta, sigma, rho, v0) from an array. */
export function readHeston(p: ArrayLike<number>): HestonParameters {
  return { kappa: p[0], theta: p[1], sigma: p[2], rho: p[3], v0: p[4] };
}

/** What one expiry shows a Heston calibration; parallel arrays. */
export interface HestonSlice {
  /** T, years, > 0. */
  readonly years: number;
  /** ln(K/F). */
  readonly k: Float64Array;
  /** Out-of-the-money undiscounted price over forward (`price`), or implied volatility (`volatility`). */
  readonly target: Float64Array;
  /** Weight of each residual, > 0. */
  readonly weight: Float64Array;
}

/** Whether residuals are prices over forward or volatilities. */
export type HestonResidual = 'price' | 'volatility';

/** When a search stops, unless told otherwise. */
const SEARCH: LeastSquaresOptions = { maxIterations: 120, costTolerance: 1e-10, stepTolerance: 1e-7, damping: 0.01 };

/** Outcome of {@link fitHeston}. */
export interface HestonFit {
  readonly status: FitStatus;
  readonly reason: string;
  /** kappa, theta, sigma, rho, v0. */
  readonly parameters: Float64Array;
  /** Weighted residuals, model minus target, in the order of slices and strikes. */
  readonly residuals: Float64Array;
  /** d residual_i / d parameter_j at [i * 5 + j]. */
  readonly jacobian: Float64Array;
  /** Half the sum of squared residuals. */
  readonly cost: number;
  readonly iterations: number;
}

/**
 * The search moves in (ln kappa, ln theta, ln sigma, rho, ln v0): the valley in which kappa, theta and sigma trade
 * against one another is straight there, and Cui's 40 options take 10 steps instead of 20 to 90.
 */
const LOGARITHMIC: readonly boolean[] = [true, true, true, false, true];

function toSearch(p: ArrayLike<number>): Float64Array {
  return Float64Array.from(p, (v, j) => (LOGARITHMIC[j] ? Math.log(v) : v));
}

function fromSearch(q: ArrayLike<number>): Float64Array {
  return Float64Array.from(q, (v, j) => (LOGARITHMIC[j] ? Math.exp(v) : v));
}

/** Accuracy of the integrals during the search, in units of the forward. */
const ACCURACY = 1e-11;
/** Distance of the density's images in standard deviations, tried in turn until doubling it changes nothing. */
const SPREADS: readonly number[] = [10, 20, 40, 80];
/** A point whose integrals need more nodes an expiry than this is refused by the search. */
const MAX_SEARCH_NODES = 3000;

/**
 * Fits the five parameters. `residual` says what the targets are; the search stops on relative cost or step, never on
 * the clock. The quadrature of the answer is checked on a grid twice as fine and the fit continued there if it differs.
 */
export function fitHeston(
  slices: readonly HestonSlice[],
  residual: HestonResidual,
  start: ArrayLike<number>,
  options: LeastSquaresOptions = SEARCH,
): HestonFit {
  let count = 0;
  for (const s of slices) count += s.k.length;
  let from = toSearch(start);
  let iterations = 0;
  let best: LeastSquaresFit | undefined;
  for (let i = 0; i + 1 < SPREADS.length; i++) {
    best = leastSquares(new HestonProblem(slices, residual, count, SPREADS[i]), from, options);
    iterations += best.iterations;
    if (!(best.cost < Infinity)) break;
    const finer = new Float64Array(count);
    new HestonProblem(slices, residual, count, SPREADS[i + 1]).evaluate(best.p, finer, undefined);
    let change = 0;
    let largest = 0;
    for (let j = 0; j < count; j++) {
      change = Math.max(change, Math.abs(finer[j] - best.r[j]));
      largest = Math.max(largest, Math.abs(finer[j]));
    }
    if (change <= 1e-10 + 1e-4 * largest) break;
    from = best.p;
  }
  if (!best || !(best.cost < Infinity)) {
    const nothing = new Float64Array(5).fill(NaN);
    const reason = 'the start is outside the domain or its integral does not converge';
    return {
      status: 'not-finite',
      reason,
      parameters: nothing,
      residuals: nothing,
      jacobian: nothing,
      cost: NaN,
      iterations,
    };
  }
  const parameters = fromSearch(best.p);
  return {
    status: best.converged ? 'converged' : 'max-iterations',
    reason: best.converged ? '' : `search stopped on ${best.reason} after ${iterations} steps`,
    parameters,
    residuals: best.r,
    jacobian: best.jacobian.map((v, i) => (LOGARITHMIC[i % 5] ? v / parameters[i % 5] : v)),
    cost: best.cost,
    iterations,
  };
}

/** The sum of squares, remembering its last point: a search asks for the value and then for the derivatives there. */
class HestonProblem {
  readonly parameters = 5;
  readonly residuals: number;
  readonly lower = toSearch(HESTON_PARAMETERS.map((s) => s.lower));
  readonly upper = toSearch(HESTON_PARAMETERS.map((s) => s.upper));
  readonly #slices: readonly HestonSlice[];
  readonly #kind: HestonResidual;
  readonly #spread: number;
  readonly #at = new Float64Array(5).fill(NaN);
  readonly #r: Float64Array;
  readonly #jacobian: Float64Array;
  #valid = false;

  constructor(slices: readonly HestonSlice[], kind: HestonResidual, count: number, spread: number) {
    this.#slices = slices;
    this.#kind = kind;
    this.#spread = spread;
    this.residuals = count;
    this.#r = new Float64Array(count);
    this.#jacobian = new Float64Array(count * 5);
  }

  evaluate(p: Float64Array, r: Float64Array, jacobian: Float64Array | undefined): boolean {
    if (!p.every((v, j) => v === this.#at[j])) {
      this.#at.set(p);
      this.#valid = this.#compute(fromSearch(p));
    }
    if (!this.#valid) return false;
    r.set(this.#r);
    jacobian?.set(this.#jacobian);
    return true;
  }

  #compute(values: Float64Array): boolean {
    const p = readHeston(values);
    if (!hestonDomain(p)) return false;
    let row = 0;
    for (const slice of this.#slices) {
      const { years, k, target, weight } = slice;
      const reach = Math.max(Math.abs(k[0]), Math.abs(k[k.length - 1]));
      const plan = quadraturePlan(p, years, reach, ACCURACY, this.#spread);
      if (!plan || plan.count > MAX_SEARCH_NODES) return false;
      const nodes = nodeWeights(p, years, plan, true);
      const deviation = Math.sqrt(nodes.variance);
      for (let i = 0; i < k.length; i++, row++) {
        const distance = Math.abs(k[i]);
        const rootRatio = exp(-0.5 * distance);
        const sum = strikeSumWithGradient(nodes, k[i], this.#jacobian, row * 5);
        const normalised = normalisedBlack(-distance, deviation, rootRatio) - sum;
        let scale = weight[i];
        if (this.#kind === 'price') {
          const root = k[i] < 0 ? rootRatio : 1 / rootRatio;
          scale *= root;
          this.#r[row] = weight[i] * (root * normalised - target[i]);
        } else {
          const s = impliedTotal(distance, rootRatio, normalised);
          this.#r[row] = weight[i] * (s / Math.sqrt(years) - target[i]);
          const h = distance / s;
          const slope = Math.exp(-0.5 * (h * h + 0.25 * s * s)) / Math.sqrt(2 * Math.PI);
          // Below the floor of what a price can show, the residual stays but does not steer.
          scale = normalised > FLOOR ? scale / (slope * Math.sqrt(years)) : 0;
        }
        for (let j = 0; j < 5; j++) {
          this.#jacobian[row * 5 + j] *= LOGARITHMIC[j] ? -scale * values[j] : -scale;
        }
      }
    }
    return true;
  }
}

/** Normalised prices below this are rounding noise of the integral; their volatility is that of the floor itself. */
const FLOOR = 1e-12;

/** Total volatility of a normalised out-of-the-money price at |k| = `distance`, floored. */
function impliedTotal(distance: number, rootRatio: number, normalised: number): number {
  const beta = Math.min(Math.max(normalised, FLOOR), rootRatio * (1 - 1e-12));
  return totalVolatility({ x: -distance, beta, complement: rootRatio - beta, rootRatio }, 0);
}
