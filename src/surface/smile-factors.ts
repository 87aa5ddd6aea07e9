import type { SmileFamily } from './family.ts';

/**
 * The identified coordinates of a smile, in x = k / (sigma_atm sqrt T): ATM volatility, skew d sigma/dx and curvature
 * d2 sigma/dx2 at x = 0, all as fractions (0.01 = one volatility point, per unit x, per unit x squared).
 * The second-order expansion is sigma(x) = atm + skew x + curvature x^2 / 2.
 */
export interface SmileFactors {
  readonly atm: number;
  readonly skew: number;
  readonly curvature: number;
}

/**
 * Factors from total variance w(0) and its derivatives w'(0), w''(0) by log-moneyness; `years` = T > 0.
 * With sigma_0 = sqrt(w/T): skew = w' / (2 sqrt T), curvature = sigma_0 w''/2 - w'^2 / (4 sigma_0 T).
 * NaN when w <= 0 or T <= 0.
 */
export function factorsOfShape(w: number, w1: number, w2: number, years: number): SmileFactors {
  const atm = w > 0 && years > 0 ? Math.sqrt(w / years) : NaN;
  return { atm, skew: w1 / (2 * Math.sqrt(years)), curvature: 0.5 * atm * w2 - (w1 * w1) / (4 * atm * years) };
}

/** Factors of any family's fitted slice; see {@link factorsOfShape}. */
export function smileFactors(family: SmileFamily, parameters: ArrayLike<number>, years: number): SmileFactors {
  const shape = new Float64Array(3);
  family.shape(parameters, 0, years, shape);
  return factorsOfShape(shape[0], shape[1], shape[2], years);
}

/** Log-moneyness step of the stencil below, in units of sigma_atm sqrt T. */
const STENCIL = 0.02;

/**
 * Row-major 3 x n Jacobian of (ATM vol, skew, curvature) by the family's n parameters. dw/dparameter is the family's
 * analytic gradient; its k-derivatives come from a five-point stencil (relative error about 1e-6 on smooth smiles, and
 * larger where the smile bends within 0.1 standard deviations), which standard errors do not feel.
 */
export function factorJacobian(family: SmileFamily, parameters: ArrayLike<number>, years: number): Float64Array {
  const n = family.parameters.length;
  const shape = new Float64Array(3);
  family.shape(parameters, 0, years, shape);
  const [w, w1, w2] = shape;
  const jacobian = new Float64Array(3 * n);
  if (!(w > 0) || !(years > 0)) return jacobian.fill(NaN);
  const atm = Math.sqrt(w / years);
  const h = STENCIL * Math.sqrt(w);
  const rows = [-2, -1, 0, 1, 2].map((i) => {
    const g = new Float64Array(n);
    family.gradient(parameters, i * h, years, g);
    return g;
  });
  for (let j = 0; j < n; j++) {
    const [m2, m1, g, p1, p2] = rows.map((r) => r[j]);
    const g1 = (m2 - 8 * m1 + 8 * p1 - p2) / (12 * h);
    const g2 = (-m2 + 16 * m1 - 30 * g + 16 * p1 - p2) / (12 * h * h);
    const dAtm = g / (2 * atm * years);
    jacobian[j] = dAtm;
    jacobian[n + j] = g1 / (2 * Math.sqrt(years));
    jacobian[2 * n + j] =
      0.5 * (dAtm * w2 + atm * g2) - (w1 * g1) / (2 * atm * years) + (w1 * w1 * dAtm) / (4 * atm * atm * years);
  }
  return jacobian;
}

/**
 * Row-major 3x3 covariance of the factors from the row-major covariance of the parameters (delta method:
 * J Sigma J'). Empty when the parameter covariance is empty. Square roots of its diagonal are the standard errors.
 */
export function factorCovariance(
  family: SmileFamily,
  parameters: ArrayLike<number>,
  covariance: ArrayLike<number>,
  years: number,
): Float64Array {
  if (covariance.length === 0) return new Float64Array(0);
  const n = family.parameters.length;
  const jacobian = factorJacobian(family, parameters, years);
  const out = new Float64Array(9);
  for (let r = 0; r < 3; r++)
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) sum += jacobian[r * n + i] * covariance[i * n + j] * jacobian[c * n + j];
      out[r * 3 + c] = sum;
    }
  return out;
}
