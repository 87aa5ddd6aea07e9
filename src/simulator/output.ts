/** What the simulated venue says: its side of every fact, after faults. Front ends turn it into events or messages. */
import type { TradeKind } from '../market/event.ts';
import type { ListedOption } from './listing.ts';

/** One option's published state. Prices in coin; null = none. Replaces the previous one entirely. */
export interface QuoteOutput {
  readonly type: 'quote';
  /** Published time, epoch ms (skewed by a clock fault). */
  readonly at: number;
  readonly option: ListedOption;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  /** Coin. */
  readonly mark: number;
  /** Fraction. */
  readonly markIv: number;
  /** USD. */
  readonly forward: number;
  readonly forwardName: string;
  readonly index: number;
  /** Black-76 with `markIv`: delta; gamma per USD; vega USD per point; theta USD per day; rho USD per point. */
  readonly delta: number;
  readonly gamma: number;
  readonly vega: number;
  readonly theta: number;
  readonly rho: number;
  readonly openInterest: number;
  readonly last: number | null;
  /** Whether bid, ask or a size differs from the previous quote of the option. */
  readonly bookChanged: boolean;
  /** Seed of the rest of the order book. */
  readonly bookSeed: number;
}

/** One print. */
export interface TradeOutput {
  readonly type: 'trade';
  readonly at: number;
  readonly option: ListedOption;
  readonly tradeId: string;
  readonly sequence: number;
  readonly price: number;
  readonly amount: number;
  readonly direction: 'buy' | 'sell';
  readonly kind: TradeKind;
  readonly packageId: string | null;
  readonly legs: number;
  readonly iv: number;
  readonly mark: number;
  readonly index: number;
  readonly tickDirection: 0 | 1 | 2 | 3;
}

/** A price index: `btc_usd`, or a stablecoin's. */
export interface IndexOutput {
  readonly type: 'index';
  readonly at: number;
  readonly underlying: string;
  readonly name: string;
  readonly price: number;
}

/** A dated future or the perpetual. */
export interface FutureOutput {
  readonly type: 'future';
  readonly at: number;
  readonly symbol: string;
  readonly underlying: string;
  readonly expiry: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number;
  readonly askSize: number;
  readonly mark: number;
  readonly index: number;
  readonly funding8h: number | null;
}

/** The volatility index, fraction. */
export interface VolatilityIndexOutput {
  readonly type: 'volatility-index';
  readonly at: number;
  readonly underlying: string;
  readonly name: string;
  readonly volatility: number;
}

/** An option is listed, settles or is gone. */
export interface InstrumentOutput {
  readonly type: 'instrument';
  readonly at: number;
  readonly option: ListedOption;
  readonly state: 'open' | 'locked' | 'halted' | 'settling' | 'expired';
}

/** An expiry is delivered at `price` (USD, half-hour average of the index). */
export interface DeliveryOutput {
  readonly type: 'delivery';
  readonly at: number;
  readonly underlying: string;
  readonly expiry: number;
  readonly price: number;
}

/** The venue locks, goes into maintenance, or opens. */
export interface PlatformOutput {
  readonly type: 'platform';
  readonly at: number;
  readonly underlying: string | null;
  readonly state: 'open' | 'locked' | 'maintenance';
}

/** Closed union of all outputs. */
export type SimulatedOutput =
  | QuoteOutput
  | TradeOutput
  | IndexOutput
  | FutureOutput
  | VolatilityIndexOutput
  | InstrumentOutput
  | DeliveryOutput
  | PlatformOutput;
