import { refreshedSince } from './batch.ts';
import { batchMetric } from './metric.ts';

/** Options with a bid below an ask in a message of this close. */
export const twoSidedCount = batchMetric(
  'two_sided_count',
  'count',
  'options with a bid below an ask in a message of this close',
  (batch) => {
    let n = 0;
    for (const entry of batch.entries) {
      const q = entry.quote;
      if (q === null || q.bid === null || q.ask === null || q.bid >= q.ask) continue;
      if (refreshedSince(entry, batch.at, batch.elapsedSeconds)) n++;
    }
    return n;
  },
);
