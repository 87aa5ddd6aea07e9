/** SYNTHETIC chains priced by Black-76 from one smile, so that every probe has a known answer. */
import { newEntry, applyQuote, type ChainEntry } from '../../src/market/chain.ts';
import type { QuoteEvent } from '../../src/market/event.ts';
import { parityForward } from '../../src/market/forward.ts';
import { INVERSE_TICKS, type OptionInstrument } from '../../src/market/instrument.ts';
import { blackPrice } from '../../src/numeric/black.ts';
import { nearQuotes } from '../../src/quality/near-quotes.ts';
import { refreshedSince, type DataBatch } from '../../src/quality/batch.ts';
import { readTwoSided, selectQuotes } from '../../src/surface/selection.ts';

export const AT = Date.UTC(2026, 0, 10, 12);
export const EXPIRY = Date.UTC(2026, 0, 30, 8);
export const FORWARD = 90_000;
export const ELAPSED = 21_600;

const smile = (k: number): number => 0.5 - 0.2 * k + 0.8 * k * k;

/** A quote of an option at its true price, three ticks wide, not rounded. */
export function trueQuote(instrument: OptionInstrument, at: number, forward: number = FORWARD): QuoteEvent {
  const years = (instrument.expiry - at) / (365 * 86_400_000);
  const sigma = smile(Math.log(instrument.strike / forward));
  const { strike, side } = instrument;
  const price = blackPrice({ side, forward, strike, years, sigma }) / forward;
  const half = 0.0003;
  return {
    type: 'quote', at, receivedAt: at, venue: 'deribit', symbol: instrument.symbol,
    bid: price > half ? price - half : null, ask: price + half, bidSize: 1, askSize: 1, mark: price, markIv: sigma,
    forward, forwardName: 'BTC-30JAN26', index: forward * 0.999, delta: 0.5, vega: 50, openInterest: 1,
  }; // prettier-ignore
}

/** Strikes 70k to 112k, calls and puts, each with a quote of six hours ago and one of now changed by `change`. */
export function syntheticEntries(
  change: (quote: QuoteEvent, instrument: OptionInstrument) => QuoteEvent | null,
): ChainEntry[] {
  const entries: ChainEntry[] = [];
  for (let strike = 70_000; strike <= 112_000; strike += 2_000)
    for (const side of ['call', 'put'] as const) {
      const instrument: OptionInstrument = {
        venue: 'deribit', symbol: `BTC-30JAN26-${strike}-${side === 'call' ? 'C' : 'P'}`, underlying: 'BTC', expiry: EXPIRY,
        strike, side, settlement: 'inverse', premiumCurrency: 'BTC', ticks: INVERSE_TICKS, contractSize: 1,
      }; // prettier-ignore
      const entry = newEntry(instrument);
      applyQuote(entry, trueQuote(instrument, AT - ELAPSED * 1000, FORWARD * 0.99));
      const now = change(trueQuote(instrument, AT), instrument);
      if (now !== null) applyQuote(entry, now);
      entries.push(entry);
    }
  return entries;
}

/** The batch that the engine would hand to the metrics. */
export function syntheticBatch(
  change: (quote: QuoteEvent, instrument: OptionInstrument) => QuoteEvent | null = (q) => q,
): DataBatch {
  return batchOf(syntheticEntries(change));
}

export function batchOf(entries: readonly ChainEntry[], elapsedSeconds: number = ELAPSED): DataBatch {
  const two = readTwoSided(entries);
  const parity = entries.length === 0 ? null : parityForward(two.pairs, 'inverse', two.venueForward || FORWARD);
  const forward = FORWARD;
  const selection = selectQuotes(entries, AT, forward, two.venueForward);
  const years = (EXPIRY - AT) / (365 * 86_400_000);
  return {
    at: AT, elapsedSeconds, years, entries, refreshed: entries.filter((e) => refreshedSince(e, AT, elapsedSeconds)).length, messages: entries.length,
    quoted: two.quoted, twoSided: two.twoSided, crossed: two.crossed, locked: two.locked, index: FORWARD * 0.999,
    forwardVenue: two.venueForward, forwardParity: parity?.forward ?? NaN, forwardParityError: parity?.standardError ?? NaN,
    forwardInterpolated: FORWARD, forward, discount: parity?.discount ?? NaN, observations: selection.observations,
    relativeSpread: selection.relativeSpread, near: nearQuotes(entries, forward, forward / two.venueForward, years),
  }; // prettier-ignore
}
