/**
 * E-backtests: evidence that may be looked at after every day (Wang, Wang and Ziegel 2022, arXiv:2209.00991). An e-value
 * of a day has mean at most 1 if the forecast is right (or too careful); their running product with a predictable bet
 * is a test martingale, so P(it ever passes 1/alpha) <= alpha whatever the stopping.
 */
import { log } from '../numeric/exponential.ts';

/** 1{L > q}/(1 - p): backtests a quantile forecast q at level p (0.99) of the loss L. Mean <= 1 if q is not too small. */
export function quantileEValue(loss: number, quantile: number, level: number): number {
  return loss > quantile ? 1 / (1 - level) : 0;
}

/** (L - q)+/((1 - p)(es - q)): backtests expected shortfall es jointly with the quantile q < es. */
export function shortfallEValue(loss: number, quantile: number, shortfall: number, level: number): number {
  return Math.max(0, loss - quantile) / ((1 - level) * (shortfall - quantile));
}

/** Running evidence. */
export interface EBacktestState {
  /** Natural logarithm of the product. */
  logEvidence: number;
  /** Highest it has been. */
  peak: number;
  days: number;
  /** Sums of (e - 1) and (e - 1)^2 for the next bet. */
  excess: number;
  square: number;
}

/** Nothing observed yet. */
export function initEBacktest(): EBacktestState {
  return { logEvidence: 0, peak: 0, days: 0, excess: 0, square: 0 };
}

/** Bets never exceed this share, so that one quiet day cannot cost more than half of the evidence. */
const LARGEST_BET = 0.5;

/**
 * One day: the bet comes from earlier days only (growth-rate adaptive: sum(e - 1)/sum((e - 1)^2), within [0, 0.5]; 0.01
 * on the first), then E <- E (1 - bet + bet e). Returns the evidence E; reject at 1/alpha (20 for 5 %).
 */
export function updateEBacktest(state: EBacktestState, eValue: number): number {
  const raw = state.square > 0 ? state.excess / state.square : 0.01;
  const bet = Math.min(LARGEST_BET, Math.max(0, raw));
  state.logEvidence += log(1 - bet + bet * eValue);
  state.peak = Math.max(state.peak, state.logEvidence);
  state.days++;
  state.excess += eValue - 1;
  state.square += (eValue - 1) * (eValue - 1);
  return state.logEvidence;
}
