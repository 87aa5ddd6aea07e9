/**
 * Hedges every recorded option over every step between two snapshots with every family, knowing only the past: models
 * are fitted and ratios fixed at the start of a step, and what adapts learns from it when it has ended.
 */
import { BookLedger } from './book-ledger.ts';
import { deltaClassOf, tenorOf, type Bucket } from './bucket.ts';
import type { ChainExpiry, ChainOption, ChainSnapshot } from './chain-snapshot.ts';
import { ChainModels, type ExpiryModels, type ModelName } from './expiry-models.ts';
import { HEDGE_FAMILIES, markGreeks, type HedgeFamily, type HedgeView } from './hedge-family.ts';
import { HedgeLedger } from './hedge-ledger.ts';
import { RollingHullWhite, type HullWhiteFit } from './hull-white.ts';
import { MoveHistory, unforeseenDeviation, type MoveSummary } from './move-history.ts';
import { PortfolioLedger, type PortfolioRow } from './portfolio-ledger.ts';
import { curvatureOf, monthVega, quoteNoise } from './prediction-error.ts';
import { twoInstrumentWeights, VEGA_HEDGE } from './vega-hedge.ts';
import { log } from '../numeric/exponential.ts';
import { yearsBetween } from '../market/year-fraction.ts';

/** Settings of a backtest. */
export interface BacktestOptions {
  /** What the hedge trades at: the expiry's own forward, or the spot index (a perpetual without basis of its own). */
  readonly hedgeWith: 'forward' | 'index';
  /** Taker fee of the hedge, share of notional. */
  readonly fee: number;
  /** Steps longer than this are gaps in the recording, ms. */
  readonly longestStepMs: number;
  /** History that adaptive families learn from, ms. */
  readonly windowMs: number;
  /** Snapshots between refits of the costly models and of Hull-White. */
  readonly refitEvery: number;
  /** Names of the families to run, in the order of reports. */
  readonly families: readonly string[];
  /** Coins held of each option, by symbol; absent = no book. */
  readonly sizes?: ReadonlyMap<string, number>;
}

/** Names of all families in the order of the ledger. */
export const BACKTEST_FAMILIES: readonly string[] = [...HEDGE_FAMILIES.map((f) => f.name), VEGA_HEDGE];

/** Six-hourly chains: forwards, 5 bp, 12 h, 30 days, daily refits. */
export const DEFAULT_BACKTEST: BacktestOptions = {
  hedgeWith: 'forward',
  fee: 0.0005,
  longestStepMs: 12 * 3_600_000,
  windowMs: 30 * 86_400_000,
  refitEvery: 4,
  families: BACKTEST_FAMILIES,
};

/** Log return of the index over one step that was hedged. */
export interface StepReturn {
  readonly underlying: string;
  /** Epoch ms of the end. */
  readonly at: number;
  readonly from: number;
  readonly logReturn: number;
}

interface Held {
  readonly snapshot: ChainSnapshot;
  readonly models: readonly ExpiryModels[];
}

/** State of one underlying between snapshots. */
class UnderlyingBook {
  readonly models: ChainModels;
  readonly moves: MoveHistory;
  readonly hullWhite: RollingHullWhite;
  readonly fits: { call: HullWhiteFit; put: HullWhiteFit };
  held: Held | null = null;
  steps = 0;
  /** Ratios held last, by symbol, for the cost of changing them; only symbols of the last step. */
  ratios = new Map<string, Float64Array>();

  constructor(options: BacktestOptions, uses: ReadonlySet<ModelName>) {
    this.models = new ChainModels(options.refitEvery, uses);
    this.moves = new MoveHistory(options.windowMs);
    this.hullWhite = new RollingHullWhite(options.windowMs, { huber: 1.345, minimum: 500 });
    this.fits = { call: { status: 'too-few-observations', n: 0 }, put: { status: 'too-few-observations', n: 0 } };
  }
}

/** Hull-White coefficients fitted on fewer steps than this are the accident of a few moves. */
const HULL_WHITE_STEPS = 20;

/** The backtest: feed snapshots in order of time, read the ledger. */
export class HedgeBacktest {
  readonly ledger: HedgeLedger;
  readonly book: BookLedger;
  readonly portfolios: PortfolioLedger;
  readonly returns: StepReturn[] = [];
  /** Steps over which each option of the book was hedged, by symbol. */
  readonly hedgedSteps = new Map<string, number>();
  readonly #options: BacktestOptions;
  readonly #contest: Contest;
  readonly #uses: ReadonlySet<ModelName>;
  readonly #books = new Map<string, UnderlyingBook>();

  constructor(options: BacktestOptions = DEFAULT_BACKTEST) {
    this.#options = options;
    const families = HEDGE_FAMILIES.filter((f) => options.families.includes(f.name));
    const vega = options.families.includes(VEGA_HEDGE);
    const names = [...families.map((f) => f.name), ...(vega ? [VEGA_HEDGE] : [])];
    this.ledger = new HedgeLedger(names);
    this.book = new BookLedger(names);
    this.portfolios = new PortfolioLedger(names.length);
    this.#contest = { families, vega, hullWhite: names.includes('hull-white'), width: names.length };
    this.#uses = new Set([...families.flatMap((f) => f.uses), ...(vega ? (['svi'] as const) : [])]);
  }

  /** Ends the step that the last snapshot of the underlying began, and begins the next. */
  add(snapshot: ChainSnapshot): void {
    let book = this.#books.get(snapshot.underlying);
    if (book === undefined)
      this.#books.set(snapshot.underlying, (book = new UnderlyingBook(this.#options, this.#uses)));
    const before = book.held;
    if (before !== null && snapshot.at <= before.snapshot.at) return;
    if (before !== null && snapshot.at - before.snapshot.at <= this.#options.longestStepMs)
      this.#endStep(book, before, snapshot);
    else book.ratios.clear();
    const models = book.models.fit(snapshot);
    if (before !== null && this.#uses.size > 0) learnMoves(book.moves, before, snapshot, models);
    book.held = { snapshot, models };
  }

  #endStep(book: UnderlyingBook, before: Held, after: ChainSnapshot): void {
    const start = before.snapshot;
    const isDue = book.steps++ % this.#options.refitEvery === 0 && book.steps > HULL_WHITE_STEPS;
    if (isDue && this.#contest.hullWhite)
      for (const side of ['call', 'put'] as const) book.fits[side] = book.hullWhite.fit(side, start.at);
    const { underlying } = start;
    const logReturn = log(after.index / start.index);
    this.returns.push({ underlying, at: after.at, from: start.at, logReturn });
    const ratios = new Map<string, Float64Array>();
    start.expiries.forEach((expiry, i) => {
      const next = after.expiries.find((e) => e.expiry === expiry.expiry);
      if (next === undefined) return;
      const models = before.models[i];
      const step: ExpiryStep = { start, after, expiry, next, models, moves: book.moves.read(tenorOf(expiry.years)) };
      hedgeExpiry(step, book, ratios, this, { ...this.#options, contest: this.#contest });
    });
    book.ratios = ratios;
  }
}

/** Families that run. */
interface Contest {
  readonly families: readonly HedgeFamily[];
  readonly vega: boolean;
  readonly hullWhite: boolean;
  /** Families of the ledger. */
  readonly width: number;
}

interface ExpiryStep {
  readonly start: ChainSnapshot;
  readonly after: ChainSnapshot;
  readonly expiry: ChainExpiry;
  readonly next: ChainExpiry;
  readonly models: ExpiryModels;
  readonly moves: MoveSummary;
}

/** dV/dF of every family, Black's where a family has no answer; the last place is the two-instrument hedge's. */
function ratiosOf(families: readonly HedgeFamily[], view: HedgeView, answered: Uint8Array): Float64Array {
  return Float64Array.from(answered, (_, i) => {
    const ratio = families[i]?.usdRatio(view) ?? NaN;
    if (Math.abs(ratio) < Infinity) return ratio;
    answered[i] = 0;
    return view.greeks.delta;
  });
}

/** What the second instrument earned and how exposed it was, per coin of it. */
interface AtmInstrument {
  readonly mark: number;
  readonly net: number;
  readonly vegaCoin: number;
  readonly coinChange: number;
  readonly usdChange: number;
  readonly halfSpread: number;
  /** See {@link curvatureOf}. */
  readonly expected: number;
}

function hedgeExpiry(
  step: ExpiryStep,
  book: UnderlyingBook,
  ratios: Map<string, Float64Array>,
  {
    ledger,
    book: held,
    hedgedSteps,
    portfolios,
  }: Pick<HedgeBacktest, 'ledger' | 'book' | 'hedgedSteps' | 'portfolios'>,
  options: BacktestOptions & { readonly contest: Contest },
): void {
  const { expiry, next, start, after, models, moves } = step;
  const later = new Map(next.options.map((o) => [o.symbol, o]));
  const { families, width, vega, hullWhite } = options.contest;
  const elapsed = yearsBetween(start.at, after.at);
  const instrument = vega ? atmInstrument(expiry, later, elapsed) : undefined;
  const deviation = unforeseenDeviation(moves);
  for (const option of expiry.options) {
    const end = later.get(option.symbol);
    if (end === undefined || !(option.sigma > 0 && option.mark > 0 && end.mark >= 0)) continue;
    const greeks = markGreeks(option, expiry);
    const delta = deltaClassOf(greeks.delta);
    if (delta === undefined) continue;
    const bucket: Bucket = { underlying: start.underlying, side: option.side, tenor: tenorOf(expiry.years), delta };
    const view: HedgeView = { option, expiry, models, moves, hullWhite: fitted(book.fits[option.side]), greeks };
    const f = option.forward;
    const move = end.forward - f;
    const isForward = options.hedgeWith === 'forward';
    const hedgeBefore = isForward ? f : start.index;
    const hedgeAfter = isForward ? end.forward : after.index;
    const coin = end.mark - option.mark;
    const usdChange = end.mark * end.forward - option.mark * f;
    const answered = new Uint8Array(width).fill(1);
    const chosen = ratiosOf(families, view, answered);
    const errors = errorsOf(families, view, chosen, coin, usdChange, { hedgeBefore, hedgeAfter });
    const expected = new Float64Array(width).fill(curvatureOf(greeks, move, elapsed, f));
    let weight = NaN;
    if (vega) {
      const second = vegaHedge(view, instrument, coin, usdChange, { hedgeBefore, hedgeAfter }, options.fee);
      answered[width - 1] = second.answered;
      errors.coin[width - 1] = second.coin;
      errors.usd[width - 1] = second.usd / f;
      chosen[width - 1] = second.ratio;
      weight = second.weight;
      if (instrument !== undefined) expected[width - 1] += weight * instrument.expected;
    }
    const stored = Float64Array.of(...chosen, weight);
    ratios.set(option.symbol, stored);
    const costs = costsOf(stored, book.ratios.get(option.symbol), options.fee, instrument);
    const slope = slopeRows(families, view, chosen, { coin, usdChange, move, elapsed });
    ledger.add({
      at: after.at,
      bucket,
      coin,
      usd: usdChange / f,
      coinErrors: errors.coin,
      usdErrors: errors.usd,
      predicted: slope.predicted,
      realised: slope.realised,
      answered,
      costs,
    });
    const vegaCoin = greeks.vega / f;
    const row: PortfolioRow = {
      at: after.at,
      from: start.at,
      tenor: bucket.tenor,
      size: 1 / monthVega(vegaCoin, expiry.years),
      coin,
      usd: usdChange / f,
      coinErrors: errors.coin,
      usdErrors: errors.usd,
      expected,
      noise: quoteNoise(option.halfSpread, end.halfSpread),
      volatility: vegaCoin * deviation,
    };
    portfolios.addToBucket(bucket, row);
    const size = options.sizes?.get(option.symbol) ?? 0;
    if (size !== 0) {
      portfolios.addToBook(start.underlying, { ...row, size });
      held.add(start.underlying, after.at, size, { coin, usd: usdChange / f }, errors, costs);
      hedgedSteps.set(option.symbol, (hedgedSteps.get(option.symbol) ?? 0) + 1);
    }
    if (!hullWhite) continue;
    book.hullWhite.add(option.side, {
      at: after.at,
      forward: f,
      forwardChange: move,
      delta: greeks.delta,
      vega: greeks.vega,
      years: expiry.years,
      unexplained: usdChange - greeks.delta * move,
    });
  }
}

function fitted(fit: HullWhiteFit): HedgeView['hullWhite'] {
  return fit.status === 'fitted' ? fit.coefficients : undefined;
}

interface HedgePrices {
  readonly hedgeBefore: number;
  readonly hedgeAfter: number;
}

/** Hedged changes in coin (inverse future of notional ratio x price) and in USD over the forward. */
function errorsOf(
  families: readonly HedgeFamily[],
  view: HedgeView,
  held: Float64Array,
  coin: number,
  usd: number,
  { hedgeBefore, hedgeAfter }: HedgePrices,
): { coin: Float64Array; usd: Float64Array } {
  const out = { coin: new Float64Array(held.length), usd: new Float64Array(held.length) };
  const inverse = 1 - hedgeBefore / hedgeAfter;
  const linear = hedgeAfter - hedgeBefore;
  families.forEach(({ premium }, i) => {
    out.coin[i] = coin - (held[i] - premium.coin * view.option.mark) * inverse;
    out.usd[i] = (usd - (held[i] - premium.usd * view.option.mark) * linear) / view.option.forward;
  });
  return out;
}

/** The expiry's out-of-the-money option next to the forward, if it was quoted at both ends. */
function atmInstrument(
  expiry: ChainExpiry,
  later: ReadonlyMap<string, ChainOption>,
  elapsed: number,
): AtmInstrument | undefined {
  let best: ChainOption | undefined;
  for (const o of expiry.options) {
    if ((o.side === 'call') !== o.strike >= expiry.forward || !(o.sigma > 0) || !later.has(o.symbol)) continue;
    if (!best || Math.abs(o.strike - expiry.forward) < Math.abs(best.strike - expiry.forward)) best = o;
  }
  const end = best === undefined ? undefined : later.get(best.symbol);
  if (best === undefined || end === undefined) return undefined;
  const greeks = markGreeks(best, expiry);
  return {
    mark: best.mark,
    net: greeks.delta - best.mark,
    vegaCoin: greeks.vega / best.forward,
    coinChange: end.mark - best.mark,
    usdChange: end.mark * end.forward - best.mark * best.forward,
    halfSpread: best.halfSpread,
    expected: curvatureOf(greeks, end.forward - best.forward, elapsed, best.forward),
  };
}

/** Forward and at-the-money option together, by minimum variance with the costs of both (`instrument-hedge.ts`). */
function vegaHedge(
  view: HedgeView,
  instrument: AtmInstrument | undefined,
  coin: number,
  usd: number,
  { hedgeBefore, hedgeAfter }: HedgePrices,
  fee: number,
): { coin: number; usd: number; ratio: number; weight: number; answered: 0 | 1 } {
  const { covariance } = view.moves;
  const net = view.greeks.delta - view.option.mark;
  const inverse = 1 - hedgeBefore / hedgeAfter;
  const linear = hedgeAfter - hedgeBefore;
  const alone = {
    coin: coin - net * inverse,
    usd: usd - view.greeks.delta * linear,
    ratio: net,
    weight: 0,
    answered: 0,
  } as const;
  if (instrument === undefined || covariance === undefined) return alone;
  const spread = instrument.halfSpread > 0 ? instrument.halfSpread : 0;
  const own = { net, vegaCoin: view.greeks.vega / view.option.forward };
  const hedge = twoInstrumentWeights(own, { ...instrument, cost: spread }, covariance, fee);
  if (hedge === undefined) return alone;
  const { future, second: option } = hedge;
  const { mark } = view.option;
  // A linear hedge of the USD value carries the premiums of both options as well.
  const usdFuture = future - mark - option * instrument.mark;
  return {
    coin: coin + future * inverse + option * instrument.coinChange,
    usd: usd + usdFuture * linear + option * instrument.usdChange,
    ratio: -future,
    weight: option,
    answered: 1,
  };
}

/** Fee on the change of each hedge ratio since the last step; nothing is charged for opening one. */
function costsOf(
  held: Float64Array,
  before: Float64Array | undefined,
  fee: number,
  instrument: AtmInstrument | undefined,
): Float64Array {
  const n = held.length - 1;
  const costs = new Float64Array(n);
  if (before === undefined) return costs;
  for (let i = 0; i < n; i++) costs[i] = fee * Math.abs(held[i] - before[i]);
  const spread = instrument !== undefined && instrument.halfSpread > 0 ? instrument.halfSpread : 0;
  const turned = spread * Math.abs(held[n] - before[n]);
  if (turned > 0) costs[n - 1] += turned;
  return costs;
}

/**
 * Rows of the slope test, over the forward: realised move without theta and gamma against ratio x dF. Premium-adjusted
 * is tested on the coin value it claims to predict, all others on the USD value.
 */
function slopeRows(
  families: readonly HedgeFamily[],
  view: HedgeView,
  held: Float64Array,
  step: { readonly coin: number; readonly usdChange: number; readonly move: number; readonly elapsed: number },
): { predicted: Float64Array; realised: Float64Array } {
  const { greeks, option } = view;
  const f = option.forward;
  const { move, elapsed } = step;
  const usd = (step.usdChange - greeks.theta * elapsed - 0.5 * greeks.gamma * move * move) / f;
  const net = greeks.delta - option.mark;
  const gammaCoin = (greeks.gamma - (2 * net) / f) / f;
  const coin = step.coin - (greeks.theta / f) * elapsed - 0.5 * gammaCoin * move * move;
  const predicted = new Float64Array(held.length).fill(NaN);
  const realised = new Float64Array(held.length).fill(NaN);
  families.forEach(({ premium }, i) => {
    predicted[i] = ((held[i] - premium.usd * option.mark) * move) / f;
    realised[i] = premium.usd === 1 ? coin : usd;
  });
  return { predicted, realised };
}

function learnMoves(history: MoveHistory, before: Held, after: ChainSnapshot, models: readonly ExpiryModels[]): void {
  before.snapshot.expiries.forEach((expiry, i) => {
    const j = after.expiries.findIndex((e) => e.expiry === expiry.expiry);
    if (j < 0) return;
    const [old, now] = [before.models[i], models[j]];
    const change = (index: number): number =>
      old.sabr === undefined || now.sabr === undefined ? NaN : now.sabr[index] - old.sabr[index];
    history.add(tenorOf(expiry.years), {
      at: after.at,
      logForwardChange: log(after.expiries[j].forward / expiry.forward),
      atmChange: now.atm - old.atm,
      atmSlope: old.atmSlope,
      sabrChanges: [change(0), change(1), change(2)],
    });
  });
}
