/** Which channels the venue sends us, and how that set is brought to the one we want. */
import type { VenueAdapter, VenueRequest } from './adapter.ts';

/** What became of a subscription: the channels accepted, `later` (ask again) or `never` (refused for good). */
export type SubscribeOutcome = readonly string[] | 'later' | 'never';

export class Subscriptions {
  readonly #adapter: VenueAdapter;
  readonly #ask: (request: VenueRequest) => Promise<SubscribeOutcome>;
  readonly #onRefused: (channel: string) => void;
  /** Accepted, or asked for and not yet answered. */
  readonly #held = new Set<string>();
  /** Refused by the venue on this connection: not asked for again. */
  readonly #refused = new Set<string>();
  #broken = new Set<string>();

  constructor(
    adapter: VenueAdapter,
    ask: (request: VenueRequest) => Promise<SubscribeOutcome>,
    onRefused: (channel: string) => void,
  ) {
    this.#adapter = adapter;
    this.#ask = ask;
    this.#onRefused = onRefused;
  }

  get size(): number {
    return this.#held.size;
  }

  /** A new connection holds nothing. */
  clear(): void {
    this.#held.clear();
    this.#refused.clear();
    this.#broken.clear();
  }

  /** Asks for what is wanted and not held, gives back what is held and not wanted. True when nothing is left to ask for. */
  async reconcile(wanted: readonly string[]): Promise<boolean> {
    const wantedSet = new Set(wanted);
    const add = wanted.filter((c) => !this.#held.has(c) && !this.#refused.has(c));
    const remove = [...this.#held].filter((c) => !wantedSet.has(c));
    for (const channel of remove) this.#held.delete(channel);
    const left = this.#batches(remove).map((batch) => this.#ask(this.#adapter.unsubscribe(batch)));
    const joined = this.#batches(add).map((batch) => this.#join(batch));
    await Promise.all(left);
    return (await Promise.all(joined)).every(Boolean);
  }

  /** A sequence of these channels broke. They are asked for together at the next `resyncAll`. */
  resync(channels: readonly string[]): void {
    for (const channel of channels) if (this.#held.has(channel)) this.#broken.add(channel);
  }

  /** Leaves and joins the broken channels: a subscription begins with a snapshot. */
  async resyncAll(): Promise<void> {
    const broken = [...this.#broken];
    this.#broken = new Set();
    await Promise.all(
      this.#batches(broken).map(async (batch) => {
        await this.#ask(this.#adapter.unsubscribe(batch));
        await this.#join(batch);
      }),
    );
  }

  #batches(channels: readonly string[]): string[][] {
    const batches: string[][] = [];
    const size = this.#adapter.channelsPerRequest;
    const isPrivate = (c: string): boolean => this.#adapter.isPrivate(c);
    for (const group of [channels.filter((c) => !isPrivate(c)), channels.filter(isPrivate)])
      for (let i = 0; i < group.length; i += size) batches.push(group.slice(i, i + size));
    return batches;
  }

  async #join(channels: readonly string[]): Promise<boolean> {
    for (const channel of channels) this.#held.add(channel);
    const outcome = await this.#ask(this.#adapter.subscribe(channels));
    const granted = new Set(typeof outcome === 'string' ? [] : outcome);
    for (const channel of channels) {
      if (granted.has(channel)) continue;
      this.#held.delete(channel);
      if (outcome === 'later') continue;
      this.#refused.add(channel);
      this.#onRefused(channel);
    }
    return outcome !== 'later';
  }
}
