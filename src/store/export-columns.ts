import type { QuoteEvent, TradeEvent } from '../market/event.ts';
import { canonicalJson, type JsonObject } from './canonical-json.ts';
import type { Cell, Column, ColumnType } from './parquet-file.ts';

/** Tables that an export writes, one folder each. */
export type TableName = 'quotes' | 'trades' | 'outputs';

function column(name: string, type: ColumnType, nullable = false): Column {
  return { name, type, nullable };
}
const measured = (...names: string[]): Column[] => names.map((name) => column(name, 'DOUBLE', true));

/** Largest time that a Date holds, ms. */
const LATEST = 8.64e15;

/** Columns of each table (units in docs/log-format.md, "Parquet"). `venue` and `date` are folders too. */
export const COLUMNS: Readonly<Record<TableName, readonly Column[]>> = {
  quotes: [
    column('sequence', 'INT64'),
    column('at', 'TIMESTAMP', true),
    column('received_at', 'TIMESTAMP', true),
    column('symbol', 'STRING'),
    ...measured('bid', 'ask', 'bid_size', 'ask_size', 'mark', 'mark_iv', 'forward'),
    column('forward_name', 'STRING', true),
    ...measured('index', 'delta', 'vega', 'open_interest'),
  ],
  trades: [
    column('sequence', 'INT64'),
    column('at', 'TIMESTAMP', true),
    column('received_at', 'TIMESTAMP', true),
    column('symbol', 'STRING'),
    column('trade_id', 'STRING'),
    column('price', 'DOUBLE'),
    column('amount', 'DOUBLE'),
    column('direction', 'STRING'),
    column('kind', 'STRING'),
    column('package_id', 'STRING', true),
    ...measured('iv', 'mark', 'index'),
    column('late', 'BOOLEAN'),
  ],
  outputs: [
    column('sequence', 'INT64'),
    column('at', 'TIMESTAMP', true),
    column('type', 'STRING'),
    column('underlying', 'STRING', true),
    column('model', 'STRING', true),
    column('record', 'STRING'),
  ],
};

/** A row of `quotes`. */
export function quoteRow(q: QuoteEvent, sequence: number): Cell[] {
  return [
    BigInt(sequence), date(q.at), date(q.receivedAt), q.symbol, q.bid, q.ask, q.bidSize, q.askSize, q.mark, q.markIv,
    q.forward, q.forwardName, q.index, q.delta, q.vega, q.openInterest,
  ]; // prettier-ignore
}

/** A row of `trades`. */
export function tradeRow(t: TradeEvent, sequence: number): Cell[] {
  return [
    BigInt(sequence), date(t.at), date(t.receivedAt), t.symbol, t.tradeId, t.price, t.amount, t.direction, t.kind,
    t.packageId, t.iv, t.mark, t.index, t.late,
  ]; // prettier-ignore
}

/** A row of `outputs`: what most queries ask for as columns, the whole record as JSON. */
export function outputRow(record: JsonObject, sequence: number): Cell[] {
  const name = (key: string): string | null => (typeof record[key] === 'string' ? record[key] : null);
  const at = date(timeOf(record['at']));
  return [BigInt(sequence), at, name('type') ?? '', name('underlying'), name('model'), canonicalJson(record)];
}

/** A number that is no date stays out of the file: the log has it. */
function date(at: number | null): Date | null {
  return at !== null && Math.abs(at) <= LATEST ? new Date(at) : null;
}

/** Epoch ms of a time written as number or ISO-8601; null otherwise. */
export function timeOf(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : value;
  return typeof ms === 'number' && Math.abs(ms) <= LATEST ? ms : null;
}
