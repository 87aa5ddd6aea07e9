/** One run of `vernier credit`: every quote set of a file calibrated, and what could not be, with its reason. */
import type { BusinessCalendar } from '../../credit/business-day.ts';
import type { Day } from '../../credit/calendar-day.ts';
import { calibrateCurve } from '../../credit/constrained-curve.ts';
import type { ArbitrageMode, CreditCurve } from '../../credit/credit-curve.ts';
import { curveGrid } from '../../credit/curve-grid.ts';
import type { CurveGrid } from '../../credit/curve-grid.ts';
import type { AccrualFormula } from '../../credit/cds-grid.ts';
import type { CreditRefusal } from '../../credit/cds-quote.ts';
import type { NamedDiscount, QuoteSet } from './credit-files.ts';

/** What every command of the family is told. */
export interface CreditTerms {
  readonly trade: Day;
  readonly accrual: AccrualFormula;
  readonly arbitrage: ArbitrageMode;
  readonly calendar: BusinessCalendar;
}

/** A quote set with its curve. */
export interface CalibratedSet {
  readonly status: 'ok';
  readonly set: QuoteSet;
  readonly grid: CurveGrid;
  readonly curve: CreditCurve;
}

/** A quote set without one; `input` when its file is at fault, the reason of the calibration otherwise. */
export interface RefusedSet {
  readonly status: 'refused';
  readonly set: QuoteSet;
  readonly reason: 'input' | CreditRefusal['reason'];
  readonly node: string;
  readonly value: number;
  readonly limit: number;
  readonly message: string;
}

/** Calibrates all sets, each on the discount curve it names; nothing is thrown and none stops another. */
export function calibrateSets(
  sets: readonly QuoteSet[],
  discounts: ReadonlyMap<string, NamedDiscount>,
  terms: CreditTerms,
): (CalibratedSet | RefusedSet)[] {
  return sets.map((set) => calibrateSet(set, discounts, terms));
}

function calibrateSet(
  set: QuoteSet,
  discounts: ReadonlyMap<string, NamedDiscount>,
  terms: CreditTerms,
): CalibratedSet | RefusedSet {
  const input = (message: string): RefusedSet => ({
    status: 'refused', set, reason: 'input', node: '', value: NaN, limit: NaN, message,
  }); // prettier-ignore
  if (set.problems.length > 0) return input(set.problems.join('; '));
  // A file of instruments without names holds one curve, for everybody.
  const discount = discounts.get(set.discountName) ?? (discounts.size === 1 ? discounts.get('') : undefined);
  if (discount === undefined)
    return input(`no discount curve ${set.discountName}; the file has ${[...discounts.keys()].join(', ')}`);
  if (discount.status !== 'ok') return input(discount.message);
  const laid = curveGrid(terms.trade, discount.curve, set.quotes, terms.accrual, { calendar: terms.calendar });
  if (laid.status !== 'ok') return { ...laid, set };
  const curve = calibrateCurve(laid.grid, set.quotes, { recovery: set.recovery, arbitrage: terms.arbitrage });
  if (curve.status !== 'ok') return { ...curve, set };
  return { status: 'ok', set, grid: laid.grid, curve };
}
