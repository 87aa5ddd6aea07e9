/** A smile in a few lines of text: the fit as a line of braille dots, the quotes as rings. */
import type { SliceQuotes } from '../surface/family.ts';

/** Dots of a braille cell, [row][column], as bits over U+2800. */
const DOTS: readonly (readonly [number, number])[] = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

/** Size of a plot in terminal cells, without its axis. */
export interface PlotSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Lines of a plot of volatility over log-moneyness: braille for the fitted curve, `o` where quotes are, volatility of
 * the top and bottom line and the quoted range at the edges. `volatility` may be NaN where the curve has none.
 */
export function smilePlot(quotes: SliceQuotes, volatility: (k: number) => number, size: PlotSize): string[] {
  const { k, sigma } = quotes;
  const { columns, rows } = size;
  const n = k.length;
  if (n === 0) return ['(no quotes)'];
  const low = k[0];
  const span = k[n - 1] - low || 1;
  const width = columns * 2;
  const height = rows * 4;
  const curve = Array.from({ length: width }, (_, i) => volatility(low + (span * i) / (width - 1)));
  let bottom = Infinity;
  let top = -Infinity;
  for (const v of [...sigma, ...curve.filter((v) => v > 0 && v < 3 * sigma.reduce((a, b) => Math.max(a, b), 0))]) {
    bottom = Math.min(bottom, v);
    top = Math.max(top, v);
  }
  const range = top - bottom || 1;
  const level = (v: number): number => Math.round(((top - v) / range) * (height - 1));
  const cells = new Uint8Array(columns * rows);
  curve.forEach((v, i) => {
    const y = level(v);
    if (y >= 0 && y < height) cells[(y >> 2) * columns + (i >> 1)] |= DOTS[y & 3][i & 1];
  });
  const rings = new Set<number>();
  for (let i = 0; i < n; i++) {
    const x = Math.round(((k[i] - low) / span) * (columns - 1));
    rings.add((level(sigma[i]) >> 2) * columns + x);
  }
  const lines = Array.from({ length: rows }, (_, row) => {
    let text = '';
    for (let c = 0; c < columns; c++) {
      const at = row * columns + c;
      text += rings.has(at) ? 'o' : cells[at] === 0 ? ' ' : String.fromCharCode(0x2800 + cells[at]);
    }
    const label = row === 0 ? top : row === rows - 1 ? bottom : NaN;
    return `${(Number.isNaN(label) ? '' : `${(100 * label).toFixed(1)}%`).padStart(7)} |${text.trimEnd()}`;
  });
  const left = low.toFixed(2);
  const right = k[n - 1].toFixed(2);
  lines.push(
    `${' '.repeat(9)}${left}${'k'.padStart(Math.floor((columns - left.length - right.length) / 2)).padEnd(columns - left.length - right.length)}${right}`,
  );
  return lines;
}
