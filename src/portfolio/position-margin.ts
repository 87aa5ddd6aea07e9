/**
 * Margin position by position ("standard" margin): every position asks for its own, nothing is offset. The shares are
 * the venue's as published (futures January 2022; options of its margin table) and are data with a date, not truth.
 * Compared with cash and the results of futures, option values left out, because a short option's margin contains its
 * value. Golden: `test/golden/liquidation-by-hand.csv`.
 */
import { yearsBetween } from '../market/year-fraction.ts';
import { blackPrice } from '../numeric/black.ts';
import type { BookMarket } from './book-market.ts';
import { futureExposure, type OptionPosition, type Position } from './position.ts';

/** Shares of one coin of the underlying, but `perCoin`: added to both futures' shares for every coin of the position. */
export interface PositionMarginRates {
  readonly futureInitial: number;
  readonly futureMaintenance: number;
  readonly perCoin: number;
  /** Short options: initial share at the money, its least out of the money, and the maintenance share. */
  readonly optionInitial: number;
  readonly optionLeast: number;
  readonly optionMaintenance: number;
}

const DERIBIT = {
  futureInitial: 0.02,
  futureMaintenance: 0.01,
  optionInitial: 0.15,
  optionLeast: 0.1,
  optionMaintenance: 0.075,
};

/** Deribit's, by coin; a coin that is not here has none. */
export const POSITION_MARGIN_RATES: Readonly<Record<string, PositionMarginRates>> = {
  BTC: { ...DERIBIT, perCoin: 0.00005 },
  ETH: { ...DERIBIT, perCoin: 0.000004 },
};

/** What positions ask for and what stands against it, coin-margined in coin, dollar-margined in USD. */
export interface PositionMargin {
  readonly initialCoin: number;
  readonly maintenanceCoin: number;
  readonly initialUsd: number;
  readonly maintenanceUsd: number;
  /** Coin cash and results of coin-margined futures. */
  readonly balanceCoin: number;
}

/** Shares of one coin that a short option asks for: initial and maintenance, its own mark included. */
export function shortOptionShares(
  { side, strike }: Pick<OptionPosition, 'side' | 'strike'>,
  forwardUsd: number,
  markCoin: number,
  rates: PositionMarginRates,
): { readonly initial: number; readonly maintenance: number } {
  const outUsd = Math.max(0, side === 'call' ? strike - forwardUsd : forwardUsd - strike);
  const initial = Math.max(rates.optionInitial - outUsd / forwardUsd, rates.optionLeast) + markCoin;
  const least = rates.optionMaintenance;
  if (side === 'call') return { initial, maintenance: least + markCoin };
  const maintenance = Math.max(least, least * markCoin) + markCoin;
  return { initial: Math.max(initial, maintenance), maintenance };
}

/** Margin of the positions of one underlying, netted by instrument; what cannot be valued asks for nothing. */
export function positionMargin(
  positions: readonly Position[],
  market: BookMarket,
  rates: PositionMarginRates,
): PositionMargin {
  const sum = { initialCoin: 0, maintenanceCoin: 0, initialUsd: 0, maintenanceUsd: 0, balanceCoin: 0 };
  const futures = new Map<string, { coins: number; inverse: boolean; markUsd: number }>();
  const options = new Map<string, { of: OptionPosition; size: number }>();
  for (const p of positions) {
    if (p.kind === 'equity') sum.balanceCoin += p.underlying === null ? 0 : p.size;
    else if (p.kind === 'option') {
      const held = options.get(p.symbol);
      if (held === undefined) options.set(p.symbol, { of: p, size: p.size });
      else held.size += p.size;
    } else {
      const markUsd = market.futureMark(p.symbol, p.underlying, p.expiry);
      if (!(markUsd > 0)) continue;
      const { value, deltaCoin } = futureExposure(p, markUsd);
      const inverse = p.settlement === 'inverse';
      if (inverse && !Number.isNaN(value)) sum.balanceCoin += value;
      const held = futures.get(p.symbol);
      if (held === undefined) futures.set(p.symbol, { coins: deltaCoin, inverse, markUsd });
      else held.coins += deltaCoin;
    }
  }
  for (const { coins, inverse, markUsd } of futures.values()) {
    const size = Math.abs(coins);
    const grown = rates.perCoin * size;
    addTo(sum, inverse, markUsd, size * (rates.futureInitial + grown), size * (rates.futureMaintenance + grown));
  }
  for (const { of, size } of options.values()) {
    const mark = size < 0 ? market.option(of) : undefined;
    const years = yearsBetween(market.at, of.expiry);
    if (mark === undefined || !(mark.forward > 0 && mark.sigma > 0 && years > 0)) continue;
    const { forward, sigma } = mark;
    const price = blackPrice({ side: of.side, strike: of.strike, years, forward, sigma });
    const shares = shortOptionShares(of, forward, price / forward, rates);
    addTo(sum, of.settlement === 'inverse', forward, -size * shares.initial, -size * shares.maintenance);
  }
  return sum;
}

type Sum = { -readonly [K in keyof PositionMargin]: PositionMargin[K] };

function addTo(sum: Sum, inverse: boolean, priceUsd: number, initialCoin: number, maintenanceCoin: number): void {
  if (inverse) {
    sum.initialCoin += initialCoin;
    sum.maintenanceCoin += maintenanceCoin;
  } else {
    sum.initialUsd += initialCoin * priceUsd;
    sum.maintenanceUsd += maintenanceCoin * priceUsd;
  }
}
