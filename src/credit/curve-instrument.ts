/** Anything a hazard curve can be fitted to: an observed number, its error, and what a curve says it should be. */
import { bondGrid, bondValue } from './bond.ts';
import type { Bond, RecoveryScheme } from './bond.ts';
import { ANNUITY, PROTECTION, legGradients } from './cds-grid.ts';
import type { CdsGrid } from './cds-grid.ts';
import type { QuoteKind } from './cds-quote.ts';
import type { DiscountCurve } from './discount-curve.ts';
import { quotedSpreadOfUpfront } from './quoted-spread.ts';

/** One observation of a curve. */
export interface CurveInstrument {
  readonly name: string;
  /** Time to maturity, years. */
  readonly years: number;
  /** In the instrument's own unit: spread, upfront, dirty price. */
  readonly observed: number;
  /** One standard error of the observation, same unit; half of a bid-ask spread is the usual one. */
  readonly error: number;
  /** Model value on flat hazards between the knots it was laid over; fills `gradient` with the derivatives by them. */
  evaluate(hazards: ArrayLike<number>, gradient: Float64Array): number;
}

/** A swap's quote as an instrument, in the unit of its kind. `flat` is the contract over its own maturity. */
export function cdsInstrument(
  name: string,
  grid: CdsGrid,
  flat: CdsGrid,
  knots: readonly number[],
  recovery: number,
  quote: { readonly kind: QuoteKind; readonly coupon: number; readonly value: number; readonly error: number },
): CurveInstrument {
  const n = knots.length;
  const legs = new Float64Array(4);
  const protectionBy = new Float64Array(n);
  const loss = 1 - recovery;
  const discount = grid.settleDiscount;
  const evaluate = (hazards: ArrayLike<number>, gradient: Float64Array): number => {
    legGradients(grid, knots, hazards, legs, protectionBy, gradient);
    const clean = legs[ANNUITY] - grid.accrued * discount;
    if (quote.kind === 'par') {
      const spread = (loss * legs[PROTECTION]) / clean;
      for (let j = 0; j < n; j++) gradient[j] = (loss * protectionBy[j] - spread * gradient[j]) / clean;
      return spread;
    }
    const upfront = (loss * legs[PROTECTION] - quote.coupon * clean) / discount;
    for (let j = 0; j < n; j++) gradient[j] = (loss * protectionBy[j] - quote.coupon * gradient[j]) / discount;
    if (quote.kind === 'upfront') return upfront;
    const converted = quotedSpreadOfUpfront(flat, upfront, quote.coupon, recovery);
    if (converted.status !== 'ok') return NaN;
    for (let j = 0; j < n; j++) gradient[j] *= converted.slope;
    return converted.value;
  };
  return { name, years: grid.years, observed: quote.value, error: quote.error, evaluate };
}

/** A bond's dirty price as an instrument; undefined when the bond is over or its terms make no payments. */
export function bondInstrument(
  name: string,
  bond: Bond,
  discount: DiscountCurve,
  knots: readonly number[],
  recovery: { readonly scheme: RecoveryScheme; readonly rate: number },
  price: { readonly clean: number; readonly error: number },
): CurveInstrument | undefined {
  const laid = bondGrid(bond, discount, knots, recovery.scheme, recovery.rate);
  if (laid === undefined) return undefined;
  return {
    name,
    years: laid.grid.years,
    observed: price.clean + laid.accrued,
    error: price.error,
    evaluate: (hazards, gradient) => bondValue(laid, knots, hazards, gradient),
  };
}
