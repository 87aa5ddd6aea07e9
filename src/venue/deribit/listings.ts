/** What is listed now, with the last quote and book of each: the memory of one session. */
import type { FutureEvent, InstrumentEvent, QuoteEvent } from '../../market/event.ts';
import type { OptionInstrument } from '../../market/instrument.ts';
import { deribitInstrument } from '../deribit-symbol.ts';
import { Book } from './book.ts';
import type { BestQuote } from './book.ts';
import type { OtherName } from './names.ts';
import { parseOtherName } from './names.ts';
import type { RowReader } from './wire.ts';
import { VENUE } from './wire.ts';

/** More names than Deribit has ever listed at once; what is expired is forgotten beyond it. */
const MAX_LISTINGS = 50_000;
/** The venue itself says `delivered` within seconds of 08:00; after this we say it, ms. */
const EXPIRY_GRACE_MS = 60_000;
const RESYNC_AGAIN_MS = 5_000;

/** Book of one instrument and the gap in it, if one is open. */
export class FollowedBook {
  readonly book = new Book();
  /** Venue time of the last message applied. */
  at = 0;
  /** Venue time from which the book is unknown; null = whole. */
  gapFrom: number | null = null;
  askedAt = 0;
  channel = '';
}

export interface OptionListing {
  instrument: OptionInstrument;
  state: InstrumentEvent['state'];
  /** The last quote with everything merged into it. */
  quote: QuoteEvent | null;
  /** Venue time of its top of book. */
  topAt: number;
  book: FollowedBook | null;
}

export interface FutureListing {
  readonly symbol: string;
  readonly name: OtherName;
  live: boolean;
  last: FutureEvent | null;
  topAt: number;
  book: FollowedBook | null;
}

export const isLive = (state: InstrumentEvent['state']): boolean => state !== 'expired' && state !== 'delisted';

export class Listings {
  readonly options = new Map<string, OptionListing>();
  readonly futures = new Map<string, FutureListing>();
  /** True when the wanted channels are no longer those last read. */
  changed = false;
  #nextExpiry = Infinity;

  /** The option of that name, listed if need be; null when the name is no option. Says so with an event when it is new. */
  option(symbol: string, row: RowReader): OptionListing | null {
    const known = this.options.get(symbol);
    if (known !== undefined) return known;
    const instrument = deribitInstrument(symbol);
    if (instrument === null) return null;
    return this.list(instrument, row.at >= instrument.expiry ? 'expired' : 'open', row);
  }

  /** Lists an option or corrects what is known of it; an event when anything differs. */
  list(instrument: OptionInstrument, state: InstrumentEvent['state'], row: RowReader): OptionListing {
    const known = this.options.get(instrument.symbol);
    if (known === undefined) {
      if (this.options.size >= MAX_LISTINGS) this.#forgetDead();
      const listing: OptionListing = { instrument, state, quote: null, topAt: 0, book: null };
      this.options.set(instrument.symbol, listing);
      this.#expireAt(instrument.expiry);
      this.#announce(listing, row);
      return listing;
    }
    const sameTicks = JSON.stringify(known.instrument.ticks) === JSON.stringify(instrument.ticks);
    if (sameTicks && known.state === state) return known;
    known.instrument = instrument;
    known.state = state;
    this.#announce(known, row);
    return known;
  }

  setState(listing: OptionListing, state: InstrumentEvent['state'], row: RowReader): void {
    if (listing.state === state) return;
    listing.state = state;
    this.#announce(listing, row);
  }

  future(symbol: string, name: OtherName): FutureListing {
    let listing = this.futures.get(symbol);
    if (listing === undefined) {
      if (this.futures.size >= MAX_LISTINGS) this.futures.clear();
      listing = { symbol, name, live: true, last: null, topAt: 0, book: null };
      this.futures.set(symbol, listing);
      if (name.expiry !== null) this.#expireAt(name.expiry);
      this.changed = true;
    }
    return listing;
  }

  /** A whole list of one kind and currency has come: what it lacks is gone. */
  retain(
    kind: 'option' | 'future',
    covers: (underlying: string) => boolean,
    listed: ReadonlySet<string>,
    row: RowReader,
  ): void {
    if (kind === 'future') {
      for (const [symbol, future] of this.futures)
        if (covers(future.name.underlying) && !listed.has(symbol) && this.futures.delete(symbol)) this.changed = true;
      return;
    }
    for (const [symbol, listing] of this.options) {
      if (!covers(listing.instrument.underlying) || listed.has(symbol)) continue;
      if (isLive(listing.state))
        this.setState(listing, row.at >= listing.instrument.expiry ? 'expired' : 'delisted', row);
      this.options.delete(symbol);
      this.changed = true;
    }
  }

  /** Expires what the venue has not told us is over. `now` in venue time. */
  expire(now: number, row: RowReader): void {
    if (now < this.#nextExpiry + EXPIRY_GRACE_MS) return;
    this.#nextExpiry = Infinity;
    for (const listing of this.options.values()) {
      if (!isLive(listing.state)) continue;
      if (now >= listing.instrument.expiry + EXPIRY_GRACE_MS) this.setState(listing, 'expired', row);
      else this.#expireAt(listing.instrument.expiry);
    }
    for (const future of this.futures.values()) {
      if (!future.live || future.name.expiry === null) continue;
      if (now >= future.name.expiry + EXPIRY_GRACE_MS) {
        future.live = false;
        this.changed = true;
      } else this.#expireAt(future.name.expiry);
    }
  }

  /** Channels of books that have waited too long for their snapshot. */
  overdueBooks(now: number): string[] {
    const channels: string[] = [];
    const visit = (followed: FollowedBook | null): void => {
      if (followed === null || followed.gapFrom === null || now - followed.askedAt < RESYNC_AGAIN_MS) return;
      followed.askedAt = now;
      channels.push(followed.channel);
    };
    for (const listing of this.options.values()) visit(listing.book);
    for (const listing of this.futures.values()) visit(listing.book);
    return channels;
  }

  /** A new connection: no book may continue an old one. */
  forgetBooks(): void {
    for (const listing of this.options.values()) listing.book = null;
    for (const listing of this.futures.values()) listing.book = null;
  }

  #expireAt(expiry: number): void {
    if (expiry < this.#nextExpiry) this.#nextExpiry = expiry;
  }

  #announce(listing: OptionListing, row: RowReader): void {
    const { instrument, state } = listing;
    row.into.push({ type: 'instrument', at: row.at, receivedAt: row.receivedAt, instrument, state });
    this.changed = true;
  }

  #forgetDead(): void {
    for (const [symbol, listing] of this.options) if (!isLive(listing.state)) this.options.delete(symbol);
    if (this.options.size >= MAX_LISTINGS) this.options.clear();
  }
}

/** What a name that is neither option nor future is: the reason under which it is refused. */
export function refusalOf(symbol: unknown): string {
  const other = typeof symbol === 'string' ? parseOtherName(symbol) : null;
  return other?.kind === 'combo'
    ? 'combo-instrument'
    : other?.kind === 'spot'
      ? 'spot-instrument'
      : 'unknown-instrument';
}

/** A quote of which only the touch is known. */
export const bareQuote = (symbol: string, row: RowReader, best: BestQuote): QuoteEvent => ({
  type: 'quote',
  at: row.at,
  receivedAt: row.receivedAt,
  venue: VENUE,
  symbol,
  ...best,
  mark: null,
  markIv: null,
  forward: null,
  forwardName: null,
  index: null,
  delta: null,
  vega: null,
  openInterest: null,
});
