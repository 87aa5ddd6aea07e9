/** Facts that the feed itself adds to the stream: its state, the gap that is open, what was refused. */
import type { EventTimes, FeedEvent, GapEvent } from '../market/event.ts';
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
    return this.#times().at;
  }

  setState(state: FeedEvent['state'], detail: string): void {
    this.#state = state;
    this.#outlet.emit([{ type: 'feed', ...this.#times(), venue: this.#venue, state, detail }]);
  }

  refuse(reason: string, field: string, value: string): void {
    this.#outlet.emit([{ type: 'refused', ...this.#times(), venue: this.#venue, reason, field, value }]);
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

  /** Both clocks now: facts of ours stand in the venue's time like the events around them. */
  #times(): EventTimes {
    const receivedAt = this.#stamp.now();
    return { at: Math.round(receivedAt - (this.#offset.read(receivedAt) ?? 0)), receivedAt };
  }

  #emitGap({ reason, from }: OpenGap, to: number | null): void {
    this.#outlet.emit([{ type: 'gap', ...this.#times(), venue: this.#venue, symbol: null, reason, from, to }]);
  }
}
