/** Faults on the simulated venue at live cadence: how many batches and seconds until an incident, and which cause it names. */
import type { EngineConfig } from '../../engine/config.ts';
import type { IncidentRecord } from '../../model/record.ts';
import type { Cause } from '../../policy/causes.ts';
import type { FaultKind, ScheduledFault } from '../../simulator/fault.ts';
import { simulatedEvents } from '../../simulator/market-events.ts';
import { Simulation } from '../../simulator/simulation.ts';
import { EngineRun } from './engine-run.ts';

/** A kind as the live bench injects it: where, how strongly, and what counts as the right name. */
export interface LiveFault {
  readonly fault: FaultKind;
  readonly magnitude: number;
  readonly ofOneExpiry: boolean;
  /** Must be found within three batches. */
  readonly hard: boolean;
  readonly causes: readonly Cause[];
}

/** What is injected unless the user names kinds; moves of the whole market last, because their incidents outlive them. */
export const LIVE_FAULTS: readonly LiveFault[] = [
  { fault: 'vol-jump', magnitude: 1, ofOneExpiry: true, hard: false, causes: ['level-move'] },
  { fault: 'vol-scale', magnitude: 1.05, ofOneExpiry: true, hard: false, causes: ['level-move', 'convention-mismatch'] },
  { fault: 'stale-all', magnitude: 1, ofOneExpiry: false, hard: true, causes: ['stale-feed'] },
  { fault: 'expiry-stuck', magnitude: 1, ofOneExpiry: true, hard: true, causes: ['stale-feed'] },
  { fault: 'crossed', magnitude: 0.3, ofOneExpiry: true, hard: true, causes: ['crossed-quotes'] },
  { fault: 'fat-finger', magnitude: 5, ofOneExpiry: true, hard: true, causes: ['fat-finger'] },
  { fault: 'missing-expiry', magnitude: 1, ofOneExpiry: true, hard: true, causes: ['missing-expiry'] },
  { fault: 'wrong-forward', magnitude: 60, ofOneExpiry: true, hard: true, causes: ['wrong-forward'] },
  { fault: 'wrong-expiry-map', magnitude: 1, ofOneExpiry: true, hard: true, causes: ['wrong-expiry'] },
  { fault: 'call-put-flip', magnitude: 1, ofOneExpiry: true, hard: true, causes: ['call-put-flip'] },
  { fault: 'usd-as-coin', magnitude: 1, ofOneExpiry: true, hard: true, causes: ['unit-mismatch'] },
  { fault: 'index-outlier', magnitude: 150, ofOneExpiry: false, hard: true, causes: ['index-dislocation'] },
  { fault: 'clock-skew', magnitude: 21_600_000, ofOneExpiry: false, hard: true, causes: ['clock-skew'] },
  { fault: 'books-empty', magnitude: 0.95, ofOneExpiry: false, hard: true, causes: ['venue-outage', 'liquidity-contraction'] },
  { fault: 'liquidity-contraction', magnitude: 4, ofOneExpiry: false, hard: false, causes: ['liquidity-contraction'] },
  { fault: 'level-jump', magnitude: 5, ofOneExpiry: false, hard: false, causes: ['level-move'] },
]; // prettier-ignore

/** One onset. */
export interface LiveCase {
  readonly fault: string;
  readonly expected: readonly Cause[];
  readonly hard: boolean;
  /** ISO-8601. */
  readonly at: string;
  /** Seconds and batches of the scope from onset to the first incident; null = none came. */
  readonly seconds: number | null;
  readonly batches: number | null;
  readonly first: string | null;
  /** Whether any incident of the fault's time carries a right cause, and the first one does. */
  readonly named: boolean;
  readonly firstNamed: boolean;
}

/** Result of a run. */
export interface LiveBenchResult {
  readonly cases: readonly LiveCase[];
  /** Incidents opened away from any fault. */
  readonly stray: readonly string[];
  readonly seconds: number;
}

const WARM_MS = 300_000;
const FAULT_MS = 30_000;
const QUIET_MS = 90_000;
/** Moves leave a model that was refitted to them behind when they end; its incident lives until the next refit. */
const QUIET_AFTER_MOVE_MS = 1_200_000;
const QUIET_AFTER_EXPIRY_MOVE_MS = 300_000;

function quietAfter(kind: LiveFault): number {
  if (kind.hard) return QUIET_MS;
  return kind.ofOneExpiry ? QUIET_AFTER_EXPIRY_MOVE_MS : QUIET_AFTER_MOVE_MS;
}

const START = Date.UTC(2026, 0, 5, 9, 0);

/** Runs `onsets` of each fault, one after another, on BTC in calm; batches are a second of event time. */
export function runLiveBench(
  config: EngineConfig,
  seed: number,
  kinds: readonly LiveFault[],
  onsets: number,
  onProgress: (share: number) => void,
): LiveBenchResult {
  const faults: ScheduledFault[] = [];
  const plan: LiveFault[] = [];
  let at = START + WARM_MS;
  for (let i = 0; i < onsets; i++)
    for (const kind of kinds) {
      const expiry = kind.ofOneExpiry ? 3 + (faults.length % 6) : null;
      faults.push({
        fault: kind.fault,
        scope: { underlying: 'BTC', expiry },
        from: at,
        to: at + FAULT_MS,
        magnitude: kind.magnitude,
        shape: 'abrupt',
      });
      plan.push(kind);
      at += FAULT_MS + quietAfter(kind);
    }
  const simulation = new Simulation({
    seed,
    startAt: START,
    underlyings: ['BTC'],
    script: 'calm',
    stepMs: 1000,
    truthHistory: 10,
    faults,
  });
  const run = new EngineRun(config);
  const opened: { readonly at: number; readonly record: IncidentRecord }[] = [];
  for (const events of simulatedEvents(simulation, { until: at })) {
    for (const record of run.run(events))
      if (record.type === 'incident' && record.state === 'open') opened.push({ at: simulation.at, record });
    onProgress((simulation.at - START) / (at - START));
  }
  const cases = faults.map((fault, i) => judge(fault, plan[i], opened));
  const stray = opened
    .filter((o) => !faults.some((f, i) => o.at >= f.from && o.at < f.to + quietAfter(plan[i]) - 10_000))
    .map((o) => `${o.record.at} ${o.record.cause} ${o.record.scope}`);
  return { cases, stray, seconds: (at - START) / 1000 };
}

function judge(
  fault: ScheduledFault,
  kind: LiveFault,
  opened: readonly { readonly at: number; readonly record: IncidentRecord }[],
): LiveCase {
  const own = opened.filter((o) => o.at > fault.from && o.at <= fault.to + 2000);
  const first = own[0];
  const seconds = first === undefined ? null : (first.at - fault.from) / 1000;
  const right = (cause: string): boolean => kind.causes.includes(cause as Cause);
  return {
    fault: kind.fault,
    expected: kind.causes,
    hard: kind.hard,
    at: new Date(fault.from).toISOString(),
    seconds,
    // A batch a second: the batch that closes in the second of the onset is the first that can show it.
    batches: seconds === null ? null : Math.ceil(seconds),
    first: first?.record.cause ?? null,
    named: own.some((o) => right(o.record.cause)),
    firstNamed: first !== undefined && right(first.record.cause),
  };
}
