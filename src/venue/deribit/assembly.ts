/** Quotes put together: tickers, touches, books, marks and summaries of one instrument merge into its last quote. */
import type { FrameSignal, SessionOptions } from '../adapter.ts';
import type { BestQuote } from './book.ts';
import type { FutureListing, Listings, OptionListing } from './listings.ts';
import { FollowedBook, bareQuote, refusalOf } from './listings.ts';
import { parseOtherName } from './names.ts';
import { nameOf, tickerDelivery, tickerFuture, tickerQuote, tickerState, tickerTime } from './ticker.ts';
import type { RowReader } from './wire.ts';
import { COUNT, MARK, PRICE, SIZE, VENUE, VOLATILITY_FRACTION, VOLATILITY_PERCENT, isRecord } from './wire.ts';

const MAX_DELIVERIES = 4_096;

export class QuoteAssembly {
  readonly #row: RowReader;
  readonly #listings: Listings;
  readonly #topOfBook: SessionOptions['topOfBook'];
  /** `underlying|expiry` whose settlement price has been told. */
  #delivered = new Set<string>();

  constructor(listings: Listings, row: RowReader, topOfBook: SessionOptions['topOfBook']) {
    this.#listings = listings;
    this.#row = row;
    this.#topOfBook = topOfBook;
  }

  /** What a frame must say when listings came or went. */
  changed(): FrameSignal | null {
    return this.#listings.changed ? { kind: 'channels-changed' } : null;
  }

  /** The hot path: the values of one ticker, from the scanner or from JSON.parse. */
  ticker(values: readonly unknown[]): FrameSignal | null {
    const row = this.#row;
    const at = tickerTime(values, row);
    const symbol = nameOf(values);
    if (at === null) return null;
    const listing = typeof symbol === 'string' ? this.#listings.option(symbol, row) : null;
    if (listing === null) return this.#futureTicker(values, symbol);
    const state = tickerState(values, row);
    if (state !== null && state !== listing.state) this.#listings.setState(listing, state, row);
    let quote = tickerQuote(values, listing.instrument, row);
    const last = listing.quote;
    if (last !== null && at < listing.topAt) {
      // A faster channel has shown a newer touch: keep it, and the time at which it held.
      const { bid, ask, bidSize, askSize } = last;
      quote = { ...quote, at: listing.topAt, bid, ask, bidSize, askSize };
    } else if (this.#topOfBook !== 'ticker') listing.topAt = at;
    if (last === null || quote.at >= last.at) listing.quote = quote;
    row.into.push(quote);
    if (listing.state === 'expired') this.#delivery(values, listing.instrument.underlying, listing.instrument.expiry);
    return this.changed();
  }

  #futureTicker(values: readonly unknown[], symbol: unknown): FrameSignal | null {
    const row = this.#row;
    const future = this.#future(symbol);
    if (future === null) return null;
    const event = tickerFuture(values, future.symbol, future.name, row);
    const state = tickerState(values, row);
    const kept =
      future.last !== null && row.at < future.topAt
        ? { bid: future.last.bid, ask: future.last.ask, at: future.topAt }
        : {};
    future.last = { ...event, ...kept };
    if (this.#topOfBook !== 'ticker') future.topAt = Math.max(future.topAt, row.at);
    row.into.push(future.last);
    if (state === 'expired' && future.name.expiry !== null)
      this.#delivery(values, future.name.underlying, future.name.expiry);
    return this.changed();
  }

  /** The future of that name; null and refused for combos, spot and what is no name. */
  #future(symbol: unknown): FutureListing | null {
    const known = typeof symbol === 'string' ? this.#listings.futures.get(symbol) : undefined;
    if (known !== undefined) return known;
    const name = typeof symbol === 'string' ? parseOtherName(symbol) : null;
    if (name !== null && (name.kind === 'future' || name.kind === 'perpetual'))
      return this.#listings.future(symbol as string, name);
    this.#row.refuse(refusalOf(symbol), 'instrument_name', symbol);
    return null;
  }

  #delivery(values: readonly unknown[], underlying: string, expiry: number): void {
    const key = `${underlying}|${expiry}`;
    if (this.#delivered.has(key)) return;
    const delivery = tickerDelivery(values, underlying, expiry, this.#row);
    if (delivery === null) return;
    if (this.#delivered.size >= MAX_DELIVERIES) this.#delivered = new Set();
    this.#delivered.add(key);
    this.#row.into.push(delivery);
  }

  quote(data: unknown): FrameSignal | null {
    const row = this.#row;
    if (!isRecord(data) || row.time('timestamp', data['timestamp']) === null) {
      if (!isRecord(data)) row.refuse('not-a-quote', 'data', data);
      return null;
    }
    const bid = row.number('best_bid_price', PRICE, data['best_bid_price']);
    const ask = row.number('best_ask_price', PRICE, data['best_ask_price']);
    const bidSize = row.number('best_bid_amount', SIZE, data['best_bid_amount']);
    const askSize = row.number('best_ask_amount', SIZE, data['best_ask_amount']);
    const best = { bid, ask, bidSize: bid === null ? null : bidSize, askSize: ask === null ? null : askSize };
    const symbol = data['instrument_name'];
    const option = typeof symbol === 'string' ? this.#listings.option(symbol, row) : null;
    if (option !== null) this.#optionTouch(option, best);
    else {
      const future = this.#future(symbol);
      if (future !== null) this.#futureTouch(future, best);
    }
    return this.changed();
  }

  /** A newer touch into the last quote; an older one has been overtaken. */
  #optionTouch(listing: OptionListing, best: BestQuote): void {
    const row = this.#row;
    const last = listing.quote;
    if (row.at < listing.topAt) return;
    listing.topAt = row.at;
    listing.quote =
      last === null
        ? bareQuote(listing.instrument.symbol, row, best)
        : { ...last, ...best, at: Math.max(row.at, last.at), receivedAt: row.receivedAt };
    row.into.push(listing.quote);
  }

  #futureTouch(future: FutureListing, best: BestQuote): void {
    const { at, receivedAt, into } = this.#row;
    if (at < future.topAt) return;
    future.topAt = at;
    const { underlying, expiry } = future.name;
    const { mark, funding8h } = future.last ?? { mark: null, funding8h: null };
    const { bid, ask } = best;
    future.last = {
      type: 'future',
      at,
      receivedAt,
      venue: VENUE,
      symbol: future.symbol,
      underlying,
      expiry,
      bid,
      ask,
      mark,
      funding8h,
    };
    into.push(future.last);
  }

  book(channel: string, data: unknown): FrameSignal | null {
    const row = this.#row;
    if (!isRecord(data)) {
      row.refuse('not-a-book', 'data', data);
      return null;
    }
    const at = row.time('timestamp', data['timestamp']);
    const symbol = data['instrument_name'];
    const option = at === null || typeof symbol !== 'string' ? null : this.#listings.option(symbol, row);
    const listing = at === null ? null : (option ?? this.#future(symbol));
    if (at === null || listing === null) return null;
    const followed = (listing.book ??= new FollowedBook());
    followed.channel = channel;
    const before = followed.book.best;
    const outcome = followed.book.apply(data, at, row);
    if (outcome !== 'applied') return this.#bookGap(followed, symbol as string, outcome === 'waiting');
    followed.at = at;
    const healed = followed.gapFrom !== null;
    if (healed) this.#gap(symbol as string, followed.gapFrom!, at);
    followed.gapFrom = null;
    const best = followed.book.best;
    const same =
      best.bid === before.bid &&
      best.ask === before.ask &&
      best.bidSize === before.bidSize &&
      best.askSize === before.askSize;
    if (same && !healed) return this.changed();
    if (option !== null) this.#optionTouch(option, best);
    else this.#futureTouch(listing as FutureListing, best);
    return this.changed();
  }

  #bookGap(followed: FollowedBook, symbol: string, waiting: boolean): FrameSignal | null {
    // Deltas that arrive between the request for a snapshot and its answer are expected.
    if (waiting && followed.gapFrom !== null) return null;
    const { at, receivedAt } = this.#row;
    if (followed.gapFrom === null) {
      followed.gapFrom = followed.at === 0 ? at : followed.at;
      this.#gap(symbol, followed.gapFrom, null);
    }
    followed.askedAt = receivedAt;
    return { kind: 'resync', channels: [followed.channel] };
  }

  #gap(symbol: string, from: number, to: number | null): void {
    const { at, receivedAt, into } = this.#row;
    into.push({ type: 'gap', at, receivedAt, venue: VENUE, symbol, reason: 'change-id', from, to });
  }

  marks(data: unknown): FrameSignal | null {
    const row = this.#row;
    if (!Array.isArray(data)) {
      row.refuse('not-a-list', 'markprice', data);
      return null;
    }
    for (const value of data) {
      row.at = row.now();
      const symbol = isRecord(value) ? value['instrument_name'] : undefined;
      if (!isRecord(value) || row.time('timestamp', value['timestamp']) === null) {
        if (!isRecord(value)) row.refuse('not-a-mark', 'data', value);
        continue;
      }
      const listing = typeof symbol === 'string' ? this.#listings.option(symbol, row) : null;
      if (listing === null) {
        row.refuse(refusalOf(symbol), 'instrument_name', symbol);
        continue;
      }
      const mark = row.number('mark_price', MARK, value['mark_price']);
      const markIv = row.number('iv', VOLATILITY_FRACTION, value['iv']);
      const last =
        listing.quote ??
        bareQuote(listing.instrument.symbol, row, { bid: null, ask: null, bidSize: null, askSize: null });
      listing.quote = { ...last, mark, markIv, at: Math.max(row.at, last.at), receivedAt: row.receivedAt };
      row.into.push(listing.quote);
    }
    return this.changed();
  }

  summaryRow(value: unknown): void {
    const row = this.#row;
    row.at = row.now();
    const symbol = isRecord(value) ? value['instrument_name'] : undefined;
    if (!isRecord(value) || typeof symbol !== 'string') {
      row.refuse('not-a-summary', 'instrument_name', symbol);
      return;
    }
    if (row.time('creation_timestamp', value['creation_timestamp']) === null) return;
    const listing = this.#listings.option(symbol, row);
    if (listing === null) {
      row.refuse(refusalOf(symbol), 'instrument_name', symbol);
      return;
    }
    const bid = row.number('bid_price', PRICE, value['bid_price']);
    const ask = row.number('ask_price', PRICE, value['ask_price']);
    const quote = {
      ...bareQuote(symbol, row, { bid, ask, bidSize: null, askSize: null }),
      mark: row.number('mark_price', MARK, value['mark_price']),
      markIv: row.number('mark_iv', VOLATILITY_PERCENT, value['mark_iv']),
      forward: row.number('underlying_price', PRICE, value['underlying_price']),
      forwardName: row.text('underlying_index', value['underlying_index']),
      openInterest: row.number('open_interest', COUNT, value['open_interest']),
    };
    // What the stream has shown since is newer than the summary.
    if (listing.quote !== null && listing.quote.at > quote.at) return;
    listing.quote = quote;
    row.into.push(quote);
  }
}
