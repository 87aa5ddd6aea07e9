import type { Breach, Features, Fit } from '../model/contract.ts';

/** Smallest effective number of quotes for a five-parameter slice to stand on its own (methods.md 1.5). */
export const MIN_QUOTES = 8;

/**
 * Guards common to calibrated smiles: no butterfly arbitrage in the quoted range, Lee's wing bound, enough quotes,
 * in-sample inside share, and a bounded move of the ATM volatility unless the market confirms it.
 * Limits: methods.md 6.4.
 */
export function surfaceGuard(previous: Features | null, next: Features, fit: Fit, confirmed: boolean): Breach[] {
  const breaches: Breach[] = [];
  const check = (guard: string, value: number, limit: number, holds: boolean): void => {
    if (!holds) breaches.push({ guard, value, limit });
  };
  const n = fit.numbers;
  check('butterfly-arbitrage', n['minG'], 0, n['minG'] >= -1e-9);
  check('wing-slope', n['wingSlope'], 2, n['wingSlope'] <= 2 + 1e-9);
  check('quotes', n['used'], MIN_QUOTES, n['used'] >= MIN_QUOTES);
  check('inside-share', n['insideShare'], 0.6, n['insideShare'] >= 0.6);
  if (previous !== null && !confirmed) {
    const move = Math.abs(next.phi[0] - previous.phi[0]);
    const se = Math.sqrt(Math.max(0, (next.covariance[0] ?? 0) + (previous.covariance[0] ?? 0)));
    const tenorCap = 0.05 * Math.sqrt(30 / Math.max(fit.years * 365, 0.25));
    const limit = Math.max(6 * se, tenorCap);
    check('atm-move', move, limit, move <= limit);
  }
  return breaches;
}
