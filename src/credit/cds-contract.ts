/** The dates of one credit default swap: when it accrues, pays and protects. */
import { WEEKENDS, addBusinessDays, following } from './business-day.ts';
import type { BusinessCalendar } from './business-day.ts';
import { addMonths, isoDay } from './calendar-day.ts';
import type { Day } from './calendar-day.ts';
import { accrualStart } from './roll-date.ts';

/** One premium period. Accrual is ACT/360 from `start` to `end`; survival is read a day before the end. */
export interface CouponPeriod {
  /** First day that accrues. */
  readonly start: Day;
  /** First day that no longer does; of the last period the day after maturity. */
  readonly end: Day;
  readonly pay: Day;
}

/** A contract, free of prices: plain data. */
export interface CdsContract {
  readonly trade: Day;
  /** First day of the buyer's risk, usually trade + 1. */
  readonly stepIn: Day;
  /** When the upfront is paid. */
  readonly settle: Day;
  readonly maturity: Day;
  readonly periods: readonly CouponPeriod[];
}

/** A contract cannot be built; `field` and `value` say why. */
export interface ContractRefusal {
  readonly status: 'refused';
  readonly field: 'maturity' | 'start' | 'months';
  readonly value: string;
  readonly message: string;
}

/** What {@link standardCds} needs beside dates; every field has the market's default. */
export interface CdsConventions {
  /** Moves accrual and payment dates; default weekends only. */
  readonly calendar?: BusinessCalendar;
  /** Calendar days from trade to step-in; default 1. */
  readonly stepInDays?: number;
  /** Business days from trade to the upfront's payment; default 3. */
  readonly settleDays?: number;
}

/** Dates of an instrument off the standard grid. */
export interface FreeDates {
  readonly trade: Day;
  /** First day that accrues, taken as it is; may lie after the trade. */
  readonly start: Day;
  readonly maturity: Day;
  /** Months between payments; default 3. */
  readonly months?: number;
  /** What happens to an odd first period: kept, or joined to the next; default kept. */
  readonly stub?: 'front-short' | 'front-long';
  /** Default trade + 1. */
  readonly stepIn?: Day;
  /** Default three business days after the trade. */
  readonly settle?: Day;
  /** Default weekends only. */
  readonly calendar?: BusinessCalendar;
}

/**
 * A standard contract traded on a day and ending on a roll date: accrual starts on the last (business-day adjusted) roll
 * date on or before step-in, periods end on adjusted roll dates, the last a day after the unadjusted maturity
 * (ISDA 2009 standard; `isda_prices.csv`, the official grid of 22 June 2022).
 */
export function standardCds(
  trade: Day,
  maturity: Day,
  conventions: CdsConventions = {},
): CdsContract | ContractRefusal {
  const calendar = conventions.calendar ?? WEEKENDS;
  const stepIn = trade + (conventions.stepInDays ?? 1);
  return freeDateCds({
    trade,
    start: accrualStart(stepIn, calendar),
    maturity,
    stepIn,
    settle: addBusinessDays(trade, conventions.settleDays ?? 3, calendar),
    calendar,
  });
}

/** Periods beyond which dates are an error of the caller (a century of months). */
const MOST_PERIODS = 1200;

/** A contract between any two dates; periods are counted backwards from maturity. */
export function freeDateCds(dates: FreeDates): CdsContract | ContractRefusal {
  const { trade, start, maturity, months = 3, stub = 'front-short', stepIn = trade + 1 } = dates;
  const calendar = dates.calendar ?? WEEKENDS;
  const settle = dates.settle ?? addBusinessDays(trade, 3, calendar);
  if (!Number.isInteger(maturity) || maturity < stepIn)
    return refuse('maturity', dayText(maturity), `ends before its step-in date ${dayText(stepIn)}`);
  if (!Number.isInteger(start) || start > maturity) return refuse('start', dayText(start), 'not a day before maturity');
  if (!Number.isInteger(months) || months < 1 || (maturity - start) / (28 * months) > MOST_PERIODS)
    return refuse('months', String(months), `needs 1 to ${MOST_PERIODS} periods`);
  const ends: Day[] = [];
  for (let i = 0, at = maturity; at > start; at = addMonths(maturity, -months * ++i)) ends.unshift(at);
  const odd = addMonths(maturity, -months * ends.length) !== start;
  if (odd && stub === 'front-long' && ends.length > 1) ends.shift();
  const periods: CouponPeriod[] = [];
  let from = start;
  ends.forEach((end, i) => {
    const adjusted = following(end, calendar);
    const until = i === ends.length - 1 ? maturity + 1 : adjusted;
    // A period that has ended by the step-in date is the seller's.
    if (until > stepIn && until > from) periods.push({ start: from, end: until, pay: adjusted });
    from = adjusted;
  });
  if (periods.length === 0) return refuse('maturity', dayText(maturity), 'leaves no period to pay for');
  return { trade, stepIn, settle, maturity, periods };
}

/** Days of premium accrued at step-in, which the seller gives back; 0 for a contract that has not begun. */
export function accruedDays(contract: CdsContract): number {
  return Math.max(0, contract.stepIn - contract.periods[0].start);
}

function refuse(field: ContractRefusal['field'], value: string, message: string): ContractRefusal {
  return { status: 'refused', field, value, message };
}

function dayText(day: Day): string {
  return Number.isInteger(day) ? isoDay(day) : String(day);
}
