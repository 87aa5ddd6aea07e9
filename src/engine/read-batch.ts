import {
  interpolateForward,
  parityForward,
  voteForward,
  type ForwardVoice,
  type ParityForward,
} from '../market/forward.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import type { DataBatch } from '../quality/batch.ts';
import { refreshedSince } from '../quality/batch.ts';
import type { ExpiryFacts } from '../quality/facts.ts';
import { nearQuotes } from '../quality/near-quotes.ts';
import { DATA_METRICS } from '../quality/registry.ts';
import { median } from '../numeric/robust.ts';
import { atmVolatility, readTwoSided, selectQuotes, type Selection, type TwoSided } from '../surface/selection.ts';
import type { ExpiryState, UnderlyingState } from './state.ts';

/** One expiry read at a close: its usable quotes and the facts about its data. */
export interface ExpiryReading {
  readonly expiry: ExpiryState;
  readonly selection: Selection;
  readonly facts: ExpiryFacts;
}

interface FirstPass {
  readonly expiry: ExpiryState;
  readonly years: number;
  readonly two: TwoSided;
  readonly parity: ParityForward | null;
}

/** Venue and parity forwards further apart than this, and than four standard errors, are put to the vote. */
const DISAGREEMENT = 10e-4;

/**
 * Reads the chains of the given expiries at `at`: forwards from the venue, from parity and from the neighbouring
 * expiries; the published one holds unless parity contradicts it beyond its error, then the weighted median decides.
 */
export function readBatch(underlying: UnderlyingState, expiries: readonly ExpiryState[], at: number): ExpiryReading[] {
  const spot = underlying.index?.price ?? underlying.quotedIndex;
  const first = underlying.expiries
    .filter((e) => e.expiry > at && e.entries.length > 0)
    .map((e) => readFirst(e, at, spot));
  const wanted = new Set(expiries);
  return first.filter((f) => wanted.has(f.expiry)).map((f) => readSecond(f, first, spot, at));
}

/** Forwards of one expiry now, without learning from it: for pictures between closes. */
export interface ExpiryForward {
  readonly expiry: ExpiryState;
  /** T, years ACT/365. */
  readonly years: number;
  /** Median of the forwards published with the quotes, USD; NaN when none was. */
  readonly published: number;
  /** The forward a batch closing now would use, USD; NaN when there is none. */
  readonly consensus: number;
  readonly quoted: number;
  readonly twoSided: number;
}

/** Reads the forwards of every expiry that is not over, by the rules of {@link readBatch}, and changes nothing. */
export function readForwards(underlying: UnderlyingState, at: number): ExpiryForward[] {
  const spot = underlying.index?.price ?? underlying.quotedIndex;
  const first = underlying.expiries
    .filter((e) => e.expiry > at && e.entries.length > 0)
    .map((e) => readFirst(e, at, spot));
  return first.map((f) => ({
    expiry: f.expiry,
    years: f.years,
    published: f.two.venueForward,
    consensus: agree(f.two, f.parity, interpolated(f, first, spot)) ?? NaN,
    quoted: f.two.quoted,
    twoSided: f.two.twoSided,
  }));
}

function interpolated(f: FirstPass, all: readonly FirstPass[], spot: number): number | null {
  const neighbours = all
    .filter((o) => o !== f && Number.isFinite(o.two.venueForward))
    .map((o) => ({ years: o.years, forward: o.two.venueForward }));
  return interpolateForward(f.years, spot, neighbours);
}

function readFirst(expiry: ExpiryState, at: number, spot: number): FirstPass {
  const two = readTwoSided(expiry.entries);
  const guess = Number.isFinite(two.venueForward) ? two.venueForward : spot;
  const parity = parityForward(two.pairs, expiry.entries[0].instrument.settlement, guess);
  return { expiry, years: yearsBetween(at, expiry.expiry), two, parity };
}

function readSecond(f: FirstPass, all: readonly FirstPass[], spot: number, at: number): ExpiryReading {
  const between = interpolated(f, all, spot);
  const consensus = agree(f.two, f.parity, between);
  const selection = selectQuotes(f.expiry.entries, at, consensus ?? NaN, f.two.venueForward);
  const o = selection.observations;
  const half = o.low.map((low, i) => 0.5 * (o.high[i] - low));
  updateMetrics(f, selection, consensus ?? NaN, between ?? NaN, spot, at);
  const facts: ExpiryFacts = {
    at,
    expiry: f.expiry.expiry,
    years: f.years,
    listed: f.expiry.entries.length,
    quoted: f.two.quoted,
    twoSided: f.two.twoSided,
    crossed: f.two.crossed,
    locked: f.two.locked,
    stale: selection.stale,
    used: o.k.length,
    halfSpreadVol: half.length > 0 ? median(half) : NaN,
    relativeSpread: selection.relativeSpread,
    forwardVenue: f.two.venueForward,
    forwardParity: f.parity?.forward ?? NaN,
    forwardParityError: f.parity?.standardError ?? NaN,
    forwardInterpolated: between ?? NaN,
    forward: consensus ?? NaN,
    discount: f.parity?.discount ?? NaN,
    atmVol: atmVolatility(o.k, o.value),
  };
  return { expiry: f.expiry, selection, facts };
}

function agree(two: TwoSided, parity: ParityForward | null, interpolated: number | null): number | null {
  const venue = two.venueForward;
  if (venue > 0) {
    if (parity === null) return venue;
    const gap = Math.abs(parity.forward - venue);
    if (gap <= DISAGREEMENT * venue || gap <= 4 * parity.standardError) return venue;
  }
  const voices: ForwardVoice[] = [];
  if (venue > 0) voices.push({ source: 'venue', forward: venue, weight: two.synthetic ? 0.8 : 1 });
  if (parity !== null) voices.push({ source: 'parity', forward: parity.forward, weight: parity.pairs >= 3 ? 1 : 0.5 });
  if (interpolated !== null) voices.push({ source: 'interpolated', forward: interpolated, weight: 0.6 });
  return voteForward(voices);
}

function updateMetrics(
  f: FirstPass,
  selection: Selection,
  forward: number,
  interpolated: number,
  index: number,
  at: number,
): void {
  const { expiry, two, parity, years } = f;
  const elapsedSeconds = (at - expiry.closedAt) / 1000;
  let refreshed = 0;
  for (const entry of expiry.entries) if (refreshedSince(entry, at, elapsedSeconds)) refreshed++;
  const batch: DataBatch = {
    at,
    elapsedSeconds,
    years,
    entries: expiry.entries,
    refreshed,
    messages: expiry.messages,
    quoted: two.quoted,
    twoSided: two.twoSided,
    crossed: two.crossed,
    locked: two.locked,
    index,
    forwardVenue: two.venueForward,
    forwardParity: parity?.forward ?? NaN,
    forwardParityError: parity?.standardError ?? NaN,
    forwardInterpolated: interpolated,
    forward,
    discount: parity?.discount ?? NaN,
    observations: selection.observations,
    relativeSpread: selection.relativeSpread,
    near: nearQuotes(expiry.entries, forward, two.venueForward > 0 ? forward / two.venueForward : 1, years),
  };
  DATA_METRICS.forEach((metric, i) => metric.update(expiry.metrics[i], batch));
}
