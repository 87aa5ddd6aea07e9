import { batchMetric } from './metric.ts';

/** F_venue / F_interpolated - 1 in basis points, the interpolation running through the neighbouring expiries. */
export const interpolationGap = batchMetric(
  'interpolation_gap_bp',
  'bp',
  'published forward against the one interpolated from the neighbouring expiries',
  (batch) => (batch.forwardVenue / batch.forwardInterpolated - 1) * 1e4,
);
