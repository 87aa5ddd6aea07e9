/** The plain CSV of the command line: one header line, comma-separated, no quoting, numbers with up to 17 digits. */

/** A file of rows under named columns. */
export interface CsvTable {
  readonly columns: readonly string[];
  /** One array of cells per line, as they were written. */
  readonly rows: readonly (readonly string[])[];
}

/** A line that cannot be read; the message names the line and what is wrong with it. Not retryable. */
export class CsvError extends Error {
  readonly retryable = false;
}

/** Longest text accepted: more is no calculator input. */
const MAX_CHARACTERS = 512 * 1024 * 1024;

/** Reads a CSV text. Throws {@link CsvError} when it is empty or a line has another number of cells than the header. */
export function parseCsv(text: string): CsvTable {
  if (text.length > MAX_CHARACTERS) throw new CsvError(`file has ${text.length} characters; limit ${MAX_CHARACTERS}`);
  const lines = text.split(/\r?\n/);
  while (lines.length > 0 && lines[lines.length - 1] === '') lines.pop();
  if (lines.length === 0) throw new CsvError('file is empty: a header line with column names is needed');
  const columns = lines[0]
    .replace(/^\uFEFF/, '')
    .split(',')
    .map((c) => c.trim());
  const rows = lines.slice(1).map((line, i) => {
    const cells = line.split(',');
    if (cells.length !== columns.length)
      throw new CsvError(`line ${i + 2} has ${cells.length} cells; the header has ${columns.length}`);
    return cells;
  });
  return { columns, rows };
}

/** A number with as many digits, at most 17, as restore it exactly; `inf`, `-inf`, and empty for NaN. */
export function formatCell(value: number): string {
  if (Number.isNaN(value)) return '';
  if (!(Math.abs(value) < Infinity)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A cell as a number: `inf`, `-inf` and `nan` as the vectors write them, NaN for an empty or unreadable cell. */
export function parseCell(cell: string): number {
  const text = cell.trim();
  if (text === '') return NaN;
  const named = NAMED.get(text.toLowerCase());
  return named ?? Number(text);
}

const NAMED = new Map([
  ['inf', Infinity],
  ['+inf', Infinity],
  ['-inf', -Infinity],
  ['nan', NaN],
]);
