import type { MarketEvent } from '../market/event.ts';

/** The venue's clock as our own side knows it: its newest time plus what has passed here since. */
export class VenueClock {
  private at = -Infinity;
  private seen = 0;

  /** Takes every event of the market. */
  onEvent(event: MarketEvent): void {
    if (event.type !== 'quote' && event.type !== 'trade' && event.type !== 'index') return;
    if (!(event.at > this.at)) return;
    this.at = event.at;
    this.seen = performance.now();
  }

  /** Epoch ms; our own clock before the first event. */
  now(): number {
    return this.at === -Infinity ? Date.now() : Math.floor(this.at + (performance.now() - this.seen));
  }
}
