/** Runs a stretch of the simulated venue through engines that differ only in their operating point. */
import type { EngineConfig } from '../../engine/config.ts';
import { metricOf } from '../../engine/read-signs.ts';
import type { FitOutcomeRecord } from '../../market/event.ts';
import type { FitJob } from '../../model/contract.ts';
import type { OutputRecord } from '../../model/record.ts';
import { log } from '../../numeric/exponential.ts';
import { median } from '../../numeric/robust.ts';
import { intensity } from '../../simulator/fault.ts';
import { simulatedEvents } from '../../simulator/market-events.ts';
import { Simulation } from '../../simulator/simulation.ts';
import { EngineRun, type Calibrator } from './engine-run.ts';
import { modelFault, RememberedAnswers, type ModelFaultName } from './model-faults.ts';
import { scheduleOf, type Segment, type StreamCase } from './stream-plan.ts';

/** An incident as it opened. */
export interface Opened {
  /** Epoch ms at which the monitor said so. */
  readonly at: number;
  readonly cause: string;
  readonly scope: string;
  readonly severity: string;
}

/** What trivial monitors look at, once a second; NaN when there was nothing to look at. */
export interface PlainSample {
  readonly at: number;
  readonly fitError: number;
  readonly markGap: number;
  readonly logPz: number;
}

/** What one segment gave: incidents by operating point, and what trivial monitors saw. */
export interface SegmentRun {
  readonly segment: Segment;
  /** Parallel to the operating points. */
  readonly opened: readonly (readonly Opened[])[];
  /** Of an engine that never opens an incident; empty unless asked for. */
  readonly plain: readonly PlainSample[];
}

const STEP_MS = 1000;

/** Runs one segment; `plain` adds an engine that never interferes, for the trivial monitors. */
export function runSegment(
  segment: Segment,
  config: EngineConfig,
  points: readonly number[],
  plain: boolean,
  onProgress: (share: number) => void,
): SegmentRun {
  const simulation = new Simulation({
    seed: segment.seed,
    startAt: segment.startAt,
    underlyings: ['BTC'],
    script: segment.script,
    stepMs: STEP_MS,
    truthHistory: 10,
    faults: scheduleOf(segment.cases),
  });
  const aged = segment.maxAgeSeconds === null ? config : { ...config, maxAgeSeconds: segment.maxAgeSeconds };
  const runs = points.map((openLogOdds) => new EngineRun({ ...aged, openLogOdds }, spoilt(segment.cases)));
  const watch = plain ? new PlainWatch(new EngineRun({ ...aged, openLogOdds: Infinity, scoreEverySeconds: 1 }, spoilt(segment.cases))) : null; // prettier-ignore
  const opened = points.map((): Opened[] => []);
  const samples: PlainSample[] = [];
  for (const events of simulatedEvents(simulation, { until: segment.until })) {
    const { at } = simulation;
    // A live monitor's clock ticks when nothing comes: silence is noticed all the same.
    if (events.length === 0) events.push({ type: 'timer', at, receivedAt: at });
    runs.forEach((run, i) => {
      for (const r of run.run(events))
        if (r.type === 'incident' && r.state === 'open')
          opened[i].push({ at, cause: r.cause, scope: r.scope, severity: r.severity });
    });
    if (watch !== null) samples.push(watch.take(events, at));
    onProgress((at - segment.startAt) / (segment.until - segment.startAt));
  }
  return { segment, opened, plain: samples };
}

/** The honest calibrator, spoilt while a model fault of the answer key is on. */
function spoilt(cases: readonly StreamCase[]): Calibrator {
  const faults = cases.filter((c) => c.layer === 'model');
  const answers = new RememberedAnswers();
  if (faults.length === 0) return (job) => answers.answer(job);
  return (job) => {
    const on = faults.find((c) => strengthAt(c, job) > 0);
    const earlier = on === undefined ? null : answers.before(job, job.at - on.from);
    const answer = answers.answer(job);
    return on === undefined || answer === null ? answer : spoil(on, answer, strengthAt(on, job), earlier);
  };
}

function strengthAt(c: StreamCase, job: FitJob): number {
  const fault = { fault: 'vol-scale', scope: { underlying: null, expiry: null }, from: c.from, to: c.to, magnitude: c.magnitude, shape: c.shape } as const; // prettier-ignore
  return intensity(fault, job.at);
}

function spoil(
  c: StreamCase,
  answer: FitOutcomeRecord,
  share: number,
  earlier: FitOutcomeRecord | null,
): FitOutcomeRecord {
  const { neutral, spoil: change } = modelFault(c.fault as ModelFaultName);
  return change(answer, neutral + (c.magnitude - neutral) * share, earlier);
}

/** Gathers what trivial monitors look at from an engine that opens no incident. */
class PlainWatch {
  private readonly fits = new Map<string, number>();
  private readonly pz = new Map<string, number>();
  private readonly run: EngineRun;

  constructor(run: EngineRun) {
    this.run = run;
  }

  take(events: Parameters<EngineRun['run']>[0], at: number): PlainSample {
    for (const r of this.run.run(events)) this.note(r);
    const gaps: number[] = [];
    for (const underlying of this.run.state.underlyings.values())
      for (const expiry of underlying.expiries) {
        const gap = Math.abs(metricOf(expiry, 'mark_gap_log'));
        if (Number.isFinite(gap)) gaps.push(gap);
      }
    return {
      at,
      fitError: this.fits.size === 0 ? NaN : median([...this.fits.values()]),
      markGap: gaps.length === 0 ? NaN : Math.max(...gaps),
      logPz: this.pz.size === 0 ? NaN : median([...this.pz.values()]),
    };
  }

  private note(r: OutputRecord): void {
    const { champion } = this.run.state.config;
    if (r.type === 'calibration' && r.model === champion && r.rmse_vol !== null) this.fits.set(r.expiry, r.rmse_vol);
    if (r.type === 'score' && r.model === champion && r.horizon_s <= 5 && r.pz > 0) this.pz.set(r.expiry, log(r.pz));
  }
}
