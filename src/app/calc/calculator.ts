/** What one calculator of `vernier calc` is: named columns in, named columns out, one row at a time, no input or output. */

/** The cells of one row, by column name. */
export interface Row {
  /** The cell as a number; NaN when it is empty or no number. A column the file does not have gives `fallback`. */
  number(column: string, fallback?: number): number;
  /** The cell as trimmed text; `fallback` when the file does not have the column. */
  text(column: string, fallback?: string): string;
  has(column: string): boolean;
}

/** Cells of the output columns in their order, or why there are none, naming field and value. */
export type RowResult = readonly (number | string)[] | { readonly refused: string; readonly cells?: readonly string[] };

/** One calculator. */
export interface Calculator {
  readonly name: string;
  readonly description: string;
  /** Columns the file must have; several lists are alternatives, the first complete one is used. */
  readonly inputColumns: readonly (readonly string[])[];
  /** Columns that are used when the file has them. */
  readonly optionalColumns: readonly string[];
  readonly outputColumns: readonly string[];
  /** Values of one row; a row outside the domain is refused, never thrown. */
  row(row: Row): RowResult;
}

/** Call or put from a cell such as `call`, `C` or `Put`; undefined for anything else. */
export function sideOf(cell: string): 'call' | 'put' | undefined {
  const text = cell.toLowerCase();
  if (text === 'call' || text === 'c') return 'call';
  return text === 'put' || text === 'p' ? 'put' : undefined;
}

/** The first column whose number fails its test, as a refusal that names field and value; undefined when all pass. */
export function outOfDomain(
  row: Row,
  tests: Readonly<Record<string, (v: number) => boolean>>,
): { readonly refused: string } | undefined {
  for (const [column, test] of Object.entries(tests)) {
    if (row.has(column) && !test(row.number(column))) return { refused: `${column} is ${row.text(column) || 'empty'}` };
  }
  return undefined;
}

/** Tests for {@link outOfDomain}. */
export const positive = (v: number): boolean => v > 0 && v < Infinity;
export const notNegative = (v: number): boolean => v >= 0 && v < Infinity;
export const finite = (v: number): boolean => Math.abs(v) < Infinity;
export const correlation = (v: number): boolean => v >= -1 && v <= 1;
