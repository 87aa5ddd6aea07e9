/** A small SYNTHETIC chain in the collector's CSV dialect, and what the tests of recordings share. */
import { existsSync } from 'node:fs';
import type { MarketEvent, QuoteEvent } from '../../src/market/event.ts';
import { memorySource } from '../../src/venue/recording/byte-source.ts';
import { readSources } from '../../src/venue/recording/open.ts';
import type { RecordingOptions } from '../../src/venue/recording/open.ts';

export const DATA = new URL('../../../shared/data/', import.meta.url).pathname;
export const NO_DATA = existsSync(DATA) ? (false as const) : 'no ../shared data';

export const COLLECTOR_HEADER =
  'timestamp,instrument_name,underlying,underlying_name,option_type,strike,expiry_datetime,time_to_maturity,bid_price,' +
  'ask_price,mark_price,mid_price,futures_price,futures_instrument_name,implied_volatility,delta,vega,open_interest,' +
  'volume,bid_ask_spread,currency,index_price,volume_usd';

/** One row; the second argument replaces named cells. */
export function collectorRow(time: string, symbol: string, cells: Record<string, string> = {}): string {
  const row: Record<string, string> = {
    timestamp: time,
    instrument_name: symbol,
    underlying: '100000.5',
    underlying_name: 'SYN.BTC-27MAR26',
    bid_price: '0.05',
    ask_price: '0.052',
    mark_price: '0.051',
    implied_volatility: '0.45',
    delta: '0.5',
    vega: '100',
    open_interest: '12.5',
    index_price: '99990',
    ...cells,
  };
  return COLLECTOR_HEADER.split(',')
    .map((column) => row[column] ?? '')
    .join(',');
}

/** A file of rows. */
export function collectorFile(rows: readonly string[]): Uint8Array {
  return Buffer.from(`${[COLLECTOR_HEADER, ...rows].join('\n')}\n`);
}

export const T1 = '2026-02-04T04:24:03.263823+00:00';
export const T2 = '2026-02-04T09:35:16.100000+00:00';

/** All events of files in memory. */
export async function eventsOf(
  files: Record<string, Uint8Array>,
  options: RecordingOptions = {},
): Promise<MarketEvent[]> {
  const sources = Object.entries(files).map(([name, bytes]) => memorySource(name, bytes));
  const events: MarketEvent[] = [];
  for await (const batch of readSources(sources, options)) for (const event of batch) events.push(event);
  return events;
}

/** Events of one kind. */
export function ofType<T extends MarketEvent['type']>(events: readonly MarketEvent[], type: T) {
  return events.filter((event) => event.type === type) as Extract<MarketEvent, { type: T }>[];
}

/** The symbols of quotes, in order. */
export function symbols(events: readonly MarketEvent[]): string[] {
  return ofType(events, 'quote').map((quote: QuoteEvent) => quote.symbol);
}

/** Refusals as `reason field`, counted. */
export function refusals(events: readonly MarketEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason, field } of ofType(events, 'refused')) {
    const key = `${reason} ${field}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** A number that no event may carry, with the path to it; null when all are finite. */
export function badNumber(value: unknown, path = ''): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : `${path} is ${value}`;
  if (value === undefined) return `${path} is undefined`;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, member] of Object.entries(value)) {
    const bad = badNumber(member, `${path}.${key}`);
    if (bad !== null) return bad;
  }
  return null;
}
