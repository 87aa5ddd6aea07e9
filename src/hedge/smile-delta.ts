/**
 * Deltas of one option under a stated rule for how its volatility moves with the forward, all undiscounted and in coin
 * per coin of option: dV/dF = Delta + vega dsigma_K/dF, Delta and vega Black's at the option's own volatility.
 * The premium-adjusted form subtracts the coin price: it hedges the coin value V/F (`inverseGreeks`).
 * Verified by `smile_deltas_svi.csv` and `inverse_option_greeks.csv`.
 */

/** What a rule needs to know of one option and the smile around it. */
export interface SmileDeltaInput {
  /** Forward F, USD, > 0. */
  readonly forward: number;
  /** Black's Delta = dV/dF at fixed volatility, signed by side. */
  readonly delta: number;
  /** Black's vega dV/dsigma, USD per 1.00 of volatility. */
  readonly vega: number;
}

/**
 * Premium-adjusted (net) delta Delta - V/F of any USD delta; `priceCoin` is V/F, coin. Hedges the value counted in coin,
 * since d(V/F)/dF = (Delta - V/F)/F. Deribit's net transaction delta.
 */
export function premiumAdjusted(delta: number, priceCoin: number): number {
  return delta - priceCoin;
}

/** Delta + vega dsigma_K/dlnF / F for a stated move of the strike's own volatility per unit of ln F. */
export function deltaWithVolatilityMove(option: SmileDeltaInput, volatilityPerLogForward: number): number {
  return option.delta + (option.vega * volatilityPerLogForward) / option.forward;
}

/** Sticky strike: the strike keeps its volatility, so the delta is Black's own. */
export function stickyStrikeDelta(option: SmileDeltaInput): number {
  return option.delta;
}

/**
 * Sticky moneyness (scale-invariant models): sigma is a function of k = ln(K/F) alone, so dsigma_K/dlnF = -dsigma/dk.
 * `slope` = dsigma/dk at the option's k, per unit log-moneyness.
 */
export function stickyMoneynessDelta(option: SmileDeltaInput, slope: number): number {
  return deltaWithVolatilityMove(option, -slope);
}

/**
 * Skew-stickiness, local-slope form: dsigma_K/dlnF = (R - 1) dsigma/dk at the option's own k. R = 0 is sticky moneyness,
 * 1 sticky strike, about 2 short-dated local volatility. Away from the money it differs, even in sign, from
 * {@link atmSkewStickinessDelta}.
 */
export function localSkewStickinessDelta(option: SmileDeltaInput, ratio: number, slope: number): number {
  return deltaWithVolatilityMove(option, (ratio - 1) * slope);
}

/**
 * Skew-stickiness, ATM form: the smile in k moves in parallel by R dsigma/dk(0) per unit of ln F, which is what the
 * skew-stickiness ratio of `skew-stickiness.ts` estimates: dsigma_K/dlnF = R sigma_k(0) - sigma_k(k).
 */
export function atmSkewStickinessDelta(
  option: SmileDeltaInput,
  ratio: number,
  atmSlope: number,
  slope: number,
): number {
  return deltaWithVolatilityMove(option, ratio * atmSlope - slope);
}

/** Coefficients of Hull and White's quadratic. */
export interface HullWhiteCoefficients {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/**
 * Hull and White's minimum-variance delta (2017, J. Banking and Finance 82:180, eqs 5-6):
 * Delta + vega/(F sqrt T) (a + b Delta + c Delta^2). Coefficients are fitted per side (`hull-white.ts`), never
 * published defaults. T in years, > 0.
 */
export function hullWhiteDelta(option: SmileDeltaInput, years: number, fit: HullWhiteCoefficients): number {
  const { forward, delta, vega } = option;
  return delta + (vega / (forward * Math.sqrt(years))) * (fit.a + delta * (fit.b + delta * fit.c));
}
