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
  /** Refits that moved the ATM volatility back against the one before. */
  turns: number;
  readonly last: Map<number, { readonly atm: number; readonly step: number; readonly id: string }>;
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
  if (before !== undefined && change * before.step < 0) tally.turns++;
  tally.last.set(expiry, { atm, step: change === 0 ? (before?.step ?? 0) : change, id: fit.id });
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
