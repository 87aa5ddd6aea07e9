/** Tables of `vernier credit`: the same rows as CSV with 17 digits, or as one JSON object a line. */
import { formatCell, quoteCell } from '../csv.ts';

/** Cells by column; a column that is not there is an empty cell (null in JSON). */
export type TableRow = Readonly<Record<string, number | string | undefined>>;

/** Columns in order, and rows. */
export interface CreditTable {
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

/** Header and rows, each ended by a line feed; numbers with as many digits as restore them, empty where there is none. */
export function tableCsv(table: CreditTable): string {
  const lines = [table.columns.map(quoteCell).join(',')];
  for (const row of table.rows) {
    lines.push(
      table.columns
        .map((column) => {
          const cell = row[column];
          return cell === undefined ? '' : typeof cell === 'number' ? formatCell(cell) : quoteCell(cell);
        })
        .join(','),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** One JSON object a line; numbers that do not exist are null. */
export function tableJson(table: CreditTable): string {
  return table.rows
    .map((row) => {
      const entries = table.columns.map((column) => {
        const cell = row[column];
        return [column, cell === undefined || (typeof cell === 'number' && !Number.isFinite(cell)) ? null : cell];
      });
      return `${JSON.stringify(Object.fromEntries(entries))}\n`;
    })
    .join('');
}
