/** A judge who knows the truth: was what the loop put in force better than what it replaced, an hour later? */
import type { Fit } from '../../model/contract.ts';
import { newestVersion } from '../../engine/versions.ts';
import { metricOf } from '../../engine/read-signs.ts';
import type { ExpiryState } from '../../engine/state.ts';
import { errorAgainstTruth, servingFit } from './tape.ts';
import { expiriesOf, type Watcher } from './watchers.ts';

/** What hindsight says of a tape. */
export interface HindsightVerdict {
  /** Changes of family, and those after which the former family, refitted like the winner, was nearer to the truth within the hour. */
  readonly promotions: number;
  readonly promotions_reversed: number;
  /** Accepted refits, and those that served worse than what they replaced would have. */
  readonly refits: number;
  readonly refits_reversed: number;
  readonly refits_reversed_share: number;
  /** The worst of them: rms distance from the truth beyond that of the replaced fit, volatility points. */
  readonly worst_refit: number;
  readonly examples: readonly string[];
}

/** A replaced fit and its successor under judgement. */
interface Case {
  readonly expiry: number;
  readonly before: Fit;
  readonly after: Fit;
  readonly since: number;
  /** Half of the spread in volatility when it came. */
  readonly half: number;
  squares: [number, number];
  n: number;
}

/** A winner and the family it replaced, each as it is refitted. */
interface Contest {
  readonly expiry: ExpiryState;
  readonly winner: string;
  readonly former: string;
  readonly since: number;
  squares: [number, number];
  n: number;
}

const HOUR_MS = 3_600_000;
/** The truth is asked this often, ms. */
const EVERY_MS = 5_000;
/** A refit is judged while it serves, for so long at least, ms. */
const LEAST_MS = 5_000;
/** Differences within the expiry's own half-spread, or below this, are nobody's loss, volatility fraction. */
const MATERIAL = 0.0025;

/** The judge and his verdict so far. */
export class Hindsight implements Watcher {
  readonly #cases = new Map<number, Case>();
  readonly #contests: Contest[] = [];
  readonly #champions = new Map<number, string>();
  #last = -Infinity;
  #promotions = 0;
  #promotionsReversed = 0;
  #refits = 0;
  #refitsReversed = 0;
  #worst = 0;
  readonly #examples: string[] = [];

  readonly onStep: NonNullable<Watcher['onStep']> = (state, _simulation, truth, at) => {
    for (const expiry of expiriesOf(state)) {
      this.#promoted(expiry, at);
      const fit = servingFit(expiry);
      const open = this.#cases.get(expiry.expiry);
      if (fit === null || open?.after.id === fit.id) continue;
      if (open !== undefined) this.#close(open, at);
      const before = open?.after ?? fit;
      if (open !== undefined) this.#refits++;
      const half = metricOf(expiry, 'half_spread_vol');
      this.#cases.set(expiry.expiry, {
        expiry: expiry.expiry,
        before,
        after: fit,
        since: at,
        half,
        squares: [0, 0],
        n: 0,
      });
    }
    if (at - this.#last < EVERY_MS) return;
    this.#last = at;
    for (const c of this.#cases.values()) {
      if (c.before === c.after || at - c.since > HOUR_MS) continue;
      note(c, errorAgainstTruth(c.before, truth, c.expiry), errorAgainstTruth(c.after, truth, c.expiry));
    }
    for (const c of this.#contests) {
      const [former, winner] = [c.former, c.winner].map((model) => {
        const track = c.expiry.models.find((t) => t.model === model);
        return track === undefined ? null : (newestVersion(track)?.fit ?? null);
      });
      if (former === null || winner === null) continue;
      note(c, errorAgainstTruth(former, truth, c.expiry.expiry), errorAgainstTruth(winner, truth, c.expiry.expiry));
    }
    for (let i = this.#contests.length - 1; i >= 0; i--)
      if (at - this.#contests[i].since >= HOUR_MS) this.#decide(this.#contests.splice(i, 1)[0]);
  };

  /** Judges what is still open and says what it all came to. */
  verdict(): HindsightVerdict {
    for (const c of this.#cases.values()) this.#close(c, Infinity);
    for (const c of this.#contests.splice(0)) this.#decide(c);
    return {
      promotions: this.#promotions,
      promotions_reversed: this.#promotionsReversed,
      refits: this.#refits,
      refits_reversed: this.#refitsReversed,
      refits_reversed_share: this.#refitsReversed / Math.max(1, this.#refits),
      worst_refit: 100 * this.#worst,
      examples: this.#examples,
    };
  }

  #promoted(expiry: ExpiryState, at: number): void {
    const { champion, trial } = expiry.loop;
    const before = this.#champions.get(expiry.expiry);
    this.#champions.set(expiry.expiry, champion);
    if (before === undefined || before === champion || trial?.mode !== 'probation') return;
    this.#promotions++;
    this.#contests.push({ expiry, winner: champion, former: before, since: at, squares: [0, 0], n: 0 });
  }

  #close(c: Case, at: number): void {
    if (c.n === 0 || at - c.since < LEAST_MS) return;
    const [before, after] = c.squares.map((s) => Math.sqrt(s / c.n));
    if (!(after > before + Math.max(MATERIAL, Number.isFinite(c.half) ? c.half : 0))) return;
    this.#refitsReversed++;
    this.#worst = Math.max(this.#worst, after - before);
    if (this.#examples.length < 20)
      this.#examples.push(
        `${new Date(c.since).toISOString()} ${c.after.id}: ${(100 * after).toFixed(2)} against ${(100 * before).toFixed(2)} vol points`,
      );
  }

  #decide(c: Contest): void {
    if (c.n === 0 || !(c.squares[1] > c.squares[0])) return;
    this.#promotionsReversed++;
    this.#examples.push(`${new Date(c.since).toISOString()} ${c.winner} over ${c.former} on ${c.expiry.key}`);
  }
}

function note(c: { squares: [number, number]; n: number }, before: number, after: number): void {
  if (!Number.isFinite(before) || !Number.isFinite(after)) return;
  c.squares = [c.squares[0] + before * before, c.squares[1] + after * after];
  c.n++;
}
