/** The loop and two policies without a diagnosis on one tape: what each served, against the truth. */
import { closeNaive, initNaive, NAIVE_POLICIES } from './naive-policies.ts';
import { initTally, noteServing, readTally, type PolicyFigures, type PolicyTally } from './tally.ts';
import { errorAgainstTruth, runTape, servingFit, TAPE_START, type TapeOptions, type TapeRun } from './tape.ts';

/** The first half minute belongs to the first fits, ms. */
const WARM_MS = 30_000;

/** Result of a comparison. */
export interface PolicyComparison {
  readonly figures: readonly PolicyFigures[];
  readonly run: TapeRun;
}

/** Runs a tape once; the policies see the same closes and are held against the same truth at every step. */
export function comparePolicies(options: TapeOptions): PolicyComparison {
  const start = options.startAt ?? TAPE_START;
  const naive = initNaive();
  const tallies = new Map<string, PolicyTally>([['loop', initTally()], ...NAIVE_POLICIES.map((p) => [p, initTally()] as const)]); // prettier-ignore
  const run = runTape({
    ...options,
    onClose: (state, underlying) => {
      closeNaive(naive, underlying);
      options.onClose?.(state, underlying);
    },
    onStep: (state, simulation, at) => {
      options.onStep?.(state, simulation, at);
      const truth = simulation.truth('BTC', at);
      if (truth === undefined || at - start < WARM_MS) return;
      for (const underlying of state.underlyings.values())
        for (const expiry of underlying.expiries) {
          const note = (policy: string, fit: ReturnType<typeof servingFit>): void => {
            const tally = tallies.get(policy);
            if (fit !== null && tally !== undefined)
              noteServing(tally, expiry.expiry, fit, errorAgainstTruth(fit, truth, expiry.expiry));
          };
          note('loop', servingFit(expiry));
          for (const policy of NAIVE_POLICIES) note(policy, naive[policy].get(expiry.expiry) ?? null);
        }
    },
  });
  const days = options.minutes / 1_440;
  return { figures: [...tallies].map(([policy, tally]) => readTally(policy, tally, days)), run };
}
