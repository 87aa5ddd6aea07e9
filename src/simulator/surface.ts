/**
 * The true surface: per expiry the spot at expiry is F times a product of independent two- and three-point mixtures,
 *   X = A_short A_long B,  A = 1 + (two-point, mean 0, sd d(T)),  B = lognormal whose variance is one of three.
 * d(T) and the variances grow with T, so X grows in convex order: no butterfly and no calendar arbitrage at any instant.
 * Twelve lognormals per expiry: outside SVI, SSVI, SABR, Heston and splines in k.
 */
import { blackPrice, impliedDeviation } from './black.ts';
import { MINUTE, tenor } from './calendar.ts';
import type { TrueFactors } from './path.ts';

const COMPONENTS = 12;
/** Weights and signed exponents of the three variances. */
const VARIANCE_WEIGHTS = [0.52, 0.38, 0.1] as const;
const VARIANCE_EXPONENTS = [-1, 0.7, 2.4] as const;
/** Odds of the unlikely side of a mean shift. */
const RARE = 0.2;
/** Skewness of that two-point law in units of its standard deviation. */
const TWO_POINT_SKEWNESS = (1 - 2 * RARE) / Math.sqrt(RARE * (1 - RARE));
const DOWN = Math.sqrt((1 - RARE) / RARE);
const UP = Math.sqrt(RARE / (1 - RARE));
/** Largest standard deviation of a mean shift: keeps every component's mean positive. */
const MOST_SHIFT = 0.45;
/** Years over which the short end relaxes to the long end. */
const LEVEL_RELAXATION = 0.055;
const SKEW_RELAXATION = 0.22;

/** What the schedule adds to the truth at one instant; zeros and ones when nothing is on. */
export interface TruthShift {
  /** Volatility, fraction, added to both ends. */
  readonly level: number;
  /** Added to log short-end, subtracted from log long-end volatility. */
  readonly inversion: number;
  readonly skew: number;
  readonly curvature: number;
  /** Annual rate added to the basis. */
  readonly basis: number;
  /** Volatility, fraction, added to single expiries (epoch ms). */
  readonly expiries: ReadonlyMap<number, number>;
}

/** Nothing shifted. */
export const NO_SHIFT: TruthShift = { level: 0, inversion: 0, skew: 0, curvature: 0, basis: 0, expiries: new Map() };

/** The true smile of one expiry at one instant. */
export class TrueSmile {
  readonly expiry: number;
  /** Years ACT/365 to expiry. */
  readonly years: number;
  /** True forward (inside the averaging window: of the average), USD. */
  readonly forward: number;
  readonly #weight: Float64Array;
  readonly #shift: Float64Array;
  readonly #deviation: Float64Array;
  #atm = NaN;

  constructor(
    expiry: number,
    years: number,
    forward: number,
    weight: Float64Array,
    shift: Float64Array,
    deviation: Float64Array,
  ) {
    this.expiry = expiry;
    this.years = years;
    this.forward = forward;
    this.#weight = weight;
    this.#shift = shift;
    this.#deviation = deviation;
  }

  /** Undiscounted price, USD; `volatilityFactor` scales every component's deviation. */
  price(strike: number, isCall: boolean, volatilityFactor: number = 1): number {
    let sum = 0;
    for (let i = 0; i < COMPONENTS; i++)
      sum +=
        this.#weight[i] *
        blackPrice(this.forward * this.#shift[i], strike, this.#deviation[i] * volatilityFactor, isCall);
    return sum;
  }

  /** Black volatility, fraction per sqrt(year); `start` (fraction) warms the inversion. NaN where nothing is left. */
  volatility(strike: number, start: number = NaN, volatilityFactor: number = 1): number {
    const isCall = strike >= this.forward;
    const price = this.price(strike, isCall, volatilityFactor);
    const root = Math.sqrt(this.years);
    return impliedDeviation(price, this.forward, strike, isCall, start * root) / root;
  }

  /** Black volatility at the forward, fraction. */
  atmVolatility(): number {
    if (Number.isNaN(this.#atm)) this.#atm = this.volatility(this.forward, 0.5);
    return this.#atm;
  }
}

/** What is left of the delivery average: 1 before the last half hour, then the share not yet averaged. */
export interface Averaging {
  readonly share: number;
  /** Average so far, USD; ignored while share = 1. */
  readonly accrued: number;
}

/** Length of the averaging before delivery, ms. */
export const AVERAGING_WINDOW = 30 * MINUTE;

/** Variance time lost to the averaging, as a factor of variance, and the forward of the average. */
function averaged(
  at: number,
  expiry: number,
  forward: number,
  averaging: Averaging,
): { forward: number; variance: number } {
  const left = expiry - at;
  if (left >= AVERAGING_WINDOW) return { forward, variance: (left - (2 / 3) * AVERAGING_WINDOW) / left };
  const mean = averaging.accrued * (1 - averaging.share) + forward * averaging.share;
  const weight = (forward * averaging.share) / mean;
  return { forward: mean, variance: (weight * weight) / 3 };
}

/** The smiles of all expiries (ascending, all after `at`) in one state of the factors. */
export function trueSurface(
  factors: TrueFactors,
  at: number,
  expiries: readonly number[],
  shift: TruthShift,
  averaging: Averaging,
): TrueSmile[] {
  const short = Math.exp(factors.shortLevel + shift.inversion) + shift.level;
  const long = Math.exp(factors.longLevel - shift.inversion) + shift.level;
  const variances = new Float64Array(3);
  const skew = factors.shortSkew + shift.skew;
  const longSkew = factors.longSkew + 0.3 * shift.skew;
  const shortRatio = deviationRatio(skew);
  const longRatio = deviationRatio(longSkew);
  let shortShift = 0;
  let longShift = 0;
  let before = 0;
  return expiries.map((expiry) => {
    const years = tenor(at, expiry);
    const middle = 0.5 * (before + years);
    const decay = Math.exp(-middle / LEVEL_RELAXATION);
    const total =
      (long * long * (years - before) +
        (short * short - long * long) *
          LEVEL_RELAXATION *
          (Math.exp(-before / LEVEL_RELAXATION) - Math.exp(-years / LEVEL_RELAXATION))) *
      Math.exp(factors.bucketNoise.get(expiry) ?? 0);
    const spread = factors.longCurvature + (factors.shortCurvature + shift.curvature - factors.longCurvature) * decay;
    const fade = Math.exp(-middle / SKEW_RELAXATION);
    const shifting = shortRatio * shortRatio * fade + longRatio * longRatio * (1 - fade);
    let norm = 0;
    for (let j = 0; j < 3; j++) norm += VARIANCE_WEIGHTS[j] * Math.exp(spread * VARIANCE_EXPONENTS[j]);
    for (let j = 0; j < 3; j++) {
      const multiple = Math.exp(spread * VARIANCE_EXPONENTS[j]) / norm;
      variances[j] += total * (1 - shifting) * multiple * multiple;
    }
    shortShift += total * fade * shortRatio * shortRatio;
    longShift += total * (1 - fade) * longRatio * longRatio;
    before = years;
    const forward = factors.spot * Math.exp(basisRate(factors, years, shift.basis) * years);
    return smileOf(
      expiry,
      years,
      averaged(at, expiry, forward, averaging),
      variances,
      shift.expiries.get(expiry) ?? 0,
      [
        Math.sign(skew) * Math.min(MOST_SHIFT, Math.sqrt(shortShift)),
        Math.sign(longSkew) * Math.min(MOST_SHIFT, Math.sqrt(longShift)),
      ],
    );
  });
}

/** Standard deviation of a mean shift, relative to the total, that carries a skewness. */
function deviationRatio(skewness: number): number {
  return skewness === 0 ? 0 : Math.min(0.7, Math.exp(Math.log(Math.abs(skewness) / TWO_POINT_SKEWNESS) / 3));
}

/** Annual rate of the basis to a tenor, fraction. */
export function basisRate(factors: TrueFactors, years: number, shift: number): number {
  return factors.longBasis + (factors.shortBasis - factors.longBasis) * Math.exp(-years / 0.15) + shift;
}

function smileOf(
  expiry: number,
  years: number,
  average: { forward: number; variance: number },
  variances: Float64Array,
  bump: number,
  skews: readonly [number, number],
): TrueSmile {
  const weight = new Float64Array(COMPONENTS);
  const shift = new Float64Array(COMPONENTS);
  const deviation = new Float64Array(COMPONENTS);
  const mean =
    VARIANCE_WEIGHTS[0] * variances[0] + VARIANCE_WEIGHTS[1] * variances[1] + VARIANCE_WEIGHTS[2] * variances[2];
  const bumped = bump === 0 ? 1 : Math.max(0.05, 1 + bump / Math.sqrt(mean / years));
  const shrink = Math.sqrt(average.variance);
  let i = 0;
  for (let a = 0; a < 2; a++)
    for (let b = 0; b < 2; b++) {
      const odds = (a === 0 ? RARE : 1 - RARE) * (b === 0 ? RARE : 1 - RARE);
      const m = (1 + shrink * skews[0] * (a === 0 ? DOWN : -UP)) * (1 + shrink * skews[1] * (b === 0 ? DOWN : -UP));
      for (let j = 0; j < 3; j++, i++) {
        weight[i] = odds * VARIANCE_WEIGHTS[j];
        shift[i] = m;
        deviation[i] = Math.sqrt(variances[j]) * shrink * bumped;
      }
    }
  return new TrueSmile(expiry, years, average.forward, weight, shift, deviation);
}
