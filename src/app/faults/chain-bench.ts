/** Faults injected one at a time into single snapshots of recorded chains, after at least twelve clean ones. */
import type { EngineConfig } from '../../engine/config.ts';
import type { FitOutcomeRecord } from '../../market/event.ts';
import type { FitJob } from '../../model/contract.ts';
import type { IncidentRecord, OutputRecord } from '../../model/record.ts';
import { Random } from '../../numeric/random.ts';
import { CAUSES, type Cause } from '../../policy/causes.ts';
import { diagnosisRank } from '../../policy/diagnosis.ts';
import { snapshotEvents, type ChainRow, type ChainSnapshot } from './chain-snapshot.ts';
import { plainStatistics, type PlainStatistics } from './plain-statistics.ts';
import { EngineRun, ownCalibrator, type Calibrator } from './engine-run.ts';
import type { FaultKind } from './kinds.ts';
import { frozenCalibrator, scaledCalibrator } from './model-faults.ts';

/** One injected fault and what the monitor said. */
export interface FaultCase {
  readonly fault: string;
  readonly expected: Cause;
  readonly magnitude: number;
  readonly level: 0 | 1 | 2;
  readonly at: number;
  readonly underlying: string;
  /** Causes of the incidents opened at the snapshot, strongest first. */
  readonly opened: readonly string[];
  /** Those that the untouched snapshot opens too. */
  readonly control: readonly string[];
  /** An incident opened that the untouched snapshot does not open, or the right cause did. */
  readonly found: boolean;
  readonly right: boolean;
  readonly statistics: PlainStatistics;
}

/** One untouched snapshot and what opened. */
export interface CleanCase {
  readonly at: number;
  readonly underlying: string;
  readonly opened: readonly string[];
  readonly dataCause: boolean;
  readonly statistics: PlainStatistics;
}

/** Everything one run of the bench saw. */
export interface ChainBenchResult {
  readonly cases: readonly FaultCase[];
  readonly clean: readonly CleanCase[];
}

/** What to run. */
export interface ChainBenchOptions {
  readonly config: EngineConfig;
  readonly seed: number;
  readonly faults: readonly FaultKind[];
  /** Indices into each fault's magnitudes. */
  readonly levels: readonly (0 | 1 | 2)[];
  /** Every how many-th eligible snapshot is injected; 1 = all. */
  readonly stride: number;
}

/** Snapshots that each underlying must have shown before the first injection. */
const CLEAN_FIRST = 12;

/** Runs snapshots in order of time; every injection runs on a copy of the engine that is then thrown away. */
export function runChainBench(snapshots: Iterable<ChainSnapshot>, options: ChainBenchOptions): ChainBenchResult {
  const cases: FaultCase[] = [];
  const clean: CleanCase[] = [];
  const history = new Map<string, { readonly at: number; readonly outcome: FitOutcomeRecord }[]>();
  const remember: Calibrator = (job) => {
    const outcome = ownCalibrator(job);
    const key = scopeOf(job);
    const held = history.get(key) ?? [];
    held.push({ at: job.at, outcome: outcome as FitOutcomeRecord });
    if (held.length > 24) held.shift();
    history.set(key, held);
    return outcome;
  };
  const run = new EngineRun(options.config, remember);
  const previous = new Map<string, ReadonlyMap<string, ChainRow>>();
  const seen = new Map<string, number>();
  for (const snapshot of snapshots) {
    const { underlying, at } = snapshot;
    const count = seen.get(underlying) ?? 0;
    seen.set(underlying, count + 1);
    const before = previous.get(underlying);
    const eligible = count >= CLEAN_FIRST && before !== undefined;
    const inject = eligible && (count - CLEAN_FIRST) % options.stride === 0;
    const own: FaultCase[] = [];
    if (inject)
      for (const fault of options.faults)
        for (const level of options.levels)
          own.push(oneCase(run, snapshot, before, fault, level, count, options.seed, history));
    const records = run.run(snapshotEvents(snapshot));
    const control = openedAt(records, at);
    const statistics = plainStatistics(run.state, records, snapshot);
    if (eligible)
      clean.push({
        at,
        underlying,
        opened: control,
        dataCause: control.some((c) => CAUSES[c as Cause].kind === 'data'),
        statistics,
      });
    for (const c of own) cases.push(withControl(c, control));
    previous.set(underlying, new Map(snapshot.rows.map((r) => [r.instrument.symbol, r])));
  }
  return { cases, clean };
}

function scopeOf(job: FitJob): string {
  return `${job.scope.venue}:${job.scope.underlying}:${job.scope.expiry}`;
}

function oneCase(
  run: EngineRun,
  snapshot: ChainSnapshot,
  previous: ReadonlyMap<string, ChainRow>,
  fault: FaultKind,
  level: 0 | 1 | 2,
  count: number,
  seed: number,
  history: ReadonlyMap<string, readonly { readonly at: number; readonly outcome: FitOutcomeRecord }[]>,
): FaultCase {
  const magnitude = fault.magnitudes[level];
  const random = new Random(seed, `${fault.name}:${snapshot.underlying}:${count}:${level}`);
  const touched = fault.inject(snapshot, { random, magnitude, previous });
  const calibrator =
    fault.name === 'vol-scale'
      ? scaledCalibrator(magnitude)
      : fault.name === 'frozen-model'
        ? frozenCalibrator(magnitude * 3_600_000, (job) => history.get(scopeOf(job)) ?? [])
        : ownCalibrator;
  const fork = run.fork(calibrator);
  const records = fork.run(snapshotEvents(touched));
  const opened = openedAt(records, touched.at);
  return {
    fault: fault.name,
    expected: fault.cause,
    magnitude,
    level,
    at: snapshot.at,
    underlying: snapshot.underlying,
    opened,
    control: [],
    found: false,
    right: opened[0] === fault.cause,
    statistics: plainStatistics(fork.state, records, touched),
  };
}

function withControl(c: FaultCase, control: readonly string[]): FaultCase {
  const extra = c.opened.filter((cause) => !control.includes(cause));
  return { ...c, control, found: c.right || extra.length > 0 };
}

/** Causes of the incidents opened at an instant, strongest first. */
function openedAt(records: readonly OutputRecord[], at: number): string[] {
  return records
    .filter((r): r is IncidentRecord => r.type === 'incident' && r.state === 'open' && Date.parse(r.at) === at)
    .toSorted((a, b) => rankOf(b) - rankOf(a))
    .map((r) => r.cause);
}

/** The rank that the diagnosis gives, across the diagnoses of one snapshot: of its close and of its calibrations. */
function rankOf(record: IncidentRecord): number {
  return diagnosisRank(CAUSES[record.cause as Cause].kind, Number(record.evidence['log_odds']));
}
