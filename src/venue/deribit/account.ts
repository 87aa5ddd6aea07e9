/**
 * The account behind a read-only login: positions, cash, orders and fills as events. `private/get_positions`,
 * `get_account_summaries`, `get_open_orders`, and the channels `user.portfolio` and `user.changes` (docs/deribit.md).
 */
import type { MarketEvent } from '../../market/event.ts';
import type { Holding } from '../../market/holding.ts';
import type { VenueRequest } from '../adapter.ts';
import { coinOfCurrency, deribitHolding } from '../deribit-holding.ts';
import { deribitInstrument } from '../deribit-symbol.ts';
import * as request from './requests.ts';
import type { FieldType, RowReader } from './wire.ts';
import { isRecord, PRICE, VENUE } from './wire.ts';

/** The venue vouches for what it said for so long; it is asked three times in that, s. */
export const ACCOUNT_VALID_SECONDS = 60;
/** Channels of the account. */
export const ACCOUNT_CHANNELS: readonly string[] = ['user.portfolio.any', 'user.changes.any.any.100ms'];

/** Cash that has not changed is told again after so long. */
const REPEAT_MS = 10_000;
const MOST_CURRENCIES = 100;
const LARGEST = 1e15;
/** Amounts that may have either sign, and be nothing. */
const SIGNED: FieldType = { zeroIsMissing: false, minusOneIsMissing: false, min: -LARGEST, max: LARGEST, scale: 1 };
/** More open orders than the venue allows. */
const MOST_ORDERS = 20_000;

interface Order {
  readonly symbol: string;
  readonly isBuy: boolean;
  readonly price: number;
  readonly left: number;
}

/** Reads one account. Deterministic; junk is refused by field and value and costs its row alone. */
export class AccountReader {
  readonly #account: string;
  readonly #row: RowReader;
  readonly #orders = new Map<string, Order>();
  /** By currency: the cash last told and when, so that a stream of equal summaries is no stream of events. */
  readonly #cash = new Map<string, { readonly at: number; readonly cash: number }>();

  constructor(account: string, row: RowReader) {
    this.#account = account;
    this.#row = row;
  }

  /** Requests that tell everything. */
  requests(): readonly VenueRequest[] {
    return ['private/get_positions', 'private/get_account_summaries', 'private/get_open_orders'].flatMap((method) => {
      const asked = request.privateRequest(method, method === 'private/get_positions' ? { currency: 'any' } : {});
      return asked === null ? [] : [asked];
    });
  }

  /** A result; `answeredAt` is the venue's clock when it answered, epoch ms. False when it is none of the account's. */
  result(method: string, result: unknown, answeredAt: number | null): boolean {
    if (answeredAt !== null && method !== 'private/get_open_orders') this.#row.at = answeredAt;
    if (method === 'private/get_positions') this.#positions(result, 'snapshot');
    else if (method === 'private/get_account_summaries') this.#summaries(result);
    else if (method === 'private/get_open_orders') this.#openOrders(result);
    else return false;
    return true;
  }

  /** Data of a `user.*` channel. */
  notification(topic: string, data: unknown): void {
    const row = this.#row;
    if (!isRecord(data)) return row.refuse('not-an-account', topic, typeof data);
    if (topic.startsWith('portfolio.')) return this.#summary(data, REPEAT_MS);
    if (!topic.startsWith('changes.')) return row.refuse('unused-channel', 'channel', topic);
    // Fills first: the positions that come with them already count them.
    // They are as of the last of them: a snapshot that the venue answered after it is the newer word.
    let last = 0;
    for (const trade of listOf(data['trades'])) last = Math.max(last, this.#fill(trade));
    row.at = last > 0 ? last : row.now();
    if (Array.isArray(data['positions']) && data['positions'].length > 0) this.#positions(data['positions'], 'delta');
    // Orders carry no time that grows: they are as of their receipt, one after the other.
    row.at = row.now();
    this.#take(listOf(data['orders']));
  }

  #positions(result: unknown, mode: 'snapshot' | 'delta'): void {
    const row = this.#row;
    if (!Array.isArray(result)) return row.refuse('not-a-list', 'positions', typeof result);
    const { at, receivedAt } = row;
    const holdings: Holding[] = [];
    let refused = 0;
    for (const value of result) {
      const holding = this.#holding(value);
      if (holding === null) refused++;
      else if (holding.size !== 0 || mode === 'delta') holdings.push(holding);
    }
    row.into.push({
      type: 'positions',
      at,
      receivedAt,
      source: VENUE,
      account: this.#account,
      mode,
      covers: 'positions',
      holdings,
      refused,
      validSeconds: ACCOUNT_VALID_SECONDS,
      fills: true,
    });
  }

  #holding(value: unknown): Holding | null {
    const row = this.#row;
    if (!isRecord(value)) {
      row.refuse('not-a-position', 'positions', typeof value);
      return null;
    }
    const symbol = row.text('instrument_name', value['instrument_name']);
    const size = row.required('size', SIGNED, value['size']);
    if (symbol === null || size === null) return null;
    const isOption = deribitInstrument(symbol) !== null;
    const average = row.number('average_price', PRICE, value['average_price']);
    const entry = isOption ? average : this.#futureEntry(symbol, size, value, average);
    const holding = deribitHolding(symbol, size, entry);
    if (typeof holding !== 'string') return holding;
    row.refuse('unknown-instrument', 'instrument_name', symbol);
    return null;
  }

  /**
   * Futures are settled daily into the cash: the price from which the venue's floating result counts is not the average
   * price but the one at which that result is zero.
   */
  #futureEntry(symbol: string, size: number, value: Record<string, unknown>, average: number | null): number | null {
    const row = this.#row;
    const mark = row.number('mark_price', PRICE, value['mark_price']);
    const floating = row.number('floating_profit_loss', SIGNED, value['floating_profit_loss']);
    if (mark === null || floating === null || size === 0) return average;
    const entry = symbol.includes('_') ? mark - floating / size : 1 / (floating / size + 1 / mark);
    return entry > 0 && entry < Infinity ? entry : average;
  }

  #summaries(result: unknown): void {
    const list = isRecord(result) ? result['summaries'] : result;
    if (!Array.isArray(list)) return this.#row.refuse('not-a-list', 'summaries', typeof list);
    for (const value of list) if (isRecord(value)) this.#summary(value, 0);
  }

  #summary(value: Record<string, unknown>, repeatMs: number): void {
    const row = this.#row;
    const currency = row.text('currency', value['currency']);
    const equity = row.required('equity', SIGNED, value['equity']);
    if (currency === null || equity === null) return;
    const read = (name: string): number | null => row.number(name, SIGNED, value[name]);
    const booked = (read('options_value') ?? 0) + (read('futures_session_upl') ?? read('session_upl') ?? 0);
    const { at, receivedAt } = row;
    const cash = equity - booked;
    const told = this.#cash.get(currency);
    const isSame = told !== undefined && Math.abs(cash - told.cash) <= 1e-8 * Math.max(1, Math.abs(cash));
    if (isSame && at - told.at < repeatMs) return;
    if (told !== undefined || this.#cash.size < MOST_CURRENCIES) this.#cash.set(currency, { at, cash });
    row.into.push({
      type: 'equity',
      at,
      receivedAt,
      source: VENUE,
      account: this.#account,
      currency,
      underlying: coinOfCurrency(currency),
      cash,
      equity,
      initialMargin: read('initial_margin'),
      maintenanceMargin: read('maintenance_margin'),
      validSeconds: ACCOUNT_VALID_SECONDS,
    });
  }

  /** Time of the fill, epoch ms; 0 when it was refused. */
  #fill(value: unknown): number {
    const row = this.#row;
    if (!isRecord(value)) {
      row.refuse('not-a-trade', 'trades', typeof value);
      return 0;
    }
    const symbol = row.text('instrument_name', value['instrument_name']);
    const tradeId = row.text('trade_id', value['trade_id']);
    const at = row.time('timestamp', value['timestamp']);
    const price = row.required('price', PRICE, value['price']);
    const amount = row.required('amount', PRICE, value['amount']);
    const { direction } = value;
    if (direction !== 'buy' && direction !== 'sell') {
      row.refuse('unknown-direction', 'direction', direction);
      return 0;
    }
    if (symbol === null || tradeId === null || at === null || price === null || amount === null) return 0;
    const fee = row.number('fee', SIGNED, value['fee']);
    row.into.push({
      type: 'own-fill',
      at,
      receivedAt: row.receivedAt,
      venue: VENUE,
      account: this.#account,
      symbol,
      tradeId,
      direction,
      price,
      amount,
      liquidity: value['liquidity'] === 'M' ? 'maker' : 'taker',
      fee,
      feeCurrency: fee === null ? null : row.text('fee_currency', value['fee_currency']),
    });
    return at;
  }

  #openOrders(result: unknown): void {
    const before = new Set([...this.#orders.values()].map((o) => o.symbol));
    this.#orders.clear();
    this.#take(listOf(result), before);
  }

  /** Takes orders as they are now, and says of every option they touch where our best prices stand. */
  #take(orders: readonly unknown[], touched: Set<string> = new Set()): void {
    const row = this.#row;
    for (const value of orders) {
      if (!isRecord(value)) {
        row.refuse('not-an-order', 'orders', typeof value);
        continue;
      }
      const id = row.text('order_id', value['order_id']);
      const symbol = row.text('instrument_name', value['instrument_name']);
      if (id === null || symbol === null) continue;
      touched.add(symbol);
      const price = typeof value['price'] === 'number' ? row.number('price', PRICE, value['price']) : null;
      const left = (row.number('amount', PRICE, value['amount']) ?? 0) - (row.number('filled_amount', SIGNED, value['filled_amount']) ?? 0); // prettier-ignore
      const isBuy = value['direction'] === 'buy';
      const isOpen = value['order_state'] === 'open' && price !== null && left > 0;
      if (!isOpen || price === null || this.#orders.size >= MOST_ORDERS) this.#orders.delete(id);
      else this.#orders.set(id, { symbol, isBuy, price, left });
    }
    for (const symbol of touched) if (deribitInstrument(symbol) !== null) this.#tell(symbol);
  }

  #tell(symbol: string): void {
    const { into, receivedAt } = this.#row;
    const best = (isBuy: boolean): [number | null, number | null] => {
      let [price, size] = [null as number | null, 0];
      for (const o of this.#orders.values()) {
        if (o.symbol !== symbol || o.isBuy !== isBuy) continue;
        if (price === null || (isBuy ? o.price > price : o.price < price)) [price, size] = [o.price, 0];
        if (o.price === price) size += o.left;
      }
      return [price, price === null ? null : size];
    };
    const [bid, bidSize] = best(true);
    const [ask, askSize] = best(false);
    const event: MarketEvent = {
      type: 'own-quote', at: this.#row.at, receivedAt, venue: VENUE, symbol, bid, bidSize, ask, askSize,
    }; // prettier-ignore
    into.push(event);
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
