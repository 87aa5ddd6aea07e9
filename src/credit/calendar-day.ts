/**
 * Civil dates as whole numbers: days since 1970-01-01 in the proleptic Gregorian calendar. Contracts of credit are about
 * dates, not instants; a day number has no time zone and compares, subtracts and divides exactly.
 */

/** Days since 1970-01-01. */
export type Day = number;

/** Year, month 1..12 and day of the month 1..31 of a date. */
export interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether the year has a 29 February. */
function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Number of days of a month (1..12). */
export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : MONTH_DAYS[month - 1];
}

/** Day number of a civil date; the day may run over the month's end. (Howard Hinnant, `days_from_civil`.) */
export function dayOf(year: number, month: number, day: number): Day {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

/** Civil date of a day number: the inverse of {@link dayOf}. */
export function civilOf(day: Day): Civil {
  const z = day + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const leapless =
    dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor(leapless / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

/** Day number of `YYYY-MM-DD`; NaN when the text is not a date that exists. */
export function parseDay(text: string): Day {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return NaN;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return NaN;
  return dayOf(year, month, day);
}

/** `YYYY-MM-DD` of a day number. */
export function isoDay(day: Day): string {
  const c = civilOf(day);
  return `${String(c.year).padStart(4, '0')}-${String(c.month).padStart(2, '0')}-${String(c.day).padStart(2, '0')}`;
}

/** Same day of the month `months` later (negative: earlier), the month's last day where there is none. */
export function addMonths(day: Day, months: number): Day {
  const c = civilOf(day);
  const month = c.year * 12 + c.month - 1 + months;
  const year = Math.floor(month / 12);
  const of = month - year * 12 + 1;
  return dayOf(year, of, Math.min(c.day, daysInMonth(year, of)));
}

/** Day of the week, 0 = Monday .. 6 = Sunday (1970-01-01 was a Thursday). */
export function weekday(day: Day): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** Months of a tenor such as `6M` or `10Y`; NaN when it is neither. */
export function tenorMonths(tenor: string): number {
  const match = /^(\d+)([MY])$/i.exec(tenor.trim());
  if (!match) return NaN;
  return Number(match[1]) * (match[2].toUpperCase() === 'Y' ? 12 : 1);
}
