/** Two clocks: our receive stamp, and its offset to the venue's. */

const WINDOW_SECONDS = 60;
/** A sample this far below the window's minimum is a bad timestamp until it repeats, ms. */
const JUMP_MS = 2_000;
const JUMP_REPEATS = 3;

/**
 * Offset to the venue clock: min over 60 s of (received - venue time), ms. It contains the least network latency.
 * One timestamp from the future does not move it: a fall of more than 2 s must be seen three times in a row.
 */
export class ClockOffset {
  readonly #minima = new Float64Array(WINDOW_SECONDS).fill(Number.POSITIVE_INFINITY);
  #second = Number.NEGATIVE_INFINITY;
  #minimum = Number.POSITIVE_INFINITY;
  #jumps = 0;

  /** `receivedAt` and `at` are epoch ms. */
  sample(receivedAt: number, at: number): void {
    const second = Math.floor(receivedAt / 1000);
    if (second !== this.#second) this.#advance(second);
    const difference = receivedAt - at;
    if (difference >= this.#minimum - JUMP_MS) this.#jumps = 0;
    else if (this.#minimum !== Number.POSITIVE_INFINITY && ++this.#jumps < JUMP_REPEATS) return;
    const slot = ((second % WINDOW_SECONDS) + WINDOW_SECONDS) % WINDOW_SECONDS;
    if (difference < this.#minima[slot]) this.#minima[slot] = difference;
    if (difference < this.#minimum) this.#minimum = difference;
  }

  /** Null before the first sample and after 60 s without one. */
  read(receivedAt: number): number | null {
    const second = Math.floor(receivedAt / 1000);
    if (second !== this.#second && this.#second !== Number.NEGATIVE_INFINITY) this.#advance(second);
    return this.#minimum === Number.POSITIVE_INFINITY ? null : this.#minimum;
  }

  /** Our clock has been set forward by `ms` (back if negative): what was measured before moves with it. */
  shift(ms: number): void {
    for (let slot = 0; slot < WINDOW_SECONDS; slot++) this.#minima[slot] += ms;
    this.#minimum += ms;
    // The seconds are counted by our clock as well: keep the window. A slot may now be cleared up to a minute early, never late.
    this.#second += Math.round(ms / 1000);
    this.#jumps = 0;
  }

  #advance(second: number): void {
    const steps = Math.min(WINDOW_SECONDS, Math.abs(second - this.#second));
    for (let i = 0; i < steps; i++) {
      const slot = (((second - i) % WINDOW_SECONDS) + WINDOW_SECONDS) % WINDOW_SECONDS;
      this.#minima[slot] = Number.POSITIVE_INFINITY;
    }
    this.#second = second;
    this.#minimum = this.#minima.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  }
}

/** A wall clock step larger than this is followed at once; anything smaller is slewed, ms. */
const STEP_MS = 1_000;
const SLEW_PER_SECOND_MS = 1;

/**
 * Receive stamps in epoch ms that run with the monotonic clock, so that a corrected wall clock cannot reorder events.
 * `discipline`, called each second, slews towards the wall clock by 1 ms or follows a step and returns its size (else 0).
 */
export class ReceiveClock {
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  #anchor: number;

  constructor(wall: () => number, monotonic: () => number) {
    this.#wall = wall;
    this.#monotonic = monotonic;
    this.#anchor = wall() - monotonic();
  }

  now(): number {
    return Math.floor(this.#anchor + this.#monotonic());
  }

  discipline(): number {
    const error = this.#wall() - (this.#anchor + this.#monotonic());
    if (Math.abs(error) > STEP_MS) {
      this.#anchor += error;
      return error;
    }
    this.#anchor += Math.max(-SLEW_PER_SECOND_MS, Math.min(SLEW_PER_SECOND_MS, error));
    return 0;
  }
}
