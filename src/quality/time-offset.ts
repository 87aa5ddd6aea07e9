import { log } from '../numeric/exponential.ts';
import { median } from '../numeric/robust.ts';
import { YEAR_MS } from '../market/year-fraction.ts';
import type { DataBatch } from './batch.ts';
import { batchMetric } from './metric.ts';

const MINIMUM = 3;

function impliedYears(batch: DataBatch): number {
  const known = batch.near.map((q) => q.impliedYears).filter((v) => v > 0 && v < Infinity);
  return known.length < MINIMUM ? NaN : median(known);
}

/**
 * T_venue - T in seconds: the time to expiry under which the venue's mark price and mark volatility agree, minus ours.
 * The same on every expiry: somebody's clock is wrong. On one: its quotes belong to another expiry.
 */
export const timeOffset = batchMetric(
  'time_offset_s',
  's',
  "time to expiry implied by the venue's mark price and mark volatility, minus ours",
  (batch) => ((impliedYears(batch) - batch.years) * YEAR_MS) / 1000,
);

/** ln(T_venue / T). */
export const timeRatio = batchMetric(
  'time_ratio_log',
  'log',
  "logarithm of the time to expiry implied by the venue's marks over ours",
  (batch) => log(impliedYears(batch) / batch.years),
);
