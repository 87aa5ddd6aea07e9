/** Reference vectors of the hedging files, which stay outside the repository. */
import { parseCell, parseCsv } from '../../src/app/csv.ts';
import { missing, sharedText } from '../surface/shared-files.ts';

/** False, or the reason for a skip. */
export function absent(name: string): string | false {
  return missing(`vectors/credit/${name}`);
}

/** Rows with cells as text. Headers that hold quoted commas are split where the quotes allow. */
export function textRows(name: string): Record<string, string>[] {
  const lines = sharedText(`vectors/credit/${name}`).trim().split('\n');
  const columns: string[] = [];
  for (const match of lines[0].matchAll(/"([^"]*)"|([^,]+)/g)) columns.push((match[1] ?? match[2]).trim());
  const { rows } = parseCsv([columns.map((_, i) => `c${i}`).join(','), ...lines.slice(1)].join('\n'));
  return rows.map((cells) => Object.fromEntries(columns.map((c, i) => [c, cells[i]])));
}

/** Rows with cells as numbers. */
export function numberRows(name: string): Record<string, number>[] {
  return textRows(name).map((row) => Object.fromEntries(Object.entries(row).map(([c, v]) => [c, parseCell(v)])));
}

/** |a - b| relative to the larger of |b| and `scale`. */
export function relative(a: number, b: number, scale: number = 0): number {
  return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(b), scale);
}
