/**
 * Heston's characteristic function on Lewis' contour, with derivatives by its five parameters.
 *
 *     dF = F sqrt(v) dW1,  dv = kappa (theta - v) dt + sigma sqrt(v) dW2,  dW1 dW2 = rho dt
 *     phi(u - i/2) = E[e^((iu + 1/2) ln(F_T/F))] = exp(kappa theta A + v0 D),  A = integral of D over [0, T].
 *
 * With c = u^2 + 1/4, beta = kappa - rho sigma (1/2 + iu), d = sqrt(beta^2 + sigma^2 c), e = exp(-d T) and
 * P = (d + beta) + (d - beta) e, the decaying branch ("little trap", Albrecher et al. 2007) reads
 *
 *     D = -c (1 - e)/P,   A = [(beta - d) T - 2 ln(P/(2d))]/sigma^2,
 *
 * which neither divides by sigma^2 in D nor winds around the logarithm's cut.
 */
import { log1p } from '../numeric/exponential.ts';

/** Parameters of one Heston model, the same for every expiry; variances per year. */
export interface HestonParameters {
  /** Speed of mean reversion, 1/year, > 0. */
  readonly kappa: number;
  /** Long-run variance per year, > 0. */
  readonly theta: number;
  /** Volatility of variance, > 0. */
  readonly sigma: number;
  /** Correlation, in (-1, 1). */
  readonly rho: number;
  /** Initial variance per year, > 0. */
  readonly v0: number;
}

/** Working storage: D and A, their derivatives by beta and by sigma^2, each as real and imaginary part. */
export interface CharacteristicValue {
  re: number;
  im: number;
  /** Derivative of ln phi by kappa, theta, sigma, rho, v0: [re, im] pairs. */
  readonly logGradient: Float64Array;
}

/** New storage for {@link hestonCharacteristic}. */
export function characteristicValue(): CharacteristicValue {
  return { re: 1, im: 0, logGradient: new Float64Array(10) };
}

/** True inside the model's domain. */
export function hestonDomain(p: HestonParameters): boolean {
  return (
    p.kappa > 0 &&
    p.theta > 0 &&
    p.sigma > 0 &&
    p.v0 > 0 &&
    p.rho > -1 &&
    p.rho < 1 &&
    p.kappa + p.theta + p.sigma + p.v0 < Infinity
  );
}

/** E[integral of v over [0, T]]: the expected total variance, and the variance of the Black control variate. */
export function hestonExpectedVariance(p: HestonParameters, years: number): number {
  const x = p.kappa * years;
  const share = x < 1e-5 ? 1 - x * (0.5 - x / 6) : (1 - Math.exp(-x)) / x;
  return years * (p.theta + (p.v0 - p.theta) * share);
}

/** ln|phi(u - i/2)|, for the choice of where to stop an integral; `years` is T > 0. */
export function hestonLogModulus(p: HestonParameters, u: number, years: number): number {
  hestonCharacteristic(p, u, years, probe, false);
  return 0.5 * Math.log(probe.re * probe.re + probe.im * probe.im);
}
const probe = characteristicValue();

/**
 * Writes phi(u - i/2) for real u >= 0 and T = `years`, and with `gradient` the derivatives of its logarithm.
 * One long function on purpose: the gradient reuses every complex number of the value, and this is the inner loop.
 */
export function hestonCharacteristic(
  p: HestonParameters,
  u: number,
  years: number,
  out: CharacteristicValue,
  gradient: boolean,
): void {
  const { kappa, theta, sigma, rho, v0 } = p;
  const s = sigma * sigma;
  const c = u * u + 0.25;
  const bR = kappa - 0.5 * rho * sigma;
  const bI = -rho * sigma * u;
  // d = sqrt(beta^2 + s c), principal root.
  const qR = bR * bR - bI * bI + s * c;
  const qI = 2 * bR * bI;
  const modulus = Math.sqrt(qR * qR + qI * qI);
  const dR = qR >= 0 ? Math.sqrt(0.5 * (modulus + qR)) : Math.abs(qI) / Math.sqrt(2 * (modulus - qR));
  const dI = dR > 0 ? (0.5 * qI) / dR : Math.sqrt(modulus);
  const decay = Math.exp(-dR * years);
  const eR = decay * Math.cos(dI * years);
  const eI = -decay * Math.sin(dI * years);
  // d + beta and d - beta have the product s c: the one that does not cancel gives the other.
  const signed = bR >= 0 ? 1 : -1;
  const largeR = dR + signed * bR;
  const largeI = dI + signed * bI;
  const small = (s * c) / (largeR * largeR + largeI * largeI);
  const mR = bR >= 0 ? small * largeR : largeR;
  const mI = bR >= 0 ? -small * largeI : largeI;
  const plusR = bR >= 0 ? largeR : small * largeR;
  const plusI = bR >= 0 ? largeI : -small * largeI;
  const PR = plusR + mR * eR - mI * eI;
  const PI = plusI + mR * eI + mI * eR;
  const pInverse = 1 / (PR * PR + PI * PI);
  // N/P with N = 1 - e.
  const nR = 1 - eR;
  const nI = -eI;
  const npR = (nR * PR + nI * PI) * pInverse;
  const npI = (nI * PR - nR * PI) * pInverse;
  const DR = -c * npR;
  const DI = -c * npI;
  // ln(P/(2d)) = ln(1 - z), z = (d - beta)(1 - e)/(2d); the ratio stays off the cut for every u and T.
  const dInverse = 1 / (dR * dR + dI * dI);
  const xR = mR * nR - mI * nI;
  const xI = mR * nI + mI * nR;
  const zR = 0.5 * (xR * dR + xI * dI) * dInverse;
  const zI = 0.5 * (xI * dR - xR * dI) * dInverse;
  const logR = 0.5 * log1p(zR * zR + zI * zI - 2 * zR);
  const logI = Math.atan2(-zI, 1 - zR);
  const sInverse = 1 / s;
  const AR = (-mR * years - 2 * logR) * sInverse;
  const AI = (-mI * years - 2 * logI) * sInverse;
  const reversion = kappa * theta;
  const size = Math.exp(reversion * AR + v0 * DR);
  const angle = reversion * AI + v0 * DI;
  out.re = size * Math.cos(angle);
  out.im = size * Math.sin(angle);
  if (!gradient) return;

  // d_beta = beta/d, d_s = c/(2d); e_x = -T d_x e.
  const dbR = (bR * dR + bI * dI) * dInverse;
  const dbI = (bI * dR - bR * dI) * dInverse;
  const dsR = 0.5 * c * dR * dInverse;
  const dsI = -0.5 * c * dI * dInverse;
  const ebR = -years * (dbR * eR - dbI * eI);
  const ebI = -years * (dbR * eI + dbI * eR);
  const esR = -years * (dsR * eR - dsI * eI);
  const esI = -years * (dsR * eI + dsI * eR);
  // P_beta = d_beta (1 + e) + N + (d - beta) e_beta, P_s = d_s (1 + e) + (d - beta) e_s; then P_x/P.
  const onePlusR = 1 + eR;
  const PbR = dbR * onePlusR - dbI * eI + nR + mR * ebR - mI * ebI;
  const PbI = dbR * eI + dbI * onePlusR + nI + mR * ebI + mI * ebR;
  const PsR = dsR * onePlusR - dsI * eI + mR * esR - mI * esI;
  const PsI = dsR * eI + dsI * onePlusR + mR * esI + mI * esR;
  const pbR = (PbR * PR + PbI * PI) * pInverse;
  const pbI = (PbI * PR - PbR * PI) * pInverse;
  const psR = (PsR * PR + PsI * PI) * pInverse;
  const psI = (PsI * PR - PsR * PI) * pInverse;
  // D_x = c e_x/P - D P_x/P.
  const DbR = c * (ebR * PR + ebI * PI) * pInverse - (DR * pbR - DI * pbI);
  const DbI = c * (ebI * PR - ebR * PI) * pInverse - (DR * pbI + DI * pbR);
  const DsR = c * (esR * PR + esI * PI) * pInverse - (DR * psR - DI * psI);
  const DsI = c * (esI * PR - esR * PI) * pInverse - (DR * psI + DI * psR);
  // A_x = [(beta_x - d_x) T - 2 P_x/P + 2 d_x/d]/s, and -A/s more for s itself.
  const AbR = ((1 - dbR) * years - 2 * pbR + 2 * (dbR * dR + dbI * dI) * dInverse) * sInverse;
  const AbI = (-dbI * years - 2 * pbI + 2 * (dbI * dR - dbR * dI) * dInverse) * sInverse;
  const AsR = (-AR - dsR * years - 2 * psR + 2 * (dsR * dR + dsI * dI) * dInverse) * sInverse;
  const AsI = (-AI - dsI * years - 2 * psI + 2 * (dsI * dR - dsR * dI) * dInverse) * sInverse;
  // ln phi by beta and by s, then the chain rule: beta_sigma = -rho (1/2 + iu), beta_rho = -sigma (1/2 + iu).
  const fbR = reversion * AbR + v0 * DbR;
  const fbI = reversion * AbI + v0 * DbI;
  const fsR = reversion * AsR + v0 * DsR;
  const fsI = reversion * AsI + v0 * DsI;
  const turnR = 0.5 * fbR - u * fbI;
  const turnI = 0.5 * fbI + u * fbR;
  const g = out.logGradient;
  g[0] = theta * AR + fbR;
  g[1] = theta * AI + fbI;
  g[2] = kappa * AR;
  g[3] = kappa * AI;
  g[4] = 2 * sigma * fsR - rho * turnR;
  g[5] = 2 * sigma * fsI - rho * turnI;
  g[6] = -sigma * turnR;
  g[7] = -sigma * turnI;
  g[8] = DR;
  g[9] = DI;
}
