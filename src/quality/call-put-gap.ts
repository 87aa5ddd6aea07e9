import { median } from '../numeric/robust.ts';
import { batchMetric } from './metric.ts';

const MINIMUM = 2;

/** Median of call minus put implied volatility at equal strikes near the money, fraction; 0 under the right forward. */
export const callPutGap = batchMetric(
  'call_put_gap_vol',
  'vol',
  'implied volatility of calls minus that of puts at equal strikes near the money',
  (batch) => {
    const gaps: number[] = [];
    for (const call of batch.near) {
      if (call.side !== 'call') continue;
      const put = batch.near.find((q) => q.side === 'put' && q.strike === call.strike);
      const gap = put === undefined ? NaN : call.midIv - put.midIv;
      if (Number.isFinite(gap)) gaps.push(gap);
    }
    return gaps.length < MINIMUM ? NaN : median(gaps);
  },
);
