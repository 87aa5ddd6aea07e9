import { exp, log } from '../numeric/exponential.ts';
import { durrlemanG } from './arbitrage.ts';

/**
 * Curvature function phi(theta) of SSVI by name, with two parameters p1 > 0 and p2:
 * `power` p1 theta^-p2; `power2` p1 theta^-p2 (1 + theta)^(p2 - 1); `heston` (1 - (1 - e^-x)/x)/x, x = p1 theta.
 * Gatheral and Jacquier 2014, section 4.
 */
export type PhiKind = 'power' | 'power2' | 'heston';

/** One curvature function. */
export interface Phi {
  readonly kind: PhiKind;
  readonly p1: number;
  /** Exponent of the power laws; ignored by `heston`. */
  readonly p2: number;
}

/** phi and d phi/d theta at theta > 0; NaN outside. */
export function phiAt(phi: Phi, theta: number): { value: number; slope: number } {
  const { kind, p1, p2 } = phi;
  if (!(theta > 0) || !(p1 > 0)) return { value: NaN, slope: NaN };
  if (kind === 'heston') {
    const { value, slope } = hestonPhi(p1 * theta);
    return { value, slope: p1 * slope };
  }
  if (kind === 'power') {
    const value = p1 * exp(-p2 * log(theta));
    return { value, slope: (-p2 * value) / theta };
  }
  const value = p1 * exp(-p2 * log(theta) + (p2 - 1) * log(1 + theta));
  return { value, slope: value * ((p2 - 1) / (1 + theta) - p2 / theta) };
}

/** (1 - (1 - e^-x)/x)/x and its derivative; series sum (-x)^n/(n+2)! below 1, where the closed form cancels. */
function hestonPhi(x: number): { value: number; slope: number } {
  if (x < 1) {
    let value = 0;
    let slope = 0;
    let term = 0.5;
    for (let n = 0; n < 20; n++) {
      value += term;
      if (n > 0) slope += (n * term) / x;
      term *= -x / (n + 3);
    }
    return { value, slope: x === 0 ? -1 / 6 : slope };
  }
  const decay = exp(-x);
  const share = (1 - decay) / x;
  return { value: (1 - share) / x, slope: (-1 + 2 * share - decay) / (x * x) };
}

/** One point of an SSVI surface and its derivatives; w is total variance, k log-moneyness, T in years. */
export interface SsviPoint {
  readonly phi: number;
  readonly w: number;
  readonly dwDk: number;
  readonly d2wDk2: number;
  readonly dwDtheta: number;
  readonly dwDt: number;
  readonly g: number;
  /** Dupire's local variance (dw/dT)/g; NaN where g or dw/dT has the wrong sign. */
  readonly localVariance: number;
  /** sqrt(localVariance), fraction per sqrt(year). */
  readonly localVol: number;
}

/**
 * SSVI at k: w = theta/2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)), with theta(T) the ATM total variance and
 * `thetaSlope` = d theta/dT per year. Gatheral and Jacquier 2014, definition 4.1. Golden: ssvi_dupire.csv.
 */
export function ssviPoint(phi: Phi, rho: number, theta: number, thetaSlope: number, k: number): SsviPoint {
  const { value: f, slope } = phiAt(phi, theta);
  const x = f * k;
  const z = Math.sqrt((x + rho) * (x + rho) + (1 - rho) * (1 + rho));
  const level = 1 + rho * x + z;
  const w = 0.5 * theta * level;
  const tilt = rho + (x + rho) / z;
  const dwDk = 0.5 * theta * f * tilt;
  const d2wDk2 = (0.5 * theta * f * f * (1 - rho) * (1 + rho)) / (z * z * z);
  const dwDtheta = 0.5 * (level + theta * slope * k * tilt);
  const dwDt = dwDtheta * thetaSlope;
  const g = durrlemanG(k, w, dwDk, d2wDk2);
  const localVariance = g > 0 && dwDt >= 0 ? dwDt / g : NaN;
  return { phi: f, w, dwDk, d2wDk2, dwDtheta, dwDt, g, localVariance, localVol: Math.sqrt(localVariance) };
}

/** Total variance of SSVI at k; see {@link ssviPoint}. */
export function ssviTotalVariance(phi: Phi, rho: number, theta: number, k: number): number {
  const x = phiAt(phi, theta).value * k;
  return 0.5 * theta * (1 + rho * x + Math.sqrt((x + rho) * (x + rho) + (1 - rho) * (1 + rho)));
}

/**
 * Conditions that suffice for a slice without butterfly arbitrage, psi = theta phi: psi (1 + |rho|) < 4 and
 * psi^2 (1 + |rho|) <= 4 theta. Gatheral and Jacquier 2014, theorem 4.2. Golden: essvi_calendar.csv.
 */
export function ssviButterflyFree(theta: number, rho: number, psi: number): boolean {
  const slope = psi * (1 + Math.abs(rho));
  return slope <= 4 && psi * slope <= 4 * theta;
}
