/** The monitor on simulated credit quotes (SYNTHETIC): a healthy stretch for its false pages, then faults on order. */
import type { EngineConfig } from '../../engine/config.ts';
import type { IncidentRecord, OutputRecord } from '../../model/record.ts';
import { causeNamed } from '../../policy/causes.ts';
import { Random } from '../../numeric/random.ts';
import { CREDIT_FAULT_KINDS, type CreditFault, type CreditFaultKind } from '../../simulator/credit-fault.ts';
import { CREDIT_NODES, CREDIT_UPDATE_MS, simulateCredit, type CreditStream } from '../../simulator/credit-stream.ts';
import { EngineRun } from './engine-run.ts';

/** What to run. */
export interface CreditBenchOptions {
  readonly config: EngineConfig;
  readonly seed: number;
  /** Healthy days per curve, and faults per kind and curve. */
  readonly days: number;
  readonly onsets: number;
  readonly onProgress: (share: number) => void;
}

/** A healthy stretch of one curve. */
export interface CreditHealth {
  readonly curve: string;
  readonly months: number;
  readonly updates: number;
  /** Incidents of a data or model cause, and moves that the truth did not make. */
  readonly falseIncidents: readonly { readonly at: string; readonly cause: string; readonly scope: string }[];
  readonly falsePerMonth: number;
  readonly moves: number;
  /** Median and 90 % point of the rms of next quotes, half-spreads. */
  readonly halfSpreads: readonly [number, number];
}

/** One fault and what was said of it. */
export interface CreditVerdict {
  readonly curve: string;
  readonly kind: CreditFaultKind;
  readonly variant: number;
  readonly contributor: string | null;
  readonly at: string;
  /** Updates that showed the fault until the first incident of the right cause; null when there was none in time. */
  readonly updates: number | null;
  /** Other data or model causes that were named before it. */
  readonly before: readonly string[];
}

/** Result of a run. */
export interface CreditBenchResult {
  readonly seed: number;
  readonly health: readonly CreditHealth[];
  readonly verdicts: readonly CreditVerdict[];
}

/** Updates within which a cause must be named. */
export const IN_TIME = 20;
const DAY_MS = 86_400_000;
const HALF_HOUR_MS = 1_800_000;
const BEGIN = Date.UTC(2026, 0, 5);
const WARM_DAYS = 14;
const FAULT_DAYS = 4;
const QUIET_DAYS = 4;
/** A move is the truth's when the five-year spread went this far within a day, log spread. */
const TRUE_MOVE = 0.04;

type Shape = Pick<CreditStream, 'curve' | 'entity' | 'quoteType' | 'coupon' | 'contributors'>;

const FIVE = ['north', 'south', 'east', 'west', 'centre'];
const SHAPES: readonly Shape[] = [
  { curve: 'investment-grade', entity: { level: Math.log(0.012), slope: 0.6, hump: 0.1 }, quoteType: 'par', coupon: 0.01, contributors: FIVE },
  { curve: 'high-yield', entity: { level: Math.log(0.06), slope: 0.3, hump: 0.1 }, quoteType: 'upfront', coupon: 0.05, contributors: FIVE.slice(0, 4) },
  { curve: 'two-sources', entity: { level: Math.log(0.025), slope: 0.4, hump: 0.1 }, quoteType: 'quoted', coupon: 0.01, contributors: FIVE.slice(0, 2) },
  { curve: 'single-source', entity: { level: Math.log(0.02), slope: 0.5, hump: 0.1 }, quoteType: 'par', coupon: 0.01, contributors: ['composite'] },
]; // prettier-ignore

/** Names of the simulated curves. */
export const CREDIT_BENCH_CURVES: readonly string[] = SHAPES.map((s) => s.curve);

/** The streams of all curves over so many days, each with two faults of every kind; SYNTHETIC. */
export function faultyStreams(seed: number, days: number): CreditStream[] {
  return SHAPES.map((shape) => {
    const fitting = planOf(shape, seed, 2).filter((f) => f.until <= BEGIN + days * DAY_MS);
    return streamOf(shape, seed, days, fitting);
  });
}

/** Runs every curve through a healthy stretch, and through faults of every kind. */
export function runCreditBench(options: CreditBenchOptions): CreditBenchResult {
  const health: CreditHealth[] = [];
  const verdicts: CreditVerdict[] = [];
  SHAPES.forEach((shape, i) => {
    const progress = (share: number): void => options.onProgress((i + 0.5 * share) / SHAPES.length);
    health.push(runHealthy(shape, options, progress));
    verdicts.push(...runFaulty(shape, options));
    options.onProgress((i + 1) / SHAPES.length);
  });
  return { seed: options.seed, health, verdicts };
}

function streamOf(shape: Shape, seed: number, days: number, faults: readonly CreditFault[]): CreditStream {
  return {
    ...shape,
    seed,
    venue: 'simulated',
    recovery: 0.4,
    from: BEGIN,
    until: BEGIN + days * DAY_MS,
    every: CREDIT_UPDATE_MS,
    faults,
  };
}

function runHealthy(shape: Shape, options: CreditBenchOptions, onProgress: (share: number) => void): CreditHealth {
  const run = new EngineRun(options.config);
  const spreads: number[] = [];
  const falseIncidents: { at: string; cause: string; scope: string }[] = [];
  const halves: number[] = [];
  let [updates, moves] = [0, 0];
  for (const update of simulateCredit(streamOf(shape, options.seed, options.days, []))) {
    spreads.push(update.fairSpread);
    if (update.events.length > 0) updates++;
    const time = { type: 'timer', at: update.at + HALF_HOUR_MS, receivedAt: update.at + HALF_HOUR_MS } as const;
    for (const record of run.run([...update.events, time])) {
      if (record.type === 'credit-score') halves.push(record.rms_half_spreads);
      if (record.type !== 'incident' || record.state !== 'open') continue;
      const market = causeNamed(record.cause)?.kind === 'market';
      if (market && trueMove(spreads)) moves++;
      else falseIncidents.push({ at: record.at, cause: record.cause, scope: record.scope });
    }
    if (spreads.length % 500 === 0) onProgress((update.at - BEGIN) / (options.days * DAY_MS));
  }
  const months = options.days / (365.25 / 12);
  const sorted = halves.toSorted((a, b) => a - b);
  const at = (q: number): number => sorted[Math.floor(q * (sorted.length - 1))] ?? NaN;
  return {
    curve: shape.curve,
    months,
    updates,
    falseIncidents,
    falsePerMonth: falseIncidents.length / months,
    moves,
    halfSpreads: [at(0.5), at(0.9)],
  };
}

function trueMove(spreads: readonly number[]): boolean {
  const day = spreads.slice(-Math.round(DAY_MS / CREDIT_UPDATE_MS) - 1);
  return Math.log(Math.max(...day) / Math.min(...day)) >= TRUE_MOVE;
}

function runFaulty(shape: Shape, options: CreditBenchOptions): CreditVerdict[] {
  const faults = planOf(shape, options.seed, options.onsets);
  const run = new EngineRun(options.config);
  const days = WARM_DAYS + faults.length * (FAULT_DAYS + QUIET_DAYS);
  const verdicts: CreditVerdict[] = [];
  let next = 0;
  let seen: { updates: number; opened: (IncidentRecord & { readonly after: number })[] } = { updates: 0, opened: [] };
  for (const update of simulateCredit(streamOf(shape, options.seed + 1, days, faults))) {
    const fault = faults[next];
    const time = { type: 'timer', at: update.at + HALF_HOUR_MS, receivedAt: update.at + HALF_HOUR_MS } as const;
    const records: OutputRecord[] = run.run([...update.events, time]);
    if (fault === undefined || update.at < fault.from) continue;
    if (update.touched > 0) seen.updates++;
    for (const record of records)
      if (record.type === 'incident' && record.state === 'open') seen.opened.push({ ...record, after: seen.updates });
    if (update.at + CREDIT_UPDATE_MS < fault.until) continue;
    verdicts.push(judged(shape, fault, seen.opened));
    seen = { updates: 0, opened: [] };
    next++;
  }
  return verdicts;
}

function judged(
  shape: Shape,
  fault: CreditFault,
  opened: readonly (IncidentRecord & { readonly after: number })[],
): CreditVerdict {
  const right = opened.find((i) => i.cause === fault.kind && i.after <= IN_TIME);
  const earlier = opened.filter((i) => i.after < (right?.after ?? Infinity) && causeNamed(i.cause)?.kind !== 'market');
  return {
    curve: shape.curve,
    kind: fault.kind,
    variant: fault.variant,
    contributor: fault.contributor,
    at: new Date(fault.from).toISOString(),
    updates: right?.after ?? null,
    before: earlier.filter((i) => i.cause !== fault.kind).map((i) => i.cause),
  };
}

/** Faults in turn, each alone: hour of the week, contributor, variant and node by chance. */
function planOf(shape: Shape, seed: number, onsets: number): CreditFault[] {
  const random = new Random(seed, `${shape.curve}|plan`);
  const faults: CreditFault[] = [];
  for (let round = 0; round < onsets; round++)
    for (const kind of random.shuffled(CREDIT_FAULT_KINDS)) {
      const slot = faults.length;
      const from =
        BEGIN + (WARM_DAYS + slot * (FAULT_DAYS + QUIET_DAYS)) * DAY_MS + random.integer(24) * CREDIT_UPDATE_MS;
      const index = 1 + random.integer(CREDIT_NODES.length - 2);
      faults.push({
        kind,
        variant: variantOf(kind, random),
        contributor: sharedByAll(kind, random) ? null : random.pick(shape.contributors),
        node: CREDIT_NODES[index][0],
        size: kind === 'node-inversion' ? inverting(index) : random.pick([-0.4, -0.25, 0.3, 0.5]),
        from,
        until: from + FAULT_DAYS * DAY_MS,
      });
    }
  return faults;
}

/** By how much a node must rise for a third more default to be priced before it than before the next one. */
function inverting(index: number): number {
  return (1.33 * CREDIT_NODES[index + 1][1]) / CREDIT_NODES[index][1] - 1;
}

/** An arbitrage between nodes and broken terms are everybody's; a feed that mistakes units may carry all contributors. */
function sharedByAll(kind: CreditFaultKind, random: Random): boolean {
  if (kind === 'node-inversion' || kind === 'numerical-failure') return true;
  return (kind === 'unit-mismatch' || kind === 'convention-mismatch') && random.chance(0.3);
}

function variantOf(kind: CreditFaultKind, random: Random): 0 | 1 | 2 {
  if (kind === 'unit-mismatch' || kind === 'convention-mismatch') return random.pick([0, 1, 2]);
  return kind === 'recovery-inconsistent' || kind === 'numerical-failure' ? random.pick([0, 1]) : 0;
}
