import type { OwnQuoteEvent, QuoteEvent } from './event.ts';
import type { OptionInstrument } from './instrument.ts';

/** One listed option as the monitor last saw it. */
export interface ChainEntry {
  readonly instrument: OptionInstrument;
  state: 'open' | 'locked' | 'halted' | 'settling' | 'expired' | 'delisted';
  /** The newest quote; null before the first. */
  quote: QuoteEvent | null;
  /** Epoch ms at which bid or ask last changed: the age of the evidence, not of the message. */
  changedAt: number;
  /** The forward published with the quote when bid or ask last changed, USD; NaN when none was. */
  forwardAtChange: number;
  /** The venue's mark published with the quote when bid or ask last changed, premium currency; NaN when none was. */
  markAtChange: number;
  /** The venue's mark (premium currency) and forward (USD) at the previous close of a batch; NaN before or without. */
  closedMark: number;
  closedForward: number;
  /** Epoch ms at which anything of bid, ask, mark and mark volatility last changed: every message since has repeated it. */
  newsAt: number;
  /** The forward published with the quote at that time, USD; NaN when none was. */
  forwardAtNews: number;
  /** Smoothed time between changes of bid or ask, ms; 0 before the second change. */
  intervalMs: number;
  /** Smoothed time between messages, changed or not, ms; 0 before the second. */
  speaksMs: number;
  /** Whether bid or ask changed since the last closed batch. */
  fresh: boolean;
  /** Where our own orders rest, and where they rested before that; null when we have never quoted it. */
  own: { readonly now: OwnQuoteEvent; readonly before: OwnQuoteEvent | null } | null;
}

/** A listed option before its first quote. */
export function newEntry(instrument: OptionInstrument): ChainEntry {
  return {
    instrument,
    state: 'open',
    quote: null,
    changedAt: 0,
    forwardAtChange: NaN,
    markAtChange: NaN,
    closedMark: NaN,
    closedForward: NaN,
    newsAt: 0,
    forwardAtNews: NaN,
    intervalMs: 0,
    speaksMs: 0,
    fresh: false,
    own: null,
  };
}

const INTERVAL_SMOOTHING = 0.1;

/** Exponential mean of the times between events, ms; the first one is believed. */
export function smoothedGap(smoothed: number, gap: number): number {
  return smoothed === 0 ? gap : smoothed + INTERVAL_SMOOTHING * (gap - smoothed);
}

/** Applies a quote: returns true when bid or ask changed. A quote older than the one held is the caller's to refuse. */
export function applyQuote(entry: ChainEntry, quote: QuoteEvent): boolean {
  const last = entry.quote;
  entry.quote = quote;
  if (last !== null) entry.speaksMs = smoothedGap(entry.speaksMs, quote.at - last.at);
  const same = last !== null && last.bid === quote.bid && last.ask === quote.ask;
  if (!same || last.mark !== quote.mark || last.markIv !== quote.markIv) {
    entry.newsAt = quote.at;
    entry.forwardAtNews = quote.forward ?? NaN;
  }
  if (same) return false;
  if (last !== null) {
    entry.intervalMs = smoothedGap(entry.intervalMs, quote.at - entry.changedAt);
  }
  entry.changedAt = quote.at;
  entry.forwardAtChange = quote.forward ?? NaN;
  entry.markAtChange = quote.mark ?? NaN;
  entry.fresh = true;
  return true;
}

/** Takes what our own orders are now; what they were stays known until the venue's quote has followed. */
export function applyOwnQuote(entry: ChainEntry, own: OwnQuoteEvent): void {
  entry.own = { now: own, before: entry.own?.now ?? null };
}

/** An own order that makes up so much of the size at the touch makes the touch. */
const OWN_SHARE = 0.5;

/**
 * Whether bid or ask of the quote is ours: our price is at the touch, or beyond it, with at least half of the size shown
 * there. A venue's quote that is older than our last change is held against what stood before as well.
 */
export function isOwnTouch(entry: ChainEntry): boolean {
  const { own, quote } = entry;
  if (own === null || quote === null) return false;
  if (makesTouch(own.now, quote)) return true;
  return own.before !== null && quote.at < own.now.at && makesTouch(own.before, quote);
}

function makesTouch(own: OwnQuoteEvent, quote: QuoteEvent): boolean {
  const dominates = (size: number | null, shown: number | null): boolean =>
    size === null || shown === null || size >= OWN_SHARE * shown;
  const bid = own.bid !== null && quote.bid !== null && own.bid >= quote.bid && dominates(own.bidSize, quote.bidSize);
  return (
    bid || (own.ask !== null && quote.ask !== null && own.ask <= quote.ask && dominates(own.askSize, quote.askSize))
  );
}

/** Whether a print at this price, by an aggressor of this direction, has hit our own resting order. */
export function hitsOwnOrder(entry: ChainEntry, direction: 'buy' | 'sell', price: number, at: number): boolean {
  const hits = (own: OwnQuoteEvent | null): boolean => {
    const resting = own === null ? null : direction === 'buy' ? own.ask : own.bid;
    return resting !== null && (direction === 'buy' ? resting <= price : resting >= price);
  };
  const { own } = entry;
  return own !== null && (hits(own.now) || (at < own.now.at && hits(own.before)));
}
