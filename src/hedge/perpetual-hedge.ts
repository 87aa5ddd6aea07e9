/**
 * Profit and loss of a short coin-settled option hedged with the inverse perpetual, in coin: option, perpetual, funding
 * and fee apart. Verified by `hedged_pnl_inverse_perp.csv`.
 */

/** One step of the hedge. */
export interface PerpetualHedgeStep {
  /** Hedge ratio, coin per option: Black's Delta or the premium-adjusted one. */
  readonly ratio: number;
  /** Perpetual price at start and end, USD. */
  readonly perpetualBefore: number;
  readonly perpetualAfter: number;
  /** Coin price of the option at start and end. */
  readonly priceBefore: number;
  readonly priceAfter: number;
  /** Funding paid by longs per 8 hours, fraction. */
  readonly funding8h: number;
  /** Length of the step, hours. */
  readonly hours: number;
  /** Taker fee, fraction of notional, paid once. */
  readonly fee: number;
}

/** Parts of the result, coin per option; what costs money is negative. */
export interface PerpetualHedgeResult {
  /** N = perpetual x ratio, USD. */
  readonly notional: number;
  readonly option: number;
  /** N (1/P0 - 1/P1). */
  readonly perpetual: number;
  readonly funding: number;
  readonly fee: number;
  /** Option and perpetual. */
  readonly hedged: number;
  readonly total: number;
}

/** Short one option, long N USD of the inverse perpetual; funding on the notional at its opening price. */
export function perpetualHedge(step: PerpetualHedgeStep): PerpetualHedgeResult {
  const notional = step.perpetualBefore * step.ratio;
  const option = step.priceBefore - step.priceAfter;
  const perpetual = notional * (1 / step.perpetualBefore - 1 / step.perpetualAfter);
  const coins = notional / step.perpetualBefore;
  const funding = (-coins * step.funding8h * step.hours) / 8;
  const fee = -Math.abs(coins) * step.fee;
  const hedged = option + perpetual;
  return { notional, option, perpetual, funding, fee, hedged, total: hedged + funding + fee };
}
