/** Business days: which days are holidays, and how a date that falls on one is moved. */
import { addMonths, civilOf, dayOf, weekday } from './calendar-day.ts';
import type { Day } from './calendar-day.ts';

/** Whether anybody works on a day. */
export interface BusinessCalendar {
  /** As asked for: `weekends`, `new-york+london`. */
  readonly name: string;
  isBusinessDay(day: Day): boolean;
}

/** Gregorian Easter Sunday (Meeus, Jones and Butcher). */
function easter(year: number): Day {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return dayOf(year, Math.floor(n / 31), (n % 31) + 1);
}

/** n-th (from 1) given weekday of a month; n = -1 is the last one. */
function nthWeekday(year: number, month: number, of: number, n: number): Day {
  if (n > 0) {
    const first = dayOf(year, month, 1);
    return first + ((of - weekday(first) + 7) % 7) + 7 * (n - 1);
  }
  const last = addMonths(dayOf(year, month, 1), 1) - 1;
  return last - ((weekday(last) - of + 7) % 7);
}

const [MONDAY, THURSDAY, SATURDAY, SUNDAY] = [0, 3, 5, 6];

/** Sunday moves to Monday; a Saturday is not made up for (the Federal Reserve's rule). */
function sundayToMonday(day: Day): Day {
  return weekday(day) === SUNDAY ? day + 1 : day;
}

/** Saturday and Sunday both move to the next free weekday. */
function nextFree(day: Day, taken: readonly Day[]): Day {
  let moved = day;
  while (weekday(moved) >= SATURDAY || taken.includes(moved)) moved++;
  return moved;
}

/** New York: the Federal Reserve's holidays (12 U.S.C.; Juneteenth since 2022, the first that moved a market day). */
function newYork(year: number): readonly Day[] {
  const days = [
    sundayToMonday(dayOf(year, 1, 1)),
    nthWeekday(year, 1, MONDAY, 3),
    nthWeekday(year, 2, MONDAY, 3),
    nthWeekday(year, 5, MONDAY, -1),
    sundayToMonday(dayOf(year, 7, 4)),
    nthWeekday(year, 9, MONDAY, 1),
    nthWeekday(year, 10, MONDAY, 2),
    sundayToMonday(dayOf(year, 11, 11)),
    nthWeekday(year, 11, THURSDAY, 4),
    sundayToMonday(dayOf(year, 12, 25)),
  ];
  if (year >= 2022) days.push(sundayToMonday(dayOf(year, 6, 19)));
  return days;
}

/** Days on which England moved a bank holiday or had one more, since 2002 (Royal Proclamations). */
const LONDON_EXTRA = [
  dayOf(2002, 6, 3), dayOf(2002, 6, 4), dayOf(2011, 4, 29), dayOf(2012, 6, 4), dayOf(2012, 6, 5), dayOf(2020, 5, 8),
  dayOf(2022, 6, 2), dayOf(2022, 6, 3), dayOf(2022, 9, 19), dayOf(2023, 5, 8),
]; // prettier-ignore
const LONDON_MOVED = [dayOf(2002, 5, 27), dayOf(2012, 5, 28), dayOf(2020, 5, 4), dayOf(2022, 5, 30)];

/** London: the bank holidays of England and Wales. */
function london(year: number): readonly Day[] {
  const sunday = easter(year);
  const christmas = nextFree(dayOf(year, 12, 25), []);
  const boxing = nextFree(dayOf(year, 12, 26), [christmas]);
  const regular = [
    nextFree(dayOf(year, 1, 1), []),
    sunday - 2,
    sunday + 1,
    nthWeekday(year, 5, MONDAY, 1),
    nthWeekday(year, 5, MONDAY, -1),
    nthWeekday(year, 8, MONDAY, -1),
    christmas,
    boxing,
  ].filter((day) => !LONDON_MOVED.includes(day));
  return [...regular, ...LONDON_EXTRA.filter((day) => civilOf(day).year === year)];
}

/** TARGET: the euro's payment system (ECB press release of 14 December 2000). */
function target(year: number): readonly Day[] {
  const sunday = easter(year);
  return [dayOf(year, 1, 1), sunday - 2, sunday + 1, dayOf(year, 5, 1), dayOf(year, 12, 25), dayOf(year, 12, 26)];
}

const RULES: Readonly<Record<string, (year: number) => readonly Day[]>> = {
  weekends: () => [],
  'new-york': newYork,
  london,
  target,
};

/** What {@link businessCalendar} knows; `none` is the 24/7 calendar. Joined with `+`, all must be open. */
export const CALENDAR_NAMES: readonly string[] = ['none', ...Object.keys(RULES)];

/**
 * The calendar of a name from {@link CALENDAR_NAMES}, or several joined with `+` (a day is good when it is good in all),
 * with further holidays; undefined for a name that does not exist.
 */
export function businessCalendar(name: string, extra: readonly Day[] = []): BusinessCalendar | undefined {
  const parts = name.split('+');
  if (parts.length === 1 && parts[0] === 'none') return { name, isBusinessDay: (day) => !extra.includes(day) };
  const rules = parts.map((part) => RULES[part]);
  if (rules.includes(undefined as never)) return undefined;
  const years = new Map<number, ReadonlySet<Day>>();
  const holidays = (year: number): ReadonlySet<Day> => {
    let set = years.get(year);
    if (set === undefined) {
      set = new Set(rules.flatMap((rule) => rule(year)));
      years.set(year, set);
    }
    return set;
  };
  const plain = parts.every((part) => part === 'weekends');
  return {
    name,
    isBusinessDay: (day) =>
      weekday(day) < SATURDAY && !extra.includes(day) && (plain || !holidays(civilOf(day).year).has(day)),
  };
}

/** Weekends only: the calendar of the ISDA standard model when no other is said. */
export const WEEKENDS: BusinessCalendar = { name: 'weekends', isBusinessDay: (day) => weekday(day) < SATURDAY };

/** First business day on or after a date. */
export function following(day: Day, calendar: BusinessCalendar): Day {
  let moved = day;
  while (!calendar.isBusinessDay(moved)) moved++;
  return moved;
}

/** As {@link following}, unless that leaves the month: then the last business day before. */
export function modifiedFollowing(day: Day, calendar: BusinessCalendar): Day {
  const moved = following(day, calendar);
  if (civilOf(moved).month === civilOf(day).month) return moved;
  let back = day;
  while (!calendar.isBusinessDay(back)) back--;
  return back;
}

/** The date `count` business days after one (0: the date itself). */
export function addBusinessDays(day: Day, count: number, calendar: BusinessCalendar): Day {
  let moved = day;
  for (let left = count; left > 0;) if (calendar.isBusinessDay(++moved)) left--;
  return moved;
}
