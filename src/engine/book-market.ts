import { log } from '../numeric/exponential.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import type { Fit, Observations, Predictions } from '../model/contract.ts';
import type { BookMarket, OptionMark } from '../portfolio/book-market.ts';
import type { OptionPosition, Position } from '../portfolio/position.ts';
import { positionOf, preferred } from '../portfolio/account.ts';
import { modelNamed } from './models.ts';
import { coinOf } from './on-positions.ts';
import { readForwards } from './read-batch.ts';
import type { EngineState, ExpiryState, UnderlyingState } from './state.ts';
import { newestVersion } from './versions.ts';

/** Where volatilities come from: `champion`, `venue` (its marks of the moment), or a watched model by name. */
export type BookSourceName = string;

/** Options of one expiry with what any source needs to value them. */
export interface PricedExpiry {
  readonly state: ExpiryState;
  /** T, years, > 0. */
  readonly years: number;
  /** F, USD. */
  readonly forward: number;
  /** Champion's volatility at the forward; NaN without one. */
  readonly atm: number;
  /** Ascending by strike; one position an instrument. */
  readonly options: readonly OptionPosition[];
}

/** The positions of one underlying at one time, ready to be valued under several sources. */
export interface PricedBook {
  readonly underlying: UnderlyingState;
  /** Epoch ms. */
  readonly at: number;
  /** As held, per account. */
  readonly positions: readonly Position[];
  /** One option position an instrument; futures and cash as held. */
  readonly netted: readonly Position[];
  readonly expiries: readonly PricedExpiry[];
}

/** Positions of the accounts that speak now which are valued in this underlying; of one account alone where it is named. */
export function positionsIn(
  state: EngineState,
  underlying: UnderlyingState,
  account: string | null = null,
): Position[] {
  const out: Position[] = [];
  for (const a of preferred(state.book.accounts.values())) {
    if (account !== null && a.account !== account) continue;
    for (const holding of a.holdings.values())
      if (holding.underlying !== null && homeOf(state, holding.symbol, holding.underlying) === underlying)
        out.push(positionOf(a.account, holding));
  }
  return out;
}

/** The underlying that a holding is valued in: its own where that is watched (`BTC_USDC`), else its coin's. */
function homeOf(state: EngineState, symbol: string, coin: string): UnderlyingState | null {
  const own = symbol.split('-', 1)[0];
  let fallback: UnderlyingState | null = null;
  for (const u of state.underlyings.values()) {
    if (u.underlying === own) return u;
    if (fallback === null && u.underlying === coin) fallback = u;
  }
  return fallback;
}

/** Makes positions ready: forwards by the rules of a close, options netted by instrument and sorted by strike. */
export function priceBook(underlying: UnderlyingState, positions: readonly Position[], at: number): PricedBook {
  const bySymbol = new Map<string, OptionPosition>();
  const netted: Position[] = [];
  for (const p of positions) {
    if (p.kind !== 'option') {
      netted.push(p);
      continue;
    }
    const held = bySymbol.get(p.symbol);
    bySymbol.set(p.symbol, held === undefined ? p : { ...held, size: held.size + p.size });
  }
  netted.push(...bySymbol.values());
  const wanted = new Map<number, OptionPosition[]>();
  for (const p of bySymbol.values()) {
    const same = wanted.get(p.expiry);
    if (same === undefined) wanted.set(p.expiry, [p]);
    else same.push(p);
  }
  const expiries: PricedExpiry[] = [];
  for (const f of readForwards(underlying, at)) {
    const options = wanted.get(f.expiry.expiry);
    if (options === undefined || !(f.consensus > 0) || !(f.years > 0)) continue;
    options.sort((a, b) => a.strike - b.strike);
    const champion = fitOf(f.expiry, 'champion');
    const atm = champion === null ? NaN : volatilities(champion, f.years, f.consensus, [f.consensus], at)[0];
    expiries.push({ state: f.expiry, years: f.years, forward: f.consensus, atm, options });
  }
  return { underlying, at, positions, netted, expiries };
}

/** The fit a source values an expiry with; the champion's where the model has none; null where there is none at all. */
export function fitOf(expiry: ExpiryState, source: BookSourceName): Fit | null {
  const named = (model: string): Fit | null => {
    const track = expiry.models.find((t) => t.model === model);
    return track === undefined ? null : (newestVersion(track)?.fit ?? null);
  };
  return (source === 'champion' ? null : named(source)) ?? named(expiry.loop.champion);
}

/** Volatilities of a fit at strikes (ascending, USD) under forward F and T = `years`, by its own rule of dynamics. */
export function volatilities(
  fit: Fit,
  years: number,
  forward: number,
  strikes: readonly number[],
  at: number,
): Float64Array {
  const n = strikes.length;
  const none = new Float64Array(n).fill(NaN);
  const batch: Observations = {
    at,
    years,
    forward,
    k: Float64Array.from(strikes, (strike) => log(strike / forward)),
    x: new Float64Array(n),
    strike: Float64Array.from(strikes),
    value: none,
    noise: none,
    low: none,
    high: none,
    venueValue: none,
  };
  const out: Predictions = { mean: new Float64Array(n), sd: new Float64Array(n) };
  modelNamed(fit.model).predict(fit, batch, out);
  return out.mean;
}

/** Volatility of every option of an expiry under a source, in their order; NaN where it has none. */
export function sourceVolatilities(book: PricedBook, e: PricedExpiry, source: BookSourceName): Float64Array {
  const strikes = e.options.map((o) => o.strike);
  if (source !== 'venue') {
    const fit = fitOf(e.state, source);
    return fit === null
      ? new Float64Array(strikes.length).fill(NaN)
      : volatilities(fit, e.years, e.forward, strikes, book.at);
  }
  const table = e.state.models.find((t) => t.model === 'venue-mark');
  const marks = table === undefined ? null : newestVersion(table);
  const between = marks === null ? null : volatilities(marks.fit, e.years, e.forward, strikes, book.at);
  return Float64Array.from(e.options, (o, i) => entryOf(e, o)?.quote?.markIv ?? between?.[i] ?? NaN);
}

/** The listed option of a position: by its name, or where only another settlement is listed by strike and side. */
function entryOf(e: PricedExpiry, o: OptionPosition): ExpiryState['entries'][number] | undefined {
  const { entries } = e.state;
  return (
    entries.find((x) => x.instrument.symbol === o.symbol) ??
    entries.find((x) => x.instrument.strike === o.strike && x.instrument.side === o.side)
  );
}

/** The book's market under one source. */
export function marketOf(state: EngineState, book: PricedBook, source: BookSourceName): BookMarket {
  const { underlying, at } = book;
  const coin = coinOf(underlying.underlying);
  const index = underlying.index?.price ?? underlying.quotedIndex;
  const marks = new Map<string, OptionMark>();
  for (const e of book.expiries) {
    const sigma = sourceVolatilities(book, e, source);
    e.options.forEach((o, i) => {
      const quote = entryOf(e, o)?.quote ?? null;
      const isOwn = entryOf(e, o)?.instrument.symbol === o.symbol;
      marks.set(o.symbol, {
        forward: e.forward,
        sigma: sigma[i],
        venueDelta: quote?.delta ?? NaN,
        bid: isOwn ? (quote?.bid ?? NaN) : NaN,
        ask: isOwn ? (quote?.ask ?? NaN) : NaN,
      });
    });
  }
  return {
    at,
    index: (name) => (name === coin ? index : indexOf(state, name)),
    futureMark(symbol, _name, expiry) {
      for (const u of state.underlyings.values()) {
        const future = u.futures.get(symbol);
        if (future !== undefined && u.venue === underlying.venue) {
          const mid = future.bid !== null && future.ask !== null ? 0.5 * (future.bid + future.ask) : NaN;
          return future.mark ?? mid;
        }
      }
      if (expiry === null) return index;
      return book.expiries.find((e) => e.state.expiry === expiry && yearsBetween(at, expiry) > 0)?.forward ?? NaN;
    },
    option: (position) => marks.get(position.symbol),
    dollar: (currency) => {
      const price = indexOf(state, currency);
      return price > 0 ? price : 1;
    },
  };
}

function indexOf(state: EngineState, name: string): number {
  for (const u of state.underlyings.values()) if (u.underlying === name) return u.index?.price ?? u.quotedIndex;
  return NaN;
}

/** Sources that an underlying can be valued under now: the champion, every other model with a fit of its own, the venue. */
export function bookSources(underlying: UnderlyingState): BookSourceName[] {
  const models = new Set<string>();
  for (const e of underlying.expiries)
    for (const t of e.models)
      if (t.model !== 'venue-mark' && t.model !== e.loop.champion && t.versions.length > 0) models.add(t.model);
  return ['champion', ...[...models].toSorted(), 'venue'];
}
