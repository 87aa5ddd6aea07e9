/** Time as the feed sees it; a test passes its own. */
export interface FeedClock {
  /** Wall clock, epoch ms. */
  now(): number;
  /** Never goes back, ms, any origin. */
  monotonic(): number;
  /** Calls `callback` once after `ms`; the result cancels it. */
  setTimer(callback: () => void, ms: number): () => void;
  /** Calls `callback` as soon as the frames that have arrived are read. */
  soon(callback: () => void): void;
}

export const SYSTEM_CLOCK: FeedClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(callback, ms) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  soon: (callback) => void setImmediate(callback),
};
