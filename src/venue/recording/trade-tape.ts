import { builtInMapping } from './mapping-file.ts';

/**
 * Option prints, one JSON object a line. Implied volatility in percent, where 0 (price below intrinsic value) and
 * 999 (the venue's cap) are no volatilities; the index at the trade is the notional per coin.
 */
export const TRADE_TAPE = builtInMapping({
  name: 'trade-tape',
  venue: 'deribit',
  format: 'jsonl',
  snapshot: 'none',
  time: { column: 'timestamp', format: 'epoch-ms' },
  instrument: { symbol: 'instrument_name' },
  trade: {
    id: 'trade_id',
    price: 'price',
    amount: 'amount',
    direction: { column: 'direction', buy: ['buy'], sell: ['sell'] },
    iv: { column: 'iv', unit: 'percent', missing: [0, 999] },
    index: { column: 'notional_usd', per: 'amount' },
  },
});

/** Members that tell this dialect from others. */
export const TRADE_TAPE_MEMBERS = ['timestamp', 'trade_id', 'instrument_name', 'direction', 'price', 'amount'];
