import type { RateLimit } from './adapter.ts';

/** The venue's credit account for one class of requests, kept on our side so that its limit is never met. */
export interface TokenBucket {
  /** Takes `cost` credits and returns 0, or takes nothing and returns the ms until they will be there. */
  take(cost: number, now: number): number;
  /** The venue says we are out of credits: believe it. */
  drain(now: number): void;
}

/** `now` is a monotonic clock in ms. A cost above the capacity waits for a full bucket. */
export function createTokenBucket(limit: RateLimit): TokenBucket {
  let credits = limit.capacity;
  let filledAt = Number.NEGATIVE_INFINITY;
  const refill = (now: number): void => {
    if (now > filledAt) {
      if (filledAt !== Number.NEGATIVE_INFINITY)
        credits = Math.min(limit.capacity, credits + ((now - filledAt) / 1000) * limit.refillPerSecond);
      filledAt = now;
    }
  };
  return {
    take(cost, now) {
      refill(now);
      const price = Math.min(cost, limit.capacity);
      // The tolerance absorbs the rounding of a refill computed over a fractional wait.
      if (credits >= price - 1e-6) {
        credits -= price;
        return 0;
      }
      return Math.ceil(((price - credits) / limit.refillPerSecond) * 1000);
    },
    drain(now) {
      refill(now);
      credits = 0;
    },
  };
}
