/** The live quote of one option: what market makers show, refreshed at random times around a lagging truth. */
import { tickAt } from '../market/instrument.ts';
import type { Random } from '../numeric/random.ts';
import { density, distribution } from './black.ts';
import { DAY, tenor } from './calendar.ts';
import type { ListedOption } from './listing.ts';
import { LOG_SIZE_SD, LOG_SPREAD_SD, MIDDLE_NOISE, habits, type QuoteHabits } from './microstructure.ts';
import type { QuoteOutput } from './output.ts';
import type { TrueSmile } from './surface.ts';

/** The state of the market that a refresh needs beside the smile. */
export interface QuoteConditions {
  /** Multipliers, 1 in calm. */
  readonly spread: number;
  readonly depth: number;
  readonly missing: number;
  /** Share of all quotes pulled. */
  readonly empty: number;
  /** Factor of volatility at which this expiry is quoted. */
  readonly volatilityFactor: number;
  /** Common error of the market makers of this expiry, volatility points. */
  readonly expiryNoise: number;
  /** Multiplier of the tick (fault). */
  readonly tickFactor: number;
}

/** How long a side stays away once pulled, in refreshes. */
const AWAY_PERSISTENCE = 0.9;

/** Quote, mark and greeks of one option; prices in coin. */
export class OptionBook {
  readonly option: ListedOption;
  bid: number | null = null;
  ask: number | null = null;
  bidSize: number | null = null;
  askSize: number | null = null;
  mark = 0;
  markIv = 0.5;
  delta = 0;
  gamma = 0;
  vega = 0;
  theta = 0;
  rho = 0;
  openInterest: number;
  last: number | null = null;
  bookSeed = 0;
  /** Forward at the last refresh, USD: quotes move when it has. */
  quotedForward = NaN;
  halfSpreadUsd = 0;
  habits: QuoteHabits;
  bookChanged = true;
  /** The last quote handed out, after faults. */
  published: QuoteOutput | null = null;
  #noise = 0;
  #spreadNoise = 0;
  #bidAway = false;
  #askAway = false;

  constructor(option: ListedOption, random: Random) {
    this.option = option;
    this.habits = habits(option.instrument.underlying, 0.3, 30);
    this.openInterest = Math.round(10 * Math.exp(3.2 + 1.5 * random.normal())) / 10;
    this.#noise = random.normal();
    this.#spreadNoise = random.normal();
  }

  /** The venue's mark, greeks and this option's habits from a smile and the forward it is published with. */
  remark(smile: TrueSmile, forward: number, at: number): void {
    const { strike, side, expiry } = this.option.instrument;
    const years = tenor(at, expiry);
    if (!(years > 0)) return;
    const isCall = side === 'call';
    const fair = smile.volatility(strike, this.markIv);
    if (fair > 0) this.markIv = fair;
    const root = Math.sqrt(years);
    const deviation = this.markIv * root;
    const d1 = Math.log(forward / strike) / deviation + 0.5 * deviation;
    const n = density(d1);
    const callDelta = distribution(d1);
    const value = isCall
      ? callDelta - (strike / forward) * distribution(d1 - deviation)
      : (strike / forward) * distribution(deviation - d1) - distribution(-d1);
    this.mark = Math.round(Math.max(0, value) * 1e6) / 1e6;
    this.delta = isCall ? callDelta : callDelta - 1;
    this.gamma = n / (forward * deviation);
    this.vega = 0.01 * forward * n * root;
    this.theta = Math.max(-forward * value, (-forward * n * this.markIv) / (2 * root * 365));
    this.rho = (isCall ? 0.01 : -0.01) * strike * years * distribution(isCall ? d1 - deviation : deviation - d1);
    this.habits = habits(this.option.instrument.underlying, Math.abs(this.delta), (expiry - at) / DAY);
  }

  /** A market maker's refresh: price from a (lagging) smile, width by habit, rounded outwards to ticks. */
  refresh(smile: TrueSmile, conditions: QuoteConditions, random: Random): void {
    const { strike, side, ticks } = this.option.instrument;
    const isCall = side === 'call';
    const forward = smile.forward;
    const outOfMoney = isCall === strike >= forward;
    let fair = smile.price(strike, outOfMoney ? isCall : !isCall, conditions.volatilityFactor) / forward;
    if (!outOfMoney) fair += isCall ? 1 - strike / forward : strike / forward - 1;
    this.#noise = 0.97 * this.#noise + 0.243 * random.normal();
    this.#spreadNoise = 0.97 * this.#spreadNoise + 0.243 * random.normal();
    const vegaCoin = this.vega / forward;
    const wide = Math.exp(LOG_SPREAD_SD * this.#spreadNoise) * conditions.spread;
    const inMoney = this.habits.halfTicks * tickAt(ticks, fair);
    const half = wide * Math.max(this.habits.halfSpread * vegaCoin, inMoney);
    const noise = MIDDLE_NOISE * Math.max(-2, Math.min(2, this.#noise)) * half;
    const middle = Math.max(0, fair + noise + conditions.expiryNoise * vegaCoin);
    const bidTick = tickAt(ticks, Math.max(0, middle - half)) * conditions.tickFactor;
    const askTick = tickAt(ticks, middle + half) * conditions.tickFactor;
    let bid: number | null = Math.floor((middle - half) / bidTick + 1e-9) * bidTick;
    let ask: number | null = Math.max(bidTick, Math.ceil((middle + half) / askTick - 1e-9) * askTick);
    if (ask <= bid) ask = bid + askTick;
    this.#rollAway(conditions, random);
    if (bid < 0.5 * bidTick || this.#bidAway || random.chance(conditions.empty)) bid = null;
    if (this.#askAway || random.chance(conditions.empty)) ask = null;
    this.#show(bid, ask, conditions.depth, random);
    this.quotedForward = forward;
    this.halfSpreadUsd = Math.max(half, 0.5 * bidTick) * forward;
  }

  #rollAway(conditions: QuoteConditions, random: Random): void {
    if (random.chance(AWAY_PERSISTENCE)) return;
    this.#bidAway = random.chance(Math.min(0.95, this.habits.missing * conditions.missing));
    this.#askAway = random.chance(Math.min(0.95, this.habits.missing * conditions.missing));
  }

  #show(bid: number | null, ask: number | null, depth: number, random: Random): void {
    const clean = (x: number | null): number | null => (x === null ? null : Math.round(x * 1e4) / 1e4);
    const size = (): number =>
      Math.max(0.1, Math.round(10 * this.habits.size * depth * Math.exp(LOG_SIZE_SD * random.normal())) / 10);
    const newBid = clean(bid);
    const newAsk = clean(ask);
    const resized = random.chance(0.3);
    if (newBid !== this.bid || resized) this.bidSize = newBid === null ? null : size();
    if (newAsk !== this.ask || resized) this.askSize = newAsk === null ? null : size();
    if (newBid !== this.bid || newAsk !== this.ask || resized) {
      this.bookChanged = true;
      this.bookSeed = random.integer(1073741824);
    }
    this.bid = newBid;
    this.ask = newAsk;
  }

  /** A trade consumed part of a side. */
  hit(direction: 'buy' | 'sell', price: number, amount: number): void {
    this.last = price;
    this.openInterest = Math.round((this.openInterest + amount * 0.3) * 10) / 10;
    if (direction === 'buy' && this.askSize !== null)
      this.askSize = Math.max(0.1, Math.round((this.askSize - amount) * 10) / 10);
    if (direction === 'sell' && this.bidSize !== null)
      this.bidSize = Math.max(0.1, Math.round((this.bidSize - amount) * 10) / 10);
    this.bookChanged = true;
  }
}
