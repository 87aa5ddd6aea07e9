/** A book against a chain: exposures by source, vega by tenor in the coordinates of the scores, scenarios, margin. */
import { bucketKey, deltaClassOf, tenorOf } from '../hedge/bucket.ts';
import { blackGreeks } from '../numeric/black.ts';
import { bookExposure, positionExposure, type Exposure } from '../portfolio/exposure.ts';
import { distanceToLiquidation, type LiquidationDistance } from '../portfolio/liquidation.ts';
import { marginGrid } from '../portfolio/portfolio-margin.ts';
import type { OptionPosition, Position } from '../portfolio/position.ts';
import { runScenarios, scenarioGrid } from '../portfolio/scenario.ts';
import { smileVega } from '../portfolio/smile-exposure.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import { BOOK_SOURCES, bookMarket, type BookChains, type BookSource } from './book-chain.ts';

/** Slopes of realised on predicted moves by bucket (`hedge backtest --json`), by `bucketKey`. */
export type BucketSlopes = ReadonlyMap<string, number>;

/** Exposures of one underlying under one source. */
export interface ExposureLine {
  readonly type: 'exposure';
  readonly underlying: string;
  readonly source: BookSource | 'empirical';
  readonly value_coin: number;
  readonly value_usd: number;
  readonly delta_black: number;
  readonly delta_net: number;
  readonly delta_usd: number;
  readonly gamma_usd_per_percent: number;
  readonly vega_usd_per_point: number;
  readonly vega_usd_per_point_30d: number;
  readonly theta_usd_per_day: number;
}

/** Vega of one expiry. */
export interface VegaLine {
  readonly type: 'vega';
  readonly underlying: string;
  readonly expiry: string;
  readonly level: number;
  readonly skew: number;
  readonly convexity: number;
}

/** One cell of the scenario grid. */
export interface ScenarioLine {
  readonly type: 'scenario';
  readonly underlying: string;
  readonly spot: number;
  readonly volatility_points: number;
  readonly pnl_usd: number;
  readonly pnl_coin: number;
}

/** Venue-style margin of model against venue marks, and how far the spot may go. */
export interface MarginLine {
  readonly type: 'margin';
  readonly underlying: string;
  readonly source: BookSource;
  readonly margin_coin: number;
  readonly margin_usd: number;
  readonly liquidation_down: number | null;
  readonly liquidation_up: number | null;
}

/** The whole report. */
export interface BookReport {
  readonly at: number;
  readonly exposures: readonly ExposureLine[];
  readonly vegas: readonly VegaLine[];
  readonly scenarios: readonly ScenarioLine[];
  readonly margins: readonly MarginLine[];
  /** Positions that could not be valued: instrument and reason. */
  readonly unvalued: readonly { readonly instrument: string; readonly reason: string }[];
  /** USD value of dollar equity, which belongs to no underlying. */
  readonly dollars: number;
}

/** Moves of the grid. */
export const GRID_SPOTS = [-0.16, -0.12, -0.08, -0.04, 0, 0.04, 0.08, 0.12, 0.16] as const;
/** Absolute volatility moves of the grid. */
export const GRID_VOLATILITIES = [-0.1, 0, 0.1] as const;
/** Reach of the search for liquidation. */
const DOWN = -0.95;
const UP = 4;

/** Builds the report; `slopes` null leaves the empirical line out. */
export function bookReport(
  positions: readonly Position[],
  chains: BookChains,
  slopes: BucketSlopes | null,
): BookReport {
  const exposures: ExposureLine[] = [];
  const vegas: VegaLine[] = [];
  const scenarios: ScenarioLine[] = [];
  const margins: MarginLine[] = [];
  const venue = bookMarket(chains, 'venue');
  const { byUnderlying, unvalued } = bookExposure(positions, venue);
  for (const underlying of [...byUnderlying.keys()].filter((u) => u !== '').toSorted()) {
    const own = positions.filter((p) => p.underlying === underlying);
    for (const source of BOOK_SOURCES) {
      const market = bookMarket(chains, source);
      const exposure = bookExposure(own, market).byUnderlying.get(underlying);
      if (exposure !== undefined) exposures.push(exposureLine(underlying, source, exposure, market.index(underlying)));
      margins.push(marginLine(underlying, source, own, chains));
    }
    if (slopes !== null) exposures.push(empiricalLine(underlying, own, chains, slopes));
    vegas.push(...vegaLines(underlying, own, chains));
    const grid = scenarioGrid(GRID_SPOTS, GRID_VOLATILITIES);
    runScenarios(own, bookMarket(chains, 'svi'), grid).forEach((value, i) =>
      scenarios.push({
        type: 'scenario',
        underlying,
        spot: grid[i].spot,
        volatility_points: 100 * grid[i].volatility.size,
        pnl_usd: value.usd,
        pnl_coin: value.coin,
      }),
    );
  }
  return {
    at: chains.at,
    exposures,
    vegas,
    scenarios,
    margins,
    unvalued: unvalued.map(({ position, reason }) => ({ instrument: nameOf(position), reason })),
    dollars: byUnderlying.get('')?.valueUsd ?? 0,
  };
}

function nameOf(position: Position): string {
  return position.kind === 'equity' ? position.currency : position.symbol;
}

function exposureLine(underlying: string, source: ExposureLine['source'], e: Exposure, index: number): ExposureLine {
  return {
    type: 'exposure',
    underlying,
    source,
    value_coin: e.valueCoin,
    value_usd: e.valueUsd,
    delta_black: e.deltaBlack,
    delta_net: e.deltaNet,
    delta_usd: e.deltaUsd,
    gamma_usd_per_percent: e.gammaCoinPerUsd * index * index * 0.01,
    vega_usd_per_point: e.vegaUsdPerPoint,
    vega_usd_per_point_30d: e.vegaUsdPerPoint30d,
    theta_usd_per_day: e.thetaUsdPerDay,
  };
}

/** SVI's exposures with every option's Black delta times the slope its bucket has shown; 1 where none is known. */
function empiricalLine(
  underlying: string,
  own: readonly Position[],
  chains: BookChains,
  slopes: BucketSlopes,
): ExposureLine {
  const market = bookMarket(chains, 'svi');
  const sum = bookExposure(own, market).byUnderlying.get(underlying);
  if (sum === undefined) throw new Error(`no exposure of ${underlying}`);
  for (const position of own) {
    if (position.kind !== 'option') continue;
    const valued = positionExposure(position, market);
    if (valued.status !== 'valued' || position.size === 0) continue;
    const { deltaBlack } = valued.exposure;
    const shift = (slopeOf(position, deltaBlack / position.size, chains.at, slopes) - 1) * deltaBlack;
    sum.deltaBlack += shift;
    sum.deltaNet += shift;
    sum.deltaUsd += shift;
  }
  return exposureLine(underlying, 'empirical', sum, market.index(underlying));
}

function slopeOf(position: OptionPosition, delta: number, at: number, slopes: BucketSlopes): number {
  const deltaClass = deltaClassOf(delta);
  if (deltaClass === undefined) return 1;
  const tenor = tenorOf(yearsBetween(at, position.expiry));
  const { underlying, side } = position;
  return slopes.get(bucketKey({ underlying, side, tenor, delta: deltaClass })) ?? 1;
}

function vegaLines(underlying: string, own: readonly Position[], chains: BookChains): VegaLine[] {
  const market = bookMarket(chains, 'svi');
  const held = chains.snapshots.get(underlying);
  if (held === undefined) return [];
  return held.snapshot.expiries.flatMap((expiry, i) => {
    const { atm } = held.models[i];
    const vega: number[] = [];
    const x: number[] = [];
    for (const position of own) {
      if (position.kind !== 'option' || position.expiry !== expiry.expiry) continue;
      const mark = market.option(position);
      if (mark === undefined) continue;
      const { side, strike } = position;
      const { forward, sigma } = mark;
      vega.push((position.size * blackGreeks({ side, forward, strike, years: expiry.years, sigma }).vega) / 100);
      x.push(Math.log(strike / forward) / (atm * Math.sqrt(expiry.years)));
    }
    if (vega.length === 0) return [];
    const line = smileVega(vega, x);
    return [{ type: 'vega' as const, underlying, expiry: new Date(expiry.expiry).toISOString().slice(0, 10), ...line }];
  });
}

function marginLine(underlying: string, source: BookSource, own: readonly Position[], chains: BookChains): MarginLine {
  const market = bookMarket(chains, source);
  const grid = marginGrid(own, market);
  const exposure = bookExposure(own, market).byUnderlying.get(underlying);
  const surplus = (spot: number): number => {
    const [moved] = runScenarios(own, market, [{ spot, volatility: { kind: 'absolute', size: 0 } }]);
    return (exposure?.equityCoin ?? NaN) + moved.coin - grid.marginCoin;
  };
  const spotOf = (d: LiquidationDistance): number | null => (d.status === 'none-within' ? null : d.status === 'breached' ? 0 : d.spot); // prettier-ignore
  return {
    type: 'margin',
    underlying,
    source,
    margin_coin: grid.marginCoin,
    margin_usd: grid.marginUsd,
    liquidation_down: spotOf(distanceToLiquidation(surplus, DOWN, 1)),
    liquidation_up: spotOf(distanceToLiquidation(surplus, UP, 1)),
  };
}
