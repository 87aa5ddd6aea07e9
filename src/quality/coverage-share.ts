import { batchMetric } from './metric.ts';

/** Share of the listed options of an expiry that show a bid below an ask. */
export const coverageShare = batchMetric('coverage_share', '1', 'listed options with a bid below an ask', (batch) =>
  batch.entries.length === 0 ? NaN : batch.twoSided / batch.entries.length,
);
