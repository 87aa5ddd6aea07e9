/** Reference tables: the copies in `golden/`, and the full ones beside the checkout where they are. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One line of a table: text by column name, and numbers through `num`. */
export interface Row {
  readonly text: (column: string) => string;
  readonly num: (column: string) => number;
}

/** A table to test against, or the reason why it cannot be. */
export interface Table {
  readonly label: string;
  readonly skip: string | false;
  readonly rows: () => readonly Row[];
}

const FOLDERS = { golden: '../../golden/', shared: '../../../shared/vectors/pricing/' };

/** The table of this name in the repository, and the full one beside the checkout. */
export function tables(name: string): readonly Table[] {
  return (['golden', 'shared'] as const).map((kind) => {
    const path = fileURLToPath(new URL(`${FOLDERS[kind]}${name}`, import.meta.url));
    const skip = existsSync(path) ? false : `../shared/vectors/pricing/${name} is not beside this checkout`;
    return { label: `${kind}/${name}`, skip, rows: () => read(path) };
  });
}

function read(path: string): readonly Row[] {
  const [header, ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    const text = (column: string): string => {
      const at = names.indexOf(column);
      if (at < 0) throw new Error(`no column ${column} in ${path}`);
      return cells[at];
    };
    return { text, num: (column) => toNumber(text(column)) };
  });
}

function toNumber(text: string): number {
  if (text === 'inf') return Infinity;
  if (text === '-inf') return -Infinity;
  return Number(text);
}

/** |got - wanted| / |wanted|; 0 when equal, Infinity for NaN. */
export function relativeError(got: number, wanted: number): number {
  if (Object.is(got, wanted) || got === wanted) return 0;
  const error = Math.abs(got - wanted) / Math.abs(wanted);
  return error >= 0 ? error : Infinity;
}
