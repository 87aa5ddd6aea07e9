import { batchMetric } from './metric.ts';

/** Free discount factor D of the parity regression; 1 in health, -1 when calls and puts are exchanged. */
export const discountRatio = batchMetric(
  'discount_ratio',
  '1',
  'free discount factor of put-call parity: 1 in health, the forward when dollars pass for coins, -1 when calls and puts are exchanged',
  (batch) => batch.discount,
);
