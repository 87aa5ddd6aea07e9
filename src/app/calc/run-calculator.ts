/** Applies a calculator to a CSV text. */
import { CsvError, cellText, formatCell, parseCell, parseCsv, quoteCell } from '../csv.ts';
import { black76 } from './black76.ts';
import type { Calculator, Row } from './calculator.ts';
import { density } from './density.ts';
import { hedgeRatios } from './hedge-ratios.ts';
import { heston } from './heston.ts';
import { impliedVol } from './implied-volatility.ts';
import { inverse } from './inverse.ts';
import { pnlExplain } from './pnl-explain.ts';
import { sabr } from './sabr.ts';
import { ssvi } from './ssvi.ts';
import { svi } from './svi.ts';

/** Every calculator, in the order of the command's help. */
export const CALCULATORS: readonly Calculator[] = [
  black76,
  impliedVol,
  inverse,
  svi,
  ssvi,
  sabr,
  heston,
  density,
  hedgeRatios,
  pnlExplain,
];

/** A calculated file, and how many of its rows could not be. */
export interface CalculatedFile {
  /** Header and rows, each ended by a line feed. */
  readonly text: string;
  readonly rows: number;
  readonly refused: number;
  /** Line and reason of the first refused rows. */
  readonly reasons: readonly string[];
}

/** Reasons kept: enough to see what is wrong with a file. */
const MAX_REASONS = 5;

/**
 * Adds the calculator's columns to every row. All input columns are passed through; a column that the calculator
 * computes and the file already has is overwritten in its place. A row outside the domain keeps its cells and gets empty
 * ones (for `implied-vol` a status). Throws {@link CsvError} when the text is no CSV or lacks a needed column.
 */
export function runCalculator(calculator: Calculator, text: string): CalculatedFile {
  const { columns, rows, lines: lineOf } = parseCsv(text);
  const position = new Map(columns.map((c, i) => [c, i]));
  if (position.size < columns.length) throw new CsvError('a column name occurs twice in the header');
  checkColumns(calculator, columns);
  const added = calculator.outputColumns.filter((c) => !position.has(c));
  const target = calculator.outputColumns.map((c) => position.get(c) ?? columns.length + added.indexOf(c));
  let cells: readonly string[] = [];
  const row: Row = {
    has: (column) => position.has(column),
    number(column, fallback = NaN) {
      const at = position.get(column);
      return at === undefined ? fallback : parseCell(cells[at]);
    },
    text(column, fallback = '') {
      const at = position.get(column);
      return at === undefined ? fallback : cellText(cells[at]);
    },
  };
  const reasons: string[] = [];
  let refused = 0;
  const lines = [[...columns.map(quoteCell), ...added].join(',')];
  rows.forEach((line, i) => {
    cells = line;
    const result = calculator.row(row);
    const out: string[] = [...line, ...added.map(() => '')];
    if ('refused' in result) {
      refused++;
      if (reasons.length < MAX_REASONS) reasons.push(`line ${lineOf[i]}: ${result.refused}`);
      target.forEach((at, j) => (out[at] = result.cells?.[j] ?? ''));
    } else target.forEach((at, j) => (out[at] = write(result[j])));
    lines.push(out.join(','));
  });
  return { text: `${lines.join('\n')}\n`, rows: rows.length, refused, reasons };
}

function write(value: number | string): string {
  return typeof value === 'string' ? value : formatCell(value);
}

function checkColumns(calculator: Calculator, columns: readonly string[]): void {
  const missing = calculator.inputColumns.map((list) => list.filter((c) => !columns.includes(c)));
  if (missing.some((m) => m.length === 0)) return;
  const wanted = missing.map((m) => m.join(', ')).join('; or ');
  throw new CsvError(
    `${calculator.name} needs the column${missing[0].length > 1 ? 's' : ''} ${wanted}; the file has ${columns.join(', ')}`,
  );
}
