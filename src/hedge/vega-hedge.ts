/**
 * The two-instrument hedge `delta-vega`: a future and the expiry's option at the money together, by minimum variance of
 * (dlnF, d sigma_atm) with the costs of both (`instrument-hedge.ts`). Weights and costs are those of the start of a
 * horizon. Coins per coin of the option hedged; long positive.
 */
import { instrumentHedge } from './instrument-hedge.ts';
import { OPTION_FEE, OPTION_FEE_CAP, FUTURE_FEE } from './hedge-costs.ts';

/** Its name in contests and records. */
export const VEGA_HEDGE = 'delta-vega';

/** What one coin of an instrument does: net delta, vega over F (coin per unit volatility), cost of trading it, coin. */
export interface HedgeInstrument {
  readonly net: number;
  readonly vegaCoin: number;
  readonly cost: number;
}

/**
 * Coins of the forward (coin-margined) and of the second instrument that hedge one coin of an option; undefined when they
 * cannot be told apart. `covariance`: 2 x 2 of (dlnF, d sigma_atm) over the time the hedge is held; `fee`: of the future,
 * share of notional.
 */
export function twoInstrumentWeights(
  option: Pick<HedgeInstrument, 'net' | 'vegaCoin'>,
  second: HedgeInstrument,
  covariance: ArrayLike<number>,
  fee: number,
): { readonly future: number; readonly second: number } | undefined {
  const hedge = instrumentHedge({
    exposures: [option.net, option.vegaCoin],
    instruments: [1, second.net, 0, second.vegaCoin],
    covariance,
    cost: [fee * fee, 0, 0, second.cost * second.cost],
  });
  return hedge.status === 'singular' ? undefined : { future: hedge.weights[0], second: hedge.weights[1] };
}

/** The columns of a horizon's start that the hedge is made of. */
export interface VegaHedgeColumns {
  readonly symbols: readonly string[];
  readonly isCall: Uint8Array;
  readonly strike: Float64Array;
  readonly forward: number;
  readonly forwards: Float64Array;
  readonly price: Float64Array;
  readonly half: Float64Array;
  readonly delta: Float64Array;
  readonly vega: Float64Array;
}

/** The hedge of every option of an expiry as a horizon begins; plain data. */
export interface VegaHedge {
  /** Place of the second instrument among the options; -1 without one. */
  readonly second: number;
  /** Coins of it a coin of each option; NaN where there is no hedge of two instruments (itself among them). */
  readonly weights: Float64Array;
  /** Weights of the hedge before, by option; NaN where nothing was held. */
  readonly before: Float64Array;
  /** Cost of trading a coin of the second instrument, coin, and of the one before where that was another; NaN without. */
  readonly cost: number;
  readonly costBefore: number;
}

/**
 * What changing the second leg cost, coin, of one coin of option `i` or of `size(i)` of several at once (they net):
 * nothing is charged for opening one.
 */
export function secondLegCost(h: VegaHedge, options: Iterable<number>, size: (i: number) => number): number {
  let [changed, sold, bought] = [0, 0, 0];
  for (const i of options) {
    if (!(Math.abs(h.before[i]) < Infinity) || !(Math.abs(h.weights[i]) < Infinity)) continue;
    changed += size(i) * (h.weights[i] - h.before[i]);
    sold += size(i) * h.before[i];
    bought += size(i) * h.weights[i];
  }
  if (Number.isNaN(h.costBefore)) return Math.abs(changed) * (h.cost > 0 ? h.cost : 0);
  return Math.abs(sold) * h.costBefore + Math.abs(bought) * h.cost;
}

/** An option at the money stays the second instrument while its |delta| is within these. */
const KEPT: readonly [number, number] = [0.3, 0.7];

/** The second instrument: the one before while it is near the money, else the out-of-the-money option nearest to F; -1 without. */
function secondOf(c: VegaHedgeColumns, before: string | null): number {
  const kept = before === null ? -1 : c.symbols.indexOf(before);
  if (kept >= 0 && Math.abs(c.delta[kept]) >= KEPT[0] && Math.abs(c.delta[kept]) <= KEPT[1]) return kept;
  let best = -1;
  for (let i = 0; i < c.symbols.length; i++) {
    if ((c.isCall[i] === 1) !== c.strike[i] >= c.forward || !(c.half[i] > 0) || !(c.vega[i] > 0)) continue;
    if (best < 0 || Math.abs(c.strike[i] - c.forward) < Math.abs(c.strike[best] - c.forward)) best = i;
  }
  return best;
}

/** Cost of trading one coin of an option at the touch: its half-spread and the venue's fee. */
export function optionCost(half: number, price: number): number {
  return half + Math.min(OPTION_FEE, OPTION_FEE_CAP * price);
}

/**
 * Weights for every option, beside those of the hedge `before` that they are reached from. Ratios go to `ratios` at `place` of
 * every `width`: dV/dF in coin per coin such that the forward held is -(ratio - premium).
 */
export function vegaHedge(
  columns: VegaHedgeColumns,
  covariance: ArrayLike<number> | undefined,
  before: (VegaHedge & Pick<VegaHedgeColumns, 'symbols' | 'half' | 'price'>) | null,
  ratios: Float64Array,
  width: number,
  place: number,
): VegaHedge {
  const n = columns.symbols.length;
  const weights = new Float64Array(n).fill(NaN);
  const old = new Float64Array(n).fill(NaN);
  const heldBefore = before === null || before.second < 0 ? null : before.symbols[before.second];
  const second = covariance === undefined ? -1 : secondOf(columns, heldBefore);
  const places = new Map(before?.symbols.map((s, i) => [s, i]));
  const cost = second < 0 ? NaN : optionCost(columns.half[second], columns.price[second]);
  const isOther = before !== null && heldBefore !== null && second >= 0 && heldBefore !== columns.symbols[second];
  const costBefore = isOther ? optionCost(before.half[before.second], before.price[before.second]) : NaN;
  const net = (i: number): number => columns.delta[i] - columns.price[i];
  const vegaCoin = (i: number): number => columns.vega[i] / columns.forwards[i];
  for (let i = 0; i < n; i++) {
    ratios[i * width + place] = NaN;
    if (second < 0 || i === second || covariance === undefined) continue;
    const hedge = twoInstrumentWeights(
      { net: net(i), vegaCoin: vegaCoin(i) },
      { net: net(second), vegaCoin: vegaCoin(second), cost },
      covariance,
      FUTURE_FEE,
    );
    if (hedge === undefined) continue;
    weights[i] = hedge.second;
    ratios[i * width + place] = columns.price[i] - hedge.future;
    old[i] = before?.weights[places.get(columns.symbols[i]) ?? -1] ?? NaN;
  }
  return { second, weights, before: old, cost, costBefore };
}

/** Parameters of its prediction: dV/dF of the USD value that the future hedges, then the weights, one of each an option. */
export function pairParameters(start: PairStart): number[] {
  const { vegaHedge: h, members, ratios, price } = start;
  const place = members.indexOf(VEGA_HEDGE);
  const ratio = (o: number): number => ratios[o * members.length + place] + h.weights[o] * price[h.second];
  return [...Array.from(h.weights, (_, o) => ratio(o)), ...h.weights];
}

/** What {@link pairParameters} reads of a horizon's start. */
export interface PairStart {
  readonly vegaHedge: VegaHedge;
  readonly members: readonly string[];
  readonly ratios: Float64Array;
  readonly price: Float64Array;
}
