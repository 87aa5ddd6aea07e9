/** The simulated account: what it holds, rests and trades, valued on the board. SYNTHETIC; its owner is whoever started the venue. */
import { tenor } from '../../simulator/calendar.ts';
import type { FutureOutput, QuoteOutput } from '../../simulator/output.ts';
import type { Board } from './board.ts';

/** A position to begin with. */
export interface AccountPosition {
  readonly instrument: string;
  /** Options: coins. Coin-margined futures: USD. Negative = short. */
  readonly size: number;
  /** Options: coin. Futures: USD. */
  readonly averagePrice: number;
}

/** A resting order of the account. */
export interface AccountOrder {
  readonly id: string;
  readonly instrument: string;
  readonly direction: 'buy' | 'sell';
  readonly price: number;
  readonly amount: number;
}

/** One trade of the account. */
export interface AccountFill {
  readonly instrument: string;
  readonly direction: 'buy' | 'sell';
  readonly price: number;
  /** Unit of the position. */
  readonly amount: number;
  /** As in a public print; default one of its own. */
  readonly tradeId?: string;
  /** False: the venue forgets to tell, as a fault would; default true. */
  readonly told?: boolean;
}

/** Currencies the account has. */
export const ACCOUNT_CURRENCIES = ['BTC', 'ETH', 'USDC'] as const;
const STARTING_CASH: Readonly<Record<string, number>> = { BTC: 100, ETH: 100, USDC: 10_000 };
/** Share of the traded amount that a taker pays, coin. */
const FEE = 0.0003;

interface Held {
  size: number;
  average: number;
}

/** Positions, cash, orders and fills of one account. */
export class SimulatedAccount {
  readonly #board: Board;
  readonly #now: () => number;
  readonly #changed: (data: string) => void;
  readonly #held = new Map<string, Held>();
  readonly #cash = new Map<string, number>(Object.entries(STARTING_CASH));
  readonly #orders = new Map<string, AccountOrder>();
  #fills = 0;

  /** `changed` brings a change to the listeners of `user.changes`. */
  constructor(board: Board, now: () => number, positions: readonly AccountPosition[], changed: (data: string) => void) {
    this.#board = board;
    this.#now = now;
    this.#changed = changed;
    for (const { instrument, size, averagePrice } of positions)
      this.#held.set(instrument, { size, average: averagePrice });
  }

  /** Trades: position and cash move, and `user.changes` tells it. */
  trade(fill: AccountFill): void {
    const { instrument, direction, price, amount, told = true } = fill;
    const signed = direction === 'buy' ? amount : -amount;
    const held = this.#held.get(instrument) ?? { size: 0, average: price };
    const isFuture = this.#board.futures.has(instrument);
    const size = held.size + signed;
    if (held.size === 0 || held.size * size < 0) held.average = price;
    else if (held.size * signed > 0)
      held.average = isFuture
        ? size / (held.size / held.average + signed / price)
        : (held.average * held.size + price * signed) / size;
    held.size = size;
    this.#held.set(instrument, held);
    const currency = this.#currencyOf(instrument);
    const fee = FEE * (isFuture ? amount / price : amount);
    const cost = isFuture ? 0 : signed * price;
    this.#cash.set(currency, (this.#cash.get(currency) ?? 0) - cost - fee);
    const tradeId = fill.tradeId ?? `SYNTHETIC-${++this.#fills}`;
    if (!told) return;
    const trade = `{"trade_id":"${tradeId}","trade_seq":1,"instrument_name":"${instrument}","timestamp":${this.#now()},"direction":"${direction}","price":${price},"amount":${amount},"fee":${fee},"fee_currency":"${currency}","liquidity":"T","order_id":"SYNTHETIC","state":"filled","index_price":${this.#quote(instrument)?.index ?? 0}}`;
    const position = this.#positionText(instrument, held);
    this.#changed(
      `{"instrument_name":"${instrument}","trades":[${trade}],"positions":[${position ?? ''}],"orders":[]}`,
    );
  }

  /** Places or (amount 0) takes back an order that rests. */
  order(order: AccountOrder): void {
    if (order.amount > 0) this.#orders.set(order.id, order);
    else this.#orders.delete(order.id);
    const text = orderText(order, order.amount > 0 ? 'open' : 'cancelled');
    this.#changed(`{"instrument_name":"${order.instrument}","trades":[],"positions":[],"orders":[${text}]}`);
  }

  /** `private/get_positions`; `currency` null = any. */
  positions(currency: string | null): string {
    const rows: string[] = [];
    for (const [instrument, held] of this.#held) {
      if (currency !== null && this.#currencyOf(instrument) !== currency) continue;
      const row = this.#positionText(instrument, held);
      if (row !== null) rows.push(row);
    }
    return `[${rows.join(',')}]`;
  }

  /** `private/get_open_orders`. */
  openOrders(): string {
    return `[${[...this.#orders.values()].map((o) => orderText(o, 'open')).join(',')}]`;
  }

  /** `private/get_account_summary`, and a `user.portfolio` notification. */
  summary(currency: string): string {
    let [delta, gamma, vega, theta, options, futures] = [0, 0, 0, 0, 0, 0];
    for (const [instrument, held] of this.#held) {
      if (this.#currencyOf(instrument) !== currency) continue;
      const quote = this.#quote(instrument);
      if (quote === undefined) continue;
      if (quote.type === 'future') {
        futures += held.size * (1 / held.average - 1 / quote.mark);
        delta += held.size / quote.mark;
        continue;
      }
      if (tenor(this.#now(), quote.option.instrument.expiry) <= 0) continue;
      delta += held.size * quote.delta;
      gamma += held.size * quote.gamma;
      vega += held.size * quote.vega;
      theta += held.size * quote.theta;
      options += held.size * quote.mark;
    }
    const balance = this.#cash.get(currency) ?? 0;
    const equity = balance + options + futures;
    return `{"currency":"${currency}","balance":${balance},"equity":${equity},"margin_balance":${balance + futures},"available_funds":${balance},"initial_margin":0,"maintenance_margin":0,"options_value":${options},"futures_session_upl":${futures},"session_upl":${futures},"options_delta":${delta},"options_gamma":${gamma},"options_vega":${vega},"options_theta":${theta},"delta_total":${delta},"username":"SYNTHETIC","type":"main","id":1}`;
  }

  #quote(instrument: string): QuoteOutput | FutureOutput | undefined {
    return this.#board.quotes.get(instrument) ?? this.#board.futures.get(instrument);
  }

  #currencyOf(instrument: string): string {
    const quote = this.#quote(instrument);
    if (quote === undefined) return instrument.split('-', 1)[0];
    return quote.type === 'future' ? quote.underlying : quote.option.instrument.underlying;
  }

  /** Null for what the venue no longer lists. */
  #positionText(instrument: string, held: Held): string | null {
    const quote = this.#quote(instrument);
    if (quote === undefined) return null;
    const { size, average } = held;
    const isFuture = quote.type === 'future';
    const profit = isFuture ? size * (1 / average - 1 / quote.mark) : size * (quote.mark - average);
    const greeks = isFuture
      ? `"delta":${size / quote.mark}`
      : `"delta":${size * quote.delta},"gamma":${size * quote.gamma},"vega":${size * quote.vega},"theta":${size * quote.theta}`;
    return `{"instrument_name":"${instrument}","kind":"${isFuture ? 'future' : 'option'}","size":${size},"direction":"${size > 0 ? 'buy' : size < 0 ? 'sell' : 'zero'}","average_price":${average},"mark_price":${quote.mark},"index_price":${quote.index},"floating_profit_loss":${profit},"total_profit_loss":${profit},"realized_profit_loss":0,"initial_margin":0,"maintenance_margin":0,"settlement_price":${quote.mark},${greeks}}`;
  }
}

function orderText(o: AccountOrder, state: string): string {
  return `{"order_id":"${o.id}","instrument_name":"${o.instrument}","direction":"${o.direction}","price":${o.price},"amount":${o.amount},"filled_amount":0,"order_state":"${state}","order_type":"limit","label":"SYNTHETIC"}`;
}
