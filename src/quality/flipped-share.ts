import { batchMetric } from './metric.ts';

const MINIMUM = 2;

/** Share of near strikes where call minus put has the wrong sign for forward minus strike, beyond both spreads. */
export const flippedShare = batchMetric(
  'flipped_share',
  '1',
  'near strikes where call minus put has the sign of strike minus forward',
  (batch) => {
    let [n, flipped] = [0, 0];
    const { near, forward } = batch;
    for (const call of near) {
      if (call.side !== 'call') continue;
      const put = near.find((q) => q.side === 'put' && q.strike === call.strike);
      if (put === undefined) continue;
      const expected = 1 - call.strike / forward;
      if (Math.abs(expected) < 2 * (call.halfSpread + put.halfSpread)) continue;
      n++;
      if ((call.mid - put.mid) * expected < 0) flipped++;
    }
    return n < MINIMUM ? NaN : flipped / n;
  },
);
