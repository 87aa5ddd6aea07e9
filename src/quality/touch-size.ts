import { median } from '../numeric/robust.ts';
import { batchMetric } from './metric.ts';

const MINIMUM = 4;
/** Wings this far out are quoted for show: |delta| below it, or above one minus it. */
const WING_DELTA = 0.1;

/** Median of the smaller of bid and ask size, contracts, over two-sided quotes off the wings: depth at the touch. */
export const touchSize = batchMetric(
  'touch_size_count',
  'count',
  'contracts at the touch, the smaller side, of a median quote off the wings',
  (batch) => {
    const sizes: number[] = [];
    for (const { quote } of batch.entries) {
      if (quote === null || quote.bid === null || quote.ask === null || quote.bid >= quote.ask) continue;
      if (quote.bidSize === null || quote.askSize === null) continue;
      const delta = Math.abs(quote.delta ?? 0.5);
      if (delta >= WING_DELTA && delta <= 1 - WING_DELTA) sizes.push(Math.min(quote.bidSize, quote.askSize));
    }
    return sizes.length < MINIMUM ? NaN : median(sizes);
  },
);
