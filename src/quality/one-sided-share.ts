import { batchMetric } from './metric.ts';

/** Share of quoted options that show only a bid or only an ask; crossed and locked ones are not one-sided. */
export const oneSidedShare = batchMetric(
  'one_sided_share',
  '1',
  'quoted options with only a bid or only an ask',
  (batch) => (batch.quoted === 0 ? NaN : (batch.quoted - batch.twoSided - batch.crossed - batch.locked) / batch.quoted),
);
