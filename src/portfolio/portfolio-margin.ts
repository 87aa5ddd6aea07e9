/**
 * The venue-style portfolio-margin grid (Deribit's published shape): nine spot moves within a price range, each with
 * volatility up, same and down, and extended moves at volatility up whose losses are dampened; plus contingencies.
 * The range, shocks and dampener are data with a date, not truth: the venue changes them. A margin from here is to
 * compare champion against venue marks, not to replace the venue's own figure.
 */
import { yearsBetween } from '../market/year-fraction.ts';
import { blackGreekColumns, emptyGreekColumns, type BlackGreekColumns } from '../numeric/black.ts';
import type { BookMarket } from './book-market.ts';
import type { OptionPosition, Position } from './position.ts';
import { shockedVolatility, type Scenario } from './scenario.ts';

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

/** What the grid asks for, and what coin holdings come to. */
export interface MarginGrid {
  /** Largest weighted loss of coin-margined holdings, coins, >= 0. */
  readonly marginCoin: number;
  /** Largest weighted loss of dollar-margined holdings, USD, >= 0. */
  readonly marginUsd: number;
  /** Coin cash, results of coin-margined futures whose entry is known, and coin-settled options, coins. */
  readonly equityCoin: number;
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

const STILL: Scenario['volatility'] = { kind: 'absolute', size: 0 };
type Shock = 'up' | 'same' | 'down';

interface Values {
  readonly coin: number;
  readonly usd: number;
}

/**
 * The positions of one underlying, ready to be asked for their margin at any spot: options in columns, so that the grid
 * costs one pass of the kernel a cell. `volatility`: a move of today's volatilities that the grid is laid around.
 */
export class GridBook {
  readonly #scenarios: readonly { readonly factor: number; readonly shock: Shock; readonly weight: number }[];
  readonly #futures: readonly { readonly inverse: boolean; readonly size: number; readonly entry: number; readonly mark: number }[]; // prettier-ignore
  readonly #cash: number;
  readonly #forward: Float64Array;
  readonly #moved: Float64Array;
  readonly #coinSize: Float64Array;
  readonly #usdSize: Float64Array;
  readonly #columns: { readonly isCall: Float64Array; readonly strike: Float64Array; readonly years: Float64Array };
  readonly #sigma: Readonly<Record<Shock, Float64Array>>;
  readonly #out: BlackGreekColumns;

  constructor(
    positions: readonly Position[],
    market: BookMarket,
    volatility: Scenario['volatility'] = STILL,
    parameters: MarginParameters = DERIBIT_BTC_GRID,
  ) {
    this.#scenarios = marginScenarios(parameters).map(({ scenario, volatility: shock }) => ({
      factor: 1 + scenario.spot,
      shock,
      weight: scenario.weight ?? 1,
    }));
    let cash = 0;
    const futures: { inverse: boolean; size: number; entry: number; mark: number }[] = [];
    const options: { of: OptionPosition; forward: number; sigma: number; years: number }[] = [];
    for (const p of positions) {
      if (p.kind === 'equity') cash += p.underlying === null ? 0 : p.size;
      else if (p.kind === 'future') {
        const mark = market.futureMark(p.symbol, p.underlying, p.expiry);
        if (mark > 0) futures.push({ inverse: p.settlement === 'inverse', size: p.size, entry: p.entry, mark });
      } else {
        const mark = market.option(p);
        const years = yearsBetween(market.at, p.expiry);
        if (mark === undefined || !(mark.forward > 0 && mark.sigma > 0 && years > 0)) continue;
        const sigma = shockedVolatility(mark.sigma, years, volatility);
        options.push({ of: p, forward: mark.forward, sigma, years });
      }
    }
    this.#cash = cash;
    this.#futures = futures;
    const column = (read: (o: (typeof options)[number]) => number): Float64Array => Float64Array.from(options, read);
    const sized = (settlement: OptionPosition['settlement']): Float64Array =>
      column(({ of }) => (of.settlement === settlement ? of.size : 0));
    const shocked = (size: number): Float64Array =>
      column((o) => shockedVolatility(o.sigma, o.years, { kind: 'relative', size, tenorPower: parameters.tenorPower }));
    this.#forward = column((o) => o.forward);
    this.#moved = new Float64Array(options.length);
    this.#coinSize = sized('inverse');
    this.#usdSize = sized('linear');
    this.#columns = {
      isCall: column(({ of }) => (of.side === 'call' ? 1 : 0)),
      strike: column(({ of }) => of.strike),
      years: column((o) => o.years),
    };
    this.#sigma = {
      same: column((o) => o.sigma),
      up: shocked(parameters.volatilityUp),
      down: shocked(parameters.volatilityDown),
    };
    this.#out = emptyGreekColumns(options.length);
  }

  /** Margin and coin equity after a relative spot move, the grid laid around the moved market. */
  at(spotMove: number): MarginGrid {
    const base = 1 + spotMove;
    const now = this.#values(base, 'same');
    let [marginCoin, marginUsd] = [0, 0];
    for (const { factor, shock, weight } of this.#scenarios) {
      const after = this.#values(base * factor, shock);
      marginCoin = Math.max(marginCoin, weight * (now.coin - after.coin));
      marginUsd = Math.max(marginUsd, weight * (now.usd - after.usd));
    }
    return { marginCoin, marginUsd, equityCoin: this.#cash + now.coin };
  }

  /** Values without cash at a multiple of today's prices: results of futures count from their entry, or from today. */
  #values(multiple: number, shock: Shock): Values {
    let [coin, usd] = [0, 0];
    for (const { inverse, size, entry, mark } of this.#futures) {
      const from = entry > 0 ? entry : mark;
      if (inverse) coin += size * (1 / from - 1 / (mark * multiple));
      else usd += size * (mark * multiple - from);
    }
    const n = this.#forward.length;
    if (n === 0) return { coin, usd };
    for (let i = 0; i < n; i++) this.#moved[i] = this.#forward[i] * multiple;
    blackGreekColumns({ ...this.#columns, forward: this.#moved, sigma: this.#sigma[shock] }, this.#out);
    const { price } = this.#out;
    for (let i = 0; i < n; i++) {
      coin += (this.#coinSize[i] * price[i]) / this.#moved[i];
      usd += this.#usdSize[i] * price[i];
    }
    return { coin, usd };
  }
}

/** The grid as of now for the positions of one underlying; cash is no risk of the grid. */
export function marginGrid(
  positions: readonly Position[],
  market: BookMarket,
  parameters: MarginParameters = DERIBIT_BTC_GRID,
): MarginGrid {
  return new GridBook(positions, market, STILL, parameters).at(0);
}
