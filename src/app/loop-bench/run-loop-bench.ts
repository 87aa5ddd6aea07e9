/**
 * The loop measured on the simulated venue (SYNTHETIC), whose truth is known: a tape of moves and bad data, a tape without
 * any fault, and the crash.
 */
import { planFaults } from '../../simulator/fault-plan.ts';
import type { ScheduledFault } from '../../simulator/fault.ts';
import type { Script } from '../../simulator/script.ts';
import {
  BAD_DATA,
  BadDataWatch,
  MoveWatch,
  TRUE_MOVES,
  type BadDataVerdict,
  type FollowedMove,
} from './answer-key-watch.ts';
import { PolicyWatch } from './compare-policies.ts';
import { ExposureWatch, type FaultExposure } from './exposure-watch.ts';
import { GateWatch, type LeaseTime } from './gate-watch.ts';
import { Hindsight, type HindsightVerdict } from './hindsight.ts';
import { ReferenceQuoter, type QuoterResult } from './reference-quoter.ts';
import type { PolicyFigures } from './tally.ts';
import { runTape, TAPE_START, type TapeOptions } from './tape.ts';
import { watching, type Watcher } from './watchers.ts';

/** What to run. */
export interface LoopBenchOptions {
  readonly seed: number;
  /** Of the tape with faults and of the one without. */
  readonly days: number;
  /** Options listed; null = all that the venue would list. */
  readonly instrumentLimit: number | null;
  /** Length of the tape on which families change, days; 0 = none. */
  readonly familyDays: number;
  readonly onProgress: (what: string, share: number) => void;
}

/** Result of the bench. */
export interface LoopBenchResult {
  readonly seed: number;
  readonly days: number;
  readonly policies: readonly PolicyFigures[];
  /** Refits of the loop over those of the policy that refits at every batch. */
  readonly refit_share: number;
  readonly bad_data: BadDataVerdict;
  readonly moves: readonly FollowedMove[];
  readonly hindsight: HindsightVerdict;
  readonly faults_gate: LeaseTime;
  readonly exposure: readonly FaultExposure[];
  readonly quiet_gate: LeaseTime;
  readonly quiet_hindsight: HindsightVerdict;
  /** A family that cannot take the shape serves first, richer ones may replace it: a batch every half minute. */
  readonly family_days: number;
  readonly family_hindsight: HindsightVerdict;
  readonly crash_quoters: readonly QuoterResult[];
  readonly crash_gate: LeaseTime;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const FIRST_FAULT = 10 * MINUTE;
const FAULT_MS = 90_000;
const QUIET_MS = 7 * MINUTE;
/** Into the crash script: an hour of calm, the crash, an hour and a half of its aftermath. */
const CRASH_MINUTES = 210;

/** eSSVI has three parameters where the truth needs more. */
const FAMILY_CONFIG = { models: ['essvi', 'venue-mark'], champion: 'essvi', challengers: ['svi', 'sabr', 'spline'] };
const FAMILY_STEP_MS = 30_000;

/** The plan of the tape with faults: moves and bad data by turns, kinds and magnitudes in order from the `turn`-th on, places and times drawn. */
export function loopPlan(seed: number, days: number, turn: number = 0): ScheduledFault[] {
  const all = BAD_DATA.flatMap((bad, i) => [TRUE_MOVES[i % TRUE_MOVES.length], bad]);
  const kinds = [...all.slice(turn % all.length), ...all.slice(0, turn % all.length)];
  return planFaults({
    seed,
    from: TAPE_START + FIRST_FAULT,
    until: TAPE_START + days * DAY,
    kinds,
    underlyings: ['BTC'],
    durationMs: FAULT_MS,
    quietMs: QUIET_MS,
    shapes: ['abrupt'],
  });
}

/** Regimes without a fault or an event: most of them calm, a busy stretch, a rally and a drift. */
export function quietScript(days: number): Script {
  const part = days * DAY;
  return {
    name: 'quiet',
    phases: [
      { after: 0, regime: 'calm' },
      { after: 0.4 * part, regime: 'busy' },
      { after: 0.55 * part, regime: 'calm' },
      { after: 0.7 * part, regime: 'rally' },
      { after: 0.8 * part, regime: 'slow-drift' },
      { after: 0.9 * part, regime: 'calm' },
    ],
    schedule: [],
  };
}

/** Runs the tapes one after the other. */
export function runLoopBench(options: LoopBenchOptions): LoopBenchResult {
  const { seed, days, instrumentLimit, familyDays, onProgress } = options;
  const minutes = days * 1_440;
  const run = (what: string, tape: Omit<TapeOptions, 'seed'>, watchers: readonly Watcher[]): void => {
    const told: Watcher = {
      onStep: (_state, _simulation, _truth, at) => onProgress(what, (at - TAPE_START) / (tape.minutes * MINUTE)),
    };
    runTape({ seed, instrumentLimit, keep: false, ...tape, ...watching([...watchers, told]) });
  };
  const policies = new PolicyWatch(TAPE_START);
  const [bad, moves, hindsight, gate] = [new BadDataWatch(), new MoveWatch(), new Hindsight(), new GateWatch(TAPE_START)]; // prettier-ignore
  const exposure = new ExposureWatch(TAPE_START);
  run('moves and bad data', { minutes, faults: loopPlan(seed, days) }, [
    policies,
    bad,
    moves,
    hindsight,
    gate,
    exposure,
  ]);
  const [quietGate, quietHindsight] = [new GateWatch(TAPE_START), new Hindsight()];
  run('without faults', { minutes, script: quietScript(days) }, [quietGate, quietHindsight]);
  const [quoter, crashGate] = [new ReferenceQuoter(), new GateWatch(TAPE_START)];
  run('crash', { minutes: CRASH_MINUTES, script: 'crash' }, [quoter, crashGate]);
  const familyHindsight = new Hindsight();
  if (familyDays > 0) {
    const script = quietScript(familyDays);
    const tape = { minutes: familyDays * 1_440, script, stepMs: FAMILY_STEP_MS, config: FAMILY_CONFIG };
    run('families', tape, [familyHindsight]);
  }
  const figures = policies.figures(days);
  const refits = (policy: string): number => figures.find((f) => f.policy === policy)?.refits_per_day ?? NaN;
  return {
    seed,
    days,
    policies: figures,
    refit_share: refits('loop') / refits('every-tick'),
    bad_data: bad.verdict(),
    moves: moves.verdict(),
    hindsight: hindsight.verdict(),
    faults_gate: gate.leaseTime(),
    exposure: exposure.exposure().filter((e) => e.ungated_vega_seconds > 0),
    quiet_gate: quietGate.leaseTime(),
    quiet_hindsight: quietHindsight.verdict(),
    family_days: familyDays,
    family_hindsight: familyHindsight.verdict(),
    crash_quoters: quoter.results(),
    crash_gate: crashGate.leaseTime(),
  };
}

/** Refits against those of the naive policy, at most. */
const MOST_REFITS = 0.1;
const VERIFIED_S = 10;
const BACK_TO = 1.5;
const MOST_NOT_OK = 0.005;

/** What of the promises of docs/loop.md the result breaks, in words with value and limit; empty = none. */
export function brokenPromises(r: LoopBenchResult): string[] {
  const broken: string[] = [];
  const by = (policy: string): PolicyFigures | undefined => r.policies.find((f) => f.policy === policy);
  const [loop, ...rest] = ['loop', 'every-tick', 'plain-threshold'].map(by);
  if (loop === undefined) return ['the loop served nothing'];
  for (const other of rest)
    if (other !== undefined && !(loop.error_rms < other.error_rms))
      broken.push(`error rms ${loop.error_rms.toFixed(3)} against ${other.error_rms.toFixed(3)} of ${other.policy}`);
  if (!(r.refit_share <= MOST_REFITS)) broken.push(`refits ${r.refit_share.toFixed(3)} of the naive ones against ${MOST_REFITS}`); // prettier-ignore
  if (r.bad_data.promoted > 0) broken.push(`${r.bad_data.promoted} refits accepted on injected bad data against 0`);
  const reversed = [r.hindsight, r.quiet_hindsight, r.family_hindsight].reduce((n, h) => n + h.promotions_reversed, 0);
  if (reversed > 0) broken.push(`${reversed} promotions reversed by hindsight against 0`);
  for (const m of r.moves) {
    const name = `${m.fault} ${m.magnitude} at ${m.at}${m.expiry === null ? '' : ` on ${m.expiry}`}`;
    if (!(m.verified_s !== null && m.verified_s <= VERIFIED_S)) broken.push(`${name}: verified after ${m.verified_s ?? 'never'} s against ${VERIFIED_S}`); // prettier-ignore
    if (!(m.after <= BACK_TO * m.healthy)) broken.push(`${name}: PZ ${m.after.toFixed(2)} against ${(BACK_TO * m.healthy).toFixed(2)}`); // prettier-ignore
  }
  const { not_ok_share } = r.quiet_gate;
  if (!(not_ok_share <= MOST_NOT_OK)) broken.push(`not OK ${(100 * not_ok_share).toFixed(2)} % of lease time without faults against ${100 * MOST_NOT_OK} %`); // prettier-ignore
  const [gated, ungated] = r.crash_quoters;
  if (!(gated.lost < ungated.lost)) broken.push(`a gated quoter lost ${gated.lost.toFixed(0)} USD in the crash against ${ungated.lost.toFixed(0)}`); // prettier-ignore
  return broken;
}
