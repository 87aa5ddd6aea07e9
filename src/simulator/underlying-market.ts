/** One underlying of the simulated venue: truth, listing, books, tape, stepped together. */
import { Random } from '../numeric/random.ts';
import { MINUTE, SECOND, listedExpiries, nextRoll, tenor, type ListedExpiry } from './calendar.ts';
import { distort, strength, type ActiveFault } from './distortion.ts';
import type { FaultKind, ScheduledFault } from './fault.ts';
import { additions, firstListing } from './listing.ts';
import { hourlySpread } from './microstructure.ts';
import { OptionBook, type QuoteConditions } from './option-book.ts';
import type { QuoteOutput, SimulatedOutput } from './output.ts';
import { TruthPath, hourlyActivity, type UnderlyingStart } from './path.ts';
import { SpotVenues, futuresOf, volatilityIndex } from './reference-price.ts';
import type { Regime } from './regime.ts';
import {
  AVERAGING_WINDOW,
  basisRate,
  trueSurface,
  type Averaging,
  type TrueSmile,
  type TruthShift,
} from './surface.ts';
import { Tape, TRADES_PER_SECOND, type TradeConditions } from './trading.ts';
import type { TrueFactors } from './path.ts';

/** The truth of one instant, kept for hindsight. */
export interface TruthRecord {
  readonly at: number;
  readonly factors: TrueFactors;
  readonly shift: TruthShift;
  readonly averaging: Averaging;
  readonly expiries: readonly number[];
  readonly regime: string;
  readonly index: number;
}

/** What a market is made from. */
export interface MarketSettings {
  readonly underlying: string;
  readonly seed: number;
  readonly start: UnderlyingStart;
  readonly startAt: number;
  readonly instrumentLimit: number | null;
  /** Multiplies quote updates and trades. */
  readonly activity: number;
  /** Steps at least this long (ms) refresh every option in every step. */
  readonly snapshotFrom: number;
}

/** Pause of quoting after each delivery, ms. */
const SETTLEMENT_PAUSE = 8 * SECOND;

export class UnderlyingMarket {
  readonly underlying: string;
  readonly #settings: MarketSettings;
  readonly #path: TruthPath;
  readonly #venues: SpotVenues;
  readonly #quoting: Random;
  readonly #tape: Tape;
  readonly #trading: Random;
  readonly #futures: Random;
  readonly #books: OptionBook[] = [];
  readonly #byKey = new Map<string, OptionBook>();
  readonly #published = new Map<number, QuoteOutput>();
  readonly #expiryNoise = new Map<number, number>();
  #expiries: ListedExpiry[] = [];
  #smiles: TrueSmile[] = [];
  #lagged: TrueSmile[] = [];
  #forwards = new Map<number, number>();
  #averageSum = 0;
  #averageTime = 0;
  #nextId: number;
  #roll: number;
  #pausedUntil = 0;
  #listedSpot: number;
  #platform: 'open' | 'locked' | 'maintenance' = 'open';
  #steps = 0;
  #index: number;
  #record: TruthRecord | null = null;

  constructor(settings: MarketSettings) {
    const { underlying, seed, start, startAt } = settings;
    this.underlying = underlying;
    this.#settings = settings;
    const stream = (name: string): Random => new Random(seed, `${underlying}/${name}`);
    this.#path = new TruthPath(stream('path'), start);
    this.#venues = new SpotVenues(stream('index'));
    this.#quoting = stream('quotes');
    this.#trading = stream('trades');
    this.#futures = stream('futures');
    const base = underlying === 'BTC' ? 500_000 : underlying === 'ETH' ? 700_000 : 900_000;
    this.#tape = new Tape(stream('tape'), base * 1000);
    this.#nextId = base;
    this.#roll = nextRoll(startAt);
    this.#index = start.spot;
    this.#listedSpot = start.spot;
  }

  /** The truth of the last step. */
  get record(): TruthRecord | null {
    return this.#record;
  }

  /** Advances to `at`, `dt` ms after the last step, and appends what the venue says. */
  step(
    at: number,
    dt: number,
    regime: Regime,
    active: readonly ActiveFault[],
    push: number,
    out: SimulatedOutput[],
  ): void {
    const on = (kind: FaultKind, expiry: number | null = null): number =>
      strength(active, kind, this.underlying, expiry);
    const flip = active.find((a) => a.fault.fault === 'spot-vol-flip');
    this.#path.step(at, dt, regime, push, flip ? flip.fault.magnitude : NaN);
    if (this.#steps === 0) this.#list(at, out, true);
    if (at >= this.#roll) this.#deliver(at, out);
    const factors = this.#path.factors();
    this.#index = Math.round(100 * this.#venues.index(factors.spot, dt, 0) * (1 + on('index-outlier') * 1e-4)) / 100;
    this.#accrue(at, dt);
    this.#reprice(at, factors, active, regime);
    const snapshot = dt >= this.#settings.snapshotFrom;
    const second = snapshot || this.#steps === 0 || Math.floor(at / SECOND) !== Math.floor((at - dt) / SECOND);
    if (second) this.#references(at, factors, on, out);
    this.#followPlatform(at, on, out);
    const crowd = regime.updates * this.#settings.activity;
    if (this.#platform === 'open' && at >= this.#pausedUntil)
      this.#quote(at, dt, snapshot, regime, crowd, active, on, out);
    if (this.#platform === 'open') this.#trade(at, dt, regime, on, out);
    if (second && Math.abs(Math.log(factors.spot / this.#listedSpot)) > 0.03) this.#list(at, out, false);
    this.#steps++;
  }

  #accrue(at: number, dt: number): void {
    if (this.#roll - at > AVERAGING_WINDOW) {
      this.#averageSum = 0;
      this.#averageTime = 0;
      return;
    }
    this.#averageSum += this.#index * dt;
    this.#averageTime += dt;
  }

  #reprice(at: number, factors: TrueFactors, active: readonly ActiveFault[], regime: Regime): void {
    const shift = truthShift(active, this.underlying, this.#expiries);
    const expiries = this.#expiries.map((e) => e.expiry);
    const left = this.#roll - at;
    const inside = left < AVERAGING_WINDOW && this.#averageTime > 0;
    const averaging: Averaging = {
      share: inside ? left / AVERAGING_WINDOW : 1,
      accrued: inside ? this.#averageSum / this.#averageTime : factors.spot,
    };
    this.#lagged = this.#smiles;
    this.#smiles = trueSurface(factors, at, expiries, shift, averaging);
    if (this.#lagged.length !== this.#smiles.length) this.#lagged = this.#smiles;
    for (const e of this.#expiries) {
      const years = tenor(at, e.expiry);
      const forward = factors.spot * Math.exp(basisRate(factors, years, shift.basis) * years);
      this.#forwards.set(e.expiry, Math.round(forward * (e.hasFuture ? 1e2 : 1e4)) / (e.hasFuture ? 1e2 : 1e4));
      const noise = this.#expiryNoise.get(e.expiry) ?? 0;
      this.#expiryNoise.set(e.expiry, 0.995 * noise + 0.1 * 0.04 * this.#quoting.normal());
    }
    this.#record = { at, factors, shift, averaging, expiries, regime: regime.name, index: this.#index };
  }

  #references(at: number, factors: TrueFactors, on: (k: FaultKind) => number, out: SimulatedOutput[]): void {
    const { underlying } = this;
    const lower = underlying.toLowerCase();
    out.push({ type: 'index', at, underlying, name: `${lower}_usd`, price: this.#index });
    const peg = Math.round(1e4 * factors.stablecoin * (1 + on('stablecoin-depeg') * 1e-4)) / 1e4;
    out.push({ type: 'index', at, underlying: 'USDC', name: 'usdc_usd', price: peg });
    for (const f of futuresOf(
      underlying,
      at,
      factors,
      this.#index,
      this.#expiries,
      on('basis-shock'),
      1,
      this.#futures,
    ))
      out.push(f);
    const volatility = volatilityIndex(this.#smiles);
    out.push({ type: 'volatility-index', at, underlying, name: `${lower}_usd`, volatility });
  }

  #followPlatform(at: number, on: (k: FaultKind) => number, out: SimulatedOutput[]): void {
    const state = on('maintenance') > 0 ? 'maintenance' : on('platform-lock') > 0 ? 'locked' : 'open';
    if (state === this.#platform) return;
    this.#platform = state;
    out.push({ type: 'platform', at, underlying: state === 'maintenance' ? null : this.underlying, state });
  }

  #quote(
    at: number,
    dt: number,
    snapshot: boolean,
    regime: Regime,
    crowd: number,
    active: readonly ActiveFault[],
    on: (k: FaultKind, e: number | null) => number,
    out: SimulatedOutput[],
  ): void {
    const r = this.#quoting;
    const perStep = snapshot ? 1 : Math.max(1, Math.round(SECOND / dt));
    let expiry = NaN;
    let current: TrueSmile = this.#smiles[0];
    let seen: TrueSmile = current;
    let forward = NaN;
    let conditions: QuoteConditions | null = null;
    for (const [i, book] of this.#books.entries()) {
      if (book.option.instrument.expiry !== expiry) {
        expiry = book.option.instrument.expiry;
        const at_ = this.#expiries.findIndex((e) => e.expiry === expiry);
        current = this.#smiles[at_];
        seen = snapshot ? current : this.#lagged[at_];
        forward = this.#forwards.get(expiry)!;
        conditions = this.#conditions(at, expiry, regime, on);
      }
      const remark = snapshot || (this.#steps + i) % perStep === 0;
      const moved = Math.abs(seen.forward - book.quotedForward) * Math.abs(book.delta) > 0.6 * book.halfSpreadUsd;
      const due =
        snapshot ||
        !(book.quotedForward > 0) ||
        r.chance(Math.min(1, ((moved ? 5 : 0) + book.habits.updates * crowd) * (dt / SECOND)));
      if (remark || this.#steps === 0) book.remark(current, forward, at);
      if (due) book.refresh(seen, conditions!, r);
      if (remark || (due && book.bookChanged)) this.#publish(book, at, forward, active, snapshot, out);
    }
  }

  #conditions(
    at: number,
    expiry: number,
    regime: Regime,
    on: (k: FaultKind, e: number | null) => number,
  ): QuoteConditions {
    const squeeze = Math.max(1, on('liquidity-contraction', expiry));
    const scale = on('vol-scale', expiry);
    return {
      at,
      spread: regime.spread * squeeze * hourlySpread(at),
      depth: regime.depth / squeeze,
      missing: regime.missing * Math.sqrt(squeeze),
      empty: Math.min(1, on('books-empty', expiry)),
      volatilityFactor: scale === 0 ? 1 : scale,
      expiryNoise: this.#expiryNoise.get(expiry) ?? 0,
      tickFactor: Math.max(1, on('tick-change', expiry)),
    };
  }

  #output(book: OptionBook, at: number, forward: number): QuoteOutput {
    const b = book;
    return {
      type: 'quote', at, option: b.option, bid: b.bid, ask: b.ask, bidSize: b.bidSize, askSize: b.askSize, mark: b.mark,
      markIv: b.markIv, forward, forwardName: b.option.forwardName, index: this.#index, delta: b.delta, gamma: b.gamma,
      vega: b.vega, theta: b.theta, rho: b.rho, openInterest: b.openInterest, last: b.last, bookChanged: b.bookChanged,
      bookSeed: b.bookSeed,
    }; // prettier-ignore
  }

  #publish(
    book: OptionBook,
    at: number,
    forward: number,
    active: readonly ActiveFault[],
    snapshot: boolean,
    out: SimulatedOutput[],
  ): void {
    const { strike, side, expiry } = book.option.instrument;
    const quote = this.#output(book, at, forward);
    book.bookChanged = false;
    const previous = this.#published.get(book.option.id);
    const neighbour = (e: number, s: string): QuoteOutput | undefined => {
      const other = this.#byKey.get(`${e}/${strike}/${s}`);
      return other && this.#output(other, at, this.#forwards.get(e)!);
    };
    const shown =
      active.length === 0
        ? quote
        : distort(quote, active, {
            previous,
            otherSide: () => neighbour(expiry, side === 'call' ? 'put' : 'call'),
            previousExpiry: () =>
              neighbour(this.#expiries[this.#expiries.findIndex((e) => e.expiry === expiry) - 1]?.expiry ?? NaN, side),
          });
    if (shown !== null) {
      this.#published.set(book.option.id, shown);
      out.push(shown);
    } else if (snapshot && previous) out.push(previous);
  }

  #trade(at: number, dt: number, regime: Regime, on: (k: FaultKind) => number, out: SimulatedOutput[]): void {
    const r = this.#trading;
    const rate = TRADES_PER_SECOND * regime.trades * hourlyActivity(at) * this.#settings.activity;
    const conditionsOf = (book: OptionBook): TradeConditions => ({
      at, forward: this.#forwards.get(book.option.instrument.expiry)!, index: this.#index, liquidations: regime.liquidations,
    }); // prettier-ignore
    for (let n = r.poisson((rate * Math.min(dt, MINUTE)) / SECOND); n > 0; n--) {
      const book = this.#tape.pick(this.#books, at);
      if (book === null) continue;
      const kind = r.uniform();
      if (kind < 0.1) {
        const second = this.#tape.pick(this.#books, at);
        const legs = second && second !== book ? [book, second] : [book];
        const named = legs.length === 1 ? 'block' : kind < 0.06 ? 'combo' : kind < 0.085 ? 'block' : 'rfq';
        out.push(...this.#tape.legs(legs, named, legs.map(conditionsOf)));
      } else {
        const print = this.#tape.screen(book, conditionsOf(book));
        if (print) out.push(print);
      }
    }
    for (let n = r.poisson((on('forced-prints') * Math.min(dt, MINUTE)) / SECOND); n > 0; n--) {
      const book = this.#tape.pick(this.#books, at);
      const print = book && this.#tape.disguised(book, conditionsOf(book));
      if (print) out.push(print);
    }
  }

  #deliver(at: number, out: SimulatedOutput[]): void {
    const roll = this.#roll;
    const price = this.#averageTime > 0 ? this.#averageSum / this.#averageTime : this.#index;
    const gone = this.#books.filter((b) => b.option.instrument.expiry <= roll);
    for (const book of gone) {
      const { expiry, strike, side, symbol } = book.option.instrument;
      out.push({ type: 'instrument', at, option: book.option, state: 'expired' });
      this.#byKey.delete(`${expiry}/${strike}/${side}`);
      this.#published.delete(book.option.id);
      this.#tape.forget(symbol);
    }
    if (gone.length > 0) {
      this.#books.splice(0, this.#books.length, ...this.#books.filter((b) => b.option.instrument.expiry > roll));
      out.push({
        type: 'delivery',
        at,
        underlying: this.underlying,
        expiry: roll,
        price: Math.round(100 * price) / 100,
      });
      this.#forwards.delete(roll);
      this.#expiryNoise.delete(roll);
    }
    this.#roll = nextRoll(at);
    this.#pausedUntil = at + SETTLEMENT_PAUSE;
    this.#list(at, out, false);
  }

  /** Lists what the calendar and the spot ask for and is not there yet. */
  #list(at: number, out: SimulatedOutput[], first: boolean): void {
    const spot = this.#path.factors().spot;
    this.#listedSpot = spot;
    this.#expiries = listedExpiries(at);
    this.#path.keepExpiries(this.#expiries.map((e) => e.expiry));
    const nextId = (): number => this.#nextId++;
    const limit = this.#settings.instrumentLimit;
    const added = first
      ? firstListing(this.underlying, spot, at, limit, nextId)
      : additions(this.underlying, spot, at, this.#books.map((b) => b.option.instrument), limit, nextId); // prettier-ignore
    for (const option of added) {
      const book = new OptionBook(option, this.#quoting);
      this.#books.push(book);
      this.#byKey.set(`${option.instrument.expiry}/${option.instrument.strike}/${option.instrument.side}`, book);
      out.push({ type: 'instrument', at, option, state: 'open' });
    }
    this.#books.sort((a, b) => a.option.instrument.expiry - b.option.instrument.expiry || a.option.id - b.option.id);
  }
}

function truthShift(active: readonly ActiveFault[], underlying: string, expiries: readonly ListedExpiry[]): TruthShift {
  const sum = (kind: FaultKind): number => strength(active, kind, underlying, null);
  const bumps = new Map<number, number>();
  for (const e of expiries) {
    const bump = strength(active, 'vol-jump', underlying, e.expiry);
    if (bump !== 0) bumps.set(e.expiry, 0.01 * bump);
  }
  return {
    level: 0.01 * sum('level-jump'),
    inversion: sum('term-inversion'),
    skew: sum('skew-jump'),
    curvature: sum('curvature-jump'),
    basis: sum('basis-shock'),
    expiries: bumps,
  };
}

/** Log return a flash crash adds over a step: down in the first 30 % of its time, then back by 55 %. */
export function crashPush(schedule: readonly ScheduledFault[], underlying: string, from: number, to: number): number {
  let push = 0;
  for (const f of schedule) {
    if (f.fault !== 'flash-crash' || (f.scope.underlying !== null && f.scope.underlying !== underlying)) continue;
    push += f.magnitude * (crashProfile(f, to) - crashProfile(f, from));
  }
  return push;
}

function crashProfile(fault: ScheduledFault, at: number): number {
  const p = Math.min(1, Math.max(0, (at - fault.from) / (fault.to - fault.from)));
  return p < 0.3 ? p / 0.3 : 1 - (0.55 * (p - 0.3)) / 0.7;
}
