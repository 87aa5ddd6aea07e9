/**
 * A tape of bad data alone on the simulated venue (SYNTHETIC): every kind in every size and course, and every refit that was
 * accepted meanwhile held against the same tape without faults, input by input.
 */
import type { EngineConfig } from '../../engine/config.ts';
import type { EngineState, UnderlyingState } from '../../engine/state.ts';
import { readForwards } from '../../engine/read-batch.ts';
import type { FitJob } from '../../model/contract.ts';
import type { OutputRecord } from '../../model/record.ts';
import { FAULT_MAGNITUDES, planFaults } from '../../simulator/fault-plan.ts';
import { intensity, type FaultKind, type OnsetShape, type ScheduledFault } from '../../simulator/fault.ts';
import type { Simulation } from '../../simulator/simulation.ts';
import { selectQuotes } from '../../surface/selection.ts';
import { BAD_DATA, ONSET_MS } from './answer-key-watch.ts';
import { inputsByStrike, isMaterial, type FitInput, type InputsByStrike } from './injected-inputs.ts';
import { runTape, TAPE_START, type TapeOptions } from './tape.ts';
import { isAbout } from './watchers.ts';

/** What one fault came to. */
export interface BadDataCase {
  readonly fault: FaultKind;
  readonly magnitude: number;
  readonly shape: OnsetShape;
  /** ISO-8601. */
  readonly at: string;
  /** Refits accepted on its scope while it was on, whatever they were made from. */
  readonly accepted: number;
  /** Refits accepted on its scope until a minute after its end with an input that the tape without faults does not show. */
  readonly promoted: number;
  /** Such inputs, over all of these refits, and how many of the refits had one beyond its own error bar. */
  readonly inputs: number;
  readonly material: number;
  /** What the worst input was off by, volatility points, among those whose strike is usable without the fault too. */
  readonly worst: number;
  readonly examples: readonly string[];
}

/** What to run. */
export interface BadDataTapeOptions {
  readonly seed: number;
  readonly instrumentLimit: number | null;
  readonly kinds?: readonly FaultKind[];
  readonly config?: Partial<EngineConfig>;
  readonly onProgress: (what: string, share: number) => void;
}

const MINUTE = 60_000;
const FIRST_FAULT = 10 * MINUTE;
const FAULT_MS = 90_000;
const QUIET_MS = 3 * MINUTE;
/** Quotes of a fault may stand until they are refreshed: refits so long after its end are looked at too, ms. */
const AFTER_MS = MINUTE;
const EXAMPLES = 3;
const SHAPES: readonly OnsetShape[] = ['abrupt', 'ramp', 'intermittent'];

/** Every kind in every size and course, one after the other; places and exact times drawn from the seed. */
export function badDataPlan(seed: number, kinds: readonly FaultKind[] = BAD_DATA): ScheduledFault[] {
  const wanted = SHAPES.flatMap((shape) =>
    [0, 1, 2].flatMap((size) =>
      kinds
        .filter((kind) => FAULT_MAGNITUDES[kind].indexOf(FAULT_MAGNITUDES[kind][size]) === size)
        .map((kind) => ({ kind, magnitude: FAULT_MAGNITUDES[kind][size], shape })),
    ),
  );
  const plan = planFaults({
    seed,
    from: TAPE_START + FIRST_FAULT,
    until: TAPE_START + FIRST_FAULT + wanted.length * (FAULT_MS + QUIET_MS),
    kinds: wanted.map((w) => w.kind),
    underlyings: ['BTC'],
    durationMs: FAULT_MS,
    quietMs: QUIET_MS,
  });
  return plan
    .slice(0, wanted.length)
    .map((fault, i) => ({ ...fault, magnitude: wanted[i].magnitude, shape: wanted[i].shape }));
}

/** An accepted refit on the scope of a fault, during it or shortly after. */
interface Suspect {
  readonly fault: number;
  readonly during: boolean;
  readonly at: number;
  readonly expiry: number;
  readonly reason: string;
  readonly inputs: readonly FitInput[];
}

/** Runs the tape, and the same one without faults when there is anything to compare. */
export function runBadDataTape(options: BadDataTapeOptions): BadDataCase[] {
  const plan = badDataPlan(options.seed, options.kinds);
  const until = Math.max(...plan.map((f) => f.to)) + AFTER_MS + MINUTE;
  const tape = (what: string, hooks: Partial<TapeOptions>, faults: readonly ScheduledFault[]): void => {
    const { seed, instrumentLimit, config = {} } = options;
    const minutes = Math.ceil((until - TAPE_START) / MINUTE);
    const onStep = (_state: EngineState, _simulation: Simulation, at: number): void =>
      options.onProgress(what, (at - TAPE_START) / (minutes * MINUTE));
    runTape({ seed, minutes, instrumentLimit, config, faults, keep: false, onStep, ...hooks });
  };
  const watch = new SuspectWatch();
  tape('bad data', { onJob: watch.onJob, onRecord: watch.onRecord }, plan);
  const clean = new Map<string, InputsByStrike | null>(watch.suspects.map((s) => [`${s.at} ${s.expiry}`, null]));
  if (clean.size > 0) tape('without faults', { onClose: untouchedInputs(clean) }, []);
  return watch.key.map((fault, i) => judged(fault, watch.suspects.filter((s) => s.fault === i), clean)); // prettier-ignore
}

/** Keeps the accepted refits that may have seen bad data, with what they were made from. */
class SuspectWatch {
  readonly suspects: Suspect[] = [];
  key: readonly ScheduledFault[] = [];
  readonly #jobs = new Map<string, FitJob>();

  readonly onJob = (job: FitJob): void => void this.#jobs.set(job.id, job);

  readonly onRecord = (record: OutputRecord, _state: EngineState, simulation: Simulation): void => {
    if (record.type !== 'calibration') return;
    const job = this.#jobs.get(record.id);
    this.#jobs.delete(record.id);
    this.key = simulation.answerKey;
    if (record.status !== 'accepted' || job === undefined) return;
    const { expiry } = job.scope;
    for (const [i, fault] of this.key.entries()) {
      if (!isAbout(fault, expiry) || !(job.at > fault.from + ONSET_MS && job.at < fault.to + AFTER_MS)) continue;
      const { strike, value, noise } = job.observations;
      const inputs = Array.from(strike, (k, j): FitInput => ({ strike: k, value: value[j], noise: noise[j] }));
      const during = intensity(fault, job.at) > 0;
      this.suspects.push({ fault: i, during, at: job.at, expiry, reason: `${record.id} ${record.reason}`, inputs });
    }
  };
}

/** Fills in what the closes of the tape without faults would give a calibration, for the times and expiries wanted. */
function untouchedInputs(wanted: Map<string, InputsByStrike | null>): NonNullable<TapeOptions['onClose']> {
  return (_state: EngineState, underlying: UnderlyingState): void => {
    const at = underlying.closedAt;
    const expiries = underlying.expiries.filter((e) => wanted.has(`${at} ${e.expiry}`));
    if (expiries.length === 0) return;
    const forwards = readForwards(underlying, at);
    for (const expiry of expiries) {
      const forward = forwards.find((f) => f.expiry === expiry);
      if (forward === undefined) continue;
      const { observations } = selectQuotes(expiry.entries, at, forward.consensus, forward.published);
      wanted.set(`${at} ${expiry.expiry}`, inputsByStrike(observations));
    }
  };
}

function judged(
  fault: ScheduledFault,
  suspects: readonly Suspect[],
  clean: ReadonlyMap<string, InputsByStrike | null>,
): BadDataCase {
  let [accepted, promoted, inputs, material, worst] = [0, 0, 0, 0, 0];
  const examples: string[] = [];
  for (const s of suspects) {
    if (s.during) accepted++;
    const own = clean.get(`${s.at} ${s.expiry}`) ?? undefined;
    const injected = s.inputs.filter((input) => own?.get(input.strike) !== input.value);
    if (injected.length === 0) continue;
    promoted++;
    inputs += injected.length;
    const beyond = injected.filter((input) => isMaterial(input, own)).length;
    if (beyond > 0) material++;
    for (const { strike, value } of injected) {
      const off = 100 * Math.abs(value - (own?.get(strike) ?? NaN));
      if (off > worst) worst = off;
    }
    if (examples.length < EXAMPLES)
      examples.push(
        `${new Date(s.at).toISOString()} ${s.reason}: ${injected.length} of ${s.inputs.length} inputs injected, ${beyond} beyond their error bars`,
      );
  }
  const { fault: kind, magnitude, shape, from } = fault;
  return { fault: kind, magnitude, shape, at: new Date(from).toISOString(), accepted, promoted, inputs, material, worst, examples }; // prettier-ignore
}
