import { median } from '../numeric/robust.ts';
import { refreshedSince } from './batch.ts';
import { batchMetric } from './metric.ts';

/** Messages looked at: a median of a few says enough. */
const SAMPLE = 15;

/** Median of venue time minus receive time, s: minus the latency in health, the skew when the venue's clock is off. */
export const receiveOffset = batchMetric(
  'receive_offset_s',
  's',
  "venue time stamps minus our receive times: minus the latency, or the skew of somebody's clock",
  (batch) => {
    const offsets: number[] = [];
    for (const entry of batch.entries) {
      if (offsets.length >= SAMPLE) break;
      if (entry.quote !== null && refreshedSince(entry, batch.at, batch.elapsedSeconds))
        offsets.push((entry.quote.at - entry.quote.receivedAt) / 1000);
    }
    return offsets.length === 0 ? NaN : median(offsets);
  },
);
