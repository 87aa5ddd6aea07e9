import type { MarketEvent } from '../market/event.ts';

/** For so long, ms, a venue that runs ahead is believed after it has stepped back. */
const BELIEVED_MS = 5_000;

/**
 * The largest of what was lately said: of the stretch of {@link BELIEVED_MS} that runs and of the one before it. One
 * stamp that lies hours ahead is forgotten again; when nothing new is said nothing is forgotten.
 */
export class RecentLargest {
  private running = -Infinity;
  private former = -Infinity;
  private began = NaN;

  /** Takes a value said at `time`, ms of any clock; where that clock was set back a new stretch begins. */
  add(value: number, time: number): void {
    if (!(time - this.began >= 0 && time - this.began < BELIEVED_MS)) {
      this.former = this.running;
      this.running = -Infinity;
      this.began = time;
    }
    this.running = Math.max(this.running, value);
  }

  /** -Infinity before the first. */
  get value(): number {
    return Math.max(this.running, this.former);
  }
}

/** The venue's clock as our own side knows it: its newest time plus what has passed here since. */
export class VenueClock {
  private readonly ahead = new RecentLargest();
  private readonly elapsed: () => number;

  /** `elapsed`: ms of a clock that nobody sets. */
  constructor(elapsed: () => number = () => performance.now()) {
    this.elapsed = elapsed;
  }

  /** Takes every event of the market. */
  onEvent(event: MarketEvent): void {
    if (event.type !== 'quote' && event.type !== 'trade' && event.type !== 'index') return;
    const now = this.elapsed();
    this.ahead.add(event.at - now, now);
  }

  /** Whether the market has said a time. */
  get isKnown(): boolean {
    return this.ahead.value > -Infinity;
  }

  /** Epoch ms; our own clock before the first event. */
  now(): number {
    return this.isKnown ? Math.floor(this.ahead.value + this.elapsed()) : Date.now();
  }
}
