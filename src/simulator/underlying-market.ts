/** One underlying of the simulated venue: truth, listing, books, tape, stepped together. */
import { Random } from '../numeric/random.ts';
import { MINUTE, SECOND, listedExpiries, nextRoll, tenor, type ListedExpiry } from './calendar.ts';
import { concerns, distort, factor, strength, type ActiveFault, type Neighbours } from './distortion.ts';
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

/** What one step is about: its time, the regime, the faults that are on, and where outputs go. */
interface Step {
  readonly at: number;
  readonly dt: number;
  readonly regime: Regime;
  readonly active: readonly ActiveFault[];
  readonly out: SimulatedOutput[];
  /** Every option is refreshed. */
  readonly snapshot: boolean;
  /** Sum of magnitude x intensity, product of factors, over the active faults of a kind that concern an expiry. */
  readonly sum: (kind: FaultKind, expiry?: number | null) => number;
  readonly factor: (kind: FaultKind, expiry?: number | null) => number;
}

/** Common error of the market makers of one expiry: sd in volatility points and memory in ms. */
const EXPIRY_NOISE = 0.05;
const NOISE_MEMORY = 60_000;
/** Refreshes per second of a quote that the forward has left behind. */
const HURRY = 5;
/** Pause of quoting after each delivery, ms. */
const SETTLEMENT_PAUSE = 8 * SECOND;

/** Steps one underlying: path, listing, smiles, references, quotes, trades, in that order. */
export class UnderlyingMarket {
  readonly underlying: string;
  readonly #settings: MarketSettings;
  readonly #path: TruthPath;
  readonly #venues: SpotVenues;
  readonly #quoting: Random;
  readonly #tape: Tape;
  readonly #trading: Random;
  readonly #futures: Random;
  /** By expiry, epoch ms. */
  readonly #books = new Map<number, OptionBook[]>();
  #allBooks: readonly OptionBook[] = [];
  readonly #expiryNoise = new Map<number, number>();
  #expiries: ListedExpiry[] = [];
  #smiles: TrueSmile[] = [];
  #lagged: TrueSmile[] = [];
  readonly #forwards = new Map<number, number>();
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
    common: readonly [number, number],
    out: SimulatedOutput[],
  ): void {
    const { underlying } = this;
    const step: Step = {
      at, dt, regime, active, out, snapshot: dt >= this.#settings.snapshotFrom,
      sum: (kind, expiry = null) => strength(active, kind, underlying, expiry),
      factor: (kind, expiry = null) => factor(active, kind, underlying, expiry),
    }; // prettier-ignore
    const flip = active.find((a) => a.fault.fault === 'spot-vol-flip' && concerns(a.fault, underlying, null));
    this.#path.step(at, dt, regime, push, flip ? flip.fault.magnitude : NaN, common);
    if (this.#steps === 0) this.#list(at, out, true);
    if (at >= this.#roll) this.#deliver(at, out);
    const factors = this.#path.factors();
    this.#index = Math.round(100 * this.#venues.index(factors.spot, dt) * (1 + step.sum('index-outlier') * 1e-4)) / 100;
    this.#accrue(at, dt);
    this.#reprice(step, factors);
    const second = step.snapshot || this.#steps === 0 || Math.floor(at / SECOND) !== Math.floor((at - dt) / SECOND);
    if (second) this.#references(step, factors);
    this.#followPlatform(step);
    if (this.#platform === 'open' && at >= this.#pausedUntil) this.#quote(step);
    if (this.#platform === 'open') this.#trade(step);
    if (second && Math.abs(Math.log(factors.spot / this.#listedSpot)) > 0.03) this.#list(at, out, false);
    this.#steps++;
  }

  /** Sums the index over the last half hour before delivery. */
  #accrue(at: number, dt: number): void {
    if (this.#roll - at > AVERAGING_WINDOW) {
      this.#averageSum = 0;
      this.#averageTime = 0;
      return;
    }
    this.#averageSum += this.#index * dt;
    this.#averageTime += dt;
  }

  #reprice(step: Step, factors: TrueFactors): void {
    const { at, regime } = step;
    const shift = truthShift(step.active, this.underlying, this.#expiries);
    const expiries = this.#expiries.map((e) => e.expiry);
    const left = this.#roll - at;
    const inside = left < AVERAGING_WINDOW && this.#averageTime > 0;
    const averaging: Averaging = {
      share: inside ? left / AVERAGING_WINDOW : 1,
      accrued: inside ? this.#averageSum / this.#averageTime : factors.spot,
    };
    this.#lagged = this.#smiles;
    this.#smiles = trueSurface(factors, at, expiries, shift, averaging);
    if (this.#lagged[0]?.expiry !== this.#smiles[0].expiry || this.#lagged.length !== this.#smiles.length)
      this.#lagged = this.#smiles;
    const keep = Math.exp(-step.dt / NOISE_MEMORY);
    for (const e of this.#expiries) {
      const years = tenor(at, e.expiry);
      const forward = factors.spot * Math.exp(basisRate(factors, years, shift.basis) * years);
      this.#forwards.set(e.expiry, Math.round(forward * (e.hasFuture ? 1e2 : 1e4)) / (e.hasFuture ? 1e2 : 1e4));
      const noise = this.#expiryNoise.get(e.expiry) ?? 0;
      this.#expiryNoise.set(
        e.expiry,
        keep * noise + EXPIRY_NOISE * Math.sqrt(1 - keep * keep) * this.#quoting.normal(),
      );
    }
    this.#record = { at, factors, shift, averaging, expiries, regime: regime.name, index: this.#index };
  }

  #references({ at, sum, regime, out }: Step, factors: TrueFactors): void {
    const { underlying } = this;
    const lower = underlying.toLowerCase();
    out.push({ type: 'index', at, underlying, name: `${lower}_usd`, price: this.#index });
    const peg = Math.round(1e4 * factors.stablecoin * (1 + sum('stablecoin-depeg') * 1e-4)) / 1e4;
    out.push({ type: 'index', at, underlying: 'USDC', name: 'usdc_usd', price: peg });
    out.push(
      ...futuresOf(
        underlying,
        at,
        factors,
        this.#index,
        this.#expiries,
        sum('basis-shock'),
        regime.depth,
        this.#futures,
      ),
    );
    const volatility = volatilityIndex(this.#smiles);
    out.push({ type: 'volatility-index', at, underlying, name: `${lower}_usd`, volatility });
  }

  #followPlatform({ at, sum, out }: Step): void {
    const state = sum('maintenance') > 0 ? 'maintenance' : sum('platform-lock') > 0 ? 'locked' : 'open';
    if (state === this.#platform) return;
    const whole = state === 'maintenance' || this.#platform === 'maintenance';
    this.#platform = state;
    out.push({ type: 'platform', at, underlying: whole ? null : this.underlying, state });
  }

  #quote(step: Step): void {
    const { at, dt, snapshot } = step;
    const r = this.#quoting;
    const crowd = step.regime.updates * this.#settings.activity;
    const perSecond = snapshot ? 1 : Math.max(1, Math.round(SECOND / dt));
    for (const [slice, listed] of this.#expiries.entries()) {
      const current = this.#smiles[slice];
      const seen = snapshot ? current : this.#lagged[slice];
      const forward = this.#forwards.get(listed.expiry)!;
      const conditions = this.#conditions(step, listed.expiry);
      const changed: OptionBook[] = [];
      for (const book of this.#books.get(listed.expiry) ?? []) {
        const fresh = !(book.quotedForward > 0);
        const remark = snapshot || fresh || (this.#steps + book.option.id) % perSecond === 0;
        const moved = Math.abs(seen.forward - book.quotedForward) * Math.abs(book.delta) > 0.6 * book.halfSpreadUsd;
        const rate = (moved ? HURRY : 0) + book.habits.updates * crowd;
        const due = snapshot || fresh || r.chance(Math.min(1, (rate * dt) / SECOND));
        if (remark) book.remark(current, forward, at);
        if (due) book.refresh(seen, conditions, r);
        if (remark || (due && book.bookChanged)) changed.push(book);
      }
      // Only now: a fault may publish one option's quote under another's name, and must see both as of this step.
      for (const book of changed) this.#publish(book, step, forward, slice);
    }
  }

  #conditions({ regime, sum, factor, at }: Step, expiry: number): QuoteConditions {
    const squeeze = factor('liquidity-contraction', expiry);
    return {
      spread: regime.spread * squeeze * hourlySpread(at),
      depth: regime.depth / squeeze,
      missing: regime.missing * Math.sqrt(squeeze),
      empty: Math.min(1, sum('books-empty', expiry)),
      volatilityFactor: factor('vol-scale', expiry),
      expiryNoise: this.#expiryNoise.get(expiry) ?? 0,
      tickFactor: factor('tick-change', expiry),
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

  /** Hands the quote out as the active faults leave it. */
  #publish(book: OptionBook, { at, active, snapshot, out }: Step, forward: number, slice: number): void {
    const { strike, side, expiry } = book.option.instrument;
    const quote = this.#output(book, at, forward);
    book.bookChanged = false;
    const previous = book.published;
    const neighbour = (e: number | undefined, s: string): QuoteOutput | undefined => {
      const other =
        e === undefined
          ? undefined
          : this.#books.get(e)?.find((b) => b.option.instrument.strike === strike && b.option.instrument.side === s);
      return other && this.#output(other, at, this.#forwards.get(e!)!);
    };
    const near: Neighbours = {
      previous: previous ?? undefined,
      otherSide: () => neighbour(expiry, side === 'call' ? 'put' : 'call'),
      previousExpiry: () => neighbour(this.#expiries[slice - 1]?.expiry, side),
    };
    const shown = active.length === 0 ? quote : distort(quote, active, near);
    if (shown !== null) {
      book.published = shown;
      out.push(shown);
    } else if (snapshot && previous !== null) out.push(previous);
  }

  #trade({ at, dt, regime, sum, out }: Step): void {
    const r = this.#trading;
    const books = this.#allBooks;
    const rate = TRADES_PER_SECOND * regime.trades * hourlyActivity(at) * this.#settings.activity;
    const conditionsOf = (book: OptionBook): TradeConditions => ({
      at, forward: this.#forwards.get(book.option.instrument.expiry)!, index: this.#index, liquidations: regime.liquidations,
    }); // prettier-ignore
    const seconds = Math.min(dt, MINUTE) / SECOND;
    for (let n = r.poisson(rate * seconds); n > 0; n--) {
      const book = this.#tape.pick(books, at);
      if (book === null) continue;
      const kind = r.uniform();
      if (kind < 0.1) {
        const second = this.#tape.pick(books, at);
        const legs = second && second !== book ? [book, second] : [book];
        const named = legs.length === 1 ? 'block' : kind < 0.06 ? 'combo' : kind < 0.085 ? 'block' : 'rfq';
        out.push(...this.#tape.legs(legs, named, legs.map(conditionsOf)));
      } else {
        const print = this.#tape.screen(book, conditionsOf(book));
        if (print) out.push(print);
      }
    }
    for (let n = r.poisson(sum('forced-prints') * seconds); n > 0; n--) {
      const book = this.#tape.pick(books, at);
      const print = book && this.#tape.disguised(book, conditionsOf(book));
      if (print) out.push(print);
    }
  }

  #deliver(at: number, out: SimulatedOutput[]): void {
    const roll = this.#roll;
    const price = this.#averageTime > 0 ? this.#averageSum / this.#averageTime : this.#index;
    for (const book of this.#books.get(roll) ?? []) {
      out.push({ type: 'instrument', at, option: book.option, state: 'expired' });
      this.#tape.forget(book.option.instrument.symbol);
    }
    this.#books.delete(roll);
    out.push({ type: 'delivery', at, underlying: this.underlying, expiry: roll, price: Math.round(100 * price) / 100 });
    this.#forwards.delete(roll);
    this.#expiryNoise.delete(roll);
    this.#roll = nextRoll(at);
    this.#pausedUntil = roll + SETTLEMENT_PAUSE;
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
    const listed = this.#allBooks.map((b) => b.option.instrument);
    const added = first
      ? firstListing(this.underlying, spot, at, limit, nextId)
      : additions(this.underlying, spot, at, listed, limit, nextId);
    for (const option of added) {
      const { expiry } = option.instrument;
      const books = this.#books.get(expiry) ?? [];
      this.#books.set(expiry, books);
      books.push(new OptionBook(option, this.#quoting));
      out.push({ type: 'instrument', at, option, state: 'open' });
    }
    this.#allBooks = [...this.#books.values()].flat();
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
