/**
 * A sequential test on one stream of standardised values (mean 0, sd 1 in health). `update` costs O(1) (rank detectors
 * O(log n) in their frozen reference); `read` is the statistic, to be held against `threshold`.
 */
export interface Detector<S> {
  readonly name: string;
  init(): S;
  update(state: S, z: number): void;
  /** Never negative; 0 at the start. */
  read(state: S): number;
  /** Threshold for a mean run of `runLength` observations between false alarms under the design's assumptions. */
  threshold(runLength: number): number;
  /** Forgets what speaks for a change, keeps what was learnt: after an alarm has been answered. */
  reset(state: S): void;
}

/** The table read as a function of ln(run length): linear between rows, extrapolated beyond the ends. */
export function interpolateDesign(table: readonly (readonly [number, number])[], lnRunLength: number): number {
  let i = 1;
  while (i < table.length - 1 && lnRunLength > table[i][0]) i++;
  const [x0, y0] = table[i - 1];
  const [x1, y1] = table[i];
  return Math.max(0, y0 + ((y1 - y0) * (lnRunLength - x0)) / (x1 - x0));
}
