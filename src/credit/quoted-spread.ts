/**
 * The three ways the market says one price: par spread, points upfront at a standard coupon, and the quoted spread, which
 * is the par spread of the flat hazard that gives the upfront (ISDA standard converter).
 */
import { ANNUITY, ANNUITY_SLOPE, PROTECTION, PROTECTION_SLOPE, cdsGrid, segmentLegs } from './cds-grid.ts';
import type { AccrualFormula, CdsGrid } from './cds-grid.ts';
import type { CdsContract } from './cds-contract.ts';
import type { DiscountCurve } from './discount-curve.ts';
import { SLOPE, VALUE, solveHazard } from './hazard-search.ts';
import type { HazardFunction } from './hazard-search.ts';

/** A flat hazard; or none: no finite hazard gives the upfront, `bound` is the last upfront that one gives. */
export type FlatHazard =
  | { readonly status: 'ok'; readonly hazard: number }
  | { readonly status: 'no-hazard'; readonly bound: number };

/** What a conversion returned; `slope` is its derivative. */
export type Conversion =
  | { readonly status: 'ok'; readonly value: number; readonly slope: number; readonly hazard: number }
  | { readonly status: 'no-hazard'; readonly bound: number };

/** A flat hazard is looked for down to here, 1/year; below it survival would treble in a year. */
const LOWEST_FLAT = -1;

/** Scratch of the legs and of the search; written before they are read in every call. */
const legs = new Float64Array(4);
const found = new Float64Array(2);

/**
 * A contract over one knot, its maturity: the grid of a flat curve. (The `markit` formula depends on knots, so that a
 * quoted spread must not see those of the calibrated curve.)
 */
export function flatGrid(contract: CdsContract, discount: DiscountCurve, accrual: AccrualFormula): CdsGrid {
  return cdsGrid(contract, discount, [(contract.maturity - contract.trade) / 365], accrual);
}

/** Legs and their slopes by a hazard that is the same in every segment, discounted to the trade date. */
export function flatLegs(grid: CdsGrid, hazard: number, out: Float64Array): void {
  let protection = 0;
  let annuity = 0;
  let protectionSlope = 0;
  let annuitySlope = 0;
  for (let s = 0; s <= grid.lastSegment; s++) {
    if (grid.firstInterval[s + 1] === grid.firstInterval[s]) continue;
    const entry = grid.entryTime[s];
    segmentLegs(grid, s, hazard, hazard * entry, out);
    protection += out[PROTECTION];
    annuity += out[ANNUITY];
    protectionSlope += out[PROTECTION_SLOPE] - entry * out[PROTECTION];
    annuitySlope += out[ANNUITY_SLOPE] - entry * out[ANNUITY];
  }
  out[PROTECTION] = protection;
  out[ANNUITY] = annuity;
  out[PROTECTION_SLOPE] = protectionSlope;
  out[ANNUITY_SLOPE] = annuitySlope;
}

/** The flat hazard at which the contract has this clean upfront (fraction of notional) at a coupon. */
export function flatHazard(grid: CdsGrid, coupon: number, recovery: number, upfront: number): FlatHazard {
  const loss = 1 - recovery;
  const target = (upfront - coupon * grid.accrued) * grid.settleDiscount;
  const f: HazardFunction = (hazard, out) => {
    flatLegs(grid, hazard, legs);
    out[VALUE] = loss * legs[PROTECTION] - coupon * legs[ANNUITY] - target;
    out[SLOPE] = loss * legs[PROTECTION_SLOPE] - coupon * legs[ANNUITY_SLOPE];
  };
  const guess = (coupon + upfront / Math.max(grid.years, 0.1)) / Math.max(loss, 0.01);
  const hazard = solveHazard(f, guess, LOWEST_FLAT, found);
  if (Number.isNaN(hazard)) return { status: 'no-hazard', bound: upfront + found[VALUE] / grid.settleDiscount };
  return { status: 'ok', hazard };
}

/** Clean upfront of a quoted spread at a coupon, on the {@link flatGrid} of its contract; `slope` is d upfront / d spread. */
export function upfrontOfQuotedSpread(grid: CdsGrid, spread: number, coupon: number, recovery: number): Conversion {
  const flat = flatHazard(grid, spread, recovery, 0);
  if (flat.status !== 'ok') return flat;
  flatLegs(grid, flat.hazard, legs);
  const loss = 1 - recovery;
  const clean = legs[ANNUITY] - grid.accrued * grid.settleDiscount;
  const value = (loss * legs[PROTECTION] - coupon * clean) / grid.settleDiscount;
  const hazardBySpread = clean / (loss * legs[PROTECTION_SLOPE] - spread * legs[ANNUITY_SLOPE]);
  const slope = ((loss * legs[PROTECTION_SLOPE] - coupon * legs[ANNUITY_SLOPE]) * hazardBySpread) / grid.settleDiscount;
  return { status: 'ok', value, slope, hazard: flat.hazard };
}

/** Quoted spread of a clean upfront at a coupon, on the {@link flatGrid} of its contract; `slope` is d spread / d upfront. */
export function quotedSpreadOfUpfront(grid: CdsGrid, upfront: number, coupon: number, recovery: number): Conversion {
  const flat = flatHazard(grid, coupon, recovery, upfront);
  if (flat.status !== 'ok') return flat;
  flatLegs(grid, flat.hazard, legs);
  const loss = 1 - recovery;
  const clean = legs[ANNUITY] - grid.accrued * grid.settleDiscount;
  const value = (loss * legs[PROTECTION]) / clean;
  const spreadByHazard = (loss * legs[PROTECTION_SLOPE] - value * legs[ANNUITY_SLOPE]) / clean;
  const upfrontByHazard = (loss * legs[PROTECTION_SLOPE] - coupon * legs[ANNUITY_SLOPE]) / grid.settleDiscount;
  return { status: 'ok', value, slope: spreadByHazard / upfrontByHazard, hazard: flat.hazard };
}
