/** `vernier credit price --contracts`: swaps on any dates, each row with its own contract and its own curve. */
import type { BusinessCalendar } from '../../credit/business-day.ts';
import { isoDay, parseDay } from '../../credit/calendar-day.ts';
import type { Day } from '../../credit/calendar-day.ts';
import { accruedDays, freeDateCds, standardCds } from '../../credit/cds-contract.ts';
import type { CdsContract, ContractRefusal } from '../../credit/cds-contract.ts';
import { cdsGrid } from '../../credit/cds-grid.ts';
import type { AccrualFormula } from '../../credit/cds-grid.ts';
import { priceCds } from '../../credit/cds-price.ts';
import type { SurvivalCurve } from '../../credit/cds-price.ts';
import type { DiscountCurve } from '../../credit/discount-curve.ts';
import { flatRate } from '../../credit/integrated-rate.ts';
import { flatGrid, flatHazard, quotedSpreadOfUpfront } from '../../credit/quoted-spread.ts';
import { cellProblem, fileRows } from './credit-files.ts';
import type { FileRow } from './credit-files.ts';
import type { CreditTable, TableRow } from './credit-table.ts';

/** What rows are told that they do not say themselves. */
export interface ContractTerms {
  readonly trade: Day;
  readonly recovery: number;
  readonly accrual: AccrualFormula;
  readonly calendar: BusinessCalendar;
  /** The discount curve of a trade date, or why there is none. */
  discountAt(trade: Day): DiscountCurve | string;
}

const COLUMNS = [
  'line', 'trade_date', 'start', 'maturity', 'coupon', 'recovery', 'protection_leg', 'annuity_dirty', 'annuity_clean',
  'accrual_on_default', 'accrued_days', 'cash_settle', 'par_spread', 'puf_clean', 'pv_dirty', 'cash_10mm', 'clean_price',
  'quoted_spread',
]; // prettier-ignore

/** Prefix of the columns that hold a row's own curve: integrated hazard up to the date in the name. */
const KNOT = 'cumhaz_';

/**
 * Prices the swaps of a file. A row has `maturity` (or `end`) and `coupon` (or `spread_bp`), and its curve as
 * `quoted_spread`, `puf`, or integrated hazards in columns `cumhaz_DATE`; `trade_date` (or `today`), `start` (free dates;
 * a standard contract without it) and `recovery` where they differ from the options.
 */
export function contractTable(text: string, terms: ContractTerms): { table: CreditTable; problems: string[] } {
  const header = text.slice(0, text.indexOf('\n')).split(',');
  const knots = header.map((c) => c.trim()).filter((c) => c.startsWith(KNOT));
  const rows: TableRow[] = [];
  const problems: string[] = [];
  for (const row of fileRows(text, [])) {
    const priced = contractRow(row, knots, terms);
    if (typeof priced === 'string') problems.push(priced);
    else rows.push(priced);
  }
  return { table: { columns: COLUMNS, rows }, problems };
}

/** The first of the named columns that the file has. */
function named(row: FileRow, names: readonly string[]): string | undefined {
  return names.find((name) => row.has(name));
}

function contractRow(row: FileRow, knots: readonly string[], terms: ContractTerms): TableRow | string {
  const tradeColumn = named(row, ['trade_date', 'today']);
  const trade = tradeColumn === undefined ? terms.trade : parseDay(row.text(tradeColumn));
  if (Number.isNaN(trade)) return cellProblem(row, tradeColumn ?? '', 'a date YYYY-MM-DD');
  const maturityColumn = named(row, ['maturity', 'end']) ?? 'maturity';
  const maturity = parseDay(row.text(maturityColumn));
  if (Number.isNaN(maturity)) return cellProblem(row, maturityColumn, 'a date YYYY-MM-DD');
  const couponColumn = named(row, ['coupon', 'spread_bp']) ?? 'coupon';
  const coupon = row.number(couponColumn) / (couponColumn === 'spread_bp' ? 1e4 : 1);
  if (!(coupon >= 0 && coupon <= 1)) return cellProblem(row, couponColumn, 'a coupon (0.01 = 100 bp)');
  const recovery = row.has('recovery') ? row.number('recovery') : terms.recovery;
  if (!(recovery >= 0 && recovery < 1)) return cellProblem(row, 'recovery', 'a fraction in [0, 1)');
  const discount = terms.discountAt(trade);
  if (typeof discount === 'string') return `line ${row.line}: ${discount}`;
  if (maturity <= trade) return overRow(row, trade, maturity, coupon, recovery);
  const contract = contractOf(row, trade, maturity, terms);
  if (typeof contract === 'string') return contract;
  if ('status' in contract) return `line ${row.line}: ${contract.field} ${contract.value} ${contract.message}`;
  const curve = curveOf(row, contract, knots, discount, coupon, recovery, terms.accrual);
  if (typeof curve === 'string') return curve;
  return pricedRow(row, contract, curve, discount, coupon, recovery, terms.accrual);
}

/** A contract that is over pays nothing. */
function overRow(row: FileRow, trade: Day, maturity: Day, coupon: number, recovery: number): TableRow {
  return {
    line: row.line,
    trade_date: isoDay(trade),
    start: row.text('start'),
    maturity: isoDay(maturity),
    coupon,
    recovery,
    protection_leg: 0,
    annuity_dirty: 0,
    annuity_clean: 0,
    accrual_on_default: 0,
    accrued_days: 0,
    puf_clean: 0,
    pv_dirty: 0,
    cash_10mm: 0,
    clean_price: 1,
  };
}

function contractOf(
  row: FileRow,
  trade: Day,
  maturity: Day,
  terms: ContractTerms,
): CdsContract | ContractRefusal | string {
  const { calendar } = terms;
  if (!row.has('start') || row.text('start') === '') return standardCds(trade, maturity, { calendar });
  const start = parseDay(row.text('start'));
  if (Number.isNaN(start)) return cellProblem(row, 'start', 'a date YYYY-MM-DD');
  // Legs of free dates are as of the trade date, which is when they are compared.
  return freeDateCds({ trade, start, maturity, settle: trade, calendar });
}

function curveOf(
  row: FileRow,
  contract: CdsContract,
  knots: readonly string[],
  discount: DiscountCurve,
  coupon: number,
  recovery: number,
  accrual: AccrualFormula,
): SurvivalCurve | string {
  if (knots.length > 0) {
    const times = knots.map((name) => (parseDay(name.slice(KNOT.length)) - contract.trade) / 365);
    const values = knots.map((name) => row.number(name));
    const wrong = times.findIndex((t, i) => !(t > (i === 0 ? 0 : times[i - 1])) || !Number.isFinite(values[i]));
    if (wrong >= 0) return cellProblem(row, knots[wrong], 'an integrated hazard to a date after the one before');
    return { times, values };
  }
  const column = named(row, ['quoted_spread', 'puf']);
  if (column === undefined) return `line ${row.line}: quoted_spread, puf or cumhaz_DATE is needed`;
  const grid = flatGrid(contract, discount, accrual);
  const value = row.number(column);
  const flat = column === 'puf' ? flatHazard(grid, coupon, recovery, value) : flatHazard(grid, value, recovery, 0);
  if (!Number.isFinite(value) || flat.status !== 'ok')
    return cellProblem(row, column, 'a value that some flat hazard gives');
  return flatRate(flat.hazard, grid.years);
}

function pricedRow(
  row: FileRow,
  contract: CdsContract,
  curve: SurvivalCurve,
  discount: DiscountCurve,
  coupon: number,
  recovery: number,
  accrual: AccrualFormula,
): TableRow {
  const grid = cdsGrid(contract, discount, curve.times, accrual);
  const price = priceCds(grid, curve, coupon, recovery);
  const withoutAccrual = priceCds({ ...grid, accrualScale: 0 }, curve, coupon, recovery);
  const quoted = quotedSpreadOfUpfront(flatGrid(contract, discount, accrual), price.upfront, coupon, recovery);
  return {
    line: row.line,
    trade_date: isoDay(contract.trade),
    start: isoDay(contract.periods[0].start),
    maturity: isoDay(contract.maturity),
    coupon,
    recovery,
    protection_leg: price.protection,
    annuity_dirty: price.annuityDirty,
    annuity_clean: price.annuityClean,
    accrual_on_default: coupon * (price.annuityDirty - withoutAccrual.annuityDirty),
    accrued_days: accruedDays(contract),
    cash_settle: isoDay(contract.settle),
    par_spread: price.parSpread,
    puf_clean: price.upfront,
    pv_dirty: price.dirty,
    cash_10mm: 1e7 * price.dirty,
    clean_price: price.cleanPrice,
    quoted_spread: quoted.status === 'ok' ? quoted.value : NaN,
  };
}
