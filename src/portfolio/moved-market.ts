import { yearsBetween } from '../market/year-fraction.ts';
import type { BookMarket } from './book-market.ts';
import { shockedVolatility, type Scenario } from './scenario.ts';

/**
 * A market after a relative spot move (-0.2 = a fifth down) and a move of volatilities: index, futures and forwards by the
 * same share, nothing else. What stands on it (value, margin) is then that of the moved market, not of today's.
 */
export function movedMarket(market: BookMarket, spotMove: number, volatility: Scenario['volatility']): BookMarket {
  const factor = 1 + spotMove;
  return {
    at: market.at,
    index: (underlying) => factor * market.index(underlying),
    futureMark: (symbol, underlying, expiry) => factor * market.futureMark(symbol, underlying, expiry),
    option(position) {
      const mark = market.option(position);
      if (mark === undefined) return undefined;
      const years = yearsBetween(market.at, position.expiry);
      return {
        forward: factor * mark.forward,
        sigma: mark.sigma > 0 ? shockedVolatility(mark.sigma, years, volatility) : mark.sigma,
        venueDelta: NaN,
        bid: NaN,
        ask: NaN,
      };
    },
    dollar: (currency) => market.dollar(currency),
  };
}
