import type { ChainEntry } from '../market/chain.ts';
import type { Observations } from '../model/contract.ts';

/** What a data metric sees: one expiry at one close, with the forwards that were put to the vote. */
export interface DataBatch {
  /** Epoch ms of the close. */
  readonly at: number;
  /** Seconds since the expiry's previous close; NaN on its first. */
  readonly elapsedSeconds: number;
  /** Time to expiry, years ACT/365. */
  readonly years: number;
  /** Sorted by strike, call before put. */
  readonly entries: readonly ChainEntry[];
  /** Those with a message since the previous close (all of them on the first). */
  readonly refreshed: number;
  /** Quote messages since the previous close. */
  readonly messages: number;
  readonly quoted: number;
  readonly twoSided: number;
  readonly crossed: number;
  readonly locked: number;
  /** Spot index, USD; NaN without one. */
  readonly index: number;
  /** USD; NaN where that source had nothing. */
  readonly forwardVenue: number;
  readonly forwardParity: number;
  readonly forwardParityError: number;
  readonly forwardInterpolated: number;
  /** Consensus of the vote, USD; NaN when there was none. */
  readonly forward: number;
  /** Free discount factor of the parity regression; NaN when not estimated. */
  readonly discount: number;
  /** Usable quotes as implied volatilities. */
  readonly observations: Observations;
  /** Median (ask - bid) / mid of two-sided out-of-the-money quotes; NaN without any. */
  readonly relativeSpread: number;
  /** Two-sided quotes near the money with a mark, for probes that cost an inversion each. */
  readonly near: readonly NearQuote[];
}

/** A marked quote near the money, inverted under the consensus forward. */
export interface NearQuote {
  readonly strike: number;
  readonly side: 'call' | 'put';
  /** Prices over the forward. */
  readonly mid: number;
  readonly halfSpread: number;
  readonly mark: number;
  /** The venue's own volatility, fraction. */
  readonly markIv: number;
  /** Black-76 price over the forward at `markIv` and our T. */
  readonly modelPrice: number;
  /** Implied volatility of the mid, fraction; NaN when it cannot be inverted. */
  readonly midIv: number;
  /** Half-spread in volatility, fraction: over the vega at `markIv`. */
  readonly halfSpreadVol: number;
  /** Time in years that makes Black-76 at `markIv` give the mark; NaN when it cannot be inverted. */
  readonly impliedYears: number;
}

/** Whether the entry had a message since the previous close. */
export function refreshedSince(entry: ChainEntry, at: number, elapsedSeconds: number): boolean {
  return entry.quote !== null && !(entry.quote.at <= at - elapsedSeconds * 1000);
}
