/** Bad data injected into recorded chains: is anything learnt from them? The injection is the answer key. */
import type { EngineConfig } from '../../engine/config.ts';
import { newestVersion } from '../../engine/versions.ts';
import type { FitJob } from '../../model/contract.ts';
import type { OutputRecord } from '../../model/record.ts';
import { Random } from '../../numeric/random.ts';
import type { OnsetShape } from '../../simulator/fault.ts';
import { smileFamilyNamed } from '../../surface/registry.ts';
import type { Variant } from '../faults/chain-bench.ts';
import { snapshotEvents, type ChainRow, type ChainSnapshot } from '../faults/chain-snapshot.ts';
import { EngineRun, ownCalibrator } from '../faults/engine-run.ts';
import { COURSE, injectShare, shareAt } from '../faults/fault-shape.ts';
import type { FaultKind } from '../faults/kinds.ts';
import { injectedInputs, inputsByStrike, isMaterial, rowsBySymbol, struckExpiries, type FitInput, type InputsByStrike } from './injected-inputs.ts'; // prettier-ignore

/** What one kind, size and course came to. */
export interface ChainBadData {
  readonly fault: string;
  readonly magnitude: number;
  readonly shape: OnsetShape;
  /** Snapshots injected, and expiries whose rows were touched. */
  readonly injected: number;
  readonly struck: number;
  /** Refits of struck expiries that were accepted, whatever they were made from. */
  readonly accepted: number;
  /** Of these, made from at least one injected quote: the refits promoted on bad data. */
  readonly promoted: number;
  /** Injected quotes among the inputs of those. */
  readonly quotes: number;
  /** Of the promoted, with an injected quote that shows another volatility than the untouched one by more than its error bar. */
  readonly material: number;
  /** Of the accepted, off the level of the untouched quotes by more than a quarter of a point and two of its own standard errors. */
  readonly spoiled: number;
  /** The largest such distance, volatility points. */
  readonly worst: number;
  readonly examples: readonly string[];
}

/** What to run. */
export interface ChainBadDataOptions {
  readonly config: EngineConfig;
  readonly seed: number;
  /** Kinds of layer `data`; others are left out. */
  readonly faults: readonly FaultKind[];
  /** Sizes and courses; a kind of one size runs it once a course. */
  readonly variants: readonly Variant[];
  /** Every how many-th eligible snapshot is injected. */
  readonly stride: number;
  readonly onProgress: (share: number) => void;
}

/** A refit of a struck expiry that was accepted. */
interface AcceptedRefit {
  readonly at: number;
  readonly underlying: string;
  readonly expiry: number;
  readonly level: Level;
  readonly injected: readonly FitInput[];
}

interface Sum {
  readonly fault: FaultKind;
  readonly variant: Variant;
  injected: number;
  struck: number;
  readonly refits: AcceptedRefit[];
}

const CLEAN_FIRST = 12;
const MATERIAL = 0.0025;
const EXAMPLES = 5;

/** Runs snapshots in order of time; every injection runs on a copy of the engine that is then thrown away. */
export function chainBadData(snapshots: readonly ChainSnapshot[], options: ChainBadDataOptions): ChainBadData[] {
  const sums = sumsOf(options);
  const clean = new Map<string, CleanFit>();
  const inputs = new Map<string, FitJob>();
  const run = new EngineRun(options.config, (job) => {
    inputs.set(job.id, job);
    return ownCalibrator(job);
  });
  const previous = new Map<string, ReadonlyMap<string, ChainRow>>();
  const seen = new Map<string, number>();
  for (const [i, snapshot] of snapshots.entries()) {
    options.onProgress(i / snapshots.length);
    const { underlying } = snapshot;
    const count = seen.get(underlying) ?? 0;
    seen.set(underlying, count + 1);
    const before = previous.get(underlying);
    if (count >= CLEAN_FIRST && before !== undefined && (count - CLEAN_FIRST) % options.stride === 0)
      for (const sum of sums) oneCourse(run, snapshots, i, before, options.seed + count, sum);
    const records = run.run(snapshotEvents(snapshot));
    for (const [expiry, level] of levels(run, snapshot, records)) {
      const job = inputs.get(level.fit);
      if (job !== undefined)
        clean.set(`${underlying} ${snapshot.at} ${expiry}`, { level, inputs: inputsByStrike(job.observations) });
    }
    inputs.clear();
    previous.set(underlying, rowsBySymbol(snapshot));
  }
  return sums.map((sum) => settled(sum, clean));
}

/** Kind by kind; sizes that are the same size are run once. */
function sumsOf(options: ChainBadDataOptions): Sum[] {
  const sums: Sum[] = [];
  for (const fault of options.faults) {
    if (fault.layer !== 'data') continue;
    const done = new Set<string>();
    for (const variant of options.variants) {
      const name = `${fault.magnitudes[variant.level]} ${variant.shape}`;
      if (done.has(name)) continue;
      done.add(name);
      sums.push({ fault, variant, injected: 0, struck: 0, refits: [] });
    }
  }
  return sums;
}

/** Injects one fault from the i-th snapshot on, for the length of its course. */
function oneCourse(
  run: EngineRun,
  snapshots: readonly ChainSnapshot[],
  i: number,
  before: ReadonlyMap<string, ChainRow>,
  seed: number,
  sum: Sum,
): void {
  const { fault, variant } = sum;
  const { venue, underlying } = snapshots[i];
  const length = variant.shape === 'abrupt' ? 1 : COURSE;
  const magnitude = fault.magnitudes[variant.level];
  const jobs = new Map<string, FitJob>();
  const fork = run.fork((job) => {
    jobs.set(job.id, job);
    return ownCalibrator(job);
  }, `${venue}:${underlying}`);
  let previous = before;
  let n = 0;
  for (let j = i; j < snapshots.length && n < length; j++) {
    const snapshot = snapshots[j];
    if (snapshot.underlying !== underlying) continue;
    const share = shareAt(variant.shape, n++);
    const random = new Random(seed, fault.name);
    const touched = injectShare(fault, snapshot, { random, magnitude, previous }, share);
    previous = rowsBySymbol(touched);
    const records = fork.run(snapshotEvents(touched));
    if (share > 0) judge(sum, fork, snapshot, touched, records, jobs);
    jobs.clear();
  }
}

function judge(
  sum: Sum,
  fork: EngineRun,
  snapshot: ChainSnapshot,
  touched: ChainSnapshot,
  records: readonly OutputRecord[],
  jobs: ReadonlyMap<string, FitJob>,
): void {
  const untouched = rowsBySymbol(snapshot);
  const struck = struckExpiries(untouched, touched);
  if (struck.size === 0) return;
  sum.injected++;
  sum.struck += struck.size;
  for (const [expiry, level] of levels(fork, snapshot, records)) {
    const job = jobs.get(level.fit);
    if (!struck.has(expiry) || job === undefined) continue;
    const { at, underlying } = snapshot;
    const injected = injectedInputs(job.observations, expiry, untouched, touched);
    sum.refits.push({ at, underlying, expiry, level, injected });
  }
}

/** ATM volatility of a fit that was accepted, with its standard error. */
interface Level {
  readonly fit: string;
  readonly atm: number;
  readonly sd: number;
}

/** The same of an untouched snapshot, and what it was made from. */
interface CleanFit {
  readonly level: Level;
  readonly inputs: InputsByStrike;
}

/** Fits of the champion that the records of a snapshot accepted, by expiry (epoch ms). */
function levels(run: EngineRun, snapshot: ChainSnapshot, records: readonly OutputRecord[]): Map<number, Level> {
  const accepted = new Set<string>();
  for (const record of records)
    if (record.type === 'calibration' && record.status === 'accepted') accepted.add(record.id);
  const found = new Map<number, Level>();
  for (const expiry of run.state.underlyings.get(`${snapshot.venue}:${snapshot.underlying}`)?.expiries ?? []) {
    const track = expiry.models.find((t) => t.model === expiry.loop.champion);
    const fit = track === undefined ? null : (newestVersion(track)?.fit ?? null);
    const family = fit === null ? undefined : smileFamilyNamed(fit.model);
    if (track === undefined || fit === null || family === undefined || !accepted.has(fit.id)) continue;
    const atm = Math.sqrt(family.totalVariance(fit.parameters, 0, fit.years) / fit.years);
    found.set(expiry.expiry, { fit: fit.id, atm, sd: track.check?.atmSd ?? 0 });
  }
  return found;
}

/** Every accepted refit held against the one that the untouched tape made at the same instant. */
function settled(
  { fault, variant, injected, struck, refits }: Sum,
  clean: ReadonlyMap<string, CleanFit>,
): ChainBadData {
  let [promoted, quotes, material, spoiled, worst] = [0, 0, 0, 0, 0];
  const examples: string[] = [];
  for (const refit of refits) {
    const { at, underlying, expiry, level } = refit;
    const reference = clean.get(`${underlying} ${at} ${expiry}`);
    const beyond = refit.injected.filter((input) => isMaterial(input, reference?.inputs)).length;
    const off = reference === undefined ? NaN : Math.abs(level.atm - reference.level.atm);
    if (refit.injected.length > 0) promoted++;
    if (beyond > 0) material++;
    quotes += refit.injected.length;
    if (reference !== undefined && off > Math.max(MATERIAL, 2 * reference.level.sd)) spoiled++;
    if (off > worst / 100) worst = 100 * off;
    if (refit.injected.length > 0 && examples.length < EXAMPLES)
      examples.push(
        `${new Date(at).toISOString()} ${level.fit}: ${refit.injected.length} injected quotes, ${beyond} of them beyond their error bars; ${(100 * off).toFixed(2)} vol points off`,
      );
  }
  const { level, shape } = variant;
  return { fault: fault.name, magnitude: fault.magnitudes[level], shape, injected, struck, accepted: refits.length, promoted, quotes, material, spoiled, worst, examples }; // prettier-ignore
}
