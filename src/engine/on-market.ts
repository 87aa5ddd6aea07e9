import { applyQuote } from '../market/chain.ts';
import type {
  DeliveryEvent,
  EventTimes,
  FeedEvent,
  FutureEvent,
  GapEvent,
  IndexEvent,
  InstrumentEvent,
  PlatformEvent,
  PulseEvent,
  QuoteEvent,
  TradeEvent,
} from '../market/event.ts';
import { noteChannel } from './watch-channels.ts';
import { scoreTrade } from './score-trade.ts';
import { placeInstrument, removeExpiry, underlyingOf } from './place.ts';
import { countRefused, type EngineState, type UnderlyingState } from './state.ts';

/** Lists, locks or delists an option. */
export function onInstrument(state: EngineState, event: InstrumentEvent): void {
  const place = placeInstrument(state, event.instrument, event.at);
  if (place !== null) place.entry.state = event.state;
}

/** Quotes are not delivered later than this: an older stamp is a wrong clock, ms. */
const OLDEST_MS = 60_000;

/**
 * The event with its venue time held within reach of the receive time: one stamp from the future or the past must not
 * make what follows look old (correction 8). The skew itself is a sign, read elsewhere.
 */
export function sane<E extends EventTimes>(state: EngineState, event: E): E {
  const at = Math.min(
    Math.max(event.at, event.receivedAt - OLDEST_MS),
    event.receivedAt + state.config.clockToleranceMs,
  );
  return at === event.at ? event : { ...event, at };
}

/** Takes a quote into its chain; the underlying it belongs to, or null when it was refused (counted). */
export function onQuote(state: EngineState, stamped: QuoteEvent): UnderlyingState | null {
  const place = state.instruments.get(`${stamped.venue}:${stamped.symbol}`);
  if (place === undefined) {
    countRefused(state, 'unknown-instrument');
    return null;
  }
  const { entry, expiry, underlying } = place;
  state.counts.quotes++;
  expiry.skewMs = stamped.at - stamped.receivedAt;
  const event = withForward(underlying, expiry.expiry, sane(state, stamped));
  if (entry.quote !== null && event.at < entry.quote.at) {
    countRefused(state, 'out-of-order');
    noteLate(state, underlying, event.at);
    return null;
  }
  expiry.messageAt = event.at;
  expiry.messages++;
  if (applyQuote(entry, event)) {
    expiry.changed++;
    expiry.changedAt = event.at;
  }
  if (event.index !== null) underlying.quotedIndex = event.index;
  return underlying;
}

/** Counts a message, and one behind the last closed batch as late. */
export function noteLate(state: EngineState, underlying: UnderlyingState, at: number): void {
  underlying.feedHealth.messages++;
  if (!(at < underlying.closedAt)) return;
  state.counts.late++;
  underlying.feedHealth.late++;
}

/** A future's price this far in time from a quote is still the forward of the quote's own time, ms. */
const SAME_TIME_MS = 10_000;

/** A quote that came without a forward gets the future's of its own expiry and time, where there is one. */
function withForward(underlying: UnderlyingState, expiry: number, quote: QuoteEvent): QuoteEvent {
  if (quote.forward !== null) return quote;
  for (const f of underlying.futures.values()) {
    if (f.expiry !== expiry || Math.abs(quote.at - f.at) > SAME_TIME_MS) continue;
    const mid = f.bid !== null && f.ask !== null && f.bid <= f.ask ? 0.5 * (f.bid + f.ask) : f.mark;
    if (mid !== null && mid > 0) return { ...quote, forward: mid, forwardName: f.symbol };
  }
  return quote;
}

/** Counts a trade; the scores that use trades read it from here on. */
export function onTrade(state: EngineState, event: TradeEvent): UnderlyingState | null {
  const place = state.instruments.get(`${event.venue}:${event.symbol}`);
  if (place === undefined) {
    countRefused(state, 'unknown-instrument');
    return null;
  }
  const { recentTrades } = place.underlying;
  const print = `${event.symbol}|${event.tradeId}`;
  if (recentTrades.has(print)) {
    state.counts.duplicates++;
    countRefused(state, 'duplicate-trade');
    return null;
  }
  recentTrades.add(print);
  if (recentTrades.size > RECENT_TRADES) for (const oldest of recentTrades) if (recentTrades.delete(oldest)) break;
  state.counts.trades++;
  scoreTrade(state.config, place, event);
  return place.underlying;
}

/** An outage's history is fetched from a few seconds before it: prints of that long and much longer are remembered. */
const RECENT_TRADES = 20_000;

/** Keeps the newest spot index. */
export function onIndex(state: EngineState, stamped: IndexEvent): UnderlyingState {
  const event = sane(state, stamped);
  const underlying = underlyingOf(state, event.venue, event.underlying);
  noteChannel(underlying, event.name, event.at);
  if (underlying.index === null || event.at >= underlying.index.at) underlying.index = event;
  return underlying;
}

/** More than any venue lists on one underlying; expired ones make room. */
const MOST_FUTURES = 200;

/** Keeps the newest state of a future or perpetual. */
export function onFuture(state: EngineState, event: FutureEvent): UnderlyingState {
  const underlying = underlyingOf(state, event.venue, event.underlying);
  const { futures } = underlying;
  if (!futures.has(event.symbol) && futures.size >= MOST_FUTURES) {
    for (const [symbol, f] of futures) if (f.expiry !== null && f.expiry <= event.at) futures.delete(symbol);
    if (futures.size >= MOST_FUTURES) {
      countRefused(state, 'too-many-futures');
      return underlying;
    }
  }
  futures.set(event.symbol, event);
  noteChannel(underlying, event.symbol, event.at);
  return underlying;
}

/** The feed lost messages, or may have: all of a venue's underlyings, or the expiry of the one instrument named. */
export function onGap(state: EngineState, event: GapEvent): void {
  if (event.symbol !== null) {
    const place = state.instruments.get(`${event.venue}:${event.symbol}`);
    if (place !== undefined) place.expiry.lostAt = event.at;
    return;
  }
  for (const u of state.underlyings.values()) if (u.venue === event.venue) u.feedHealth.lostAt = event.at;
}

/** Our own pulse: lag and dropped quotes make every verdict of the moment unsafe. */
export function onPulse(state: EngineState, event: PulseEvent): void {
  for (const u of state.underlyings.values())
    if (u.venue === event.venue)
      u.feedHealth.lagMs = event.droppedQuotes > 0 ? Math.max(event.loopLagMs, DROPPED_LAG_MS) : event.loopLagMs;
}

/** Dropping quotes is as bad as this lag, ms. */
const DROPPED_LAG_MS = 2_000;

/** The venue opened or closed. */
export function onPlatform(state: EngineState, event: PlatformEvent): void {
  for (const u of state.underlyings.values())
    if (u.venue === event.venue && (event.underlying === null || event.underlying === u.underlying))
      u.platform = event.state;
}

/** The feed came up or went down. */
export function onFeed(state: EngineState, event: FeedEvent): void {
  for (const u of state.underlyings.values()) if (u.venue === event.venue) u.feed = event.state;
}

/** An expiry was delivered: its scope ends. */
export function onDelivery(state: EngineState, event: DeliveryEvent): void {
  const underlying = underlyingOf(state, event.venue, event.underlying);
  const expiry = underlying.expiries.find((e) => e.expiry === event.expiry);
  if (expiry !== undefined) removeExpiry(state, underlying, expiry);
}
