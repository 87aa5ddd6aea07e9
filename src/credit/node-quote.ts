/** What a hazard curve says a quote should be, in the quote's own convention. */
import type { CreditColumns } from '../model/contract.ts';
import { cdsGrid } from './cds-grid.ts';
import { standardCds } from './cds-contract.ts';
import { priceCds, type SurvivalCurve } from './cds-price.ts';
import type { DiscountCurve } from './discount-curve.ts';
import { fromForwardRates } from './integrated-rate.ts';
import { flatGrid, quotedSpreadOfUpfront } from './quoted-spread.ts';

/** Codes of {@link CreditColumns.quoteType}. */
export const PAR = 0;
/** Standard quoted spread: the flat curve that gives the upfront. */
export const QUOTED = 1;
/** Points upfront beside the coupon. */
export const UPFRONT = 2;

/** A quote of one node as the curve has it. */
export interface NodeQuote {
  /** In the node's own convention, decimal; NaN where the curve gives none. */
  readonly value: number;
  /** Par spread, decimal per year. */
  readonly parSpread: number;
  /** Clean risky annuity per unit of coupon. */
  readonly annuity: number;
  /** Change of the value for a relative change of the par spread: its size per unit of log spread. */
  readonly scale: number;
}

/** Nothing can be said of a contract that is over or cannot be built. */
const NO_QUOTE: NodeQuote = { value: NaN, parSpread: NaN, annuity: NaN, scale: NaN };

/** Discount curve of a batch. */
export function discountOf(columns: CreditColumns): DiscountCurve {
  return { times: columns.discountYears, values: columns.discountRates.map((r, i) => r * columns.discountYears[i]) };
}

/**
 * Survival curve as of a trade day from maturities (days since 1970-01-01, ascending) and the forward hazard that ends at
 * each: hazards belong to calendar days, so that a day that passes takes its own with it. Nodes that are over drop out;
 * null when none is left.
 */
export function curveAsOf(
  tradeDay: number,
  maturities: readonly number[],
  hazards: readonly number[],
): SurvivalCurve | null {
  const first = maturities.findIndex((m) => m > tradeDay);
  if (first < 0) return null;
  return fromForwardRates(
    maturities.slice(first).map((m) => (m - tradeDay) / 365),
    hazards.slice(first),
  );
}

/** Quotes of a standard contract to `maturity` in the given convention; see {@link NodeQuote}. */
export function nodeQuote(
  columns: CreditColumns,
  discount: DiscountCurve,
  curve: SurvivalCurve,
  maturity: number,
  quoteType: number,
  coupon: number,
): NodeQuote {
  const contract = standardCds(columns.tradeDay, maturity);
  if ('status' in contract) return NO_QUOTE;
  const grid = cdsGrid(contract, discount, curve.times, columns.accrual);
  const price = priceCds(grid, curve, coupon, columns.recovery);
  const { parSpread, annuityClean, upfront } = price;
  const upfrontScale = Math.abs(parSpread) * annuityClean;
  if (quoteType === UPFRONT) return { value: upfront, parSpread, annuity: annuityClean, scale: upfrontScale };
  if (quoteType === PAR) return { value: parSpread, parSpread, annuity: annuityClean, scale: Math.abs(parSpread) };
  const quoted = quotedSpreadOfUpfront(
    flatGrid(contract, discount, columns.accrual),
    upfront,
    coupon,
    columns.recovery,
  );
  const value = quoted.status === 'ok' ? quoted.value : NaN;
  return { value, parSpread, annuity: annuityClean, scale: Math.abs(value) };
}
