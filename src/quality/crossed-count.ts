import { batchMetric } from './metric.ts';

/** Options whose bid is above their ask; counted before any filter can call them one-sided. */
export const crossedCount = batchMetric(
  'crossed_count',
  'count',
  'options whose bid is above their ask',
  (batch) => batch.crossed,
);
