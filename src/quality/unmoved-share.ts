import { batchMetric } from './metric.ts';

const MINIMUM = 4;

/**
 * Share of the two-sided quotes that are older than the previous close although the forward has since moved their
 * value by more than their spread: staleness relative to the forward's move, |delta - p| |dF/F| > ask - bid.
 */
export const unmovedShare = batchMetric(
  'unmoved_share',
  '1',
  'quotes that stood still while the forward moved their value by more than their spread',
  (batch) => {
    if (!(batch.elapsedSeconds > 0)) return NaN;
    const previous = batch.at - batch.elapsedSeconds * 1000;
    let [n, unmoved] = [0, 0];
    for (const entry of batch.entries) {
      const q = entry.quote;
      if (q === null || q.bid === null || q.ask === null || q.delta === null || q.forward === null) continue;
      n++;
      if (entry.changedAt > previous || !(entry.forwardAtChange > 0)) continue;
      const inverse = entry.instrument.settlement === 'inverse';
      const premium = inverse ? 0.5 * (q.bid + q.ask) : 0;
      const move = q.forward / entry.forwardAtChange - 1;
      const unit = inverse ? 1 : q.forward;
      if (Math.abs((q.delta - premium) * move) * unit > q.ask - q.bid) unmoved++;
    }
    return n < MINIMUM ? NaN : unmoved / n;
  },
);
