import { tickAt } from '../market/instrument.ts';
import { refreshedSince } from './batch.ts';
import type { DataMetric } from './metric.ts';

/** Cheaper quotes keep their price for honest reasons: a tick is much of it. */
const BODY_TICKS = 8;
const MINIMUM = 4;

/**
 * Share of the two-sided quotes worth at least eight ticks whose bid and ask are those of the previous close. The memory
 * also holds `n`, the quotes it is a share of, so that shares of several expiries can be pooled, and `repeated`, the share
 * whose mark has not moved either: a market may stand still, but the value of an option does not.
 */
export const unchangedShare: DataMetric = {
  name: 'unchanged_share',
  unit: '1',
  says: 'two-sided quotes whose bid and ask equal those of the previous close; near 1 the feed repeats itself',
  init: () => ({ value: NaN, n: 0, repeated: NaN }),
  update: (memory, batch) => {
    let [n, same, repeated] = [0, 0, 0];
    const previous = batch.at - batch.elapsedSeconds * 1000;
    for (const entry of batch.entries) {
      const q = entry.quote;
      if (q === null || q.bid === null || q.ask === null || !refreshedSince(entry, batch.at, batch.elapsedSeconds))
        continue;
      if (q.bid < BODY_TICKS * tickAt(entry.instrument.ticks, q.bid)) continue;
      n++;
      if (!(entry.changedAt <= previous)) continue;
      same++;
      if (q.mark !== null && entry.newsAt <= previous) repeated++;
    }
    memory['n'] = n;
    const known = n >= MINIMUM && batch.elapsedSeconds > 0;
    memory['value'] = known ? same / n : NaN;
    memory['repeated'] = known ? repeated / n : NaN;
  },
  read: (memory) => memory['value'],
};
