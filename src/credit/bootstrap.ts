/** Exact calibration: one flat forward hazard per quote, solved in order of maturity. */
import { exp } from '../numeric/exponential.ts';
import { ANNUITY, ANNUITY_SLOPE, PROTECTION, PROTECTION_SLOPE, segmentLegs } from './cds-grid.ts';
import type { CdsGrid } from './cds-grid.ts';
import { checkQuotes, refusal } from './cds-quote.ts';
import type { CdsQuote, CreditRefusal } from './cds-quote.ts';
import type { ArbitrageMode, BootstrapOutcome, CurveNode } from './credit-curve.ts';
import type { CurveGrid } from './curve-grid.ts';
import { SLOPE, VALUE, solveHazard } from './hazard-search.ts';
import { fromForwardRates } from './integrated-rate.ts';
import { upfrontOfQuotedSpread } from './quoted-spread.ts';

/** What a bootstrap may be told. */
export interface BootstrapOptions {
  readonly recovery: number;
  /** Default `ignore`. */
  readonly arbitrage?: Exclude<ArbitrageMode, 'constrained'>;
  /** Hazards of an earlier curve over the same nodes, 1/year: where the search begins. The result does not depend on it beyond rounding. */
  readonly start?: readonly number[];
}

/** Quotes as what every kind is turned into: a coupon, and the clean upfront that it should be worth. */
export interface NormalisedQuotes {
  readonly coupons: Float64Array;
  readonly upfronts: Float64Array;
  /** d upfront / d spread of a quoted spread; NaN for the other kinds. */
  readonly conversions: Float64Array;
}

/** Exponents beyond which survival leaves the range of a double. */
const MOST_INTEGRATED = 600;
/** Survival below which a later quote cannot be told from rounding. */
const NOBODY_LEFT = 1e-13;
/** Largest pricing error an exact node may keep, per unit notional. */
const RESIDUAL_LIMIT = 1e-12;

/** Turns quotes into (coupon, upfront) pairs; refuses one for which no flat hazard exists. */
export function normaliseQuotes(
  grid: CurveGrid,
  quotes: readonly CdsQuote[],
  recovery: number,
): NormalisedQuotes | CreditRefusal {
  const n = quotes.length;
  const coupons = new Float64Array(n);
  const upfronts = new Float64Array(n);
  const conversions = new Float64Array(n).fill(NaN);
  for (let i = 0; i < n; i++) {
    const { kind, coupon, value, node } = quotes[i];
    coupons[i] = kind === 'par' ? value : coupon;
    if (kind === 'upfront') upfronts[i] = value;
    if (kind !== 'quoted') continue;
    const converted = upfrontOfQuotedSpread(grid.flatGrids[i], value, coupon, recovery);
    if (converted.status !== 'ok')
      return refusal('upfront-bound', node, value, converted.bound, `no flat hazard has the quoted spread ${value}`);
    upfronts[i] = converted.value;
    conversions[i] = converted.slope;
  }
  return { coupons, upfronts, conversions };
}

/**
 * Calibrates a curve to its quotes: forward hazards flat between nodes, each quote re-priced within 1e-12 of notional, no cap
 * on the hazard. `quotes` are those the grid was built for. Refusals name the node and the number.
 * Verified by `isda_bootstrap.csv`, `distressed_published_inputs.csv` of the vectors.
 */
export function bootstrapHazards(
  grid: CurveGrid,
  quotes: readonly CdsQuote[],
  options: BootstrapOptions,
): BootstrapOutcome {
  const { recovery, arbitrage = 'ignore', start } = options;
  const wrong = checkQuotes(grid.trade, recovery, quotes);
  if (wrong) return wrong;
  const pairs = normaliseQuotes(grid, quotes, recovery);
  if ('status' in pairs) return pairs;
  const n = quotes.length;
  const hazards: number[] = [];
  const nodes: CurveNode[] = [];
  let integral = 0;
  for (let i = 0; i < n; i++) {
    const node = quotes[i].node;
    const problem = nodeProblem(grid, i, hazards, pairs, recovery);
    problem(0, found);
    const valueAtZero = found[VALUE] / grid.grids[i].settleDiscount;
    const begin = i === 0 ? 0 : grid.knots[i - 1];
    const length = grid.knots[i] - begin;
    let hazard = 0;
    let status: CurveNode['status'] = 'ok';
    if (valueAtZero > RESIDUAL_LIMIT && arbitrage === 'fail')
      return refusal(
        'arbitrage',
        node,
        valueAtZero,
        0,
        `worth ${valueAtZero} to the buyer with no hazard at all after ${i === 0 ? 'today' : quotes[i - 1].node}`,
      );
    if (valueAtZero > RESIDUAL_LIMIT && arbitrage === 'zero') status = 'zero';
    else if (!(valueAtZero >= 0 && valueAtZero <= RESIDUAL_LIMIT)) {
      // (An arbitrage the size of rounding is none: the hazard is zero.)
      const guess = start?.[i] ?? firstGuess(pairs, i, grid.knots[i], recovery, hazards);
      hazard = solveHazard(problem, guess, -MOST_INTEGRATED / length, found);
      if (Number.isNaN(hazard)) return noHazard(grid, quotes[i], exp(-integral), problem, found);
      if (hazard < 0 && valueAtZero < 0) hazard = 0; // The root is positive, and smaller than rounding.
      if (hazard < 0) status = 'negative';
    }
    const residual = found[VALUE] / grid.grids[i].settleDiscount;
    if (status !== 'zero' && !(Math.abs(residual) <= RESIDUAL_LIMIT * (1 + Math.abs(pairs.coupons[i]))))
      return refusal('numerical-failure', node, residual, RESIDUAL_LIMIT, `re-priced only to ${residual}`);
    integral += hazard * length;
    hazards.push(hazard);
    nodes.push({
      node,
      years: grid.knots[i],
      integratedHazard: integral,
      survival: exp(-integral),
      hazard,
      status,
      residual,
      valueAtZero,
      multiplier: 0,
    });
  }
  return {
    status: 'ok',
    trade: grid.trade,
    recovery,
    accrual: grid.accrual,
    curve: fromForwardRates(grid.knots, hazards),
    hazards,
    nodes,
    upfronts: [...pairs.upfronts],
  };
}

/** Scratch; written before it is read in every call. */
const legs = new Float64Array(4);
const found = new Float64Array(2);

/** Where the search begins: the spread plus the amortised upfront over the loss, less what earlier nodes explain. */
function firstGuess(
  pairs: NormalisedQuotes,
  i: number,
  years: number,
  recovery: number,
  hazards: readonly number[],
): number {
  const level = (pairs.coupons[i] + pairs.upfronts[i] / years) / (1 - recovery);
  return i === 0 ? Math.max(level, 1e-6) : Math.max(0.5 * (level + hazards[i - 1]), 1e-6);
}

/**
 * Value to the buyer less the quote, discounted to the trade date, as a function of the hazard between node i-1 and node i;
 * what earlier hazards decide is summed once.
 */
function nodeProblem(
  grid: CurveGrid,
  i: number,
  hazards: readonly number[],
  pairs: NormalisedQuotes,
  recovery: number,
): (hazard: number, out: Float64Array) => void {
  const g: CdsGrid = grid.grids[i];
  const loss = 1 - recovery;
  const coupon = pairs.coupons[i];
  let fixed = (coupon * g.accrued - pairs.upfronts[i]) * g.settleDiscount;
  let integral = 0;
  for (let s = 0; s < i; s++) {
    const begin = s === 0 ? 0 : grid.knots[s - 1];
    if (g.firstInterval[s + 1] > g.firstInterval[s]) {
      segmentLegs(g, s, hazards[s], integral + hazards[s] * (g.entryTime[s] - begin), legs);
      fixed += loss * legs[PROTECTION] - coupon * legs[ANNUITY];
    }
    integral += hazards[s] * (grid.knots[s] - begin);
  }
  const early = g.entryTime[i] - (i === 0 ? 0 : grid.knots[i - 1]);
  return (hazard, out) => {
    segmentLegs(g, i, hazard, integral + hazard * early, legs);
    const own = loss * legs[PROTECTION] - coupon * legs[ANNUITY];
    out[VALUE] = fixed + own;
    out[SLOPE] = loss * legs[PROTECTION_SLOPE] - coupon * legs[ANNUITY_SLOPE] - early * own;
  };
}

/** Why no hazard meets a quote: default at once would not be worth enough, or survival for certain too much. */
function noHazard(
  grid: CurveGrid,
  quote: CdsQuote,
  alive: number,
  problem: (hazard: number, out: Float64Array) => void,
  at: Float64Array,
): CreditRefusal {
  if (alive < NOBODY_LEFT)
    return refusal(
      'numerical-failure',
      quote.node,
      alive,
      NOBODY_LEFT,
      `survival before this node is ${alive}: the quote says nothing about it`,
    );
  const missing = at[VALUE] / grid.grids[0].settleDiscount;
  if (!Number.isFinite(missing))
    return refusal('numerical-failure', quote.node, missing, NaN, 'no finite value at any hazard');
  problem(0, at);
  return missing < 0
    ? refusal(
        'upfront-bound',
        quote.node,
        quote.value,
        quote.value + missing,
        `no finite hazard: default at once is worth ${-missing} too little`,
      )
    : refusal('arbitrage', quote.node, missing, 0, `no hazard, however negative, is low enough: ${missing} too much`);
}
