import { log } from '../numeric/exponential.ts';
import { median } from '../numeric/robust.ts';
import { batchMetric } from './metric.ts';

const MINIMUM = 5;

/** Median ln(mid volatility / venue mark volatility) of the usable quotes. */
export const markGap = batchMetric(
  'mark_gap_log',
  'log',
  "logarithm of the quotes' volatility over the venue's mark volatility",
  (batch) => {
    const { value, venueValue } = batch.observations;
    const gaps: number[] = [];
    for (let i = 0; i < value.length; i++) if (venueValue[i] > 0) gaps.push(log(value[i] / venueValue[i]));
    return gaps.length < MINIMUM ? NaN : median(gaps);
  },
);
