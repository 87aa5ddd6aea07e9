import { refreshedSince } from './batch.ts';
import { batchMetric } from './metric.ts';

/** Between closes nearer than this a quote without a new message stands. */
const STREAM_SECONDS = 600;

/** Options with a bid below an ask in a message of this close; in a stream, in their newest message. */
export const twoSidedCount = batchMetric(
  'two_sided_count',
  'count',
  'options with a bid below an ask in a message of this close',
  (batch) => {
    let n = 0;
    for (const entry of batch.entries) {
      const q = entry.quote;
      if (q === null || q.bid === null || q.ask === null || q.bid >= q.ask) continue;
      if (batch.elapsedSeconds < STREAM_SECONDS || refreshedSince(entry, batch.at, batch.elapsedSeconds)) n++;
    }
    return n;
  },
);
