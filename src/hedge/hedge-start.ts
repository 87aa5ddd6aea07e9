/**
 * The options of one expiry as a horizon begins, with the ratio of every hedging model made THEN, and the batch that
 * judges them when it has ended. Nothing that became known in between can enter a ratio: it is stored, not computed again.
 */
import { log } from '../numeric/exponential.ts';
import type { Observations } from '../model/contract.ts';
import type { ChainExpiry } from './chain-snapshot.ts';
import { deltaClassOf } from './bucket.ts';
import { vegaHedge, VEGA_HEDGE, type VegaHedge } from './vega-hedge.ts';
import { secondOrder } from './second-order.ts';
import { secondRow } from './hedge-outcome.ts';
import { HEDGE_FAMILIES, markGreeks, type HedgeView } from './hedge-family.ts';

/** How a table of pushed deltas is meant: dV/dF of the USD value; net of the premium; by a rule of the user's own. */
export type DeltaConvention = 'black' | 'premium-adjusted' | 'rule';

/** Deltas that a user's system pushed; plain data. */
export interface PushedDeltas {
  readonly model: string;
  /** Time they were made, epoch ms. */
  readonly at: number;
  readonly convention: DeltaConvention;
  readonly deltas: ReadonlyMap<string, number>;
  /** Content id of the push, where it is registered. */
  readonly content?: string;
}

/** What families know at the start beside the chain; `madeAt` says since when, by family (absent = the chain itself). */
export interface HedgeKnowledge extends Pick<HedgeView, 'models' | 'moves'> {
  /** By side. */
  readonly hullWhite: { readonly call: HedgeView['hullWhite']; readonly put: HedgeView['hullWhite'] };
  readonly madeAt: ReadonlyMap<string, number>;
}

/** The start of a horizon; plain data. Columns run over the options, `ratios` over options x members. */
export interface HedgeStart {
  readonly at: number;
  readonly expiry: number;
  readonly years: number;
  /** F of the expiry, USD. */
  readonly forward: number;
  /** Volatility at the forward and its slope d sigma/dk; NaN when unknown. */
  readonly atm: number;
  readonly atmSlope: number;
  readonly members: readonly string[];
  /** Time of the data that each member's ratios rest on, epoch ms. */
  readonly madeAt: readonly number[];
  /** Content ids of what they rest on, where it is registered; absent in a backtest. */
  readonly contents?: readonly (string | null)[];
  readonly symbols: readonly string[];
  readonly isCall: Uint8Array;
  readonly strike: Float64Array;
  /** F joined with the option's own quote, USD. */
  readonly forwards: Float64Array;
  /** Middle and half-spread, coin. */
  readonly price: Float64Array;
  readonly half: Float64Array;
  readonly sigma: Float64Array;
  readonly delta: Float64Array;
  readonly gamma: Float64Array;
  readonly vega: Float64Array;
  readonly theta: Float64Array;
  readonly vanna: Float64Array;
  /** dV/dF in coin per coin; NaN where a member has no answer. */
  readonly ratios: Float64Array;
  /** Change of each ratio since the start before, coin per coin; 0 where there was none. */
  readonly changes: Float64Array;
  /** The second leg of `delta-vega`. */
  readonly vegaHedge: VegaHedge;
}

/**
 * Freezes an expiry at `at`; options without a delta class are left out. Null with fewer than three options. `before`: the
 * start of the horizon that ends now, which hedges are changed from.
 */
export function hedgeStart(
  expiry: ChainExpiry,
  at: number,
  known: HedgeKnowledge,
  pushed: readonly PushedDeltas[],
  before: HedgeStart | null = null,
): HedgeStart | null {
  const rows = expiry.options
    .filter((o) => o.sigma > 0 && o.mark > 0)
    .map((option) => ({ option, greeks: markGreeks(option, expiry) }))
    .filter(({ greeks }) => deltaClassOf(greeks.delta) !== undefined);
  if (rows.length < 3) return null;
  const members = [...HEDGE_FAMILIES.map((f) => f.name), VEGA_HEDGE, ...pushed.map((p) => p.model)];
  const madeAt = [...HEDGE_FAMILIES.map((f) => known.madeAt.get(f.name) ?? at), at, ...pushed.map((p) => p.at)];
  const ratios = new Float64Array(rows.length * members.length);
  rows.forEach(({ option, greeks }, i) => {
    const view: HedgeView = { option, expiry, greeks, ...known, hullWhite: known.hullWhite[option.side] };
    const base = i * members.length;
    HEDGE_FAMILIES.forEach((f, j) => (ratios[base + j] = f.usdRatio(view)));
    pushed.forEach((p, j) => {
      const delta = p.deltas.get(option.symbol) ?? NaN;
      ratios[base + HEDGE_FAMILIES.length + 1 + j] = p.convention === 'premium-adjusted' ? delta + option.mark : delta;
    });
  });
  const column = (read: (row: (typeof rows)[number]) => number): Float64Array => Float64Array.from(rows, read);
  const columns = {
    forward: expiry.forward,
    symbols: rows.map((r) => r.option.symbol),
    isCall: Uint8Array.from(rows, (r) => (r.option.side === 'call' ? 1 : 0)),
    strike: column((r) => r.option.strike),
    forwards: column((r) => r.option.forward),
    price: column((r) => r.option.mark),
    half: column((r) => r.option.halfSpread),
    delta: column((r) => r.greeks.delta),
    vega: column((r) => r.greeks.vega),
  };
  const last = before === null ? null : { ...before.vegaHedge, symbols: before.symbols, half: before.half, price: before.price }; // prettier-ignore
  const place = HEDGE_FAMILIES.length;
  const second = vegaHedge(columns, known.moves.covariance, last, ratios, members.length, place);
  return {
    at,
    expiry: expiry.expiry,
    years: expiry.years,
    atm: known.models.atm,
    atmSlope: known.models.atmSlope,
    members,
    madeAt,
    ...columns,
    sigma: column((r) => r.option.sigma),
    gamma: column((r) => r.greeks.gamma),
    theta: column((r) => r.greeks.theta),
    vanna: column((r) => r.greeks.vanna),
    ratios,
    changes: changesOf(columns.symbols, members, ratios, before),
    vegaHedge: second,
  };
}

/** How far each ratio has moved from the start before; 0 where either has none. */
function changesOf(
  symbols: readonly string[],
  members: readonly string[],
  ratios: Float64Array,
  before: HedgeStart | null,
): Float64Array {
  const out = new Float64Array(ratios.length);
  if (before === null) return out;
  const width = members.length;
  const columns = members.map((name) => before.members.indexOf(name));
  const places = new Map(before.symbols.map((s, i) => [s, i]));
  symbols.forEach((symbol, o) => {
    const old = places.get(symbol);
    if (old === undefined) return;
    for (let j = 0; j < width; j++) {
      if (columns[j] < 0) continue;
      const change = ratios[o * width + j] - before.ratios[old * before.members.length + columns[j]];
      if (Math.abs(change) < Infinity) out[o * width + j] = change;
    }
  });
  return out;
}

/** A horizon that has ended: what prices did, parallel to the options that were two-sided at both ends. */
export interface HedgedBatch {
  readonly start: HedgeStart;
  readonly at: number;
  /** Years that passed. */
  readonly elapsed: number;
  readonly row: Int32Array;
  /** Observed change of the USD value over F at the start, and of the coin price. */
  readonly usd: Float64Array;
  readonly coin: Float64Array;
  /** One standard error of either from bids and asks. */
  readonly noise: Float64Array;
  /** Middle (coin) and F (USD) at the end, and F's change. */
  readonly priceAfter: Float64Array;
  readonly forwardAfter: Float64Array;
  readonly move: Float64Array;
  /** Black volatility at the end. */
  readonly sigmaAfter: Float64Array;
}

/** Observed middles deviate from fair by this share of a half-spread, as in calibration (methods note 1.5). */
const SPREAD_SHARE = 0.4;
const YEAR_MS = 365 * 86_400_000;

/** Ends a horizon with the chain of the same expiry at `at`; null when fewer than three options were there at both ends. */
export function endHorizon(start: HedgeStart, now: ChainExpiry, at: number): HedgedBatch | null {
  const later = new Map(now.options.map((o) => [o.symbol, o]));
  const row: number[] = [];
  const ends: ChainExpiry['options'][number][] = [];
  start.symbols.forEach((symbol, i) => {
    const end = later.get(symbol);
    if (end === undefined || !(end.mark > 0) || !(end.sigma > 0)) return;
    row.push(i);
    ends.push(end);
  });
  if (row.length < 3) return null;
  const column = (read: (i: number, e: (typeof ends)[number]) => number): Float64Array =>
    Float64Array.from(row, (i, j) => read(i, ends[j]));
  return {
    start,
    at,
    elapsed: (at - start.at) / YEAR_MS,
    row: Int32Array.from(row),
    usd: column((i, e) => (e.mark * e.forward - start.price[i] * start.forwards[i]) / start.forwards[i]),
    coin: column((i, e) => e.mark - start.price[i]),
    noise: column((i, e) => SPREAD_SHARE * Math.sqrt(start.half[i] * start.half[i] + e.halfSpread * e.halfSpread)),
    priceAfter: column((_, e) => e.mark),
    forwardAfter: column((_, e) => e.forward),
    move: column((i, e) => e.forward - start.forwards[i]),
    sigmaAfter: column((_, e) => e.sigma),
  };
}

/** The batch as the contract's observations: value = observed USD change over F at the start. */
export function hedgeObservations(batch: HedgedBatch): Observations {
  const { start, row } = batch;
  const n = row.length;
  const of = (column: Float64Array): Float64Array => Float64Array.from(row, (i) => column[i]);
  const strike = of(start.strike);
  const forward = of(start.forwards);
  const k = strike.map((K, i) => log(K / forward[i]));
  const scale = start.atm * Math.sqrt(start.years);
  const none = new Float64Array(n).fill(NaN);
  return {
    at: batch.at,
    years: start.years,
    forward: start.forward,
    k,
    x: scale > 0 ? k.map((v) => v / scale) : new Float64Array(n),
    strike,
    value: batch.usd,
    noise: batch.noise,
    low: none,
    high: none,
    venueValue: none,
    hedge: {
      from: start.at,
      row,
      forward,
      forwardMove: batch.move,
      gamma: of(start.gamma),
      vega: of(start.vega),
      theta: of(start.theta),
      ...secondColumns(batch),
    },
  };
}

/** What one coin of the second instrument did, over each option's F. */
function secondColumns(batch: HedgedBatch): { secondMove: Float64Array; secondNoise: Float64Array } {
  const { start, row } = batch;
  const { second } = start.vegaHedge;
  const r = secondRow(batch);
  const scale = (i: number): number => (r < 0 ? NaN : start.forwards[second] / start.forwards[i]);
  const move = r < 0 ? NaN : batch.usd[r] - secondOrder(batch, r);
  return {
    secondMove: Float64Array.from(row, (i) => scale(i) * move),
    secondNoise: Float64Array.from(row, (i) => scale(i) * (batch.noise[r] ?? NaN)),
  };
}
