import { tickAt } from '../market/instrument.ts';
import { batchMetric } from './metric.ts';

/** A quote is an outlier when the mark lies outside it by this share of the mark... */
const SHARE = 0.35;
/** ...and by this many ticks. */
const TICKS = 6;

/** Quotes far away from the venue's mark of the same option: fat fingers and misprints. */
export const outlierCount = batchMetric(
  'outlier_count',
  'count',
  "quotes whose whole spread is far away from the venue's mark of the same option",
  (batch) => {
    let n = 0;
    for (const { quote, instrument } of batch.entries) {
      if (quote === null || quote.mark === null || quote.bid === null || quote.ask === null || quote.bid > quote.ask)
        continue;
      const outside = Math.max(quote.bid - quote.mark, quote.mark - quote.ask);
      if (outside > SHARE * quote.mark && outside > TICKS * tickAt(instrument.ticks, quote.mark)) n++;
    }
    return n;
  },
);
