import type { Observations, Predictions } from '../model/contract.ts';
import { log as ln } from '../numeric/exponential.ts';
import { HUBER_95, MAD_TO_SD, huberWeight, medianInPlace } from '../numeric/robust.ts';

/**
 * One predict-then-observe score: a prediction made before the batch, judged by the batch.
 * Residual e = observed - predicted everywhere (positive: the market is above the model).
 */
export interface PrequentialScore {
  /** Observations scored. */
  readonly n: number;
  /** rms of z = e / sqrt(sigma_i^2 + v_i + s_R^2 h); about 1 in health. */
  readonly pz: number;
  /** Level, skew and curvature of the innovation, e = b0 + b1 x + b2 x^2 + r (volatility fractions), when identified. */
  readonly factors: InnovationFactors | null;
  /** Robust weighted mean of e over the body, volatility fraction: how far the smile as a whole stands from the prediction. */
  readonly shift: number;
  /** median |r| / sigma: shape error left after level, skew and curvature. */
  readonly pr: number;
  /** Share of predictions between bid and ask, among observations that have both. */
  readonly insideShare: number;
  /** Mean Gaussian log score, nats per observation (higher is better). */
  readonly logScore: number;
  /** Mean of e^2 - sigma^2 - v, volatility fraction squared: what the horizon added. */
  readonly excess: number;
  /** Mean of e^2, volatility fraction squared. */
  readonly meanSquare: number;
}

/** Coefficients of the innovation on (1, x, x^2) with one standard error each, volatility fractions. */
export interface InnovationFactors {
  readonly b: readonly [number, number, number];
  readonly se: readonly [number, number, number];
}

const PASSES = 4;
/** Only the body speaks for the factors: far wings would buy curvature at the price of the level. */
const BODY_X = 2.5;

/**
 * Scores predictions against a batch. `horizonVariance` = s_R^2 h (volatility fraction squared).
 * Null when nothing can be scored. Source: methods.md 2.1 with correction 1.
 */
export function scorePrequential(
  batch: Observations,
  predicted: Predictions,
  horizonVariance: number,
): PrequentialScore | null {
  const n = batch.value.length;
  if (n === 0) return null;
  const residual = new Float64Array(n);
  const weight = new Float64Array(n);
  let zz = 0;
  let log = 0;
  let inside = 0;
  let bounded = 0;
  let excess = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const e = batch.value[i] - predicted.mean[i];
    if (!Number.isFinite(e)) return null;
    const own = batch.noise[i] * batch.noise[i] + predicted.sd[i] * predicted.sd[i];
    const total = own + horizonVariance;
    residual[i] = e;
    weight[i] = 1 / own;
    zz += (e * e) / total;
    log -= 0.5 * ((e * e) / total + ln(2 * Math.PI * total));
    excess += e * e - own;
    squares += e * e;
    if (batch.low[i] <= batch.high[i]) {
      bounded++;
      if (predicted.mean[i] >= batch.low[i] && predicted.mean[i] <= batch.high[i]) inside++;
    }
  }
  const root = rootsOf(weight);
  const scratch = new Float64Array(n);
  const factors = fitFactors(batch.x, residual, weight, root, scratch);
  standardised(batch.x, residual, root, factors === null ? ZERO : factors.b, scratch);
  const pr = medianInPlace(scratch);
  return {
    n,
    pz: Math.sqrt(zz / n),
    factors,
    shift: bodyMean(batch.x, residual, weight, root, factors === null ? 0 : factors.b[0], Math.max(1, MAD_TO_SD * pr)),
    pr,
    insideShare: bounded === 0 ? 0 : inside / bounded,
    logScore: log / n,
    excess: excess / n,
    meanSquare: squares / n,
  };
}

const MEAN_PASSES = 3;

/** Huber mean of e over |x| <= 2.5 from a first guess, `scale` in standard errors; NaN without an observation there. */
function bodyMean(
  x: Float64Array,
  e: Float64Array,
  weight: Float64Array,
  root: Float64Array,
  guess: number,
  scale: number,
): number {
  let mean = guess;
  for (let pass = 0; pass < MEAN_PASSES; pass++) {
    let [sum, weights] = [0, 0];
    for (let i = 0; i < e.length; i++) {
      if (Math.abs(x[i]) > BODY_X) continue;
      const w = weight[i] * huberWeight((Math.abs(e[i] - mean) * root[i]) / scale);
      sum += w * e[i];
      weights += w;
    }
    mean = sum / weights;
  }
  return mean;
}

/**
 * Huber regression of residuals e on (1, x, x^2) over |x| <= 2.5, rescaled by the robust spread of the standardised
 * residuals. Null with fewer than six observations in the body or a singular design.
 */
export function innovationFactors(x: Float64Array, e: Float64Array, weight: Float64Array): InnovationFactors | null {
  return fitFactors(x, e, weight, rootsOf(weight), new Float64Array(e.length));
}

/** The regression itself, with the roots of the weights and a buffer, both as long as `e`, from its caller. */
function fitFactors(
  x: Float64Array,
  e: Float64Array,
  weight: Float64Array,
  root: Float64Array,
  scratch: Float64Array,
): InnovationFactors | null {
  if (e.length < 6) return null;
  const inverse = new Float64Array(9);
  const r = new Float64Array(3);
  const m = new Float64Array(5);
  let b: [number, number, number] = [0, 0, 0];
  let scale = Infinity;
  for (let pass = 0; pass < PASSES; pass++) {
    if (accumulate(x, e, weight, root, b, scale, m, r) < 6 || !solveMoments(m, r, inverse)) return null;
    b = [r[0], r[1], r[2]];
    standardised(x, e, root, b, scratch);
    scale = Math.max(1, medianInPlace(scratch) * MAD_TO_SD);
  }
  return {
    b,
    se: [Math.sqrt(inverse[0]) * scale, Math.sqrt(inverse[4]) * scale, Math.sqrt(inverse[8]) * scale],
  };
}

/** Writes the moments of (1, u, u^2) under Huber's weights into `m` and `r`; returns the observations in the body. */
function accumulate(
  x: Float64Array,
  e: Float64Array,
  weight: Float64Array,
  root: Float64Array,
  b: readonly number[],
  scale: number,
  m: Float64Array,
  r: Float64Array,
): number {
  const [b0, b1, b2] = b;
  let [m0, m1, m2, m3, m4, r0, r1, r2, used] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < e.length; i++) {
    const u = x[i];
    if (Math.abs(u) > BODY_X) continue;
    const uu = u * u;
    const size = (Math.abs(e[i] - b0 - b1 * u - b2 * uu) * root[i]) / scale;
    const w = weight[i] * (size <= HUBER_95 ? 1 : HUBER_95 / size);
    m0 += w;
    m1 += w * u;
    m2 += w * uu;
    m3 += w * uu * u;
    m4 += w * uu * uu;
    r0 += w * e[i];
    r1 += w * e[i] * u;
    r2 += w * e[i] * uu;
    used++;
  }
  m[0] = m0;
  m[1] = m1;
  m[2] = m2;
  m[3] = m3;
  m[4] = m4;
  r[0] = r0;
  r[1] = r1;
  r[2] = r2;
  return used;
}

/** Solves [m0 m1 m2; m1 m2 m3; m2 m3 m4] y = r in place and writes the inverse. False when singular. */
function solveMoments(m: Float64Array, r: Float64Array, inverse: Float64Array): boolean {
  const [a, b, c, d, e] = m;
  const c00 = c * e - d * d;
  const c01 = c * d - b * e;
  const c02 = b * d - c * c;
  const det = a * c00 + b * c01 + c * c02;
  if (!(det > 1e-10 * a * c * e)) return false;
  const c11 = a * e - c * c;
  const c12 = b * c - a * d;
  const c22 = a * c - b * b;
  inverse.set([c00 / det, c01 / det, c02 / det, c01 / det, c11 / det, c12 / det, c02 / det, c12 / det, c22 / det]);
  const [r0, r1, r2] = r;
  r[0] = inverse[0] * r0 + inverse[1] * r1 + inverse[2] * r2;
  r[1] = inverse[3] * r0 + inverse[4] * r1 + inverse[5] * r2;
  r[2] = inverse[6] * r0 + inverse[7] * r1 + inverse[8] * r2;
  return true;
}

const ZERO = [0, 0, 0] as const;

function rootsOf(weight: Float64Array): Float64Array {
  const root = new Float64Array(weight.length);
  for (let i = 0; i < root.length; i++) root[i] = Math.sqrt(weight[i]);
  return root;
}

/** Writes |e - b0 - b1 x - b2 x^2| in standard errors into `out`. */
function standardised(
  x: Float64Array,
  e: Float64Array,
  root: Float64Array,
  b: readonly number[],
  out: Float64Array,
): void {
  const [b0, b1, b2] = b;
  for (let i = 0; i < e.length; i++) out[i] = Math.abs(e[i] - b0 - b1 * x[i] - b2 * x[i] * x[i]) * root[i];
}
