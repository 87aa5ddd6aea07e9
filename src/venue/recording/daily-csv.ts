import { builtInMapping } from './mapping-file.ts';

/**
 * The Deribit BTC chain once a day: no instrument name and no currency column (the dialect is BTC's), expiry as a
 * date, 0.0 = no quote, volatility as a fraction, marks rounded to four decimals.
 */
export const DAILY_CSV = builtInMapping({
  name: 'daily-csv',
  venue: 'deribit',
  format: 'csv',
  snapshot: 'time',
  time: { column: 'snapshot_ts', format: 'iso' },
  instrument: {
    underlying: { constant: 'BTC' },
    expiry: { column: 'expiry', format: 'yyyy-MM-dd', at: '08:00' },
    strike: 'strike',
    side: { column: 'option_type', call: ['C'], put: ['P'] },
  },
  quote: {
    bid: 'bid',
    ask: 'ask',
    mark: 'mark_price',
    mark_iv: 'implied_vol',
    forward: 'forward_price',
    index: 'index_price',
    delta: 'delta',
    vega: 'vega',
    open_interest: 'open_interest',
  },
});

/** Columns that tell this dialect from others. */
export const DAILY_CSV_COLUMNS = [
  'snapshot_ts',
  'expiry',
  'strike',
  'option_type',
  'bid',
  'ask',
  'mark_price',
  'forward_price',
  'index_price',
  'implied_vol',
  'delta',
  'vega',
  'open_interest',
];
