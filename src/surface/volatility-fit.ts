/**
 * Calibration of one expiry on volatility residuals for families whose volatility and gradient are known in closed form
 * or by quadrature (SABR, Heston): objective, starts, constraint, and the numbers that let a fit be judged.
 */
import { leastSquares } from '../numeric/least-squares.ts';
import type { LeastSquaresFit, LeastSquaresOptions } from '../numeric/least-squares.ts';
import { durrlemanG } from './arbitrage.ts';
import { whitenPrior, whitenedRows } from './factor-prior.ts';
import type { WhitenedPrior } from './factor-prior.ts';
import type { ArbitrageReport, FitOptions, ParameterSpec, SliceFit, SliceQuotes, SmileFamily } from './family.ts';
import { misfit, refuseSlice, unseenWing } from './slice-checks.ts';
import { factorJacobian, smileFactors } from './smile-factors.ts';
import { judgeFit, refusedFit } from './uncertainty.ts';

/** Fast volatilities of one family at the quotes of one slice: the inner loop of its calibration. */
export interface SliceVolatilities {
  /**
   * Fills `sigma` with the volatility at every quote, and `jacobian` with dsigma_i/dp_j at [i * parameters + j] when it
   * is given. False refuses the point.
   */
  (p: Float64Array, sigma: Float64Array, jacobian: Float64Array | undefined): boolean;
}

/** Points of the quoted range where the no-butterfly constraint is imposed. */
const CONSTRAINT_POINTS = 41;
/** Penalty weights tried in turn; each violation of g is a residual of that many volatility units. */
const PENALTIES: readonly number[] = [0.03, 0.3, 3, 30];
/** The constraint aims this far inside g >= 0, so that it also holds between its points. */
const MARGIN = 0.01;
const FIT: LeastSquaresOptions = {
  maxIterations: 80,
  costTolerance: 1e-7,
  stepTolerance: 1e-9,
  gradientTolerance: 1e-9,
};
const POLISH: LeastSquaresOptions = {
  maxIterations: 400,
  costTolerance: 1e-11,
  stepTolerance: 1e-10,
  gradientTolerance: 1e-10,
};

/** Parameters that a fit may move are told apart from those it must not by equal bounds. */
interface Calibration {
  readonly family: SmileFamily;
  readonly slice: SliceQuotes;
  readonly options: FitOptions;
  readonly volatilities: SliceVolatilities;
  readonly prior: WhitenedPrior | null;
}

/**
 * Calibrates one expiry of `family` from the best of several starts. Degenerate input is an outcome, never a throw.
 * `needed` is the number of distinct strikes below which the family refuses.
 */
export function fitVolatilities(
  family: SmileFamily,
  slice: SliceQuotes,
  options: FitOptions,
  volatilities: SliceVolatilities,
  starts: readonly ArrayLike<number>[],
  needed: number,
): SliceFit {
  const n = slice.k.length;
  const refused = refuseSlice(slice, options, needed);
  if (refused) return refusedFit(refused.status, refused.reason, n, family.parameters.length);
  const prior = options.objective === 'error-bars' && options.prior ? whitenPrior(options.prior) : null;
  const calibration: Calibration = { family, slice, options, volatilities, prior };
  const { best, rivalCost, iterations } = bestOf(calibration, starts);
  if (!best) return refusedFit('not-finite', 'no start lies in the domain of the model', n, family.parameters.length);
  const report = (p: Float64Array): ArbitrageReport => family.arbitrage(p, slice.years, slice.k[0], slice.k[n - 1]);
  let found = { fit: best, arbitrage: report(best.p), iterations };
  if (options.arbitrageFree) found = constrain(calibration, found, report);
  const infeasible = options.arbitrageFree && !(found.arbitrage.minG >= 0);
  const { fit, arbitrage } = found;
  const reason = infeasible
    ? `min g ${arbitrage.minG} at k ${arbitrage.minGAt} under the strongest penalty`
    : fit.converged
      ? [unseenWing(slice), misfit(residualsOf(calibration, fit.p), slice)].filter(Boolean).join('; ')
      : `search stopped on ${fit.reason} after ${found.iterations} steps`;
  const status = infeasible ? 'infeasible' : fit.converged ? 'converged' : 'max-iterations';
  const solution = {
    status,
    reason,
    parameters: fit.p,
    iterations: found.iterations,
    cost: fit.cost,
    rivalCost,
  } as const;
  return judgeFit(family, slice, options, solution, arbitrage);
}

function residualsOf(c: Calibration, p: Float64Array): Float64Array {
  const r = new Float64Array(c.slice.k.length);
  c.volatilities(p, r, undefined);
  for (let i = 0; i < r.length; i++) r[i] = c.slice.sigma[i] - r[i];
  return r;
}

function bestOf(
  c: Calibration,
  starts: readonly ArrayLike<number>[],
): { best: LeastSquaresFit | undefined; rivalCost: number; iterations: number } {
  let best: LeastSquaresFit | undefined;
  let rivalCost = NaN;
  let iterations = 0;
  const free = problem(c, 0);
  for (const start of starts) {
    const trial = leastSquares(free, start, FIT);
    iterations += trial.iterations;
    if (!(trial.cost < Infinity)) continue;
    if (best === undefined || trial.cost < best.cost) {
      if (best !== undefined && distinct(best.p, trial.p)) rivalCost = best.cost;
      best = trial;
    } else if (distinct(best.p, trial.p) && !(rivalCost <= trial.cost)) rivalCost = trial.cost;
  }
  if (best !== undefined) {
    best = leastSquares(free, best.p, POLISH);
    iterations += best.iterations;
  }
  return { best, rivalCost, iterations };
}

function distinct(a: Float64Array, b: Float64Array): boolean {
  return a.some((v, i) => Math.abs(v - b[i]) > 1e-3 * (Math.abs(v) + Math.abs(b[i])) + 1e-6);
}

interface Found {
  readonly fit: LeastSquaresFit;
  readonly arbitrage: ArbitrageReport;
  readonly iterations: number;
}

/** Raises the penalty until the scan of the quoted range is free of butterflies. */
function constrain(c: Calibration, free: Found, report: (p: Float64Array) => ArbitrageReport): Found {
  let found = free;
  for (const penalty of PENALTIES) {
    if (found.arbitrage.minG >= 0) break;
    const fit = leastSquares(problem(c, penalty), found.fit.p, POLISH);
    found = { fit, arbitrage: report(fit.p), iterations: found.iterations + fit.iterations };
  }
  return found;
}

type Problem = Parameters<typeof leastSquares>[0];

/** The sum of squares: quotes, then the prior's three rows, then the constraint's points. */
function problem(c: Calibration, penalty: number): Problem {
  const { family, slice, options, volatilities, prior } = c;
  const n = slice.k.length;
  const p = family.parameters.length;
  const constraint = penalty > 0 ? CONSTRAINT_POINTS : 0;
  const low = slice.k[0];
  const step = (slice.k[n - 1] - low) / (CONSTRAINT_POINTS - 1);
  return {
    parameters: p,
    residuals: n + (prior ? 3 : 0) + constraint,
    lower: family.parameters.map((s) => s.lower),
    upper: family.parameters.map((s) => s.upper),
    evaluate(point, r, jacobian) {
      if (!volatilities(point, r, jacobian)) return false;
      if (options.objective === 'equal') for (let i = 0; i < n; i++) r[i] -= slice.sigma[i];
      else standardise(slice, options.huber, p, r, jacobian);
      let row = n;
      if (prior) {
        priorRows(family, prior, slice.years, point, r, jacobian, row);
        row += 3;
      }
      for (let i = 0; i < constraint; i++, row++) {
        penaltyRow(family, point, low + i * step, slice.years, penalty, r, jacobian, row);
      }
      return true;
    },
  };
}

/** Residuals over error bars; beyond Huber's threshold the row becomes sqrt(2 rho(z)), so that its square is the loss. */
function standardise(
  slice: SliceQuotes,
  huber: number,
  parameters: number,
  r: Float64Array,
  jacobian: Float64Array | undefined,
): void {
  for (let i = 0; i < slice.k.length; i++) {
    const bar = slice.errorBar[i];
    const z = (r[i] - slice.sigma[i]) / bar;
    const size = Math.abs(z);
    let scale = 1 / bar;
    r[i] = z;
    if (huber > 0 && size > huber) {
      const root = Math.sqrt(2 * huber * size - huber * huber);
      r[i] = z > 0 ? root : -root;
      scale *= huber / root;
    }
    if (jacobian) for (let j = 0; j < parameters; j++) jacobian[i * parameters + j] *= scale;
  }
}

/** Relative step of the differences that the constraint's rows use; the data are far less precise. */
const DIFFERENCE = 1e-6;

function penaltyRow(
  family: SmileFamily,
  point: Float64Array,
  k: number,
  years: number,
  penalty: number,
  r: Float64Array,
  jacobian: Float64Array | undefined,
  row: number,
): void {
  const p = point.length;
  const shape = new Float64Array(3);
  const shortfallAt = (q: Float64Array): number => {
    family.shape(q, k, years, shape);
    return durrlemanG(k, shape[0], shape[1], shape[2]) - MARGIN;
  };
  const shortfall = shortfallAt(point);
  r[row] = penalty * Math.min(0, shortfall);
  if (!jacobian) return;
  jacobian.fill(0, row * p, row * p + p);
  if (!(shortfall < 0)) return;
  const moved = Float64Array.from(point);
  for (let j = 0; j < p; j++) {
    const h = stepInside(family.parameters[j], point[j]);
    if (h === 0) continue;
    moved[j] = point[j] + h;
    jacobian[row * p + j] = (penalty * (shortfallAt(moved) - shortfall)) / h;
    moved[j] = point[j];
  }
}

function stepInside(spec: ParameterSpec, value: number): number {
  if (spec.lower === spec.upper) return 0;
  const h = DIFFERENCE * Math.max(Math.abs(value), 1e-3);
  return value + h <= spec.upper ? h : -h;
}

/** Rows L^-1 (factors - mean) of the prior, with L L' its covariance. */
function priorRows(
  family: SmileFamily,
  prior: WhitenedPrior,
  years: number,
  point: Float64Array,
  r: Float64Array,
  jacobian: Float64Array | undefined,
  row: number,
): void {
  const f = smileFactors(family, point, years);
  const gap = [f.atm - prior.mean[0], f.skew - prior.mean[1], f.curvature - prior.mean[2]];
  for (let i = 0; i < 3; i++) {
    r[row + i] = 0;
    for (let j = 0; j <= i; j++) r[row + i] += prior.inverseFactor[i * 3 + j] * gap[j];
  }
  if (!jacobian) return;
  jacobian.set(whitenedRows(prior, factorJacobian(family, point, years), point.length), row * point.length);
}
