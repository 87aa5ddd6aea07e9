/**
 * Prior baselines by tenor, so that an expiry is judged from its first close: aggregates of recorded six-hourly BTC and
 * ETH chains, January and February 2026, made by `tools/measure-baselines.ts`. An expiry's own baseline replaces them
 * once it has six closes.
 */
const HALF_SPREAD_ROOT_YEARS: readonly (readonly [number, number])[] = [
  [2, 0.00104],
  [8, 0.00124],
  [31, 0.00145],
  [93, 0.00195],
  [Infinity, 0.00345],
];

/** Median half-spread in volatility (fraction) times sqrt(T) usual for a time to expiry in years. */
export function priorSpread(years: number): number {
  const days = years * 365;
  return (HALF_SPREAD_ROOT_YEARS.find(([end]) => days < end) ?? HALF_SPREAD_ROOT_YEARS[0])[1];
}
