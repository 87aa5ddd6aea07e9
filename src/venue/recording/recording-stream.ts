import type { FutureEvent, IndexEvent, MarketEvent, QuoteEvent, TradeEvent } from '../../market/event.ts';
import type { OptionInstrument } from '../../market/instrument.ts';
import { SymbolTable, compareInstruments } from './symbol-table.ts';
import type { SymbolEntry } from './symbol-table.ts';

/** Refusals wait for the time of the next good event; more than this many are delivered at once. */
const MAX_WAITING_REFUSALS = 4096;
/** A chain has a few thousand rows; a "snapshot" above this is a wrong time column. */
const MAX_SNAPSHOT_ROWS = 200_000;
/** Events handed over at a time where a file has no snapshots. */
export const BATCH_EVENTS = 4096;

/** What one row of a file can say. */
export type RowEvent = QuoteEvent | TradeEvent | FutureEvent | IndexEvent;

/**
 * The one stream of events that the files of a replay are turned into. Owns what spans rows and files: announced
 * instruments, the clock that must not run backwards, refusals waiting for a time, the open snapshot.
 */
export class RecordingStream {
  readonly symbols = new SymbolTable();
  /** Rows before `from` or after `to` (epoch ms, inclusive) are skipped. */
  readonly from: number;
  readonly to: number;
  /** Time of the last delivered event; null before the first. */
  now: number | null = null;
  #events: MarketEvent[] = [];
  #refusals: { venue: string; reason: string; field: string; value: string }[] = [];
  #snapshot = 0;
  #entries: SymbolEntry[] = [];
  #quotes: QuoteEvent[] = [];
  #facts: RowEvent[] = [];

  constructor(from: number = -Infinity, to: number = Infinity) {
    this.from = from;
    this.to = to;
  }

  /** Whether a row of this time is wanted. */
  wants(at: number): boolean {
    return at >= this.from && at <= this.to;
  }

  /** Counts one refused row or field. `value` is shortened and freed of control characters. */
  refuse(venue: string, reason: string, field: string, value: unknown): void {
    this.#refusals.push({ venue, reason, field, value: printable(value) });
    if (this.#refusals.length >= MAX_WAITING_REFUSALS) this.#releaseRefusals(this.now ?? this.#fallbackTime());
  }

  /** One row outside any snapshot; `entry` is its option, if it is about one. Refused when its time runs backwards. */
  deliver(entry: SymbolEntry | null, event: RowEvent): void {
    if (!this.#advance(event.at, event.venue, event.type)) return;
    if (entry !== null) this.#announce(entry, event.at);
    this.#events.push(event);
  }

  /** One row of the open snapshot; a second quote of the same symbol is refused. */
  collect(entry: SymbolEntry | null, event: RowEvent): void {
    if (this.#quotes.length + this.#facts.length >= MAX_SNAPSHOT_ROWS) {
      return this.refuse(event.venue, 'snapshot-too-large', 'rows', MAX_SNAPSHOT_ROWS);
    }
    if (entry === null || event.type !== 'quote') {
      this.#facts.push(event);
      return;
    }
    if (entry.snapshot === this.#snapshot) return this.refuse(event.venue, 'duplicate', 'symbol', event.symbol);
    entry.snapshot = this.#snapshot;
    this.#entries.push(entry);
    this.#quotes.push(event);
  }

  /**
   * Ends the open snapshot at `at`: facts, then quotes in instrument order, each underlying closed by a
   * `snapshot-end`. Rows that carry another time are restamped: a snapshot is known when its last row is.
   */
  closeSnapshot(at: number, venue: string): void {
    const entries = this.#entries;
    const quotes = this.#quotes;
    const facts = this.#facts;
    this.#snapshot++;
    this.#entries = [];
    this.#quotes = [];
    this.#facts = [];
    if (quotes.length === 0 && facts.length === 0) return;
    if (this.now !== null && at < this.now) {
      for (const row of [...facts, ...quotes]) this.refuse(row.venue, 'time-backwards', row.type, at);
      return;
    }
    this.#advance(at, venue, 'snapshot');
    for (const fact of facts) this.#events.push(fact.at === at ? fact : { ...fact, at, receivedAt: at });
    let underlying = '';
    for (const i of instrumentOrder(entries)) {
      const { instrument } = entries[i];
      if (underlying !== '' && underlying !== instrument.underlying) this.#endOf(underlying, at, venue);
      underlying = instrument.underlying;
      this.#announce(entries[i], at);
      const quote = quotes[i];
      this.#events.push(quote.at === at ? quote : { ...quote, at, receivedAt: at });
    }
    if (underlying !== '') this.#endOf(underlying, at, venue);
  }

  /** Events waiting to be handed over. */
  get ready(): number {
    return this.#events.length;
  }

  /** Hands over what is ready. */
  take(): readonly MarketEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** A file has ended: refusals that still wait get its last time, unless no time is known yet. */
  endFile(): void {
    if (this.now !== null) this.#releaseRefusals(this.now);
  }

  /** The last file has ended: hands over everything, refusals without any known time included. */
  finish(): readonly MarketEvent[] {
    this.#releaseRefusals(this.now ?? this.#fallbackTime());
    return this.take();
  }

  #fallbackTime(): number {
    return Number.isFinite(this.from) ? this.from : 0;
  }

  #endOf(underlying: string, at: number, venue: string): void {
    this.#events.push({ type: 'snapshot-end', at, receivedAt: at, venue, underlying });
  }

  #advance(at: number, venue: string, field: string): boolean {
    if (this.now !== null && at < this.now) {
      this.refuse(venue, 'time-backwards', field, at);
      return false;
    }
    this.now = at;
    this.#releaseRefusals(at);
    return true;
  }

  #announce(entry: SymbolEntry, at: number): void {
    if (entry.announced) return;
    entry.announced = true;
    this.#events.push({ type: 'instrument', at, receivedAt: at, instrument: entry.instrument, state: 'open' });
  }

  #releaseRefusals(at: number): void {
    if (this.#refusals.length === 0) return;
    for (const { venue, reason, field, value } of this.#refusals) {
      this.#events.push({ type: 'refused', at, receivedAt: at, venue, reason, field, value });
    }
    this.#refusals = [];
  }
}

/** Positions of `entries` in instrument order; recorders that write sorted rows pay one comparison a row. */
function instrumentOrder(entries: readonly SymbolEntry[]): Iterable<number> {
  let sorted = true;
  for (let i = 1; i < entries.length && sorted; i++) {
    sorted = precedes(entries[i - 1].instrument, entries[i].instrument);
  }
  const order = entries.map((_, i) => i);
  return sorted ? order : order.sort((a, b) => compareInstruments(entries[a].instrument, entries[b].instrument));
}

function precedes(a: OptionInstrument, b: OptionInstrument): boolean {
  return compareInstruments(a, b) <= 0;
}

/** A refused value as short printable text. */
export function printable(value: unknown): string {
  const text = typeof value === 'string' ? value.slice(0, 256) : describe(value);
  // oxlint-disable-next-line no-control-regex -- removing control characters is the purpose
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '').slice(0, 64);
}

function describe(value: unknown): string {
  switch (typeof value) {
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  }
}
