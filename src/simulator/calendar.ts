/** The simulated venue's own clock: day count, 08:00 UTC expiries, codes of dates. Shared with nothing it tests. */

/** Lengths of time, ms. */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** Time of day of every expiry, ms since midnight UTC. */
const ROLL = 8 * HOUR;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const;

/** Which series an expiry belongs to; the longest wins when several coincide. */
export type SettlementPeriod = 'day' | 'week' | 'month';

/** One listed expiry: epoch ms (08:00 UTC) and its series. */
export interface ListedExpiry {
  readonly expiry: number;
  readonly period: SettlementPeriod;
  /** A dated future trades for it; otherwise the forward is synthetic. */
  readonly hasFuture: boolean;
}

/** Actual days over 365, the venue's convention, in years. */
export function tenor(at: number, expiry: number): number {
  return (expiry - at) / (365 * DAY);
}

/** `27MAR26` for an expiry in epoch ms. */
export function dateCode(expiry: number): string {
  const d = new Date(expiry);
  return `${d.getUTCDate()}${MONTHS[d.getUTCMonth()]}${String(d.getUTCFullYear() % 100).padStart(2, '0')}`;
}

/** Hour of the week, 0 = Monday 00:00 UTC, to 167. */
export function hourOfWeek(at: number): number {
  const hours = Math.floor(at / HOUR);
  return (((hours - 4 * 24) % 168) + 168) % 168;
}

/** The next 08:00 UTC strictly after `at`. */
export function nextRoll(at: number): number {
  return Math.floor((at - ROLL) / DAY) * DAY + DAY + ROLL;
}

/** The last Friday 08:00 UTC of a month (0-based month, may exceed 11). */
function monthEnd(year: number, month: number): number {
  const last = Date.UTC(year, month + 1, 0) + ROLL;
  const weekday = new Date(last).getUTCDay();
  return last - ((weekday + 2) % 7) * DAY;
}

/**
 * The expiries listed at `at`, ascending: four dailies, three Fridays, three month ends, four quarter ends,
 * as the venue lists them (seen in chains of January 2026).
 */
export function listedExpiries(at: number): ListedExpiry[] {
  const found = new Map<number, ListedExpiry>();
  const first = nextRoll(at);
  for (let i = 0; i < 4; i++) found.set(first + i * DAY, { expiry: first + i * DAY, period: 'day', hasFuture: false });
  const toFriday = (12 - new Date(first).getUTCDay()) % 7;
  for (let i = 0; i < 3; i++) {
    const friday = first + (toFriday + 7 * i) * DAY;
    found.set(friday, { expiry: friday, period: 'week', hasFuture: i < 2 });
  }
  const start = new Date(at);
  let months = 0;
  let quarters = 0;
  for (let m = start.getUTCMonth(); months < 3 || quarters < 4; m++) {
    const end = monthEnd(start.getUTCFullYear(), m);
    if (end <= at) continue;
    const isQuarter = m % 3 === 2;
    if (months < 3 || (isQuarter && quarters < 4)) found.set(end, { expiry: end, period: 'month', hasFuture: true });
    months++;
    if (isQuarter) quarters++;
  }
  return [...found.values()].sort((a, b) => a.expiry - b.expiry);
}
