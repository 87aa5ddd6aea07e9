/**
 * The venue-style portfolio-margin grid (Deribit's published shape): nine spot moves within a price range, each with
 * volatility up, same and down, and extended moves at volatility up whose losses are dampened; plus contingencies.
 * The range, shocks and dampener are data with a date, not truth: the venue changes them. A margin from here is to
 * compare champion against venue marks, not to replace the venue's own figure.
 */
import type { BookMarket } from './book-market.ts';
import type { Position } from './position.ts';
import { runScenarios, type Scenario, type ScenarioValue } from './scenario.ts';

/** Parameters of the grid. */
export interface MarginParameters {
  /** Half-width of the price range: 0.16 for BTC. */
  readonly priceRange: number;
  /** Relative volatility shocks of 30 days, up and down, and the power of (30 d/T). */
  readonly volatilityUp: number;
  readonly volatilityDown: number;
  readonly tenorPower: number;
  /** Extended spot moves, with their losses divided by |move|/range x `dampener`. */
  readonly extended: readonly number[];
  readonly dampener: number;
}

/** Deribit's BTC grid as published in 2025: +-16 % in nine buckets, extended to -66 % and +500 %. */
export const DERIBIT_BTC_GRID: MarginParameters = {
  priceRange: 0.16,
  volatilityUp: 0.5,
  volatilityDown: -0.25,
  tenorPower: 0.3,
  extended: [-0.66, -0.33, 0.5, 1, 2, 3, 4, 5],
  dampener: 1,
};

/** One cell of the grid. */
export interface MarginCell {
  readonly scenario: Scenario;
  readonly volatility: 'up' | 'same' | 'down';
  readonly value: ScenarioValue;
  /** Weighted profit and loss, coins: negative = loss. */
  readonly coin: number;
}

/** The grid, and the worst weighted loss. */
export interface MarginGrid {
  readonly cells: readonly MarginCell[];
  /** Largest weighted loss of coin-margined holdings, coins, >= 0. */
  readonly marginCoin: number;
  /** Largest weighted loss of dollar-margined holdings, USD, >= 0. */
  readonly marginUsd: number;
}

/** Scenarios of the grid in order: range first (spot ascending, volatility up, same, down), then extended. */
export function marginScenarios(p: MarginParameters): { scenario: Scenario; volatility: 'up' | 'same' | 'down' }[] {
  const out: { scenario: Scenario; volatility: 'up' | 'same' | 'down' }[] = [];
  const sizes = { up: p.volatilityUp, same: 0, down: p.volatilityDown } as const;
  for (let i = -4; i <= 4; i++)
    for (const volatility of ['up', 'same', 'down'] as const)
      out.push({
        volatility,
        scenario: {
          spot: (p.priceRange * i) / 4,
          volatility: { kind: 'relative', size: sizes[volatility], tenorPower: p.tenorPower },
        },
      });
  for (const spot of p.extended)
    out.push({
      volatility: 'up',
      scenario: {
        spot,
        volatility: { kind: 'relative', size: p.volatilityUp, tenorPower: p.tenorPower },
        weight: Math.min(1, (p.dampener * p.priceRange) / Math.abs(spot)),
      },
    });
  return out;
}

/** The grid for the positions of one underlying; equity is not a risk of the grid and is left out. */
export function marginGrid(
  positions: readonly Position[],
  market: BookMarket,
  parameters: MarginParameters = DERIBIT_BTC_GRID,
): MarginGrid {
  const scenarios = marginScenarios(parameters);
  const risky = positions.filter((p) => p.kind !== 'equity');
  const values = runScenarios(
    risky,
    market,
    scenarios.map((s) => s.scenario),
  );
  let [marginCoin, marginUsd] = [0, 0];
  const cells = scenarios.map(({ scenario, volatility }, i) => {
    const weight = scenario.weight ?? 1;
    marginCoin = Math.max(marginCoin, -weight * values[i].coin);
    marginUsd = Math.max(marginUsd, -weight * values[i].linearUsd);
    return { scenario, volatility, value: values[i], coin: weight * values[i].coin };
  });
  return { cells, marginCoin, marginUsd };
}
