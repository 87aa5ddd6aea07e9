/** How much of each quoted swap takes a trade's spread risk away, bucket by bucket. */
import { leastSquaresInPlace } from '../numeric/linear-solve.ts';
import { cdsGrid } from './cds-grid.ts';
import { bucketedCs01 } from './risk.ts';
import type { CdsTrade, RiskDesk } from './risk.ts';

/** Notionals of the hedges per unit of the trade, or why there are none. */
export type HedgeRatios =
  | {
      readonly status: 'ok';
      /** Protection to buy (positive) or sell of each hedge, per unit notional of the trade. */
      readonly notionals: readonly number[];
      /** Bucketed derivative of trade and hedges together; zero to rounding with as many hedges as buckets. */
      readonly left: readonly number[];
    }
  | { readonly status: 'refused'; readonly reason: 'too-many' | 'dependent'; readonly message: string };

/**
 * Notionals that cancel the derivatives of a trade by every quote of its curve, in least squares where there are fewer
 * hedges than quotes. With the pillars at their own quotes as hedges a trade between two pillars is spread over them.
 */
export function hedgeRatios(desk: RiskDesk, trade: CdsTrade, hedges: readonly CdsTrade[]): HedgeRatios {
  const n = desk.jacobian.size;
  const m = hedges.length;
  if (m === 0 || m > n)
    return { status: 'refused', reason: 'too-many', message: `${m} hedges for ${n} quotes; 1 to ${n} can be solved` };
  const buckets = (t: CdsTrade): Float64Array =>
    bucketedCs01(
      cdsGrid(t.contract, desk.grids.grid.discount, desk.grids.grid.knots, desk.grids.grid.accrual),
      desk.curve,
      desk.jacobian,
      t.coupon,
    );
  const own = buckets(trade);
  const columns = hedges.map(buckets);
  const matrix = new Float64Array(n * m);
  const right = new Float64Array(n);
  for (let q = 0; q < n; q++) {
    right[q] = -own[q];
    for (let h = 0; h < m; h++) matrix[q * m + h] = columns[h][q];
  }
  if (!leastSquaresInPlace(matrix, right, n, m))
    return { status: 'refused', reason: 'dependent', message: 'two hedges carry the same risk' };
  const notionals = [...right.subarray(0, m)];
  const left = Array.from(own, (v, q) => columns.reduce((sum, c, h) => sum + c[q] * notionals[h], v));
  return { status: 'ok', notionals, left };
}
