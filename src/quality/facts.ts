/** What one closed batch showed about the data of one expiry: plain counts and levels that every metric reads. */
export interface ExpiryFacts {
  /** Epoch ms of the close. */
  readonly at: number;
  readonly expiry: number;
  /** Time to expiry, years ACT/365. */
  readonly years: number;
  /** Instruments listed and not expired. */
  readonly listed: number;
  /** Instruments with a bid or an ask. */
  readonly quoted: number;
  readonly twoSided: number;
  readonly crossed: number;
  readonly locked: number;
  readonly stale: number;
  /** Quotes the calibration may use after every filter. */
  readonly used: number;
  /** Median half-spread in volatility (fraction) of the used quotes; NaN without any. */
  readonly halfSpreadVol: number;
  /** Median (ask - bid) / mid of two-sided out-of-the-money quotes; NaN without any. */
  readonly relativeSpread: number;
  /** Forwards, USD; NaN where that source had nothing. */
  readonly forwardVenue: number;
  readonly forwardParity: number;
  readonly forwardParityError: number;
  readonly forwardInterpolated: number;
  /** The consensus that the batch used; NaN when there was none. */
  readonly forward: number;
  /** Free discount factor of the parity regression; NaN when not estimated. */
  readonly discount: number;
  /** ATM volatility of the batch's own quotes, fraction; NaN without two strikes around the forward. */
  readonly atmVol: number;
}

/** The same for a whole underlying at one close. */
export interface UnderlyingFacts {
  readonly at: number;
  /** Seconds since the previous close; NaN on the first. */
  readonly elapsedSeconds: number;
  /** Spot index, USD; NaN without one. */
  readonly index: number;
  readonly listed: number;
  readonly quoted: number;
  readonly twoSided: number;
  readonly expiries: readonly ExpiryFacts[];
}
