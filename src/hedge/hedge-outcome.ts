/** What hedges of one option left over a horizon that has ended, in coin and in USD over F, before and after costs. */
import { FUTURE_FEE } from './hedge-costs.ts';
import { secondOrder } from './second-order.ts';
import { secondLegCost } from './vega-hedge.ts';
import type { HedgedBatch } from './hedge-start.ts';

/** One hedge of one option; filled anew for each, so that a chain allocates nothing. */
export interface HedgeOutcome {
  /** 1: the member had a hedge of its own; 0: Black's stood in. */
  own: 0 | 1;
  /** Change left of the coin value, and of the USD value over F at the start. */
  coin: number;
  usd: number;
  /** Move predicted and move seen, over F, gamma and theta taken out (slope test). */
  predicted: number;
  realised: number;
  /** Cost of rebalancing into the horizon, coin. */
  cost: number;
}

/** Nothing hedged. */
export function noOutcome(): HedgeOutcome {
  return { own: 0, coin: 0, usd: 0, predicted: 0, realised: 0, cost: 0 };
}

const ONE = (): number => 1;

/** What is subtracted of the premium: `usd` accounting, `coin` accounting (`hedge-family.ts`). */
export interface PremiumRule {
  readonly usd: 0 | 1;
  readonly coin: 0 | 1;
}

/** A hedge by the forward alone, of row `i` by member `j`. */
export function forwardOutcome(
  batch: HedgedBatch,
  i: number,
  j: number,
  premium: PremiumRule,
  out: HedgeOutcome,
): void {
  const { start } = batch;
  const o = batch.row[i];
  const at = o * start.members.length + j;
  const own = start.ratios[at];
  const isOwn = Math.abs(own) < Infinity;
  const ratio = isOwn ? own : start.delta[o];
  const relative = batch.move[i] / start.forwards[o];
  const inverse = 1 - start.forwards[o] / batch.forwardAfter[i];
  const second = secondOrder(batch, i);
  out.own = isOwn ? 1 : 0;
  out.coin = batch.coin[i] - (ratio - premium.coin * start.price[o]) * inverse;
  out.predicted = (ratio - premium.usd * start.price[o]) * relative;
  out.usd = batch.usd[i] - out.predicted;
  // The premium-adjusted ratio claims the coin value, the others the USD value.
  out.realised =
    premium.usd === 1 ? batch.coin[i] * (batch.forwardAfter[i] / start.forwards[o]) - second : batch.usd[i] - second;
  out.cost = FUTURE_FEE * Math.abs(start.changes[at]);
}

/** Row of the second instrument in a batch; -1 where it is not quoted at both ends. */
export function secondRow(batch: HedgedBatch): number {
  const { second } = batch.start.vegaHedge;
  return second < 0 ? -1 : batch.row.indexOf(second);
}

/**
 * The hedge by forward and second instrument (row `r`, see {@link secondRow}) of row `i` by member `j`; without a second
 * instrument, or for itself, Black's hedge stands in.
 */
export function pairOutcome(batch: HedgedBatch, i: number, j: number, r: number, out: HedgeOutcome): void {
  const { start } = batch;
  const { second, weights } = start.vegaHedge;
  const o = batch.row[i];
  const weight = weights[o];
  if (r < 0 || !(Math.abs(weight) < Infinity)) {
    forwardOutcome(batch, i, j, { usd: 0, coin: 1 }, out);
    out.own = 0;
    return;
  }
  const at = o * start.members.length + j;
  const f = start.forwards[o];
  const ratio = start.ratios[at];
  const relative = batch.move[i] / f;
  // A linear hedge of the USD value carries the premium of the second instrument as well.
  const usdRatio = ratio + weight * start.price[second];
  const gained = (weight * batch.usd[r] * start.forwards[second]) / f;
  const beyond = (weight * secondOrder(batch, r) * start.forwards[second]) / f;
  out.own = 1;
  out.coin = batch.coin[i] - (ratio - start.price[o]) * (1 - f / batch.forwardAfter[i]) + weight * batch.coin[r];
  out.usd = batch.usd[i] - usdRatio * relative + gained;
  out.predicted = usdRatio * relative - (gained - beyond);
  out.realised = batch.usd[i] - secondOrder(batch, i);
  out.cost = FUTURE_FEE * Math.abs(start.changes[at]) + secondLegCost(start.vegaHedge, [o], ONE);
}
