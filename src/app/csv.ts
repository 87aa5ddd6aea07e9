/** The CSV of the command line: one header line, comma-separated, cells may be quoted, numbers with up to 17 digits. */

/** A file of rows under named columns. */
export interface CsvTable {
  readonly columns: readonly string[];
  /** One array of cells per line, as they were written, quotes included. */
  readonly rows: readonly (readonly string[])[];
  /** Line of the file that each row stands on, from 1: empty lines are skipped. */
  readonly lines: readonly number[];
}

/** A line that cannot be read; the message names the line and what is wrong with it. Not retryable. */
export class CsvError extends Error {
  readonly retryable = false;
}

/** Longest text accepted: more is no calculator input. */
const MAX_CHARACTERS = 512 * 1024 * 1024;

/**
 * Reads a CSV text; empty lines are skipped. Throws {@link CsvError} when there is nothing in it, a line has another
 * number of cells than the header, or a quote is not closed on its line; with `onBroken` such a line is told there instead
 * and costs only itself.
 */
export function parseCsv(text: string, onBroken: ((line: number, says: string) => void) | null = null): CsvTable {
  if (text.length > MAX_CHARACTERS) throw new CsvError(`file has ${text.length} characters; limit ${MAX_CHARACTERS}`);
  const rows: string[][] = [];
  const lines: number[] = [];
  let columns: string[] | undefined;
  text.split(/\r\n?|\n/).forEach((raw, i) => {
    const line = i === 0 ? raw.replace(/^\uFEFF/, '') : raw;
    if (line.trim() === '') return;
    const cells = onBroken === null || columns === undefined ? splitCells(line, i + 1) : cellsOrNull(line);
    if (columns === undefined && cells !== null) {
      columns = cells.map(cellText);
      return;
    }
    if (cells === null || columns === undefined) {
      onBroken?.(i + 1, 'a quote is not closed');
      return;
    }
    if (cells.length !== columns.length) {
      const says = `${cells.length} cells; the header has ${columns.length}`;
      if (onBroken === null) throw new CsvError(`line ${i + 1} has ${says}`);
      onBroken(i + 1, says);
      return;
    }
    rows.push(cells);
    lines.push(i + 1);
  });
  if (columns === undefined) throw new CsvError('file is empty: a header line with column names is needed');
  return { columns, rows, lines };
}

function cellsOrNull(line: string): string[] | null {
  try {
    return splitCells(line, 0);
  } catch (error) {
    if (error instanceof CsvError) return null;
    throw error;
  }
}

/** Cells of a line as they are written: a comma between quotes belongs to its cell. */
export function splitCells(line: string, number: number): string[] {
  if (!line.includes('"')) return line.split(',');
  const cells: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '"') isQuoted = !isQuoted;
    else if (line[i] === ',' && !isQuoted) {
      cells.push(line.slice(start, i));
      start = i + 1;
    }
  }
  if (isQuoted) throw new CsvError(`line ${number}: a quote is not closed`);
  cells.push(line.slice(start));
  return cells;
}

/** What a cell says: without the spaces around it and the quotes, a doubled quote being one. */
export function cellText(cell: string): string {
  const text = cell.trim();
  if (text.length < 2 || text[0] !== '"' || text[text.length - 1] !== '"') return text;
  return text.slice(1, -1).replaceAll('""', '"').trim();
}

/** A cell as it has to be written: quoted when it holds a comma or a quote. */
export function quoteCell(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A number with as many digits, at most 17, as restore it exactly; `inf`, `-inf`, and empty for NaN. */
export function formatCell(value: number): string {
  if (Number.isNaN(value)) return '';
  if (!(Math.abs(value) < Infinity)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A cell as a number: `inf`, `-inf` and `nan` as the vectors write them, NaN for an empty or unreadable cell. */
export function parseCell(cell: string): number {
  const text = cellText(cell);
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
