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
