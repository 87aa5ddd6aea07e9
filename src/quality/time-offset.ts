import { blackGreeks } from '../numeric/black.ts';
import { log } from '../numeric/exponential.ts';
import { median } from '../numeric/robust.ts';
import { YEAR_MS } from '../market/year-fraction.ts';
import type { DataBatch } from './batch.ts';
import { batchMetric, type DataMetric } from './metric.ts';
import { gridOf } from './price-grid.ts';

const MINIMUM = 3;

function impliedYears(batch: DataBatch): number {
  const known = batch.near.map((q) => q.impliedYears).filter((v) => v > 0 && v < Infinity);
  return known.length < MINIMUM ? NaN : median(known);
}

/** Marks with more digits than this are not rounded, of volatility and of price. */
const FINEST_VOL = 1e-7;
const FINEST_MARK = 1e-9;

/**
 * How far rounding of the marks alone can put the implied time off, years: T (sigma_implied / sigma_mark)^2 - T is
 * 2 T d sigma / sigma, with half a step of the mark volatility and half a step of the mark price over its vega. The steps are
 * those that the marks are seen to keep.
 */
function yearsResolution({ entries, near, years, forward }: DataBatch): number {
  const [vols, marks]: [number[], number[]] = [[], []];
  for (const { quote } of entries) {
    if (quote === null || quote.mark === null || quote.markIv === null) continue;
    vols.push(quote.markIv);
    marks.push(quote.mark);
  }
  const inverse = entries[0]?.instrument.settlement === 'inverse';
  const volStep = gridOf(vols, FINEST_VOL);
  const markStep = gridOf(marks, FINEST_MARK) * (inverse ? forward : 1);
  const found: number[] = [];
  for (const q of near) {
    if (!(q.impliedYears > 0 && q.impliedYears < Infinity)) continue;
    const { vega } = blackGreeks({ side: q.side, forward, strike: q.strike, years, sigma: q.markIv });
    found.push((years * (volStep + markStep / vega)) / q.markIv);
  }
  return found.length < MINIMUM ? NaN : median(found);
}

/**
 * T_venue - T in seconds: the time to expiry under which the venue's mark price and mark volatility agree, minus ours.
 * The same on every expiry: somebody's clock is wrong. On one: its quotes belong to another expiry. The memory also holds
 * `resolution`, the seconds that rounding of the marks alone may make of nothing.
 */
export const timeOffset: DataMetric = {
  name: 'time_offset_s',
  unit: 's',
  says: "time to expiry implied by the venue's mark price and mark volatility, minus ours",
  init: () => ({ value: NaN, resolution: NaN }),
  update: (memory, batch) => {
    memory['value'] = ((impliedYears(batch) - batch.years) * YEAR_MS) / 1000;
    memory['resolution'] = (yearsResolution(batch) * YEAR_MS) / 1000;
  },
  read: (memory) => memory['value'],
};

/** ln(T_venue / T). */
export const timeRatio = batchMetric(
  'time_ratio_log',
  'log',
  "logarithm of the time to expiry implied by the venue's marks over ours",
  (batch) => log(impliedYears(batch) / batch.years),
);
