/** The border's own pulse: how late our loop runs, once a second, and whether our wall clock has jumped. */
import type { PulseEvent } from '../market/event.ts';
import type { ClockOffset, ReceiveClock } from './clock-offset.ts';
import type { EventOutlet } from './event-outlet.ts';
import type { FeedFacts } from './feed-facts.ts';

const PULSE_MS = 1_000;

export class FeedPulse {
  readonly #venue: string;
  readonly #stamp: ReceiveClock;
  readonly #offset: ClockOffset;
  readonly #outlet: EventOutlet;
  readonly #facts: FeedFacts;
  #tickDue = 0;
  #pulseAt = 0;
  #loopLag = 0;
  #pulsedDrops = 0;

  constructor(venue: string, stamp: ReceiveClock, offset: ClockOffset, outlet: EventOutlet, facts: FeedFacts) {
    this.#venue = venue;
    this.#stamp = stamp;
    this.#offset = offset;
    this.#outlet = outlet;
    this.#facts = facts;
  }

  /** `now` is monotonic, ms; the next tick is due `tickMs` later. */
  start(now: number, tickMs: number): void {
    this.#tickDue = now + tickMs;
    this.#pulseAt = now + PULSE_MS;
  }

  /** A tick has come: notes how late, and each second emits the pulse. Drops are those since the last pulse. */
  tick(now: number, tickMs: number): void {
    this.#loopLag = Math.max(this.#loopLag, now - this.#tickDue);
    // A late tick is not made up for.
    this.#tickDue = now + tickMs;
    if (now < this.#pulseAt) return;
    this.#pulseAt = now + PULSE_MS;
    this.#discipline();
    const receivedAt = this.#stamp.now();
    const clockOffsetMs = this.#offset.read(receivedAt);
    const dropped = this.#outlet.droppedQuotes;
    const pulse: PulseEvent = {
      type: 'pulse',
      at: Math.round(receivedAt - (clockOffsetMs ?? 0)),
      receivedAt,
      venue: this.#venue,
      loopLagMs: this.#loopLag,
      queueLength: this.#outlet.length,
      clockOffsetMs,
      droppedQuotes: dropped - this.#pulsedDrops,
    };
    this.#pulsedDrops = dropped;
    this.#loopLag = 0;
    this.#outlet.emit([pulse]);
  }

  #discipline(): void {
    const step = this.#stamp.discipline();
    if (step === 0) return;
    // Our clock has moved and the venue's has not: the offset moves with ours.
    this.#offset.shift(step);
    this.#facts.refuse('clock-step', 'wall clock, ms', String(Math.round(step)));
  }
}
