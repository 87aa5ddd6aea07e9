/** What the venue knows at this moment, fed by the simulation's outputs: instruments, quotes, prints, reference prices. */
import type { ListedOption } from '../../simulator/listing.ts';
import type {
  FutureOutput,
  PlatformOutput,
  QuoteOutput,
  SimulatedOutput,
  TradeOutput,
} from '../../simulator/output.ts';
import type { DayStats } from './wire.ts';

/** Most prints kept per underlying for REST history, most deliveries, most expired options. */
const HISTORY = 10_000;

/** A delivered expiry. */
export interface Delivery {
  readonly at: number;
  readonly expiry: number;
  readonly price: number;
}

/** A future appears or goes. */
export interface FutureNews {
  readonly symbol: string;
  readonly underlying: string;
  readonly state: 'created' | 'closed';
}

/** The current state of the venue. */
export class Board {
  readonly options = new Map<string, ListedOption>();
  readonly expired: ListedOption[] = [];
  readonly quotes = new Map<string, QuoteOutput>();
  readonly futures = new Map<string, FutureOutput>();
  readonly indices = new Map<string, number>();
  readonly volatilityIndices = new Map<string, number>();
  readonly trades = new Map<string, TradeOutput[]>();
  readonly deliveries = new Map<string, Delivery[]>();
  readonly stats = new Map<string, DayStats>();
  readonly locked = new Set<string>();
  /** Futures listed or gone, and last quotes of expired options, since somebody last took them. */
  readonly futureNews: FutureNews[] = [];
  readonly closing: QuoteOutput[] = [];
  maintenance = false;

  /** Takes one output in. */
  apply(output: SimulatedOutput): void {
    switch (output.type) {
      case 'quote':
        this.quotes.set(output.option.instrument.symbol, output);
        break;
      case 'trade':
        this.#trade(output);
        break;
      case 'index':
        this.indices.set(output.name, output.price);
        break;
      case 'future':
        if (!this.futures.has(output.symbol))
          this.futureNews.push({ symbol: output.symbol, underlying: output.underlying, state: 'created' });
        this.futures.set(output.symbol, output);
        break;
      case 'volatility-index':
        this.volatilityIndices.set(output.name, output.volatility);
        break;
      case 'instrument':
        this.#instrument(output.option, output.state === 'expired');
        break;
      case 'delivery':
        this.#delivery(output.underlying, { at: output.at, expiry: output.expiry, price: output.price });
        break;
      default:
        this.#platform(output);
    }
  }

  #trade(trade: TradeOutput): void {
    const { underlying, symbol } = trade.option.instrument;
    const tape = this.trades.get(underlying) ?? [];
    this.trades.set(underlying, tape);
    tape.push(trade);
    if (tape.length > HISTORY * 1.1) tape.splice(0, tape.length - HISTORY);
    let stats = this.stats.get(symbol);
    if (stats === undefined)
      this.stats.set(symbol, (stats = { high: null, low: null, first: null, volume: 0, volumeUsd: 0 }));
    stats.first ??= trade.price;
    stats.high = Math.max(stats.high ?? trade.price, trade.price);
    stats.low = Math.min(stats.low ?? trade.price, trade.price);
    stats.volume += trade.amount;
    stats.volumeUsd += trade.amount * trade.price * trade.index;
  }

  #instrument(option: ListedOption, expired: boolean): void {
    const { symbol } = option.instrument;
    if (!expired) {
      this.options.set(symbol, option);
      return;
    }
    const last = this.quotes.get(symbol);
    if (last !== undefined) this.closing.push(last);
    this.options.delete(symbol);
    this.quotes.delete(symbol);
    this.stats.delete(symbol);
    this.expired.push(option);
    if (this.expired.length > HISTORY) this.expired.splice(0, this.expired.length - HISTORY);
  }

  #delivery(underlying: string, delivery: Delivery): void {
    const list = this.deliveries.get(underlying) ?? [];
    this.deliveries.set(underlying, list);
    list.push(delivery);
    if (list.length > 1000) list.shift();
    for (const [symbol, f] of this.futures) {
      if (f.underlying !== underlying || f.expiry !== delivery.expiry) continue;
      this.futures.delete(symbol);
      this.futureNews.push({ symbol, underlying, state: 'closed' });
    }
  }

  #platform({ underlying, state }: PlatformOutput): void {
    if (underlying === null) this.maintenance = state === 'maintenance';
    else if (state === 'locked') this.locked.add(`${underlying.toLowerCase()}_usd`);
    else this.locked.delete(`${underlying.toLowerCase()}_usd`);
  }

  /** The state word of an option's book. */
  stateOf(underlying: string): string {
    return this.maintenance || this.locked.has(`${underlying.toLowerCase()}_usd`) ? 'locked' : 'open';
  }
}
