/**
 * Explains what a book of one coin earned over a step: Taylor terms at the start, exact revaluation in steps, funding, fees,
 * basis and trades, in USD and (coin-margined holdings) in coin. Positions are those at the start; what was traded
 * meanwhile is a line of its own. Verified by `test/portfolio/book-explain.test.ts`.
 */
import { yearsBetween } from '../market/year-fraction.ts';
import { explainStep, type Explanation, type ExplainStep } from './pnl-explain.ts';
import type { FuturePosition, OptionPosition, Position } from './position.ts';

/** Prices of one coin's holdings at one time. */
export interface PricePoint {
  /** Epoch ms. */
  readonly at: number;
  /** USD. */
  readonly index: number;
  /** By symbol: forward (USD) and volatility (fraction) of the source; absent = no price. */
  readonly options: ReadonlyMap<string, { readonly forward: number; readonly sigma: number }>;
  /** By symbol: marks, USD. */
  readonly futures: ReadonlyMap<string, number>;
  /** By symbol of a perpetual: funding rate per 8 hours, fraction; longs pay it where positive. */
  readonly funding: ReadonlyMap<string, number>;
}

/** One fill of the step. */
export interface ExplainedFill {
  readonly position: OptionPosition | FuturePosition;
  /** Positive = bought; unit of the position. */
  readonly signed: number;
  readonly price: number;
  /** Paid (negative: received), and whether in coin; 0 where unknown. */
  readonly fee: number;
  readonly feeInCoin: boolean;
}

/** A step to explain. */
export interface BookStepInput {
  readonly positions: readonly Position[];
  readonly before: PricePoint;
  readonly after: PricePoint;
  /** By symbol: the volatility that the model of the start predicted for the market of the end; absent = none. */
  readonly predicted: ReadonlyMap<string, number>;
  /** By expiry: delivery price of what expired in the step, USD. */
  readonly delivered: ReadonlyMap<number, number>;
  readonly fills: readonly ExplainedFill[];
}

/** Named terms, in the order they are told. */
export const EXPLAIN_TERMS = [
  'delta', 'gamma', 'vega', 'theta', 'vanna', 'volga', 'charm', 'veta', 'speed', 'zomma',
  'futures', 'equity', 'basis', 'funding', 'trades', 'fees',
] as const; // prettier-ignore
/** One of {@link EXPLAIN_TERMS}. */
export type ExplainTerm = (typeof EXPLAIN_TERMS)[number];

/** What a step came to in one numeraire. */
export interface ExplainedBook {
  valueBefore: number;
  valueAfter: number;
  /** Revaluation of what was held, with funding, trades and fees. */
  pnl: number;
  readonly terms: Record<ExplainTerm, number>;
  /** What all terms leave. */
  residual: number;
  /** Of `vega`: under the volatility that the model predicted for the new forward, and beyond it. */
  vegaPredicted: number;
  vegaUnpredicted: number;
  /** Exact revaluation of the options: time, then forward, then volatility. */
  stepTime: number;
  stepForward: number;
  stepVolatility: number;
}

/** A step in both numeraires, with what could not be priced at both ends. */
export interface ExplainedBookStep {
  readonly usd: ExplainedBook;
  readonly coin: ExplainedBook;
  readonly unpriced: readonly string[];
}

/** All zero. */
export function noExplanation(): ExplainedBook {
  return {
    valueBefore: 0,
    valueAfter: 0,
    pnl: 0,
    terms: Object.fromEntries(EXPLAIN_TERMS.map((t) => [t, 0])) as Record<ExplainTerm, number>,
    residual: 0,
    vegaPredicted: 0,
    vegaUnpredicted: 0,
    stepTime: 0,
    stepForward: 0,
    stepVolatility: 0,
  };
}

/** Adds step b to the sum a: profit and terms add up, the values are those of the first start and the last end. */
export function addExplanation(a: ExplainedBook, b: ExplainedBook, isFirst: boolean): void {
  if (isFirst) a.valueBefore = b.valueBefore;
  a.valueAfter = b.valueAfter;
  for (const t of EXPLAIN_TERMS) a.terms[t] += b.terms[t];
  for (const f of [
    'pnl',
    'residual',
    'vegaPredicted',
    'vegaUnpredicted',
    'stepTime',
    'stepForward',
    'stepVolatility',
  ] as const)
    a[f] += b[f];
}

/** Explains one step of one coin's holdings. */
export function explainBookStep(input: BookStepInput): ExplainedBookStep {
  const out: ExplainedBookStep = { usd: noExplanation(), coin: noExplanation(), unpriced: [] };
  const unpriced: string[] = [];
  for (const p of input.positions) {
    if (p.kind === 'equity') explainCash(p.underlying === null ? 0 : p.size, input, out);
    else if (p.kind === 'future' ? !explainFuture(p, input, out) : !explainOption(p, input, out))
      unpriced.push(p.symbol);
  }
  for (const fill of input.fills) if (!explainFill(fill, input, out)) unpriced.push(fill.position.symbol);
  for (const book of [out.usd, out.coin]) {
    let explained = 0;
    for (const t of EXPLAIN_TERMS) explained += book.terms[t];
    book.pnl += book.terms.funding + book.terms.trades + book.terms.fees;
    book.residual = book.pnl - explained;
  }
  return { ...out, unpriced };
}

function revalued(book: ExplainedBook, before: number, after: number): void {
  book.valueBefore += before;
  book.valueAfter += after;
  book.pnl += after - before;
}

/** Coins held move with the index. */
function explainCash(coins: number, { before, after }: BookStepInput, { usd, coin }: ExplainedBookStep): void {
  revalued(usd, coins * before.index, coins * after.index);
  usd.terms.equity += coins * (after.index - before.index);
  revalued(coin, coins, coins);
}

function explainFuture(p: FuturePosition, input: BookStepInput, { usd, coin }: ExplainedBookStep): boolean {
  const { before, after } = input;
  const from = before.futures.get(p.symbol);
  const to = after.futures.get(p.symbol) ?? (p.expiry === null ? undefined : input.delivered.get(p.expiry));
  if (from === undefined || to === undefined || !(from > 0 && to > 0)) return false;
  const rate = 0.5 * ((before.funding.get(p.symbol) ?? 0) + (after.funding.get(p.symbol) ?? 0));
  const share = (-rate * (after.at - before.at)) / FUNDING_MS;
  if (p.settlement === 'linear') {
    const gain = p.size * (to - from);
    const open = Number.isNaN(p.entry) ? 0 : p.size * (from - p.entry);
    revalued(usd, open, open + gain);
    usd.terms.futures += gain;
    usd.terms.funding += p.size * from * share;
    return true;
  }
  const gain = p.size * (1 / from - 1 / to);
  // Coins won so far are coins held: they move with the index like cash.
  const open = Number.isNaN(p.entry) ? 0 : p.size * (1 / p.entry - 1 / from);
  revalued(coin, open, open + gain);
  coin.terms.futures += gain;
  revalued(usd, open * before.index, (open + gain) * after.index);
  usd.terms.futures += gain * after.index;
  usd.terms.equity += open * (after.index - before.index);
  const funding = (p.size / from) * share;
  coin.terms.funding += funding;
  usd.terms.funding += funding * after.index;
  return true;
}

const FUNDING_MS = 8 * 3_600_000;

function explainOption(p: OptionPosition, input: BookStepInput, { usd, coin }: ExplainedBookStep): boolean {
  const step = stepOf(p, input);
  if (step === null) return false;
  const { before, after } = input;
  const { size, settlement } = p;
  const inUsd = explainStep(step, 'usd');
  if (!Number.isFinite(inUsd.pnl) || !Number.isFinite(inUsd.residualAll)) return false;
  const isInverse = settlement === 'inverse';
  // A coin option is worth index / F of what Black's price in USD says.
  const [basisBefore, basisAfter] = isInverse
    ? [before.index / step.forwardBefore, after.index / step.forwardAfter]
    : [1, 1];
  revalued(usd, size * basisBefore * inUsd.valueBefore, size * basisAfter * inUsd.valueAfter);
  addTerms(usd, inUsd, size * basisBefore);
  usd.terms.basis += size * (basisAfter - basisBefore) * inUsd.valueAfter;
  splitVega(usd, step, inUsd, size * basisBefore, input.predicted.get(p.symbol));
  if (!isInverse) return true;
  const inCoin = explainStep(step, 'coin');
  revalued(coin, size * inCoin.valueBefore, size * inCoin.valueAfter);
  addTerms(coin, inCoin, size);
  splitVega(coin, step, inCoin, size, input.predicted.get(p.symbol));
  return true;
}

function stepOf(p: OptionPosition, { before, after, delivered }: BookStepInput): ExplainStep | null {
  const from = before.options.get(p.symbol);
  if (from === undefined) return null;
  const years = yearsBetween(before.at, p.expiry);
  const isOver = p.expiry <= after.at;
  const to = isOver
    ? { forward: delivered.get(p.expiry) ?? after.index, sigma: from.sigma }
    : after.options.get(p.symbol);
  if (to === undefined || !(years > 0)) return null;
  return {
    side: p.side,
    strike: p.strike,
    forwardBefore: from.forward,
    forwardAfter: to.forward,
    years,
    elapsed: isOver ? years : yearsBetween(before.at, after.at),
    sigmaBefore: from.sigma,
    sigmaAfter: to.sigma,
  };
}

function addTerms(book: ExplainedBook, e: Explanation, scale: number): void {
  for (const t of ['delta', 'gamma', 'vega', 'theta', 'vanna', 'volga', 'charm', 'veta', 'speed', 'zomma'] as const)
    book.terms[t] += scale * e[t];
  book.stepTime += scale * e.stepTime;
  book.stepForward += scale * e.stepForward;
  book.stepVolatility += scale * e.stepVolatility;
}

/** The move that the model predicted is no error of it; only what is beyond tests it (methods note, correction 16). */
function splitVega(
  book: ExplainedBook,
  s: ExplainStep,
  e: Explanation,
  scale: number,
  predicted: number | undefined,
): void {
  const move = s.sigmaAfter - s.sigmaBefore;
  const share = predicted === undefined || move === 0 ? 0 : (predicted - s.sigmaBefore) / move;
  const vega = scale * e.vega;
  const known = predicted !== undefined && move === 0 ? 0 : vega * share;
  book.vegaPredicted += known;
  book.vegaUnpredicted += vega - known;
}

/** A trade earns from its price to the value at the end of the step, and costs its fee. */
function explainFill(fill: ExplainedFill, input: BookStepInput, { usd, coin }: ExplainedBookStep): boolean {
  const { position: p, signed, price, fee, feeInCoin } = fill;
  const { after } = input;
  const isInverse = p.settlement === 'inverse';
  if (feeInCoin) coin.terms.fees -= fee;
  usd.terms.fees -= fee * (feeInCoin ? after.index : 1);
  let gain: number;
  if (p.kind === 'future') {
    const mark = after.futures.get(p.symbol);
    if (mark === undefined || !(price > 0)) return false;
    gain = isInverse ? signed * (1 / price - 1 / mark) : signed * (mark - price);
  } else {
    const to = after.options.get(p.symbol);
    const years = yearsBetween(after.at, p.expiry);
    if (to === undefined || !(years > 0)) return false;
    const still: ExplainStep = {
      side: p.side, strike: p.strike, forwardBefore: to.forward, forwardAfter: to.forward, years, elapsed: 0,
      sigmaBefore: to.sigma, sigmaAfter: to.sigma,
    }; // prettier-ignore
    gain = signed * (explainStep(still, isInverse ? 'coin' : 'usd').valueAfter - price);
  }
  if (isInverse) coin.terms.trades += gain;
  usd.terms.trades += isInverse ? gain * after.index : gain;
  return true;
}
