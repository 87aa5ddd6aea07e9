/** A rolling window of the newest values of one figure, with quantiles on demand. */
export class RecentValues {
  private readonly values: Float64Array;
  private next = 0;
  private count = 0;

  constructor(capacity = 4_096) {
    this.values = new Float64Array(capacity);
  }

  /** Takes one value. */
  add(value: number): void {
    this.values[this.next] = value;
    this.next = (this.next + 1) % this.values.length;
    if (this.count < this.values.length) this.count++;
  }

  /** Forgets what was taken, as after a warm-up. */
  clear(): void {
    this.count = 0;
    this.next = 0;
  }

  /** Quantile at p of the window; 0 before the first value. */
  quantile(p: number): number {
    if (this.count === 0) return 0;
    const sorted = this.values.slice(0, this.count).sort();
    return sorted[Math.min(this.count - 1, Math.floor(p * this.count))];
  }
}

/** The monitor's own pulse: wall-clock figures for status, metrics and bench; never part of the log. */
export interface LiveFigures {
  readonly events: number;
  readonly quotes: number;
  readonly trades: number;
  /** Socket to engine state, ms. */
  readonly appliedP99Ms: number;
  /** Time a closing batch holds the loop until its scores are out, ms. */
  readonly closeP99Ms: number;
  readonly fitP99Ms: number;
  readonly loopLagP99Ms: number;
  readonly logPendingRecords: number;
  readonly logState: string;
  readonly fitsWaiting: number;
  readonly openIncidents: number;
}
