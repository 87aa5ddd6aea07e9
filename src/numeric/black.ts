/**
 * Black-76 on the forward: price and greeks, discounting explicit.
 *
 *     V = e^(-rT) theta (F N(theta d1) - K N(theta d2)),  d1 = ln(F/K)/(sigma sqrt T) + sigma sqrt(T)/2,
 *     d2 = d1 - sigma sqrt T,  theta = +1 for a call, -1 for a put     (Black 1976, J. Financial Economics 3:167).
 *
 * Every derivative holds the forward fixed. Verified by `golden/black76_greeks.csv`.
 */
import { exp } from './exponential.ts';
import { erfcxDeficit, INV_SQRT_2PI, SQRT1_2 } from './normal.ts';
import { combine, decay, logMoneynessBelow } from './normalised-black.ts';

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

/**
 * Price V of a European option on a forward, in the unit of the forward. Intrinsic value at zero time or volatility;
 * NaN outside the domain of {@link BlackOption}. In-the-money prices are intrinsic plus the out-of-the-money price.
 */
export function blackPrice(option: BlackOption): number {
  const row = new Float64Array(BLACK_COLUMNS.length);
  writeGreeks(
    option.side === 'call',
    option.forward,
    option.strike,
    option.years,
    option.sigma,
    option.rate ?? 0,
    row,
    0,
    1,
  );
  return row[0];
}

/** Price and all greeks of {@link BlackGreeks}; NaN outside the domain, intrinsic limits at zero time or volatility. */
export function blackGreeks(option: BlackOption): BlackGreeks {
  const row = new Float64Array(BLACK_COLUMNS.length);
  writeGreeks(
    option.side === 'call',
    option.forward,
    option.strike,
    option.years,
    option.sigma,
    option.rate ?? 0,
    row,
    0,
    1,
  );
  const [
    price,
    delta,
    gamma,
    vega,
    theta,
    rho,
    vanna,
    volga,
    charm,
    speed,
    zomma,
    color,
    veta,
    ultima,
    dualDelta,
    dualGamma,
  ] = row;
  return {
    price,
    delta,
    gamma,
    vega,
    theta,
    rho,
    vanna,
    volga,
    charm,
    speed,
    zomma,
    color,
    veta,
    ultima,
    dualDelta,
    dualGamma,
  };
}

/**
 * Writes the columns of {@link BLACK_COLUMNS} of one option to out[offset + column * stride].
 * The reference of the kernel `greeks` in `assembly/black.ts`: same expressions, same order, same bits.
 */
export function writeGreeks(
  isCall: boolean,
  forward: number,
  strike: number,
  years: number,
  sigma: number,
  rate: number,
  out: Float64Array,
  offset: number,
  stride: number,
): void {
  // prettier-ignore
  const s = sigma * Math.sqrt(years);
  if (!(s > 0 && s < Infinity && forward > 0 && forward < Infinity && strike > 0 && strike < Infinity)) {
    writeIntrinsic(isCall, forward, strike, years, sigma, rate, out, offset, stride);
    return;
  }
  const root = Math.sqrt(years);
  const below = forward <= strike;
  const lower = below ? forward : strike;
  const higher = below ? strike : forward;
  const rootRatio = Math.sqrt(lower / higher);
  const geometric = Math.sqrt(forward) * Math.sqrt(strike);
  const discount = exp(-rate * years);

  const h = logMoneynessBelow(lower, higher) / s;
  const t = 0.5 * s;
  const g = decay(-0.5 * (h * h + t * t));
  const y = -h * SQRT1_2;
  const tau = t * SQRT1_2;
  const a = Math.abs(y - tau);
  const c = y + tau;
  const pa = erfcxDeficit(a);
  const pc = erfcxDeficit(c);
  const b = combine(y, tau, a, c, pa, pc, g, rootRatio);

  // Probabilities on the out-of-the-money side: up = N(h + t), down = N(h - t), each with its complement.
  const isDeep = y < tau;
  const tail = ((0.5 * g) / rootRatio) * ((1 - pa) / (1 + a));
  const up = isDeep ? 1 - tail : tail;
  const notUp = isDeep ? tail : 1 - tail;
  const down = 0.5 * g * rootRatio * ((1 - pc) / (1 + c));
  const notDown = 1 - down;
  const outOfTheMoney = isCall === below;
  const intrinsic = outOfTheMoney ? 0 : higher - lower;
  const delta = discount * (isCall ? (below ? up : notDown) : below ? -notUp : -down);
  const dualDelta = discount * (isCall ? (below ? -down : -notUp) : below ? notDown : up);
  const price = discount * (intrinsic + geometric * b);

  const d1 = (below ? h : -h) + t;
  const d2 = (below ? h : -h) - t;
  const product = d1 * d2;
  const density = discount * geometric * (g * INV_SQRT_2PI);
  const vega = density * root;
  const perSquare = density / (s * forward);
  const gamma = perSquare / forward;
  const halfTime = 0.5 / years;

  out[offset] = price;
  out[offset + stride] = delta;
  out[offset + 2 * stride] = gamma;
  out[offset + 3 * stride] = vega;
  out[offset + 4 * stride] = rate * price - density * s * halfTime;
  out[offset + 5 * stride] = -years * price;
  out[offset + 6 * stride] = -((density / forward) * d2) / sigma;
  out[offset + 7 * stride] = (vega * product) / sigma;
  out[offset + 8 * stride] = rate * delta + (density / forward) * d2 * halfTime;
  out[offset + 9 * stride] = -(gamma / forward) * (1 + d1 / s);
  out[offset + 10 * stride] = (gamma * (product - 1)) / sigma;
  out[offset + 11 * stride] = gamma * (rate + (1 - product) * halfTime);
  out[offset + 12 * stride] = vega * (rate - (1 + product) * halfTime);
  out[offset + 13 * stride] = (-vega / (sigma * sigma)) * (product * (1 - product) + (d1 * d1 + d2 * d2));
  out[offset + 14 * stride] = dualDelta;
  out[offset + 15 * stride] = (perSquare * forward) / (strike * strike);
}

/** Limits at zero total volatility: intrinsic value, its delta (a half at the kink), no curvature; else NaN. */
function writeIntrinsic(
  isCall: boolean,
  forward: number,
  strike: number,
  years: number,
  sigma: number,
  rate: number,
  out: Float64Array,
  offset: number,
  stride: number,
): void {
  // prettier-ignore
  const valid =
    forward > 0 && forward < Infinity && strike > 0 && strike < Infinity && years >= 0 && sigma >= 0 && sigma * years === 0;
  for (let column = 0; column < BLACK_COLUMNS.length; column++) out[offset + column * stride] = valid ? 0 : NaN;
  if (!valid) return;
  const discount = exp(-rate * years);
  const sign = isCall ? 1 : -1;
  const moneyness = sign * (forward - strike);
  const weight = moneyness > 0 ? 1 : moneyness === 0 ? 0.5 : 0;
  const price = discount * Math.max(0, moneyness);
  out[offset] = price;
  out[offset + stride] = discount * sign * weight;
  out[offset + 4 * stride] = rate * price;
  out[offset + 5 * stride] = -years * price;
  out[offset + 8 * stride] = rate * discount * sign * weight;
  out[offset + 14 * stride] = -discount * sign * weight;
}
