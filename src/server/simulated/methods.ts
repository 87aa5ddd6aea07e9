/** The venue's methods over the board: parameters in, JSON text of the result out, or an RpcError. */
import type { QuoteOutput, TradeOutput } from '../../simulator/output.ts';
import type { Board } from './board.ts';
import { ladderOf } from './ladder.ts';
import { instrumentNotFound, invalidParams } from './rpc-error.ts';
import {
  bookSummaryData, futureInstrumentData, futureTickerFields, ladderFields, optionInstrumentData, optionTickerFields, tradeData,
} from './wire.ts'; // prettier-ignore

/** Named parameters of a request. */
export type Params = Readonly<Record<string, unknown>>;

/** A method's JSON text from the board and parameters; `at` is the venue's time. */
export type Method = (board: Board, params: Params, at: number) => string;

const CURRENCIES = ['BTC', 'ETH', 'USDC', 'USDT', 'EURR'];
const KINDS = ['option', 'future', 'spot', 'future_combo', 'option_combo'];

function text(params: Params, name: string): string {
  const value = params[name];
  if (typeof value !== 'string' || value === '')
    throw invalidParams(name, value === undefined ? 'is required' : 'must be a string');
  return value;
}

function currencyOf(params: Params): string | null {
  const currency = text(params, 'currency');
  if (currency === 'any') return null;
  if (!CURRENCIES.includes(currency)) throw invalidParams('currency', 'wrong format');
  return currency;
}

function kindOf(params: Params): string | null {
  const kind = params['kind'];
  if (kind === undefined || kind === 'any') return null;
  if (typeof kind !== 'string' || !KINDS.includes(kind)) throw invalidParams('kind', 'wrong format');
  return kind;
}

function whole(params: Params, name: string, fallback: number | null): number {
  const value = params[name] ?? fallback;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw invalidParams(name, value === null ? 'is required' : 'must be a whole number');
  return Math.floor(value);
}

const getInstruments: Method = (board, params, at) => {
  const currency = currencyOf(params);
  const kind = kindOf(params);
  const rows: string[] = [];
  if (params['expired'] === true) {
    for (const option of board.expired)
      if (currency === null || option.instrument.underlying === currency)
        rows.push(optionInstrumentData(option, 'archivized'));
    return `[${rows.join(',')}]`;
  }
  if (kind === null || kind === 'option')
    for (const option of board.options.values())
      if (currency === null || option.instrument.underlying === currency)
        rows.push(optionInstrumentData(option, board.stateOf(option.instrument.underlying)));
  let id = 200_000;
  if (kind === null || kind === 'future')
    for (const future of board.futures.values())
      if (currency === null || future.underlying === currency)
        rows.push(futureInstrumentData(future, id++, at - 90 * 86_400_000));
  return `[${rows.join(',')}]`;
};

const getInstrument: Method = (board, params) => {
  const option = board.options.get(text(params, 'instrument_name'));
  if (option === undefined) throw instrumentNotFound();
  return optionInstrumentData(option, board.stateOf(option.instrument.underlying));
};

const getIndexPrice: Method = (board, params) => {
  const price = board.indices.get(text(params, 'index_name'));
  if (price === undefined) throw invalidParams('index_name', 'wrong format');
  return `{"index_price":${price},"estimated_delivery_price":${price}}`;
};

function tickerText(board: Board, params: Params): { fields: string; quote: QuoteOutput | null; name: string } {
  const name = text(params, 'instrument_name');
  const quote = board.quotes.get(name);
  if (quote !== undefined) {
    const state = board.stateOf(quote.option.instrument.underlying);
    return { fields: optionTickerFields(quote, board.stats.get(name), state), quote, name };
  }
  const future = board.futures.get(name);
  if (future === undefined) throw instrumentNotFound();
  return { fields: futureTickerFields(future, board.stats.get(name)), quote: null, name };
}

const ticker: Method = (board, params) => `{${tickerText(board, params).fields}}`;

const getOrderBook: Method = (board, params, at) => {
  const depth = whole(params, 'depth', 5);
  const { fields, quote, name } = tickerText(board, params);
  return `{${fields},"change_id":${at},${ladderFields(ladderOf(quote ?? board.futures.get(name)!), depth)}}`;
};

const getBookSummary: Method = (board, params) => {
  const currency = currencyOf(params);
  const kind = kindOf(params);
  if (kind !== null && kind !== 'option') return '[]';
  const rows: string[] = [];
  for (const [symbol, quote] of board.quotes)
    if (currency === null || quote.option.instrument.underlying === currency)
      rows.push(bookSummaryData(quote, board.stats.get(symbol)));
  return `[${rows.join(',')}]`;
};

function history(trades: readonly TradeOutput[], params: Params): string {
  const from = whole(params, 'start_timestamp', 0);
  const to = whole(params, 'end_timestamp', Number.MAX_SAFE_INTEGER);
  const count = Math.min(1000, Math.max(1, whole(params, 'count', 10)));
  const found = trades.filter((t) => t.at >= from && t.at <= to);
  const ascending = params['sorting'] === 'asc';
  const page = ascending ? found.slice(0, count) : found.slice(-count).reverse();
  return `{"trades":[${page.map(tradeData).join(',')}],"has_more":${found.length > count}}`;
}

const getTradesByCurrency: Method = (board, params) => {
  const currency = currencyOf(params);
  const kind = kindOf(params);
  if (kind !== null && kind !== 'option') return '{"trades":[],"has_more":false}';
  const all =
    currency === null
      ? [...board.trades.values()].flat().sort((a, b) => a.at - b.at)
      : (board.trades.get(currency) ?? []);
  return history(all, params);
};

const getTradesByInstrument: Method = (board, params) => {
  const name = text(params, 'instrument_name');
  const option = board.options.get(name);
  if (option === undefined) throw instrumentNotFound();
  const all = board.trades.get(option.instrument.underlying) ?? [];
  return history(all.filter((t) => t.option.instrument.symbol === name), params); // prettier-ignore
};

const getDeliveryPrices: Method = (board, params) => {
  const currency = text(params, 'index_name').split('_')[0].toUpperCase();
  const all = [...(board.deliveries.get(currency) ?? [])].reverse();
  const page = all.slice(0, whole(params, 'count', 10));
  const rows = page.map(
    (d) => `{"date":"${new Date(d.expiry).toISOString().slice(0, 10)}","delivery_price":${d.price}}`,
  );
  return `{"records_total":${all.length},"data":[${rows.join(',')}]}`;
};

const getStatus: Method = (board) =>
  `{"locked":"${board.maintenance ? 'true' : board.locked.size > 0 ? 'partial' : 'false'}","locked_indices":[${[...board.locked].map((i) => `"${i}"`).join(',')}],"note":"SYNTHETIC"}`;

const getExpirations: Method = (board, params) => {
  const currency = currencyOf(params);
  const found = new Set<string>();
  for (const o of board.options.values())
    if (currency === null || o.instrument.underlying === currency) found.add(o.instrument.symbol.split('-')[1]);
  return `{"option":[${[...found].map((e) => `"${e}"`).join(',')}]}`;
};

/** Public methods by name that need nothing but the board. */
export const PUBLIC_METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['public/test', () => '{"version":"1.2.26 SYNTHETIC"}'],
  ['public/hello', () => '{"version":"1.2.26 SYNTHETIC"}'],
  ['public/get_time', (_board, _params, at) => String(at)],
  ['public/status', getStatus],
  ['public/get_instruments', getInstruments],
  ['public/get_instrument', getInstrument],
  ['public/get_expirations', getExpirations],
  ['public/get_index_price', getIndexPrice],
  ['public/ticker', ticker],
  ['public/get_order_book', getOrderBook],
  ['public/get_book_summary_by_currency', getBookSummary],
  ['public/get_last_trades_by_currency', getTradesByCurrency],
  ['public/get_last_trades_by_currency_and_time', getTradesByCurrency],
  ['public/get_last_trades_by_instrument', getTradesByInstrument],
  ['public/get_last_trades_by_instrument_and_time', getTradesByInstrument],
  ['public/get_delivery_prices', getDeliveryPrices],
]);
