/** A simulated stream of credit quotes: several contributors, one entity, faults on order. SYNTHETIC. */
import type { CreditQuoteEvent, CreditQuoteType, CreditTermsEvent, MarketEvent } from '../market/event.ts';
import { Random } from '../numeric/random.ts';
import { DAY, HOUR, hourOfWeek } from './calendar.ts';
import type { CreditFault } from './credit-fault.ts';
import {
  initialCredit,
  nextCredit,
  trueLegs,
  trueZeroRate,
  type CreditEntity,
  type CreditLegs,
  type CreditTruth,
} from './credit-truth.ts';

/** What a stream is made of. */
export interface CreditStream {
  readonly seed: number;
  readonly venue: string;
  readonly curve: string;
  readonly entity: CreditEntity;
  readonly quoteType: CreditQuoteType;
  /** Running coupon, decimal. */
  readonly coupon: number;
  readonly recovery: number;
  readonly contributors: readonly string[];
  /** Epoch ms. */
  readonly from: number;
  readonly until: number;
  /** Time between two updates, ms. */
  readonly every: number;
  readonly faults: readonly CreditFault[];
}

/** Standard nodes and their length in years from the last half-yearly roll (20 March or September) plus a quarter. */
export const CREDIT_NODES: readonly (readonly [string, number])[] = [
  ['6M', 0.5],
  ['1Y', 1],
  ['2Y', 2],
  ['3Y', 3],
  ['4Y', 4],
  ['5Y', 5],
  ['7Y', 7],
  ['10Y', 10],
];

const FIVE_YEARS = CREDIT_NODES.findIndex(([node]) => node === '5Y');

/** One update: its time and everything that was said at it. */
export interface CreditUpdate {
  readonly at: number;
  readonly events: readonly MarketEvent[];
  /** The true five-year spread, decimal: the answer key of moves. */
  readonly fairSpread: number;
  /** Contributors whose words a fault changed or kept from being said: when it shows at all. */
  readonly touched: number;
}

interface Habit {
  readonly name: string;
  /** Log deviation of all nodes, and of each by itself. */
  bias: number;
  readonly own: number[];
  /** Half-spread as a fraction of the spread, and how often it says anything in a lively hour. */
  readonly half: number;
  readonly diligence: number;
  /** What it said last, for repetition and rounding. */
  readonly said: Map<string, CreditQuoteEvent>;
}

const BIAS_SD = 0.008;
const OWN_SD = 0.006;
const BIAS_TAU = 4 * DAY;
const NOISE_SD = 0.002;
/** Chance that a contributor which speaks leaves a node as it was. */
const KEPT = 0.25;
/** Terms are stated anew this often. */
const TERMS_EVERY = DAY;
const RATE_YEARS = [0.08, 0.25, 0.5, 1, 2, 3, 5, 7, 10, 15];

/** Runs a stream, update by update. Equal orders give equal events to the last bit. */
export function* simulateCredit(order: CreditStream): Generator<CreditUpdate> {
  const truthRandom = new Random(order.seed, `${order.curve}|truth`);
  const random = new Random(order.seed, `${order.curve}|quotes`);
  const habits = order.contributors.map((name) => habit(name, random));
  let truth = initialCredit(order.entity, order.from - order.every);
  let stated = -Infinity;
  let broken = false;
  for (let at = order.from; at < order.until; at += order.every) {
    truth = nextCredit(truth, order.entity, order.every, truthRandom);
    const faults = order.faults.filter((f) => f.from <= at && at < f.until);
    const failing = faults.find((f) => f.kind === 'numerical-failure');
    const events: MarketEvent[] = [];
    if (at - stated >= TERMS_EVERY || (failing !== undefined) !== broken) {
      events.push(terms(order, truth, failing));
      stated = at;
      broken = failing !== undefined;
    }
    const legs = trueLegs(truth, horizonsAt(at));
    let touched = failing === undefined ? 0 : 1;
    for (const h of habits) {
      const said = speak(order, h, legs, faults, at, random);
      events.push(...said.quotes);
      if (said.touched) touched++;
    }
    const five = legs[FIVE_YEARS];
    yield { at, events, fairSpread: ((1 - order.recovery) * five.loss) / five.annuity, touched };
  }
}

function habit(name: string, random: Random): Habit {
  return {
    name,
    bias: BIAS_SD * random.normal(),
    own: CREDIT_NODES.map(() => OWN_SD * random.normal()),
    half: random.between(0.015, 0.035),
    diligence: random.between(0.6, 0.95),
    said: new Map(),
  };
}

/** Half the year's standard maturities: tenor plus a quarter from the last 20 March or 20 September, in years from now. */
function horizonsAt(at: number): number[] {
  const date = new Date(at);
  const year = date.getUTCFullYear();
  const rolls = [Date.UTC(year - 1, 8, 20), Date.UTC(year, 2, 20), Date.UTC(year, 8, 20)];
  const roll = rolls.filter((r) => r <= at).at(-1) ?? rolls[0];
  return CREDIT_NODES.map(([, years]) => years + 0.25 - (at - roll) / (365 * DAY));
}

/** Share of contributors that look at their screens at an hour: all on working days, few at night and on weekends. */
function liveliness(at: number): number {
  const hour = hourOfWeek(at);
  if (hour >= 120) return 0.15;
  const ofDay = hour % 24;
  return ofDay >= 7 && ofDay < 21 ? 1 : 0.35;
}

function terms(order: CreditStream, truth: CreditTruth, failing: CreditFault | undefined): CreditTermsEvent {
  const rates = RATE_YEARS.map((t) => trueZeroRate(truth, t));
  if (failing !== undefined) rates[6] = failing.variant === 0 ? 1e4 * rates[6] : -20;
  const at = truth.at;
  return {
    type: 'credit-terms',
    at,
    receivedAt: at,
    venue: order.venue,
    curve: order.curve,
    eventDefinition: 'SYNTHETIC default of a simulated entity',
    recovery: order.recovery,
    accrual: 'isda',
    roll: '2015',
    discountYears: RATE_YEARS,
    discountRates: rates,
  };
}

/** What one contributor says at one update; nothing when it is away. */
function speak(
  order: CreditStream,
  h: Habit,
  legs: readonly CreditLegs[],
  faults: readonly CreditFault[],
  at: number,
  random: Random,
): { readonly quotes: readonly CreditQuoteEvent[]; readonly touched: boolean } {
  const keep = Math.exp(-order.every / BIAS_TAU);
  const fresh = Math.sqrt(1 - keep * keep);
  h.bias = h.bias * keep + BIAS_SD * fresh * random.normal();
  for (let i = 0; i < h.own.length; i++) h.own[i] = h.own[i] * keep + OWN_SD * fresh * random.normal();
  const away = !random.chance(h.diligence * liveliness(at));
  const draws = CREDIT_NODES.map(() => ({ noise: NOISE_SD * random.normal(), kept: random.chance(KEPT) }));
  const mine = faults.filter((f) => f.contributor === null || f.contributor === h.name);
  if (away) return { quotes: [], touched: false };
  if (mine.some((f) => f.kind === 'stale-contributor')) return { quotes: [], touched: true };
  const flat = mine.some((f) => f.kind === 'flat-line');
  const quotes = CREDIT_NODES.map(([node], i) => {
    const before = h.said.get(node);
    if (before !== undefined && (flat || draws[i].kept)) return { ...before, at, receivedAt: at };
    const quote = quoteOf(order, h, node, legs[i], h.bias + h.own[i] + draws[i].noise, at);
    h.said.set(node, quote);
    return quote;
  }).map((quote, i) => mine.reduce((q, f) => corrupted(q, f, order, legs[i]), quote));
  return { quotes, touched: mine.length > 0 };
}

function quoteOf(
  order: CreditStream,
  h: Habit,
  node: string,
  legs: CreditLegs,
  deviation: number,
  at: number,
): CreditQuoteEvent {
  const spread = ((1 - order.recovery) * legs.loss * Math.exp(deviation)) / legs.annuity;
  const upfront = order.quoteType === 'upfront';
  const mid = upfront ? (spread - order.coupon) * legs.annuity : spread;
  const half = h.half * spread * (upfront ? legs.annuity : 1);
  return {
    type: 'credit-quote',
    at,
    receivedAt: at,
    venue: order.venue,
    curve: order.curve,
    contributor: h.name,
    node,
    quoteType: order.quoteType,
    bid: rounded(mid - half, upfront),
    ask: rounded(mid + half, upfront),
    coupon: order.coupon,
    recovery: order.recovery,
  };
}

/** Upfronts come in hundredths of a point, spreads in tenths of a basis point; nothing is 0, never -0. */
function rounded(value: number, upfront: boolean): number {
  const steps = upfront ? 1e4 : 1e5;
  return Math.round(value * steps) / steps + 0;
}

/** The quote as a fault leaves it; `legs` are the true ones of its node. */
function corrupted(
  quote: CreditQuoteEvent,
  fault: CreditFault,
  order: CreditStream,
  legs: CreditLegs,
): CreditQuoteEvent {
  const map = (f: (v: number) => number): CreditQuoteEvent => ({
    ...quote,
    bid: quote.bid === null ? null : f(quote.bid) + 0,
    ask: quote.ask === null ? null : f(quote.ask) + 0,
  });
  switch (fault.kind) {
    case 'outlier-quote':
    case 'node-inversion':
      if (quote.node !== fault.node) return quote;
      // An upfront may be near zero: what is off is the spread behind it.
      if (quote.quoteType === 'upfront') return map((v) => v + fault.size * (1 - order.recovery) * legs.loss);
      return map((v) => v * (1 + fault.size));
    case 'unit-mismatch':
      return map((v) => v * [1e4, 100, 0.01][fault.variant]);
    case 'convention-mismatch':
      return map(misread(quote, fault.variant, order, legs.annuity));
    case 'recovery-inconsistent':
      if (fault.variant === 0) return { ...quote, recovery: order.recovery / 2 };
      return { ...map((v) => 1 - order.recovery + 0.02 + Math.abs(v) * 0.01), quoteType: 'upfront' };
    default:
      // Who is silent, repeats itself or has broken terms says nothing wrong.
      return quote;
  }
}

/** The same market in another convention, still labelled as before. */
function misread(
  quote: CreditQuoteEvent,
  variant: 0 | 1 | 2,
  order: CreditStream,
  annuity: number,
): (v: number) => number {
  if (variant === 1) return (v) => -v;
  if (quote.quoteType !== 'upfront') return variant === 0 ? (v) => (v - order.coupon) * annuity : (v) => v / 4;
  const other = order.coupon === 0.01 ? 0.05 : 0.01;
  return variant === 0 ? (v) => 1 - v : (v) => v + (order.coupon - other) * annuity;
}

/** The usual spacing of updates, ms. */
export const CREDIT_UPDATE_MS = HOUR;
