/**
 * Black-76 on the forward: price and greeks, discounting explicit.
 *
 *     V = e^(-rT) theta (F N(theta d1) - K N(theta d2)),  d1 = ln(F/K)/(sigma sqrt T) + sigma sqrt(T)/2,
 *     d2 = d1 - sigma sqrt T,  theta = +1 for a call, -1 for a put     (Black 1976, J. Financial Economics 3:167).
 *
 * Every derivative holds the forward fixed. Verified by `golden/black76_greeks.csv`.
 */
import { exp } from './exponential.ts';
import { kernels, type Kernels } from './kernels.ts';
import { erfcxDeficit, INV_SQRT_2PI, SQRT1_2 } from './normal.ts';
import { combine, decay, logMoneynessBelow, normalisedBlack } from './normalised-black.ts';

/** One European option on a forward. */
export interface BlackOption {
  /** Right to buy or to sell. */
  readonly side: 'call' | 'put';
  /** Forward F for the expiry, in quote currency; > 0. */
  readonly forward: number;
  /** Strike K, in the unit of the forward; > 0. */
  readonly strike: number;
  /** Time to expiry T in years (ACT/365 unless the caller's clock says otherwise); >= 0. */
  readonly years: number;
  /** Volatility sigma per square root of a year, 0.5 for 50 %; >= 0. */
  readonly sigma: number;
  /** Continuously compounded discount rate r per year; default 0. */
  readonly rate?: number;
}

/** Price and derivatives of one option, in the unit of the forward and its derivatives. */
export interface BlackGreeks {
  /** V, present value in the unit of the forward. */
  price: number;
  /** dV/dF. */
  delta: number;
  /** d2V/dF2, per unit of forward. */
  gamma: number;
  /** dV/dsigma, per 1.00 of volatility. */
  vega: number;
  /** -dV/dT, per year. */
  theta: number;
  /** dV/dr = -T V, per 1.00 of rate. */
  rho: number;
  /** d2V/dF dsigma. */
  vanna: number;
  /** d2V/dsigma2. */
  volga: number;
  /** -d2V/dF dT, per year. */
  charm: number;
  /** d3V/dF3. */
  speed: number;
  /** d3V/dF2 dsigma. */
  zomma: number;
  /** -d3V/dF2 dT, per year. */
  color: number;
  /** -d2V/dsigma dT, per year. */
  veta: number;
  /** d3V/dsigma3. */
  ultima: number;
  /** dV/dK. */
  dualDelta: number;
  /** d2V/dK2, per unit of strike: the discounted density at the strike. */
  dualGamma: number;
}

/** Names of the columns of {@link BlackGreeks} in the order of the array form. */
export const BLACK_COLUMNS = [
  'price', 'delta', 'gamma', 'vega', 'theta', 'rho', 'vanna', 'volga', 'charm', 'speed', 'zomma', 'color', 'veta',
  'ultima', 'dualDelta', 'dualGamma',
] as const satisfies readonly (keyof BlackGreeks)[]; // prettier-ignore

/** The quantities that all results share; d1 and d2 signed for the call, the probabilities out of the money. */
interface Distribution {
  readonly isBelow: boolean;
  readonly d1: number;
  readonly d2: number;
  /** Normalised out-of-the-money price. */
  readonly b: number;
  /** e^(-(h^2 + t^2)/2) / drop. */
  readonly g: number;
  /** 1, or 2^-600 where e^(-(h^2 + t^2)/2) is too small for its products: they are formed first and dropped last. */
  readonly drop: number;
  /** N(h + t), its complement, N(h - t) and its complement: none by subtraction where that would cancel. */
  readonly up: number;
  readonly notUp: number;
  readonly down: number;
  readonly notDown: number;
}

/**
 * Price V of a European option on a forward, in the unit of the forward. Intrinsic value at zero time or volatility;
 * NaN outside the domain of {@link BlackOption}. In-the-money prices are intrinsic plus the out-of-the-money price.
 */
export function blackPrice(option: BlackOption): number {
  const { side, forward, strike, years, sigma, rate = 0 } = option;
  const s = sigma * Math.sqrt(years);
  if (!isRegular(option, s)) return limitGreeks(option, s).price;
  const isBelow = forward <= strike;
  const lower = isBelow ? forward : strike;
  const higher = isBelow ? strike : forward;
  const intrinsic = (side === 'call') === isBelow ? 0 : higher - lower;
  const b = normalisedBlack(logMoneynessBelow(lower, higher), s, Math.sqrt(lower / higher));
  return exp(-rate * years) * (intrinsic + Math.sqrt(forward) * Math.sqrt(strike) * b);
}

/**
 * Price and all greeks of {@link BlackGreeks}; NaN outside the domain, intrinsic limits at zero time or volatility.
 * The twin of the kernel in `assembly/black.ts`: same expressions, same order, same bits.
 */
export function blackGreeks(option: BlackOption): BlackGreeks {
  const { side, forward, strike, years, sigma, rate = 0 } = option;
  const root = Math.sqrt(years);
  const s = sigma * root;
  if (!isRegular(option, s)) return limitGreeks(option, s);
  const { isBelow, d1, d2, b, g, up, notUp, down, notDown, drop } = distribution(forward, strike, s);
  const isCall = side === 'call';
  const geometric = Math.sqrt(forward) * Math.sqrt(strike);
  const discount = exp(-rate * years);
  const intrinsic = isCall === isBelow ? 0 : Math.abs(forward - strike);

  const price = discount * (intrinsic + geometric * b);
  const delta = discount * (isCall ? (isBelow ? up : notDown) : isBelow ? -notUp : -down);
  const dualDelta = discount * (isCall ? (isBelow ? -down : -notUp) : isBelow ? notDown : up);
  const product = d1 * d2;
  // F phi(d1) = K phi(d2) = sqrt(FK) phi-like weight, discounted.
  const density = discount * geometric * (g * INV_SQRT_2PI);
  const vega = density * root;
  const perSquare = density / (s * forward);
  const gamma = perSquare / forward;
  const halfTime = 0.5 / years;
  const slide = (density / forward) * d2;
  return {
    price,
    delta,
    gamma: gamma * drop,
    vega: vega * drop,
    theta: rate * price - density * s * halfTime * drop,
    rho: -years * price,
    vanna: (-slide / sigma) * drop,
    volga: ((vega * product) / sigma) * drop,
    charm: rate * delta + slide * halfTime * drop,
    speed: -(gamma / forward) * (1 + d1 / s) * drop,
    zomma: ((gamma * (product - 1)) / sigma) * drop,
    color: gamma * (rate + (1 - product) * halfTime) * drop,
    veta: vega * (rate - (1 + product) * halfTime) * drop,
    ultima: (-vega / (sigma * sigma)) * (product * (1 - product) + (d1 * d1 + d2 * d2)) * drop,
    dualDelta,
    dualGamma: ((perSquare * forward) / (strike * strike)) * drop,
  };
}

function isRegular(option: BlackOption, s: number): boolean {
  const { forward, strike } = option;
  return s > 0 && s < Infinity && forward > 0 && forward < Infinity && strike > 0 && strike < Infinity;
}

/** Densities below this are carried 2^600 higher until the end. */
const FAINT = 1e-270;
const DROP = 2.409919865102884e-181;
/** 600 ln 2. */
const LIFT_EXPONENT = 415.88830833596717;

function distribution(forward: number, strike: number, s: number): Distribution {
  const isBelow = forward <= strike;
  const lower = isBelow ? forward : strike;
  const higher = isBelow ? strike : forward;
  const rootRatio = Math.sqrt(lower / higher);
  const h = logMoneynessBelow(lower, higher) / s;
  const t = 0.5 * s;
  const exponent = -0.5 * (h * h + t * t);
  const g = decay(exponent);
  const isFaint = g < FAINT;
  const y = -h * SQRT1_2;
  const tau = t * SQRT1_2;
  const a = Math.abs(y - tau);
  const c = y + tau;
  const pa = erfcxDeficit(a);
  const pc = erfcxDeficit(c);
  const tail = ((0.5 * g) / rootRatio) * ((1 - pa) / (1 + a));
  const down = 0.5 * g * rootRatio * ((1 - pc) / (1 + c));
  const isDeep = y < tau;
  const signed = isBelow ? h : -h;
  return {
    isBelow,
    d1: signed + t,
    d2: signed - t,
    b: combine(y, tau, a, c, pa, pc, g, rootRatio),
    g: isFaint ? decay(exponent + LIFT_EXPONENT) : g,
    drop: isFaint ? DROP : 1,
    up: isDeep ? 1 - tail : tail,
    notUp: isDeep ? tail : 1 - tail,
    down,
    notDown: 1 - down,
  };
}

/** Limits at zero total volatility: intrinsic value, its delta (a half at the kink), no curvature; else all NaN. */
function limitGreeks(option: BlackOption, s: number): BlackGreeks {
  const { side, forward, strike, years, sigma, rate = 0 } = option;
  const isPriced = forward > 0 && forward < Infinity && strike > 0 && strike < Infinity;
  const isLimit = isPriced && years >= 0 && sigma >= 0 && s === 0;
  const none = isLimit ? 0 : NaN;
  const sign = side === 'call' ? 1 : -1;
  const depth = sign * (forward - strike);
  const discount = isLimit ? exp(-rate * years) : NaN;
  const delta = discount * sign * (depth > 0 ? 1 : depth === 0 ? 0.5 : 0);
  const price = discount * Math.max(0, depth);
  return {
    price,
    delta,
    gamma: none,
    vega: none,
    theta: rate * price,
    rho: -years * price,
    vanna: none,
    volga: none,
    charm: rate * delta,
    speed: none,
    zomma: none,
    color: none,
    veta: none,
    ultima: none,
    dualDelta: -delta,
    dualGamma: none,
  };
}

/** Options in columns of one length n; units as in {@link BlackOption}. */
export interface BlackColumns {
  /** 1 for a call, 0 for a put. */
  readonly isCall: ArrayLike<number>;
  readonly forward: Float64Array;
  readonly strike: Float64Array;
  readonly years: Float64Array;
  readonly sigma: Float64Array;
  /** Discount rates; default 0. */
  readonly rate?: Float64Array;
}

/** {@link BlackGreeks} in columns of length n. */
export type BlackGreekColumns = { readonly [name in keyof BlackGreeks]: Float64Array };

/** Empty result columns of length n, to be filled by {@link blackGreekColumns}. */
export function emptyGreekColumns(n: number): BlackGreekColumns {
  const columns: Partial<Record<keyof BlackGreeks, Float64Array>> = {};
  for (const name of BLACK_COLUMNS) columns[name] = new Float64Array(n);
  return columns as BlackGreekColumns;
}

/**
 * Price and all greeks of n options, by the SIMD kernel where there is one and by {@link blackGreeks} elsewhere and for
 * options at the limits of the domain; the results are equal to the last bit.
 */
export function blackGreekColumns(
  options: BlackColumns,
  out: BlackGreekColumns = emptyGreekColumns(options.forward.length),
  engine: 'simd' | 'scalar' = 'simd',
): BlackGreekColumns {
  if (engine === 'simd' && kernels !== undefined) fillByKernel(kernels, options, out);
  else for (let i = 0; i < options.forward.length; i++) fillByTwin(options, i, out);
  return out;
}

function fillByTwin(options: BlackColumns, i: number, out: BlackGreekColumns): void {
  const { isCall, forward, strike, years, sigma, rate } = options;
  const greeks = blackGreeks({
    side: isCall[i] === 0 ? 'put' : 'call',
    forward: forward[i],
    strike: strike[i],
    years: years[i],
    sigma: sigma[i],
    rate: rate === undefined ? 0 : rate[i],
  });
  for (const name of BLACK_COLUMNS) out[name][i] = greeks[name];
}

/** |r T|, T and K/F up to which the kernel is asked: beyond, vega does not tell whether the density is faint. */
const LARGEST_DISCOUNT_EXPONENT = 20;
const LARGEST_YEARS = 1e6;
const LARGEST_RATIO = 1e12;
/** Vega over forward below which the twin may have carried the density higher, which the kernel does not. */
const FAINTEST_VEGA = 1e-250;

function fillByKernel(kernel: Kernels, options: BlackColumns, out: BlackGreekColumns): void {
  const [isCall, forward, strike, years, sigma, rate] = kernel.columns;
  const n = options.forward.length;
  for (let first = 0; first < n; first += kernel.capacity) {
    const count = Math.min(kernel.capacity, n - first);
    const end = first + count;
    for (let i = 0; i < count; i++) isCall[i] = options.isCall[first + i];
    forward.set(options.forward.subarray(first, end));
    strike.set(options.strike.subarray(first, end));
    years.set(options.years.subarray(first, end));
    sigma.set(options.sigma.subarray(first, end));
    if (options.rate === undefined) rate.fill(0, 0, count);
    else rate.set(options.rate.subarray(first, end));
    kernel.blackGreeks(count);
    BLACK_COLUMNS.forEach((name, c) => out[name].set(kernel.columns[6 + c].subarray(0, count), first));
    for (let i = 0; i < count; i++) {
      const s = sigma[i] * Math.sqrt(years[i]);
      const isInside = Math.abs(rate[i] * years[i]) < LARGEST_DISCOUNT_EXPONENT && years[i] < LARGEST_YEARS;
      const isFinite = forward[i] < Infinity && strike[i] < LARGEST_RATIO * forward[i] && s < Infinity;
      const isSharp = out.vega[first + i] >= FAINTEST_VEGA * forward[i];
      if (!(forward[i] > 0 && strike[i] > 0 && s > 0 && isInside && isFinite && isSharp))
        fillByTwin(options, first + i, out);
    }
  }
}
