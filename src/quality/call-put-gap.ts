import { median } from '../numeric/robust.ts';
import type { DataBatch } from './batch.ts';
import { batchMetric } from './metric.ts';

const MINIMUM = 2;
/** Standard error of a median over that of the mean. */
const MEDIAN_ERROR = 1.2533141373155;

interface Gap {
  readonly gap: number;
  /** One standard error: both middles uniform within their spreads. */
  readonly error: number;
}

/** Call minus put implied volatility of every strike near the money that shows both. */
function gapsOf(batch: DataBatch): Gap[] {
  const gaps: Gap[] = [];
  for (const call of batch.near) {
    if (call.side !== 'call') continue;
    const put = batch.near.find((q) => q.side === 'put' && q.strike === call.strike);
    if (put === undefined || !Number.isFinite(call.midIv - put.midIv)) continue;
    const [a, b] = [call.halfSpreadVol, put.halfSpreadVol];
    gaps.push({ gap: call.midIv - put.midIv, error: Math.sqrt((a * a + b * b) / 3) });
  }
  return gaps;
}

/** Median of call minus put implied volatility at equal strikes near the money, fraction; 0 under the right forward. */
export const callPutGap = batchMetric(
  'call_put_gap_vol',
  'vol',
  'implied volatility of calls minus that of puts at equal strikes near the money',
  (batch) => {
    const gaps = gapsOf(batch);
    return gaps.length < MINIMUM ? NaN : median(gaps.map((g) => g.gap));
  },
);

/** The same gap in its standard errors: wide quotes, and few of them, make a gap by chance. */
export const callPutGapErrors = batchMetric(
  'call_put_gap_errors_ratio',
  '1',
  'call-put gap in standard errors of the quotes that it is read from',
  (batch) => {
    const gaps = gapsOf(batch);
    if (gaps.length < MINIMUM) return NaN;
    const error = (MEDIAN_ERROR * median(gaps.map((g) => g.error))) / Math.sqrt(gaps.length);
    return median(gaps.map((g) => g.gap)) / error;
  },
);
