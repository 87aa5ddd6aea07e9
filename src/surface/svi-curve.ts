import type { ParameterSpec } from './family.ts';

/**
 * Parameters of raw SVI in their order: a, b, rho, m, sigma of
 * w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), w = total implied variance sigma_iv^2 T
 * (not variance, and not scaled by T). Beside the box, the fit imposes b (1 + |rho|) <= 2 (Lee's bound) and
 * a + b sigma sqrt(1 - rho^2) >= 0 (no negative variance). Gatheral and Jacquier 2014, definition 3.1.
 */
export const SVI_PARAMETERS: readonly ParameterSpec[] = [
  { name: 'a', unit: 'variance', lower: -100, upper: 100 },
  { name: 'b', unit: 'variance per log-moneyness', lower: 0, upper: 2 },
  { name: 'rho', unit: '1', lower: -1, upper: 1 },
  { name: 'm', unit: 'log-moneyness', lower: -20, upper: 20 },
  { name: 'sigma', unit: 'log-moneyness', lower: 1e-9, upper: 100 },
];

/** Total variance w(k) of raw SVI `[a, b, rho, m, sigma]`. Golden: svi_durrleman_g.csv. */
export function sviTotalVariance(p: ArrayLike<number>, k: number): number {
  const x = k - p[3];
  return p[0] + p[1] * (p[2] * x + Math.sqrt(x * x + p[4] * p[4]));
}

/** Writes w, dw/dk, d2w/dk2 of raw SVI at k into `out[0..2]`. Golden: svi_durrleman_g.csv. */
export function sviShape(p: ArrayLike<number>, k: number, out: Float64Array): void {
  const x = k - p[3];
  const s2 = p[4] * p[4];
  const z = Math.sqrt(x * x + s2);
  out[0] = p[0] + p[1] * (p[2] * x + z);
  const inverse = 1 / z;
  out[1] = p[1] * (p[2] + x * inverse);
  out[2] = p[1] * s2 * inverse * inverse * inverse;
}

/** Writes dw/da, dw/db, dw/drho, dw/dm, dw/dsigma of raw SVI at k into `out[0..4]`. */
export function sviGradient(p: ArrayLike<number>, k: number, out: Float64Array): void {
  const x = k - p[3];
  const z = Math.sqrt(x * x + p[4] * p[4]);
  out[0] = 1;
  out[1] = p[2] * x + z;
  out[2] = p[1] * x;
  out[3] = -p[1] * (p[2] + x / z);
  out[4] = (p[1] * p[4]) / z;
}

/** Steeper of the two wing slopes, b (1 + |rho|): total variance per log-moneyness; Lee's bound is 2. */
export function sviWingSlope(p: ArrayLike<number>): number {
  return p[1] * (1 + Math.abs(p[2]));
}

/** Smallest total variance of the curve, a + b sigma sqrt(1 - rho^2), taken at m - rho sigma / sqrt(1 - rho^2). */
export function sviMinimumVariance(p: ArrayLike<number>): number {
  return p[0] + p[1] * p[4] * Math.sqrt(Math.max(0, 1 - p[2] * p[2]));
}

/** Points m + t sigma around the vertex, where g of SVI can dip between the points of an even grid. */
export function sviVertexLandmarks(p: ArrayLike<number>): Float64Array {
  const points = new Float64Array(VERTEX_STEPS.length);
  for (let i = 0; i < points.length; i++) points[i] = p[3] + VERTEX_STEPS[i] * p[4];
  return points;
}

const VERTEX_STEPS = Float64Array.of(-8, -4, -2, -1.4, -1, -0.7, -0.4, -0.2, 0, 0.2, 0.4, 0.7, 1, 1.4, 2, 4, 8);
