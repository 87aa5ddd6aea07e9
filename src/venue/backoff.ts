/** Delay before the next attempt: exponential with jitter, capped, forgotten after a stable while. */
export interface Backoff {
  /** Milliseconds to wait before the next attempt; each call without `stable` doubles the range. */
  next(): number;
  /** The connection has held long enough: start from the base again. */
  stable(): void;
  /** Attempts since the last `stable`. */
  readonly attempts: number;
}

/**
 * Equal jitter: half of min(cap, base x 2^n) fixed, half uniform, so that a venue's restart does not meet all its clients at once
 * and no attempt comes immediately. `random` in [0, 1); times in ms.
 */
export function createBackoff(baseMs: number, capMs: number, random: () => number): Backoff {
  let attempts = 0;
  return {
    get attempts() {
      return attempts;
    },
    next() {
      // 2^30 ms is beyond any cap: the exponent stays bounded however long the outage.
      const range = Math.min(capMs, baseMs * 2 ** Math.min(attempts, 30));
      attempts += 1;
      return range / 2 + (range / 2) * random();
    },
    stable() {
      attempts = 0;
    },
  };
}
