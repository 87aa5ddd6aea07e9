/** The ticker: the fields we read, by scanner or by JSON.parse, and the events they make. */
import type { ScannerShape } from '../byte-scanner.ts';
import type { DeliveryEvent, FutureEvent, InstrumentEvent, QuoteEvent } from '../../market/event.ts';
import type { OptionInstrument } from '../../market/instrument.ts';
import type { OtherName } from './names.ts';
import type { RowReader } from './wire.ts';
import { COUNT, DELTA, MARK, PRICE, RATE, SIZE, VEGA, VENUE, VOLATILITY_PERCENT, isRecord } from './wire.ts';

/** Read from `ticker.*` data and from the results of `public/ticker` and `public/get_order_book`, in this order. */
export const TICKER_FIELDS = [
  'instrument_name',
  'timestamp',
  'state',
  'best_bid_price',
  'best_ask_price',
  'best_bid_amount',
  'best_ask_amount',
  'mark_price',
  'mark_iv',
  'underlying_price',
  'underlying_index',
  'index_price',
  'greeks.delta',
  'greeks.vega',
  'open_interest',
  'funding_8h',
  'delivery_price',
] as const;

/** Places in the list above. */
const NAME = 0;
const TIMESTAMP = 1;
const STATE = 2;
const BID = 3;
const ASK = 4;
const BID_SIZE = 5;
const ASK_SIZE = 6;
const MARK_PRICE = 7;
const MARK_IV = 8;
const FORWARD = 9;
const FORWARD_NAME = 10;
const INDEX = 11;
const DELTA_FIELD = 12;
const VEGA_FIELD = 13;
const OPEN_INTEREST = 14;
const FUNDING = 15;
const DELIVERY = 16;

export const TICKER_SHAPE: ScannerShape = {
  prefix: '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"ticker.',
  infix: '","data":',
  suffix: '}}',
  fields: TICKER_FIELDS,
};

/** The same values out of a parsed message; null when it is not an object. */
export function tickerValues(data: unknown): readonly unknown[] | null {
  if (!isRecord(data)) return null;
  const greeks = isRecord(data['greeks']) ? data['greeks'] : {};
  return TICKER_FIELDS.map((name) => (name.startsWith('greeks.') ? greeks[name.slice('greeks.'.length)] : data[name]));
}

export const nameOf = (values: readonly unknown[]): unknown => values[NAME];

/** Deribit's life-cycle states of a book, old (`closed`) and new. */
const STATES: Readonly<Record<string, InstrumentEvent['state']>> = {
  open: 'open',
  settlement: 'settling',
  closed: 'expired',
  delivered: 'expired',
  locked: 'locked',
  halted: 'halted',
  inactive: 'delisted',
  archivized: 'delisted',
};

/** Our word for a book state; refused and null when unknown, null when absent. */
export function bookState(value: unknown, row: RowReader): InstrumentEvent['state'] | null {
  if (value === undefined || value === null) return null;
  const state = typeof value === 'string' && Object.hasOwn(STATES, value) ? STATES[value] : null;
  if (state === null) row.refuse('unknown-state', 'state', value);
  return state;
}

export const tickerState = (values: readonly unknown[], row: RowReader): InstrumentEvent['state'] | null =>
  bookState(values[STATE], row);

/** The row's venue time; refused and null when there is none. */
export const tickerTime = (values: readonly unknown[], row: RowReader): number | null =>
  row.time('timestamp', values[TIMESTAMP]);

/** A whole quote. A size without its price is no size. */
export function tickerQuote(values: readonly unknown[], instrument: OptionInstrument, row: RowReader): QuoteEvent {
  const bid = row.number('best_bid_price', PRICE, values[BID]);
  const ask = row.number('best_ask_price', PRICE, values[ASK]);
  const bidSize = row.number('best_bid_amount', SIZE, values[BID_SIZE]);
  const askSize = row.number('best_ask_amount', SIZE, values[ASK_SIZE]);
  return {
    type: 'quote',
    at: row.at,
    receivedAt: row.receivedAt,
    venue: VENUE,
    symbol: instrument.symbol,
    bid,
    ask,
    bidSize: bid === null ? null : bidSize,
    askSize: ask === null ? null : askSize,
    mark: row.number('mark_price', MARK, values[MARK_PRICE]),
    markIv: row.number('mark_iv', VOLATILITY_PERCENT, values[MARK_IV]),
    forward: row.number('underlying_price', PRICE, values[FORWARD]),
    forwardName: row.text('underlying_index', values[FORWARD_NAME]),
    index: row.number('index_price', PRICE, values[INDEX]),
    delta: row.number('greeks.delta', DELTA, values[DELTA_FIELD]),
    vega: row.number('greeks.vega', VEGA, values[VEGA_FIELD]),
    openInterest: row.number('open_interest', COUNT, values[OPEN_INTEREST]),
  };
}

export function tickerFuture(values: readonly unknown[], symbol: string, name: OtherName, row: RowReader): FutureEvent {
  return {
    type: 'future',
    at: row.at,
    receivedAt: row.receivedAt,
    venue: VENUE,
    symbol,
    underlying: name.underlying,
    expiry: name.expiry,
    bid: row.number('best_bid_price', PRICE, values[BID]),
    ask: row.number('best_ask_price', PRICE, values[ASK]),
    mark: row.number('mark_price', PRICE, values[MARK_PRICE]),
    funding8h: name.expiry === null ? row.number('funding_8h', RATE, values[FUNDING]) : null,
  };
}

/** The settlement price that an expired instrument's ticker carries, or null. */
export function tickerDelivery(
  values: readonly unknown[],
  underlying: string,
  expiry: number,
  row: RowReader,
): DeliveryEvent | null {
  const price = row.number('delivery_price', PRICE, values[DELIVERY]);
  if (price === null) return null;
  return { type: 'delivery', at: row.at, receivedAt: row.receivedAt, venue: VENUE, underlying, expiry, price };
}
