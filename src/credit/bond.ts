/** Corporate bonds as instruments of a hazard curve: what default pays is a choice of scheme that moves the answer. */
import { exp } from '../numeric/exponential.ts';
import { addMonths } from './calendar-day.ts';
import type { Day } from './calendar-day.ts';
import { ANNUITY, PROTECTION, intervals, legGradients } from './cds-grid.ts';
import type { CdsGrid } from './cds-grid.ts';
import { dayCountFraction, discountFactor } from './discount-curve.ts';
import type { DiscountCurve } from './discount-curve.ts';
import { SLOPE, VALUE, solveHazard } from './hazard-search.ts';

/**
 * What a holder gets at default. `face`: recovery R of face, at once (RFV); `treasury`: R of what the same payments
 * would be worth without risk, coupon by coupon (RT); `market`: R of the value just before (RMV, Duffie and Singleton 1999).
 */
export type RecoveryScheme = 'face' | 'treasury' | 'market';

/** A fixed-rate bond of face 1. */
export interface Bond {
  readonly settle: Day;
  readonly maturity: Day;
  /** Fraction of face a year. */
  readonly coupon: number;
  /** Coupons a year; default 2. */
  readonly frequency?: number;
}

/** Payments still to come, counted back from maturity; unadjusted days. */
export interface BondSchedule {
  readonly days: readonly Day[];
  readonly amounts: readonly number[];
  /** Accrued at settlement, fraction of face, 30/360. */
  readonly accrued: number;
}

/** Payments of a bond after its settlement; undefined when it is over or its terms make none. */
export function bondSchedule(bond: Bond): BondSchedule | undefined {
  const { settle, maturity, coupon, frequency = 2 } = bond;
  if (!(maturity > settle) || !(coupon >= 0 && coupon < 1) || ![1, 2, 4, 12].includes(frequency)) return undefined;
  const months = 12 / frequency;
  const days: Day[] = [];
  let at = maturity;
  for (let i = 1; at > settle; i++) {
    days.unshift(at);
    at = addMonths(maturity, -months * i);
  }
  const amounts = days.map((_, i) => coupon / frequency + (i === days.length - 1 ? 1 : 0));
  return { days, amounts, accrued: coupon * dayCountFraction(at, settle, '30/360') };
}

/** A bond laid over the knots of its curves. */
export interface BondGrid {
  readonly grid: CdsGrid;
  /** Value of all payments without risk. */
  readonly riskFree: number;
  readonly accrued: number;
  readonly scheme: RecoveryScheme;
  readonly recovery: number;
}

/** Lays a bond over the knots (years from settlement) of the survival curve it will be priced on. */
export function bondGrid(
  bond: Bond,
  discount: DiscountCurve,
  knots: readonly number[],
  scheme: RecoveryScheme,
  recovery: number,
): BondGrid | undefined {
  const schedule = bondSchedule(bond);
  if (schedule === undefined) return undefined;
  const years = (day: Day): number => (day - bond.settle) / 365;
  const payments = schedule.days.map((day, i) => ({ end: years(day), amount: schedule.amounts[i], accruesFrom: NaN }));
  const until = years(bond.maturity);
  const grid = {
    years: until,
    settleDiscount: 1,
    accrued: 0,
    accrualScale: 0,
    ...intervals(0, until, payments, discount, knots),
  };
  let riskFree = 0;
  for (const { end, amount } of payments) riskFree += amount * discountFactor(discount, end);
  return { grid, riskFree, accrued: schedule.accrued, scheme, recovery };
}

/**
 * Dirty value of a bond per unit of face on the curve of these knots and flat hazards; `gradient` receives its derivative
 * by every hazard. Verified by `bond_implied_hazard.csv`.
 */
export function bondValue(
  bond: BondGrid,
  knots: readonly number[],
  hazards: ArrayLike<number>,
  gradient: Float64Array,
): number {
  const { grid, scheme, recovery, riskFree } = bond;
  const n = knots.length;
  const legs = new Float64Array(4);
  const protectionBy = new Float64Array(n);
  // Recovery of market value is a smaller hazard and nothing at default.
  const scale = scheme === 'market' ? 1 - recovery : 1;
  const felt = scale === 1 ? hazards : Float64Array.from(hazards, (h) => h * scale);
  legGradients(grid, knots, felt, legs, protectionBy, gradient);
  const paid = legs[ANNUITY];
  if (scheme === 'face') {
    for (let j = 0; j < n; j++) gradient[j] += recovery * protectionBy[j];
    return paid + recovery * legs[PROTECTION];
  }
  if (scheme === 'market') {
    for (let j = 0; j < n; j++) gradient[j] *= scale;
    return paid;
  }
  for (let j = 0; j < n; j++) gradient[j] *= 1 - recovery;
  return (1 - recovery) * paid + recovery * riskFree;
}

/**
 * The flat hazard of a bond's dirty price. `no-hazard`: the price is not between `floor`, what default at once pays, and
 * `ceiling`, the value without any risk (above it the hazard would be negative and is not looked for beyond -1).
 */
export type BondHazard =
  | { readonly status: 'ok'; readonly hazard: number; readonly survivalOneYear: number }
  | { readonly status: 'no-hazard'; readonly floor: number; readonly ceiling: number };

/** Flat hazard of a dirty price (fraction of face); the grid must have one knot. */
export function bondFlatHazard(bond: BondGrid, dirty: number): BondHazard {
  const knots = [bond.grid.years];
  const gradient = new Float64Array(1);
  const out = new Float64Array(2);
  const hazard = solveHazard(
    (h, result) => {
      // A price falls with the hazard; the search wants a value that rises.
      result[VALUE] = dirty - bondValue(bond, knots, [h], gradient);
      result[SLOPE] = -gradient[0];
    },
    0.05,
    -1,
    out,
  );
  if (!Number.isNaN(hazard)) return { status: 'ok', hazard, survivalOneYear: exp(-hazard) };
  const floors: Record<RecoveryScheme, number> = {
    face: bond.recovery,
    treasury: bond.recovery * bond.riskFree,
    market: 0,
  };
  return { status: 'no-hazard', floor: floors[bond.scheme], ceiling: bond.riskFree };
}

/** Yield to maturity, compounded `frequency` times a year over 30/360 periods, of a dirty price. NaN when there is none. */
export function bondYield(bond: Bond, dirty: number): number {
  const schedule = bondSchedule(bond);
  if (schedule === undefined || !(dirty > 0)) return NaN;
  const { frequency = 2 } = bond;
  const times = schedule.days.map((day) => frequency * dayCountFraction(bond.settle, day, '30/360'));
  const out = new Float64Array(2);
  // In terms of the continuous rate y per period the price is a sum of exponentials, and the yield frequency (e^y - 1).
  const perPeriod = solveHazard(
    (y, result) => {
      let price = 0;
      let slope = 0;
      times.forEach((t, i) => {
        const now = schedule.amounts[i] * exp(-y * t);
        price += now;
        slope += t * now;
      });
      result[VALUE] = dirty - price;
      result[SLOPE] = slope;
    },
    0.02,
    -1,
    out,
  );
  return frequency * (exp(perPeriod) - 1);
}
