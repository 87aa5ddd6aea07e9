/** What a credit default swap is worth on given curves, and the spreads and upfronts the market says it with. */
import { exp } from '../numeric/exponential.ts';
import { ANNUITY, PROTECTION, legsOn } from './cds-grid.ts';
import type { CdsGrid } from './cds-grid.ts';
import { forwardRate, integralAt } from './integrated-rate.ts';
import type { IntegratedRate } from './integrated-rate.ts';

/** Survival curve: `values` are the integrated hazard H at the knots, Q(t) = e^-H(t). */
export type SurvivalCurve = IntegratedRate;

/** Probability of no default until t, years from the trade date. */
export function survivalProbability(curve: SurvivalCurve, t: number): number {
  return exp(-integralAt(curve, t));
}

/** Flat hazard of each segment of a curve, 1/year. */
export function forwardHazards(curve: SurvivalCurve): number[] {
  return curve.times.map((_, i) => forwardRate(curve, i));
}

/** Values per unit of notional as of the upfront's payment, to the buyer of protection. */
export interface CdsPrice {
  /** (1 - R) times the discounted probability of default. */
  readonly protection: number;
  /** Value of one unit of coupon a year, including what has accrued. */
  readonly annuityDirty: number;
  /** Without what has accrued: risky PV01 per unit. */
  readonly annuityClean: number;
  /** Coupon at which the contract is worth nothing, clean. */
  readonly parSpread: number;
  /** Points upfront: clean value at the coupon. */
  readonly upfront: number;
  /** Upfront less the accrued premium that the seller gives back: what is paid. */
  readonly dirty: number;
  /** 1 - upfront. */
  readonly cleanPrice: number;
}

const scratch = new Float64Array(4);

/** Prices a contract's grid with a coupon and recovery (fractions) on the survival curve whose knots it was laid over. */
export function priceCds(grid: CdsGrid, curve: SurvivalCurve, coupon: number, recovery: number): CdsPrice {
  legsOn(grid, curve.times, forwardHazards(curve), scratch);
  return priceOfLegs(grid, scratch[PROTECTION], scratch[ANNUITY], coupon, recovery);
}

/** As {@link priceCds}, from legs discounted to the trade date. */
export function priceOfLegs(
  grid: CdsGrid,
  protectionLeg: number,
  annuity: number,
  coupon: number,
  recovery: number,
): CdsPrice {
  const protection = ((1 - recovery) * protectionLeg) / grid.settleDiscount;
  const annuityDirty = annuity / grid.settleDiscount;
  const annuityClean = annuityDirty - grid.accrued;
  const upfront = protection - coupon * annuityClean;
  return {
    protection,
    annuityDirty,
    annuityClean,
    parSpread: protection / annuityClean,
    upfront,
    dirty: upfront - coupon * grid.accrued,
    cleanPrice: 1 - upfront,
  };
}
