/** Position files: CSV or JSON with one holding a row, in the venue's own instrument names. */
import type { Holding } from '../market/holding.ts';
import { DEFAULT_ACCOUNT, positionOf } from '../portfolio/account.ts';
import type { Position } from '../portfolio/position.ts';
import { deribitHolding } from '../venue/deribit-holding.ts';
import { cellText, CsvError, parseCell, parseCsv } from './csv.ts';

/** A holding of a file with the account it is in. */
export interface FiledHolding {
  readonly account: string;
  readonly holding: Holding;
}

/** What a file holds; rows that cannot be used are named with line (or entry), field and value. */
export interface PositionFile {
  readonly holdings: readonly FiledHolding[];
  readonly positions: readonly Position[];
  readonly refused: readonly string[];
}

/** More rows than this are no position file. */
const MAX_ROWS = 100_000;

type Cells = (name: string) => string;

/**
 * Reads `instrument,size[,entry][,account]`. Instruments: options (`BTC-27MAR26-90000-C`, `BTC_USDC-27MAR26-90000-C`),
 * dated futures (`BTC-27MAR26`), perpetuals (`BTC-PERPETUAL`, `ETH_USDC-PERPETUAL`), and equity by currency (`BTC`,
 * `USDC`). Size is signed: coins, and USD of notional for inverse futures. Throws {@link CsvError} when the text is
 * neither, or has no usable column.
 */
export function readPositions(text: string): PositionFile {
  const rows = /^\s*[[{]/.test(text) ? jsonRows(text) : csvRows(text);
  if (rows.length > MAX_ROWS) throw new CsvError(`${rows.length} positions; limit ${MAX_ROWS}`);
  const holdings: FiledHolding[] = [];
  const refused: string[] = [];
  for (const { where, fault, cell } of rows) {
    const holding = fault ?? holdingOf(cell);
    if (typeof holding === 'string') refused.push(`${where}: ${holding}`);
    else holdings.push({ account: cell('account') || DEFAULT_ACCOUNT, holding });
  }
  return { holdings, positions: holdings.map((h) => positionOf(h.account, h.holding)), refused };
}

interface FileRow {
  readonly where: string;
  /** Why the row cannot be read at all; null when it can. */
  readonly fault: string | null;
  readonly cell: Cells;
}

function csvRows(text: string): FileRow[] {
  const faults: { line: number; says: string }[] = [];
  const { columns, rows, lines } = parseCsv(text, (line, says) => faults.push({ line, says }));
  for (const name of ['instrument', 'size'])
    if (!columns.includes(name))
      throw new CsvError(`position file has no column ${name}; it has ${columns.join(', ')}`);
  const read = rows.map((cells, i): FileRow & { line: number } => ({
    line: lines[i],
    where: `line ${lines[i]}`,
    fault: null,
    cell: (name) => cellText(cells[columns.indexOf(name)] ?? ''),
  }));
  const broken = faults.map(({ line, says }) => ({ line, where: `line ${line}`, fault: says, cell: () => '' }));
  return [...read, ...broken].toSorted((x, y) => x.line - y.line);
}

function jsonRows(text: string): FileRow[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new CsvError(`position file is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const list = Array.isArray(parsed) ? parsed : (parsed as { positions?: unknown } | null)?.positions;
  if (!Array.isArray(list)) throw new CsvError('position file needs a list, or an object with the list "positions"');
  return list.map((entry: unknown, i) => ({
    where: `entry ${i + 1}`,
    fault: null,
    cell: (name) => {
      const value = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>)[name] : undefined;
      return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    },
  }));
}

function holdingOf(cell: Cells): Holding | string {
  const symbol = cell('instrument');
  const size = parseCell(cell('size'));
  if (!(Math.abs(size) < Infinity)) return `size is ${cell('size') || 'empty'} (${symbol || 'no instrument'})`;
  const entry = cell('entry') === '' ? null : parseCell(cell('entry'));
  if (Number.isNaN(entry)) return `entry is ${cell('entry')} (${symbol})`;
  return deribitHolding(symbol, size, entry);
}
