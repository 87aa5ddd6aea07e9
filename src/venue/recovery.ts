/** What history must make good: the open gap of the feed, and single prints that a sequence number says we lack. */
import type { FeedFacts } from './feed-facts.ts';

export class Recovery {
  readonly #facts: FeedFacts;
  readonly #marginMs: number;
  readonly #fetch: (from: number, to: number) => Promise<void>;
  /** Venue times between which prints are missing; `to` 0 = none are. */
  #from = Infinity;
  #to = 0;

  /** `fetch` asks history for the prints of [from, to], venue time; `marginMs` is added on both sides. */
  constructor(facts: FeedFacts, marginMs: number, fetch: (from: number, to: number) => Promise<void>) {
    this.#facts = facts;
    this.#marginMs = marginMs;
    this.#fetch = fetch;
  }

  /** Are single prints waiting to be fetched? */
  get due(): boolean {
    return this.#to > 0;
  }

  /** Prints between these times did not reach us on a living connection. */
  missed(from: number, to: number): void {
    this.#from = Math.min(this.#from, from);
    this.#to = Math.max(this.#to, to);
  }

  async missedPrints(): Promise<void> {
    const [from, to] = [this.#from, this.#to];
    this.#from = Infinity;
    this.#to = 0;
    await this.#fetch(from - this.#marginMs, to + this.#marginMs);
  }

  /** The prints of the gap that is open; what the channel has shown already is left out by its id. */
  async openGap(): Promise<void> {
    const { gap } = this.#facts;
    if (gap !== null) await this.#fetch(gap.from - this.#marginMs, this.#facts.venueNow() + this.#marginMs);
  }
}
