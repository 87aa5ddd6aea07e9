/** Discount curves: piecewise-flat forward rates (log-linear discount factors) from the trade date. */
import { exp, log } from '../numeric/exponential.ts';
import { findRoot } from '../numeric/root.ts';
import { addBusinessDays, modifiedFollowing } from './business-day.ts';
import type { BusinessCalendar } from './business-day.ts';
import { addMonths, civilOf, tenorMonths } from './calendar-day.ts';
import type { Day } from './calendar-day.ts';
import { integralAt } from './integrated-rate.ts';
import type { IntegratedRate } from './integrated-rate.ts';

/** Discount curve: `values` are -ln P at the knots. Rates of any sign. */
export type DiscountCurve = IntegratedRate;

/** Discount factor P(t), t >= 0 in years from the trade date; the zero rate is flat before the first knot. */
export function discountFactor(curve: DiscountCurve, t: number): number {
  return exp(-integralAt(curve, t));
}

/** A curve cannot be built: which knot or instrument, what of it, and the number. */
export interface DiscountRefusal {
  readonly status: 'refused';
  readonly knot: number;
  readonly field: 'time' | 'rate' | 'tenor' | 'discount-factor';
  readonly value: string;
  readonly message: string;
}

/** A curve, or why there is none. */
export type DiscountOutcome = { readonly status: 'ok'; readonly curve: DiscountCurve } | DiscountRefusal;

function refuse(
  knot: number,
  field: DiscountRefusal['field'],
  value: number | string,
  message: string,
): DiscountRefusal {
  return { status: 'refused', knot, field, value: String(value), message };
}

/** Curve through continuously compounded zero rates (fractions) at ascending times (years). */
export function discountFromZeroRates(times: readonly number[], zeroRates: readonly number[]): DiscountOutcome {
  return checkedKnots(
    times,
    zeroRates.map((z, i) => z * times[i]),
    'rate',
  );
}

/** Curve through discount factors at ascending times (years). */
export function discountFromFactors(times: readonly number[], factors: readonly number[]): DiscountOutcome {
  return checkedKnots(
    times,
    factors.map((p) => -log(p)),
    'discount-factor',
  );
}

function checkedKnots(
  times: readonly number[],
  values: readonly number[],
  field: DiscountRefusal['field'],
): DiscountOutcome {
  if (times.length === 0) return refuse(0, 'time', '', 'a discount curve needs at least one knot');
  for (let i = 0; i < times.length; i++) {
    if (!(times[i] > (i === 0 ? 0 : times[i - 1])) || !(times[i] < 1000))
      return refuse(i, 'time', times[i], 'times must ascend, be positive and below 1000 years');
    if (!(Math.abs(values[i]) < 500)) return refuse(i, field, values[i], 'no usable discount factor');
  }
  return { status: 'ok', curve: { times: [...times], values: [...values] } };
}

/** Every forward rate up by `bump` (0.0001 = one basis point of the continuously compounded zero rate). */
export function shiftedDiscount(curve: DiscountCurve, bump: number): DiscountCurve {
  return { times: curve.times, values: curve.values.map((v, i) => v + bump * curve.times[i]) };
}

/** A money-market deposit or a par swap, both from spot. */
export interface RateInstrument {
  readonly kind: 'deposit' | 'swap';
  /** `1M` .. `30Y`. */
  readonly tenor: string;
  /** Simple rate or par rate, fraction per year. */
  readonly rate: number;
}

/** Conventions of a curve's instruments; defaults are those of the standard model's overnight grids. */
export interface RateConventions {
  readonly calendar: BusinessCalendar;
  /** Business days from trade to spot; default 2. */
  readonly spotDays?: number;
  /** Months between fixed payments; default 12. */
  readonly swapMonths?: number;
  /** Day count of the fixed payments; default ACT/360. Deposits are ACT/360 (or as `depositDayCount`). */
  readonly swapDayCount?: RateDayCount;
  readonly depositDayCount?: RateDayCount;
}

/** Day counts of rate instruments. */
export type RateDayCount = 'act/360' | 'act/365' | '30/360';

/** Fraction of a year between two dates under a day count (30/360: bond basis, ISDA 2006 section 4.16(f)). */
export function dayCountFraction(from: Day, to: Day, count: RateDayCount): number {
  if (count === 'act/360') return (to - from) / 360;
  if (count === 'act/365') return (to - from) / 365;
  const a = civilOf(from);
  const b = civilOf(to);
  const firstDay = Math.min(a.day, 30);
  const lastDay = b.day === 31 && firstDay === 30 ? 30 : b.day;
  return (360 * (b.year - a.year) + 30 * (b.month - a.month) + (lastDay - firstDay)) / 360;
}

/**
 * Curve from deposits and par swaps that start at spot, ascending by end date: each forward rate is solved so that its
 * instrument is worth par, with log-linear discount factors between ends (the standard model's curve; the float leg
 * is worth par). The stretch from the trade date to spot carries the first zero rate, as the standard model has it.
 */
export function bootstrapDiscount(
  trade: Day,
  instruments: readonly RateInstrument[],
  conventions: RateConventions,
): DiscountOutcome {
  const {
    calendar,
    spotDays = 2,
    swapMonths = 12,
    swapDayCount = 'act/360',
    depositDayCount = 'act/360',
  } = conventions;
  const spot = addBusinessDays(trade, spotDays, calendar);
  // Times are from spot while the curve is built, so that no instrument depends on the first stretch.
  const times: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < instruments.length; i++) {
    const { kind, tenor, rate } = instruments[i];
    const months = tenorMonths(tenor);
    if (!(months > 0)) return refuse(i, 'tenor', tenor, 'a tenor such as 3M or 10Y is needed');
    if (!(Math.abs(rate) < 1)) return refuse(i, 'rate', rate, 'a fraction between -1 and 1 is needed (0.01 = 1 %)');
    const end = modifiedFollowing(addMonths(spot, months), calendar);
    const time = (end - spot) / 365;
    if (times.length > 0 && time <= times[times.length - 1])
      return refuse(i, 'tenor', tenor, 'instruments must end later one after the other');
    times.push(time);
    if (kind === 'deposit' || months <= swapMonths) {
      const count = kind === 'deposit' ? depositDayCount : swapDayCount;
      values.push(log(1 + rate * dayCountFraction(spot, end, count)));
    } else {
      const payments = swapPayments(spot, months, swapMonths, swapDayCount, calendar);
      const solved = solveSwap(times, values, payments, rate);
      if (Number.isNaN(solved)) return refuse(i, 'rate', rate, 'no discount factor gives this swap its par rate');
      values.push(solved);
    }
    if (!(Math.abs(values[i]) < 500)) return refuse(i, 'rate', rate, 'no usable discount factor');
  }
  if (times.length === 0) return refuse(0, 'time', '', 'a discount curve needs at least one instrument');
  const lag = (spot - trade) / 365;
  const stub = (values[0] / times[0]) * lag;
  return checkedKnots(
    times.map((t) => t + lag),
    values.map((v) => v + stub),
    'rate',
  );
}

interface Payment {
  readonly time: number;
  readonly fraction: number;
}

function swapPayments(
  spot: Day,
  months: number,
  step: number,
  count: RateDayCount,
  calendar: BusinessCalendar,
): readonly Payment[] {
  const payments: Payment[] = [];
  const first = months % step === 0 ? step : months % step;
  let before = spot;
  for (let m = first; m <= months; m += step) {
    const end = modifiedFollowing(addMonths(spot, m), calendar);
    payments.push({ time: (end - spot) / 365, fraction: dayCountFraction(before, end, count) });
    before = end;
  }
  return payments;
}

/** -ln P at the last knot so that rate x annuity + P(end) = 1; payments up to the knot before are already known. */
function solveSwap(
  times: readonly number[],
  values: readonly number[],
  payments: readonly Payment[],
  rate: number,
): number {
  const n = values.length;
  const start = n === 0 ? 0 : times[n - 1];
  const known = n === 0 ? 0 : values[n - 1];
  const built: IntegratedRate = { times: times.slice(0, n), values };
  let fixed = -1;
  const open: Payment[] = [];
  for (const p of payments) {
    if (n > 0 && p.time <= start) fixed += rate * p.fraction * exp(-integralAt(built, p.time));
    else open.push(p);
  }
  const worth = (forward: number): number => {
    let sum = fixed;
    for (const p of open) sum += rate * p.fraction * exp(-known - forward * (p.time - start));
    return sum + exp(-known - forward * (times[n] - start));
  };
  let reach = 0.25;
  while (reach < 64 && !(worth(-reach) > 0 && worth(reach) < 0)) reach *= 2;
  const root = findRoot(worth, -reach, reach);
  return root.status === 'no-bracket' ? NaN : known + root.x * (times[n] - start);
}
