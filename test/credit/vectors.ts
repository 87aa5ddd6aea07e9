/** Reference vectors of credit, the full ones beside the checkout or those in `golden/credit`, and the curves they describe. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { bootstrapHazards } from '../../src/credit/bootstrap.ts';
import { parseDay } from '../../src/credit/calendar-day.ts';
import { standardCds } from '../../src/credit/cds-contract.ts';
import type { CdsContract } from '../../src/credit/cds-contract.ts';
import type { AccrualFormula } from '../../src/credit/cds-grid.ts';
import type { CdsQuote, QuoteKind } from '../../src/credit/cds-quote.ts';
import type { ArbitrageMode, CreditCurve } from '../../src/credit/credit-curve.ts';
import { curveGrid } from '../../src/credit/curve-grid.ts';
import type { CurveGrid } from '../../src/credit/curve-grid.ts';
import { discountFromZeroRates } from '../../src/credit/discount-curve.ts';
import type { DiscountCurve } from '../../src/credit/discount-curve.ts';
import { parseCsv } from '../../src/app/csv.ts';
import { absent as absentBeside, textRows as rowsBeside } from '../hedge/credit-vectors.ts';

/** A row of text cells. */
export type Row = Readonly<Record<string, string>>;

const golden = (name: string): URL => new URL(`../../golden/credit/${name}`, import.meta.url);

/** False, or the reason for a skip: a file is neither beside the checkout nor in it. */
export function absent(...names: readonly string[]): string | false {
  const missing = names.find((name) => absentBeside(name) !== false && !existsSync(golden(name)));
  return missing === undefined ? false : absentBeside(missing);
}

/** Rows of a vector file: the full one where it is there. */
export function textRows(name: string): Record<string, string>[] {
  if (absentBeside(name) === false) return rowsBeside(name);
  const { columns, rows } = parseCsv(readFileSync(golden(name), 'utf8'));
  return rows.map((cells) => Object.fromEntries(columns.map((c, i) => [c, cells[i]])));
}

/** Trade date of the scenario files. */
export const TRADE = parseDay('2026-01-15');

/** Discount curves of `isda_discount_curves.csv` by name. */
export function discountCurves(): Map<string, DiscountCurve> {
  const curves = new Map<string, DiscountCurve>();
  for (const [name, rows] of grouped(textRows('isda_discount_curves.csv'), 'curve')) {
    curves.set(
      name,
      curveOfRates(
        rows.map((r) => Number(r['t_act365f'])),
        rows.map((r) => Number(r['zero_rate_cc'])),
      ),
    );
  }
  return curves;
}

/** The discount curve of zero rates that are known to be good. */
export function curveOfRates(times: readonly number[], zeroRates: readonly number[]): DiscountCurve {
  const outcome = discountFromZeroRates(times, zeroRates);
  if (outcome.status !== 'ok') assert.fail(outcome.message);
  return outcome.curve;
}

/** The standard contract to a date, which must exist. */
export function contractTo(maturity: string, trade: string = '2026-01-15'): CdsContract {
  const contract = standardCds(parseDay(trade), parseDay(maturity));
  if ('status' in contract) assert.fail(contract.message);
  return contract;
}

/** The instruments of a quote set. */
export function gridOf(set: Scenario, accrual: AccrualFormula = 'isda'): CurveGrid {
  const outcome = curveGrid(TRADE, set.discount, set.quotes, accrual);
  if (outcome.status !== 'ok') assert.fail(outcome.message);
  return outcome.grid;
}

const calibrated = new Map<string, CreditCurve>();

/** The curve of a quote set that is known to have one; calibrated once. */
export function bootstrapped(
  set: Scenario,
  accrual: AccrualFormula,
  arbitrage: Exclude<ArbitrageMode, 'constrained'>,
): CreditCurve {
  const key = `${set.name} ${accrual} ${arbitrage}`;
  const known = calibrated.get(key);
  if (known) return known;
  const outcome = bootstrapHazards(gridOf(set, accrual), set.quotes, { recovery: set.recovery, arbitrage });
  if (outcome.status !== 'ok') assert.fail(`${key}: ${outcome.message}`);
  calibrated.set(key, outcome);
  return outcome;
}

/** A quote set of `isda_scenarios.csv`. */
export interface Scenario {
  readonly name: string;
  readonly discount: DiscountCurve;
  readonly recovery: number;
  readonly quotes: readonly CdsQuote[];
}

/** Quote sets of `isda_scenarios.csv` by name. */
export function scenarios(): Map<string, Scenario> {
  const curves = discountCurves();
  const sets = new Map<string, Scenario>();
  for (const [name, rows] of grouped(textRows('isda_scenarios.csv'), 'scenario')) {
    const discount = curves.get(rows[0]['discount_curve']);
    assert.ok(discount);
    sets.set(name, {
      name,
      discount,
      recovery: Number(rows[0]['recovery']),
      quotes: rows.map((r) => ({
        node: r['tenor'],
        maturity: parseDay(r['maturity']),
        kind: (r['quote_type'] === 'puf' ? 'upfront' : r['quote_type']) as QuoteKind,
        coupon: Number(r['coupon']),
        value: Number(r['quote']),
      })),
    });
  }
  return sets;
}

/** Rows by the text of one column, in order of first appearance. */
export function grouped(rows: readonly Row[], column: string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row[column]);
    if (group) group.push(row);
    else groups.set(row[column], [row]);
  }
  return groups;
}

/** Largest difference between what was computed and what a row says, and where. */
export class Worst {
  size = 0;
  where = '';
  count = 0;

  /** Compares one number; NaN against a number is infinitely far. */
  add(where: string, got: number, wanted: number): void {
    this.count++;
    const gap = got === wanted || (Number.isNaN(got) && Number.isNaN(wanted)) ? 0 : Math.abs(got - wanted);
    if (!(gap <= this.size))
      [this.size, this.where] = [Number.isNaN(gap) ? Infinity : gap, `${where}: ${got}, not ${wanted}`];
  }

  /** Fails unless something was compared and all of it is within the tolerance. */
  within(tolerance: number): void {
    assert.ok(this.count > 0, 'nothing was compared');
    assert.ok(this.size <= tolerance, `${this.size} at ${this.where}`);
  }
}
