/**
 * Prior baselines by tenor and by six-hour block of the week, so that an expiry is judged from its first close: aggregates
 * of recorded six-hourly BTC and ETH chains (three weeks of January 2026), made by `tools/measure-baselines.ts`; what is learnt replaces them, within
 * caps (`src/detect/hour-of-week.ts`).
 */
const HALF_SPREAD_ROOT_YEARS: readonly (readonly [number, number])[] = [
  [2, 0.00104],
  [8, 0.00124],
  [31, 0.00145],
  [93, 0.00195],
  [Infinity, 0.00345],
];
const COVERAGE: readonly (readonly [number, number])[] = [
  [2, 0.9],
  [8, 1],
  [31, 1],
  [93, 0.98],
  [Infinity, 1],
];

/** ln of the half-spread over its average of the week, Monday 00:00 UTC first, six hours each. */
const SPREAD_SEASON: readonly number[] = [
  0.04, 0, -0.02, -0.01, -0.02, 0.03, 0.02, 0.02, 0.05, -0.04, -0.03, 0.02, 0.03, -0.01, -0.01, 0.01, -0.01, -0.06,
  0.02, -0.02, -0.04, 0, 0, -0.02, -0.01, 0, 0.03, 0.03,
];

const HOURS = 168;
const BLOCK_HOURS = 6;

function byTenor(table: readonly (readonly [number, number])[], years: number): number {
  const days = years * 365;
  return (table.find(([end]) => days < end) ?? table[0])[1];
}

/** Median half-spread in volatility (fraction) times sqrt(T) usual for a time to expiry in years. */
export function priorSpread(years: number): number {
  return byTenor(HALF_SPREAD_ROOT_YEARS, years);
}

/** Share of listed options that are quoted on both sides, usual for a time to expiry in years. */
export function priorCoverage(years: number): number {
  return byTenor(COVERAGE, years);
}

/** ln of the half-spread over its average by hour of the week as first believed; an array of its own for every caller. */
export function priorSpreadSeason(): number[] {
  return Array.from({ length: HOURS }, (_, hour) => SPREAD_SEASON[Math.floor(hour / BLOCK_HOURS)]);
}

/** A week without habits: coverage shows none, and of depth and messages nobody has recorded a week. */
export function flatSeason(): number[] {
  return Array.from({ length: HOURS }, () => 0);
}
