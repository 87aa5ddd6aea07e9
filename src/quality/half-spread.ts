import { median } from '../numeric/robust.ts';
import { batchMetric } from './metric.ts';

/** Median half-spread of the usable quotes in volatility, fraction. */
export const halfSpread = batchMetric('half_spread_vol', 'vol', 'median half-spread of the usable quotes', (batch) => {
  const { low, high } = batch.observations;
  return low.length === 0 ? NaN : median(low.map((v, i) => 0.5 * (high[i] - v)));
});

/** Median (ask - bid) / mid of two-sided out-of-the-money quotes. */
export const relativeSpread = batchMetric(
  'relative_spread_ratio',
  '1',
  'median spread over mid of out-of-the-money quotes',
  (batch) => batch.relativeSpread,
);
