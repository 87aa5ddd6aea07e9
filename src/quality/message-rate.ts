import { batchMetric } from './metric.ts';

/** Quote messages a second since the previous close, changed or not; between snapshots the rate of polls. */
export const messageRate = batchMetric(
  'message_rate_count',
  'count',
  'quote messages a second since the previous close',
  (batch) => (batch.elapsedSeconds > 0 ? batch.messages / batch.elapsedSeconds : NaN),
);
