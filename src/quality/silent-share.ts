import { batchMetric } from './metric.ts';

/** Share of the listed options without any message since the previous close. */
export const silentShare = batchMetric(
  'silent_share',
  '1',
  'listed options without any message since the previous close',
  (batch) =>
    !(batch.elapsedSeconds > 0) || batch.entries.length === 0 ? NaN : 1 - batch.refreshed / batch.entries.length,
);
