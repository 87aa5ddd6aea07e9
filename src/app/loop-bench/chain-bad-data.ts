/** Bad data injected into recorded chains: is anything learnt from them? The injection is the answer key. */
import type { EngineConfig } from '../../engine/config.ts';
import { newestVersion } from '../../engine/versions.ts';
import { Random } from '../../numeric/random.ts';
import { smileFamilyNamed } from '../../surface/registry.ts';
import { snapshotEvents, type ChainRow, type ChainSnapshot } from '../faults/chain-snapshot.ts';
import { EngineRun } from '../faults/engine-run.ts';
import type { FaultKind } from '../faults/kinds.ts';

/** What one kind came to. */
export interface ChainBadData {
  readonly fault: string;
  readonly magnitude: number;
  /** Snapshots injected, and expiries whose quotes were touched. */
  readonly injected: number;
  readonly struck: number;
  /** Refits of struck expiries that were accepted. */
  readonly promoted: number;
  /** Those whose level is off the one of the untouched quotes by more than a quarter of a point and two of its own standard errors. */
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
  /** Every how many-th eligible snapshot is injected. */
  readonly stride: number;
  readonly onProgress: (share: number) => void;
}

interface Sum {
  injected: number;
  struck: number;
  promoted: number;
  spoiled: number;
  worst: number;
  readonly examples: string[];
}

const CLEAN_FIRST = 12;
const MATERIAL = 0.0025;
/** Magnitude injected: the middle one. */
const LEVEL = 1;

/** Runs snapshots in order of time; every injection runs on a copy of the engine that is then thrown away. */
export function chainBadData(snapshots: readonly ChainSnapshot[], options: ChainBadDataOptions): ChainBadData[] {
  const faults = options.faults.filter((f) => f.layer === 'data');
  const sums = faults.map((): Sum => ({ injected: 0, struck: 0, promoted: 0, spoiled: 0, worst: 0, examples: [] }));
  const run = new EngineRun(options.config);
  const previous = new Map<string, ReadonlyMap<string, ChainRow>>();
  const seen = new Map<string, number>();
  for (const [i, snapshot] of snapshots.entries()) {
    options.onProgress(i / snapshots.length);
    const count = seen.get(snapshot.underlying) ?? 0;
    seen.set(snapshot.underlying, count + 1);
    const before = previous.get(snapshot.underlying);
    if (count >= CLEAN_FIRST && before !== undefined && (count - CLEAN_FIRST) % options.stride === 0) {
      const clean = levels(run, snapshot);
      faults.forEach((fault, f) => oneInjection(run, snapshot, before, clean, fault, options.seed + count, sums[f]));
    }
    run.run(snapshotEvents(snapshot));
    previous.set(snapshot.underlying, rowsOf(snapshot));
  }
  return faults.map((fault, f) => ({ fault: fault.name, magnitude: fault.magnitudes[LEVEL], ...sums[f] }));
}

function oneInjection(
  run: EngineRun,
  snapshot: ChainSnapshot,
  previous: ReadonlyMap<string, ChainRow>,
  clean: ReadonlyMap<number, Level>,
  fault: FaultKind,
  seed: number,
  sum: Sum,
): void {
  const random = new Random(seed, fault.name);
  const touched = fault.inject(snapshot, { random, magnitude: fault.magnitudes[LEVEL], previous });
  const struck = struckExpiries(snapshot, touched);
  if (struck.size === 0) return;
  sum.injected++;
  sum.struck += struck.size;
  const found = levels(run, touched);
  for (const expiry of struck) {
    const level = found.get(expiry);
    if (level === undefined) continue;
    sum.promoted++;
    const reference = clean.get(expiry);
    const off = reference === undefined ? NaN : Math.abs(level.atm - reference.atm);
    if (reference !== undefined && off > Math.max(MATERIAL, 2 * reference.sd)) sum.spoiled++;
    if (off > sum.worst / 100) sum.worst = 100 * off;
    if (sum.examples.length < 5) sum.examples.push(`${level.fit}: ${(100 * off).toFixed(2)} vol points off`);
  }
}

/** ATM volatility of a fit that was accepted, with its standard error. */
interface Level {
  readonly fit: string;
  readonly atm: number;
  readonly sd: number;
}

/** Accepted fits of the snapshot on a copy of the run, by expiry (epoch ms). */
function levels(run: EngineRun, snapshot: ChainSnapshot): Map<number, Level> {
  const key = `${snapshot.venue}:${snapshot.underlying}`;
  const fork = run.fork(undefined, key);
  const accepted = new Set<string>();
  for (const record of fork.run(snapshotEvents(snapshot)))
    if (record.type === 'calibration' && record.status === 'accepted') accepted.add(record.id);
  const found = new Map<number, Level>();
  for (const expiry of fork.state.underlyings.get(key)?.expiries ?? []) {
    const track = expiry.models.find((t) => t.model === expiry.loop.champion);
    const fit = track === undefined ? null : (newestVersion(track)?.fit ?? null);
    const family = fit === null ? undefined : smileFamilyNamed(fit.model);
    if (track === undefined || fit === null || family === undefined || !accepted.has(fit.id)) continue;
    const atm = Math.sqrt(family.totalVariance(fit.parameters, 0, fit.years) / fit.years);
    found.set(expiry.expiry, { fit: fit.id, atm, sd: track.check?.atmSd ?? 0 });
  }
  return found;
}

const rowsOf = (snapshot: ChainSnapshot): Map<string, ChainRow> =>
  new Map(snapshot.rows.map((r) => [r.instrument.symbol, r]));

/** Expiries (epoch ms) of which an option's quote differs from the untouched one. */
function struckExpiries(snapshot: ChainSnapshot, touched: ChainSnapshot): Set<number> {
  const before = rowsOf(snapshot);
  const struck = new Set<number>();
  for (const { instrument, quote } of touched.rows) {
    const own = before.get(instrument.symbol)?.quote;
    if (own === undefined || JSON.stringify(own) !== JSON.stringify(quote)) struck.add(instrument.expiry);
  }
  return struck;
}
