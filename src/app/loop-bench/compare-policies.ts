/** The loop and two policies without a diagnosis on one tape: what each served, against the truth. */
import { closeNaive, initNaive, NAIVE_POLICIES } from './naive-policies.ts';
import { initTally, noteServing, readTally, type PolicyFigures, type PolicyTally } from './tally.ts';
import type { Fit } from '../../model/contract.ts';
import type { Truth } from '../../simulator/simulation.ts';
import { errorAgainstTruth, runTape, servingFit, TAPE_START, type TapeOptions } from './tape.ts';
import { expiriesOf, watching, type Watcher } from './watchers.ts';

/** The first half minute belongs to the first fits, ms. */
const WARM_MS = 30_000;

/** Runs beside the loop on a tape and notes what every policy served. */
export class PolicyWatch implements Watcher {
  readonly #start: number;
  readonly #naive = initNaive();
  readonly #tallies = new Map<string, PolicyTally>([['loop', initTally()], ...NAIVE_POLICIES.map((p) => [p, initTally()] as const)]); // prettier-ignore

  constructor(start: number) {
    this.#start = start;
  }

  readonly onClose: NonNullable<Watcher['onClose']> = (_state, underlying) => closeNaive(this.#naive, underlying);

  readonly onStep: NonNullable<Watcher['onStep']> = (state, _simulation, truth, at) => {
    if (at - this.#start < WARM_MS) return;
    for (const expiry of expiriesOf(state)) {
      this.#note('loop', expiry.expiry, servingFit(expiry), truth);
      for (const policy of NAIVE_POLICIES)
        this.#note(policy, expiry.expiry, this.#naive[policy].get(expiry.expiry) ?? null, truth);
    }
  };

  /** The figures of a tape of `days`. */
  figures(days: number): PolicyFigures[] {
    return [...this.#tallies].map(([policy, tally]) => readTally(policy, tally, days));
  }

  #note(policy: string, expiry: number, fit: Fit | null, truth: Truth): void {
    const tally = this.#tallies.get(policy);
    if (fit !== null && tally !== undefined) noteServing(tally, expiry, fit, errorAgainstTruth(fit, truth, expiry));
  }
}

/** Runs a tape once; the policies see the same closes and are held against the same truth at every step. */
export function comparePolicies(options: TapeOptions): PolicyFigures[] {
  const watch = new PolicyWatch(options.startAt ?? TAPE_START);
  runTape({ ...options, ...watching([watch]) });
  return watch.figures(options.minutes / 1_440);
}
