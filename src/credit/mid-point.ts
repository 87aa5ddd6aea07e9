/**
 * The mid-point engine: default happens, if at all, in the middle of each period (O'Kane and Turnbull 2003 and many systems
 * since). A second opinion on the exact legs, and what some sources calibrate with.
 */
import type { CdsContract } from './cds-contract.ts';
import { survivalProbability } from './cds-price.ts';
import type { SurvivalCurve } from './cds-price.ts';
import { checkQuotes, refusal } from './cds-quote.ts';
import type { CdsQuote, CreditRefusal } from './cds-quote.ts';
import { discountFactor } from './discount-curve.ts';
import type { DiscountCurve } from './discount-curve.ts';
import { SLOPE, VALUE, solveHazard } from './hazard-search.ts';
import { fromForwardRates } from './integrated-rate.ts';

/** Legs of the mid-point engine, discounted to the trade date. */
export interface MidPointLegs {
  /** Per unit of loss. */
  readonly protection: number;
  /** Per unit of coupon, with what accrues until a default. */
  readonly annuity: number;
  /** Accrued premium at step-in per unit of coupon, discounted from the upfront's payment. */
  readonly rebate: number;
}

/**
 * Prices by mid-points: a default inside a period falls on its middle day (whole days, from the trade date in the first), when
 * the loss and the premium accrued until then are paid; a surviving coupon is read at its payment date. The last period
 * accrues one day more. (QuantLib's `MidPointCdsEngine`; `ql_prices.csv`.)
 */
export function midPointLegs(contract: CdsContract, discount: DiscountCurve, curve: SurvivalCurve): MidPointLegs {
  const { trade, periods, maturity, stepIn, settle } = contract;
  let protection = 0;
  let annuity = 0;
  periods.forEach((period, i) => {
    const isLast = i === periods.length - 1;
    const end = isLast ? maturity : period.end;
    const start = Math.max(period.start, trade);
    const middle = start + Math.floor((end - start) / 2);
    const pay = (period.pay - trade) / 365;
    const defaults =
      survivalProbability(curve, (start - trade) / 365) - survivalProbability(curve, (end - trade) / 365);
    const atDefault = discountFactor(discount, (middle - trade) / 365);
    const accruedDays = middle - period.start + (isLast ? 1 : 0);
    annuity += ((period.end - period.start) / 360) * survivalProbability(curve, pay) * discountFactor(discount, pay);
    annuity += defaults * (accruedDays / 360) * atDefault;
    protection += defaults * atDefault;
  });
  const rebate = (Math.max(0, stepIn - periods[0].start) / 360) * discountFactor(discount, (settle - trade) / 365);
  return { protection, annuity, rebate };
}

/** Coupon at which a contract is worth nothing to either side, by mid-points. */
export function midPointParSpread(legs: MidPointLegs, recovery: number): number {
  return ((1 - recovery) * legs.protection) / (legs.annuity - legs.rebate);
}

/** Step of the numerical slope of a mid-point value by a hazard, 1/year. */
const BUMP = 1e-6;

/**
 * Calibrates flat forward hazards with the mid-point engine, node by node, negative ones included; par and upfront quotes.
 * Knots are the last payment dates, which the engine reads (`ql_bootstrap.csv`, Midpoint, backward-flat).
 */
export function bootstrapMidPoint(
  contracts: readonly CdsContract[],
  discount: DiscountCurve,
  quotes: readonly CdsQuote[],
  recovery: number,
): { readonly status: 'ok'; readonly curve: SurvivalCurve; readonly hazards: readonly number[] } | CreditRefusal {
  const trade = contracts.length === 0 ? 0 : contracts[0].trade;
  const wrong = checkQuotes(trade, recovery, quotes);
  if (wrong) return wrong;
  const knots = contracts.map((c) => (c.periods[c.periods.length - 1].pay - trade) / 365);
  const hazards: number[] = [];
  const out = new Float64Array(2);
  for (let i = 0; i < quotes.length; i++) {
    const { kind, coupon, value, node } = quotes[i];
    if (kind === 'quoted')
      return refusal('not-finite', node, value, NaN, 'the mid-point engine takes par spreads and upfronts');
    const settleDiscount = discountFactor(discount, (contracts[i].settle - trade) / 365);
    const running = kind === 'par' ? value : coupon;
    const target = kind === 'par' ? 0 : value * settleDiscount;
    const worth = (hazard: number): number => {
      const curve = fromForwardRates(knots.slice(0, i + 1), [...hazards, hazard]);
      const legs = midPointLegs(contracts[i], discount, curve);
      return (1 - recovery) * legs.protection - running * (legs.annuity - legs.rebate) - target;
    };
    const length = knots[i] - (i === 0 ? 0 : knots[i - 1]);
    const guess = Math.max(1e-6, (running + Math.max(0, target) / knots[i]) / (1 - recovery));
    const hazard = solveHazard(
      (h, result) => {
        result[VALUE] = worth(h);
        result[SLOPE] = (worth(h + BUMP) - worth(h - BUMP)) / (2 * BUMP);
      },
      guess,
      -600 / length,
      out,
    );
    if (Number.isNaN(hazard)) return refusal('upfront-bound', node, value, NaN, 'no hazard gives this quote');
    hazards.push(hazard);
  }
  return { status: 'ok', curve: fromForwardRates(knots, hazards), hazards };
}
