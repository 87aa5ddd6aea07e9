/**
 * A contract laid over its curves' knots: between two points of the grid hazard and interest are flat, so that both legs
 * are sums of closed forms. Built once a trade date and discount curve; prices and derivatives then need no dates.
 */
import { exp } from '../numeric/exponential.ts';
import type { Day } from './calendar-day.ts';
import { accruedDays } from './cds-contract.ts';
import type { CdsContract } from './cds-contract.ts';
import { DECAY, E1, E2, E3, decayMoments } from './decay-moments.ts';
import { integralAt, segmentAt } from './integrated-rate.ts';
import type { IntegratedRate } from './integrated-rate.ts';

/**
 * What is paid of a coupon when default falls inside it. `isda`: the standard model up to 1.8.2, which counts half a day
 * too much; `markit`: the vendor's correction, which forgets what accrued before the last knot; `correct`: what the
 * contract says (White 2013, The Pricing and Risk Management of Credit Default Swaps, section 3.3).
 */
export type AccrualFormula = 'isda' | 'markit' | 'correct';

/** Names of {@link AccrualFormula}, in the order of documents. */
export const ACCRUAL_FORMULAS: readonly AccrualFormula[] = ['isda', 'markit', 'correct'];

/** Half a day in years of 365 days. */
const HALF_DAY = 1 / 730;
/** Points nearer than this (years; three seconds) are one point: a knot written with fewer digits is still its date. */
const SAME_TIME = 1e-7;
/** An accrual year of ACT/360 in curve years of ACT/365F. */
const ACCRUAL_PER_YEAR = 365 / 360;

/** Grid of one contract over one discount curve and the knots of a survival curve; see {@link cdsGrid}. */
export interface CdsGrid {
  /** Time to maturity, years ACT/365F from the trade date. */
  readonly years: number;
  /** Where protection begins, years. */
  readonly from: number;
  /** Discount factor to the upfront's payment. */
  readonly settleDiscount: number;
  /** Premium accrued at step-in per unit of coupon, ACT/360 years. */
  readonly accrued: number;
  /** Index of the last segment of the knots that the contract reaches. */
  readonly lastSegment: number;
  /** First interval of each segment, and the number of intervals at the end. */
  readonly firstInterval: Int32Array;
  /** Time and integrated interest where the contract enters each segment. */
  readonly entryTime: Float64Array;
  readonly entryRate: Float64Array;
  /** Length of each interval, years, and integrated interest over it. */
  readonly dt: Float64Array;
  readonly dr: Float64Array;
  /** From the segment's entry to the interval's begin, years. */
  readonly since: Float64Array;
  /** Accrued before the interval, curve years (with the bias of the formula; 0 for `markit`). */
  readonly offset: Float64Array;
  /** What the interval's end pays on survival: accrual fraction times P(pay)/P(end); 0 inside a coupon. */
  readonly payment: Float64Array;
  /** Premium year of a curve year, for what accrues until default; 0 where nothing does (bonds). */
  readonly accrualScale: number;
}

/**
 * Lays a contract over the knots (years, ascending) of the survival curve it will be priced on. Beyond the last knot
 * its hazard goes on. Knots and payment dates are measured from the trade date in days of 1/365 year.
 */
export function cdsGrid(
  contract: CdsContract,
  discount: IntegratedRate,
  knots: readonly number[],
  accrual: AccrualFormula,
): CdsGrid {
  const years = (day: Day): number => (day - contract.trade) / 365;
  const { stepIn, maturity, periods } = contract;
  const bias = accrual === 'isda' ? HALF_DAY : 0;
  const payments = periods.map((period) => {
    const begin = years(period.start - 1);
    const end = years(period.end - 1);
    const late = integralAt(discount, years(period.pay)) - integralAt(discount, end);
    // The vendor's formula forgets what accrued before: no offset.
    const offset = accrual === 'markit' ? NaN : begin - bias;
    return { end, amount: ((period.end - period.start) / 360) * exp(-late), accruesFrom: offset };
  });
  return {
    years: years(maturity),
    settleDiscount: exp(-integralAt(discount, years(contract.settle))),
    accrued: accruedDays(contract) / 360,
    accrualScale: ACCRUAL_PER_YEAR,
    ...intervals(years(Math.max(stepIn, periods[0].start) - 1), years(maturity), payments, discount, knots),
  };
}

/** A payment on survival at `end` (years); what accrues towards it does so from `accruesFrom` (NaN: see `markit`). */
export interface SurvivalPayment {
  readonly end: number;
  readonly amount: number;
  readonly accruesFrom: number;
}

/** Splits the time from `from` to `until` at payments and at the knots of both curves; see {@link CdsGrid}. */
export function intervals(
  from: number,
  until: number,
  payments: readonly SurvivalPayment[],
  discount: IntegratedRate,
  knots: readonly number[],
): Omit<CdsGrid, 'years' | 'settleDiscount' | 'accrued' | 'accrualScale'> {
  const lastSegment = segmentAt(knots, until - SAME_TIME);
  const firstInterval = new Int32Array(lastSegment + 2);
  const entryTime = new Float64Array(lastSegment + 1);
  const entryRate = new Float64Array(lastSegment + 1);
  const dt: number[] = [];
  const dr: number[] = [];
  const since: number[] = [];
  const offset: number[] = [];
  const payment: number[] = [];
  let segment = segmentAt(knots, from + SAME_TIME);
  let at = from;
  let rate = integralAt(discount, at);
  const enter = (s: number): void => {
    firstInterval[s] = dt.length;
    entryTime[s] = at;
    entryRate[s] = rate;
  };
  for (let s = 0; s <= segment && s <= lastSegment; s++) enter(s);
  const point = interiorPoints(discount.times, knots);
  for (const { end, amount, accruesFrom } of payments) {
    while (at < end) {
      if (segment < lastSegment && at >= knots[segment] - SAME_TIME) enter(++segment);
      const next = point(at, end);
      const nextRate = integralAt(discount, next);
      dt.push(next - at);
      dr.push(nextRate - rate);
      since.push(at - entryTime[segment]);
      offset.push(Number.isNaN(accruesFrom) ? 0 : at - accruesFrom);
      payment.push(0);
      at = next;
      rate = nextRate;
    }
    if (payment.length > 0) payment[payment.length - 1] = amount;
  }
  firstInterval[lastSegment + 1] = dt.length;
  return {
    from,
    lastSegment,
    firstInterval,
    entryTime,
    entryRate,
    dt: Float64Array.from(dt),
    dr: Float64Array.from(dr),
    since: Float64Array.from(since),
    offset: Float64Array.from(offset),
    payment: Float64Array.from(payment),
  };
}

/** Next point of two ascending sets after a time, at most `limit`; points within {@link SAME_TIME} are one. */
function interiorPoints(a: readonly number[], b: readonly number[]): (after: number, limit: number) => number {
  let i = 0;
  let j = 0;
  return (after, limit) => {
    while (i < a.length && a[i] <= after + SAME_TIME) i++;
    while (j < b.length && b[j] <= after + SAME_TIME) j++;
    const next = Math.min(i < a.length ? a[i] : Infinity, j < b.length ? b[j] : Infinity);
    return next < limit - SAME_TIME ? next : limit;
  };
}

/** Slots of what {@link segmentLegs} writes: protection per unit of loss, premium per unit of coupon, their slopes. */
export const PROTECTION = 0;
/** Risky annuity, dirty, discounted to the trade date. */
export const ANNUITY = 1;
/** Derivative of the protection by the segment's own hazard. */
export const PROTECTION_SLOPE = 2;
/** Derivative of the annuity by the segment's own hazard. */
export const ANNUITY_SLOPE = 3;

/**
 * Both legs' value inside one segment of flat `hazard` (1/year), discounted to the trade date, given the integrated hazard
 * H where the contract enters it; and their derivatives by that hazard at fixed H. Written to `out[0..3]`.
 */
export function segmentLegs(
  grid: CdsGrid,
  segment: number,
  hazard: number,
  entryHazard: number,
  out: Float64Array,
): void {
  const { dt, dr, since, offset, payment, firstInterval, accrualScale } = grid;
  const end = firstInterval[segment + 1];
  let alive = exp(-entryHazard - grid.entryRate[segment]);
  let protection = 0;
  let accrued = 0;
  let paid = 0;
  let protectionSlope = 0;
  let accruedSlope = 0;
  let paidSlope = 0;
  for (let k = firstInterval[segment]; k < end; k++) {
    const t = dt[k];
    const dh = hazard * t;
    decayMoments(dh + dr[k], moments);
    const e1 = moments[E1];
    const e2 = moments[E2];
    const o = offset[k];
    const accrual = o * e1 + t * e2;
    const fall = since[k];
    protection += alive * dh * e1;
    accrued += alive * dh * accrual;
    protectionSlope += alive * (t * (e1 - dh * e2) - fall * dh * e1);
    accruedSlope += alive * (t * (accrual - dh * (o * e2 + t * moments[E3])) - fall * dh * accrual);
    alive *= moments[DECAY];
    paid += alive * payment[k];
    paidSlope -= alive * payment[k] * (fall + t);
  }
  out[PROTECTION] = protection;
  out[ANNUITY] = accrualScale * accrued + paid;
  out[PROTECTION_SLOPE] = protectionSlope;
  out[ANNUITY_SLOPE] = accrualScale * accruedSlope + paidSlope;
}

/** Scratch of the innermost loop; written before it is read in every call. */
const moments = new Float64Array(4);

/** Both legs on a survival curve given by its knots and flat hazards; written to `out[0..1]`. */
export function legsOn(grid: CdsGrid, knots: readonly number[], hazards: ArrayLike<number>, out: Float64Array): void {
  let protection = 0;
  let annuity = 0;
  let integral = 0;
  for (let s = 0; s <= grid.lastSegment; s++) {
    const begin = s === 0 ? 0 : knots[s - 1];
    const early = Math.max(0, grid.entryTime[s] - begin);
    if (grid.firstInterval[s + 1] > grid.firstInterval[s]) {
      segmentLegs(grid, s, hazards[s], integral + hazards[s] * early, out);
      protection += out[PROTECTION];
      annuity += out[ANNUITY];
    }
    integral += hazards[s] * (knots[s] - begin);
  }
  out[PROTECTION] = protection;
  out[ANNUITY] = annuity;
}

/**
 * Both legs and their gradients by every segment's hazard: `protectionBy[j]`, `annuityBy[j]` for all knots. What survives
 * into later segments falls by the length of segment j for each unit of its hazard.
 */
export function legGradients(
  grid: CdsGrid,
  knots: readonly number[],
  hazards: ArrayLike<number>,
  out: Float64Array,
  protectionBy: Float64Array,
  annuityBy: Float64Array,
): void {
  protectionBy.fill(0);
  annuityBy.fill(0);
  let protection = 0;
  let annuity = 0;
  let integral = 0;
  for (let s = 0; s <= grid.lastSegment; s++) {
    const begin = s === 0 ? 0 : knots[s - 1];
    if (grid.firstInterval[s + 1] > grid.firstInterval[s]) {
      const early = Math.max(0, grid.entryTime[s] - begin);
      segmentLegs(grid, s, hazards[s], integral + hazards[s] * early, out);
      protection += out[PROTECTION];
      annuity += out[ANNUITY];
      protectionBy[s] += out[PROTECTION_SLOPE] - early * out[PROTECTION];
      annuityBy[s] += out[ANNUITY_SLOPE] - early * out[ANNUITY];
      for (let j = 0; j < s; j++) {
        const length = knots[j] - (j === 0 ? 0 : knots[j - 1]);
        protectionBy[j] -= length * out[PROTECTION];
        annuityBy[j] -= length * out[ANNUITY];
      }
    }
    integral += hazards[s] * (knots[s] - begin);
  }
  out[PROTECTION] = protection;
  out[ANNUITY] = annuity;
}
