/**
 * Vega in the coordinates that scores and alarms use: sigma(x) = atm + skew x + curvature x^2/2 of one expiry, with
 * x = k/(sigma_atm sqrt T). A position's vega splits into level, skew vega (vega x) and convexity vega (vega x^2/2); a
 * residual innovation (b0, b1, b2) of the scores (e = b0 + b1 x + b2 x^2) is then worth `driftMoney` USD.
 */

/** USD per volatility point of each coordinate. */
export interface SmileVega {
  /** Per point of ATM volatility. */
  level: number;
  /** Per point of skew (d sigma/dx). */
  skew: number;
  /** Per point of curvature (d2 sigma/dx2). */
  convexity: number;
}

/** Splits vegas at their x; both arrays parallel, vega in USD per point. */
export function smileVega(vegas: ArrayLike<number>, x: ArrayLike<number>): SmileVega {
  const out = { level: 0, skew: 0, convexity: 0 };
  for (let i = 0; i < vegas.length; i++) {
    out.level += vegas[i];
    out.skew += vegas[i] * x[i];
    out.convexity += 0.5 * vegas[i] * x[i] * x[i];
  }
  return out;
}

/**
 * Money, USD, of an innovation e = b0 + b1 x + b2 x^2 in volatility points: positive = the market has moved in the book's
 * favour and the model has not marked it yet ("drift not yet booked"). b2 moves curvature by 2 b2.
 */
export function driftMoney(vega: SmileVega, b0: number, b1: number, b2: number): number {
  return vega.level * b0 + vega.skew * b1 + vega.convexity * 2 * b2;
}

/** One bucket's delta and the slope that its prices have shown. */
export interface HedgeBiasBucket {
  /** Theoretical delta held in the bucket, coins. */
  readonly delta: number;
  /** Slope of realised on predicted moves, with its standard error. */
  readonly beta: number;
  readonly standardError: number;
}

/** Delta the book does not know it has, in money. */
export interface HedgeBiasMoney {
  /** sum (1 - beta) Delta F, USD: positive = less long than the greeks say. */
  readonly unintended: number;
  /** USD per 1 % move of the forward. */
  readonly perPercent: number;
  /** One standard deviation of that money over a step, from se(beta): sqrt(sum (se Delta F sigma_dt)^2), USD. */
  readonly noise: number;
  /** Share of the gross delta. */
  readonly shareOfGross: number;
}

/** Money impact of hedge bias (methods note, section 7); `stepDeviation` is the standard deviation of ln F over a step. */
export function hedgeBiasMoney(
  buckets: readonly HedgeBiasBucket[],
  forward: number,
  stepDeviation: number,
): HedgeBiasMoney {
  let [unintended, square, gross] = [0, 0, 0];
  for (const { delta, beta, standardError } of buckets) {
    unintended += (1 - beta) * delta * forward;
    const noise = standardError * delta * forward * stepDeviation;
    square += noise * noise;
    gross += Math.abs(delta) * forward;
  }
  return {
    unintended,
    perPercent: unintended / 100,
    noise: Math.sqrt(square),
    shareOfGross: gross > 0 ? Math.abs(unintended) / gross : 0,
  };
}
