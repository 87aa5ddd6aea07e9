/**
 * The whole engine on a SYNTHETIC tape with a known truth: what its loop did, and how far what it served was from the
 * truth. For tests, benches and `vernier bench loop`.
 */
import { DEFAULT_CONFIG, type EngineConfig } from '../../engine/config.ts';
import { runFit } from '../../engine/models.ts';
import { initEngine, type EngineState, type ExpiryState, type UnderlyingState } from '../../engine/state.ts';
import { step } from '../../engine/step.ts';
import { newestVersion } from '../../engine/versions.ts';
import type { FitResultEvent, MarketEvent } from '../../market/event.ts';
import type { Fit, FitJob } from '../../model/contract.ts';
import type { OutputRecord } from '../../model/record.ts';
import type { ScheduledFault } from '../../simulator/fault.ts';
import { simulatedEvents } from '../../simulator/market-events.ts';
import type { Script, ScriptName } from '../../simulator/script.ts';
import { Simulation, type Truth } from '../../simulator/simulation.ts';
import { smileFamilyNamed } from '../../surface/registry.ts';

/** A tape: one underlying, batches of a second. */
export interface TapeOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly startAt?: number;
  readonly script?: ScriptName | Script;
  readonly faults?: readonly ScheduledFault[];
  readonly instrumentLimit?: number | null;
  readonly config?: Partial<EngineConfig>;
  /** Ms of event time between steps of the venue; default a second. */
  readonly stepMs?: number;
  /** Time a calibration takes, ms of event time; default 40. */
  readonly latencyMs?: number;
  /** Called after every step of the tape, when every answer that is due has been given. */
  readonly onStep?: (state: EngineState, simulation: Simulation, at: number) => void;
  /** Called when an underlying has closed a batch, right after it. */
  readonly onClose?: (state: EngineState, underlying: UnderlyingState) => void;
  /** Called with every record. */
  readonly onRecord?: (record: OutputRecord, state: EngineState, simulation: Simulation) => void;
  /** Called with every calibration that is asked for. */
  readonly onJob?: (job: FitJob) => void;
  /** False: records and jobs are not kept; for long tapes. */
  readonly keep?: boolean;
  /** Events pushed in before the step that begins at their time. */
  readonly operator?: readonly MarketEvent[];
}

/** What a run left behind. */
export interface TapeRun {
  readonly records: OutputRecord[];
  readonly jobs: FitJob[];
  readonly state: EngineState;
  readonly simulation: Simulation;
}

/** Thursday noon, far from any settlement. */
export const TAPE_START = Date.UTC(2026, 0, 15, 12);

/** Runs the tape through an engine; calibrations come back `latencyMs` later, in order. */
export function runTape(options: TapeOptions): TapeRun {
  const startAt = options.startAt ?? TAPE_START;
  const simulation = new Simulation({
    seed: options.seed,
    startAt,
    underlyings: ['BTC'],
    script: options.script ?? 'calm',
    faults: options.faults ?? [],
    stepMs: options.stepMs ?? 1_000,
    instrumentLimit: options.instrumentLimit ?? null,
  });
  const state = initEngine({ ...DEFAULT_CONFIG, ...options.config });
  const run: TapeRun = { records: [], jobs: [], state, simulation };
  const waiting: FitResultEvent[] = [];
  const closed = new Map<string, number>();
  const take = (event: MarketEvent): void => {
    for (const effect of step(state, event))
      if (effect.type === 'record') {
        if (options.keep !== false) run.records.push(effect.record);
        options.onRecord?.(effect.record, state, simulation);
      } else {
        if (options.keep !== false) run.jobs.push(effect.job);
        options.onJob?.(effect.job);
        const at = event.at + (options.latencyMs ?? 40);
        waiting.push({ type: 'fit-result', at, receivedAt: at, jobId: effect.job.id, outcome: runFit(effect.job) });
      }
    if (options.onClose === undefined) return;
    for (const underlying of state.underlyings.values()) {
      if (!(underlying.closedAt > (closed.get(underlying.key) ?? -Infinity))) continue;
      closed.set(underlying.key, underlying.closedAt);
      options.onClose(state, underlying);
    }
  };
  const answer = (until: number): void => {
    while (waiting.length > 0 && waiting[0].at <= until) take(waiting.shift()!);
  };
  const orders = [...(options.operator ?? [])];
  for (const batch of simulatedEvents(simulation, { until: startAt + options.minutes * 60_000 })) {
    while (orders.length > 0 && orders[0].at <= simulation.at) take(orders.shift()!);
    for (const event of batch) {
      answer(event.receivedAt);
      take(event);
    }
    answer(simulation.at);
    options.onStep?.(state, simulation, simulation.at);
  }
  return run;
}

/** Strikes at which a smile is compared with the truth, standard deviations from the forward. */
const AT_X = [-1, -0.5, 0, 0.5, 1] as const;

/** rms distance of a fit from the true smile over one standard deviation on both sides, volatility fraction. */
export function errorAgainstTruth(fit: Fit, truth: Truth, expiry: number): number {
  const smile = truth.smile(expiry);
  const family = smileFamilyNamed(fit.model);
  if (smile === undefined || family === undefined) return NaN;
  const deviation = smile.atmVolatility() * Math.sqrt(smile.years);
  let sum = 0;
  for (const x of AT_X) {
    const k = x * deviation;
    const e = Math.sqrt(family.totalVariance(fit.parameters, k, fit.years) / fit.years) - smile.volatility(smile.forward * Math.exp(k), 0.5); // prettier-ignore
    sum += e * e;
  }
  return Math.sqrt(sum / AT_X.length);
}

/** The fit that serves an expiry; null before the first. */
export function servingFit(expiry: ExpiryState): Fit | null {
  const track = expiry.models.find((t) => t.model === expiry.loop.champion);
  return track === undefined ? null : (newestVersion(track)?.fit ?? null);
}
