/** A clock that a test moves: timers fire in order of time, promises run in between. */
import type { FeedClock } from '../../src/venue/feed-clock.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export class FakeClock implements FeedClock {
  /** Added to the wall clock only: a step. */
  wallError = 0;
  #monotonic = 1_000;
  readonly #start: number;
  #timers: Timer[] = [];
  #soon: (() => void)[] = [];

  constructor(start: number) {
    this.#start = start;
  }

  /** What the time really is, epoch ms: the wall clock without its error. */
  truth(): number {
    return this.#start + this.#monotonic - 1_000;
  }
  now(): number {
    return this.truth() + this.wallError;
  }
  monotonic(): number {
    return this.#monotonic;
  }
  get timers(): number {
    return this.#timers.length;
  }

  setTimer(callback: () => void, ms: number): () => void {
    const timer = { at: this.#monotonic + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    };
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
  }

  /** Lets promises and `soon` callbacks run, without time passing. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 2;) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const due = this.#soon;
      this.#soon = [];
      quiet = due.length === 0 ? quiet + 1 : 0;
      for (const callback of due) callback();
    }
  }

  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await this.settle();
    for (;;) {
      const due = this.#timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((t) => t !== due);
      this.#monotonic = Math.max(this.#monotonic, due.at);
      due.callback();
      await this.settle();
    }
    this.#monotonic = end;
  }

  /** The loop is blocked: time passes and nothing runs. */
  block(ms: number): void {
    this.#monotonic += ms;
  }
}
