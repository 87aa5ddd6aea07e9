/**
 * No-trade bands around a delta hedge under proportional costs. Units: S in USD, cost share lambda one way (0.0005 =
 * 5 bp), risk aversion gamma per USD (exponential utility), Gamma in coin per USD. Verified by `hedge_bands.csv`.
 */
import { exp, power } from '../numeric/exponential.ts';

/** What a band depends on. */
export interface BandInput {
  /** S, USD, > 0. */
  readonly spot: number;
  /** Volatility per root year, > 0. */
  readonly sigma: number;
  /** T, years, > 0. */
  readonly years: number;
  /** Discount rate, per year. */
  readonly rate: number;
  /** lambda, share of traded notional, one way, >= 0. */
  readonly cost: number;
  /** gamma, per USD, > 0. */
  readonly riskAversion: number;
  /** Gamma of the position, coin per USD. */
  readonly gamma: number;
}

const THIRD = 1 / 3;

/** Half-width (3/2 e^(-rT) lambda S Gamma^2 / gamma)^(1/3), coin (Whalley and Wilmott 1997, Math. Finance 7:307). */
export function whalleyWilmottHalfWidth(b: BandInput): number {
  const inside = (1.5 * exp(-b.rate * b.years) * b.cost * b.spot * b.gamma * b.gamma) / b.riskAversion;
  return inside > 0 ? power(inside, THIRD) : 0;
}

/** Zakamouline's band: half-width H0 + H1 around the delta at a modified volatility. */
export interface ZakamoulineBand {
  /** Part that stays when Gamma vanishes, coin. */
  readonly base: number;
  /** Part driven by Gamma, coin. */
  readonly gammaPart: number;
  /** K of the volatility adjustment. */
  readonly adjustment: number;
  /** Volatility to compute the centre with, of a long and of a short position, per root year. */
  readonly sigmaLong: number;
  readonly sigmaShort: number;
}

/** Zakamouline (2006, European Financial Management 12:475), fitted approximation of the utility-optimal band. */
export function zakamoulineBand(b: BandInput): ZakamoulineBand {
  const { spot, sigma, years, cost, riskAversion } = b;
  const size = Math.abs(b.gamma);
  const ratio = exp(-b.rate * years) / sigma;
  const quarter = Math.sqrt(Math.sqrt(ratio));
  const adjustment =
    size > 0 && cost > 0
      ? ((-4.76 * power(cost, 0.78)) / power(years, 0.02)) * quarter * power(riskAversion * spot * spot * size, 0.15)
      : 0;
  return {
    base: cost / (riskAversion * spot * sigma * sigma * years),
    gammaPart: cost > 0 ? 1.12 * power(cost, 0.31) * power(years, 0.05) * quarter * Math.sqrt(size / riskAversion) : 0,
    adjustment,
    sigmaLong: sigma * Math.sqrt(1 + adjustment),
    sigmaShort: sigma * Math.sqrt(1 - adjustment),
  };
}

/** Leland number sqrt(2/pi) k/(sigma sqrt dt), k the round-trip cost share, dt years (Leland 1985, J. Finance 40:1283). */
export function lelandNumber(roundTrip: number, sigma: number, stepYears: number): number {
  return (Math.sqrt(2 / Math.PI) * roundTrip) / (sigma * Math.sqrt(stepYears));
}

/** Leland's volatility of a short option, sigma sqrt(1 + number), per root year. */
export function lelandVolatility(sigma: number, number: number): number {
  return sigma * Math.sqrt(1 + number);
}

/** Standard deviation, USD, of a hedge rebalanced N times: sqrt(pi/4) vega sigma/sqrt N (Derman and Kamal 1999). */
export function discreteHedgeDeviation(vega: number, sigma: number, rebalances: number): number {
  return (Math.sqrt(Math.PI / 4) * vega * sigma) / Math.sqrt(rebalances);
}

/** The hedge to hold now: kept inside the band around the target, else moved to its nearer edge. All in coin. */
export function rebalanceToBand(held: number, target: number, halfWidth: number): number {
  return Math.min(target + halfWidth, Math.max(target - halfWidth, held));
}
