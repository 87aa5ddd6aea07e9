import type { EngineState } from '../engine/state.ts';
import type { EventTimes, PositionsEvent } from '../market/event.ts';
import type { Holding } from '../market/holding.ts';
import { yearsBetween } from '../market/year-fraction.ts';

/** One option leg of the demo's book: the listed option nearest to these, and how many coins of it. */
const LEGS = [
  { days: 30, moneyness: 1, side: 'call', size: 12 },
  { days: 30, moneyness: 0.9, side: 'put', size: -25 },
  { days: 7, moneyness: 1.06, side: 'call', size: -18 },
  { days: 7, moneyness: 0.95, side: 'put', size: 8 },
  { days: 90, moneyness: 1.2, side: 'call', size: -10 },
  { days: 90, moneyness: 0.8, side: 'put', size: 15 },
] as const;

/** A SYNTHETIC book in the options that the simulated venue lists; null until it has listed and priced them. */
export function demoBook(state: EngineState, times: EventTimes): PositionsEvent | null {
  const underlying = state.underlyings.get('deribit:BTC');
  const index = underlying?.index?.price ?? NaN;
  if (underlying === undefined || !(index > 0) || underlying.expiries.length < 3) return null;
  const holdings = new Map<string, Holding>();
  for (const { days, moneyness, side, size } of LEGS) {
    const far = (expiry: number): number => Math.abs(yearsBetween(times.at, expiry) * 365 - days);
    const [nearest] = underlying.expiries.toSorted((a, b) => far(a.expiry) - far(b.expiry));
    const away = (strike: number): number => Math.abs(strike - moneyness * index);
    const [listed] = nearest.entries
      .map((e) => e.instrument)
      .filter((i) => i.side === side)
      .toSorted((a, b) => away(a.strike) - away(b.strike));
    if (listed === undefined) return null;
    const { symbol, strike, expiry, settlement } = listed;
    holdings.set(symbol, {
      kind: 'option',
      symbol,
      underlying: 'BTC',
      side,
      strike,
      expiry,
      settlement,
      size,
      entry: null,
    });
  }
  const perpetual = { symbol: 'BTC-PERPETUAL', underlying: 'BTC', expiry: null, settlement: 'inverse' } as const;
  holdings.set('BTC-PERPETUAL', { kind: 'future', ...perpetual, size: -150_000, entry: index });
  holdings.set('BTC', { kind: 'cash', symbol: 'BTC', underlying: 'BTC', size: 25 });
  holdings.set('USDC', { kind: 'cash', symbol: 'USDC', underlying: null, size: 100_000 });
  return {
    type: 'positions', ...times, source: 'push', account: 'SYNTHETIC', mode: 'snapshot', covers: 'all',
    holdings: [...holdings.values()], refused: 0, validSeconds: 31 * 86_400, fills: false,
  }; // prettier-ignore
}
