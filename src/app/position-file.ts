/** Position files: CSV or JSON with one holding a row, in the venue's own instrument names. */
import type { Position } from '../portfolio/position.ts';
import { deribitInstrument, parseDeribitDate } from '../venue/deribit-symbol.ts';
import { CsvError, parseCell, parseCsv } from './csv.ts';

/** What a file holds; rows that cannot be used are named with line (or entry), field and value. */
export interface PositionFile {
  readonly positions: readonly Position[];
  readonly refused: readonly string[];
}

/** More rows than this are no position file. */
const MAX_ROWS = 100_000;
const DOLLARS: ReadonlySet<string> = new Set(['USD', 'USDC', 'USDT', 'USDE', 'USYC', 'BUIDL']);

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
  const positions: Position[] = [];
  const refused: string[] = [];
  for (const { where, cell } of rows) {
    const position = positionOf(cell);
    if (typeof position === 'string') refused.push(`${where}: ${position}`);
    else positions.push(position);
  }
  return { positions, refused };
}

function csvRows(text: string): { where: string; cell: Cells }[] {
  const { columns, rows } = parseCsv(text);
  for (const name of ['instrument', 'size'])
    if (!columns.includes(name))
      throw new CsvError(`position file has no column ${name}; it has ${columns.join(', ')}`);
  return rows.map((cells, i) => ({
    where: `line ${i + 2}`,
    cell: (name) => cells[columns.indexOf(name)]?.trim() ?? '',
  }));
}

function jsonRows(text: string): { where: string; cell: Cells }[] {
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
    cell: (name) => {
      const value = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>)[name] : undefined;
      return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    },
  }));
}

function positionOf(cell: Cells): Position | string {
  const symbol = cell('instrument');
  const size = parseCell(cell('size'));
  if (!(Math.abs(size) < Infinity)) return `size is ${cell('size') || 'empty'} (${symbol || 'no instrument'})`;
  const entry = parseCell(cell('entry'));
  if (cell('entry') !== '' && !(entry >= 0 && entry < Infinity)) return `entry is ${cell('entry')} (${symbol})`;
  const account = cell('account') || 'default';
  const option = deribitInstrument(symbol);
  if (option !== null) {
    const { side, strike, expiry, settlement } = option;
    const underlying = coinOf(option.underlying);
    return { kind: 'option', account, symbol, underlying, side, strike, expiry, settlement, size, entry };
  }
  if (/^[A-Z][A-Z0-9]{1,11}$/.test(symbol)) {
    const underlying = DOLLARS.has(symbol) ? null : symbol;
    return { kind: 'equity', account, currency: symbol, underlying, size };
  }
  const future = /^([A-Z][A-Z0-9]{1,11})(_[A-Z]{3,5})?-(PERPETUAL|\d{1,2}[A-Z]{3}\d\d)$/.exec(symbol);
  if (future === null) return `instrument is ${symbol || 'empty'}`;
  const expiry = future[3] === 'PERPETUAL' ? null : parseDeribitDate(future[3]);
  if (expiry === null && future[3] !== 'PERPETUAL') return `instrument is ${symbol}: no such day`;
  const settlement = future[2] === undefined ? 'inverse' : 'linear';
  if (!(entry > 0) && cell('entry') !== '') return `entry is ${cell('entry')} (${symbol})`;
  return { kind: 'future', account, symbol, underlying: future[1], expiry, settlement, size, entry };
}

function coinOf(underlying: string): string {
  const at = underlying.indexOf('_');
  return at < 0 ? underlying : underlying.slice(0, at);
}
