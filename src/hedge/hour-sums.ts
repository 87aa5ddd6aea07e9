/** Sums by hour of event time: what slopes, rolling fits and competitions are read from. Plain data, bounded. */

/** Sums of one hour. */
export interface HourCell {
  /** Start of the hour, epoch ms. */
  readonly hour: number;
  readonly sums: Float64Array;
}

/** Hours with data, ascending. */
export interface HourSums {
  readonly width: number;
  /** Hours kept; the oldest leave first. */
  readonly capacity: number;
  readonly cells: HourCell[];
}

/** Length of a cell, ms: the clusters of every error that is read from such sums. */
export const HOUR_MS = 3_600_000;

/** Nothing summed; `capacity` hours of `width` numbers are kept. */
export function initHourSums(width: number, capacity: number): HourSums {
  return { width, capacity, cells: [] };
}

/** Adds to the hour of `at` (epoch ms). Times may not go back by more than the hours kept; those of an earlier hour are added there. */
export function addToHour(state: HourSums, at: number, values: ArrayLike<number>): void {
  const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
  let i = state.cells.length - 1;
  while (i >= 0 && state.cells[i].hour > hour) i--;
  let cell = state.cells[i];
  if (cell === undefined || cell.hour !== hour) {
    cell = { hour, sums: new Float64Array(state.width) };
    state.cells.splice(i + 1, 0, cell);
    if (state.cells.length > state.capacity) state.cells.shift();
  }
  for (let j = 0; j < state.width; j++) cell.sums[j] += values[j];
}

/** Totals of the hours that begin at or after `since`, epoch ms. */
export function totalSince(state: HourSums, since: number): Float64Array {
  const total = new Float64Array(state.width);
  for (const { hour, sums } of state.cells)
    if (hour >= since) for (let j = 0; j < total.length; j++) total[j] += sums[j];
  return total;
}
