/**
 * Exposures of a book in named conventions. Per underlying, in coins and USD:
 *
 * - `deltaBlack`: sum of Black deltas and futures, coins;
 * - `deltaNet`: premium-adjusted for coin-settled options (Delta - V/F), coins: hedges the coin value of the book;
 * - `deltaUsd` = coin equity + `deltaNet`, coins: hedges the USD value, because coins held as equity and premium are long
 *   the coin themselves (Deribit: equity + net delta total).
 *
 * Hand-checked by the golden book in `test/portfolio/golden-book.test.ts`.
 */
import { blackGreeks } from '../numeric/black.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import type { BookMarket, OptionMark } from './book-market.ts';
import { futureExposure, type OptionPosition, type Position } from './position.ts';

/** Exposure of one position, or the sum over several. Money in USD unless the name says coin. */
export interface Exposure {
  /** Value of coin-margined holdings, coin. */
  valueCoin: number;
  /** Value of everything at the index and the dollars' own prices, USD. */
  valueUsd: number;
  /** Coin equity and value of coin-settled options and futures, coin: what the account shows as equity. */
  equityCoin: number;
  deltaBlack: number;
  deltaNet: number;
  deltaUsd: number;
  /** dDelta/dF, coins per USD. */
  gammaCoinPerUsd: number;
  /** USD per volatility point. */
  vegaUsdPerPoint: number;
  /** USD per volatility point, weighted by sqrt(30 d/T). */
  vegaUsdPerPoint30d: number;
  /** USD per day. */
  thetaUsdPerDay: number;
}

/** All zero. */
export function noExposure(): Exposure {
  return {
    valueCoin: 0,
    valueUsd: 0,
    equityCoin: 0,
    deltaBlack: 0,
    deltaNet: 0,
    deltaUsd: 0,
    gammaCoinPerUsd: 0,
    vegaUsdPerPoint: 0,
    vegaUsdPerPoint30d: 0,
    thetaUsdPerDay: 0,
  };
}

/** Adds b to a. */
export function addExposure(a: Exposure, b: Exposure): void {
  for (const name of Object.keys(a) as (keyof Exposure)[]) a[name] += b[name];
}

/** Days of the reference tenor of weighted vega. */
const REFERENCE_DAYS = 30;

/** Exposure of one position, or why there is none (named so that nothing is dropped in silence). */
export type PositionExposure =
  | { readonly status: 'valued'; readonly exposure: Exposure }
  | { readonly status: 'no-mark' | 'no-index' | 'expired' };

/** Values one position. An expired option is `expired`; one the market does not know is `no-mark`. */
export function positionExposure(position: Position, market: BookMarket): PositionExposure {
  if (position.kind === 'equity') return equityExposure(position, market);
  const index = market.index(position.underlying);
  if (!(index > 0)) return { status: 'no-index' };
  if (position.kind === 'future') {
    const mark = market.futureMark(position.symbol, position.underlying, position.expiry);
    if (!(mark > 0)) return { status: 'no-mark' };
    const { value, deltaCoin } = futureExposure(position, mark);
    const known = Number.isNaN(value) ? 0 : value;
    const exposure = noExposure();
    const isInverse = position.settlement === 'inverse';
    exposure.valueCoin = isInverse ? known : 0;
    exposure.equityCoin = exposure.valueCoin;
    exposure.valueUsd = isInverse ? known * index : known;
    exposure.deltaBlack = deltaCoin;
    exposure.deltaNet = deltaCoin;
    // The coins won or lost so far are coins held.
    exposure.deltaUsd = deltaCoin + exposure.valueCoin;
    return { status: 'valued', exposure };
  }
  const years = yearsBetween(market.at, position.expiry);
  if (!(years > 0)) return { status: 'expired' };
  const mark = market.option(position);
  if (mark === undefined || !(mark.forward > 0 && mark.sigma > 0)) return { status: 'no-mark' };
  return { status: 'valued', exposure: optionExposure(position, mark, years, index) };
}

function equityExposure(position: Extract<Position, { kind: 'equity' }>, market: BookMarket): PositionExposure {
  const exposure = noExposure();
  if (position.underlying === null) {
    exposure.valueUsd = position.size * market.dollar(position.currency);
    return { status: 'valued', exposure };
  }
  const index = market.index(position.underlying);
  if (!(index > 0)) return { status: 'no-index' };
  exposure.valueCoin = position.size;
  exposure.equityCoin = position.size;
  exposure.valueUsd = position.size * index;
  exposure.deltaUsd = position.size;
  return { status: 'valued', exposure };
}

function optionExposure(position: OptionPosition, mark: OptionMark, years: number, index: number): Exposure {
  const { side, strike, settlement, size } = position;
  const { forward, sigma } = mark;
  const g = blackGreeks({ side, forward, strike, years, sigma });
  const isInverse = settlement === 'inverse';
  const priceCoin = g.price / forward;
  const net = isInverse ? -(strike / forward) * g.dualDelta : g.delta;
  const vega = (size * g.vega) / 100;
  return {
    valueCoin: isInverse ? size * priceCoin : 0,
    valueUsd: isInverse ? size * priceCoin * index : size * g.price,
    equityCoin: isInverse ? size * priceCoin : 0,
    deltaBlack: size * g.delta,
    deltaNet: size * net,
    // Equity counts the premium, so that net delta and premium together are Black's delta again.
    deltaUsd: size * (isInverse ? net + priceCoin : net),
    gammaCoinPerUsd: size * g.gamma,
    vegaUsdPerPoint: vega,
    vegaUsdPerPoint30d: vega * Math.sqrt(REFERENCE_DAYS / 365 / years),
    thetaUsdPerDay: (size * g.theta) / 365,
  };
}

/** A book valued: sums by underlying, and what could not be valued. */
export interface BookExposure {
  /** Dollars' own line is under the empty name. */
  readonly byUnderlying: ReadonlyMap<string, Exposure>;
  readonly total: Exposure;
  /** Positions left out, with the reason. */
  readonly unvalued: readonly { readonly position: Position; readonly reason: string }[];
}

/** Values every position. */
export function bookExposure(positions: readonly Position[], market: BookMarket): BookExposure {
  const byUnderlying = new Map<string, Exposure>();
  const total = noExposure();
  const unvalued: { position: Position; reason: string }[] = [];
  for (const position of positions) {
    const valued = positionExposure(position, market);
    if (valued.status !== 'valued') {
      unvalued.push({ position, reason: valued.status });
      continue;
    }
    const key = position.underlying ?? '';
    let sum = byUnderlying.get(key);
    if (sum === undefined) byUnderlying.set(key, (sum = noExposure()));
    addExposure(sum, valued.exposure);
    addExposure(total, valued.exposure);
  }
  return { byUnderlying, total, unvalued };
}
