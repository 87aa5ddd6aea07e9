import { upperBound } from './thinned-history.ts';

/** Columns of one series over time, bounded: when full, the older half keeps every second row. */
export class NumberHistory {
  readonly names: readonly string[];
  private readonly capacity: number;
  private times: Float64Array;
  private readonly columns: Float32Array[];
  private count = 0;

  constructor(names: readonly string[], capacity: number) {
    this.names = names;
    this.capacity = capacity;
    this.times = new Float64Array(64);
    this.columns = names.map(() => new Float32Array(64));
  }

  get length(): number {
    return this.count;
  }

  get first(): number {
    return this.count === 0 ? NaN : this.times[0];
  }

  get last(): number {
    return this.count === 0 ? NaN : this.times[this.count - 1];
  }

  /** Appends a row; NaN = no value. A time before the newest is left out. */
  add(at: number, values: readonly number[]): void {
    if (this.count > 0 && at < this.last) return;
    if (this.count === this.times.length) this.makeRoom();
    this.times[this.count] = at;
    for (let c = 0; c < this.columns.length; c++) this.columns[c][this.count] = values[c];
    this.count++;
  }

  /** The newest value of a column; null when there is none. */
  newest(name: string): number | null {
    const value = this.count === 0 ? NaN : this.columns[this.names.indexOf(name)][this.count - 1];
    return Number.isFinite(value) ? rounded(value) : null;
  }

  /**
   * Rows between two times (inclusive), at most `points`: of each bucket the row with the largest value of column
   * `worst` stands for it, so that a thinned picture hides no peak.
   */
  read(from: number, to: number, points: number, worst: number): { at: number[]; columns: (number | null)[][] } {
    const start = upperBound(this.times, from - 0.5, this.count);
    const end = upperBound(this.times, to, this.count);
    const rows: number[] = [];
    const bucket = Math.max(1, Math.ceil((end - start) / points));
    for (let i = start; i < end; i += bucket) {
      let best = i;
      for (let j = i; j < Math.min(i + bucket, end); j++)
        if (this.columns[worst][j] > this.columns[worst][best]) best = j;
      rows.push(best);
    }
    return {
      at: rows.map((i) => this.times[i]),
      columns: this.columns.map((c) => rows.map((i) => (Number.isFinite(c[i]) ? rounded(c[i]) : null))),
    };
  }

  private makeRoom(): void {
    if (this.times.length < this.capacity) {
      const size = Math.min(this.capacity, this.times.length * 2);
      this.times = grown(this.times, new Float64Array(size));
      for (let c = 0; c < this.columns.length; c++) this.columns[c] = grown(this.columns[c], new Float32Array(size));
      return;
    }
    const half = this.count >> 1;
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      if (i < half && i % 2 === 1) continue;
      this.times[kept] = this.times[i];
      for (const column of this.columns) column[kept] = column[i];
      kept++;
    }
    this.count = kept;
  }
}

/** A float32 in the digits it has, not in those of the double that holds it. */
export function rounded(value: number): number {
  return Number(value.toPrecision(7));
}

function grown<T extends Float32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
