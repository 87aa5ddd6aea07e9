/** One Deribit session: frames and results in, market events and signals out. Deterministic. */
import { ByteScanner } from '../byte-scanner.ts';
import type { FrameSignal, ResultSignal, SessionOptions, VenueRequest, VenueSession } from '../adapter.ts';
import type { MarketEvent } from '../../market/event.ts';
import { QuoteAssembly } from './assembly.ts';
import { ACCOUNT_CHANNELS, AccountReader } from './account.ts';
import { readLife, readListing } from './instruments.ts';
import { readIndex, readPlatformState, readStatus, readVolatilityIndex } from './levels.ts';
import { Listings, isLive } from './listings.ts';
import { currencyOf, indexOf, parseOtherName } from './names.ts';
import * as request from './requests.ts';
import { TICKER_SHAPE, tickerValues } from './ticker.ts';
import { TradeSequence } from './trade-sequence.ts';
import { readTrade } from './trades.ts';
import { RowReader, TIME, VENUE, isRecord } from './wire.ts';

const DONE: ResultSignal = { next: [], accepted: null };
const decoder = new TextDecoder();
/** Underlyings with a published volatility index. */
const DVOL = ['BTC', 'ETH'];

/** `usOut`, microseconds, as epoch ms; null when it is no time. */
const answeredAt = (usOut: unknown): number | null =>
  typeof usOut === 'number' && usOut >= TIME.min * 1000 && usOut <= TIME.max * 1000 ? Math.floor(usOut / 1000) : null;

const underlyingOfSymbol = (symbol: string): string => symbol.slice(0, Math.max(0, symbol.indexOf('-')));

export class DeribitSession implements VenueSession {
  readonly #options: SessionOptions;
  readonly #underlyings: ReadonlySet<string>;
  readonly #scanner = new ByteScanner(TICKER_SHAPE);
  readonly #row = new RowReader();
  readonly #listings = new Listings();
  readonly #quotes: QuoteAssembly;
  readonly #sequence = new TradeSequence();
  readonly #account: AccountReader | null;
  #authenticated = false;
  #interval: 'raw' | '100ms' = '100ms';

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#underlyings = new Set(options.underlyings);
    this.#account = options.account == null ? null : new AccountReader(options.account, this.#row);
    this.#quotes = new QuoteAssembly(this.#listings, this.#row, options.topOfBook);
  }

  connected(authenticated: boolean): void {
    this.#authenticated = authenticated;
    this.#interval = authenticated ? 'raw' : '100ms';
    this.#listings.forgetBooks();
    this.#sequence.reset();
  }

  clock(offsetMs: number): void {
    this.#row.offsetMs = Math.round(offsetMs);
  }

  discover(): readonly VenueRequest[] {
    const currencies = request.currenciesOf(this.#options.underlyings);
    return [
      request.status(),
      ...currencies.flatMap((c) => [request.instruments(c, 'option'), request.instruments(c, 'future')]),
    ];
  }

  snapshot(): readonly VenueRequest[] {
    return request.currenciesOf(this.#options.underlyings).map(request.bookSummary);
  }

  account(): readonly VenueRequest[] {
    return this.#authenticated ? (this.#account?.requests() ?? []) : [];
  }

  history(from: number, to: number): readonly VenueRequest[] {
    return request
      .currenciesOf(this.#options.underlyings)
      .map((c) => request.lastTrades(c, Math.floor(from), Math.ceil(to)));
  }

  channels(): readonly string[] {
    this.#listings.changed = false;
    const { topOfBook, marks, underlyings } = this.#options;
    const channels = ['platform_state'];
    if (this.#authenticated && this.#account !== null) channels.push(...ACCOUNT_CHANNELS);
    for (const currency of request.currenciesOf(underlyings))
      channels.push(
        `trades.option.${currency}.${this.#interval}`,
        `instrument.state.option.${currency}`,
        `instrument.state.future.${currency}`,
      );
    for (const underlying of underlyings) {
      channels.push(`deribit_price_index.${indexOf(underlying)}`);
      if (DVOL.includes(underlying)) channels.push(`deribit_volatility_index.${indexOf(underlying)}`);
      if (marks) channels.push(`markprice.options.${indexOf(underlying)}`);
    }
    for (const future of this.#listings.futures.values())
      if (future.live) channels.push(`ticker.${future.symbol}.${this.#interval}`);
    for (const { instrument, state } of this.#listings.options.values()) {
      if (!isLive(state)) continue;
      channels.push(`ticker.${instrument.symbol}.${this.#interval}`);
      if (topOfBook === 'quote') channels.push(`quote.${instrument.symbol}`);
      if (topOfBook === 'book') channels.push(`book.${instrument.symbol}.${this.#interval}`);
    }
    return channels;
  }

  tick(now: number, into: MarketEvent[]): FrameSignal | null {
    this.#row.begin(now + this.#row.offsetMs, into);
    this.#listings.expire(now, this.#row);
    const overdue = this.#listings.overdueBooks(now);
    return overdue.length > 0 ? { kind: 'resync', channels: overdue } : this.#quotes.changed();
  }

  frame(bytes: Uint8Array, receivedAt: number, into: MarketEvent[]): FrameSignal | null {
    this.#row.begin(receivedAt, into);
    if (this.#scanner.scan(bytes)) return this.#quotes.ticker(this.#scanner.values);
    const text = decoder.decode(bytes);
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      this.#row.refuse('not-json', 'frame', text);
      return null;
    }
    if (!isRecord(message)) this.#row.refuse('not-a-message', 'frame', message);
    else if (message['method'] === 'subscription') return this.#notification(message['params']);
    else if (message['method'] === 'heartbeat') return this.#heartbeat(message['params']);
    else return this.#response(message);
    return null;
  }

  result(
    asked: VenueRequest,
    result: unknown,
    receivedAt: number,
    into: MarketEvent[],
    answered: number | null = null,
  ): ResultSignal {
    const row = this.#row;
    row.begin(receivedAt, into);
    if (this.#account?.result(asked.method, result, answered) === true) return DONE;
    switch (asked.method) {
      case 'public/get_instruments':
        this.#instruments(asked, result);
        return DONE;
      case 'public/get_book_summary_by_currency':
        this.#summary(asked, result);
        return DONE;
      case 'public/get_last_trades_by_currency_and_time':
        return { next: this.#history(asked, result), accepted: null };
      case 'public/ticker':
      case 'public/get_order_book': {
        const values = tickerValues(result);
        if (values === null) row.refuse('not-a-ticker', asked.method, result);
        else this.#quotes.ticker(values);
        return DONE;
      }
      case 'public/status':
        for (const event of readStatus(result, row)) into.push(event);
        return DONE;
      case 'public/get_index_price': {
        const price = isRecord(result) ? result['index_price'] : undefined;
        const event = readIndex(String(asked.params['index_name']), { timestamp: row.at, price }, row);
        if (event !== null) into.push(event);
        return DONE;
      }
      case 'public/subscribe':
      case 'private/subscribe':
        return {
          next: [],
          accepted: Array.isArray(result) ? result.filter((c): c is string => typeof c === 'string') : [],
        };
      default:
        return DONE;
    }
  }

  #wants(underlying: string): boolean {
    return this.#underlyings.has(underlying);
  }

  #response(message: Record<string, unknown>): FrameSignal | null {
    const id = typeof message['id'] === 'number' ? message['id'] : -1;
    const error = message['error'];
    if (isRecord(error)) {
      const code = typeof error['code'] === 'number' ? error['code'] : 0;
      const reason = typeof error['message'] === 'string' ? error['message'].slice(0, 64) : 'unknown';
      return { kind: 'error', id, code, reason };
    }
    if (id >= 0 && 'result' in message)
      return { kind: 'result', id, result: message['result'], at: answeredAt(message['usOut']) };
    this.#row.refuse('not-a-message', 'frame', message);
    return null;
  }

  #heartbeat(params: unknown): FrameSignal | null {
    const type = isRecord(params) ? params['type'] : undefined;
    if (type === 'test_request') return { kind: 'reply', request: request.probe() };
    if (type !== 'heartbeat') this.#row.refuse('unknown-form', 'heartbeat.type', type);
    return null;
  }

  #notification(params: unknown): FrameSignal | null {
    const channel = isRecord(params) ? params['channel'] : undefined;
    if (!isRecord(params) || typeof channel !== 'string') {
      this.#row.refuse('not-a-message', 'params.channel', channel);
      return null;
    }
    const data = params['data'];
    const dot = channel.indexOf('.');
    const kind = dot < 0 ? channel : channel.slice(0, dot);
    const rest = channel.slice(dot + 1);
    const { into } = this.#row;
    const push = (event: MarketEvent | null): null => {
      if (event !== null) into.push(event);
      return null;
    };
    switch (kind) {
      case 'ticker': {
        const values = tickerValues(data);
        if (values !== null) return this.#quotes.ticker(values);
        this.#row.refuse('not-a-ticker', 'data', data);
        return null;
      }
      case 'quote':
        return this.#quotes.quote(data);
      case 'book':
        return this.#quotes.book(channel, data);
      case 'trades':
        return this.#printed(data);
      case 'markprice':
        return this.#quotes.marks(data);
      case 'deribit_price_index':
        return push(readIndex(rest, data, this.#row));
      case 'deribit_volatility_index':
        return push(readVolatilityIndex(rest, data, this.#row));
      case 'instrument':
        return rest.startsWith('creation.') ? this.#creation(data) : this.#life(data);
      case 'user':
        this.#account?.notification(rest, data);
        return null;
      case 'platform_state':
        return push(readPlatformState(data, this.#row));
      default:
        this.#row.refuse('unused-channel', 'channel', channel);
        return null;
    }
  }

  /** Prints from the channel: read, and counted so that one that is missing is found. */
  #printed(data: unknown): FrameSignal | null {
    this.#trades(data, false);
    if (!Array.isArray(data)) return null;
    const { receivedAt, into } = this.#row;
    let from = Infinity;
    let to = 0;
    for (const missed of this.#sequence.missedBefore(data)) {
      if (!this.#wants(underlyingOfSymbol(missed.symbol))) continue;
      into.push({ type: 'gap', at: missed.to, receivedAt, venue: VENUE, reason: 'change-id', ...missed });
      from = Math.min(from, missed.from);
      to = Math.max(to, missed.to);
    }
    return to === 0 ? null : { kind: 'missed-trades', from, to };
  }

  #trades(data: unknown, late: boolean): void {
    const row = this.#row;
    if (!Array.isArray(data)) {
      row.refuse('not-a-list', 'trades', data);
      return;
    }
    for (const value of data) {
      const trade = readTrade(value, late, row);
      // A currency's channel carries all its underlyings; those not asked for are no finding.
      if (trade !== null && this.#wants(underlyingOfSymbol(trade.symbol))) row.into.push(trade);
    }
  }

  #creation(data: unknown): FrameSignal | null {
    const listing = readListing(data, this.#row);
    if (listing?.kind === 'option' && this.#wants(listing.instrument.underlying))
      this.#listings.list(listing.instrument, listing.state, this.#row);
    if (listing?.kind === 'future' && this.#wants(listing.name.underlying))
      this.#listings.future(listing.symbol, listing.name);
    return this.#quotes.changed();
  }

  #life(data: unknown): FrameSignal | null {
    const row = this.#row;
    const life = readLife(data, row);
    if (life === null || !this.#wants(underlyingOfSymbol(life.symbol))) return null;
    const known = this.#listings.options.has(life.symbol);
    const option = known || isLive(life.state) ? this.#listings.option(life.symbol, row) : null;
    if (option !== null) {
      this.#listings.setState(option, life.state, row);
      return this.#quotes.changed();
    }
    const name = parseOtherName(life.symbol);
    if (name !== null && (name.kind === 'future' || name.kind === 'perpetual') && isLive(life.state))
      this.#listings.future(life.symbol, name);
    else if (this.#listings.futures.delete(life.symbol)) this.#listings.changed = true;
    return this.#quotes.changed();
  }

  #instruments(asked: VenueRequest, result: unknown): void {
    const row = this.#row;
    if (!Array.isArray(result)) {
      row.refuse('not-a-list', asked.method, result);
      return;
    }
    const listed = new Set<string>();
    for (const value of result) {
      const listing = readListing(value, row);
      if (listing?.kind === 'option' && this.#wants(listing.instrument.underlying)) {
        listed.add(listing.instrument.symbol);
        this.#listings.list(listing.instrument, listing.state, row);
      }
      if (listing?.kind === 'future' && this.#wants(listing.name.underlying)) {
        listed.add(listing.symbol);
        this.#listings.future(listing.symbol, listing.name);
      }
    }
    const kind = asked.params['kind'];
    const covers = (underlying: string): boolean => currencyOf(underlying) === asked.params['currency'];
    if (kind === 'option' || kind === 'future') this.#listings.retain(kind, covers, listed, row);
  }

  #summary(asked: VenueRequest, result: unknown): void {
    const row = this.#row;
    if (!Array.isArray(result)) {
      row.refuse('not-a-list', asked.method, result);
      return;
    }
    for (const value of result) {
      const symbol: unknown = isRecord(value) ? value['instrument_name'] : undefined;
      if (typeof symbol !== 'string' || this.#wants(underlyingOfSymbol(symbol))) this.#quotes.summaryRow(value);
    }
    for (const underlying of this.#options.underlyings)
      if (currencyOf(underlying) === asked.params['currency'])
        row.into.push({ type: 'snapshot-end', at: row.at, receivedAt: row.receivedAt, venue: VENUE, underlying });
  }

  #history(asked: VenueRequest, result: unknown): readonly VenueRequest[] {
    const trades: unknown = isRecord(result) ? result['trades'] : undefined;
    if (!isRecord(result) || !Array.isArray(trades)) {
      this.#row.refuse('not-a-list', 'trades', result);
      return [];
    }
    this.#trades(trades, true);
    const last: unknown = trades.at(-1);
    const lastAt = isRecord(last) ? last['timestamp'] : undefined;
    if (result['has_more'] !== true || typeof lastAt !== 'number') return [];
    const { currency, start_timestamp: start, end_timestamp: end } = asked.params as Record<string, number>;
    // The next page begins in the last millisecond of this one, whose prints may continue; ids tell them apart.
    const from = lastAt > start ? lastAt : start + 1;
    return from > end ? [] : [request.lastTrades(String(currency), from, end)];
  }
}
