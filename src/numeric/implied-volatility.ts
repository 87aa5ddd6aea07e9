/**
 * Implied volatility of Black-76: never fails, relative error below 2 eps (1 + cond_price + cond_F) with
 * cond_price = |p/(sigma vega)| and cond_F = |F delta/(sigma vega)|, at prices down to 1e-300.
 * Verified by `golden/implied_vol.csv` and `golden/implied_vol_invalid.csv`.
 */
import { logMoneynessBelow } from './normalised-black.ts';
import { totalVolatility, type NormalisedQuote } from './total-volatility.ts';

/**
 * What became of a quote; the position is the code in the array form.
 * - `ok`: sigma is the volatility.
 * - `at-intrinsic`: no time value (below 1e-307 of sqrt(FK)); sigma 0.
 * - `below-intrinsic`: the price is under its lower bound; sigma NaN.
 * - `at-bound`: a call at the forward or a put at the strike; sigma Infinity.
 * - `above-bound`: over that; sigma NaN.
 * - `expired`: no time left, T <= 0; sigma NaN.
 * - `out-of-domain`: forward, strike or discount not positive; sigma NaN.
 * - `not-finite`: an input is NaN or infinite; sigma NaN.
 */
export const IMPLIED_VOLATILITY_STATUS = [
  'ok', 'at-intrinsic', 'below-intrinsic', 'at-bound', 'above-bound', 'expired', 'out-of-domain', 'not-finite',
] as const; // prettier-ignore

/** One of {@link IMPLIED_VOLATILITY_STATUS}. */
export type ImpliedVolatilityStatus = (typeof IMPLIED_VOLATILITY_STATUS)[number];

/** One price to be inverted. */
export interface PriceQuote {
  readonly side: 'call' | 'put';
  /** Forward F, in quote currency; > 0. */
  readonly forward: number;
  /** Strike K, in the unit of the forward; > 0. */
  readonly strike: number;
  /** Time to expiry T in years; > 0. */
  readonly years: number;
  /** Present value of the option, in the unit of the forward. */
  readonly price: number;
  /** Discount factor e^(-rT); default 1. */
  readonly discount?: number;
  /** A previous sigma to start from; it changes the time taken and at most the last bits. */
  readonly start?: number;
}

/** Volatility and what became of the quote. */
export interface ImpliedVolatility {
  readonly status: ImpliedVolatilityStatus;
  /** sigma per square root of a year (0.5 is 50 %); NaN, 0 or Infinity as the status says. */
  readonly sigma: number;
}

/** Smallest normalised time value that is inverted: below it a double has no full mantissa. */
const SMALLEST = 2.2250738585072014e-308;

const SIGMA_OF_STATUS = [NaN, 0, NaN, Infinity, NaN, NaN, NaN, NaN];

/** Implied volatility of one quote. */
export function impliedVolatility(quote: PriceQuote): ImpliedVolatility {
  const { side, forward, strike, years, price, discount = 1, start = 0 } = quote;
  const normalised: NormalisedQuote = { x: 0, beta: 0, complement: 0, rootRatio: 0 };
  const code = normalise(side === 'call', forward, strike, years, price, discount, normalised);
  const root = Math.sqrt(years);
  const sigma = code === 0 ? totalVolatility(normalised, start * root) / root : SIGMA_OF_STATUS[code];
  return { status: IMPLIED_VOLATILITY_STATUS[code], sigma };
}

/** Writes the normalised form of a quote and returns its status code; the form is only written for code 0. */
function normalise(
  isCall: boolean,
  forward: number,
  strike: number,
  years: number,
  price: number,
  discount: number,
  out: NormalisedQuote,
): number {
  // prettier-ignore
  const size = Math.abs(forward) + Math.abs(strike) + Math.abs(years) + Math.abs(price) + Math.abs(discount);
  if (!(size < Infinity)) return 7;
  if (!(forward > 0 && strike > 0 && discount > 0)) return 6;
  if (!(years > 0)) return 5;
  const undiscounted = price / discount;
  const below = forward <= strike;
  const lower = below ? forward : strike;
  const higher = below ? strike : forward;
  const timeValue = undiscounted - (isCall === below ? 0 : higher - lower);
  const room = (isCall ? forward : strike) - undiscounted;
  if (timeValue < 0) return 2;
  if (room < 0) return 4;
  const scale = Math.sqrt(forward) * Math.sqrt(strike);
  out.beta = timeValue / scale;
  out.complement = room / scale;
  if (out.beta < SMALLEST) return 1;
  if (out.complement < SMALLEST) return 3;
  out.x = logMoneynessBelow(lower, higher);
  out.rootRatio = Math.sqrt(lower / higher);
  return 0;
}
