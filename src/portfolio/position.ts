/**
 * What a book holds: positions and equity per account, checked at the border. Sizes are signed (long positive).
 * Coin-margined futures and perpetuals are sized in USD of notional, as the venues do; everything else in coins.
 */
import type { OptionSide, Settlement } from '../market/instrument.ts';

/** An option position. */
export interface OptionPosition {
  readonly kind: 'option';
  readonly account: string;
  readonly symbol: string;
  readonly underlying: string;
  readonly side: OptionSide;
  /** USD. */
  readonly strike: number;
  /** Epoch ms. */
  readonly expiry: number;
  readonly settlement: Settlement;
  /** Coins. */
  readonly size: number;
  /** Average price paid, premium currency per coin; NaN where unknown. */
  readonly entry: number;
}

/** A dated future, or a perpetual (`expiry` null). */
export interface FuturePosition {
  readonly kind: 'future';
  readonly account: string;
  readonly symbol: string;
  readonly underlying: string;
  readonly expiry: number | null;
  readonly settlement: Settlement;
  /** Inverse: USD of notional. Linear: coins. */
  readonly size: number;
  /** Average price, USD per coin; NaN where unknown. */
  readonly entry: number;
}

/** Cash of one account: coins, or dollars of a stablecoin. */
export interface EquityPosition {
  readonly kind: 'equity';
  readonly account: string;
  /** `BTC`, `USDC`, `USDT`, `USD`. */
  readonly currency: string;
  /** For a coin the underlying it belongs to; null for dollars. */
  readonly underlying: string | null;
  /** Units of the currency. */
  readonly size: number;
}

/** Anything held. */
export type Position = OptionPosition | FuturePosition | EquityPosition;

/** Value and USD exposures of one coin future or of the position's own legs, per whole position. */
export interface LinearExposure {
  /** Unrealised value, coin (inverse) or USD (linear); NaN without an entry price. */
  readonly value: number;
  /** Coins of exposure to the USD price of the coin, futures' own convention: N/F for inverse. */
  readonly deltaCoin: number;
}

/**
 * Value and delta of a future marked at `mark`, USD. Inverse: N (1/entry - 1/mark) coins, delta N/mark coins. Linear:
 * size (mark - entry) USD, delta size coins.
 */
export function futureExposure(position: FuturePosition, mark: number): LinearExposure {
  const { size, entry, settlement } = position;
  return settlement === 'inverse'
    ? { value: size * (1 / entry - 1 / mark), deltaCoin: size / mark }
    : { value: size * (mark - entry), deltaCoin: size };
}
