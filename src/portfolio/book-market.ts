/** Where a book is valued: marks and theoretical volatilities by instrument, at one time. */
import type { OptionPosition } from './position.ts';

/** What one option is valued at. */
export interface OptionMark {
  /** Forward of its expiry, USD. */
  readonly forward: number;
  /** Volatility to value it with, per root year. */
  readonly sigma: number;
  /** The venue's delta in its own (Black) convention; NaN where absent. */
  readonly venueDelta: number;
  /** Bid and ask, premium currency; NaN where absent. */
  readonly bid: number;
  readonly ask: number;
}

/** Valuation at one time. */
export interface BookMarket {
  /** Epoch ms. */
  readonly at: number;
  /** Spot index of an underlying, USD; NaN where unknown. */
  index(underlying: string): number;
  /** Mark of a future or perpetual, USD; NaN where unknown. */
  futureMark(symbol: string, underlying: string, expiry: number | null): number;
  /** Mark of an option; undefined where the chain does not know it. */
  option(position: OptionPosition): OptionMark | undefined;
  /** USD per unit of a dollar-like currency (USDC, USDT); 1 where nothing says otherwise. */
  dollar(currency: string): number;
}
