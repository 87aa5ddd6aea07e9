import { log } from '../numeric/exponential.ts';
import { median } from '../numeric/robust.ts';
import { batchMetric } from './metric.ts';

const MINIMUM = 3;

/** Median ln(mark price / Black-76 price at the mark volatility): 0 in health, ln F when dollars pass for coins. */
export const unitRatio = batchMetric(
  'unit_ratio_log',
  'log',
  "logarithm of the venue's mark price over Black-76 at its own mark volatility",
  (batch) => {
    const ratios: number[] = [];
    for (const q of batch.near) if (q.modelPrice > 0) ratios.push(log(q.mark / q.modelPrice));
    return ratios.length < MINIMUM ? NaN : median(ratios);
  },
);
