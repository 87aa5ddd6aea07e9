/**
 * Revaluation of a book on a grid of spot and volatility moves. Spot moves scale forwards and index alike. Volatility
 * moves are absolute points or relative, optionally scaled by tenor as (30 d/T)^power, sigma kept above zero.
 */
import { blackPrice } from '../numeric/black.ts';
import { power } from '../numeric/exponential.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import type { BookMarket } from './book-market.ts';
import type { Position } from './position.ts';
import { termChange } from './stress.ts';

/** One scenario. */
export interface Scenario {
  /** ln-free relative spot move: -0.16 = down 16 %. */
  readonly spot: number;
  /**
   * Volatility move: absolute (0.1 = 10 points), relative (0.5 = times 1.5), or by tenor: `size` times absolute `change`s at
   * `days` (ascending), linear in ln T between them.
   */
  readonly volatility:
    | { readonly kind: 'absolute' | 'relative'; readonly size: number; readonly tenorPower?: number }
    | {
        readonly kind: 'term';
        readonly size: number;
        readonly days: readonly number[];
        readonly change: readonly number[];
      };
  /** Weight of the loss (extended scenarios are dampened); default 1. */
  readonly weight?: number;
}

/** Value of a book after a scenario, in USD and, for one underlying's coin-margined part, in coin. */
export interface ScenarioValue {
  /** Change of the book's USD value. */
  readonly usd: number;
  /** Change of the coin-margined holdings, coins of their own (meaningful per underlying). */
  readonly coin: number;
  /** Dollar-margined profit and loss, USD. */
  readonly linearUsd: number;
}

/** sigma after a move. */
export function shockedVolatility(sigma: number, years: number, move: Scenario['volatility']): number {
  if (move.kind === 'term') return Math.max(1e-4, sigma + move.size * termChange(move.days, move.change, years));
  const scale = move.tenorPower === undefined ? 1 : power(30 / 365 / Math.max(years, 1 / 365), move.tenorPower);
  const size = move.size * scale;
  return Math.max(1e-4, move.kind === 'absolute' ? sigma + size : sigma * (1 + size));
}

interface Holding {
  readonly before: number;
  readonly coin: boolean;
  readonly index: number;
  after(s: Scenario): number;
}

/** Prepares one position: its value as a function of the scenario; undefined where it cannot be valued. */
function holding(position: Position, market: BookMarket): Holding | undefined {
  if (position.kind === 'equity') {
    if (position.underlying === null) return undefined;
    const index = market.index(position.underlying);
    return { before: position.size, coin: true, index, after: () => position.size };
  }
  const index = market.index(position.underlying);
  const coin = position.settlement === 'inverse';
  if (position.kind === 'future') {
    const mark = market.futureMark(position.symbol, position.underlying, position.expiry);
    const value = (price: number): number =>
      coin ? position.size * (1 / mark - 1 / price) : position.size * (price - mark);
    // Coins won so far are coins held: the move of the index meets them too.
    const won = coin && !Number.isNaN(position.entry) ? position.size * (1 / position.entry - 1 / mark) : 0;
    return { before: won, coin, index, after: (s) => won + value(mark * (1 + s.spot)) };
  }
  const mark = market.option(position);
  const years = yearsBetween(market.at, position.expiry);
  if (mark === undefined || !(mark.forward > 0 && mark.sigma > 0) || !(years > 0)) return undefined;
  const { side, strike, size } = position;
  const value = (forward: number, sigma: number): number => {
    const price = blackPrice({ side, strike, years, forward, sigma });
    return size * (coin ? price / forward : price);
  };
  return {
    before: value(mark.forward, mark.sigma),
    coin,
    index,
    after: (s) => value(mark.forward * (1 + s.spot), shockedVolatility(mark.sigma, years, s.volatility)),
  };
}

/** Values of all scenarios for the positions of one underlying (coins of several do not add up). */
export function runScenarios(
  positions: readonly Position[],
  market: BookMarket,
  scenarios: readonly Scenario[],
): ScenarioValue[] {
  const holdings = positions.map((p) => holding(p, market)).filter((h): h is Holding => h !== undefined);
  return scenarios.map((s) => {
    let [usd, coin, linearUsd] = [0, 0, 0];
    for (const h of holdings) {
      const after = h.after(s);
      if (h.coin) {
        coin += after - h.before;
        usd += after * h.index * (1 + s.spot) - h.before * h.index;
      } else {
        linearUsd += after - h.before;
        usd += after - h.before;
      }
    }
    return { usd, coin, linearUsd };
  });
}

/** A grid of spot moves x absolute volatility moves (points as fractions), rows by spot. */
export function scenarioGrid(spots: readonly number[], volatilities: readonly number[]): Scenario[] {
  return spots.flatMap((spot) =>
    volatilities.map((size) => ({ spot, volatility: { kind: 'absolute', size } as const })),
  );
}
