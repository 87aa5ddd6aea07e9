import { FUTURE_FEE } from '../hedge/hedge-costs.ts';
import { forwardOutcome, noOutcome, pairOutcome, secondRow } from '../hedge/hedge-outcome.ts';
import type { HedgedBatch } from '../hedge/hedge-start.ts';
import { addToHour, initHourSums, totalSince, type HourSums } from '../hedge/hour-sums.ts';
import { secondLegCost, VEGA_HEDGE } from '../hedge/vega-hedge.ts';
import type { HedgePairFields } from '../model/record.ts';
import { FIRST_CHAMPION } from './hedge-contest.ts';

/** Rows, squares unhedged, by delta, by delta and vega, costs of either, squares after costs of either. */
const [N, RAW2, DELTA2, VEGA2, DELTA_COST, VEGA_COST, DELTA_NET2, VEGA_NET2] = Array.from({ length: 8 }, (_, i) => i);
const PAIR_SUMS = 8;
/** Hours kept: five days. */
const HOURS = 120;

/** Delta alone against delta and vega on one expiry, by hour; plain data. */
export interface PairWatch {
  /** Rows are options hedged on their own; and whole books, one a horizon. */
  readonly chain: HourSums;
  readonly book: HourSums;
}

/** Nothing compared. */
export function initPairWatch(): PairWatch {
  return { chain: initHourSums(PAIR_SUMS, HOURS), book: initHourSums(PAIR_SUMS, HOURS) };
}

/** What is compared: coins, or USD over F where options settle in dollars. */
export interface PairScores {
  readonly chain: HedgePairFields | null;
  readonly book: HedgePairFields | null;
}

/**
 * Hedges every option of a horizon, and the book held in it (`sizes`, coins by symbol), by Black's delta in the right
 * convention alone and with the second instrument, and adds it to the expiry's hours. Judged are the options that had both;
 * in a book trades net before they cost.
 */
export function addPair(
  watch: PairWatch,
  batch: HedgedBatch,
  settlement: 'coin' | 'usd',
  sizes: ReadonlyMap<string, number>,
): PairScores {
  const { start, row } = batch;
  const [delta, pair] = [start.members.indexOf(FIRST_CHAMPION), start.members.indexOf(VEGA_HEDGE)];
  const second = secondRow(batch);
  if (second < 0 || pair < 0) return { chain: null, book: null };
  const width = start.members.length;
  const chain = new Float64Array(PAIR_SUMS);
  const one = new Float64Array(PAIR_SUMS);
  const [alone, both] = [noOutcome(), noOutcome()];
  const held = { n: 0, raw: 0, delta: 0, vega: 0, deltaTurn: 0, vegaTurn: 0, options: [] as number[] };
  for (let i = 0; i < row.length; i++) {
    const o = row[i];
    pairOutcome(batch, i, pair, second, both);
    if (both.own === 0) continue;
    forwardOutcome(batch, i, delta, { usd: 0, coin: 1 }, alone);
    const raw = settlement === 'coin' ? batch.coin[i] : batch.usd[i];
    const [a, b] = settlement === 'coin' ? [alone.coin, both.coin] : [alone.usd, both.usd];
    setRow(one, raw, a, b, alone.cost, both.cost);
    for (let j = 0; j < PAIR_SUMS; j++) chain[j] += one[j];
    const size = sizes.get(start.symbols[o]) ?? 0;
    if (size === 0) continue;
    held.n++;
    held.raw += size * raw;
    held.delta += size * a;
    held.vega += size * b;
    held.deltaTurn += size * start.changes[o * width + delta];
    held.vegaTurn += size * start.changes[o * width + pair];
    held.options.push(o);
  }
  const name = start.symbols[start.vegaHedge.second];
  if (chain[N] > 0) addToHour(watch.chain, batch.at, chain);
  let book: HedgePairFields | null = null;
  if (held.n > 0) {
    const legs = secondLegCost(start.vegaHedge, held.options, (o) => sizes.get(start.symbols[o]) ?? 0);
    const costs = [FUTURE_FEE * Math.abs(held.deltaTurn), FUTURE_FEE * Math.abs(held.vegaTurn) + legs] as const;
    setRow(one, held.raw, held.delta, held.vega, costs[0], costs[1]);
    addToHour(watch.book, batch.at, one);
    book = {
      instrument: name,
      n: held.n,
      unhedged: held.raw,
      delta: held.delta,
      delta_vega: held.vega,
      delta_cost: costs[0],
      delta_vega_cost: costs[1],
      delta_net: held.delta - costs[0],
      delta_vega_net: held.vega - costs[1],
    };
  }
  return { chain: chain[N] > 0 ? pairFields(name, chain) : null, book };
}

function setRow(
  out: Float64Array,
  raw: number,
  delta: number,
  vega: number,
  deltaCost: number,
  vegaCost: number,
): void {
  out[N] = 1;
  out[RAW2] = raw * raw;
  out[DELTA2] = delta * delta;
  out[VEGA2] = vega * vega;
  out[DELTA_COST] = deltaCost;
  out[VEGA_COST] = vegaCost;
  out[DELTA_NET2] = (delta - deltaCost) * (delta - deltaCost);
  out[VEGA_NET2] = (vega - vegaCost) * (vega - vegaCost);
}

function pairFields(instrument: string, t: Float64Array): HedgePairFields {
  const root = (place: number): number => Math.sqrt(t[place] / t[N]);
  return {
    instrument,
    n: t[N],
    unhedged: root(RAW2),
    delta: root(DELTA2),
    delta_vega: root(VEGA2),
    delta_cost: t[DELTA_COST] / t[N],
    delta_vega_cost: t[VEGA_COST] / t[N],
    delta_net: root(DELTA_NET2),
    delta_vega_net: root(VEGA_NET2),
  };
}

/** Root mean squares and mean costs over the hours kept, of options or of the book; null without any. */
export function pairTotals(watch: PairWatch, of: keyof PairWatch, instrument: string): HedgePairFields | null {
  const totals = totalSince(watch[of], -Infinity);
  return totals[N] > 0 ? pairFields(instrument, totals) : null;
}
