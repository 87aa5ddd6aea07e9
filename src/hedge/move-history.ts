/** What recent steps say about how smiles move with their forward, by tenor: read by hedges that adapt. */
import { parameterSlopes } from './recalibration-delta.ts';
import { skewStickiness } from './skew-stickiness.ts';
import type { Tenor } from './bucket.ts';

/** One expiry over one step. */
export interface SmileMove {
  readonly at: number;
  readonly logForwardChange: number;
  readonly atmChange: number;
  readonly atmSlope: number;
  /** Changes of SABR's alpha, rho, nu; NaN where not fitted. */
  readonly sabrChanges: readonly [number, number, number];
}

/** What a tenor's moves said within the window. */
export interface MoveSummary {
  /** Skew-stickiness ratio; 1 (sticky strike) while there is too little to tell. */
  readonly ratio: number;
  /** d(alpha, rho, nu) per unit dlnF; zeros while there is too little to tell. */
  readonly sabrSlopes: Float64Array;
  /** Covariance of (dlnF, d sigma_atm) over one step, row-major 2 x 2; undefined while there is too little. */
  readonly covariance: Float64Array | undefined;
}

/** Fewer moves than this leave the defaults. */
const MINIMUM = 30;
/** A ratio whose standard error exceeds this is not used. */
const LARGEST_ERROR = 1;

/** Moves by tenor within a trailing window; bounded by the window and `capacity` a tenor. */
export class MoveHistory {
  readonly #windowMs: number;
  readonly #capacity: number;
  readonly #moves = new Map<Tenor, SmileMove[]>();

  constructor(windowMs: number, capacity: number = 5000) {
    this.#windowMs = windowMs;
    this.#capacity = capacity;
  }

  /** Adds a step that has ended; only finite forward and ATM moves count. */
  add(tenor: Tenor, move: SmileMove): void {
    if (!(Math.abs(move.logForwardChange + move.atmChange + move.atmSlope) < Infinity)) return;
    let held = this.#moves.get(tenor);
    if (held === undefined) this.#moves.set(tenor, (held = []));
    held.push(move);
    let stale = 0;
    while (stale < held.length && held[stale].at < move.at - this.#windowMs) stale++;
    stale = Math.max(stale, held.length - this.#capacity);
    if (stale > 0) held.splice(0, stale);
  }

  /** Summary of a tenor from what has been added. */
  read(tenor: Tenor): MoveSummary {
    const moves = this.#moves.get(tenor) ?? [];
    const nothing = { ratio: 1, sabrSlopes: new Float64Array(3), covariance: undefined };
    if (moves.length < MINIMUM) return nothing;
    const times = new Map<number, number>();
    for (const m of moves) if (!times.has(m.at)) times.set(m.at, times.size);
    const stickiness = skewStickiness(
      moves.map((m) => ({ logForwardChange: m.logForwardChange, atmChange: m.atmChange, skew: m.atmSlope })),
      { clusters: moves.map((m) => times.get(m.at) ?? 0) },
    );
    const isKnown = stickiness !== undefined && stickiness.ratioRobustError < LARGEST_ERROR;
    const fitted = moves.filter((m) => m.sabrChanges.every((v) => Math.abs(v) < Infinity));
    const slopes = parameterSlopes(
      fitted.map((m) => m.logForwardChange),
      [0, 1, 2].map((j) => fitted.map((m) => m.sabrChanges[j])),
    );
    return {
      ratio: isKnown ? stickiness.ratio : 1,
      sabrSlopes: fitted.length >= MINIMUM && slopes.every((v) => Math.abs(v) < Infinity) ? slopes : nothing.sabrSlopes,
      covariance: covarianceOf(moves),
    };
  }
}

/** Standard deviation over one step of what the at-the-money volatility does beyond its line on the forward; NaN while unknown. */
export function unforeseenDeviation({ covariance }: MoveSummary): number {
  if (covariance === undefined || !(covariance[0] > 0)) return NaN;
  return Math.sqrt(Math.max(0, covariance[3] - (covariance[1] * covariance[1]) / covariance[0]));
}

/** Second moments about zero: a drift of six hours is noise. */
function covarianceOf(moves: readonly SmileMove[]): Float64Array {
  const out = new Float64Array(4);
  for (const m of moves) {
    out[0] += (m.logForwardChange * m.logForwardChange) / moves.length;
    out[1] += (m.logForwardChange * m.atmChange) / moves.length;
    out[3] += (m.atmChange * m.atmChange) / moves.length;
  }
  out[2] = out[1];
  return out;
}
