/**
 * Slope of realised on predicted moves, clustered by time. A time's rows enter only through their sums, so that a month
 * of chains costs one small cell per bucket and step. Equal to `linear-regression.ts` on the rows themselves.
 * H0: slope 1. A slope is a regime, not a constant (methods note, correction 15): show it with window and regime.
 */

/** Sums over the rows of one time. */
export interface SlopeCell {
  readonly n: number;
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

/** Estimated slope with intercept. */
export interface Slope {
  readonly intercept: number;
  readonly beta: number;
  /** Cluster-robust (Newey-West across times when lags were asked for). */
  readonly standardError: number;
  /** The error that pretends rows are independent: to show how wrong it is. */
  readonly naiveError: number;
  readonly n: number;
  readonly clusters: number;
}

/** Fewer times or rows than this say nothing about a slope. */
export const MINIMUM_CLUSTERS = 15;
/** See {@link MINIMUM_CLUSTERS}. */
export const MINIMUM_ROWS = 60;

interface Solved {
  readonly intercept: number;
  readonly beta: number;
  readonly influence: Float64Array;
  readonly residual: number;
  readonly spread: number;
  readonly n: number;
}

function solve(cells: readonly SlopeCell[]): Solved | undefined {
  let [n, x, y] = [0, 0, 0];
  for (const c of cells) {
    n += c.n;
    x += c.x;
    y += c.y;
  }
  const mx = x / n;
  const my = y / n;
  let [xx, xy, yy] = [0, 0, 0];
  for (const c of cells) {
    xx += c.xx - 2 * mx * c.x + c.n * mx * mx;
    xy += c.xy - mx * c.y - my * c.x + c.n * mx * my;
    yy += c.yy - 2 * my * c.y + c.n * my * my;
  }
  if (!(xx > 0)) return undefined;
  const beta = xy / xx;
  const intercept = my - beta * mx;
  const influence = Float64Array.from(cells, (c) => {
    const crossed = c.xy - intercept * c.x - beta * c.xx;
    const summed = c.y - intercept * c.n - beta * c.x;
    return (crossed - mx * summed) / xx;
  });
  return { intercept, beta, influence, residual: yy - beta * xy, spread: xx, n };
}

/** sqrt of the Bartlett-weighted sum of influences, times G/(G-1). */
function longRunError(influence: Float64Array, lags: number): number {
  const groups = influence.length;
  let sum = 0;
  for (let lag = 0; lag <= lags; lag++) {
    let products = 0;
    for (let g = lag; g < groups; g++) products += influence[g] * influence[g - lag];
    sum += (lag === 0 ? 1 : 2 * (1 - lag / (lags + 1))) * products;
  }
  return Math.sqrt(Math.max(0, (sum * groups) / (groups - 1)));
}

/**
 * Slope over cells in order of time; undefined below {@link MINIMUM_CLUSTERS} times or {@link MINIMUM_ROWS} rows, or
 * when the prediction never varied. `lags` of Newey-West across times, default 0 (clusters independent).
 */
export function clusterSlope(cells: readonly SlopeCell[], lags: number = 0): Slope | undefined {
  const used = cells.filter((c) => c.n > 0);
  const s = solve(used);
  if (s === undefined || used.length < MINIMUM_CLUSTERS || s.n < MINIMUM_ROWS) return undefined;
  return {
    intercept: s.intercept,
    beta: s.beta,
    standardError: longRunError(s.influence, lags),
    naiveError: Math.sqrt(s.residual / (s.n - 2) / s.spread),
    n: s.n,
    clusters: used.length,
  };
}

/** Difference of two slopes on the same realised moves, with the error of the pair. */
export interface SlopeDifference {
  readonly difference: number;
  readonly standardError: number;
  readonly clusters: number;
}

/**
 * Paired difference beta_a - beta_b over the same times (cells at the same index belong together): market moves that
 * bend both slopes alike cancel, which is how a bias is told from a regime. Undefined as in {@link clusterSlope}.
 */
export function pairedSlopeDifference(
  a: readonly SlopeCell[],
  b: readonly SlopeCell[],
  lags: number = 0,
): SlopeDifference | undefined {
  const both = a.map((cell, i) => [cell, b[i]] as const).filter(([p, q]) => p.n > 0 && q.n > 0);
  const first = solve(both.map(([p]) => p));
  const second = solve(both.map(([, q]) => q));
  if (first === undefined || second === undefined || both.length < MINIMUM_CLUSTERS) return undefined;
  const gap = first.influence.map((v, i) => v - second.influence[i]);
  return {
    difference: first.beta - second.beta,
    standardError: longRunError(gap, lags),
    clusters: both.length,
  };
}
