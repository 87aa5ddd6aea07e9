/** A chain snapshot as the bench of faults handles it: one underlying, one instant, every option with its quote. */
import type { MarketEvent, QuoteEvent } from '../../market/event.ts';
import type { OptionInstrument } from '../../market/instrument.ts';

/** One option of a snapshot. */
export interface ChainRow {
  readonly instrument: OptionInstrument;
  readonly quote: QuoteEvent;
}

/** All that one underlying showed at one instant. */
export interface ChainSnapshot {
  readonly at: number;
  readonly venue: string;
  readonly underlying: string;
  readonly rows: readonly ChainRow[];
}

/** Groups the events of recordings into snapshots; events that belong to none (trades, futures) are left out. */
export class SnapshotBuilder {
  readonly #instruments = new Map<string, OptionInstrument>();
  #rows: ChainRow[] = [];

  /** Takes one event; returns the snapshot that it completes, or null. */
  take(event: MarketEvent): ChainSnapshot | null {
    if (event.type === 'instrument') this.#instruments.set(event.instrument.symbol, event.instrument);
    else if (event.type === 'quote') {
      const instrument = this.#instruments.get(event.symbol);
      if (instrument !== undefined) this.#rows.push({ instrument, quote: event });
    } else if (event.type === 'snapshot-end') {
      const rows = this.#rows.filter((r) => r.instrument.underlying === event.underlying);
      this.#rows = [];
      return { at: event.at, venue: event.venue, underlying: event.underlying, rows };
    }
    return null;
  }
}

/** The events of a snapshot: every option's listing, its quote, and the end. */
export function snapshotEvents(snapshot: ChainSnapshot): MarketEvent[] {
  const { at, venue, underlying } = snapshot;
  const events: MarketEvent[] = [];
  for (const { instrument, quote } of snapshot.rows) {
    events.push({ type: 'instrument', at, receivedAt: quote.receivedAt, instrument, state: 'open' });
    events.push(quote);
  }
  events.push({ type: 'snapshot-end', at, receivedAt: at, venue, underlying });
  return events;
}

/** What a cutter holds of one underlying. */
interface Book {
  readonly venue: string;
  readonly underlying: string;
  readonly rows: Map<string, ChainRow>;
}

/**
 * Cuts a stream of events (a session's log) into snapshots: what every option's quote was at each multiple of `everyMs`,
 * stamped with that instant. A tape that brings its own `snapshot-end` is cut there and nowhere else. Holds one quote per
 * listed option.
 */
export class SnapshotCutter {
  readonly #everyMs: number;
  readonly #instruments = new Map<string, OptionInstrument>();
  readonly #books = new Map<string, Book>();
  #due = NaN;
  #snapshots = false;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Takes one event; returns the snapshots that it completes. */
  take(event: MarketEvent): ChainSnapshot[] {
    if (event.type === 'snapshot-end') {
      this.#snapshots = true;
      const { at, venue, underlying } = event;
      const rows = this.#books.get(`${venue}:${underlying}`)?.rows ?? new Map<string, ChainRow>();
      const own = { at, venue, underlying, rows: [...rows.values()] };
      rows.clear();
      return [own];
    }
    const found = this.#snapshots ? [] : this.#cut(event);
    if (event.type === 'instrument') this.#instruments.set(event.instrument.symbol, event.instrument);
    if (event.type === 'quote') this.#hold(event);
    return found;
  }

  #hold(quote: QuoteEvent): void {
    const instrument = this.#instruments.get(quote.symbol);
    if (instrument === undefined) return;
    const { venue, underlying } = instrument;
    const key = `${venue}:${underlying}`;
    let book = this.#books.get(key);
    if (book === undefined) this.#books.set(key, (book = { venue, underlying, rows: new Map() }));
    book.rows.set(quote.symbol, { instrument, quote });
  }

  /** Event time decides, held back to what has been received: one stamp from the future must not cut. */
  #cut(event: MarketEvent): ChainSnapshot[] {
    const now = Math.min(event.at, event.receivedAt);
    if (!Number.isFinite(this.#due)) this.#due = Math.floor(now / this.#everyMs) * this.#everyMs + this.#everyMs;
    if (!(now >= this.#due)) return [];
    const at = Math.floor(now / this.#everyMs) * this.#everyMs;
    this.#due = at + this.#everyMs;
    return [...this.#books.values()].map(({ venue, underlying, rows }): ChainSnapshot => {
      for (const [symbol, { instrument }] of rows) if (instrument.expiry <= at) rows.delete(symbol);
      const stamped = [...rows.values()].map((r) => ({ ...r, quote: { ...r.quote, at, receivedAt: at } }));
      return { at, venue, underlying, rows: stamped };
    });
  }
}
