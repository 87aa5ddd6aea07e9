import type { QuoteEvent } from './event.ts';
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
  /** Smoothed time between changes of bid or ask, ms; 0 before the second change. */
  intervalMs: number;
  /** Whether bid or ask changed since the last closed batch. */
  fresh: boolean;
}

/** A listed option before its first quote. */
export function newEntry(instrument: OptionInstrument): ChainEntry {
  return { instrument, state: 'open', quote: null, changedAt: 0, forwardAtChange: NaN, intervalMs: 0, fresh: false };
}

const INTERVAL_SMOOTHING = 0.1;

/** Applies a quote: returns true when bid or ask changed. A quote older than the one held is the caller's to refuse. */
export function applyQuote(entry: ChainEntry, quote: QuoteEvent): boolean {
  const last = entry.quote;
  entry.quote = quote;
  if (last !== null && last.bid === quote.bid && last.ask === quote.ask) return false;
  if (last !== null) {
    const gap = quote.at - entry.changedAt;
    entry.intervalMs = entry.intervalMs === 0 ? gap : entry.intervalMs + INTERVAL_SMOOTHING * (gap - entry.intervalMs);
  }
  entry.changedAt = quote.at;
  entry.forwardAtChange = quote.forward ?? NaN;
  entry.fresh = true;
  return true;
}
