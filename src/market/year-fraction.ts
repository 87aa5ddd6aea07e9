/** Milliseconds of a year under ACT/365, the day count of every crypto venue's volatility. */
export const YEAR_MS = 365 * 86_400_000;

/** Time to expiry in years, ACT/365 fixed: (expiry - at) / 365 days; both epoch ms. Negative after expiry. */
export function yearsBetween(at: number, expiry: number): number {
  return (expiry - at) / YEAR_MS;
}
