import { secondOrder } from '../hedge/second-order.ts';
import type { HedgedBatch } from '../hedge/hedge-start.ts';
import { addToHour, type HourSums } from '../hedge/hour-sums.ts';
import { deltaClassOf, bucketKey, tenorOf } from '../hedge/bucket.ts';
import { championRatio } from './hedge-target.ts';
import type { HedgeWatch } from './hedge-state.ts';

/** Parts of a change in value, in the order of their sums; they add up to the last. */
export const EXPLAIN_TERMS = [
  'delta',
  'predicted volatility',
  'gamma',
  'theta',
  'unforeseen volatility',
  'residual',
  'total',
] as const;

/**
 * Adds what a horizon did to the options held (`sizes`, coins by symbol; null = one coin of every option): Black's delta;
 * the volatility move that the model relied on predicted with the forward's; gamma; theta; the rest of the move at the
 * money; and what is left. Coins at the forward of the start.
 */
export function explainHorizon(
  watch: HedgeWatch,
  into: HourSums,
  batch: HedgedBatch,
  atmAfter: number,
  sizes: ReadonlyMap<string, number> | null,
  underlying: string,
): void {
  const { start } = batch;
  const terms = new Float64Array(EXPLAIN_TERMS.length);
  const atmMove = atmAfter - start.atm;
  for (let i = 0; i < batch.row.length; i++) {
    const o = batch.row[i];
    const size = sizes === null ? 1 : (sizes.get(start.symbols[o]) ?? 0);
    if (size === 0) continue;
    const x = batch.move[i] / start.forwards[o];
    const side = start.isCall[o] === 1 ? ('call' as const) : ('put' as const);
    const cls = deltaClassOf(start.delta[o]) ?? '50-98';
    const held = watch.buckets.get(bucketKey({ underlying, side, tenor: tenorOf(start.years), delta: cls }));
    const delta = start.delta[o] * x;
    const predicted = (championRatio(held, start, o) - start.delta[o]) * x;
    const theta = (start.theta[o] * batch.elapsed) / start.forwards[o];
    const gamma = secondOrder(batch, i) - theta;
    const vega = Number.isFinite(atmMove) ? (start.vega[o] * atmMove) / start.forwards[o] - predicted : 0;
    const total = batch.usd[i];
    const residual = total - delta - predicted - gamma - theta - vega;
    [delta, predicted, gamma, theta, vega, residual, total].forEach((v, j) => (terms[j] += size * v));
  }
  addToHour(into, batch.at, terms);
}
