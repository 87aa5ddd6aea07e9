/** Faults injected one at a time into recorded chains, after at least twelve clean snapshots. */
import type { EngineConfig } from '../../engine/config.ts';
import type { IncidentRecord, OutputRecord } from '../../model/record.ts';
import { Random } from '../../numeric/random.ts';
import { CAUSES, type Cause } from '../../policy/causes.ts';
import { diagnosisRank } from '../../policy/diagnosis.ts';
import type { OnsetShape } from '../../simulator/fault.ts';
import { snapshotEvents, type ChainRow, type ChainSnapshot } from './chain-snapshot.ts';
import { EngineRun, ownCalibrator, type Calibrator } from './engine-run.ts';
import { COURSE, injectShare, magnitudeAt, shareAt } from './fault-shape.ts';
import type { FaultKind } from './kinds.ts';
import { modelFault, RememberedAnswers } from './model-faults.ts';
import { plainStatistics, type PlainStatistics } from './plain-statistics.ts';

/** One injected fault and what the monitor said. */
export interface FaultCase {
  readonly fault: string;
  readonly expected: readonly Cause[];
  readonly magnitude: number;
  readonly level: 0 | 1 | 2;
  readonly shape: OnsetShape;
  readonly at: number;
  readonly underlying: string;
  /** Snapshots from the onset to the first incident that the untouched tape does not open; null = none in its course. */
  readonly delay: number | null;
  /** Causes of the incidents opened at that snapshot (at the first one when none came), strongest first. */
  readonly opened: readonly string[];
  /** Those that the untouched snapshot opens too. */
  readonly control: readonly string[];
  readonly found: boolean;
  /** The strongest of them names it rightly. */
  readonly right: boolean;
  /** Of the first snapshot. */
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

/** A size and a course of a fault. */
export interface Variant {
  /** Index into the fault's magnitudes. */
  readonly level: 0 | 1 | 2;
  readonly shape: OnsetShape;
}

/** The published one: the middle size, at once, judged from a single snapshot. */
export const PUBLISHED: Variant = { level: 1, shape: 'abrupt' };
/** All the others. */
export const OTHER_VARIANTS: readonly Variant[] = (['abrupt', 'ramp', 'intermittent'] as const).flatMap((shape) =>
  ([0, 1, 2] as const).map((level) => ({ level, shape })).filter((v) => v.level !== 1 || v.shape !== 'abrupt'),
);

/** What to run. */
export interface ChainBenchOptions {
  readonly config: EngineConfig;
  readonly seed: number;
  readonly faults: readonly FaultKind[];
  /** Sizes and courses. Every injected snapshot gets `each` of them, in turn. */
  readonly variants: readonly Variant[];
  readonly each: number;
  /** Every how many-th eligible snapshot is injected; 1 = all. */
  readonly stride: number;
}

/** Snapshots nearer to each other than this are a stream to the engine, which then waits for a second and third look, ms. */
const STREAM_MS = 600_000;
/** Snapshots that each underlying must have shown before the first injection. */
const CLEAN_FIRST = 12;

/** A case before the untouched tape has been seen: what opened at every snapshot of its course. */
interface OpenCase extends Omit<FaultCase, 'delay' | 'opened' | 'control' | 'found' | 'right'> {
  readonly course: readonly { readonly at: number; readonly opened: readonly string[] }[];
}

/** Runs snapshots in order of time; every injection runs on a copy of the engine that is then thrown away. */
export function runChainBench(
  snapshots: readonly ChainSnapshot[],
  options: ChainBenchOptions,
  onProgress: (share: number) => void = () => undefined,
): ChainBenchResult {
  const pending: OpenCase[] = [];
  const clean: CleanCase[] = [];
  const answers = new RememberedAnswers();
  const run = new EngineRun(options.config, answers.answer);
  const previous = new Map<string, ReadonlyMap<string, ChainRow>>();
  const seen = new Map<string, number>();
  for (const [i, snapshot] of snapshots.entries()) {
    onProgress(i / snapshots.length);
    const { underlying } = snapshot;
    const count = seen.get(underlying) ?? 0;
    seen.set(underlying, count + 1);
    const before = previous.get(underlying);
    const eligible = count >= CLEAN_FIRST && before !== undefined;
    if (eligible && (count - CLEAN_FIRST) % options.stride === 0) {
      const turn = (count - CLEAN_FIRST) / options.stride;
      const place = { run, snapshots, i, previous: before, count, answers, seed: options.seed };
      for (const [f, fault] of options.faults.entries())
        for (let n = 0; n < options.each; n++) {
          const variant = options.variants[(turn * options.each + f + n) % options.variants.length];
          pending.push(oneCase(place, fault, variant));
        }
    }
    const records = run.run(snapshotEvents(snapshot));
    if (eligible) clean.push(cleanCase(run, records, snapshot));
    previous.set(underlying, rowsOf(snapshot));
  }
  const controls = new Map(clean.map((c) => [`${c.underlying} ${c.at}`, c.opened]));
  return { cases: pending.map((c) => settled(c, controls)), clean };
}

const rowsOf = (snapshot: ChainSnapshot): Map<string, ChainRow> =>
  new Map(snapshot.rows.map((r) => [r.instrument.symbol, r]));

function cleanCase(run: EngineRun, records: readonly OutputRecord[], snapshot: ChainSnapshot): CleanCase {
  const opened = openedAt(records, snapshot.at);
  return {
    at: snapshot.at,
    underlying: snapshot.underlying,
    opened,
    dataCause: opened.some((c) => CAUSES[c as Cause].kind === 'data'),
    statistics: plainStatistics(run.state, records, snapshot),
  };
}

/** Where an injection begins. */
interface Place {
  readonly run: EngineRun;
  readonly snapshots: readonly ChainSnapshot[];
  readonly i: number;
  readonly previous: ReadonlyMap<string, ChainRow>;
  readonly count: number;
  readonly answers: RememberedAnswers;
  readonly seed: number;
}

function oneCase(place: Place, fault: FaultKind, { level, shape }: Variant): OpenCase {
  const first = place.snapshots[place.i];
  const { underlying } = first;
  const magnitude = fault.magnitudes[level];
  const name = `${fault.name}:${underlying}:${place.count}:${level}`;
  const next = place.snapshots.findIndex((s, j) => j > place.i && s.underlying === underlying);
  const streaming = next >= 0 && place.snapshots[next].at - first.at < STREAM_MS;
  const length = shape === 'abrupt' && !streaming ? 1 : COURSE;
  const course: { at: number; opened: string[] }[] = [];
  let { previous } = place;
  let statistics: PlainStatistics | null = null;
  let share = 1;
  const fork = place.run.fork(
    (job) => spoilt(fault, magnitude, share, place.answers)(job),
    `${first.venue}:${underlying}`,
  );
  for (let j = place.i; j < place.snapshots.length && course.length < length; j++) {
    const snapshot = place.snapshots[j];
    if (snapshot.underlying !== underlying) continue;
    share = shareAt(shape, course.length);
    const random = new Random(place.seed, name);
    const touched = injectShare(fault, snapshot, { random, magnitude, previous }, share);
    const records = fork.run(snapshotEvents(touched));
    statistics ??= plainStatistics(fork.state, records, touched);
    course.push({ at: snapshot.at, opened: openedAt(records, touched.at) });
    previous = rowsOf(touched);
  }
  statistics ??= { fitError: NaN, markGap: NaN, logPz: NaN };
  return { fault: fault.name, expected: fault.causes, magnitude, level, shape, at: first.at, underlying, course, statistics }; // prettier-ignore
}

const HOUR_MS = 3_600_000;
/** Snapshots come when they come: an answer nearly as old as asked for will do. */
const NEARLY = 0.9;

/** The calibrator under a share of a fault of the model; the honest one under any other. */
function spoilt(fault: FaultKind, magnitude: number, share: number, answers: RememberedAnswers): Calibrator {
  if (fault.layer !== 'model' || share <= 0) return ownCalibrator;
  const sized = magnitudeAt(fault, magnitude, share);
  if (fault.name === 'frozen-model')
    return (job) => answers.before(job, NEARLY * sized * HOUR_MS) ?? ownCalibrator(job);
  const { model } = fault;
  if (model === undefined) throw new Error(`${fault.name}: a fault of the model without a calibrator`);
  return (job) => {
    const answer = ownCalibrator(job);
    return answer === null ? null : modelFault(model).spoil(answer, sized, null);
  };
}

/** An incident counts when the untouched snapshot does not open it too, or when it names the fault rightly. */
function settled(c: OpenCase, controls: ReadonlyMap<string, readonly string[]>): FaultCase {
  const { course, ...rest } = c;
  const controlOf = (at: number): readonly string[] => controls.get(`${c.underlying} ${at}`) ?? [];
  const isRight = (opened: readonly string[]): boolean => (c.expected as readonly string[]).includes(opened[0] ?? '');
  const i = course.findIndex(
    ({ at, opened }) => isRight(opened) || opened.some((cause) => !controlOf(at).includes(cause)),
  );
  const { at, opened } = course[Math.max(0, i)] ?? { at: c.at, opened: [] };
  return { ...rest, delay: i < 0 ? null : i + 1, opened, control: controlOf(at), found: i >= 0, right: i >= 0 && isRight(opened) }; // prettier-ignore
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
