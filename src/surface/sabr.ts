/**
 * SABR's implied volatility by Hagan's expansion (Hagan, Kumar, Lesniewski and Woodward 2002, Managing Smile Risk,
 * eq. 2.17), in normalised form: with F = 1 and K = e^k only a = alpha F^(beta-1) is left of the forward, so one set of
 * parameters (a, beta, rho, nu) is a smile in log-moneyness. Verified by `sabr_hagan.csv`.
 */
import { exp, log, log1p, power } from '../numeric/exponential.ts';

/** Normalised SABR parameters of one expiry. */
export interface SabrParameters {
  /** a = alpha F^(beta-1): the lognormal volatility at the forward to leading order, per root year, > 0. */
  readonly alpha: number;
  /** Elasticity of the forward's volatility, in [0, 1]. */
  readonly beta: number;
  /** Correlation of forward and volatility, in (-1, 1). */
  readonly rho: number;
  /** Volatility of volatility, per root year, >= 0. */
  readonly nu: number;
}

/** Below this |z| the series in Legendre polynomials replaces closed forms that cancel. */
const SERIES_LIMIT = 0.03;
const SERIES_TERMS = 12;
const series = new Float64Array(SERIES_TERMS);

/** z/x(z) of Hagan's eq. 2.17b and its derivatives: the working storage of the two functions below. */
const ratio = { value: 1, dz: 0, dz2: 0, drho: 0 };

/** x(z), from the form whose terms do not cancel: arg - 1 for z > 0, and x(z; rho) = -x(-z; -rho). */
function hagansX(z: number, rho: number, root: number): number {
  const side = z > 0 ? 1 : -1;
  const u = Math.abs(z);
  const r = side * rho;
  return side * log1p((u * (1 + (u - 2 * r) / (root + 1))) / (1 - r));
}

/**
 * R(z) = z/x(z), x(z) = ln((sqrt(1 - 2 rho z + z^2) + z - rho)/(1 - rho)), with R', R'' and dR/drho, into `ratio`.
 * x is the integral of the generating function of the Legendre polynomials, which gives the series near zero.
 */
function hagansRatio(z: number, rho: number): void {
  const root = Math.sqrt(1 - 2 * rho * z + z * z);
  const xRho = (z * z * (1 + (rho * (z - 2 * rho)) / (root + 1))) / ((root + 1) * root * (1 - rho * rho));
  if (Math.abs(z) < SERIES_LIMIT) {
    ratioSeries(z, rho);
    ratio.drho = z === 0 ? 0 : -xRho * ((ratio.value * ratio.value) / z);
    return;
  }
  const x = hagansX(z, rho, root);
  ratio.value = z / x;
  ratio.dz = (x - z / root) / (x * x);
  ratio.dz2 = (-2 / root + (z * (z - rho)) / (root * root * root) + (2 * z) / (root * root * x)) / (x * x);
  ratio.drho = (-z * xRho) / (x * x);
}

/** R, R' and R'' from q(z) = x/z = sum P_n(rho) z^n/(n+1): R = 1/q. */
function ratioSeries(z: number, rho: number): void {
  let before = 1;
  let current = rho;
  series[0] = 1;
  series[1] = rho / 2;
  for (let n = 1; n + 1 < SERIES_TERMS; n++) {
    const next = ((2 * n + 1) * rho * current - n * before) / (n + 1);
    before = current;
    current = next;
    series[n + 1] = next / (n + 2);
  }
  let q = 0;
  let q1 = 0;
  let q2 = 0;
  for (let n = SERIES_TERMS - 1; n >= 0; n--) {
    q2 = q2 * z + 2 * q1;
    q1 = q1 * z + q;
    q = q * z + series[n];
  }
  ratio.value = 1 / q;
  ratio.dz = -q1 / (q * q);
  ratio.dz2 = (2 * q1 * q1) / (q * q * q) - q2 / (q * q);
}

/**
 * Lognormal volatility of the normalised SABR smile at log-moneyness k = ln(K/F), per root year; `years` is T > 0.
 * NaN where the expansion has left its domain (alpha <= 0, |rho| >= 1, or a correction factor that is not positive).
 */
export function sabrSmile(p: SabrParameters, k: number, years: number): number {
  const { alpha, beta, rho, nu } = p;
  if (!(alpha > 0 && nu >= 0 && rho > -1 && rho < 1)) return NaN;
  const y = (1 - beta) * k;
  const half = y === 0 ? 1 : exp(0.5 * y);
  const z = (-nu / alpha) * half * k;
  const q = z === 0 ? 1 : z / hagansX(z, rho, Math.sqrt(1 - 2 * rho * z + z * z));
  const denominator = 1 + y * y * (1 / 24 + (y * y) / 1920);
  const correction = timeCorrection(p, half, years);
  return correction > 0 ? (((alpha / half) * q) / denominator) * correction : NaN;
}

/** 1 + T (...), the last factor of eq. 2.17a; `half` is (K/F)^((1-beta)/2). */
function timeCorrection(p: SabrParameters, half: number, years: number): number {
  const b = 1 - p.beta;
  const level = p.alpha / half;
  return (
    1 +
    years *
      ((b * b * level * level) / 24 +
        (p.rho * p.beta * p.nu * level) / 4 +
        ((2 - 3 * p.rho * p.rho) * p.nu * p.nu) / 24)
  );
}

/**
 * Writes sigma, dsigma/dk and d2sigma/dk2 into `out[0..2]`, and with `gradient` also dsigma with respect to
 * (alpha, beta, rho, nu) into it. All NaN outside the domain of {@link sabrSmile}.
 */
export function sabrDerivatives(
  p: SabrParameters,
  k: number,
  years: number,
  out: Float64Array,
  gradient?: Float64Array,
): void {
  const { alpha, beta, rho, nu } = p;
  const b = 1 - beta;
  const y = b * k;
  const half = y === 0 ? 1 : exp(0.5 * y);
  const correction = timeCorrection(p, half, years);
  if (!(alpha > 0 && nu >= 0 && rho > -1 && rho < 1 && correction > 0)) {
    out.fill(NaN, 0, 3);
    gradient?.fill(NaN, 0, 4);
    return;
  }
  const scale = (-nu / alpha) * half;
  const z = scale * k;
  hagansRatio(z, rho);
  const z1 = scale * (1 + 0.5 * y);
  const z2 = scale * (b + 0.25 * b * y);
  const s = ratio.dz / ratio.value;
  const denominator = 1 + y * y * (1 / 24 + (y * y) / 1920);
  const dDenominator = y * (1 / 12 + (y * y) / 480);
  const d1 = (b * dDenominator) / denominator;
  const d2 = (b * b * (1 / 12 + (y * y) / 160)) / denominator;
  const level = alpha / half;
  const square = (b * b * level * level) / 24;
  const cross = (rho * beta * nu * level) / 4;
  const sigma = ((level * ratio.value) / denominator) * correction;
  const c1 = (-b * years * (square + 0.5 * cross)) / correction;
  const c2 = (b * b * years * (square + 0.25 * cross)) / correction;
  const slope = -0.5 * b + s * z1 - d1 + c1;
  const bend = (ratio.dz2 / ratio.value - s * s) * z1 * z1 + s * z2 - (d2 - d1 * d1) + (c2 - c1 * c1);
  out[0] = sigma;
  out[1] = sigma * slope;
  out[2] = sigma * (slope * slope + bend);
  if (!gradient) return;
  const t = years / correction;
  gradient[0] = (sigma * (1 - s * z + t * (2 * square + cross))) / alpha;
  gradient[1] =
    sigma *
    (0.5 * k -
      0.5 * s * z * k +
      (k * dDenominator) / denominator +
      t * ((-b * level * level) / 12 + square * k + (rho * nu * level * (1 + 0.5 * beta * k)) / 4));
  gradient[2] = sigma * (ratio.drho / ratio.value + t * ((beta * nu * level) / 4 - (rho * nu * nu) / 4));
  gradient[3] = sigma * ((-s * half * k) / alpha + t * ((rho * beta * level) / 4 + ((2 - 3 * rho * rho) * nu) / 12));
}

/** SABR as it is quoted: forward, strike and shift in one money unit, alpha in that unit to the power 1 - beta. */
export interface SabrQuote {
  /** F, with F + shift > 0. */
  readonly forward: number;
  /** K, with K + shift > 0. */
  readonly strike: number;
  /** T, years, > 0. */
  readonly years: number;
  readonly alpha: number;
  readonly beta: number;
  readonly nu: number;
  readonly rho: number;
  /** Displacement added to forward and strike (shifted SABR); default 0. The volatility is that of F + shift. */
  readonly shift?: number;
}

function normalise(q: SabrQuote): { p: SabrParameters; k: number; forward: number } {
  const shift = q.shift ?? 0;
  const forward = q.forward + shift;
  const strike = q.strike + shift;
  if (!(forward > 0 && strike > 0 && q.years > 0)) return { p: { ...q, alpha: NaN }, k: NaN, forward: NaN };
  // Near the forward ln(K/F) from the difference keeps its relative accuracy.
  const k = Math.abs(strike - forward) < 0.5 * forward ? log1p((strike - forward) / forward) : log(strike / forward);
  const alpha = q.beta === 1 ? q.alpha : q.alpha * power(forward, q.beta - 1);
  return { p: { alpha, beta: q.beta, rho: q.rho, nu: q.nu }, k, forward };
}

/**
 * SABR's (shifted-)lognormal implied volatility per root year, Hagan et al. 2002 eq. 2.17 with the exact limit at
 * K = F. NaN outside the domain. Verified by `sabr_hagan.csv` to 1e-13.
 */
export function sabrVolatility(quote: SabrQuote): number {
  const { p, k } = normalise(quote);
  return sabrSmile(p, k, quote.years);
}

/** What a hedge needs of SABR at one strike. */
export interface SabrSensitivity {
  /** sigma, per root year. */
  readonly sigma: number;
  /** dsigma/dF at fixed strike and alpha, per money unit. */
  readonly dSigmaDForward: number;
  /** dsigma/dalpha at fixed strike and forward (alpha as quoted). */
  readonly dSigmaDAlpha: number;
  /** dsigma/dF along the mean move of alpha given F (Bartlett 2006): dsigma/dF + dsigma/dalpha rho nu / F^beta. */
  readonly bartlettSlope: number;
}

/**
 * Volatility sensitivities behind the sticky-alpha and Bartlett deltas: delta = N(d1) + vega x slope, all undiscounted
 * (Bartlett 2006, Hedging under SABR Model, eq. 12). With a shift every F is F + shift.
 */
export function sabrSensitivity(quote: SabrQuote): SabrSensitivity {
  const { p, k, forward } = normalise(quote);
  const shape = new Float64Array(3);
  const gradient = new Float64Array(4);
  sabrDerivatives(p, k, quote.years, shape, gradient);
  const dSigmaDForward = (-shape[1] + gradient[0] * p.alpha * (p.beta - 1)) / forward;
  return {
    sigma: shape[0],
    dSigmaDForward,
    dSigmaDAlpha: gradient[0] * (p.alpha / quote.alpha),
    bartlettSlope: dSigmaDForward + (gradient[0] * p.rho * p.nu) / forward,
  };
}
