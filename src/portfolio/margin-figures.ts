/** Venue-style margin of one underlying under one source of volatilities, and how far the spot may go before it is called. */
import type { BookMarket } from './book-market.ts';
import { bookExposure } from './exposure.ts';
import { distanceToLiquidation, REACH_DOWN, REACH_UP, type LiquidationDistance } from './liquidation.ts';
import { DERIBIT_BTC_GRID, marginGrid } from './portfolio-margin.ts';
import type { Position } from './position.ts';
import { runScenarios, type Scenario } from './scenario.ts';

/** Margin and distances. */
export interface MarginFigures {
  /** Largest weighted loss of coin-margined holdings, coin, and of dollar-margined ones, USD. */
  readonly coin: number;
  readonly usd: number;
  /** Relative spot moves at which the coin equity no longer covers the margin; null: none within -95 % to +400 %; 0: already. */
  readonly down: number | null;
  readonly up: number | null;
}

/** Volatility moves under which the distance to liquidation is told, by name. */
export const LIQUIDATION_MOVES: Readonly<Record<string, Scenario['volatility']>> = {
  same: { kind: 'absolute', size: 0 },
  up: { kind: 'relative', size: DERIBIT_BTC_GRID.volatilityUp, tenorPower: DERIBIT_BTC_GRID.tenorPower },
  down: { kind: 'relative', size: DERIBIT_BTC_GRID.volatilityDown, tenorPower: DERIBIT_BTC_GRID.tenorPower },
};

/**
 * Margin by the grid as of now; the distances move spot and volatility, revalue every holding, and hold the margin still.
 * `positions` of one underlying with its coin equity.
 */
export function marginFigures(
  positions: readonly Position[],
  underlying: string,
  market: BookMarket,
  volatility: Scenario['volatility'] = LIQUIDATION_MOVES['same'],
  steps?: number,
): MarginFigures {
  const grid = marginGrid(positions, market);
  const equity = bookExposure(positions, market).byUnderlying.get(underlying)?.equityCoin ?? NaN;
  const surplus = (spot: number): number =>
    equity + runScenarios(positions, market, [{ spot, volatility }])[0].coin - grid.marginCoin;
  return {
    coin: grid.marginCoin,
    usd: grid.marginUsd,
    down: spotOf(distanceToLiquidation(surplus, REACH_DOWN, 1, steps)),
    up: spotOf(distanceToLiquidation(surplus, REACH_UP, 1, steps)),
  };
}

function spotOf(d: LiquidationDistance): number | null {
  return d.status === 'none-within' ? null : d.status === 'breached' ? 0 : d.spot;
}
