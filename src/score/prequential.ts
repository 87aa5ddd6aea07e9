import type { Observations, Predictions } from '../model/contract.ts';
import { log as ln } from '../numeric/exponential.ts';
import { MAD_TO_SD, huberWeight, median } from '../numeric/robust.ts';

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
  const factors = innovationFactors(batch.x, residual, weight);
  return {
    n,
    pz: Math.sqrt(zz / n),
    factors,
    pr: median(standardised(batch.x, residual, weight, factors === null ? [0, 0, 0] : factors.b)),
    insideShare: bounded === 0 ? 0 : inside / bounded,
    logScore: log / n,
    excess: excess / n,
    meanSquare: squares / n,
  };
}

/**
 * Huber regression of residuals e on (1, x, x^2) over |x| <= 2.5, rescaled by the robust spread of the standardised
 * residuals. Null with fewer than six observations in the body or a singular design.
 */
export function innovationFactors(x: Float64Array, e: Float64Array, weight: Float64Array): InnovationFactors | null {
  if (e.length < 6) return null;
  const inverse = new Float64Array(9);
  const r = new Float64Array(3);
  const m = new Float64Array(5);
  let b: [number, number, number] = [0, 0, 0];
  let scale = Infinity;
  for (let pass = 0; pass < PASSES; pass++) {
    m.fill(0);
    r.fill(0);
    let used = 0;
    for (let i = 0; i < e.length; i++) {
      const u = x[i];
      if (Math.abs(u) > BODY_X) continue;
      const uu = u * u;
      const left = e[i] - b[0] - b[1] * u - b[2] * uu;
      const w = weight[i] * huberWeight((Math.abs(left) * Math.sqrt(weight[i])) / scale);
      m[0] += w;
      m[1] += w * u;
      m[2] += w * uu;
      m[3] += w * uu * u;
      m[4] += w * uu * uu;
      r[0] += w * e[i];
      r[1] += w * e[i] * u;
      r[2] += w * e[i] * uu;
      used++;
    }
    if (used < 6 || !solveMoments(m, r, inverse)) return null;
    b = [r[0], r[1], r[2]];
    scale = Math.max(1, median(standardised(x, e, weight, b)) * MAD_TO_SD);
  }
  return {
    b,
    se: [Math.sqrt(inverse[0]) * scale, Math.sqrt(inverse[4]) * scale, Math.sqrt(inverse[8]) * scale],
  };
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

function standardised(x: Float64Array, e: Float64Array, weight: Float64Array, b: readonly number[]): Float64Array {
  const out = new Float64Array(e.length);
  for (let i = 0; i < e.length; i++)
    out[i] = Math.abs(e[i] - b[0] - b[1] * x[i] - b[2] * x[i] * x[i]) * Math.sqrt(weight[i]);
  return out;
}
