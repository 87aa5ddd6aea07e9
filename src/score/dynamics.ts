import type { Observations } from '../model/contract.ts';

/** How three rules of smile dynamics have predicted: what happens to volatility when the forward moves. */
export interface DynamicsScore {
  /** Exponential means of squared level errors of sticky moneyness, sticky strike and the fitted rule. */
  readonly square: [number, number, number];
  /** Sums of the regression of the moneyness rule's error on the move from it to the strike rule. */
  cross: number;
  own: number;
  count: number;
}

const WEIGHT = 0.02;
const FORGET = 0.98;
/** The fitted share of the strike rule is kept between its mirror images. */
const WIDEST = 3;
const BODY_X = 1.5;

/** Nothing seen: the fitted rule starts as sticky moneyness. */
export function initDynamics(): DynamicsScore {
  return { square: [0, 0, 0], cross: 0, own: 0, count: 0 };
}

/** R: 0 = sticky moneyness, 1 = sticky strike; dimensionless. */
export function fittedShare(state: DynamicsScore): number {
  return state.own > 0 ? Math.min(WIDEST, Math.max(-WIDEST, state.cross / state.own)) : 0;
}

/**
 * Scores one batch: volatilities predicted at unchanged k and at unchanged strike (same unit as observed). The fitted
 * rule predicts moneyness + R (strike - moneyness) with the R known before the batch, then learns from it.
 * Source: methods.md 2.1 (the rule itself must be scored).
 */
export function updateDynamics(
  state: DynamicsScore,
  batch: Observations,
  moneyness: ArrayLike<number>,
  strike: ArrayLike<number>,
): void {
  const share = fittedShare(state);
  const level = [0, 0, 0];
  let [weights, cross, own] = [0, 0, 0];
  for (let i = 0; i < batch.value.length; i++) {
    if (Math.abs(batch.x[i]) > BODY_X) continue;
    const w = 1 / (batch.noise[i] * batch.noise[i]);
    const e = batch.value[i] - moneyness[i];
    const d = strike[i] - moneyness[i];
    if (!Number.isFinite(e + d)) continue;
    level[0] += w * e;
    level[1] += w * (e - d);
    level[2] += w * (e - share * d);
    cross += w * e * d;
    own += w * d * d;
    weights += w;
  }
  if (!(weights > 0)) return;
  const weight = Math.max(WEIGHT, 1 / (state.count + 1));
  for (let i = 0; i < 3; i++) {
    const mean = level[i] / weights;
    state.square[i] += weight * (mean * mean - state.square[i]);
  }
  state.cross = FORGET * state.cross + cross / weights;
  state.own = FORGET * state.own + own / weights;
  state.count++;
}

/** Root mean squared level error of each rule, volatility (fraction); NaN before the first batch. */
export function readDynamics(state: DynamicsScore): [number, number, number] {
  const root = (v: number): number => (state.count === 0 ? NaN : Math.sqrt(v));
  return [root(state.square[0]), root(state.square[1]), root(state.square[2])];
}
