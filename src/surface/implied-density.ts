/** The risk-neutral distribution of ln(S_T/F) that a smile implies: distribution function and moments. */
import { normalCdf, normalPdf } from '../numeric/normal.ts';
import { gaussLegendre } from '../numeric/quadrature.ts';
import { impliedDensity } from './arbitrage.ts';
import type { SmileShape } from './arbitrage.ts';

/**
 * P(S_T <= F e^k) = N(-d2) + n(d2) w'/(2 sqrt w), d2 = -k/sqrt w - sqrt w/2, from w and its slope w' at k. In [0, 1]
 * exactly when calls are decreasing and at most F at every strike; NaN when w <= 0.
 */
export function impliedDistribution(k: number, w: number, w1: number): number {
  if (!(w > 0)) return NaN;
  const root = Math.sqrt(w);
  const d2 = -k / root - 0.5 * root;
  return normalCdf(-d2) + (normalPdf(d2) * w1) / (2 * root);
}

/** Moments of x = ln(S_T/F) under the implied density, and the two integrals that must be one. */
export interface ImpliedMoments {
  /** Total probability: 1 for a density. Short of 1 when the wings cannot be integrated, as at Lee's bound. */
  readonly mass: number;
  /** E[S_T/F]: 1 for a martingale. */
  readonly forward: number;
  readonly mean: number;
  readonly variance: number;
  readonly skewness: number;
  /** Kurtosis less 3; 0 for a lognormal price. */
  readonly excessKurtosis: number;
  /** Probability of [kLow, kHigh], the range that quotes cover. */
  readonly quotedProbability: number;
}

const RULE = gaussLegendre(16);
const PANEL = 0.5;
const FARTHEST = 60;
const NEGLIGIBLE = 1e-15;
/** A smile that ends (Heston's, where its integral is rounding) may end where a panel adds less than this share. */
const ENDED = 1e-9;
/** Powers of x that are integrated against the density: 0 to 4. */
const POWERS = 5;

/**
 * Moments by integration of the implied density over panels of half a standard deviation, outward until a panel adds
 * less than 1e-15 of the fourth moment or |k| = 60. The density beyond the quotes is the family's extrapolation; moments
 * beyond the second lean on it. Every number is NaN where the smile has no density.
 */
export function impliedMoments(shape: SmileShape, kLow: number, kHigh: number): ImpliedMoments {
  const out = new Float64Array(3);
  const sums = new Float64Array(POWERS);
  let forward = 0;
  shape(0, out);
  const width = PANEL * Math.sqrt(out[0]);
  if (!(width > 0)) return { ...NOTHING };
  const part = new Float64Array(POWERS + 1);
  for (const sign of [-1, 1]) {
    let from = 0;
    let last = Infinity;
    while (Math.abs(from) <= FARTHEST) {
      const half = 0.5 * Math.max(width, 0.1 * Math.abs(from));
      const added = writePanel(shape, from, sign * half, part);
      const scale = sums[4] + sums[0];
      if (Number.isNaN(added) && last <= ENDED * scale) break;
      for (let power = 0; power < POWERS; power++) sums[power] += part[power];
      forward += part[POWERS];
      from += 2 * sign * half;
      last = added;
      if (!(added > NEGLIGIBLE * scale)) break;
    }
  }
  const mean = sums[1] / sums[0];
  const second = sums[2] / sums[0];
  const variance = second - mean * mean;
  const third = sums[3] / sums[0] - 3 * mean * second + 2 * mean * mean * mean;
  const fourth = sums[4] / sums[0] - 4 * mean * (sums[3] / sums[0]) + mean * mean * (6 * second - 3 * mean * mean);
  return {
    mass: sums[0],
    forward,
    mean,
    variance,
    skewness: third / (variance * Math.sqrt(variance)),
    excessKurtosis: fourth / (variance * variance) - 3,
    quotedProbability: distributionAt(shape, kHigh, out) - distributionAt(shape, kLow, out),
  };
}

/**
 * Integrals of density times x^0 to x^4, and of density times e^x, over the panel from `from` to `from + 2 half`, into
 * `part`; returns a bound on what it can add to any of them.
 */
function writePanel(shape: SmileShape, from: number, half: number, part: Float64Array): number {
  const out = new Float64Array(3);
  part.fill(0);
  let added = 0;
  for (let i = 0; i < RULE.nodes.length; i++) {
    const k = from + half * (1 + RULE.nodes[i]);
    shape(k, out);
    let term = RULE.weights[i] * Math.abs(half) * impliedDensity(k, out[0], out[1], out[2]);
    part[POWERS] += term * Math.exp(k);
    added += Math.abs(term) * (1 + k * k * k * k + Math.exp(k));
    for (let power = 0; power < POWERS; power++, term *= k) part[power] += term;
  }
  return added;
}

const NOTHING: ImpliedMoments = {
  mass: NaN,
  forward: NaN,
  mean: NaN,
  variance: NaN,
  skewness: NaN,
  excessKurtosis: NaN,
  quotedProbability: NaN,
};

function distributionAt(shape: SmileShape, k: number, out: Float64Array): number {
  shape(k, out);
  return impliedDistribution(k, out[0], out[1]);
}
