/** Slice files: one implied volatility a line, grouped by expiry (columns slice, T, F, K, k, iv, bid, ask, mark, type). */
import type { SliceQuotes } from '../surface/family.ts';
import { impliedVolatility } from '../numeric/implied-volatility.ts';
import { normalPdf } from '../numeric/normal.ts';
import { errorBar, halfSpreadVolatility } from '../surface/weights.ts';
import { CsvError, cellText, parseCell, parseCsv } from './csv.ts';

/** One expiry of a slice file. */
export interface NamedSlice {
  readonly slice: string;
  readonly quotes: SliceQuotes;
}

/** What a slice file holds, with what had to be left out of it. */
export interface SliceFile {
  readonly slices: readonly NamedSlice[];
  /** Lines that name a field out of its domain, with the line number; nothing else is lost. */
  readonly refused: readonly string[];
}

const NEEDED = ['slice', 'T', 'F', 'iv'] as const;

/** True when a header line has the columns of a slice file. */
export function isSliceHeader(line: string): boolean {
  const columns = line.split(',').map(cellText);
  return NEEDED.every((c) => columns.includes(c)) && (columns.includes('k') || columns.includes('K'));
}

/** Relative difference of T up to which lines of one slice are one expiry. */
const SAME_EXPIRY = 1e-4;

interface Line {
  readonly years: number;
  readonly forward: number;
  readonly k: number;
  readonly sigma: number;
  /** Prices over forward (coin); NaN where empty. */
  readonly bid: number;
  readonly ask: number;
}

/**
 * Reads a slice file. Expiries come out in order of T, quotes in order of k. Error bars are those of methods.md 1.5 as
 * far as the file knows them: 0.4 of the half-spread of `bid` and `ask` (in coin, that is over the forward) in
 * volatility and the floor of 0.1 volatility points; the floor alone where a file has no prices, and the widest bar of
 * the expiry where only the ask is missing. Throws {@link CsvError} when a needed column is missing.
 */
export function readSliceFile(text: string): SliceFile {
  const { columns, rows, lines: lineOf } = parseCsv(text);
  const at = new Map(columns.map((c, i) => [c, i]));
  for (const name of NEEDED) if (!at.has(name)) throw new CsvError(`slice file has no column ${name}`);
  if (!at.has('k') && !at.has('K')) throw new CsvError('slice file has neither column k nor K');
  const groups = new Map<string, Line[]>();
  const refused: string[] = [];
  rows.forEach((cells, i) => {
    const cell = (name: string): number => (at.has(name) ? parseCell(cells[at.get(name) as number]) : NaN);
    const line = readLine(cell);
    if (typeof line === 'string') {
      refused.push(`line ${lineOf[i]}: ${line}`);
      return;
    }
    const name = cellText(cells[at.get('slice') as number]);
    const group = groups.get(name);
    if (group && Math.abs(line.years - group[0].years) > SAME_EXPIRY * group[0].years) {
      refused.push(`line ${lineOf[i]}: T is ${line.years}; slice ${name} began with ${group[0].years}`);
    } else if (group) group.push(line);
    else groups.set(name, [line]);
  });
  const slices = [...groups].map(([slice, lines]) => ({ slice, quotes: quotesOf(lines) }));
  slices.sort((a, b) => a.quotes.years - b.quotes.years);
  return { slices, refused };
}

function readLine(cell: (name: string) => number): Line | string {
  const years = cell('T');
  const forward = cell('F');
  const sigma = cell('iv');
  const strike = cell('K');
  const k = Number.isNaN(cell('k')) ? Math.log(strike / forward) : cell('k');
  if (!(Math.abs(years) < Infinity)) return `T is ${years}`;
  if (!(forward > 0 && forward < Infinity)) return `F is ${forward}`;
  if (!(sigma > 0 && sigma < Infinity)) return `iv is ${sigma}`;
  if (!(Math.abs(k) < Infinity)) return `k is ${k} (K ${strike})`;
  return { years, forward, k, sigma, bid: cell('bid'), ask: cell('ask') };
}

/** Volatility of a price over forward; NaN where there is none. */
function volatilityOf(line: Line, price: number): number {
  if (!(price > 0)) return NaN;
  const side = line.k < 0 ? 'put' : 'call';
  return impliedVolatility({ side, forward: 1, strike: Math.exp(line.k), years: line.years, price }).sigma;
}

function quotesOf(lines: readonly Line[]): SliceQuotes {
  const sorted = lines.toSorted((a, b) => a.k - b.k);
  const { years, forward } = sorted[0];
  const sigmaBid = Float64Array.from(sorted, (l) => volatilityOf(l, l.bid));
  const sigmaAsk = Float64Array.from(sorted, (l) => volatilityOf(l, l.ask));
  const isPriced = sorted.some((l) => l.bid > 0 || l.ask > 0);
  const bars = Float64Array.from(sorted, (l, i) => {
    const s = l.sigma * Math.sqrt(years);
    const vega = normalPdf(-l.k / s + 0.5 * s) * Math.sqrt(years);
    const sides = { sigmaBid: sigmaBid[i], sigmaAsk: sigmaAsk[i], bid: l.bid, ask: l.ask };
    const halfSpread = isPriced ? halfSpreadVolatility(sides, vega) : 0;
    return errorBar({ halfSpread, tick: 0, vega, delta: 0, premium: 0, forwardMove: 0 });
  });
  const widest = bars.reduce((a, b) => (b > a ? b : a), 0);
  return {
    years,
    forward,
    k: Float64Array.from(sorted, (l) => l.k),
    sigma: Float64Array.from(sorted, (l) => l.sigma),
    errorBar: bars.map((b) => (b > 0 ? b : widest)),
    sigmaBid,
    sigmaAsk,
  };
}
