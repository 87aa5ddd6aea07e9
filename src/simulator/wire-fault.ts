/** Wire faults on events in virtual time: what an adapter would hand on when messages are lost, doubled, late or cut. */
import type { MarketEvent } from '../market/event.ts';
import { Random } from '../numeric/random.ts';
import { strength, type ActiveFault } from './distortion.ts';

/** Applies wire faults to the batches of one feed; all its randomness comes from the seed. */
export class WireFaults {
  readonly #random: Random;
  readonly #venue: string;
  #late: MarketEvent[] = [];
  #quietSince: number | null = null;
  #cutSince: number | null = null;

  constructor(seed: number, venue: string) {
    this.#random = new Random(seed, 'wire');
    this.#venue = venue;
  }

  /** The batch as it arrives at `receivedAt`; `at` is the end of the step. */
  apply(events: MarketEvent[], active: readonly ActiveFault[], at: number, receivedAt: number): MarketEvent[] {
    const on = (kind: 'gap' | 'duplicate' | 'out-of-order' | 'silence' | 'disconnect' | 'refuse'): number =>
      strength(active, kind, '', null);
    const cut = on('disconnect') > 0 || on('refuse') > 0;
    const silent = cut || on('silence') > 0;
    if (!silent && this.#quietSince === null && active.length === 0 && this.#late.length === 0) return events;
    const venue = this.#venue;
    const out: MarketEvent[] = [];
    if (cut && this.#cutSince === null) {
      this.#cutSince = at;
      out.push({ type: 'feed', at, receivedAt, venue, state: 'down', detail: 'connection cut' });
    }
    if (silent) {
      this.#quietSince ??= at;
      return out;
    }
    if (this.#quietSince !== null) {
      const reason = this.#cutSince === null ? 'silence' : 'disconnect';
      if (this.#cutSince !== null)
        out.push({ type: 'feed', at, receivedAt, venue, state: 'live', detail: 'connected again' });
      out.push({ type: 'gap', at, receivedAt, venue, symbol: null, reason, from: this.#quietSince, to: at });
      this.#quietSince = null;
      this.#cutSince = null;
    }
    out.push(...this.#late.map((e) => ({ ...e, receivedAt })));
    this.#late = [];
    let lost = 0;
    for (const event of events) {
      const moved = event.type === 'quote' || event.type === 'trade';
      if (moved && this.#random.chance(on('gap'))) {
        lost++;
        continue;
      }
      if (moved && this.#random.chance(on('out-of-order'))) {
        this.#late.push(event);
        continue;
      }
      out.push(event);
      if (moved && this.#random.chance(on('duplicate'))) out.push(event);
    }
    if (lost > 0) out.push({ type: 'gap', at, receivedAt, venue, symbol: null, reason: 'change-id', from: at, to: at });
    return out;
  }
}
