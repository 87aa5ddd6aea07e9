/** Subscriptions: who listens to which channel, and what each channel says when the board changes. */
import type { FutureOutput, QuoteOutput, SimulatedOutput } from '../../simulator/output.ts';
import type { Board } from './board.ts';
import { parseChannel, type Channel } from './channel.ts';
import { changes, ladderOf, type Ladder, type LevelChange } from './ladder.ts';
import type { Session } from './session.ts';
import { futureTickerFields, ladderFields, markPriceData, optionTickerFields, quoteData, tradeData } from './wire.ts';

/** One channel with listeners. */
interface Feed {
  readonly name: string;
  readonly channel: Channel;
  readonly listeners: Set<Session>;
  /** Order book channels: what the listeners have. */
  ladder: Ladder | null;
  changeId: number;
  /** Two-second channels: something to say at the next beat. */
  waiting: boolean;
}

/** Hands a finished notification to a session; wire faults sit here. */
export type Deliver = (session: Session, message: string) => void;

const levelTexts = (list: readonly LevelChange[]): string => list.map(([w, p, a]) => `["${w}",${p},${a}]`).join(',');
const asNew = (list: Ladder['bids']): LevelChange[] => list.map(([p, a]) => ['new', p, a]);

/** Routes outputs of the simulation to the channels that are listened to. */
export class Broadcast {
  readonly #board: Board;
  readonly #deliver: Deliver;
  readonly #account: (currency: string) => string[];
  readonly #feeds = new Map<string, Feed>();
  /** Feeds by what wakes them: an instrument's name, or a topic. */
  readonly #wakes = new Map<string, Set<Feed>>();
  #changeId: number;
  #lastBeat = 0;
  #lastSecond = 0;
  /** Notifications sent. */
  sent = 0;

  constructor(board: Board, deliver: Deliver, account: (currency: string) => string[], firstChangeId: number) {
    this.#account = account;
    this.#board = board;
    this.#deliver = deliver;
    this.#changeId = firstChangeId;
  }

  /** Whether the venue has what a channel names. */
  #exists(channel: Channel): boolean {
    const board = this.#board;
    if ('instrument' in channel && channel.instrument !== null)
      return board.options.has(channel.instrument) || board.futures.has(channel.instrument);
    if ('index' in channel) return board.indices.has(channel.index);
    return true;
  }

  /** Adds a listener and sends it the channel's current state; false when there is no such channel. */
  subscribe(session: Session, name: string, at: number): boolean {
    const channel = parseChannel(name);
    if (channel === null || !this.#exists(channel)) return false;
    let feed = this.#feeds.get(name);
    if (feed === undefined) {
      feed = { name, channel, listeners: new Set(), ladder: null, changeId: 0, waiting: false };
      this.#feeds.set(name, feed);
      const wake = wakeOf(channel);
      const set = this.#wakes.get(wake) ?? new Set<Feed>();
      this.#wakes.set(wake, set.add(feed));
    }
    feed.listeners.add(session);
    session.channels.add(name);
    const greeting = this.#greeting(feed, at);
    if (greeting !== null) this.#deliver(session, notification(feed.name, greeting));
    return true;
  }

  unsubscribe(session: Session, name: string): boolean {
    if (!session.channels.delete(name)) return false;
    const feed = this.#feeds.get(name);
    feed?.listeners.delete(session);
    if (feed?.listeners.size === 0) this.#drop(feed);
    return true;
  }

  /** Forgets a session that is gone. */
  leave(session: Session): void {
    for (const name of session.channels) this.unsubscribe(session, name);
  }

  #drop(feed: Feed): void {
    this.#feeds.delete(feed.name);
    const wake = wakeOf(feed.channel);
    const set = this.#wakes.get(wake);
    set?.delete(feed);
    if (set?.size === 0) this.#wakes.delete(wake);
  }

  #greeting(feed: Feed, at: number): string | null {
    const { channel } = feed;
    if (channel.kind === 'book') {
      const quote = this.#quote(channel.instrument);
      if (feed.ladder === null && quote !== undefined) {
        feed.ladder = ladderOf(quote);
        feed.changeId = ++this.#changeId;
      }
      if (feed.ladder === null) return null;
      return `{"type":"snapshot","timestamp":${quote?.at ?? at},"instrument_name":"${channel.instrument}","change_id":${feed.changeId},"bids":[${levelTexts(asNew(feed.ladder.bids))}],"asks":[${levelTexts(asNew(feed.ladder.asks))}]}`;
    }
    if (channel.kind === 'platform') return `{"maintenance":${this.#board.maintenance}}`;
    return this.#current(feed);
  }

  #quote(name: string): QuoteOutput | FutureOutput | undefined {
    return this.#board.quotes.get(name) ?? this.#board.futures.get(name);
  }

  /** Data of a channel that replaces itself entirely; null when it has nothing yet or speaks otherwise. */
  #current(feed: Feed): string | null {
    const { channel } = feed;
    const board = this.#board;
    switch (channel.kind) {
      case 'ticker': {
        const quote = this.#quote(channel.instrument);
        return quote === undefined ? null : this.#tickerText(quote);
      }
      case 'quote': {
        const quote = this.#quote(channel.instrument);
        return quote === undefined ? null : quoteData(quote);
      }
      case 'book-grouped': {
        const quote = this.#quote(channel.instrument);
        if (quote === undefined) return null;
        return `{"timestamp":${quote.at},"instrument_name":"${channel.instrument}","change_id":${++this.#changeId},${ladderFields(ladderOf(quote), channel.depth)}}`;
      }
      case 'markprice': {
        const currency = channel.index.split('_')[0].toUpperCase();
        const rows: string[] = [];
        for (const q of board.quotes.values())
          if (q.option.instrument.underlying === currency) rows.push(markPriceData(q));
        return `[${rows.join(',')}]`;
      }
      case 'user':
        return null;
      default:
        return null;
    }
  }

  #tickerText(quote: QuoteOutput | FutureOutput): string {
    const board = this.#board;
    if (quote.type === 'future') return `{${futureTickerFields(quote, board.stats.get(quote.symbol))}}`;
    const { symbol, underlying } = quote.option.instrument;
    return `{${optionTickerFields(quote, board.stats.get(symbol), board.stateOf(underlying))}}`;
  }

  /** Says what one step of the simulation changed. `at` = end of the step. */
  publish(outputs: readonly SimulatedOutput[], at: number): void {
    const beat = Math.floor(at / 2000) !== this.#lastBeat;
    const second = Math.floor(at / 1000);
    const trades = new Map<string, string[]>();
    for (const output of outputs) {
      if (output.type === 'quote') this.#wake(output.option.instrument.symbol, output);
      else if (output.type === 'future') this.#wake(output.symbol, output);
      else if (output.type === 'trade') {
        const data = tradeData(output);
        const { underlying, symbol } = output.option.instrument;
        for (const wake of [`trades/${underlying}`, 'trades/', `trades=${symbol}`])
          if (this.#wakes.has(wake)) trades.set(wake, [...(trades.get(wake) ?? []), data]);
      } else this.#simple(output);
    }
    for (const { symbol, underlying, state } of this.#board.futureNews.splice(0))
      for (const currency of [underlying, 'any'])
        this.#say(
          `instrument-state/future/${currency}`,
          `{"timestamp":${at},"state":"${state}","instrument_name":"${symbol}"}`,
        );
    for (const [wake, list] of trades) this.#say(wake, `[${list.join(',')}]`);
    if (beat) this.#beat(at);
    if (second !== this.#lastSecond) {
      this.#lastSecond = second;
      for (const wake of this.#wakes.keys())
        if (wake.startsWith('markprice/') || wake.startsWith('user/portfolio.'))
          for (const feed of this.#wakes.get(wake)!) this.#tell(feed);
    }
  }

  /** What the account's own channels say: `changes.*` to everyone who listens. */
  changed(data: string): void {
    for (const wake of this.#wakes.keys()) if (wake.startsWith('user/changes.')) this.#say(wake, data);
  }

  #tell(feed: Feed): void {
    if (feed.channel.kind !== 'user') return this.#send(feed, this.#current(feed));
    for (const data of this.#account(feed.channel.topic.slice('portfolio.'.length))) this.#send(feed, data);
  }

  #beat(at: number): void {
    this.#lastBeat = Math.floor(at / 2000);
    for (const feed of this.#feeds.values()) {
      if (!feed.waiting) continue;
      feed.waiting = false;
      if (feed.channel.kind === 'book') this.#delta(feed, at);
      else this.#send(feed, this.#current(feed));
    }
  }

  #wake(name: string, output: QuoteOutput | FutureOutput): void {
    const feeds = this.#wakes.get(name);
    if (feeds === undefined) return;
    const bookChanged = output.type === 'future' || output.bookChanged;
    let ticker: string | null = null;
    for (const feed of feeds) {
      const { channel } = feed;
      if (channel.kind !== 'ticker' && !bookChanged) continue;
      if ('interval' in channel && channel.interval === 'agg2') feed.waiting = true;
      else if (channel.kind === 'ticker') this.#send(feed, (ticker ??= this.#tickerText(output)));
      else if (channel.kind === 'book') this.#delta(feed, output.at);
      else this.#send(feed, this.#current(feed));
    }
  }

  #delta(feed: Feed, at: number): void {
    const name = (feed.channel as { instrument: string }).instrument;
    const quote = this.#quote(name);
    if (quote === undefined) return;
    const after = ladderOf(quote);
    const before = feed.ladder ?? { bids: [], asks: [] };
    const bids = changes(before.bids, after.bids);
    const asks = changes(before.asks, after.asks);
    if (bids.length + asks.length === 0) return;
    const previous = feed.changeId;
    feed.ladder = after;
    feed.changeId = ++this.#changeId;
    this.#send(
      feed,
      `{"type":"change","timestamp":${at},"prev_change_id":${previous},"instrument_name":"${name}","change_id":${feed.changeId},"bids":[${levelTexts(bids)}],"asks":[${levelTexts(asks)}]}`,
    );
  }

  #simple(output: Exclude<SimulatedOutput, { type: 'quote' | 'trade' | 'future' }>): void {
    switch (output.type) {
      case 'index':
        this.#say(
          `index/${output.name}`,
          `{"timestamp":${output.at},"price":${output.price},"index_name":"${output.name}"}`,
        );
        this.#say(`estimated-delivery/${output.name}`, `{"seconds":0,"price":${output.price},"is_estimated":true}`);
        break;
      case 'volatility-index':
        this.#say(
          `volatility-index/${output.name}`,
          `{"volatility":${Math.round(output.volatility * 1e4) / 100},"timestamp":${output.at},"index_name":"${output.name}"}`,
        );
        break;
      case 'instrument': {
        const { symbol, underlying } = output.option.instrument;
        const data = `{"timestamp":${output.at},"state":"${output.state === 'expired' ? 'closed' : 'created'}","instrument_name":"${symbol}"}`;
        for (const currency of [underlying, 'any']) this.#say(`instrument-state/option/${currency}`, data);
        break;
      }
      case 'platform':
        if (output.underlying === null) this.#say('platform', `{"maintenance":${output.state === 'maintenance'}}`);
        else
          this.#say(
            'platform',
            `{"price_index":"${output.underlying.toLowerCase()}_usd","locked":${output.state === 'locked'}}`,
          );
        break;
      case 'delivery':
        this.#close(output.price);
        break;
      default:
    }
  }

  /** The last word of every option that expired: state `delivered` with the delivery price, worth its payoff. */
  #close(price: number): void {
    for (const quote of this.#board.closing.splice(0)) {
      const { strike, side, symbol } = quote.option.instrument;
      const mark = Math.max(0, side === 'call' ? 1 - strike / price : strike / price - 1);
      const last = {
        ...quote,
        bid: null,
        ask: null,
        bidSize: null,
        askSize: null,
        mark,
        delta: 0,
        gamma: 0,
        vega: 0,
        theta: 0,
        rho: 0,
      };
      const data = `{${optionTickerFields(last, undefined, 'delivered')},"delivery_price":${price}}`;
      for (const feed of this.#wakes.get(symbol) ?? []) if (feed.channel.kind === 'ticker') this.#send(feed, data);
    }
  }

  #say(wake: string, data: string): void {
    const feeds = this.#wakes.get(wake);
    if (feeds !== undefined) for (const feed of feeds) this.#send(feed, data);
  }

  #send(feed: Feed, data: string | null): void {
    if (data === null) return;
    const message = notification(feed.name, data);
    for (const session of feed.listeners) {
      this.sent++;
      this.#deliver(session, message);
    }
  }
}

function notification(channel: string, data: string): string {
  return `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"${channel}","data":${data}}}`;
}

function wakeOf(channel: Channel): string {
  switch (channel.kind) {
    case 'ticker':
    case 'book':
    case 'book-grouped':
    case 'quote':
      return channel.instrument;
    case 'trades':
      return channel.instrument === null ? `trades/${channel.currency ?? ''}` : `trades=${channel.instrument}`;
    case 'instrument-state':
      return `instrument-state/${channel.instrumentKind}/${channel.currency}`;
    case 'platform':
      return 'platform';
    case 'user':
      return `user/${channel.topic}`;
    default:
      return `${channel.kind}/${channel.index}`;
  }
}
