/** Options that the commands of `vernier credit` share, and how their files are read and written. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { readDiscountCurves, readQuoteSets } from '../app/credit/credit-files.ts';
import { calibrateSets } from '../app/credit/credit-run.ts';
import type { CalibratedSet, CreditTerms, RefusedSet } from '../app/credit/credit-run.ts';
import { tableCsv, tableJson } from '../app/credit/credit-table.ts';
import type { CreditTable } from '../app/credit/credit-table.ts';
import { CsvError } from '../app/csv.ts';
import { CALENDAR_NAMES, WEEKENDS, businessCalendar } from '../credit/business-day.ts';
import { parseDay } from '../credit/calendar-day.ts';
import type { Day } from '../credit/calendar-day.ts';
import { ACCRUAL_FORMULAS } from '../credit/cds-grid.ts';
import { ARBITRAGE_MODES } from '../credit/credit-curve.ts';
import type { DiscountCurve, RateConventions } from '../credit/discount-curve.ts';
import { flatRate } from '../credit/integrated-rate.ts';
import { writeOutput } from './output-file.ts';
import { UsageError } from './usage-error.ts';

/** Flags of every command that calibrates curves. */
export interface CurveFlags {
  quotes: string;
  discount: string;
  tradeDate: string;
  accrual: string;
  arbitrage: string;
  calendar: string;
  swapMonths: string;
  swapDayCount: string;
  out?: string;
  json?: boolean;
}

/** Adds the options of {@link CurveFlags}. */
export function curveOptions(command: Command): Command {
  return command
    .requiredOption('--quotes <csv>', 'scenario,discount_curve,recovery,tenor,maturity,quote_type,coupon,quote')
    .requiredOption(
      '--discount <csv>',
      'curve,t_act365f,zero_rate_cc (or discount_factor); or tenor,type,rate to build one',
    )
    .requiredOption('--trade-date <date>', 'YYYY-MM-DD')
    .option('--accrual <formula>', ACCRUAL_FORMULAS.join(' | '), 'isda')
    .option('--arbitrage <mode>', ARBITRAGE_MODES.join(' | '), 'ignore')
    .option('--calendar <name>', `${CALENDAR_NAMES.join(' | ')}, several joined with +`, 'weekends')
    .option('--swap-months <n>', 'months between payments of swaps in a curve that is built', '12')
    .option('--swap-day-count <name>', 'act/360 | act/365 | 30/360, of those swaps', 'act/360')
    .option('--out <csv>', 'where to write; stdout without it')
    .option('--json', 'one JSON object a row instead of CSV');
}

/** Reads the files and calibrates every quote set. */
export function calibrated(flags: CurveFlags): { runs: (CalibratedSet | RefusedSet)[]; terms: CreditTerms } {
  const terms = termsOf(flags);
  const conventions = rateConventions(flags);
  const discounts = fromFile(flags.discount, (text) => readDiscountCurves(text, terms.trade, conventions));
  return { runs: calibrateSets(fromFile(flags.quotes, readQuoteSets), discounts, terms), terms };
}

/** Conventions of the swaps of a curve that is built; its dates know weekends only, as on the official grid. */
export function rateConventions(flags: Pick<CurveFlags, 'swapMonths' | 'swapDayCount'>): RateConventions {
  const swapDayCount = (['act/360', 'act/365', '30/360'] as const).find((c) => c === flags.swapDayCount);
  if (swapDayCount === undefined)
    throw new UsageError(`--swap-day-count ${flags.swapDayCount}: act/360, act/365 or 30/360`);
  return { calendar: WEEKENDS, swapMonths: positive('--swap-months', flags.swapMonths), swapDayCount };
}

/** Terms of the flags; throws {@link UsageError} naming the flag. */
export function termsOf(flags: Pick<CurveFlags, 'tradeDate' | 'accrual' | 'arbitrage' | 'calendar'>): CreditTerms {
  const accrual = ACCRUAL_FORMULAS.find((a) => a === flags.accrual);
  if (accrual === undefined) throw new UsageError(`--accrual ${flags.accrual}: one of ${ACCRUAL_FORMULAS.join(', ')}`);
  const arbitrage = ARBITRAGE_MODES.find((m) => m === flags.arbitrage);
  if (arbitrage === undefined)
    throw new UsageError(`--arbitrage ${flags.arbitrage}: one of ${ARBITRAGE_MODES.join(', ')}`);
  const calendar = businessCalendar(flags.calendar);
  if (calendar === undefined)
    throw new UsageError(`--calendar ${flags.calendar}: ${CALENDAR_NAMES.join(', ')}, joined with +`);
  return { trade: tradeDay(flags.tradeDate), accrual, arbitrage, calendar };
}

/** The day of --trade-date. */
export function tradeDay(text: string): Day {
  const trade = parseDay(text);
  if (Number.isNaN(trade)) throw new UsageError(`--trade-date ${text}: a date YYYY-MM-DD is needed`);
  return trade;
}

/** A positive number of an option. */
export function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new UsageError(`${option} ${text}: a positive number is needed`);
  return value;
}

/** Reads a file through `read`; what is wrong with it is a {@link UsageError} naming the file. */
export function fromFile<T>(file: string, read: (text: string) => T): T {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`, { cause: error });
  }
  try {
    return read(text);
  } catch (error) {
    if (error instanceof CsvError) throw new UsageError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Writes a table to --out or stdout. */
export function emit(flags: Pick<CurveFlags, 'out' | 'json'>, table: CreditTable): void {
  const text = flags.json === true ? tableJson(table) : tableCsv(table);
  if (flags.out === undefined) process.stdout.write(text);
  else writeOutput('--out', flags.out, text);
}

/** The curve of --rate. */
export function flatDiscount(rate: string | undefined): DiscountCurve | undefined {
  if (rate === undefined) return undefined;
  if (!(Math.abs(Number(rate)) < 1)) throw new UsageError(`--rate ${rate}: a fraction a year is needed`);
  return flatRate(Number(rate));
}
