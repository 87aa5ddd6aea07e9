/**
 * Three policies of recalibration on one SYNTHETIC tape whose truth is known: refit at every batch, refit when a plain
 * threshold is crossed, and the loop. Calm, then a move of all volatilities, a wrong forward, a move of one expiry and
 * thin quotes, over and over.
 */
import { createHash } from 'node:crypto';
import { DEFAULT_CONFIG } from '../src/engine/config.ts';
import { readBatch } from '../src/engine/read-batch.ts';
import { initEngine } from '../src/engine/state.ts';
import { step } from '../src/engine/step.ts';
import type { Fit, Observations } from '../src/model/contract.ts';
import { scorePrequential } from '../src/score/prequential.ts';
import type { FaultKind, ScheduledFault } from '../src/simulator/fault.ts';
import { simulatedEvents } from '../src/simulator/market-events.ts';
import { Simulation } from '../src/simulator/simulation.ts';
import { smileModel } from '../src/surface/smile-model.ts';
import { sviFamily } from '../src/surface/svi.ts';
import { errorAgainstTruth, runTape, servingFit, TAPE_START } from '../test/simulation/loop-tape.ts';
import type { Bench } from './run.ts';

const MINUTE = 60_000;
const CYCLE = 10;

/** One cycle of ten minutes: [kind, from, minutes, magnitude, expiry]. */
const EVENTS: readonly (readonly [FaultKind, number, number, number, number | null])[] = [
  ['level-jump', 2, 8, 3, null],
  ['wrong-forward', 3.5, 1, 40, 5],
  ['call-put-flip', 5, 0.7, 1, 6],
  ['vol-jump', 6.5, 3.5, 4, 4],
  ['liquidity-contraction', 8, 1, 3, null],
];

function schedule(minutes: number): ScheduledFault[] {
  const found: ScheduledFault[] = [];
  for (let cycle = 0; cycle * CYCLE < minutes; cycle++)
    for (const [fault, after, length, magnitude, expiry] of EVENTS) {
      const from = TAPE_START + (cycle * CYCLE + after) * MINUTE;
      found.push({ fault, scope: { underlying: 'BTC', expiry }, from, to: from + length * MINUTE, magnitude, shape: 'abrupt' }); // prettier-ignore
    }
  return found;
}

/** What a policy came to: error against the truth, refits, path of the ATM volatility and its turns. */
interface Tally {
  squares: number;
  errors: number[];
  refits: number;
  /** Sum of |change of ATM volatility| over refits, volatility points. */
  path: number;
  turns: number;
  readonly last: Map<number, { atm: number; step: number; id: string }>;
}

const newTally = (): Tally => ({ squares: 0, errors: [], refits: 0, path: 0, turns: 0, last: new Map() });

const svi = smileModel(sviFamily);

/** Notes what serves an expiry now; a changed fit adds to the path. */
function note(tally: Tally, expiry: number, fit: Fit, error: number): void {
  if (Number.isFinite(error)) {
    tally.squares += error * error;
    tally.errors.push(error);
  }
  const before = tally.last.get(expiry);
  if (before?.id === fit.id) return;
  const atm = Math.sqrt(sviFamily.totalVariance(fit.parameters, 0, fit.years) / fit.years);
  const change = before === undefined ? 0 : atm - before.atm;
  tally.refits++;
  tally.path += 100 * Math.abs(change);
  if (before !== undefined && change * before.step < 0) tally.turns++;
  tally.last.set(expiry, { atm, step: change === 0 ? (before?.step ?? 0) : change, id: fit.id });
}

/** The loop on the tape. */
function ours(minutes: number): Tally {
  const tally = newTally();
  runTape({
    seed: 20261122,
    minutes,
    faults: schedule(minutes),
    onStep: (state, simulation, at) => {
      const truth = simulation.truth('BTC', at);
      if (truth === undefined || at - TAPE_START < 0.5 * MINUTE) return;
      for (const underlying of state.underlyings.values())
        for (const expiry of underlying.expiries) {
          const fit = servingFit(expiry);
          if (fit !== null) note(tally, expiry.expiry, fit, errorAgainstTruth(fit, truth, expiry.expiry));
        }
    },
  });
  return tally;
}

/** Weighted error of a fit on a batch beyond which the plain threshold refits, in error bars. */
const PLAIN_PZ = 2;

/** Both naive policies on the tape: they see the same selected quotes as the loop, and nothing else. */
function naive(minutes: number): { every: Tally; threshold: Tally } {
  const tallies = { every: newTally(), threshold: newTally() };
  const serving = { every: new Map<number, Fit>(), threshold: new Map<number, Fit>() };
  const state = initEngine({ ...DEFAULT_CONFIG, minChanged: Infinity });
  const simulation = new Simulation({ seed: 20261122, startAt: TAPE_START, underlyings: ['BTC'], faults: schedule(minutes), stepMs: 1_000 }); // prettier-ignore
  let n = 0;
  for (const batch of simulatedEvents(simulation, { until: TAPE_START + minutes * MINUTE })) {
    for (const event of batch) step(state, event);
    const { at } = simulation;
    const truth = simulation.truth('BTC', at);
    for (const underlying of state.underlyings.values())
      for (const { expiry, selection } of readBatch(underlying, underlying.expiries, at)) {
        const { observations } = selection;
        for (const policy of ['every', 'threshold'] as const) {
          const before = serving[policy].get(expiry.expiry) ?? null;
          if (policy === 'every' || before === null || scoreOf(before, observations) > PLAIN_PZ) {
            const fit = refit(before, observations, `${policy}${n++}`, expiry.scope, at);
            if (fit !== null) serving[policy].set(expiry.expiry, fit);
          }
          const fit = serving[policy].get(expiry.expiry);
          if (fit !== undefined && truth !== undefined && at - TAPE_START >= 0.5 * MINUTE)
            note(tallies[policy], expiry.expiry, fit, errorAgainstTruth(fit, truth, expiry.expiry));
        }
      }
  }
  return tallies;
}

function scoreOf(fit: Fit, batch: Observations): number {
  const n = batch.k.length;
  const out = { mean: new Float64Array(n), sd: new Float64Array(n) };
  svi.predict(fit, batch, out);
  return scorePrequential(batch, out, 0)?.pz ?? 0;
}

function refit(
  before: Fit | null,
  observations: Observations,
  id: string,
  scope: Fit['scope'],
  at: number,
): Fit | null {
  const start = before?.parameters ?? null;
  const job = { id, model: 'svi', scope, at, reason: 'age', observations, start, prior: null, options: {} } as const;
  const { status, parameters, covariance, numbers } = svi.fit(job);
  if (status !== 'converged') return null;
  return { id, model: 'svi', scope, at, forward: observations.forward, years: observations.years, parameters, covariance, numbers }; // prettier-ignore
}

const MINUTES = 20;
let shared: { smoke: boolean; tallies: Record<string, Tally> } | null = null;

function tallies(smoke: boolean): Record<string, Tally> {
  if (shared === null || shared.smoke !== smoke) {
    const minutes = smoke ? 1 : MINUTES;
    const { every, threshold } = naive(minutes);
    shared = { smoke, tallies: { loop: ours(minutes), 'plain-threshold': threshold, 'every-tick': every } };
  }
  return shared.tallies;
}

const FIGURES: Readonly<Record<string, readonly [string, (t: Tally, days: number) => number]>> = {
  'error-rms': ['vol pts', (t) => 100 * Math.sqrt(t.squares / Math.max(1, t.errors.length))],
  'error-p99': ['vol pts', (t) => 100 * (t.errors.toSorted((a, b) => a - b)[Math.floor(0.99 * (t.errors.length - 1))] ?? NaN)], // prettier-ignore
  'refits-per-day': ['1/day', (t, days) => t.refits / days / Math.max(1, t.last.size)],
  'path-per-day': ['vol pts', (t, days) => t.path / days / Math.max(1, t.last.size)],
  'turns-per-day': ['1/day', (t, days) => t.turns / days / Math.max(1, t.last.size)],
};

/** Benches of the loop: five figures for each of three policies; refits, path and turns are per expiry. */
export const benches: Bench[] = ['loop', 'plain-threshold', 'every-tick'].flatMap((policy) =>
  Object.entries(FIGURES).map(([figure, [unit, read]]): Bench => ({
    name: `loop/${policy}/${figure}`,
    unit,
    run(smoke) {
      const days = (smoke ? 1 : MINUTES) / 1_440;
      const value = read(tallies(smoke)[policy], days);
      return { samples: [value], hash: createHash('sha256').update(String(value)).digest('hex').slice(0, 16) };
    },
  })),
);
