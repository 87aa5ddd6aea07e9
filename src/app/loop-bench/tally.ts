/** What a policy of recalibration came to on a tape: error against the truth, refits, path and turns. */
import type { Fit } from '../../model/contract.ts';
import { smileFamilyNamed } from '../../surface/registry.ts';

/** Running figures of one policy. */
export interface PolicyTally {
  squares: number;
  readonly errors: number[];
  refits: number;
  /** Sum of |change of ATM volatility| over refits, volatility fraction. */
  path: number;
  /** Reversals of the ATM volatility by {@link TURN} or more from its last extreme. */
  turns: number;
  readonly last: Map<
    number,
    { readonly atm: number; readonly id: string; readonly extreme: number; readonly way: number }
  >;
}

/** The figures of one policy, per expiry and day. */
export interface PolicyFigures {
  readonly policy: string;
  /** Volatility points. */
  readonly error_rms: number;
  readonly error_median: number;
  readonly error_p99: number;
  readonly refits_per_day: number;
  /** Volatility points a day. */
  readonly path_per_day: number;
  readonly turns_per_day: number;
}

/** A reversal smaller than this makes nobody requote, volatility fraction: a tenth of a point. */
const TURN = 0.001;

/** Nothing seen. */
export function initTally(): PolicyTally {
  return { squares: 0, errors: [], refits: 0, path: 0, turns: 0, last: new Map() };
}

/** Notes what serves an expiry now, and its distance from the truth; a changed fit adds to the path. */
export function noteServing(tally: PolicyTally, expiry: number, fit: Fit, error: number): void {
  if (Number.isFinite(error)) {
    tally.squares += error * error;
    tally.errors.push(error);
  }
  const before = tally.last.get(expiry);
  if (before?.id === fit.id) return;
  const family = smileFamilyNamed(fit.model);
  if (family === undefined) return;
  const atm = Math.sqrt(family.totalVariance(fit.parameters, 0, fit.years) / fit.years);
  const change = before === undefined ? 0 : atm - before.atm;
  tally.refits++;
  tally.path += Math.abs(change);
  let [extreme, way] = before === undefined ? [atm, 0] : [before.extreme, before.way];
  const from = atm - extreme;
  if (way === 0 && Math.abs(from) >= TURN) way = Math.sign(from);
  else if (from * way <= -TURN) {
    tally.turns++;
    way = -way;
  }
  if (way === 0 || (atm - extreme) * way > 0) extreme = way === 0 ? extreme : atm;
  tally.last.set(expiry, { atm, id: fit.id, extreme, way });
}

/** The figures of a tape of `days`. */
export function readTally(policy: string, tally: PolicyTally, days: number): PolicyFigures {
  const sorted = Float64Array.from(tally.errors).sort();
  const quantile = (p: number): number => sorted[Math.floor(p * (sorted.length - 1))] ?? NaN;
  const each = days * Math.max(1, tally.last.size);
  return {
    policy,
    error_rms: 100 * Math.sqrt(tally.squares / Math.max(1, sorted.length)),
    error_median: 100 * quantile(0.5),
    error_p99: 100 * quantile(0.99),
    refits_per_day: tally.refits / each,
    path_per_day: (100 * tally.path) / each,
    turns_per_day: tally.turns / each,
  };
}
