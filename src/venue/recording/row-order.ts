import type { RecordingStream, RowEvent } from './recording-stream.ts';
import type { SymbolEntry } from './symbol-table.ts';

/** How the rows of a file follow each other in time. */
export interface RowOrder {
  /** The next row; `event.at` is its time. */
  row(entry: SymbolEntry | null, event: RowEvent): void;
  /** The file has ended. */
  finish(): void;
}

interface HeldRow {
  readonly entry: SymbolEntry | null;
  readonly event: RowEvent;
}

/**
 * Rows that share one time are a snapshot. A row whose time is new is held until the following ones decide: a wrong
 * time in a single row must not close the snapshot, let alone make all later rows "backwards".
 */
export class SnapshotPerTime implements RowOrder {
  readonly #stream: RecordingStream;
  readonly #venue: string;
  #open: number | null = null;
  /** A row with a later time than the open snapshot. */
  #held: HeldRow | null = null;
  /** A row between the open snapshot and the held row: one of the two is wrong. */
  #rival: HeldRow | null = null;

  constructor(stream: RecordingStream, venue: string) {
    this.#stream = stream;
    this.#venue = venue;
  }

  row(entry: SymbolEntry | null, event: RowEvent): void {
    if (event.at === this.#open && this.#held === null) this.#stream.collect(entry, event);
    else this.#newTime(entry, event);
  }

  finish(): void {
    if (this.#rival !== null) this.#refuseHeld();
    if (this.#held !== null) this.#openHeld();
    if (this.#open !== null) this.#stream.closeSnapshot(this.#open, this.#venue);
  }

  #newTime(entry: SymbolEntry | null, event: RowEvent): void {
    if (this.#rival !== null) {
      if (this.#held?.event.at === event.at) {
        this.#refuse('time-backwards', this.#rival);
        this.#rival = null;
      } else this.#refuseHeld();
    }
    const held = this.#held;
    if (event.at === this.#open) {
      if (held !== null) this.#refuseHeld();
      this.#stream.collect(entry, event);
    } else if (this.#open !== null && event.at < this.#open) {
      this.#refuse('time-backwards', { entry, event });
    } else if (held === null) {
      this.#held = { entry, event };
    } else if (held.event.at > event.at) {
      this.#rival = { entry, event };
    } else {
      this.#openHeld();
      if (held.event.at === event.at) this.#stream.collect(entry, event);
      else this.#held = { entry, event };
    }
  }

  /** The held row was the wrong one; its rival, if any, takes its place. */
  #refuseHeld(): void {
    if (this.#held !== null) this.#refuse('time-outlier', this.#held);
    this.#held = this.#rival;
    this.#rival = null;
  }

  #openHeld(): void {
    const held = this.#held;
    if (held === null) return;
    if (this.#open !== null) this.#stream.closeSnapshot(this.#open, this.#venue);
    this.#open = held.event.at;
    this.#held = null;
    this.#stream.collect(held.entry, held.event);
  }

  #refuse(reason: string, row: HeldRow): void {
    this.#stream.refuse(this.#venue, reason, 'time', row.event.at);
  }
}

/** A poll of all instruments takes minutes; rows further than this from the first one are not of the same snapshot. */
const MAX_POLL_MS = 6 * 3_600_000;
const MAX_FILE_ROWS = 200_000;

/**
 * Rows polled one after the other, each with its own time: a snapshot is known when its last row is, so the latest
 * row's time is the time of all. The whole file is one snapshot, or (`repeats`) a later row of a symbol that the
 * snapshot already holds begins the next one.
 */
export class SnapshotPerPoll implements RowOrder {
  readonly #stream: RecordingStream;
  readonly #venue: string;
  readonly #repeats: boolean;
  #rows: HeldRow[] = [];
  #times = new Map<SymbolEntry, number>();

  constructor(stream: RecordingStream, venue: string, repeats: boolean) {
    this.#stream = stream;
    this.#venue = venue;
    this.#repeats = repeats;
  }

  row(entry: SymbolEntry | null, event: RowEvent): void {
    if (this.#repeats && entry !== null) {
      if (event.at > (this.#times.get(entry) ?? Infinity)) this.finish();
      this.#times.set(entry, event.at);
    }
    if (this.#rows.length < MAX_FILE_ROWS) this.#rows.push({ entry, event });
    else this.#stream.refuse(this.#venue, 'snapshot-too-large', 'rows', MAX_FILE_ROWS);
  }

  finish(): void {
    if (this.#rows.length === 0) return;
    const times = this.#rows.map((row) => row.event.at).sort((a, b) => a - b);
    const median = times[times.length >> 1];
    let latest = -Infinity;
    for (const { entry, event } of this.#rows) {
      if (Math.abs(event.at - median) > MAX_POLL_MS) {
        this.#stream.refuse(this.#venue, 'time-outlier', 'time', event.at);
        continue;
      }
      if (event.at > latest) latest = event.at;
      this.#stream.collect(entry, event);
    }
    this.#rows = [];
    this.#times = new Map();
    this.#stream.closeSnapshot(latest, this.#venue);
  }
}

/** A jump forward beyond this is believed only when the next row confirms it. */
const MAX_UNCONFIRMED_JUMP_MS = 86_400_000;

/** Every row has its own time and is delivered as it comes (ticks, trades). */
export class RowByRow implements RowOrder {
  readonly #stream: RecordingStream;
  #held: HeldRow | null = null;
  #last: number | null = null;

  constructor(stream: RecordingStream) {
    this.#stream = stream;
  }

  row(entry: SymbolEntry | null, event: RowEvent): void {
    const held = this.#held;
    if (held !== null) {
      this.#held = null;
      if (held.event.at - event.at > MAX_UNCONFIRMED_JUMP_MS) {
        this.#stream.refuse(held.event.venue, 'time-outlier', 'time', held.event.at);
      } else this.#deliver(held.entry, held.event);
    }
    if (this.#last === null || event.at - this.#last > MAX_UNCONFIRMED_JUMP_MS) this.#held = { entry, event };
    else this.#deliver(entry, event);
  }

  finish(): void {
    if (this.#held !== null) this.#deliver(this.#held.entry, this.#held.event);
    this.#held = null;
  }

  #deliver(entry: SymbolEntry | null, event: RowEvent): void {
    if (this.#last === null || event.at > this.#last) this.#last = event.at;
    this.#stream.deliver(entry, event);
  }
}
