/** Order books of one instrument: snapshot, deltas by change id, best bid and ask. */
import type { DatedForm } from './dated.ts';
import { formAt } from './dated.ts';
import type { RowReader } from './wire.ts';
import { PRICE, SIZE, isRecord } from './wire.ts';

/** More levels than any Deribit book has; beyond it the stream is broken and a snapshot is asked for. */
const MAX_LEVELS = 20_000;

export interface BestQuote {
  readonly bid: number | null;
  readonly bidSize: number | null;
  readonly ask: number | null;
  readonly askSize: number | null;
}

/** `applied`; `gap`: a delta is missing or the message is broken; `waiting`: a delta before the snapshot that was asked for. */
export type BookOutcome = 'applied' | 'gap' | 'waiting';

/** Price -> amount of one side. The best price is cached and searched for again only when its level goes. */
class BookSide {
  readonly #levels = new Map<number, number>();
  readonly #sign: 1 | -1;
  #best: number | null = null;

  /** `sign` +1 for bids (highest is best), -1 for asks. */
  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  get size(): number {
    return this.#levels.size;
  }
  get best(): number | null {
    return this.#best;
  }
  get bestSize(): number | null {
    return this.#best === null ? null : (this.#levels.get(this.#best) ?? null);
  }

  clear(): void {
    this.#levels.clear();
    this.#best = null;
  }

  set(price: number, amount: number): void {
    this.#levels.set(price, amount);
    if (this.#best === null || (price - this.#best) * this.#sign > 0) this.#best = price;
  }

  delete(price: number): void {
    if (!this.#levels.delete(price) || price !== this.#best) return;
    this.#best = null;
    for (const other of this.#levels.keys())
      if (this.#best === null || (other - this.#best) * this.#sign > 0) this.#best = other;
  }
}

/** How a form says that a message replaces the whole book. */
type IsSnapshot = (data: Record<string, unknown>) => boolean | null;

/** Forms of `book.{instrument}.{interval}`. The switch lies between the two captures named; no capture lies between. */
export const BOOK_FORMS: readonly DatedForm<IsSnapshot>[] = [
  {
    until: Date.UTC(2021, 0, 1),
    parse: (data) => data['prev_change_id'] === undefined,
    evidence: 'ETH-PERPETUAL raw of 2019-08-01: no `type`; the first message alone lacks prev_change_id',
  },
  {
    until: Infinity,
    parse: (data) => {
      if (data['type'] === 'snapshot') return true;
      if (data['type'] !== 'change') return null;
      // ETH-10SEP21-3350-P of 2021-09-07: a re-opened book begins with a `change` on nothing.
      return data['prev_change_id'] === 0;
    },
    evidence:
      'BTC-11JUN21-25000-P 100ms of 2021-06-02: `type`; LINK_USDC-PERPETUAL of 2022-06-01: a snapshot with prev_change_id',
  },
];

export class Book {
  readonly #bids = new BookSide(1);
  readonly #asks = new BookSide(-1);
  #changeId: number | null = null;

  /** Forget everything: the next delta waits for a snapshot. */
  reset(): void {
    this.#bids.clear();
    this.#asks.clear();
    this.#changeId = null;
  }

  get best(): BestQuote {
    return { bid: this.#bids.best, bidSize: this.#bids.bestSize, ask: this.#asks.best, askSize: this.#asks.bestSize };
  }

  /** Applies one message of `book.{instrument}.{interval}` or of the grouped `book.{instrument}.{group}.{depth}.{interval}`. */
  apply(data: Record<string, unknown>, at: number, row: RowReader): BookOutcome {
    const { bids, asks } = data;
    const changeId = data['change_id'];
    if (!Array.isArray(bids) || !Array.isArray(asks) || !Number.isSafeInteger(changeId)) {
      row.refuse('not-a-book', 'change_id', changeId);
      return this.#broken();
    }
    const grouped = Array.isArray(bids[0] ?? asks[0]) && (bids[0] ?? asks[0]).length === 2;
    const snapshot = grouped || formAt(BOOK_FORMS, at)(data);
    if (snapshot === null) {
      row.refuse('unknown-form', 'type', data['type']);
      return this.#broken();
    }
    if (snapshot) this.reset();
    else if (this.#changeId === null) return 'waiting';
    else if (data['prev_change_id'] !== this.#changeId) return this.#broken();
    if (!this.#levels(bids, this.#bids, 'bids', row) || !this.#levels(asks, this.#asks, 'asks', row))
      return this.#broken();
    this.#changeId = changeId as number;
    return 'applied';
  }

  #broken(): BookOutcome {
    this.reset();
    return 'gap';
  }

  #levels(levels: readonly unknown[], side: BookSide, name: string, row: RowReader): boolean {
    for (const level of levels) {
      if (!Array.isArray(level)) {
        row.refuse('not-a-level', name, level);
        return false;
      }
      const [action, wirePrice, wireAmount] = level.length === 2 ? ['new', ...level] : level;
      const price = row.required(`${name}.price`, PRICE, wirePrice);
      if (price === null) return false;
      if (action === 'delete') {
        side.delete(price);
        continue;
      }
      const amount = row.required(`${name}.amount`, SIZE, wireAmount);
      if (amount === null || (action !== 'new' && action !== 'change')) {
        if (amount !== null) row.refuse('unknown-action', name, action);
        return false;
      }
      side.set(price, amount);
    }
    return side.size <= MAX_LEVELS;
  }
}

/** `book.{instrument}...` data, or null when it is not an object with a name. */
export function bookOf(data: unknown): { readonly name: string; readonly data: Record<string, unknown> } | null {
  if (!isRecord(data) || typeof data['instrument_name'] !== 'string') return null;
  return { name: data['instrument_name'], data };
}
