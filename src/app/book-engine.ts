/** The engine's own state as a market to value a book in: what is watched live, or what a log was at some time. */
import {
  bookSources,
  fitOf,
  marketOf,
  positionsIn,
  priceBook,
  volatilities,
  type PricedBook,
} from '../engine/book-market.ts';
import { slopesByRegime } from '../engine/book-slopes.ts';
import { readForwards } from '../engine/read-batch.ts';
import { coinOf } from '../engine/on-positions.ts';
import type { EngineState, UnderlyingState } from '../engine/state.ts';
import type { BookMarket } from '../portfolio/book-market.ts';
import type { BookSources, SmileCentre } from '../portfolio/book-lines.ts';
import { positionOf, preferred } from '../portfolio/account.ts';
import type { OptionPosition, Position } from '../portfolio/position.ts';
import type { NamedScenario, TermPoint } from '../portfolio/stress.ts';

/** Every position of the accounts that speak now, dollars included. */
export function heldPositions(state: EngineState): Position[] {
  return preferred(state.book.accounts.values()).flatMap((a) =>
    [...a.holdings.values()].map((h) => positionOf(a.account, h)),
  );
}

/** Where a position is valued; null where nothing of its coin is watched. */
export function homeOf(state: EngineState, p: Position): UnderlyingState | null {
  const own = (p.kind === 'equity' ? p.currency : p.symbol).split('-', 1)[0];
  const all = [...state.underlyings.values()];
  return all.find((u) => u.underlying === own) ?? all.find((u) => u.underlying === p.underlying) ?? null;
}

/**
 * The state as sources of volatility at `at` (epoch ms). Positions are valued in the underlying of their own name where it
 * is watched, else in their coin's.
 */
export function engineSources(
  state: EngineState,
  positions: readonly Position[],
  at: number,
  history: ReadonlyMap<string, readonly NamedScenario[]> = new Map(),
): BookSources {
  const homes = new Map<UnderlyingState, Position[]>();
  const home = (p: Position): UnderlyingState | null => homeOf(state, p);
  for (const p of positions) {
    const u = home(p);
    const same = u === null ? undefined : homes.get(u);
    if (same !== undefined) same.push(p);
    else if (u !== null) homes.set(u, [p]);
  }
  const priced = new Map<UnderlyingState, PricedBook>([...homes].map(([u, own]) => [u, priceBook(u, own, at)]));
  const names = new Set<string>([...priced.keys()].flatMap((u) => bookSources(u)));
  return {
    at,
    sources: ['champion', ...[...names].filter((n) => n !== 'champion' && n !== 'venue').toSorted(), 'venue'],
    reference: 'champion',
    market: (source) => combined(state, priced, source, home, at),
    isListed: (option) =>
      home(option)?.expiries.some(
        (e) =>
          e.expiry === option.expiry &&
          e.entries.some((x) => x.instrument.strike === option.strike && x.instrument.side === option.side),
      ) ?? false,
    centres: (coin) => [...priced.values()].filter((b) => coinOf(b.underlying.underlying) === coin).flatMap(centresOf),
    history: (coin) => history.get(coin) ?? [],
    slopes: slopesByRegime(state),
  };
}

function centresOf(book: PricedBook): SmileCentre[] {
  return book.expiries.map(({ state, years, forward, atm }) => ({ expiry: state.expiry, years, forward, atm }));
}

function combined(
  state: EngineState,
  priced: ReadonlyMap<UnderlyingState, PricedBook>,
  source: string,
  home: (p: Position) => UnderlyingState | null,
  at: number,
): BookMarket {
  const markets = new Map([...priced].map(([u, book]) => [u, marketOf(state, book, source)]));
  const [any] = markets.values();
  const of = (p: Position): BookMarket | undefined => {
    const u = home(p);
    return u === null ? undefined : markets.get(u);
  };
  return {
    at,
    index(coin) {
      for (const [u, market] of markets) {
        const index = coinOf(u.underlying) === coin ? market.index(coin) : NaN;
        if (index > 0) return index;
      }
      return NaN;
    },
    futureMark(symbol, underlying, expiry) {
      for (const [u, market] of markets) {
        if (coinOf(u.underlying) !== underlying) continue;
        const mark = market.futureMark(symbol, underlying, expiry);
        if (mark > 0) return mark;
      }
      for (const u of state.underlyings.values()) {
        if (coinOf(u.underlying) !== underlying || expiry === null) continue;
        const forward = readForwards(u, at).find((f) => f.expiry.expiry === expiry)?.consensus ?? NaN;
        if (forward > 0) return forward;
      }
      return NaN;
    },
    option: (position: OptionPosition) => of(position)?.option(position),
    dollar: (currency) => any?.dollar(currency) ?? 1,
  };
}

/** Index and ATM volatility by tenor of every coin, as the champion has them now: a point of its history. */
export function termPoints(state: EngineState, at: number): Map<string, TermPoint> {
  const out = new Map<string, TermPoint>();
  for (const u of state.underlyings.values()) {
    const index = u.index?.price ?? u.quotedIndex;
    const term = readForwards(u, at).flatMap(({ expiry, years, consensus }) => {
      const fit = fitOf(expiry, 'champion');
      const atm = fit === null || !(consensus > 0) ? NaN : volatilities(fit, years, consensus, [consensus], at)[0];
      return atm > 0 && years > 0 ? [{ years, atm }] : [];
    });
    if (index > 0 && term.length > 0 && !out.has(coinOf(u.underlying)))
      out.set(coinOf(u.underlying), { at, index, term });
  }
  return out;
}

/** Positions valued in one underlying: for its own page. */
export function positionsOf(state: EngineState, key: string): Position[] {
  const u = state.underlyings.get(key);
  return u === undefined ? [] : positionsIn(state, u);
}
