/** Calibration of the density spline on one expiry: a convex problem, so there is one answer and no start to choose. */
import { nonNegativeLeastSquares } from '../numeric/non-negative-least-squares.ts';
import { choleskyInPlace, choleskySolveInPlace } from '../numeric/linear-solve.ts';
import { median } from '../numeric/robust.ts';
import { whitenPrior, whitenedRows } from './factor-prior.ts';
import { BASIS, BODY, LEFT_TAIL, RIGHT_TAIL, basisPrices, densityBasis } from './density-spline.ts';
import type { DensityBasis, DensityGeometry } from './density-spline.ts';
import type { FitOptions, SliceFit, SliceQuotes, SmileFamily } from './family.ts';
import { misfit, refuseSlice, unseenWing } from './slice-checks.ts';
import { factorJacobian, smileFactors } from './smile-factors.ts';
import { QuotedCurve, blackOver, geometryOf, referenceCoefficients } from './spline-reference.ts';
import { refusedFit } from './uncertainty.ts';

/** Fewest distinct strikes: a level, a skew and a curvature. */
const NEEDED = 3;
/**
 * Volatility at which a unit second difference of density over reference weighs as much as a residual: the value with the
 * smallest leave-one-out error on real BTC, S&P and DAX slices (a factor of ten either way costs about a tenth).
 */
const ROUGHNESS = 2e-3;
/** Pull of the density toward its reference, in the same unit: decides only what no quote sees. */
const PULL = 3e-5;
/** Weight of probability 1 and forward 1 against volatility residuals. */
const NORMALISATION = 100;
/** Every coefficient keeps this share of its reference, so that the density, and g with it, is positive everywhere. */
const FLOOR = 1e-3;
/** Linearisations of volatility in price (the second starts within a few basis points), and rounds of reweighting. */
const PASSES = 2;
const ROBUST_PASSES = 8;

function assemble(g: DensityGeometry, c: ArrayLike<number>): Float64Array {
  const p = new Float64Array(5 + BASIS);
  p[0] = g.scale;
  p[1] = g.reachLeft;
  p[2] = g.reachRight;
  p[3] = g.decayLeft;
  p[4] = g.decayRight;
  for (let i = 0; i < BASIS; i++) p[5 + i] = c[i];
  return p;
}

/** The reference density of a slice, as parameters: inside the bounds and close to ordinary smiles. */
export function splineStart(slice: SliceQuotes): Float64Array {
  const curve = new QuotedCurve(slice);
  const geometry = geometryOf(slice, curve);
  const basis = densityBasis(geometry);
  if (!basis) return new Float64Array(5 + BASIS).fill(NaN);
  return assemble(geometry, referenceCoefficients(basis, curve));
}

/** Normal equations H v = g of one linearisation, in v = coefficient / reference - FLOOR. */
interface Normal {
  readonly h: Float64Array;
  readonly g: Float64Array;
}

function addRow({ h, g }: Normal, row: Float64Array, value: number): void {
  for (let i = 0; i < BASIS; i++) {
    const r = row[i];
    if (r === 0) continue;
    g[i] += r * value;
    for (let j = 0; j <= i; j++) h[i * BASIS + j] += r * row[j];
  }
}

/** Second differences of coefficient over reference along the knots, tails included as neighbours of the ends. */
function addRoughness(normal: Normal, unit: number): void {
  const order = [LEFT_TAIL, ...Array.from({ length: BODY }, (_, i) => i), RIGHT_TAIL];
  const row = new Float64Array(BASIS);
  for (let i = 1; i + 1 < order.length; i++) {
    row.fill(0);
    row[order[i - 1]] = unit * ROUGHNESS;
    row[order[i]] = -2 * unit * ROUGHNESS;
    row[order[i + 1]] = unit * ROUGHNESS;
    addRow(normal, row, 0);
  }
  for (let i = 0; i < BASIS; i++) {
    row.fill(0);
    row[i] = unit * PULL;
    addRow(normal, row, unit * PULL * (1 - FLOOR));
  }
}

/** Fits the density spline to one expiry; see `spline.ts`. */
export function fitSpline(family: SmileFamily, slice: SliceQuotes, options: FitOptions): SliceFit {
  const refused = refuseSlice(slice, options, NEEDED);
  const n = slice.k.length;
  const p = family.parameters.length;
  if (refused) return refusedFit(refused.status, refused.reason, n, p);
  const curve = new QuotedCurve(slice);
  const geometry = geometryOf(slice, curve);
  const basis = densityBasis(geometry);
  if (!basis) return refusedFit('degenerate', `no knots for reach ${geometry.reachLeft}, ${geometry.reachRight}`, n, p);
  const search = new SplineSearch(family, slice, options, basis, curve);
  const status = search.run();
  if (status !== 'converged') return refusedFit(status, whySingular(slice), n, p);
  return search.outcome();
}

/** Standard deviations from which a quote's price is rounding beside the others'. */
const FAR = 7;

function whySingular({ k, sigma, years }: SliceQuotes): string {
  let far = 0;
  for (let i = 0; i < k.length; i++) {
    if (Math.abs(k[i] / sigma[i]) > Math.abs(k[far] / sigma[far])) far = i;
  }
  const distance = Math.abs(k[far]) / (sigma[far] * Math.sqrt(years));
  const why = 'normal equations are not positive definite';
  if (!(distance > FAR)) return why;
  return `${why}: the quote at k = ${k[far]} is ${distance.toFixed(1)} standard deviations out, its price is rounding`;
}

class SplineSearch {
  readonly #family: SmileFamily;
  readonly #slice: SliceQuotes;
  readonly #options: FitOptions;
  readonly #geometry: DensityGeometry;
  readonly #basis: DensityBasis;
  readonly #reference: Float64Array;
  readonly #prices: Float64Array;
  readonly #rows: Float64Array;
  readonly #residuals: Float64Array;
  readonly #normal: Normal = { h: new Float64Array(BASIS * BASIS), g: new Float64Array(BASIS) };
  #free: Uint8Array = new Uint8Array(BASIS).fill(1);
  #parameters: Float64Array;
  #iterations = 0;

  constructor(family: SmileFamily, slice: SliceQuotes, options: FitOptions, basis: DensityBasis, curve: QuotedCurve) {
    this.#family = family;
    this.#slice = slice;
    this.#options = options;
    this.#geometry = basis.geometry;
    this.#basis = basis;
    this.#reference = referenceCoefficients(basis, curve);
    this.#prices = new Float64Array(slice.k.length * BASIS);
    this.#rows = new Float64Array(slice.k.length * BASIS);
    this.#residuals = new Float64Array(slice.k.length);
    this.#parameters = assemble(basis.geometry, this.#reference);
    for (let i = 0; i < slice.k.length; i++) {
      basisPrices(basis, Math.exp(slice.k[i]), slice.k[i] <= 0, this.#prices, i * BASIS);
    }
  }

  run(): 'converged' | 'singular' {
    const { objective, huber, prior } = this.#options;
    const passes = objective === 'error-bars' && (huber > 0 || prior) ? ROBUST_PASSES : PASSES;
    for (let pass = 0; pass < passes; pass++) {
      this.#normal.h.fill(0);
      this.#normal.g.fill(0);
      this.#addQuotes(pass);
      addRoughness(this.#normal, this.#unit());
      this.#addNormalisation();
      if (pass > 0) this.#addPrior();
      const { h, g } = this.#normal;
      for (let i = 0; i < BASIS; i++) for (let j = 0; j < i; j++) h[j * BASIS + i] = h[i * BASIS + j];
      const solution = nonNegativeLeastSquares(h, g, BASIS, this.#free);
      this.#iterations += solution.iterations;
      if (solution.status === 'singular') return 'singular';
      this.#free = solution.free;
      const c = solution.x.map((v, i) => this.#reference[i] * (v + FLOOR));
      this.#parameters = assemble(this.#geometry, c);
      this.#measure();
    }
    return 'converged';
  }

  /** 1 under equal weights; under error bars, one volatility in units of the typical bar. */
  #unit(): number {
    return this.#options.objective === 'equal' ? 1 : 1 / median(this.#slice.errorBar);
  }

  #weight(i: number): number {
    if (this.#options.objective === 'equal') return 1;
    const bar = this.#slice.errorBar[i];
    const z = Math.abs(this.#residuals[i] / bar);
    const { huber } = this.#options;
    return (huber > 0 && z > huber ? Math.sqrt(huber / z) : 1) / bar;
  }

  /**
   * One row a quote: model price minus target over vega. The first pass linearises about the quotes, the later ones
   * about the model, where the price that would show the quoted volatility is extrapolated along its own vega.
   */
  #addQuotes(pass: number): void {
    const { k, sigma, years } = this.#slice;
    const root = Math.sqrt(years);
    const row = new Float64Array(BASIS);
    for (let i = 0; i < k.length; i++) {
      const model = sigma[i] - (pass > 0 ? this.#residuals[i] : 0);
      const s = model * root;
      const h = k[i] / s;
      const vega = (Math.exp(0.5 * k[i]) * root * Math.exp(-0.5 * (h * h + 0.25 * s * s))) / Math.sqrt(2 * Math.PI);
      const scale = this.#weight(i) / vega;
      let target = (blackOver(k[i], s) + vega * (sigma[i] - model)) * scale;
      for (let j = 0; j < BASIS; j++) {
        row[j] = this.#prices[i * BASIS + j] * scale * this.#reference[j];
        target -= row[j] * FLOOR;
        this.#rows[i * BASIS + j] = row[j];
      }
      addRow(this.#normal, row, target);
    }
  }

  #addNormalisation(): void {
    const weight = NORMALISATION * this.#unit();
    const row = new Float64Array(BASIS);
    for (const moment of ['mass', 'forward'] as const) {
      let target = weight;
      for (let j = 0; j < BASIS; j++) {
        row[j] = weight * this.#reference[j] * (moment === 'mass' ? 1 : this.#basis.means[j]);
        target -= row[j] * FLOOR;
      }
      addRow(this.#normal, row, target);
    }
  }

  /** Rows of the prior on (ATM vol, skew, curvature), linearised about the last pass. */
  #addPrior(): void {
    const { objective, prior } = this.#options;
    const white = objective === 'error-bars' && prior ? whitenPrior(prior) : null;
    if (!white) return;
    const f = smileFactors(this.#family, this.#parameters, this.#slice.years);
    const jacobian = factorJacobian(this.#family, this.#parameters, this.#slice.years);
    const p = this.#parameters.length;
    const rows = whitenedRows(white, jacobian, p);
    const gap = [white.mean[0] - f.atm, white.mean[1] - f.skew, white.mean[2] - f.curvature];
    const row = new Float64Array(BASIS);
    for (let r = 0; r < 3; r++) {
      let target = 0;
      for (let c = 0; c <= r; c++) target += white.inverseFactor[r * 3 + c] * gap[c];
      for (let j = 0; j < BASIS; j++) {
        row[j] = rows[r * p + p - BASIS + j] * this.#reference[j];
        target += row[j] * (this.#parameters[p - BASIS + j] / this.#reference[j] - FLOOR);
      }
      addRow(this.#normal, row, target);
    }
  }

  #measure(): void {
    const { k, sigma, years } = this.#slice;
    for (let i = 0; i < k.length; i++) {
      this.#residuals[i] = sigma[i] - Math.sqrt(this.#family.totalVariance(this.#parameters, k[i], years) / years);
    }
  }

  outcome(): SliceFit {
    const { k, years, errorBar } = this.#slice;
    const n = k.length;
    let squares = 0;
    let chi2 = 0;
    let cost = 0;
    for (let i = 0; i < n; i++) {
      const e = this.#residuals[i];
      squares += e * e;
      chi2 += (e / errorBar[i]) * (e / errorBar[i]);
      cost += 0.5 * this.#weight(i) * this.#weight(i) * e * e;
    }
    const { covariance, leverage, logCondition } = this.#curvature();
    const used = leverage.reduce((a, b) => a + b, 0);
    const freedom = Math.max(1, n - used);
    if (this.#options.objective === 'equal') {
      for (let i = 0; i < covariance.length; i++) covariance[i] *= squares / freedom;
    }
    return {
      status: 'converged',
      reason: [unseenWing(this.#slice), misfit(this.#residuals, this.#slice)].filter(Boolean).join('; '),
      parameters: this.#parameters,
      covariance,
      rmseVol: Math.sqrt(squares / n),
      chi2PerDof: chi2 / freedom,
      residuals: this.#residuals,
      leverage,
      logCondition,
      iterations: this.#iterations,
      cost,
      // The problem is convex: there is no rival.
      rivalCost: NaN,
      arbitrage: this.#family.arbitrage(this.#parameters, years, k[0], k[n - 1]),
    };
  }

  /** Posterior covariance of the coefficients (zero for geometry and for what is held at its floor), and leverage. */
  #curvature(): { covariance: Float64Array; leverage: Float64Array; logCondition: number } {
    const n = this.#slice.k.length;
    const p = this.#parameters.length;
    const index = Array.from({ length: BASIS }, (_, i) => i).filter((i) => this.#free[i]);
    const f = index.length;
    const h = new Float64Array(f * f);
    for (let a = 0; a < f; a++) for (let b = 0; b < f; b++) h[a * f + b] = this.#normal.h[index[a] * BASIS + index[b]];
    const scaled = new Float64Array(f * f);
    for (let a = 0; a < f; a++)
      for (let b = 0; b < f; b++) scaled[a * f + b] = h[a * f + b] / Math.sqrt(h[a * (f + 1)] * h[b * (f + 1)]);
    const logCondition = (0.5 * Math.log(conditionEstimate(scaled, f))) / Math.LN10;
    const leverage = new Float64Array(n).fill(NaN);
    if (!choleskyInPlace(h, f)) return { covariance: new Float64Array(0), leverage, logCondition };
    const covariance = new Float64Array(p * p);
    const column = new Float64Array(f);
    for (let a = 0; a < f; a++) {
      column.fill(0);
      column[a] = 1;
      choleskySolveInPlace(h, f, column);
      const row = (p - BASIS + index[a]) * p + p - BASIS;
      for (let b = 0; b < f; b++) {
        covariance[row + index[b]] = column[b] * this.#reference[index[a]] * this.#reference[index[b]];
      }
    }
    for (let i = 0; i < n; i++) {
      for (let a = 0; a < f; a++) column[a] = this.#rows[i * BASIS + index[a]];
      choleskySolveInPlace(h, f, column);
      let sum = 0;
      for (let a = 0; a < f; a++) sum += column[a] * this.#rows[i * BASIS + index[a]];
      leverage[i] = Math.min(1, sum);
    }
    return { covariance, leverage, logCondition };
  }
}

/** Power iterations that settle an extreme eigenvalue to the digit or two a condition number needs. */
const POWER_ITERATIONS = 8;

/** Largest over smallest eigenvalue of a positive definite matrix, from below; Infinity when it is singular. */
function conditionEstimate(a: Float64Array, n: number): number {
  const factor = Float64Array.from(a);
  if (!choleskyInPlace(factor, n)) return Infinity;
  const before = new Float64Array(n);
  const multiply = (v: Float64Array): void => {
    before.set(v);
    for (let i = 0; i < n; i++) {
      v[i] = 0;
      for (let j = 0; j < n; j++) v[i] += a[i * n + j] * before[j];
    }
  };
  return growth(n, multiply) * growth(n, (v) => choleskySolveInPlace(factor, n, v));
}

/** Growth of the norm under repeated application of a symmetric positive definite map, from an uneven start. */
function growth(n: number, apply: (v: Float64Array) => void): number {
  const v = Float64Array.from({ length: n }, (_, i) => 1 + (i % 3) - 0.7 * (i % 2));
  let norm = 0;
  for (let step = 0; step < POWER_ITERATIONS; step++) {
    apply(v);
    let square = 0;
    for (let i = 0; i < n; i++) square += v[i] * v[i];
    norm = Math.sqrt(square);
    for (let i = 0; i < n; i++) v[i] /= norm;
  }
  return norm;
}
