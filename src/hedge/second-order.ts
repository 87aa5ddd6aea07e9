import type { HedgedBatch } from './hedge-start.ts';

/** Gamma and theta of one row over F: what Black says besides the first order. */
export function secondOrder(batch: HedgedBatch, i: number): number {
  const { start } = batch;
  const o = batch.row[i];
  const move = batch.move[i];
  return (0.5 * start.gamma[o] * move * move + start.theta[o] * batch.elapsed) / start.forwards[o];
}
