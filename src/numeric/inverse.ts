/**
 * Inverse (coin-settled) and linear options on one coin, and the conventions in which venues state their greeks.
 * An inverse option pays its USD payoff divided by the settlement price, in coin; its coin price is C = V/F, with V the
 * undiscounted Black-76 price on the forward F of the expiry. A linear option pays and is quoted in USD (or a
 * stablecoin). Verified by `golden/inverse_options.csv`.
 */
import { blackGreeks, type BlackOption } from './black.ts';

/** Days in the year of the venues' day count (ACT/365). */
export const DAYS_PER_YEAR = 365;
/** Volatility points in one unit of volatility. */
export const POINTS_PER_UNIT = 100;

/** Price and greeks of an option on one coin, each with its convention and unit in its name; rate zero. */
export interface InverseGreeks {
  /** C = V/F, in coin. */
  readonly priceCoin: number;
  /** V, in USD at the forward. */
  readonly priceUsd: number;
  /** Black delta dV/dF, in coin: what Deribit and Bybit publish as delta, and OKX as deltaBS. */
  readonly deltaBlack: number;
  /** Delta - C = theta (K/F) N(theta d2), in coin: Deribit's net transaction delta, OKX's delta. Hedges the coin P&L. */
  readonly deltaPremiumAdjusted: number;
  /** dC/dF = premium-adjusted delta / F, in coin per USD. */
  readonly slopeCoin: number;
  /** d2V/dF2, in coin per USD. */
  readonly gammaUsd: number;
  /** d2C/dF2 = Gamma/F - 2 (Delta - C)/F^2, in coin per USD squared. */
  readonly gammaCoin: number;
  /** dV/dsigma, in USD per 1.00 of volatility. */
  readonly vegaUsdPerUnit: number;
  /** dV/dsigma / 100, in USD per volatility point. */
  readonly vegaUsdPerPoint: number;
  /** dC/dsigma, in coin per 1.00 of volatility. */
  readonly vegaCoinPerUnit: number;
  /** -dV/dT, in USD per year. */
  readonly thetaUsdPerYear: number;
  /** -dV/dT / 365, in USD per day. */
  readonly thetaUsdPerDay: number;
  /** -dC/dT, in coin per year. */
  readonly thetaCoinPerYear: number;
}

/** Price and greeks of one option on one coin; forward and strike in USD per coin; NaN outside Black's domain. */
export function inverseGreeks(option: Omit<BlackOption, 'rate'>): InverseGreeks {
  const { forward, strike } = option;
  const black = blackGreeks(option);
  const adjusted = -(strike / forward) * black.dualDelta;
  return {
    priceCoin: black.price / forward,
    priceUsd: black.price,
    deltaBlack: black.delta,
    deltaPremiumAdjusted: adjusted,
    slopeCoin: adjusted / forward,
    gammaUsd: black.gamma,
    gammaCoin: (black.gamma - (2 * adjusted) / forward) / forward,
    vegaUsdPerUnit: black.vega,
    vegaUsdPerPoint: black.vega / POINTS_PER_UNIT,
    vegaCoinPerUnit: black.vega / forward,
    thetaUsdPerYear: black.theta,
    thetaUsdPerDay: black.theta / DAYS_PER_YEAR,
    thetaCoinPerYear: black.theta / forward,
  };
}

/** USD value of a coin price at an index price (not the forward), in USD. */
export function coinPriceAtIndex(priceCoin: number, indexUsd: number): number {
  return priceCoin * indexUsd;
}

/**
 * d(sigma)/dF at a fixed coin price, per USD: -(Delta - C)/vega, since the coin price moves with the forward even when
 * its USD price moves by Black's delta (methods note, correction 6). For an option quoted in USD use Black's delta.
 */
export function volatilitySlopeCoin(greeks: InverseGreeks): number {
  return -greeks.deltaPremiumAdjusted / greeks.vegaUsdPerUnit;
}

/** How a venue states price and greeks. */
export interface GreekConvention {
  /** Currency of the price. */
  readonly price: 'coin' | 'usd';
  /** `black`: dV/dF, and gamma its slope; `premium-adjusted`: dV/dF - V/F, and gamma its slope. In coin both. */
  readonly delta: 'black' | 'premium-adjusted';
  /** Currency of vega and theta. */
  readonly money: 'coin' | 'usd';
  /** Vega per 1.00 of volatility, or per point of 0.01. */
  readonly vega: 'per-unit' | 'per-point';
  /** Theta per year, per day of a 365-day year, or per day but at most over the life that is left. */
  readonly theta: 'per-year' | 'per-day' | 'per-day-or-life';
}

/** Textbook Black: everything in USD, per unit and per year. */
export const BLACK_CONVENTION = {
  price: 'usd',
  delta: 'black',
  money: 'usd',
  vega: 'per-unit',
  theta: 'per-year',
} as const satisfies GreekConvention;

/**
 * Deribit's inverse options: coin price, Black delta, USD vega per point (checked on real chains); theta is the smaller
 * of a day's and the rest of the life's (Deribit API, `greeks`).
 */
export const DERIBIT_INVERSE = {
  price: 'coin',
  delta: 'black',
  money: 'usd',
  vega: 'per-point',
  theta: 'per-day-or-life',
} as const satisfies GreekConvention;

/** OKX's `delta`, `gamma`, `vega`, `theta`: premium-adjusted, money in coin; its scales are not checked on real chains. */
export const OKX_PREMIUM_ADJUSTED = {
  price: 'coin',
  delta: 'premium-adjusted',
  money: 'coin',
  vega: 'per-point',
  theta: 'per-day',
} as const satisfies GreekConvention;

/** OKX's `deltaBS`, `gammaBS`, `vegaBS`, `thetaBS`: Black, money in USD, price still in coin. */
export const OKX_BLACK = {
  price: 'coin',
  delta: 'black',
  money: 'usd',
  vega: 'per-point',
  theta: 'per-day',
} as const satisfies GreekConvention;

/** Linear options (Bybit, USDC books): price and money in USD, Black delta. */
export const LINEAR = {
  price: 'usd',
  delta: 'black',
  money: 'usd',
  vega: 'per-point',
  theta: 'per-day',
} as const satisfies GreekConvention;

/** Price and greeks in a stated convention, which is part of the type: two conventions do not mix by accident. */
export interface StatedGreeks<C extends GreekConvention = GreekConvention> {
  readonly convention: C;
  readonly price: number;
  readonly delta: number;
  readonly gamma: number;
  readonly vega: number;
  readonly theta: number;
}

/** Price and greeks of an option, stated in a convention. */
export function stateGreeks<C extends GreekConvention>(
  option: Omit<BlackOption, 'rate'>,
  convention: C,
): StatedGreeks<C> {
  const { price, delta, gamma, vega, theta } = blackGreeks(option);
  return convertGreeks({ convention: BLACK_CONVENTION, price, delta, gamma, vega, theta }, convention, option);
}

/**
 * The same greeks in another convention. Exact up to rounding, and its own inverse with the conventions swapped.
 * @param at the forward in USD per coin and the time to expiry in years at which the greeks hold
 */
export function convertGreeks<C extends GreekConvention>(
  greeks: StatedGreeks,
  to: C,
  at: { readonly forward: number; readonly years: number },
): StatedGreeks<C> {
  const { forward, years } = at;
  const from = greeks.convention;
  const priceCoin = from.price === 'coin' ? greeks.price : greeks.price / forward;
  let { delta, gamma } = greeks;
  if (from.delta !== to.delta) {
    const adjusted = from.delta === 'premium-adjusted' ? delta : delta - priceCoin;
    const sign = to.delta === 'black' ? 1 : -1;
    delta += sign * priceCoin;
    gamma += (sign * adjusted) / forward;
  }
  return {
    convention: to,
    price: from.price === to.price ? greeks.price : to.price === 'coin' ? priceCoin : priceCoin * forward,
    delta,
    gamma,
    vega: (greeks.vega * moneyRatio(from, to, forward) * vegaSpan(to)) / vegaSpan(from),
    theta: (greeks.theta * moneyRatio(from, to, forward) * thetaSpan(to, years)) / thetaSpan(from, years),
  };
}

function moneyRatio(from: GreekConvention, to: GreekConvention, forward: number): number {
  return from.money === to.money ? 1 : to.money === 'coin' ? 1 / forward : forward;
}

function vegaSpan(convention: GreekConvention): number {
  return convention.vega === 'per-unit' ? 1 : 1 / POINTS_PER_UNIT;
}

/** Years over which a convention states theta. */
function thetaSpan(convention: GreekConvention, years: number): number {
  if (convention.theta === 'per-year') return 1;
  return convention.theta === 'per-day' ? 1 / DAYS_PER_YEAR : Math.min(1 / DAYS_PER_YEAR, years);
}
