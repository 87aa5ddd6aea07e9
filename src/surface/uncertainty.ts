import type { ArbitrageReport, FitOptions, FitStatus, SliceFit, SliceQuotes, SmileFamily } from './family.ts';
import { factorCovariance, factorJacobian } from './smile-factors.ts';
import { whitenPrior, whitenedRows } from './factor-prior.ts';

/** What an optimiser hands over to be judged. */
export interface Solution {
  readonly status: FitStatus;
  readonly reason: string;
  readonly parameters: Float64Array;
  readonly iterations: number;
  /** Objective at the parameters; see {@link SliceFit}. */
  readonly cost: number;
  /** Objective of the second-best distinct minimum; NaN if none was seen. */
  readonly rivalCost: number;
}

/** Beyond this condition number of the column-scaled Jacobian a covariance would be rounding noise. */
const SINGULAR = 1e12;

/**
 * Judges a solution of any family: residuals (observed - predicted volatility), rmse, chi2 over degrees of freedom
 * (n - parameters, at least 1), leverage (diagonal of the hat matrix of the weighted problem, prior rows included),
 * covariance of the parameters and condition. `equal`: covariance = s^2 (J'J)^-1 with s^2 from the residuals;
 * `error-bars`: (J'WJ + prior)^-1, W = Huber weight / error bar^2. The covariance is empty when the scaled Jacobian is
 * singular to working precision. chi2 is in error bars under both objectives.
 */
export function judgeFit(
  family: SmileFamily,
  slice: SliceQuotes,
  options: FitOptions,
  solution: Solution,
  arbitrage: ArbitrageReport,
): SliceFit {
  const { k, sigma, errorBar, years } = slice;
  const n = k.length;
  const p = family.parameters.length;
  const weighted = options.objective === 'error-bars';
  const prior = weighted && options.prior ? whitenPrior(options.prior) : null;
  const rows = n + (prior ? 3 : 0);
  const columns = new Float64Array(rows * p);
  const residuals = new Float64Array(n);
  const gradient = new Float64Array(p);
  let squares = 0;
  let chi2 = 0;
  for (let i = 0; i < n; i++) {
    const predicted = Math.sqrt(family.totalVariance(solution.parameters, k[i], years) / years);
    const e = sigma[i] - predicted;
    const z = e / errorBar[i];
    residuals[i] = e;
    squares += e * e;
    chi2 += z * z;
    family.gradient(solution.parameters, k[i], years, gradient);
    let scale = 1 / (2 * predicted * years);
    if (weighted) {
      const size = Math.abs(z);
      const huber = options.huber > 0 && size > options.huber ? Math.sqrt(options.huber / size) : 1;
      scale *= huber / errorBar[i];
    }
    for (let j = 0; j < p; j++) columns[j * rows + i] = gradient[j] * scale;
  }
  if (prior) {
    const priorRows = whitenedRows(prior, factorJacobian(family, solution.parameters, years), p);
    for (let r = 0; r < 3; r++) for (let j = 0; j < p; j++) columns[j * rows + n + r] = priorRows[r * p + j];
  }
  const factor = factorise(columns, rows, p);
  const freedom = Math.max(1, n - p);
  const covariance = factor.condition < SINGULAR ? inverseOfGram(factor, p) : new Float64Array(0);
  if (!weighted) for (let i = 0; i < covariance.length; i++) covariance[i] *= squares / freedom;
  return {
    status: solution.status,
    reason: solution.reason,
    parameters: solution.parameters,
    covariance,
    rmseVol: Math.sqrt(squares / n),
    chi2PerDof: chi2 / freedom,
    residuals,
    leverage: leverageOf(factor, n, rows, p),
    logCondition: factor.logCondition,
    iterations: solution.iterations,
    cost: solution.cost,
    rivalCost: solution.rivalCost,
    arbitrage,
  };
}

/** A calibration that did not happen: NaN parameters and residuals, the status and why. */
export function refusedFit(
  status: FitStatus,
  reason: string,
  quotes: number,
  parameters: number,
  iterations = 0,
): SliceFit {
  return {
    status,
    reason,
    parameters: new Float64Array(parameters).fill(NaN),
    covariance: new Float64Array(0),
    rmseVol: NaN,
    chi2PerDof: NaN,
    residuals: new Float64Array(quotes).fill(NaN),
    leverage: new Float64Array(quotes).fill(NaN),
    logCondition: NaN,
    iterations,
    cost: NaN,
    rivalCost: NaN,
    arbitrage: { minG: NaN, minGAt: NaN, minGExtrapolated: NaN, wingSlope: NaN, strength: 'scan' },
  };
}

/** Thin QR of the column-scaled Jacobian: Q (column-major, in `q`), R (row-major p x p), column norms. */
interface Factorised {
  readonly q: Float64Array;
  readonly r: Float64Array;
  readonly norms: Float64Array;
  readonly condition: number;
  readonly logCondition: number;
}

/** Modified Gram-Schmidt; overwrites `columns`. A column that vanishes leaves condition = Infinity. */
function factorise(columns: Float64Array, rows: number, p: number): Factorised {
  const r = new Float64Array(p * p);
  const norms = new Float64Array(p);
  for (let j = 0; j < p; j++) {
    const norm = Math.sqrt(dot(columns, j * rows, columns, j * rows, rows));
    norms[j] = norm;
    const inverse = norm > 0 && norm < Infinity ? 1 / norm : 0;
    for (let i = 0; i < rows; i++) columns[j * rows + i] *= inverse;
    for (let l = 0; l < j; l++) {
      const projection = dot(columns, l * rows, columns, j * rows, rows);
      r[l * p + j] = projection;
      for (let i = 0; i < rows; i++) columns[j * rows + i] -= projection * columns[l * rows + i];
    }
    const rest = Math.sqrt(dot(columns, j * rows, columns, j * rows, rows));
    r[j * p + j] = rest;
    const unit = rest > 1e-15 ? 1 / rest : 0;
    for (let i = 0; i < rows; i++) columns[j * rows + i] *= unit;
  }
  const condition = conditionOf(r, p);
  return { q: columns, r, norms, condition, logCondition: Math.log(condition) * Math.LOG10E };
}

function dot(a: Float64Array, ai: number, b: Float64Array, bi: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[ai + i] * b[bi + i];
  return sum;
}

/** Ratio of the extreme singular values of R by one-sided Jacobi rotations (Hestenes 1958). */
function conditionOf(r: Float64Array, p: number): number {
  const a = Float64Array.from(r);
  for (let sweep = 0; sweep < 12; sweep++) {
    let rotated = false;
    for (let i = 0; i < p - 1; i++) for (let j = i + 1; j < p; j++) if (rotate(a, p, i, j)) rotated = true;
    if (!rotated) break;
  }
  let low = Infinity;
  let high = 0;
  for (let j = 0; j < p; j++) {
    let squares = 0;
    for (let i = 0; i < p; i++) squares += a[i * p + j] * a[i * p + j];
    const value = Math.sqrt(squares);
    if (!(value >= low)) low = value;
    if (!(value <= high)) high = value;
  }
  return low > 0 ? high / low : Infinity;
}

/** Makes columns i and j of a orthogonal; false when they already are to 1e-3 (a condition needs no more digits). */
function rotate(a: Float64Array, p: number, i: number, j: number): boolean {
  let alpha = 0;
  let beta = 0;
  let gamma = 0;
  for (let l = 0; l < p; l++) {
    const x = a[l * p + i];
    const y = a[l * p + j];
    alpha += x * x;
    beta += y * y;
    gamma += x * y;
  }
  if (!(Math.abs(gamma) > 1e-3 * Math.sqrt(alpha * beta))) return false;
  const zeta = (beta - alpha) / (2 * gamma);
  const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = c * t;
  for (let l = 0; l < p; l++) {
    const x = a[l * p + i];
    const y = a[l * p + j];
    a[l * p + i] = c * x - s * y;
    a[l * p + j] = s * x + c * y;
  }
  return true;
}

/** (J'J)^-1 = D^-1 R^-1 R^-T D^-1, row-major, D = column norms. */
function inverseOfGram(factor: Factorised, p: number): Float64Array {
  const { r, norms } = factor;
  const inverse = new Float64Array(p * p);
  for (let j = 0; j < p; j++) {
    inverse[j * p + j] = 1 / r[j * p + j];
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0;
      for (let l = i + 1; l <= j; l++) sum += r[i * p + l] * inverse[l * p + j];
      inverse[i * p + j] = -sum / r[i * p + i];
    }
  }
  const covariance = new Float64Array(p * p);
  for (let i = 0; i < p; i++)
    for (let j = i; j < p; j++) {
      let sum = 0;
      for (let l = j; l < p; l++) sum += inverse[i * p + l] * inverse[j * p + l];
      covariance[i * p + j] = covariance[j * p + i] = sum / (norms[i] * norms[j]);
    }
  return covariance;
}

function leverageOf(factor: Factorised, n: number, rows: number, p: number): Float64Array {
  const leverage = new Float64Array(n);
  for (let j = 0; j < p; j++)
    for (let i = 0; i < n; i++) leverage[i] += factor.q[j * rows + i] * factor.q[j * rows + i];
  for (let i = 0; i < n; i++) if (leverage[i] > 1) leverage[i] = 1;
  return leverage;
}

/**
 * Leave-one-out residuals e_i / (1 - h_ii), volatility fractions: what each quote would have shown a fit without it, to
 * first order (exact for linear models). Infinity where a quote alone determines a parameter (h_ii = 1).
 */
export function leaveOneOut(residuals: ArrayLike<number>, leverage: ArrayLike<number>): Float64Array {
  const out = new Float64Array(residuals.length);
  for (let i = 0; i < out.length; i++) {
    const rest = 1 - leverage[i];
    out[i] = rest > 0 ? residuals[i] / rest : residuals[i] === 0 ? 0 : Infinity * Math.sign(residuals[i]);
  }
  return out;
}

/** How well a fit is determined, from what its optimiser saw. */
export interface Identifiability {
  /** log10 of the condition number of the column-scaled Jacobian; median 3.4 and p95 6.0 for SVI on Deribit chains. */
  readonly logCondition: number;
  /** Standard errors of (ATM vol, skew, curvature), fractions; NaN when the covariance is singular. */
  readonly factorErrors: readonly [number, number, number];
  /** Another minimum explains the quotes equally well: its cost is within one unit of chi2 of the best. */
  readonly equivalentMinima: boolean;
  /** Standard error of ATM volatility above 0.01 (one volatility point), or unknown: the prior speaks, not the quotes. */
  readonly priorDominated: boolean;
}

/**
 * Identifiability of a fitted slice. Costs of `equal` fits are sums of squared volatilities and are turned into chi2 by
 * the residual variance of the fit itself.
 */
export function identifiability(
  family: SmileFamily,
  fit: SliceFit,
  options: FitOptions,
  years: number,
): Identifiability {
  const covariance = factorCovariance(family, fit.parameters, fit.covariance, years);
  const error = (i: number): number => (covariance.length ? Math.sqrt(covariance[i * 4]) : NaN);
  const freedom = Math.max(1, fit.residuals.length - family.parameters.length);
  const unit = options.objective === 'equal' ? fit.cost / freedom : 1;
  const factorErrors: [number, number, number] = [error(0), error(1), error(2)];
  return {
    logCondition: fit.logCondition,
    factorErrors,
    equivalentMinima: fit.rivalCost - fit.cost <= unit,
    priorDominated: !(factorErrors[0] <= 0.01),
  };
}
