/** All greeks of many positions under many models at once: columns in, sums by model out, by the SIMD kernel. */
import { blackGreekColumns, emptyGreekColumns, type BlackGreekColumns } from '../numeric/black.ts';

/** Option positions in columns of one length n. */
export interface PositionColumns {
  readonly isCall: Float64Array;
  /** Forward of each position's expiry and strike, USD. */
  readonly forward: Float64Array;
  readonly strike: Float64Array;
  /** T, years. */
  readonly years: Float64Array;
  /** Signed size, coins. */
  readonly size: Float64Array;
}

/** Sums over positions of one model, USD or per USD, as in `BlackGreeks`. */
export interface ModelExposure {
  readonly value: number;
  readonly delta: number;
  /** sum size (Delta - V/F), coins. */
  readonly netDelta: number;
  readonly gamma: number;
  readonly vega: number;
  readonly theta: number;
  readonly vanna: number;
  readonly volga: number;
  readonly charm: number;
  readonly speed: number;
  readonly zomma: number;
  readonly veta: number;
}

/** Working storage for n positions, so that repeated revaluation allocates nothing. */
export function revaluationColumns(n: number): BlackGreekColumns {
  return emptyGreekColumns(n);
}

const SUMMED = ['delta', 'gamma', 'vega', 'theta', 'vanna', 'volga', 'charm', 'speed', 'zomma', 'veta'] as const;

/** Exposures under one model's volatilities (per root year, one a position); NaN rows poison their sums on purpose. */
export function revalue(
  positions: PositionColumns,
  sigma: Float64Array,
  columns: BlackGreekColumns = revaluationColumns(sigma.length),
): ModelExposure {
  const { isCall, forward, strike, years, size } = positions;
  blackGreekColumns({ isCall, forward, strike, years, sigma }, columns);
  const sums = { delta: 0, gamma: 0, vega: 0, theta: 0, vanna: 0, volga: 0, charm: 0, speed: 0, zomma: 0, veta: 0 };
  for (const name of SUMMED) {
    const column = columns[name];
    let sum = 0;
    for (let i = 0; i < size.length; i++) sum += size[i] * column[i];
    sums[name] = sum;
  }
  let [value, premium] = [0, 0];
  for (let i = 0; i < size.length; i++) {
    const v = size[i] * columns.price[i];
    value += v;
    premium += v / forward[i];
  }
  return { value, netDelta: sums.delta - premium, ...sums };
}
