/** Facts that the feed itself adds to the stream: its state, the gap that is open, what was refused. */
import type { FeedEvent, GapEvent } from '../market/event.ts';
import type { ClockOffset, ReceiveClock } from './clock-offset.ts';
import type { EventOutlet } from './event-outlet.ts';

export interface OpenGap {
  readonly reason: GapEvent['reason'];
  /** Venue time, epoch ms. */
  readonly from: number;
}

export class FeedFacts {
  readonly #venue: string;
  readonly #stamp: ReceiveClock;
  readonly #offset: ClockOffset;
  readonly #outlet: EventOutlet;
  #state: FeedEvent['state'] = 'down';
  #gap: OpenGap | null = null;

  constructor(venue: string, stamp: ReceiveClock, offset: ClockOffset, outlet: EventOutlet) {
    this.#venue = venue;
    this.#stamp = stamp;
    this.#offset = offset;
    this.#outlet = outlet;
  }

  get state(): FeedEvent['state'] {
    return this.#state;
  }
  /** The gap of the whole feed that is open now. */
  get gap(): OpenGap | null {
    return this.#gap;
  }

  /** Our best reading of the venue's clock, epoch ms. */
  venueNow(): number {
    const now = this.#stamp.now();
    return now - (this.#offset.read(now) ?? 0);
  }

  setState(state: FeedEvent['state'], detail: string): void {
    this.#state = state;
    const at = this.#stamp.now();
    this.#outlet.emit([{ type: 'feed', at, receivedAt: at, venue: this.#venue, state, detail }]);
  }

  refuse(reason: string, field: string, value: string): void {
    const at = this.#stamp.now();
    this.#outlet.emit([{ type: 'refused', at, receivedAt: at, venue: this.#venue, reason, field, value }]);
  }

  /** An open gap stays the one it is: the first cause is the cause. */
  openGap(reason: GapEvent['reason'], from: number): void {
    if (this.#gap !== null) return;
    this.#gap = { reason, from };
    this.#emitGap(this.#gap, null);
  }

  closeGap(): void {
    const gap = this.#gap;
    if (gap === null) return;
    this.#gap = null;
    this.#emitGap(gap, Math.max(gap.from, this.venueNow()));
  }

  #emitGap({ reason, from }: OpenGap, to: number | null): void {
    const at = this.#stamp.now();
    this.#outlet.emit([{ type: 'gap', at, receivedAt: at, venue: this.#venue, symbol: null, reason, from, to }]);
  }
}
