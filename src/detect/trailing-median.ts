import { MAD_TO_SD, median, medianAbsoluteDeviation } from '../numeric/robust.ts';

/** A trailing window of clean values with its median and robust spread: the plain baseline of a metric. */
export interface TrailingMedian {
  readonly capacity: number;
  readonly values: number[];
  next: number;
}

/** An empty baseline over the last `capacity` values. */
export function initTrailingMedian(capacity: number): TrailingMedian {
  return { capacity, values: [], next: 0 };
}

/** Learns one value; the caller leaves out values seen under an open incident. Non-finite values are ignored. */
export function updateTrailingMedian(state: TrailingMedian, value: number): void {
  if (!Number.isFinite(value)) return;
  if (state.values.length < state.capacity) state.values.push(value);
  else state.values[state.next] = value;
  state.next = (state.next + 1) % state.capacity;
}

/** Median and MAD-based standard deviation of the window; null with fewer than `minimum` values. */
export function readTrailingMedian(state: TrailingMedian, minimum: number): { centre: number; spread: number } | null {
  if (state.values.length < minimum) return null;
  return { centre: median(state.values), spread: MAD_TO_SD * medianAbsoluteDeviation(state.values) };
}
