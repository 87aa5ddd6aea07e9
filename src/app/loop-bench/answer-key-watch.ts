/** What the answer key says of the loop: nothing learnt from bad data, true moves followed and proved in time. */
import { FAULT_KINDS, intensity, type FaultKind, type ScheduledFault } from '../../simulator/fault.ts';
import { servingFit } from './tape.ts';
import { expiriesOf, isAbout, type Watcher } from './watchers.ts';

/** Fits made from bad data. */
export interface BadDataVerdict {
  readonly faults: number;
  /** Refits accepted on the data of a fault. */
  readonly promoted: number;
  /** Longest a fit made from them served, s. */
  readonly longest_served_s: number;
  readonly examples: readonly string[];
}

/** How one true move was followed. */
export interface FollowedMove {
  readonly fault: FaultKind;
  readonly at: string;
  readonly magnitude: number;
  readonly expiry: string | null;
  /** Median PZ of the struck expiries: before, at its height, and from the eleventh second to the twentieth. */
  readonly healthy: number;
  readonly struck: number;
  readonly after: number;
  /** Seconds from the onset to the refit that was proved; null: none was. */
  readonly verified_s: number | null;
}

/** Bad data of the key that a refit would learn. A scaled volatility is left out: it is a move to anybody who sees quotes. */
export const BAD_DATA: readonly FaultKind[] = [
  'wrong-forward', 'call-put-flip', 'wrong-expiry-map', 'usd-as-coin', 'crossed', 'expiry-stuck', 'stale-all',
  'fat-finger', 'index-as-forward', 'clock-skew', 'stale-subset', 'missing-side',
]; // prettier-ignore

/** Moves of the market that a refit must follow. */
export const TRUE_MOVES: readonly FaultKind[] = ['level-jump', 'vol-jump', 'skew-jump', 'curvature-jump', 'term-inversion']; // prettier-ignore

/** The batch that closes as a fault begins is still sound, ms. */
export const ONSET_MS = 500;
const BAD: ReadonlySet<string> = new Set(BAD_DATA);
const MOVES: ReadonlySet<string> = new Set(TRUE_MOVES);
const BEFORE_MS = 60_000;
const STRUCK_MS = 3_000;
const BACK_FROM_MS = 10_000;
const BACK_TO_MS = 20_000;

/** Watches for fits made from bad data. */
export class BadDataWatch implements Watcher {
  readonly #examples: string[] = [];
  #promoted = 0;
  #longest = 0;
  #faults = 0;
  readonly #seen = new Set<string>();

  readonly onRecord: NonNullable<Watcher['onRecord']> = (record, _state, simulation) => {
    if (record.type !== 'calibration' || record.status !== 'accepted') return;
    const at = Date.parse(record.at);
    for (const key of simulation.answerKey) {
      if (!BAD.has(key.fault) || !isAbout(key, Date.parse(record.expiry))) continue;
      if (!(at > key.from + ONSET_MS && at < key.to) || intensity(key, at) === 0) continue;
      this.#promoted++;
      if (this.#examples.length < 20) this.#examples.push(`${key.fault} ${key.magnitude} ${record.at} ${record.id}: ${record.reason}`); // prettier-ignore
    }
  };

  readonly onStep: NonNullable<Watcher['onStep']> = (state, simulation, _truth, at) => {
    for (const key of simulation.answerKey) {
      if (!BAD.has(key.fault) || at < key.from) continue;
      const name = `${key.fault}${key.from}`;
      if (!this.#seen.has(name)) {
        this.#seen.add(name);
        this.#faults++;
      }
      if (at > key.to + BEFORE_MS) continue;
      for (const expiry of expiriesOf(state)) {
        const fit = isAbout(key, expiry.expiry) ? servingFit(expiry) : null;
        if (fit === null || !(fit.at > key.from + ONSET_MS && fit.at < key.to) || intensity(key, fit.at) === 0)
          continue;
        this.#longest = Math.max(this.#longest, (at - fit.at) / 1000);
      }
    }
  };

  /** What it came to. */
  verdict(): BadDataVerdict {
    return {
      faults: this.#faults,
      promoted: this.#promoted,
      longest_served_s: this.#longest,
      examples: this.#examples,
    };
  }
}

interface Followed {
  readonly key: ScheduledFault;
  readonly before: number[];
  readonly struck: number[];
  readonly after: number[];
  verifiedAt: number | null;
}

/** Watches how true moves are followed. */
export class MoveWatch implements Watcher {
  readonly #moves = new Map<string, Followed>();

  readonly onClose: NonNullable<Watcher['onClose']> = (_state, underlying) => {
    const at = underlying.closedAt;
    for (const f of this.#moves.values()) {
      if (at <= f.key.from - BEFORE_MS || at > f.key.from + BACK_TO_MS) continue;
      const into = at <= f.key.from ? f.before : at <= f.key.from + STRUCK_MS ? f.struck : f.after;
      if (into === f.after && at <= f.key.from + BACK_FROM_MS) continue;
      for (const expiry of underlying.expiries) {
        const track = expiry.models.find((t) => t.model === expiry.loop.champion);
        if (expiry.closedAt === at && isAbout(f.key, expiry.expiry) && track !== undefined && Number.isFinite(track.pz))
          into.push(track.pz);
      }
    }
  };

  readonly onRecord: NonNullable<Watcher['onRecord']> = (record) => {
    if (record.type !== 'action' || record.kind !== 'recalibrate' || record.outcome !== 'verified') return;
    const at = Date.parse(record.at);
    for (const f of this.#moves.values()) {
      if (f.verifiedAt !== null || at <= f.key.from || at >= f.key.to) continue;
      const scope = record.scope ?? '';
      const whole = scope.split(':').length <= 2;
      const day = f.key.scope.expiry === null ? null : new Date(f.key.scope.expiry).toISOString().slice(0, 10);
      if (whole || day === null || scope.endsWith(day)) f.verifiedAt = at;
    }
  };

  readonly onStep: NonNullable<Watcher['onStep']> = (_state, simulation, _truth, at) => {
    for (const key of simulation.answerKey) {
      const name = `${key.fault}${key.from}`;
      if (MOVES.has(key.fault) && key.shape === 'abrupt' && at >= key.from - BEFORE_MS && !this.#moves.has(name))
        this.#moves.set(name, { key, before: [], struck: [], after: [], verifiedAt: null });
    }
  };

  /** Every move that broke the warning level, in order. */
  verdict(): FollowedMove[] {
    return [...this.#moves.values()]
      .map((f): FollowedMove => ({
        fault: f.key.fault,
        at: new Date(f.key.from).toISOString(),
        magnitude: f.key.magnitude,
        expiry: f.key.scope.expiry === null ? null : new Date(f.key.scope.expiry).toISOString().slice(0, 10),
        healthy: middle(f.before),
        struck: Math.max(...f.struck, 0),
        after: middle(f.after),
        verified_s: f.verifiedAt === null ? null : (f.verifiedAt - f.key.from) / 1000,
      }))
      .filter((m) => FAULT_KINDS[m.fault].layer === 'market' && m.struck > BREACH_PZ);
  }
}

/** A move that no expiry's score shows beyond this is no breach. */
const BREACH_PZ = 3;

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}
