/**
 * The non-parametric smile: total variance of a risk-neutral density that is a non-negative cubic B-spline with power-law
 * tails (`density-spline.ts`). Free of butterfly arbitrage for every parameter vector inside the bounds, a theorem, and
 * Lee-bounded in the wings. Parameters are the geometry (five numbers, chosen from the quotes and then held) and the
 * probability of each basis function; prices are divided by the mixture's own mass and forward, so parity always holds.
 */
import { normalCdf } from '../numeric/normal.ts';
import { totalVolatility } from '../numeric/total-volatility.ts';
import { durrlemanG, minimumG } from './arbitrage.ts';
import { BASIS, BODY, basisPrices, densityAt, densityBasis, densityMoments } from './density-spline.ts';
import type { DensityBasis, DensityValue } from './density-spline.ts';
import type { ArbitrageReport, ParameterSpec, SmileFamily } from './family.ts';
import { fitSpline, splineStart } from './spline-fit.ts';

/** Geometry parameters before the coefficients. */
export const GEOMETRY = 5;
/** Number of parameters. */
export const SPLINE_PARAMETERS = GEOMETRY + BASIS;

const SPECS: readonly ParameterSpec[] = [
  { name: 'scale', unit: 'log-moneyness', lower: 1e-6, upper: 10 },
  { name: 'reachLeft', unit: 'log-moneyness', lower: 1e-6, upper: 100 },
  { name: 'reachRight', unit: 'log-moneyness', lower: 1e-6, upper: 100 },
  { name: 'decayLeft', unit: '1', lower: 1e-3, upper: 1e4 },
  { name: 'decayRight', unit: '1', lower: 1e-3, upper: 1e4 },
  ...Array.from({ length: BODY }, (_, i) => ({ name: `knot${i}`, unit: 'probability', lower: 0, upper: 1e3 })),
  { name: 'tailLeft', unit: 'probability', lower: 0, upper: 1e3 },
  { name: 'tailRight', unit: 'probability', lower: 0, upper: 1e3 },
];

/** The last geometry and its knots: a smile is asked for strike by strike. */
class BasisMemory {
  readonly #key = new Float64Array(GEOMETRY).fill(NaN);
  #basis: DensityBasis | undefined;

  of(p: ArrayLike<number>): DensityBasis | undefined {
    let same = true;
    for (let j = 0; j < GEOMETRY; j++) same = same && this.#key[j] === p[j];
    if (same) return this.#basis;
    for (let j = 0; j < GEOMETRY; j++) this.#key[j] = p[j];
    this.#basis = densityBasis({
      scale: p[0],
      reachLeft: p[1],
      reachRight: p[2],
      decayLeft: p[3],
      decayRight: p[4],
    });
    return this.#basis;
  }
}

/** Total volatility s and what its derivatives need, at one strike. */
interface Point {
  s: number;
  /** Normalised out-of-the-money price over e^(k/2). */
  beta: number;
  mass: number;
  mean: number;
  /** Strike in the mixture's own units, K' = e^k mean / mass. */
  strike: number;
  value: DensityValue;
}

function evaluate(basis: DensityBasis | undefined, p: ArrayLike<number>, k: number, at: Point): boolean {
  if (!basis || !(Math.abs(k) < 300)) return false;
  const { mass, mean } = densityMoments(basis, p, GEOMETRY);
  if (!(mass > 0 && mean > 0)) return false;
  at.mass = mass;
  at.mean = mean;
  at.strike = (Math.exp(k) * mean) / mass;
  densityAt(basis, p, GEOMETRY, at.strike, k <= 0, at.value);
  at.beta = (at.value.price / mean) * Math.exp(-0.5 * k);
  const x = -Math.abs(k);
  const rootRatio = Math.exp(0.5 * x);
  if (!(at.beta > 0 && at.beta < rootRatio)) return false;
  at.s = totalVolatility({ x, beta: at.beta, complement: rootRatio - at.beta, rootRatio }, 0);
  return at.s > 0;
}

/** db/ds of the normalised Black price. */
function vega(k: number, s: number): number {
  const h = k / s;
  return Math.exp(-0.5 * (h * h + 0.25 * s * s)) / Math.sqrt(2 * Math.PI);
}

/** Lee's wing slope for q moments beyond the first or below zero. */
function leeSlope(q: number): number {
  return 2 - 4 * q * (Math.sqrt(1 + 1 / q) - 1);
}

function createSpline(): SmileFamily {
  const memory = new BasisMemory();
  const moved = new BasisMemory();
  const value: DensityValue = { price: 0, slope: 0, density: 0 };
  const point: Point = { s: NaN, beta: NaN, mass: NaN, mean: NaN, strike: NaN, value };
  const prices = new Float64Array(BASIS);
  const family: SmileFamily = {
    name: 'spline',
    parameters: SPECS,
    totalVariance: (p, k) => (evaluate(memory.of(p), p, k, point) ? point.s * point.s : NaN),
    shape(p, k, _years, out) {
      if (evaluate(memory.of(p), p, k, point)) writeShape(point, k, out);
      else out.fill(NaN, 0, 3);
    },
    gradient(p, k, years, out) {
      const basis = memory.of(p);
      if (!basis || !evaluate(basis, p, k, point)) {
        out.fill(NaN, 0, SPLINE_PARAMETERS);
        return;
      }
      const { s, mass, mean, strike } = point;
      const { price, slope } = value;
      const scale = (2 * s * Math.exp(-0.5 * k)) / vega(k, s);
      basisPrices(basis, strike, k <= 0, prices, 0);
      for (let i = 0; i < BASIS; i++) {
        const share = basis.means[i] / mean;
        out[GEOMETRY + i] = (scale * (prices[i] + slope * strike * (share - 1 / mass) - price * share)) / mean;
      }
      geometryGradient(p, k, years, out);
    },
    initialGuess: (slice) => splineStart(slice),
    arbitrage: (p, years, kLow, kHigh) => report(family, p, years, kLow, kHigh),
    fit: (slice, options) => fitSpline(family, slice, options),
  };
  /** The fit holds the geometry, so central differences serve for its five derivatives. */
  function geometryGradient(p: ArrayLike<number>, k: number, _years: number, out: Float64Array): void {
    const q = Float64Array.from(p);
    for (let j = 0; j < GEOMETRY; j++) {
      const h = 1e-5 * Math.abs(p[j]);
      q[j] = p[j] + h;
      const up = evaluate(moved.of(q), q, k, point) ? point.s * point.s : NaN;
      q[j] = p[j] - h;
      const down = evaluate(moved.of(q), q, k, point) ? point.s * point.s : NaN;
      q[j] = p[j];
      out[j] = (up - down) / (2 * h);
    }
  }
  return family;
}

/**
 * w, w', w'' from beta(k) = b(k, s(k)), b_s = s (b_kk - b/4): the second derivative needs only the density, so g is its
 * ratio to Black's and cannot be negative.
 */
function writeShape(at: Point, k: number, out: Float64Array): void {
  const { s, beta, mean, strike, value } = at;
  const root = Math.exp(-0.5 * k);
  const slope = (root * value.slope * strike) / mean - 0.5 * beta;
  const density = (root * strike * strike * value.density) / mean;
  const v = vega(k, s);
  const x = -Math.abs(k);
  const magnitude =
    0.5 * (Math.exp(0.5 * x) * normalCdf(x / s + 0.5 * s) + Math.exp(-0.5 * x) * normalCdf(x / s - 0.5 * s));
  const s1 = (slope - (k > 0 ? -magnitude : magnitude)) / v;
  const cross = -k / (s * s);
  const bend = (k * k) / (s * s * s) - 0.25 * s;
  const s2 = density / v - 1 / s - 2 * cross * s1 - bend * s1 * s1;
  out[0] = s * s;
  out[1] = 2 * s * s1;
  out[2] = 2 * (s1 * s1 + s * s2);
}

/** Points on each side at which g is looked at over 1.5 times the quoted range. */
const OUTER_POINTS = 12;

function report(
  family: SmileFamily,
  p: ArrayLike<number>,
  years: number,
  kLow: number,
  kHigh: number,
): ArbitrageReport {
  const shape = (k: number, out: Float64Array): void => family.shape(p, k, years, out);
  const inside = minimumG(shape, kLow, kHigh);
  // Beyond the quotes g is positive by construction: a few points say how close to zero it comes.
  const step = (0.25 * (kHigh - kLow)) / OUTER_POINTS;
  const out = new Float64Array(3);
  let outside = Infinity;
  for (let i = 1; i <= OUTER_POINTS; i++) {
    for (const k of [kLow - i * step, kHigh + i * step]) {
      shape(k, out);
      const g = durrlemanG(k, out[0], out[1], out[2]);
      outside = Math.min(outside, Number.isNaN(g) ? -Infinity : g);
    }
  }
  return {
    minG: inside.value,
    minGAt: inside.at,
    minGExtrapolated: Math.min(inside.value, outside),
    wingSlope: Math.max(leeSlope(p[3]), leeSlope(p[4])),
    strength: 'theorem',
  };
}

/** The arbitrage-free non-parametric smile. */
export const spline: SmileFamily = createSpline();
