import { median } from '../numeric/robust.ts';
import { batchMetric } from './metric.ts';

/** Quotes whose index is looked at: a median of a few says enough. */
const SAMPLE = 31;

/**
 * Parity forward over the index published with the same quotes, minus one, basis points. Both come from the same
 * messages, so that an index that moved while a chain was polled is not taken for a wrong one.
 */
export const indexGap = batchMetric(
  'index_gap_bp',
  'bp',
  'parity forward against the index published with the same quotes: the carry in health',
  (batch) => {
    const step = Math.max(1, Math.floor(batch.entries.length / SAMPLE));
    const published: number[] = [];
    for (let i = 0; i < batch.entries.length; i += step) {
      const index = batch.entries[i].quote?.index ?? null;
      if (index !== null) published.push(index);
    }
    return published.length === 0 ? NaN : (batch.forwardParity / median(published) - 1) * 1e4;
  },
);
