/** Reference vectors and captured chains that stay outside the repository: their text, or the reason for a skip. */
import { existsSync, readFileSync } from 'node:fs';
import type { SliceQuotes } from '../../src/surface/family.ts';
import { parseCell, parseCsv } from '../../src/app/csv.ts';
import { readSliceFile } from '../../src/app/slice-file.ts';

const SHARED = new URL('../../../shared/', import.meta.url);

/** False when the file is there, else the reason to hand to node:test's `skip`. */
export function missing(path: string): string | false {
  return existsSync(new URL(path, SHARED)) ? false : `../shared/${path} is absent`;
}

export function sharedText(path: string): string {
  return readFileSync(new URL(path, SHARED), 'utf8');
}

/** Rows of a vector file as records; numeric where the cell is a number. */
export function vectorRows(name: string): Record<string, number>[] {
  const { columns, rows } = parseCsv(sharedText(`vectors/pricing/${name}`));
  return rows.map((cells) => Object.fromEntries(columns.map((c, i) => [c, parseCell(cells[i])])));
}

/** The same with the cells as text. */
export function vectorText(name: string): Record<string, string>[] {
  const { columns, rows } = parseCsv(sharedText(`vectors/pricing/${name}`));
  return rows.map((cells) => Object.fromEntries(columns.map((c, i) => [c, cells[i]])));
}

export function slicesOf(name: string): SliceQuotes[] {
  return readSliceFile(sharedText(`vectors/pricing/${name}`)).slices.map((s) => s.quotes);
}

/** sqrt of the mean squared volatility residual over all quotes of several slices. */
export function surfaceRmse(parts: readonly { readonly rmseVol: number; readonly n: number }[]): number {
  let squares = 0;
  let n = 0;
  for (const p of parts) {
    squares += p.rmseVol * p.rmseVol * p.n;
    n += p.n;
  }
  return Math.sqrt(squares / n);
}
