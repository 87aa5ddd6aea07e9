/**
 * Implied volatility of Black-76: never fails, relative error below 2 eps (1 + cond_price + cond_F) with
 * cond_price = |p/(sigma vega)| and cond_F = |F delta/(sigma vega)|, at prices down to 1e-300.
 * Verified by `golden/implied_vol.csv` and `golden/implied_vol_invalid.csv`.
 */
import { kernels, type Kernels } from './kernels.ts';
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

/** Quotes in columns of one length n; units as in {@link PriceQuote}. */
export interface PriceColumns {
  /** 1 for a call, 0 for a put. */
  readonly isCall: ArrayLike<number>;
  readonly forward: Float64Array;
  readonly strike: Float64Array;
  readonly years: Float64Array;
  readonly price: Float64Array;
  /** Discount factors; default 1. */
  readonly discount?: Float64Array;
  /** Sigmas to start from, such as the last result; a value that is not positive and finite starts cold. */
  readonly start?: Float64Array;
}

/** Results in columns; may be handed back to be overwritten, and `sigma` may be the next call's `start`. */
export interface ImpliedVolatilityColumns {
  /** sigma per square root of a year. */
  readonly sigma: Float64Array;
  /** Positions in {@link IMPLIED_VOLATILITY_STATUS}. */
  readonly status: Uint8Array;
}

/** How the array form is computed; both give the same bits. */
export type Engine = 'simd' | 'scalar';

/** The engine that is used when none is asked for: `simd` where the host has WebAssembly simd128. */
export const ENGINE: Engine = kernels === undefined ? 'scalar' : 'simd';

/**
 * Implied volatilities of n quotes, by the SIMD kernel where there is one and by its scalar twin elsewhere; the results
 * are equal to the last bit, and to those of {@link impliedVolatility}.
 */
export function impliedVolatilities(
  quotes: PriceColumns,
  out: ImpliedVolatilityColumns = emptyColumns(quotes.forward.length),
  engine: Engine = ENGINE,
): ImpliedVolatilityColumns {
  if (engine === 'simd' && kernels !== undefined) fillByKernel(kernels, quotes, out);
  else fillByTwin(quotes, out);
  return out;
}

function emptyColumns(n: number): ImpliedVolatilityColumns {
  return { sigma: new Float64Array(n), status: new Uint8Array(n) };
}

function fillByTwin(quotes: PriceColumns, out: ImpliedVolatilityColumns): void {
  const { isCall, forward, strike, years, price, discount, start } = quotes;
  const normalised: NormalisedQuote = { x: 0, beta: 0, complement: 0, rootRatio: 0 };
  for (let i = 0; i < forward.length; i++) {
    const seed = start === undefined ? 0 : start[i];
    const factor = discount === undefined ? 1 : discount[i];
    const code = normalise(isCall[i] !== 0, forward[i], strike[i], years[i], price[i], factor, normalised);
    const root = Math.sqrt(years[i]);
    out.sigma[i] = code === 0 ? totalVolatility(normalised, seed * root) / root : SIGMA_OF_STATUS[code];
    out.status[i] = code;
  }
}

function fillByKernel(kernel: Kernels, quotes: PriceColumns, out: ImpliedVolatilityColumns): void {
  const [isCall, forward, strike, years, price, discount, start, sigma, status] = kernel.columns;
  const n = quotes.forward.length;
  for (let first = 0; first < n; first += kernel.capacity) {
    const count = Math.min(kernel.capacity, n - first);
    const end = first + count;
    for (let i = 0; i < count; i++) isCall[i] = quotes.isCall[first + i];
    forward.set(quotes.forward.subarray(first, end));
    strike.set(quotes.strike.subarray(first, end));
    years.set(quotes.years.subarray(first, end));
    price.set(quotes.price.subarray(first, end));
    if (quotes.discount === undefined) discount.fill(1, 0, count);
    else discount.set(quotes.discount.subarray(first, end));
    if (quotes.start === undefined) start.fill(0, 0, count);
    else start.set(quotes.start.subarray(first, end));
    if (count % 2 === 1) forward[count] = 0;
    kernel.impliedVolatility(count);
    out.sigma.set(sigma.subarray(0, count), first);
    for (let i = 0; i < count; i++) out.status[first + i] = status[i];
  }
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
  const isOut = isCall === below;
  const intrinsic = higher - lower;
  // What that difference lost in rounding, exactly (Dekker 1971): a time value of less than an ulp is one all the same.
  const lost = isOut ? 0 : higher - intrinsic - lower;
  const timeValue = undiscounted - (isOut ? 0 : intrinsic);
  const room = (isCall ? forward : strike) - undiscounted;
  if (timeValue < 0) return 2;
  if (room < 0) return 4;
  const scale = Math.sqrt(forward) * Math.sqrt(strike);
  out.beta = (timeValue - lost) / scale;
  out.complement = room / scale;
  if (out.beta < SMALLEST) return 1;
  if (out.complement < SMALLEST) return 3;
  out.x = logMoneynessBelow(lower, higher);
  out.rootRatio = Math.sqrt(lower / higher);
  return 0;
}
