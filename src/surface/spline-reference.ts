/** What the density spline takes from the quotes before it is fitted: a curve through them, knots, reference density. */
import { normalCdf } from '../numeric/normal.ts';
import { normalisedBlack } from '../numeric/normalised-black.ts';
import { BASIS, BODY, LEFT_TAIL, RIGHT_TAIL, basisWidth, tailEdge } from './density-spline.ts';
import type { DensityBasis, DensityGeometry } from './density-spline.ts';
import type { SliceQuotes } from './family.ts';

/**
 * The quotes as a curve: total volatility s(k) = sigma sqrt T by straight lines of sigma between quotes, and total
 * variance continued beyond them along the slope of each outer stretch, never falling outward.
 */
export class QuotedCurve {
  readonly #slice: SliceQuotes;
  readonly #slopes: readonly [number, number];

  constructor(slice: SliceQuotes) {
    this.#slice = slice;
    const low = slice.k[0];
    const high = slice.k[slice.k.length - 1];
    const stretch = OUTER * (high - low);
    const square = (k: number): number => this.#inside(k) * this.#inside(k) * slice.years;
    const outward = (edge: number, inner: number): number =>
      Math.min(STEEPEST, Math.max(0, (square(edge) - square(inner)) / stretch));
    this.#slopes = [outward(low, low + stretch), outward(high, high - stretch)];
  }

  #inside(k: number): number {
    const { k: x, sigma } = this.#slice;
    let low = 0;
    let high = x.length - 1;
    if (k <= x[low]) return sigma[low];
    if (k >= x[high]) return sigma[high];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (x[middle] <= k) low = middle;
      else high = middle;
    }
    const share = (k - x[low]) / (x[high] - x[low]);
    return sigma[low] + share * (sigma[high] - sigma[low]);
  }

  totalVolatility(k: number): number {
    const x = this.#slice.k;
    const sigma = this.#inside(k);
    const beyond = k < x[0] ? (x[0] - k) * this.#slopes[0] : Math.max(0, k - x[x.length - 1]) * this.#slopes[1];
    return Math.sqrt(sigma * sigma * this.#slice.years + beyond);
  }
}

/** Share of the quoted range whose slope continues a wing. */
const OUTER = 0.2;
/** Largest slope of total variance a wing is continued with: inside Lee's bound of 2. */
const STEEPEST = 1;

/** Out-of-the-money Black price over forward at total volatility s. */
export function blackOver(k: number, s: number): number {
  const x = -Math.abs(k);
  return Math.exp(0.5 * k) * normalisedBlack(x, s, Math.exp(0.5 * x));
}

/** Geometry from the quotes: their range and a margin, the volatility at the forward, and how fast prices fall there. */
export function geometryOf(slice: SliceQuotes, curve: QuotedCurve): DensityGeometry {
  const scale = Math.max(1e-5, curve.totalVolatility(0));
  const reach = (edge: number): number => Math.max(edge, 2 * scale) + Math.max(MARGIN_SCALE * scale, MARGIN * edge);
  const reachLeft = reach(-slice.k[0]);
  const reachRight = reach(slice.k[slice.k.length - 1]);
  // d ln P/dk over the last standard deviation; P ~ K^(q+1) on the left, K^-q on the right.
  const logPrice = (k: number): number => Math.log(Math.max(1e-300, blackOver(k, curve.totalVolatility(k))));
  const limit = (q: number): number => Math.min(1e3, Math.max(0.2, q));
  return {
    scale,
    reachLeft,
    reachRight,
    decayLeft: limit((logPrice(-reachLeft + scale) - logPrice(-reachLeft)) / scale - 1),
    decayRight: limit((logPrice(reachRight - scale) - logPrice(reachRight)) / scale),
  };
}

/** The knots reach beyond the quotes by this many standard deviations, or by this share of the wing if that is more. */
const MARGIN_SCALE = 2;
const MARGIN = 0.35;

/** Coefficients of the lognormal density whose volatility is that of the quotes at each strike. */
export function referenceCoefficients(basis: DensityBasis, curve: QuotedCurve): Float64Array {
  const out = new Float64Array(BASIS);
  for (let i = 0; i < BODY; i++) {
    const y = basis.means[i];
    const k = Math.log(y);
    const s = curve.totalVolatility(k);
    const d2 = -k / s - 0.5 * s;
    out[i] = (Math.exp(-0.5 * d2 * d2) / (y * s * Math.sqrt(2 * Math.PI))) * basisWidth(basis, i);
  }
  for (const tail of [LEFT_TAIL, RIGHT_TAIL]) {
    const k = Math.log(tailEdge(basis, tail === LEFT_TAIL ? 'left' : 'right'));
    const s = curve.totalVolatility(k);
    const side = tail === LEFT_TAIL ? 1 : -1;
    out[tail] = normalCdf(side * (k / s + 0.5 * s));
  }
  let largest = 0;
  for (const v of out) largest = Math.max(largest, v);
  return out.map((v) => Math.max(v, 1e-14 * largest));
}
