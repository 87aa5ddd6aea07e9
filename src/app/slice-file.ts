/** Slice files: one implied volatility a line, grouped by expiry (columns slice, T, F, K, k, iv, bid, ask, mark, type). */
import type { SliceQuotes } from '../surface/family.ts';
import { DEFAULT_ERROR_BAR } from '../surface/weights.ts';
import { CsvError, parseCell, parseCsv } from './csv.ts';

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
  const columns = line.trim().split(',');
  return NEEDED.every((c) => columns.includes(c)) && (columns.includes('k') || columns.includes('K'));
}

interface Line {
  readonly years: number;
  readonly forward: number;
  readonly k: number;
  readonly sigma: number;
  readonly halfSpread: number;
  readonly sigmaBid: number;
  readonly sigmaAsk: number;
}

/**
 * Reads a slice file. Expiries come out in order of T, quotes in order of k. Error bars are those of methods.md 1.5 as
 * far as the file knows them: 0.4 of the half-spread in volatility where `sigma_bid` and `sigma_ask` are given, and the
 * floor of 0.1 volatility points. Throws {@link CsvError} when a needed column is missing.
 */
export function readSliceFile(text: string): SliceFile {
  const { columns, rows } = parseCsv(text);
  const at = new Map(columns.map((c, i) => [c, i]));
  for (const name of NEEDED) if (!at.has(name)) throw new CsvError(`slice file has no column ${name}`);
  if (!at.has('k') && !at.has('K')) throw new CsvError('slice file has neither column k nor K');
  const groups = new Map<string, Line[]>();
  const refused: string[] = [];
  rows.forEach((cells, i) => {
    const cell = (name: string): number => (at.has(name) ? parseCell(cells[at.get(name) as number]) : NaN);
    const line = readLine(cell);
    if (typeof line === 'string') {
      refused.push(`line ${i + 2}: ${line}`);
      return;
    }
    const name = cells[at.get('slice') as number];
    const group = groups.get(name);
    if (group) group.push(line);
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
  const sigmaBid = cell('sigma_bid');
  const sigmaAsk = cell('sigma_ask');
  return { years, forward, k, sigma, sigmaBid, sigmaAsk, halfSpread: (sigmaAsk - sigmaBid) / 2 };
}

function quotesOf(lines: Line[]): SliceQuotes {
  const sorted = lines.toSorted((a, b) => a.k - b.k);
  const { spreadShare, floor } = DEFAULT_ERROR_BAR;
  const bar = (half: number): number =>
    half >= 0 ? Math.sqrt(spreadShare * half * (spreadShare * half) + floor * floor) : floor;
  return {
    years: sorted[0].years,
    forward: sorted[0].forward,
    k: Float64Array.from(sorted, (l) => l.k),
    sigma: Float64Array.from(sorted, (l) => l.sigma),
    errorBar: Float64Array.from(sorted, (l) => bar(l.halfSpread)),
    sigmaBid: Float64Array.from(sorted, (l) => l.sigmaBid),
    sigmaAsk: Float64Array.from(sorted, (l) => l.sigmaAsk),
  };
}
