/** A bounded memory of dated things: when it is full, the older half keeps every second one. */
export class ThinnedHistory<T> {
  private readonly capacity: number;
  private times: number[] = [];
  private items: T[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.times.length;
  }

  /** Epoch ms of the oldest and the newest; null when empty. */
  get range(): { readonly from: number; readonly to: number } | null {
    return this.times.length === 0 ? null : { from: this.times[0], to: this.times[this.times.length - 1] };
  }

  /** Adds at a time not before the newest; an earlier one is left out, history does not run backwards. */
  add(at: number, item: T): void {
    if (this.times.length > 0 && at < this.times[this.times.length - 1]) return;
    this.times.push(at);
    this.items.push(item);
    if (this.times.length <= this.capacity) return;
    const half = this.times.length >> 1;
    const keep = (_: unknown, i: number): boolean => i >= half || i % 2 === 0;
    this.times = this.times.filter(keep);
    this.items = this.items.filter(keep);
  }

  /** The newest at or before `at`; null when there is none. */
  at(at: number): { readonly at: number; readonly item: T } | null {
    const i = upperBound(this.times, at) - 1;
    return i < 0 ? null : { at: this.times[i], item: this.items[i] };
  }

  newest(): T | null {
    return this.items[this.items.length - 1] ?? null;
  }
}

/** Index of the first element greater than `value` in an ascending array. */
export function upperBound(sorted: ArrayLike<number>, value: number, length: number = sorted.length): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
