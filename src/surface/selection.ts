import { isOwnTouch, type ChainEntry } from '../market/chain.ts';
import type { ParityPair } from '../market/forward.ts';
import { tickAt } from '../market/instrument.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import type { Observations } from '../model/contract.ts';
import { log } from '../numeric/exponential.ts';
import { impliedVolatility } from '../numeric/implied-volatility.ts';
import { normalCdf, normalPdf } from '../numeric/normal.ts';
import { median } from '../numeric/robust.ts';
import { outlying } from './cross-section.ts';
import { APART_MS, isRepeated } from './repeated-quote.ts';
import { errorBar, type QuoteNoise } from './weights.ts';

/** Why a quote is not used, in the order the filters run (methods.md 1.2 with correction 7). */
export const REFUSALS = [
  'near-expiry',
  'not-open',
  'no-quote',
  'crossed',
  'locked',
  'one-sided',
  'own',
  'no-forward',
  'repeated',
  'stale',
  'in-the-money',
  'wide',
  'cheap',
  'below-intrinsic',
  'above-bound',
  'no-volatility',
  'outlier',
] as const;

/** A reason from {@link REFUSALS}. */
export type Refusal = (typeof REFUSALS)[number];

/** The two-sided quotes of one expiry, before any filter that needs a forward. */
export interface TwoSided {
  readonly pairs: readonly ParityPair[];
  /** Median of the forwards published with the quotes, USD; NaN when none was. */
  readonly venueForward: number;
  /** Whether the published forward is the venue's own interpolation (SYN.*) rather than a traded future. */
  readonly synthetic: boolean;
  readonly quoted: number;
  readonly twoSided: number;
  readonly crossed: number;
  readonly locked: number;
}

/** First pass over an expiry (entries sorted by strike, call before put): counts, parity pairs, the venue's forward. */
export function readTwoSided(entries: readonly ChainEntry[]): TwoSided {
  const forwards: number[] = [];
  let [quoted, twoSided, crossed, locked, synthetic] = [0, 0, 0, 0, false];
  for (const { quote: q } of entries) {
    if (q === null) continue;
    if (q.forward !== null) forwards.push(q.forward);
    if (q.forwardName !== null && q.forwardName.startsWith('SYN')) synthetic = true;
    if (q.bid === null && q.ask === null) continue;
    quoted++;
    if (q.bid === null || q.ask === null) continue;
    if (q.bid > q.ask) crossed++;
    else if (q.bid === q.ask) locked++;
    else twoSided++;
  }
  const venueForward = forwards.length > 0 ? median(forwards) : NaN;
  return {
    pairs: parityPairs(entries, venueForward),
    venueForward,
    synthetic,
    quoted,
    twoSided,
    crossed,
    locked,
  };
}

/** Strikes at which call and put both show two sides of their own time, not ours, and not an old row sent again. */
function parityPairs(entries: readonly ChainEntry[], forward: number): ParityPair[] {
  const pairs: ParityPair[] = [];
  const repeated = (entry: ChainEntry): boolean => isRepeated(entry, forward, () => entry.quote?.delta ?? NaN);
  for (let i = 0; i + 1 < entries.length; i++) {
    const [first, second] = [entries[i], entries[i + 1]];
    const [call, put] = [first.quote, second.quote];
    if (call === null || put === null || first.instrument.strike !== second.instrument.strike) continue;
    if (first.instrument.side !== 'call' || second.instrument.side !== 'put') continue;
    if (call.bid === null || call.ask === null || put.bid === null || put.ask === null) continue;
    if (call.bid >= call.ask || put.bid >= put.ask) continue;
    if (isOwnTouch(first) || isOwnTouch(second) || repeated(first) || repeated(second)) continue;
    pairs.push({
      strike: first.instrument.strike,
      callMid: 0.5 * (call.bid + call.ask),
      putMid: 0.5 * (put.bid + put.ask),
      callHalfSpread: 0.5 * (call.ask - call.bid),
      putHalfSpread: 0.5 * (put.ask - put.bid),
    });
  }
  return pairs;
}

/** Quotes fit for calibration and scoring, with a reason for every other one. */
export interface Selection {
  readonly observations: Observations;
  /** Parallel to the observations. */
  readonly symbols: readonly string[];
  readonly refused: ReadonlyMap<Refusal, number>;
  readonly stale: number;
  /** Median (ask - bid) / mid of two-sided out-of-the-money quotes; NaN without any. */
  readonly relativeSpread: number;
}

/** Excluded from calibration: inside the last hour the averaging of the settlement price dominates (methods.md 1.2). */
const MIN_YEARS = 1 / (365 * 24);
const STALE_MS = 5_000;
const STALE_INTERVALS = 6;

interface Row {
  k: number;
  strike: number;
  sigma: number;
  low: number;
  high: number;
  noise: number;
  venue: number;
  symbol: string;
}

/**
 * Second pass: filters in order, joins every quote with the forward of its own time (scaled by consensus / published
 * when the vote overruled the venue), inverts bid, mid and ask, and gives each volatility its error bar.
 *
 * `consensus` and `published` are the expiry's forward by vote and the venue's median, USD.
 */
export function selectQuotes(
  entries: readonly ChainEntry[],
  at: number,
  consensus: number,
  published: number,
): Selection {
  const refused = new Map<Refusal, number>();
  const refuse = (reason: Refusal): void => void refused.set(reason, (refused.get(reason) ?? 0) + 1);
  const found: Row[] = [];
  const relative: number[] = [];
  const correction = Number.isFinite(consensus) && published > 0 ? consensus / published : 1;
  const years = entries.length > 0 ? yearsBetween(at, entries[0].instrument.expiry) : 0;
  for (const entry of entries) {
    if (!(years > MIN_YEARS)) {
      refuse('near-expiry');
      continue;
    }
    const outcome = judge(entry, at, years, consensus, correction, relative);
    if (typeof outcome === 'string') refuse(outcome);
    else found.push(outcome);
  }
  const apart = outlying(found);
  const rows = apart === null ? found : found.filter((row) => !apart.has(row));
  if (apart !== null) refused.set('outlier', apart.size);
  rows.sort((a, b) => a.k - b.k);
  return {
    observations: toObservations(rows, at, years, consensus),
    symbols: rows.map((r) => r.symbol),
    refused,
    stale: refused.get('stale') ?? 0,
    relativeSpread: relative.length > 0 ? median(relative) : NaN,
  };
}

function judge(
  entry: ChainEntry,
  at: number,
  years: number,
  consensus: number,
  correction: number,
  relative: number[],
): Row | Refusal {
  const { instrument, quote } = entry;
  if (entry.state !== 'open') return 'not-open';
  if (quote === null || (quote.bid === null && quote.ask === null)) return 'no-quote';
  const { bid, ask } = quote;
  if (bid !== null && ask !== null && bid > ask) return 'crossed';
  if (bid !== null && bid === ask) return 'locked';
  if (bid === null || ask === null) return 'one-sided';
  if (isOwnTouch(entry)) return 'own';
  const forward = quote.forward === null ? consensus : quote.forward * correction;
  if (!(forward > 0)) return 'no-forward';
  const half = 0.5 * (ask - bid);
  // Its own forward may be as old as the rest of it.
  const now = consensus > 0 ? consensus : forward;
  if (isRepeated(entry, now, () => quote.delta ?? ownDelta(entry, forward, years))) return 'repeated';
  if (isStale(entry, at, half, forward)) return 'stale';
  const { strike, side } = instrument;
  if (side === 'call' ? strike < forward : strike >= forward) return 'in-the-money';
  const mid = 0.5 * (bid + ask);
  relative.push((ask - bid) / mid);
  const tick = tickAt(instrument.ticks, mid);
  if (ask - bid > 0.5 * mid && ask - bid > 3 * tick * (1 + 1e-9)) return 'wide';
  if (mid < 3 * tick * (1 - 1e-9)) return 'cheap';
  const unit = instrument.settlement === 'inverse' ? forward : 1;
  const invert = (price: number): ReturnType<typeof impliedVolatility> =>
    impliedVolatility({ forward, strike, years, price: price * unit, side });
  const low = invert(bid);
  const high = invert(ask);
  const centre = invert(mid);
  for (const v of [low, high, centre]) {
    if (v.status === 'ok') continue;
    if (v.status === 'below-intrinsic' || v.status === 'above-bound') return v.status;
    return 'no-volatility';
  }
  const noise = errorBar(noiseOf(centre.sigma, 0.5 * (high.sigma - low.sigma), tick, entry, forward, years, mid));
  if (!(noise > 0) || !Number.isFinite(noise)) return 'no-volatility';
  return {
    k: log(strike / forward),
    strike,
    sigma: centre.sigma,
    low: low.sigma,
    high: high.sigma,
    noise,
    venue: quote.markIv ?? NaN,
    symbol: instrument.symbol,
  };
}

/**
 * The ingredients of the error bar in price over forward: V/F = d1-delta form of Black-76, vega/F = phi(d1) sqrt T.
 * The quote is joined with the forward of its own time, so no asynchrony is left (correction 6: one or the other).
 */
function noiseOf(
  sigma: number,
  halfSpread: number,
  tick: number,
  entry: ChainEntry,
  forward: number,
  years: number,
  mid: number,
): QuoteNoise {
  const inverse = entry.instrument.settlement === 'inverse';
  const root = Math.sqrt(years);
  const d1 = log(forward / entry.instrument.strike) / (sigma * root) + 0.5 * sigma * root;
  return {
    halfSpread,
    tick: inverse ? tick : tick / forward,
    vega: normalPdf(d1) * root,
    delta: entry.quote?.delta ?? 0,
    premium: inverse ? mid : 0,
    forwardMove: 0,
  };
}

/** Black-76 delta at the volatility of the mid, for venues that publish none; NaN when it cannot be inverted. */
function ownDelta({ instrument, quote }: ChainEntry, forward: number, years: number): number {
  const { strike, side, settlement } = instrument;
  const mid = 0.5 * ((quote?.bid ?? NaN) + (quote?.ask ?? NaN));
  const price = settlement === 'inverse' ? mid * forward : mid;
  const { status, sigma } = impliedVolatility({ forward, strike, years, price, side });
  if (status !== 'ok') return NaN;
  const deviation = sigma * Math.sqrt(years);
  const call = normalCdf(log(forward / strike) / deviation + 0.5 * deviation);
  return side === 'call' ? call : call - 1;
}

/**
 * Age alone is not staleness: a quote is stale when it is old AND its value has since moved more than it can mean, by its
 * delta and the forward or by the venue's own mark. Where six of its own intervals are longer than ten minutes, or the
 * recording hides them, ten minutes are old enough for a mark that has moved by the whole half-spread.
 */
function isStale(entry: ChainEntry, at: number, half: number, forward: number): boolean {
  const { quote, markAtChange, forwardAtChange } = entry;
  const age = at - entry.changedAt;
  if (age <= STALE_MS || quote === null) return false;
  // Missing from the newest sample of a recording that samples: what is known is of the one before.
  if (entry.speaksMs >= APART_MS && at - quote.at >= APART_MS) return true;
  const marked = quote.mark === null ? NaN : Math.abs(quote.mark - markAtChange);
  if (age <= STALE_INTERVALS * entry.intervalMs) return age >= APART_MS && marked > half;
  if (marked > 0.5 * half) return true;
  if (!(forwardAtChange > 0)) return false;
  const move = Math.abs(forward - forwardAtChange);
  const delta = Math.abs(quote.delta ?? 0.5);
  const unit = entry.instrument.settlement === 'inverse' ? forward : 1;
  return delta * move > 0.5 * half * unit;
}

function toObservations(rows: readonly Row[], at: number, years: number, forward: number): Observations {
  const column = (pick: (r: Row) => number): Float64Array => Float64Array.from(rows, pick);
  const k = column((r) => r.k);
  const value = column((r) => r.sigma);
  const atm = atmVolatility(k, value);
  const unit = atm > 0 && years > 0 ? 1 / (atm * Math.sqrt(years)) : 0;
  return {
    at,
    years,
    forward,
    k,
    x: Float64Array.from(k, (v) => v * unit),
    strike: column((r) => r.strike),
    value,
    noise: column((r) => r.noise),
    low: column((r) => r.low),
    high: column((r) => r.high),
    venueValue: column((r) => r.venue),
  };
}

/** Volatility at k = 0 by linear interpolation between the nearest quotes on both sides; the nearest one otherwise; NaN when empty. */
export function atmVolatility(k: ArrayLike<number>, sigma: ArrayLike<number>): number {
  const n = k.length;
  if (n === 0) return NaN;
  let right = 0;
  while (right < n && k[right] < 0) right++;
  if (right === 0) return sigma[0];
  if (right === n) return sigma[n - 1];
  const weight = -k[right - 1] / (k[right] - k[right - 1]);
  return sigma[right - 1] + weight * (sigma[right] - sigma[right - 1]);
}
