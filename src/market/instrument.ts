/** Which side of the strike pays. */
export type OptionSide = 'call' | 'put';

/**
 * How an option is margined and quoted.
 * `inverse`: premium, margin and payoff in the coin itself (Deribit BTC, ETH); prices are in coin per coin.
 * `linear`: premium and payoff in a stablecoin or USD (USDC options, SPX); prices are in that currency per coin.
 */
export type Settlement = 'inverse' | 'linear';

/** A price step that holds from `from` (inclusive, premium currency) upward. */
export interface TickStep {
  readonly from: number;
  readonly tick: number;
}

/** A listed option. Times are epoch milliseconds UTC, strikes are in USD (or the quote currency of the index). */
export interface OptionInstrument {
  readonly venue: string;
  /** The venue's own name, e.g. `BTC-27MAR26-90000-C`. */
  readonly symbol: string;
  /** What calibration groups by: `BTC`, `ETH`, `SOL_USDC`; never a synthetic forward's name. */
  readonly underlying: string;
  /** Expiry instant, epoch ms. */
  readonly expiry: number;
  readonly strike: number;
  readonly side: OptionSide;
  readonly settlement: Settlement;
  /** Currency of the premium: `BTC`, `ETH`, `USDC`, `USD`. */
  readonly premiumCurrency: string;
  /** Ascending by `from`; never empty. */
  readonly ticks: readonly TickStep[];
  /** Coins per contract. */
  readonly contractSize: number;
}

/** The price step in force at `price` (both in premium currency). */
export function tickAt(ticks: readonly TickStep[], price: number): number {
  let tick = ticks[0].tick;
  for (const step of ticks) if (price >= step.from) tick = step.tick;
  return tick;
}

/** Deribit's coin options: 0.0001 below 0.005 coin, else 0.0005 (product specification, 2024 on). */
export const INVERSE_TICKS: readonly TickStep[] = [
  { from: 0, tick: 0.0001 },
  { from: 0.005, tick: 0.0005 },
];
