import { tickAt } from '../market/instrument.ts';
import { batchMetric } from './metric.ts';

/**
 * Share of two-sided quotes outside their static bounds by more than a tick and half of their own spread: ask below
 * intrinsic value, or bid above the most that the option can be worth (call: the forward; put: the strike). A wide quote
 * that is a little off its value is no breach: what breaks bounds for good does so by more than that.
 */
export const boundShare = batchMetric(
  'bound_share',
  '1',
  'quotes below intrinsic value or above the most the option can be worth',
  (batch) => {
    let [n, out] = [0, 0];
    for (const entry of batch.entries) {
      const q = entry.quote;
      if (q === null || q.bid === null || q.ask === null) continue;
      const { strike, side, settlement, ticks } = entry.instrument;
      const forward = q.forward ?? batch.forward;
      if (!(forward > 0)) continue;
      n++;
      const unit = settlement === 'inverse' ? 1 / forward : 1;
      const intrinsic = Math.max(0, side === 'call' ? forward - strike : strike - forward) * unit;
      const most = (side === 'call' ? forward : strike) * unit;
      const slack = tickAt(ticks, intrinsic) + 0.002 * most + 0.5 * Math.abs(q.ask - q.bid);
      if (q.ask < intrinsic - slack || q.bid > most + slack) out++;
    }
    return n === 0 ? NaN : out / n;
  },
);
