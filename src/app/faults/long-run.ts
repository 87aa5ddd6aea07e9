/** Weeks of the simulated venue without an injected fault: who would have been woken, and was it worth it? */
import type { EngineConfig } from '../../engine/config.ts';
import type { IncidentRecord } from '../../model/record.ts';
import { underlyingOf } from '../../policy/alert.ts';
import type { ScheduledFault } from '../../simulator/fault.ts';
import { simulatedEvents } from '../../simulator/market-events.ts';
import type { ScriptName } from '../../simulator/script.ts';
import { Simulation } from '../../simulator/simulation.ts';
import { EngineRun } from './engine-run.ts';
import { EXPECTED } from './expected-causes.ts';

/** What to run. */
export interface LongRunOptions {
  readonly config: EngineConfig;
  readonly seed: number;
  readonly days: number;
  readonly underlyings: readonly string[];
  readonly script: ScriptName;
  /** Ms between batches. */
  readonly stepMs: number;
  /** Options per underlying; null = all that the venue would list. */
  readonly instrumentLimit: number | null;
  readonly onProgress: (share: number) => void;
}

/** One incident as it opened or became critical, with what the answer key says of that moment. */
export interface JudgedIncident {
  readonly at: string;
  readonly id: string;
  readonly cause: string;
  readonly scope: string;
  readonly underlying: string;
  readonly severity: IncidentRecord['severity'];
  /** Events of the answer key that were on, or had ended less than {@link AFTERMATH_MS} before. */
  readonly key: readonly string[];
  /** The script's state of the market then. */
  readonly regime: string;
  /** Within the half hour of averaging before an expiry or the quarter of an hour after it. */
  readonly roll: boolean;
  /** Something of the answer key was on in this underlying. */
  readonly justified: boolean;
  /** And the cause is one that names it rightly. */
  readonly named: boolean;
  readonly evidence: IncidentRecord['evidence'];
}

/** What one underlying showed over the whole run. */
export interface LongRunTally {
  readonly underlying: string;
  readonly weeks: number;
  readonly rolls: number;
  /** Incidents of severity critical: somebody is woken. */
  readonly pages: number;
  readonly falsePages: number;
  readonly falsePagesPerWeek: number;
  readonly pagesFromRolls: number;
  /** Incidents of severity warning: somebody looks in the morning. */
  readonly tickets: number;
  readonly falseTickets: number;
  readonly ticketsFromRolls: number;
}

/** Result of a long run. */
export interface LongRunResult {
  readonly seed: number;
  readonly days: number;
  readonly script: string;
  readonly batches: number;
  readonly events: number;
  readonly tallies: readonly LongRunTally[];
  readonly incidents: readonly JudgedIncident[];
  readonly answerKey: readonly ScheduledFault[];
}

/** An event that has just ended still explains what is seen. */
const AFTERMATH_MS = 600_000;
const DAY_MS = 86_400_000;
const BEFORE_ROLL_MS = 1_800_000;
const AFTER_ROLL_MS = 900_000;
/** Expiries are at 08:00 UTC. */
const ROLL_OF_DAY_MS = 8 * 3_600_000;
/** Starts an hour after a roll, so that a run of N days sees N - 1 whole days between rolls and N - 1 rolls at least. */
const START = Date.UTC(2026, 0, 5, 9);

/** Runs the engine over the simulated venue; one batch per step and underlying, calibrations inline. */
export function runLong(options: LongRunOptions): LongRunResult {
  const { config, seed, days, underlyings, script, stepMs, instrumentLimit, onProgress } = options;
  const simulation = new Simulation({
    seed,
    startAt: START,
    underlyings,
    script,
    stepMs,
    instrumentLimit,
    truthHistory: 10,
  });
  const until = START + days * DAY_MS;
  const run = new EngineRun(config);
  const incidents: JudgedIncident[] = [];
  const severities = new Map<string, IncidentRecord['severity']>();
  let events = 0;
  for (const batch of simulatedEvents(simulation, { until })) {
    events += batch.length;
    for (const record of run.run(batch)) {
      if (record.type !== 'incident') continue;
      const before = severities.get(record.id);
      if (record.state === 'resolved') severities.delete(record.id);
      else {
        severities.set(record.id, record.severity);
        if (before === undefined || (record.severity === 'critical' && before !== 'critical'))
          incidents.push(judgeIncident(record, simulation));
      }
    }
    onProgress((simulation.at - START) / (until - START));
  }
  const weeks = days / 7;
  return {
    seed,
    days,
    script,
    batches: run.state.counts.batches,
    events,
    tallies: underlyings.map((u) => tally(u, weeks, until, incidents)),
    incidents,
    answerKey: simulation.answerKey.filter((f) => f.from < until),
  };
}

/** Holds an incident against the answer key and the script. */
export function judgeIncident(
  record: IncidentRecord,
  simulation: Pick<Simulation, 'answerKey' | 'regimeAt'>,
): JudgedIncident {
  const at = Date.parse(record.at);
  const underlying = underlyingOf(record.scope).split(':')[1] ?? '';
  const on = simulation.answerKey.filter(
    (f) =>
      (f.scope.underlying === null || f.scope.underlying === underlying) && at >= f.from && at < f.to + AFTERMATH_MS,
  );
  const sinceRoll = (((at - ROLL_OF_DAY_MS) % DAY_MS) + DAY_MS) % DAY_MS;
  return {
    at: record.at,
    id: record.id,
    cause: record.cause,
    scope: record.scope,
    underlying,
    severity: record.severity,
    key: on.map((f) => f.fault),
    regime: simulation.regimeAt(at).name,
    roll: sinceRoll < AFTER_ROLL_MS || sinceRoll >= DAY_MS - BEFORE_ROLL_MS,
    justified: on.length > 0,
    named: on.some((f) => EXPECTED[f.fault].causes.includes(record.cause as never)),
    evidence: record.evidence,
  };
}

function tally(underlying: string, weeks: number, until: number, all: readonly JudgedIncident[]): LongRunTally {
  const own = all.filter((i) => i.underlying === underlying);
  const pages = own.filter((i) => i.severity === 'critical');
  const tickets = own.filter((i) => i.severity === 'warning');
  const unjustified = (list: readonly JudgedIncident[]): number => list.filter((i) => !i.justified).length;
  const fromRolls = (list: readonly JudgedIncident[]): number => list.filter((i) => i.roll && !i.justified).length;
  const falsePages = unjustified(pages);
  return {
    underlying,
    weeks,
    rolls: Math.floor((until - ROLL_OF_DAY_MS) / DAY_MS) - Math.floor((START - ROLL_OF_DAY_MS) / DAY_MS),
    pages: pages.length,
    falsePages,
    falsePagesPerWeek: falsePages / weeks,
    pagesFromRolls: fromRolls(pages),
    tickets: tickets.length,
    falseTickets: unjustified(tickets),
    ticketsFromRolls: fromRolls(tickets),
  };
}
