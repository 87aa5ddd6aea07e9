/** The way out of a feed: each print once, clocks sampled, bounded waiting, one call of the consumer per turn of the loop. */
import type { MarketEvent } from '../market/event.ts';
import type { ClockOffset } from './clock-offset.ts';
import { EventQueue } from './event-queue.ts';
import type { FeedClock } from './feed-clock.ts';
import { RecentNames } from './recent-names.ts';

const KNOWN_TRADES = 100_000;

/** `at` of these comes from the venue's clock, just now. */
export const hasVenueTime = (event: MarketEvent): boolean =>
  event.type === 'quote' ||
  event.type === 'index' ||
  event.type === 'future' ||
  event.type === 'volatility-index' ||
  (event.type === 'trade' && !event.late);

export interface OutletOptions {
  readonly clock: FeedClock;
  readonly offset: ClockOffset;
  /** Events that may wait before quotes are thinned, and before `onFull`. */
  readonly soft: number;
  readonly hard: number;
  /** `symbol|tradeId` of prints already kept. */
  readonly knownTrades: Iterable<string>;
  /** `false`: taken, but no more until `resume`. */
  readonly consume: (events: MarketEvent[]) => void | boolean;
  /** Stop reading, and read again. */
  readonly onFull: () => void;
  readonly onRoom: () => void;
}

export class EventOutlet {
  readonly #options: OutletOptions;
  readonly #queue: EventQueue;
  readonly #trades = new RecentNames(KNOWN_TRADES);
  #busy = false;
  #scheduled = false;
  #full = false;
  #duplicateTrades = 0;
  #drained: (() => void) | null = null;

  constructor(options: OutletOptions) {
    this.#options = options;
    this.#queue = new EventQueue(options.soft, options.hard);
    for (const name of options.knownTrades) this.#trades.add(name);
  }

  get length(): number {
    return this.#queue.length;
  }
  get full(): boolean {
    return this.#full;
  }
  get duplicateTrades(): number {
    return this.#duplicateTrades;
  }
  get droppedQuotes(): number {
    return this.#queue.droppedQuotes;
  }
  get droppedRefusals(): number {
    return this.#queue.droppedRefusals;
  }

  emit(events: readonly MarketEvent[]): void {
    for (const event of events) {
      if (event.type === 'trade' && !this.#trades.add(`${event.symbol}|${event.tradeId}`)) {
        this.#duplicateTrades += 1;
        continue;
      }
      if (hasVenueTime(event)) this.#options.offset.sample(event.receivedAt, event.at);
      this.#queue.push(event);
    }
    if (this.#queue.full && !this.#full) {
      this.#full = true;
      this.#options.onFull();
    }
    this.#schedule();
  }

  /** The consumer, having answered `false`, takes events again. */
  resume(): void {
    this.#busy = false;
    this.#schedule();
  }

  /** Hands over what waits. Resolves to the number of events that the consumer has not taken within `ms`. */
  async drain(ms: number): Promise<number> {
    this.#deliver();
    if (this.#queue.length > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.setTimer(resolve, ms);
        this.#drained = () => {
          cancel();
          resolve();
        };
      });
    }
    return this.#queue.length;
  }

  #schedule(): void {
    if (this.#scheduled || this.#busy || this.#queue.length === 0) return;
    this.#scheduled = true;
    this.#options.clock.soon(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#busy || this.#queue.length === 0) return;
    this.#busy = this.#options.consume(this.#queue.take()) === false;
    if (this.#full) {
      this.#full = false;
      this.#options.onRoom();
    }
    this.#drained?.();
  }
}
