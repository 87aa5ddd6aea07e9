/** What is injected into the simulated venue, where, when, how strongly and in what shape: the answer key of a bench. */
import type { Cause } from '../../policy/causes.ts';
import { FAULT_MAGNITUDES } from '../../simulator/fault-plan.ts';
import { FAULT_KINDS, type FaultKind, type OnsetShape, type ScheduledFault } from '../../simulator/fault.ts';
import type { ScriptName } from '../../simulator/script.ts';
import { EXPECTED } from './expected-causes.ts';
import { MODEL_FAULTS, modelFault, type ModelFaultName } from './model-faults.ts';

/** Name of anything a stream bench can inject. */
export type StreamFault = FaultKind | ModelFaultName;

/** Every name, in the order in which they are injected: moves of the whole market are kept apart. */
export const STREAM_FAULTS: readonly StreamFault[] = [
  ...(Object.keys(FAULT_KINDS) as FaultKind[]),
  ...(Object.keys(MODEL_FAULTS) as ModelFaultName[]),
];

/** One onset. Times are epoch ms, end exclusive. */
export interface StreamCase {
  readonly fault: StreamFault;
  readonly layer: 'data' | 'wire' | 'market' | 'model';
  /** Right names; none: the right answer is silence. */
  readonly causes: readonly Cause[];
  readonly hard: boolean;
  readonly level: 0 | 1 | 2;
  readonly magnitude: number;
  readonly shape: OnsetShape;
  /** Index into the listed expiries; null = the whole underlying. */
  readonly expiry: number | null;
  readonly from: number;
  readonly to: number;
  /** Until then its end may still be felt. */
  readonly quietUntil: number;
}

/** A stretch of the simulated venue with a fresh engine. */
export interface Segment {
  readonly name: string;
  readonly seed: number;
  readonly script: ScriptName;
  readonly startAt: number;
  readonly until: number;
  readonly cases: readonly StreamCase[];
  /** Which half of the tape it belongs to: thresholds are learnt on the first and judged on the second. */
  readonly half: 0 | 1;
  /** Age at which the monitored model is refitted, s; null = the engine's own. Model faults show in answers only. */
  readonly maxAgeSeconds: number | null;
}

const WARM_MS = 300_000;
const START = Date.UTC(2026, 0, 5, 9);
const HOUR_MS = 3_600_000;
/** Refits of segments with model faults come this often, s: a fault of the calibrator can only show in an answer. */
const MODEL_AGE_SECONDS = 25;

const isModel = (fault: StreamFault): fault is ModelFaultName => fault in MODEL_FAULTS;
const layerOf = (fault: StreamFault): StreamCase['layer'] => (isModel(fault) ? 'model' : FAULT_KINDS[fault].layer);

/** Moves of the whole market leave refitted models behind when they end: each has a stretch of its own. */
function alone(fault: StreamFault): boolean {
  return (
    layerOf(fault) === 'market' && !(EXPECTED[fault as FaultKind].ofOneExpiry || EXPECTED[fault as FaultKind].hard)
  );
}

function quietAfter(fault: StreamFault): number {
  if (isModel(fault)) return 150_000;
  return layerOf(fault) === 'market' || fault === 'vol-scale' ? 300_000 : 90_000;
}

/** How long a fault is on: long enough for a ramp to grow, for an intermittent one to come and go. */
function durationOf(fault: StreamFault, shape: OnsetShape): number {
  if (isModel(fault)) return shape === 'abrupt' ? 75_000 : 200_000;
  return shape === 'abrupt' ? 30_000 : 60_000;
}

function onset(fault: StreamFault, from: number, level: 0 | 1 | 2, shape: OnsetShape, expiry: number): StreamCase {
  const model = isModel(fault) ? modelFault(fault) : null;
  const expected = model === null ? EXPECTED[fault as FaultKind] : null;
  const to = from + durationOf(fault, shape);
  return {
    fault,
    layer: layerOf(fault),
    causes: model?.causes ?? expected?.causes ?? [],
    hard: expected?.hard ?? false,
    level,
    magnitude: model?.magnitudes[level] ?? FAULT_MAGNITUDES[fault as FaultKind][level],
    shape,
    expiry: expected?.ofOneExpiry === true ? expiry : null,
    from,
    to,
    quietUntil: to + quietAfter(fault),
  };
}

/** The schedule that the simulated venue follows for these onsets; model faults are injected where the model answers. */
export function scheduleOf(cases: readonly StreamCase[]): ScheduledFault[] {
  return cases
    .filter((c) => c.layer !== 'model')
    .map((c) => ({
      fault: c.fault as FaultKind,
      scope: { underlying: c.layer === 'wire' ? null : 'BTC', expiry: c.expiry },
      from: c.from,
      to: c.to,
      magnitude: c.magnitude,
      shape: c.shape,
    }));
}

const SHAPES: readonly OnsetShape[] = ['abrupt', 'ramp', 'intermittent'];
const CLEAN_SCRIPTS: readonly ScriptName[] = ['calm', 'busy', 'contraction', 'short-spike'];

/** What a plan is made from. */
export interface StreamPlan {
  readonly seed: number;
  readonly faults: readonly StreamFault[];
  /** Onsets of each kind: three magnitudes in turn, then the next shape; nine see every pair. */
  readonly onsets: number;
  /** Hours without any fault, over calm, busy, thin and short-dated markets in turn. */
  readonly cleanHours: number;
}

/**
 * Stretches of the simulated venue: in every round each kind once, packed one after another (moves of the whole market
 * apart), then the clean hours. Every stretch has a seed of its own, so that no two rounds see the same market.
 */
export function planStream(plan: StreamPlan): Segment[] {
  const segments: Segment[] = [];
  let seed = 1000 * plan.seed;
  const add = (made: Omit<Segment, 'seed' | 'startAt' | 'half'>, turn: number): void => {
    segments.push({ ...made, seed: seed++, startAt: START, half: (turn % 2) as 0 | 1 });
  };
  for (let round = 0; round < plan.onsets; round++) {
    const level = (round % 3) as 0 | 1 | 2;
    const shape = SHAPES[Math.floor(round / 3) % 3];
    const groups = [
      plan.faults.filter((f) => !isModel(f) && !alone(f)),
      plan.faults.filter(isModel),
      ...plan.faults.filter(alone).map((f) => [f]),
    ].filter((g) => g.length > 0);
    for (const [g, group] of groups.entries()) {
      const cases: StreamCase[] = [];
      let at = START + WARM_MS;
      for (const [i, fault] of group.entries()) {
        const next = onset(fault, at, level, shape, 3 + ((round + i) % 6));
        cases.push(next);
        at = next.quietUntil;
      }
      const name = `round ${round + 1}: ${group.length === 1 ? group[0] : `${group.length} kinds`}`;
      const maxAgeSeconds = isModel(group[0]) ? MODEL_AGE_SECONDS : null;
      // Every kind takes turns between the halves.
      add({ name, script: 'calm', until: at, cases, maxAgeSeconds }, round + g);
    }
  }
  for (let hour = 0; hour < plan.cleanHours; hour++) {
    // In pairs: one for each half of the tape.
    const script = CLEAN_SCRIPTS[Math.floor(hour / 2) % CLEAN_SCRIPTS.length];
    // Scripts of a special state of the market begin it after an hour.
    const lead = script === 'calm' || script === 'busy' ? 0 : HOUR_MS;
    const until = START + WARM_MS + HOUR_MS + lead;
    add({ name: `clean: ${script}`, script, until, cases: [], maxAgeSeconds: null }, hour);
  }
  return segments;
}

/** A kind as the promise names it: where, how strongly, and what counts as the right name. */
interface Promised {
  readonly fault: StreamFault;
  readonly magnitude: number;
}

/** What the promise of a live delay is measured on; moves of the whole market last, because their incidents outlive them. */
const PROMISED: readonly Promised[] = [
  { fault: 'vol-jump', magnitude: 1 },
  { fault: 'vol-scale', magnitude: 1.05 },
  { fault: 'stale-all', magnitude: 1 },
  { fault: 'expiry-stuck', magnitude: 1 },
  { fault: 'crossed', magnitude: 0.3 },
  { fault: 'fat-finger', magnitude: 5 },
  { fault: 'missing-expiry', magnitude: 1 },
  { fault: 'wrong-forward', magnitude: 60 },
  { fault: 'wrong-expiry-map', magnitude: 1 },
  { fault: 'call-put-flip', magnitude: 1 },
  { fault: 'usd-as-coin', magnitude: 1 },
  { fault: 'index-outlier', magnitude: 150 },
  { fault: 'clock-skew', magnitude: 21_600_000 },
  { fault: 'books-empty', magnitude: 0.95 },
  { fault: 'liquidity-contraction', magnitude: 4 },
  { fault: 'level-jump', magnitude: 5 },
];
const PROMISED_MODEL: readonly Promised[] = [
  { fault: 'model-scale', magnitude: 1.05 },
  { fault: 'model-frozen', magnitude: 1 },
];
/** Names of what {@link planOnsets} injects. */
export const PROMISED_FAULTS: readonly StreamFault[] = [...PROMISED, ...PROMISED_MODEL].map((p) => p.fault);

/** After a move of the whole market, ms: its incident lives until the next refit of a model that followed it. */
const QUIET_AFTER_MOVE_MS = 1_200_000;

/**
 * Two long stretches: every promised kind, abrupt, one after another, over and over, on one engine that never starts
 * afresh; and the faults of the model.
 */
export function planOnsets(seed: number, faults: readonly StreamFault[], onsets: number): Segment[] {
  const stretch = (kinds: readonly Promised[], model: boolean): Segment[] => {
    const wanted = kinds.filter((k) => faults.includes(k.fault));
    if (wanted.length === 0) return [];
    const cases: StreamCase[] = [];
    let at = START + WARM_MS;
    for (let round = 0; round < onsets; round++)
      for (const { fault, magnitude } of wanted) {
        const made = onset(fault, at, 1, 'abrupt', 3 + (cases.length % 6));
        const quietUntil = alone(fault) ? made.to + QUIET_AFTER_MOVE_MS : made.quietUntil;
        cases.push({ ...made, magnitude, quietUntil });
        at = quietUntil;
      }
    const name = model ? 'faults of the model' : 'faults of data and market';
    const maxAgeSeconds = model ? MODEL_AGE_SECONDS : null;
    return [{ name, seed, script: 'calm', startAt: START, until: at, cases, half: 0, maxAgeSeconds }];
  };
  return [...stretch(PROMISED, false), ...stretch(PROMISED_MODEL, true)];
}
