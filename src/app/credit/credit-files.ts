/** The CSV files of `vernier credit`: quote sets and discount curves, and everything that is wrong with a row, by line. */
import { isoDay, parseDay } from '../../credit/calendar-day.ts';
import type { Day } from '../../credit/calendar-day.ts';
import type { CdsQuote, QuoteKind } from '../../credit/cds-quote.ts';
import { bootstrapDiscount, discountFromFactors, discountFromZeroRates } from '../../credit/discount-curve.ts';
import type { DiscountCurve, DiscountOutcome, RateConventions } from '../../credit/discount-curve.ts';
import { CsvError, cellText, parseCell, parseCsv } from '../csv.ts';

/** A row of a file by column name. */
export interface FileRow {
  /** Line of the file, from 1. */
  readonly line: number;
  text(column: string): string;
  /** NaN for an empty or unreadable cell. */
  number(column: string): number;
  has(column: string): boolean;
}

/** Rows of a CSV text; throws {@link CsvError} when one of `needed` is not in the header. */
export function fileRows(text: string, needed: readonly string[]): FileRow[] {
  const { columns, rows, lines } = parseCsv(text);
  const at = new Map(columns.map((c, i) => [c, i]));
  if (at.size < columns.length) throw new CsvError('a column name occurs twice in the header');
  const missing = needed.filter((c) => !at.has(c));
  if (missing.length > 0)
    throw new CsvError(`column ${missing.join(', ')} is missing; the file has ${columns.join(',')}`);
  return rows.map((cells, i) => ({
    line: lines[i],
    has: (column) => at.has(column),
    text: (column) => cellText(cells[at.get(column) ?? -1] ?? ''),
    number: (column) => parseCell(cells[at.get(column) ?? -1] ?? ''),
  }));
}

/** A cell that cannot be used: which line, which column, what it says, what it should be. */
export function cellProblem(row: FileRow, column: string, wanted: string): string {
  const cell = row.text(column);
  return `line ${row.line}: ${column} is ${cell === '' ? 'empty' : cell}; ${wanted} is needed`;
}

/** Quotes of one name, as a file has them. */
export interface QuoteSet {
  readonly name: string;
  readonly discountName: string;
  readonly recovery: number;
  readonly quotes: readonly CdsQuote[];
  /** Half of bid-ask per quote where the file has `half_spread`, or `bid` and `ask`; NaN elsewhere. */
  readonly halfSpreads: readonly number[];
  /** What is wrong with its rows; a set with problems is not calibrated. */
  readonly problems: readonly string[];
}

/** Columns every quote file must have. */
export const QUOTE_COLUMNS = [
  'scenario',
  'discount_curve',
  'recovery',
  'tenor',
  'maturity',
  'quote_type',
  'coupon',
  'quote',
];

/** Spellings of the kinds of quote. */
const KINDS: Readonly<Record<string, QuoteKind>> = {
  par: 'par',
  par_spread: 'par',
  puf: 'upfront',
  upfront: 'upfront',
  quoted: 'quoted',
  quoted_spread: 'quoted',
};

/** Reads quote sets (columns {@link QUOTE_COLUMNS}); the sets and their rows keep the file's order. */
export function readQuoteSets(text: string): QuoteSet[] {
  const sets = new Map<string, FileRow[]>();
  for (const row of fileRows(text, QUOTE_COLUMNS)) {
    const name = row.text('scenario');
    const rows = sets.get(name);
    if (rows) rows.push(row);
    else sets.set(name, [row]);
  }
  return [...sets].map(([name, rows]) => quoteSet(name, rows));
}

function quoteSet(name: string, rows: readonly FileRow[]): QuoteSet {
  const problems: string[] = [];
  const first = rows[0];
  for (const row of rows) {
    for (const column of ['recovery', 'discount_curve'])
      if (row.text(column) !== first.text(column))
        problems.push(cellProblem(row, column, `the ${first.text(column)} of line ${first.line}`));
  }
  const recovery = first.number('recovery');
  if (Number.isNaN(recovery)) problems.push(cellProblem(first, 'recovery', 'a fraction'));
  const quotes = rows.map((row): CdsQuote => {
    const maturity = parseDay(row.text('maturity'));
    if (Number.isNaN(maturity)) problems.push(cellProblem(row, 'maturity', 'a date YYYY-MM-DD'));
    const kind = KINDS[row.text('quote_type').toLowerCase()];
    if (kind === undefined) problems.push(cellProblem(row, 'quote_type', 'par, puf or quoted'));
    const value = row.number('quote');
    if (!Number.isFinite(value)) problems.push(cellProblem(row, 'quote', 'a number'));
    const coupon = row.number('coupon');
    if (kind !== 'par' && kind !== undefined && Number.isNaN(coupon))
      problems.push(cellProblem(row, 'coupon', `the coupon of a ${row.text('quote_type')} quote`));
    return {
      node: row.text('tenor') === '' ? row.text('maturity') : row.text('tenor'),
      maturity,
      kind: kind ?? 'par',
      coupon: Number.isNaN(coupon) ? 0 : coupon,
      value,
    };
  });
  const halfSpreads = rows.map((row) =>
    row.has('half_spread') ? row.number('half_spread') : 0.5 * (row.number('ask') - row.number('bid')),
  );
  return { name, discountName: first.text('discount_curve'), recovery, quotes, halfSpreads, problems };
}

/** A discount curve of a file, or what is wrong with it. */
export type NamedDiscount =
  | { readonly status: 'ok'; readonly curve: DiscountCurve }
  | { readonly status: 'refused'; readonly message: string };

/**
 * Reads discount curves by name. Either knots (`curve,t_act365f` with `zero_rate_cc` or `discount_factor`), or instruments from
 * which they are built (`tenor,type,rate` with type M.. or S.., and `curve` where there are several).
 */
export function readDiscountCurves(text: string, trade: Day, conventions: RateConventions): Map<string, NamedDiscount> {
  const all = fileRows(text, []);
  if (all.length === 0) throw new CsvError('no discount curve in the file');
  const isKnots = all[0].has('t_act365f');
  if (!isKnots && !(all[0].has('tenor') && all[0].has('rate') && typeColumn(all[0]) !== undefined))
    throw new CsvError('columns curve,t_act365f and zero_rate_cc or discount_factor are needed, or tenor,type,rate');
  if (isKnots && !all[0].has('zero_rate_cc') && !all[0].has('discount_factor'))
    throw new CsvError('column zero_rate_cc or discount_factor is missing');
  const groups = new Map<string, FileRow[]>();
  for (const row of all) {
    const name = row.has('curve') ? row.text('curve') : '';
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const curves = new Map<string, NamedDiscount>();
  for (const [name, rows] of groups) {
    const outcome = isKnots ? knotCurve(rows) : instrumentCurve(rows, trade, conventions);
    if (outcome.status === 'ok') curves.set(name, outcome);
    else {
      const line = rows[Math.min(outcome.knot, rows.length - 1)].line;
      const message = `discount curve ${name}, line ${line}: ${outcome.field} ${outcome.value}: ${outcome.message}`;
      curves.set(name, { status: 'refused', message });
    }
  }
  return curves;
}

function knotCurve(rows: readonly FileRow[]): DiscountOutcome {
  const times = rows.map((r) => r.number('t_act365f'));
  return rows[0].has('zero_rate_cc')
    ? discountFromZeroRates(
        times,
        rows.map((r) => r.number('zero_rate_cc')),
      )
    : discountFromFactors(
        times,
        rows.map((r) => r.number('discount_factor')),
      );
}

/** The column that says what an instrument is. */
function typeColumn(row: FileRow): string | undefined {
  return ['type', 'type(M/S)'].find((c) => row.has(c));
}

function instrumentCurve(rows: readonly FileRow[], trade: Day, conventions: RateConventions): DiscountOutcome {
  return bootstrapDiscount(
    trade,
    rows.map((r) => ({
      kind: /^s/i.test(r.text(typeColumn(r) ?? '')) ? 'swap' : 'deposit',
      tenor: r.text('tenor'),
      rate: r.number('rate'),
    })),
    conventions,
  );
}

/**
 * Discount curves by trade date: of rows with a `trade_date` those of that date, all rows otherwise; each built once. The
 * first curve of a file is taken.
 */
export function datedDiscounts(text: string, conventions: RateConventions): (trade: Day) => DiscountCurve | string {
  const [header, ...lines] = text.split(/\r\n?|\n/).filter((line) => line.trim() !== '');
  if (header === undefined) throw new CsvError('no discount curve in the file');
  const at = header.split(',').findIndex((c) => c.trim() === 'trade_date');
  const known = new Map<Day, DiscountCurve | string>();
  return (trade) => {
    const seen = known.get(trade);
    if (seen !== undefined) return seen;
    const own = at < 0 ? lines : lines.filter((line) => line.split(',')[at]?.trim() === isoDay(trade));
    const curve = own.length === 0 ? undefined : firstCurve([header, ...own].join('\n'), trade, conventions);
    const found = curve ?? `no discount curve of ${isoDay(trade)}`;
    known.set(trade, found);
    return found;
  };
}

function firstCurve(text: string, trade: Day, conventions: RateConventions): DiscountCurve | string {
  const [first] = readDiscountCurves(text, trade, conventions).values();
  return first.status === 'ok' ? first.curve : first.message;
}
