/** What a book earned over a stretch of a session log, step by step: positions, fills and markets as they were recorded. */
import { fitOf, marketOf, priceBook, sourceVolatilities, volatilities } from '../engine/book-market.ts';
import { coinOf } from '../engine/on-positions.ts';
import type { EngineState, UnderlyingState } from '../engine/state.ts';
import type { MarketEvent, OwnFillEvent } from '../market/event.ts';
import type { Fit } from '../model/contract.ts';
import {
  addExplanation,
  explainBookStep,
  noExplanation,
  type BookStepInput,
  type ExplainedBook,
  type ExplainedFill,
  type PricePoint,
} from '../portfolio/book-explain.ts';
import { DEFAULT_ACCOUNT, preferred } from '../portfolio/account.ts';
import type { Position } from '../portfolio/position.ts';
import type { LogFiles } from '../store/log-files.ts';
import { deribitHolding } from '../venue/deribit-holding.ts';
import { heldPositions, homeOf } from './book-engine.ts';
import { LogWalk, StateError, type WalkListener } from './state-at.ts';

/** What to explain. */
export interface ExplainRequest {
  readonly files: LogFiles;
  /** Epoch ms; -Infinity and Infinity: the log's own ends. */
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  /** `champion`, `venue`, or a watched model. */
  readonly source: string;
  /** Positions instead of those in the log. */
  readonly positions: readonly Position[] | null;
  readonly onProgress?: (at: number) => void;
}

/** One coin's book explained. */
export interface ExplainedUnderlying {
  readonly underlying: string;
  readonly usd: ExplainedBook;
  readonly coin: ExplainedBook;
  /** Change of the coin equity that the venue itself reported; null where it did not. */
  readonly observedCoin: number | null;
}

/** The whole stretch. */
export interface ExplainedStretch {
  readonly from: number;
  readonly to: number;
  readonly steps: number;
  readonly underlyings: readonly ExplainedUnderlying[];
  /** Sum of recalibration jumps recorded in the stretch, USD. */
  readonly jumpUsd: number;
  /** Symbols without a price at some step, with the number of steps. */
  readonly unpriced: ReadonlyMap<string, number>;
}

/** More steps than this are a mistake. */
const MOST_STEPS = 100_000;
/** Until positions and a calibrated market are there. */
const LOOK_MS = 2_000;

interface Stop {
  readonly at: number;
  readonly positions: readonly Position[];
  readonly points: ReadonlyMap<string, PricePoint>;
  /** Fits of the source by symbol of the option: coins share their expiries, not their smiles. */
  readonly fits: ReadonlyMap<string, Fit>;
  readonly equity: ReadonlyMap<string, number>;
}

/** Walks the log and explains every step of every coin held. */
export async function explainPnl(request: ExplainRequest): Promise<ExplainedStretch> {
  const { stepMs, source } = request;
  let fills: OwnFillEvent[] = [];
  const delivered = new Map<string, Map<number, number>>();
  let jumpUsd = 0;
  const watched: WalkListener = {
    onEvent: (event) => {
      if (event.type === 'own-fill') fills.push(event);
      if (event.type === 'delivery') noteDelivery(delivered, event);
    },
    onRecord: (record) => {
      if (record.type === 'book' && record.jump_usd !== null) jumpUsd += record.jump_usd;
    },
  };
  let walk = new LogWalk(request.files, watched);
  const begun = await begin(walk, request);
  let more = begun.more;
  if (begun.from !== null) {
    walk = new LogWalk(request.files, watched);
    more = await walk.until(begun.from);
  }
  fills = [];
  jumpUsd = 0;
  let before = stopAt(walk, source, request.positions);
  const sums = new Map<string, { usd: ExplainedBook; coin: ExplainedBook }>();
  const unpriced = new Map<string, number>();
  const entries = new Map<string, number>();
  const first = before;
  let steps = 0;
  while (more && before.at < request.to) {
    more = await walk.onward(Math.min(request.to, before.at + stepMs), request.to);
    if (!(walk.at > before.at)) break;
    if (++steps > MOST_STEPS) throw new StateError(`more than ${MOST_STEPS} steps: give a longer --step`);
    const after = stopAt(walk, source, request.positions);
    request.onProgress?.(after.at);
    explainStop(before, after, fills, delivered, sums, unpriced, entries, steps === 1);
    fills = [];
    before = after;
  }
  if (steps === 0) throw new StateError('the log holds no market after --from and up to --to');
  if (sums.size === 0)
    throw new StateError('nothing was held in this stretch of the log: name what is held by --positions');
  return {
    from: first.at,
    to: before.at,
    steps,
    jumpUsd,
    unpriced,
    underlyings: [...sums].map(([underlying, { usd, coin }]) => {
      const [e0, e1] = [first.equity.get(underlying), before.equity.get(underlying)];
      return { underlying, usd, coin, observedCoin: e0 === undefined || e1 === undefined ? null : e1 - e0 };
    }),
  };
}

/** Where the walk has got to: `more` false when the log ends there; `from`: begin anew at that time instead, epoch ms. */
interface Begun {
  readonly more: boolean;
  readonly from: number | null;
}

/**
 * To `from`, or to where something is held and every option held that is still alive is priced; where that never comes, back
 * to the first time when most of them were.
 */
async function begin(walk: LogWalk, request: ExplainRequest): Promise<Begun> {
  if (request.from > -Infinity) return { more: await walk.until(request.from), from: null };
  let more = await walk.untilFirst();
  let best: { readonly at: number; readonly priced: number } | null = null;
  while (more) {
    const isHeld = request.positions !== null || heldPositions(walk.state).length > 0;
    if (!isHeld) {
      more = await walk.onward(walk.at + LOOK_MS);
      continue;
    }
    const { points, positions, at } = stopAt(walk, request.source, request.positions);
    const options = positions.filter((p) => p.kind === 'option' && p.size !== 0 && p.expiry > at);
    const priced = options.filter((p) => p.kind === 'option' && points.get(p.underlying)?.options.has(p.symbol)).length;
    if (positions.length > 0 && priced === options.length) return { more: true, from: null };
    if (priced > (best?.priced ?? 0)) best = { at, priced };
    more = await walk.onward(walk.at + LOOK_MS);
  }
  if (best === null)
    throw new StateError(
      request.positions === null
        ? 'nothing in the log is both held and priced: name what is held by --positions'
        : 'no option of --positions is priced anywhere in the log',
    );
  return { more: true, from: best.at };
}

function explainStop(
  before: Stop,
  after: Stop,
  fills: readonly OwnFillEvent[],
  delivered: ReadonlyMap<string, ReadonlyMap<number, number>>,
  sums: Map<string, { usd: ExplainedBook; coin: ExplainedBook }>,
  unpriced: Map<string, number>,
  entries: Map<string, number>,
  isFirst: boolean,
): void {
  const coins = new Set(before.positions.flatMap((p) => (p.underlying === null ? [] : [p.underlying])));
  const traded = fills.map((f) => explainedFill(f)).filter((f) => f !== null);
  for (const f of traded) coins.add(f.position.underlying);
  for (const coin of coins) {
    const [from, to] = [before.points.get(coin), after.points.get(coin)];
    const positions = before.positions.flatMap((p) => (p.underlying === coin ? [withEntry(p, from, entries)] : []));
    if (from === undefined || to === undefined) {
      for (const p of positions) {
        const name = p.kind === 'equity' ? p.currency : p.symbol;
        unpriced.set(name, (unpriced.get(name) ?? 0) + 1);
      }
      continue;
    }
    const input: BookStepInput = {
      positions,
      before: from,
      after: to,
      predicted: predictedFor(positions, before, after, to),
      delivered: delivered.get(coin) ?? new Map(),
      fills: traded.filter((f) => f.position.underlying === coin),
    };
    const step = explainBookStep(input);
    let sum = sums.get(coin);
    const isNew = sum === undefined;
    if (sum === undefined) sums.set(coin, (sum = { usd: noExplanation(), coin: noExplanation() }));
    addExplanation(sum.usd, step.usd, isFirst || isNew);
    addExplanation(sum.coin, step.coin, isFirst || isNew);
    for (const symbol of step.unpriced) unpriced.set(symbol, (unpriced.get(symbol) ?? 0) + 1);
  }
}

/** A future whose entry nobody stated earns from where the stretch first had a price of it, so that steps add up to values. */
function withEntry(p: Position, from: PricePoint | undefined, entries: Map<string, number>): Position {
  if (p.kind !== 'future' || p.entry > 0) return p;
  const key = `${p.account}|${p.symbol}`;
  const entry = entries.get(key) ?? from?.futures.get(p.symbol);
  if (entry === undefined) return p;
  entries.set(key, entry);
  return { ...p, entry };
}

/** Volatilities that the models of the start predict for the forwards of the end, by their own rule of dynamics. */
function predictedFor(positions: readonly Position[], before: Stop, after: Stop, to: PricePoint): Map<string, number> {
  const out = new Map<string, number>();
  for (const p of positions) {
    if (p.kind !== 'option') continue;
    const fit = before.fits.get(p.symbol);
    const mark = to.options.get(p.symbol);
    if (fit === undefined || mark === undefined) continue;
    const years = (p.expiry - after.at) / YEAR_MS;
    const [sigma] = volatilities(fit, years, mark.forward, [p.strike], after.at);
    if (sigma > 0) out.set(p.symbol, sigma);
  }
  return out;
}

const YEAR_MS = 365 * 86_400_000;

function stopAt(walk: LogWalk, source: string, own: readonly Position[] | null): Stop {
  const { state, at } = walk;
  const positions = own ?? heldPositions(state);
  const points = new Map<string, PricePoint>();
  const fits = new Map<string, Fit>();
  const homes = new Map<UnderlyingState, Position[]>();
  for (const p of positions) {
    const home = homeOf(state, p);
    const same = home === null ? undefined : homes.get(home);
    if (same !== undefined) same.push(p);
    else if (home !== null) homes.set(home, [p]);
  }
  // What is traded in the step must have a price too.
  for (const u of state.underlyings.values()) {
    const coin = coinOf(u.underlying);
    const held = points.get(coin);
    const options = new Map(held?.options);
    const futures = new Map(held?.futures);
    const funding = new Map(held?.funding);
    const listed: Position[] = u.expiries.flatMap((e) =>
      e.entries.map(({ instrument: i }) => ({
        kind: 'option', account: '', symbol: i.symbol, underlying: coin, side: i.side, strike: i.strike, expiry: i.expiry,
        settlement: i.settlement, size: 1, entry: NaN,
      })),
    ); // prettier-ignore
    const known = new Set(listed.map((p) => (p as { symbol: string }).symbol));
    const others = (homes.get(u) ?? []).filter((p) => p.kind === 'option' && !known.has(p.symbol));
    const book = priceBook(u, [...listed, ...others], at);
    for (const e of book.expiries) {
      const sigma = sourceVolatilities(book, e, source);
      e.options.forEach((o, i) => {
        if (sigma[i] > 0) options.set(o.symbol, { forward: e.forward, sigma: sigma[i] });
      });
      const fit = fitOf(e.state, source === 'venue' ? 'champion' : source);
      if (fit !== null) for (const o of e.options) fits.set(o.symbol, fit);
    }
    const index = u.index?.price ?? u.quotedIndex;
    for (const f of u.futures.values()) {
      const mark = f.mark ?? (f.bid !== null && f.ask !== null ? 0.5 * (f.bid + f.ask) : null);
      if (mark !== null) futures.set(f.symbol, mark);
      if (f.funding8h !== null) funding.set(f.symbol, f.funding8h);
    }
    // As everywhere else: a perpetual without a mark at the index, a dated future at its expiry's forward.
    const market = marketOf(state, book, source);
    for (const p of homes.get(u) ?? []) {
      if (p.kind !== 'future' || futures.has(p.symbol)) continue;
      const mark = market.futureMark(p.symbol, coin, p.expiry);
      if (mark > 0) futures.set(p.symbol, mark);
    }
    points.set(coin, { at, index: index > 0 ? index : (held?.index ?? NaN), options, futures, funding });
  }
  return { at, positions, points, fits, equity: equityOf(state) };
}

/** Equity by currency, where every account that speaks has told it. */
function equityOf(state: EngineState): Map<string, number> {
  const out = new Map<string, number>();
  for (const a of preferred(state.book.accounts.values()))
    for (const [currency, { equity }] of a.margins)
      if (equity !== null) out.set(currency, (out.get(currency) ?? 0) + equity);
  return out;
}

function explainedFill(f: OwnFillEvent): ExplainedFill | null {
  const holding = deribitHolding(f.symbol, 0, null);
  if (typeof holding === 'string' || holding.kind === 'cash') return null;
  const account = f.account === '' ? DEFAULT_ACCOUNT : f.account;
  return {
    position: { ...holding, account, entry: NaN },
    signed: f.direction === 'buy' ? f.amount : -f.amount,
    price: f.price,
    fee: f.fee ?? 0,
    feeInCoin: f.feeCurrency === null ? holding.settlement === 'inverse' : f.feeCurrency === holding.underlying,
  };
}

function noteDelivery(
  delivered: Map<string, Map<number, number>>,
  { underlying, expiry, price }: Extract<MarketEvent, { type: 'delivery' }>,
): void {
  const coin = coinOf(underlying);
  const known = delivered.get(coin) ?? new Map<number, number>();
  delivered.set(coin, known.set(expiry, price));
}
