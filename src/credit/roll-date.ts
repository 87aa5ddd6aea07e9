/** The dates on which standard credit default swaps begin, pay and end. */
import { following } from './business-day.ts';
import type { BusinessCalendar } from './business-day.ts';
import { addMonths, civilOf, dayOf } from './calendar-day.ts';
import type { Day } from './calendar-day.ts';

/** Since which change of the market's rules: new maturities every quarter (2009) or every half year (2015). */
export type RollRule = '2009' | '2015';

/** Last 20 March, June, September or December on or before a date. */
export function previousRollDate(day: Day): Day {
  const c = civilOf(day);
  const month = 3 * Math.floor(c.month / 3);
  const candidate = month === 0 ? dayOf(c.year - 1, 12, 20) : dayOf(c.year, month, 20);
  return candidate <= day ? candidate : addMonths(candidate, -3);
}

/** First 20 March, June, September or December after a date. */
export function nextRollDate(day: Day): Day {
  return addMonths(previousRollDate(day), 3);
}

/** Third Wednesday of the next March, June, September or December after a date: the futures market's IMM date. */
export function nextImmWednesday(day: Day): Day {
  const c = civilOf(day);
  let month = 3 * Math.ceil(c.month / 3);
  let year = c.year;
  for (;;) {
    const first = dayOf(year, month, 1);
    // 1970-01-01 was a Thursday: weekday 2 is Wednesday.
    const wednesday = first + ((2 - ((((first + 3) % 7) + 7) % 7) + 7) % 7) + 14;
    if (wednesday > day) return wednesday;
    month += 3;
    if (month > 12) {
      month -= 12;
      year++;
    }
  }
}

/**
 * Maturity of a standard contract: the roll date on or before the trade (2009: any quarter; 2015: 20 March or 20
 * September), plus the tenor, plus three months; unadjusted. (ISDA 2009 and 2015 standard contracts;
 * `ql_cds_dates.csv` of the vectors.) Tenor in months.
 */
export function standardMaturity(trade: Day, tenorInMonths: number, rule: RollRule = '2015'): Day {
  let anchor = previousRollDate(trade);
  if (rule === '2015' && civilOf(anchor).month % 6 === 0) anchor = addMonths(anchor, -3);
  return addMonths(anchor, tenorInMonths + 3);
}

/**
 * First accrual date of a standard contract: the last roll date which, moved to a business day, is on or before
 * `anchor`, the step-in date. A holiday on the 20th moves it, and with it a day of coupon.
 */
export function accrualStart(anchor: Day, calendar: BusinessCalendar): Day {
  const roll = previousRollDate(anchor);
  const moved = following(roll, calendar);
  return moved <= anchor ? moved : following(addMonths(roll, -3), calendar);
}
