/** Events between the socket and the consumer: bounded, and honest about what it sheds. */
import type { MarketEvent } from '../market/event.ts';

/** What a newer event of the same kind and name makes worthless; null = must never be shed. */
function supersededBy(event: MarketEvent): string | null {
  switch (event.type) {
    case 'quote':
      return `q${event.symbol}`;
    case 'future':
      return `f${event.symbol}`;
    case 'index':
      return `i${event.name}`;
    case 'volatility-index':
      return `v${event.underlying}`;
    case 'own-quote':
      return `o${event.symbol}`;
    default:
      return null;
  }
}

/**
 * FIFO. Up to `softLimit` events nothing is shed. Above it the newest quote of a symbol replaces the one that waits (counted in
 * `droppedQuotes`), and refusals are shed (counted in `droppedRefusals`). Trades, gaps and life-cycle events are never shed:
 * at `hardLimit` the queue says `full` and the socket must stop reading, so that the venue's TCP window holds the rest.
 */
export class EventQueue {
  readonly #softLimit: number;
  readonly #hardLimit: number;
  #events: (MarketEvent | null)[] = [];
  #live = 0;
  /** Where the newest waiting event of a name stands; built only while the queue is above its soft limit. */
  #places: Map<string, number> | null = null;
  #droppedQuotes = 0;
  #droppedRefusals = 0;

  constructor(softLimit: number, hardLimit: number) {
    this.#softLimit = softLimit;
    this.#hardLimit = hardLimit;
  }

  get length(): number {
    return this.#live;
  }
  get full(): boolean {
    return this.#live >= this.#hardLimit;
  }
  get droppedQuotes(): number {
    return this.#droppedQuotes;
  }
  get droppedRefusals(): number {
    return this.#droppedRefusals;
  }

  push(event: MarketEvent): void {
    if (this.#live < this.#softLimit) {
      this.#places = null;
      this.#append(event);
      return;
    }
    if (event.type === 'refused') {
      this.#droppedRefusals += 1;
      return;
    }
    const name = supersededBy(event);
    if (name !== null) {
      this.#places ??= this.#index();
      const place = this.#places.get(name);
      if (place !== undefined) {
        this.#events[place] = null;
        this.#live -= 1;
        this.#droppedQuotes += 1;
      }
      this.#places.set(name, this.#events.length);
    }
    this.#append(event);
    // Holes of replaced quotes are bounded too: half the array at most.
    if (this.#events.length > 2 * this.#live + 1024) this.#compact();
  }

  /** Hands over everything that waits, in order, and empties the queue. */
  take(): MarketEvent[] {
    const taken = this.#live === this.#events.length ? this.#events : this.#events.filter((e) => e !== null);
    this.#events = [];
    this.#live = 0;
    this.#places = null;
    return taken as MarketEvent[];
  }

  #append(event: MarketEvent): void {
    this.#events.push(event);
    this.#live += 1;
  }

  #index(): Map<string, number> {
    const places = new Map<string, number>();
    this.#events.forEach((event, place) => {
      const name = event === null ? null : supersededBy(event);
      if (name !== null) places.set(name, place);
    });
    return places;
  }

  #compact(): void {
    this.#events = this.#events.filter((e) => e !== null);
    this.#places = null;
  }
}
