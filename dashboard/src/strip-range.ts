import type { ScoreRow } from './score-rows.ts';
import { quantile } from './ticks.ts';

/** Where a strip begins and ends; `over` and `under` say that points lie beyond. */
export interface StripRange {
  readonly low: number;
  readonly high: number;
  readonly over: boolean;
  readonly under: boolean;
}

/** Points this many times the middle range away do not set the scale: half a minute of a fault must not flatten a day. */
const REACH = 3;

/**
 * The vertical range of a strip. Without outliers it holds all points and thresholds; an outlier is cut off, and said.
 * `values` and `thresholds` are in the row's own unit.
 */
export function stripRange(row: ScoreRow, values: readonly number[], thresholds: readonly number[]): StripRange {
  const low = quantile(values, 0.02);
  const high = quantile(values, 0.98);
  if (Number.isNaN(low)) return { low: row.floor ?? 0, high: row.ceiling ?? 1, over: false, under: false };
  const least = quantile(values, 0);
  const most = quantile(values, 1);
  const span = Math.max(high - low, 1e-9);
  const limit = 1.1 * Math.max(...thresholds, -Infinity);
  const top = row.ceiling ?? Math.max(limit, most > high + REACH * span ? high + span : most);
  const bottom = row.floor ?? (least < low - REACH * span ? low - span : least);
  const end = top > bottom ? top : bottom + 1;
  return { low: bottom, high: end + 0.05 * (end - bottom), over: most > end, under: least < bottom };
}
