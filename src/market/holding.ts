import type { OptionSide, Settlement } from './instrument.ts';

/**
 * One thing an account holds, as an event carries it. Sizes are signed, long positive: coins for options and linear
 * futures, USD of notional for inverse futures and perpetuals, units of the currency for cash.
 */
export type Holding = HeldOption | HeldFuture | HeldCash;

/** An option. */
export interface HeldOption {
  readonly kind: 'option';
  /** The venue's own name. */
  readonly symbol: string;
  /** The coin: `BTC` for `BTC-...` and `BTC_USDC-...` alike. */
  readonly underlying: string;
  readonly side: OptionSide;
  /** USD. */
  readonly strike: number;
  /** Epoch ms. */
  readonly expiry: number;
  readonly settlement: Settlement;
  readonly size: number;
  /** Average price, premium currency per coin; null where unknown. */
  readonly entry: number | null;
}

/** A dated future, or a perpetual (`expiry` null). */
export interface HeldFuture {
  readonly kind: 'future';
  readonly symbol: string;
  readonly underlying: string;
  readonly expiry: number | null;
  readonly settlement: Settlement;
  readonly size: number;
  /** Price from which the result that is not yet in the cash counts, USD per coin; null where unknown. */
  readonly entry: number | null;
}

/** Cash: coins, or dollars of a stablecoin. Results that are not yet booked are not in it. */
export interface HeldCash {
  readonly kind: 'cash';
  /** The currency: `BTC`, `USDC`. */
  readonly symbol: string;
  /** For a coin itself; null for dollars. */
  readonly underlying: string | null;
  readonly size: number;
}

/** Whether every number of a holding is usable: finite sizes, strikes and entries above zero where there are any. */
export function isHolding(h: Holding): boolean {
  if (typeof h.symbol !== 'string' || h.symbol === '' || h.symbol.length > 64 || !Number.isFinite(h.size)) return false;
  if (h.kind === 'cash') return true;
  if (h.entry !== null && !(h.entry >= 0 && h.entry < Infinity)) return false;
  if (h.kind === 'future') return h.expiry === null || Number.isFinite(h.expiry);
  return h.strike > 0 && Number.isFinite(h.strike) && Number.isFinite(h.expiry);
}
