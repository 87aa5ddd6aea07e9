import type { FitOptions, FitStatus, SliceQuotes } from './family.ts';
import { whitenPrior } from './factor-prior.ts';

/** Why a slice cannot be calibrated at all. */
export interface Refusal {
  readonly status: FitStatus;
  readonly reason: string;
}

/**
 * Refuses what no family can calibrate: expired, arrays of different length, values that are not finite or out of
 * domain (naming field, index and value), unsorted strikes, a prior that is no Gaussian, fewer distinct strikes than
 * `needed`. Error bars are only looked at by the `error-bars` objective. Null when the slice is sound.
 */
export function refuseSlice(slice: SliceQuotes, options: FitOptions, needed: number): Refusal | null {
  const { years, k, sigma, errorBar } = slice;
  if (!(years > 0)) return { status: 'expired', reason: `years = ${years}: a smile needs time to expiry above zero` };
  if (!(years < 1000)) return { status: 'not-finite', reason: `years = ${years}` };
  const n = k.length;
  if (sigma.length !== n || errorBar.length !== n) {
    return {
      status: 'degenerate',
      reason: `lengths differ: k ${n}, sigma ${sigma.length}, errorBar ${errorBar.length}`,
    };
  }
  let distinct = 0;
  for (let i = 0; i < n; i++) {
    if (!(Math.abs(k[i]) <= 20)) return { status: 'not-finite', reason: `k[${i}] = ${k[i]}: outside [-20, 20]` };
    if (!(sigma[i] > 0 && sigma[i] <= 100)) {
      return { status: 'not-finite', reason: `sigma[${i}] = ${sigma[i]}: outside (0, 100]` };
    }
    if (options.objective === 'error-bars' && !(errorBar[i] > 0 && errorBar[i] < Infinity)) {
      return { status: 'not-finite', reason: `errorBar[${i}] = ${errorBar[i]}: must be finite and above zero` };
    }
    if (i > 0 && k[i] < k[i - 1]) {
      return { status: 'degenerate', reason: `k[${i}] = ${k[i]} is below k[${i - 1}] = ${k[i - 1]}: not sorted` };
    }
    if (i === 0 || k[i] > k[i - 1]) distinct++;
  }
  if (distinct < needed) {
    return {
      status: 'too-few-quotes',
      reason: `${distinct} distinct strikes of ${n} quotes; at least ${needed} needed`,
    };
  }
  if (options.objective === 'error-bars' && options.prior && !whitenPrior(options.prior)) {
    return { status: 'not-finite', reason: 'prior covariance is not symmetric positive definite' };
  }
  return null;
}

/** {@link refuseSlice} for every slice of a surface, which must also come in order of time to expiry, each later than the last. */
export function refuseSlices(slices: readonly SliceQuotes[], options: FitOptions, needed: number): (Refusal | null)[] {
  return slices.map((slice, i) => {
    const refusal = refuseSlice(slice, options, needed);
    if (refusal || i === 0 || slice.years > slices[i - 1].years) return refusal;
    return { status: 'degenerate', reason: `years ${slice.years} does not exceed that of the slice before it` };
  });
}

/**
 * What a fit that found its minimum must still confess: a forward outside the quoted strikes (then the ATM volatility
 * and one wing are extrapolated). Empty when there is nothing to say.
 */
export function unseenWing(slice: SliceQuotes): string {
  const { k } = slice;
  const low = k[0];
  const high = k[k.length - 1];
  if (low < 0 && high > 0) return '';
  return `quotes span k in [${low}, ${high}], on one side of the forward: the other wing is not observed`;
}

/**
 * Names a systematic misfit: residuals in order of strike whose lag-one correlation is above 0.5 and more than three
 * standard errors from zero, with the largest of them. The family cannot take the shape of this smile. Empty otherwise.
 * `scale` is the error (volatility fraction) under which a misfit does not matter.
 */
export function systematicMisfit(residuals: ArrayLike<number>, k: ArrayLike<number>, scale: number): string {
  const n = residuals.length;
  if (n < 12) return '';
  let squares = 0;
  let products = 0;
  let worst = 0;
  for (let i = 0; i < n; i++) {
    squares += residuals[i] * residuals[i];
    if (i > 0) products += residuals[i] * residuals[i - 1];
    if (Math.abs(residuals[i]) > Math.abs(residuals[worst])) worst = i;
  }
  const correlation = products / squares;
  const rmse = Math.sqrt(squares / n);
  if (!(rmse > scale) || !(correlation > 0.5) || !(correlation * Math.sqrt(n) > 3)) return '';
  return (
    `residuals are systematic: rms ${rmse.toFixed(5)}, lag-one correlation ${correlation.toFixed(2)}, ` +
    `largest ${residuals[worst].toFixed(5)} at k = ${k[worst].toFixed(4)}`
  );
}

/** Volatility error under which a systematic misfit is not worth a word. */
const MISFIT = 0.002;
/** Share of the quotes' typical volatility from which a misfit is called large whatever its pattern. */
const LARGE_MISFIT = 0.05;

/**
 * What residuals (observed - predicted volatility) say against a fit that found its minimum: a systematic misfit, or a
 * large one, rms above a twentieth of the quotes' own rms volatility. Empty when there is nothing to say.
 */
export function misfit(residuals: ArrayLike<number>, slice: SliceQuotes): string {
  const systematic = systematicMisfit(residuals, slice.k, MISFIT);
  if (systematic) return systematic;
  const { k, sigma } = slice;
  let squares = 0;
  let levels = 0;
  let worst = 0;
  for (let i = 0; i < k.length; i++) {
    squares += residuals[i] * residuals[i];
    levels += sigma[i] * sigma[i];
    if (Math.abs(residuals[i]) > Math.abs(residuals[worst])) worst = i;
  }
  const share = Math.sqrt(squares / levels);
  if (!(share > LARGE_MISFIT)) return '';
  return (
    `residuals are large: rms ${Math.sqrt(squares / k.length).toFixed(5)}, ${(100 * share).toFixed(0)} % of the ` +
    `volatilities, largest ${residuals[worst].toFixed(5)} at k = ${k[worst].toFixed(4)}`
  );
}
