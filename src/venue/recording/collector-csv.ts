import { builtInMapping } from './mapping-file.ts';

/**
 * Snapshots of all Deribit coin options by a REST collector, one CSV a poll: prices in coin, volatility as a
 * fraction, empty = no quote, the forward of each expiry beside its row. Every row carries the time of the poll.
 */
export const COLLECTOR_CSV = builtInMapping({
  name: 'collector-csv',
  venue: 'deribit',
  format: 'csv',
  snapshot: 'time',
  time: { column: 'timestamp', format: 'iso' },
  instrument: { symbol: 'instrument_name' },
  quote: {
    bid: 'bid_price',
    ask: 'ask_price',
    mark: 'mark_price',
    mark_iv: 'implied_volatility',
    forward: 'underlying',
    forward_name: 'underlying_name',
    index: 'index_price',
    delta: 'delta',
    vega: 'vega',
    open_interest: 'open_interest',
  },
});

/** Columns that tell this dialect from others. */
export const COLLECTOR_CSV_COLUMNS = [
  'timestamp',
  'instrument_name',
  'underlying',
  'underlying_name',
  'bid_price',
  'ask_price',
  'mark_price',
  'implied_volatility',
  'delta',
  'vega',
  'open_interest',
  'index_price',
];
