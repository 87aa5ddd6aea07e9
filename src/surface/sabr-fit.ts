/** SABR as a smile family, with the elasticity beta fixed or free, and its calibration on one expiry. */
import { scanArbitrage } from './arbitrage.ts';
import type { ArbitrageReport, FitOptions, ParameterSpec, SliceFit, SliceQuotes, SmileFamily } from './family.ts';
import { sabrDerivatives, sabrSmile } from './sabr.ts';
import type { SabrParameters } from './sabr.ts';
import { smileParabola } from './smile-parabola.ts';
import type { SliceVolatilities } from './volatility-fit.ts';
import { fitVolatilities } from './volatility-fit.ts';

const ALPHA: ParameterSpec = { name: 'alpha', unit: '1/sqrt(year)', lower: 1e-4, upper: 20 };
const RHO: ParameterSpec = { name: 'rho', unit: '1', lower: -0.999, upper: 0.999 };
const NU: ParameterSpec = { name: 'nu', unit: '1/sqrt(year)', lower: 1e-6, upper: 200 };
const BETA: ParameterSpec = { name: 'beta', unit: '1', lower: 0, upper: 1 };

/** Position of alpha, rho, nu, beta in `sabrDerivatives`' gradient (alpha, beta, rho, nu). */
const GRADIENT_ORDER: readonly number[] = [0, 2, 3, 1];

/**
 * SABR with beta fixed at a value in [0, 1] (parameters alpha, rho, nu) or free (alpha, rho, nu, beta). Parameters are
 * normalised: alpha stands for alpha F^(beta-1). Beta and rho both make skew, so a free beta is rarely identified by
 * one expiry: `logCondition` says so. Hagan et al. 2002, eq. 2.17.
 */
export function sabrFamily(beta: number | 'free'): SmileFamily {
  const free = beta === 'free';
  const specs = free ? [ALPHA, RHO, NU, BETA] : [ALPHA, RHO, NU];
  const read = (p: ArrayLike<number>): SabrParameters => ({
    alpha: p[0],
    rho: p[1],
    nu: p[2],
    beta: free ? p[3] : beta,
  });
  const scratch = new Float64Array(3);
  const partial = new Float64Array(4);
  const volatilityShape = (p: ArrayLike<number>, k: number, years: number): Float64Array => {
    sabrDerivatives(read(p), k, years, scratch, partial);
    return scratch;
  };
  const family: SmileFamily = {
    name: beta === 1 ? 'sabr' : `sabr-${beta}`,
    parameters: specs,
    totalVariance(p, k, years) {
      const sigma = sabrSmile(read(p), k, years);
      return sigma * sigma * years;
    },
    shape(p, k, years, out) {
      const [sigma, slope, bend] = volatilityShape(p, k, years);
      out[0] = sigma * sigma * years;
      out[1] = 2 * sigma * slope * years;
      out[2] = 2 * (slope * slope + sigma * bend) * years;
    },
    gradient(p, k, years, out) {
      const [sigma] = volatilityShape(p, k, years);
      for (let j = 0; j < specs.length; j++) out[j] = 2 * sigma * years * partial[GRADIENT_ORDER[j]];
    },
    initialGuess: (slice) => guess(slice, free ? 0.5 : beta, free),
    arbitrage: (p, years, kLow, kHigh) => report(family, p, years, kLow, kHigh),
    fit: (slice, options) => fit(family, slice, options, free ? 'free' : beta),
  };
  return family;
}

/** SABR with beta = 1, the form whose smile depends on the forward through k alone: the registered family. */
export const sabr: SmileFamily = sabrFamily(1);

/**
 * Hagan's volatility grows like |k|/ln|k|, so total variance outgrows every line: Lee's bound fails far enough out and
 * the wing slope is stated at three times the quoted range.
 */
function report(
  family: SmileFamily,
  p: ArrayLike<number>,
  years: number,
  kLow: number,
  kHigh: number,
): ArbitrageReport {
  const out = new Float64Array(3);
  const slope = (k: number): number => {
    family.shape(p, k, years, out);
    return Math.abs(out[1]);
  };
  const reach = Math.max(kHigh - kLow, 1e-3);
  const wing = Math.max(slope(kLow - reach), slope(kHigh + reach));
  return scanArbitrage((k, shape) => family.shape(p, k, years, shape), kLow, kHigh, wing);
}

/**
 * Start from a parabola through the smile: with z small, sigma(k) = a + (rho nu - (1-beta) a) k/2
 * + ((2 - 3 rho^2) nu^2 + ...) k^2/(12 a).
 */
function guess(slice: SliceQuotes, beta: number, free: boolean): Float64Array {
  const { level, slope, bend } = smileParabola(slice);
  const cross = 2 * slope + (1 - beta) * level;
  const square = 3 * level * bend + 1.5 * cross * cross;
  const typical = 0.5 / Math.sqrt(slice.years);
  const nu = Math.min(50, Math.max(Math.sqrt(Math.max(0, square)), 1.05 * Math.abs(cross), 0.2 * typical, 1e-3));
  const rho = Math.min(0.9, Math.max(-0.9, cross / nu));
  return Float64Array.from(free ? [level, rho, nu, beta] : [level, rho, nu]);
}

function fit(family: SmileFamily, slice: SliceQuotes, options: FitOptions, beta: number | 'free'): SliceFit {
  const { k, years } = slice;
  const n = k.length;
  const free = beta === 'free';
  const p = family.parameters.length;
  const shape = new Float64Array(3);
  const partial = new Float64Array(4);
  const volatilities: SliceVolatilities = (point, sigma, jacobian) => {
    const parameters = { alpha: point[0], rho: point[1], nu: point[2], beta: free ? point[3] : beta };
    for (let i = 0; i < n; i++) {
      if (!jacobian) sigma[i] = sabrSmile(parameters, k[i], years);
      else {
        sabrDerivatives(parameters, k[i], years, shape, partial);
        sigma[i] = shape[0];
        for (let j = 0; j < p; j++) jacobian[i * p + j] = partial[GRADIENT_ORDER[j]];
      }
    }
    return true;
  };
  return fitVolatilities(family, slice, options, volatilities, starts(family, slice, options), 3);
}

/** Warm: the last parameters. Cold: the parabola's start and one with little skew and ordinary curvature. */
function starts(family: SmileFamily, slice: SliceQuotes, options: FitOptions): ArrayLike<number>[] {
  if (options.start) return [options.start];
  const first = family.initialGuess(slice);
  const second = Float64Array.from(first);
  second[1] *= 0.3;
  second[2] = Math.max(0.5, 0.5 / Math.sqrt(slice.years));
  return [first, second];
}
