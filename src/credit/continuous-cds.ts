/** The textbook swap: flat hazard and interest, premium paid every instant. A check on everything else, and a first guess. */
import { exp } from '../numeric/exponential.ts';
import { E1, decayMoments } from './decay-moments.ts';

/** Closed forms per unit of notional. */
export interface ContinuousCds {
  readonly survival: number;
  readonly protection: number;
  readonly annuity: number;
  readonly parSpread: number;
  readonly upfront: number;
}

/**
 * Flat interest and hazard (continuously compounded, 1/year, any sign), recovery, T in years, coupon a year: annuity
 * A = (1 - e^-(r+h)T)/(r+h), protection (1-R) h A, par spread exactly (1-R) h. Verified by `closed_form_continuous_cds.csv`.
 */
export function continuousCds(
  rate: number,
  hazard: number,
  recovery: number,
  years: number,
  coupon: number,
): ContinuousCds {
  const out = new Float64Array(4);
  decayMoments((rate + hazard) * years, out);
  const annuity = years * out[E1];
  const parSpread = (1 - recovery) * hazard;
  return {
    survival: exp(-hazard * years),
    protection: parSpread * annuity,
    annuity,
    parSpread,
    upfront: (parSpread - coupon) * annuity,
  };
}
