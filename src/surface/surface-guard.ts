import type { Breach, Features, Fit } from '../model/contract.ts';

/** Smallest number of quotes for a five-parameter slice to stand on its own (methods.md 1.5). */
export const MIN_QUOTES = 8;
/**
 * Smallest effective number (sum w)^2 / sum w^2 of a slice that stands on its own: one more than it has identified
 * factors. At eight, one real slice in six would lean on its neighbours and predict worse than it does by itself
 * (`docs/loop.md`).
 */
const MIN_EFFECTIVE = 4;
/** Smallest number of quotes that place a fit which has its shape from elsewhere. */
const MIN_ANCHORED_QUOTES = 2;
const FACTORS = ['atm', 'skew', 'curvature'] as const;

/**
 * Guards common to calibrated smiles: no butterfly arbitrage in the quoted range, Lee's wing bound, enough quotes (of a
 * fit that has its shape from a parent or a frozen structure: enough to place it), quotes on both sides of the forward, in-sample inside share, and bounded moves of ATM
 * volatility, skew and curvature in standard errors unless the market confirms them. Limits: methods.md 6.4.
 */
export function surfaceGuard(previous: Features | null, next: Features, fit: Fit, confirmed: boolean): Breach[] {
  const breaches: Breach[] = [];
  const check = (guard: string, value: number, limit: number, holds: boolean): void => {
    if (!holds) breaches.push({ guard, value, limit });
  };
  const number = (name: string): number => fit.numbers[name] ?? NaN;
  const anchored = number('child') === 1 || number('levelSkew') === 1;
  const needed = anchored ? MIN_ANCHORED_QUOTES : MIN_QUOTES;
  check('butterfly-arbitrage', number('minG'), 0, number('minG') >= -1e-9);
  check('wing-slope', number('wingSlope'), 2, number('wingSlope') <= 2 + 1e-9);
  check('quotes', number('used'), needed, number('used') >= needed);
  if (!anchored) check('effective-quotes', number('effective'), MIN_EFFECTIVE, number('effective') >= MIN_EFFECTIVE);
  if (!anchored)
    check('coverage', Math.min(-number('kLow'), number('kHigh')), 0, number('kLow') < 0 && number('kHigh') > 0);
  // A frozen structure cannot go through every quote: that it is no worse than what serves is held against its own batch.
  if (number('levelSkew') !== 1) check('inside-share', number('insideShare'), 0.6, number('insideShare') >= 0.6);
  if (previous !== null && !confirmed)
    FACTORS.forEach((name, i) => {
      const move = Math.abs(next.phi[i] - previous.phi[i]);
      const variance = (next.covariance[4 * i] ?? 0) + (previous.covariance[4 * i] ?? 0);
      const tenorCap = 0.05 * Math.sqrt(30 / Math.max(fit.years * 365, 0.25));
      const limit = Math.max(6 * Math.sqrt(Math.max(0, variance)), tenorCap);
      check(`${name}-move`, move, limit, move <= limit);
    });
  return breaches;
}
