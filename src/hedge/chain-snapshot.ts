/** One recorded snapshot of an underlying's option chain, as hedging models see it. Prices are in coin per coin. */
import { log } from '../numeric/exponential.ts';
import { median } from '../numeric/robust.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import type { SliceQuotes } from '../surface/family.ts';

/** One option at one time. */
export interface ChainOption {
  readonly symbol: string;
  readonly side: 'call' | 'put';
  /** USD. */
  readonly strike: number;
  /** Forward published with this quote, USD: quotes of one snapshot are minutes apart (methods note, correction 6). */
  readonly forward: number;
  /** Mark, coin. */
  readonly mark: number;
  /** Mark volatility, per root year. */
  readonly sigma: number;
  /** Half of ask - bid, coin; NaN where one side is missing. */
  readonly halfSpread: number;
  /** The venue's delta in its own convention (Deribit: Black); NaN where absent. */
  readonly venueDelta: number;
}

/** All options of one expiry. */
export interface ChainExpiry {
  /** Epoch ms. */
  readonly expiry: number;
  /** T, years ACT/365, > 0. */
  readonly years: number;
  /** F of the expiry, USD: the median of its options' own. */
  readonly forward: number;
  readonly options: readonly ChainOption[];
}

/** All expiries of one underlying at one time. */
export interface ChainSnapshot {
  readonly underlying: string;
  /** Epoch ms. */
  readonly at: number;
  /** Spot index, USD. */
  readonly index: number;
  readonly expiries: readonly ChainExpiry[];
}

/** Builds an expiry; undefined when it has run out. */
export function chainExpiry(at: number, expiry: number, options: readonly ChainOption[]): ChainExpiry | undefined {
  const years = yearsBetween(at, expiry);
  const forward = median(options.map((o) => o.forward));
  return years > 0 && forward > 0 ? { expiry, years, forward, options } : undefined;
}

/** Options further out than this many standard deviations say little about a smile. */
const REACH = 3;

/**
 * Out-of-the-money mark volatilities of an expiry as a slice to fit, k ascending, equal error bars; at most `most`
 * strikes, evenly thinned. Undefined with fewer than 5.
 */
export function markSlice(expiry: ChainExpiry, most: number = 60): SliceQuotes | undefined {
  const points: [number, number][] = [];
  for (const o of expiry.options) {
    const k = log(o.strike / o.forward);
    if ((o.side === 'call') !== k >= 0 || !(o.sigma > 0)) continue;
    if (Math.abs(k) > REACH * o.sigma * Math.sqrt(expiry.years)) continue;
    points.push([k, o.sigma]);
  }
  points.sort((a, b) => a[0] - b[0]);
  const distinct = points.filter(([k], i) => i === 0 || k > points[i - 1][0]);
  const count = Math.min(most, distinct.length);
  if (count < 5) return undefined;
  const chosen = Array.from(
    { length: count },
    (_, i) => distinct[Math.round((i * (distinct.length - 1)) / (count - 1))],
  );
  return {
    years: expiry.years,
    forward: expiry.forward,
    k: Float64Array.from(chosen, ([k]) => k),
    sigma: Float64Array.from(chosen, ([, sigma]) => sigma),
    errorBar: new Float64Array(count).fill(0.005),
    sigmaBid: new Float64Array(count).fill(NaN),
    sigmaAsk: new Float64Array(count).fill(NaN),
  };
}
