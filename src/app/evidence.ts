import type { JsonObject } from '../store/canonical-json.ts';
import type { MarketEvent, OperatorEvent } from '../market/event.ts';
import type {
  ActionRecord,
  CalibrationRecord,
  CreditCalibrationRecord,
  GateRecord,
  HedgeFitRecord,
  IncidentRecord,
  OutputRecord,
  VerdictRecord,
} from '../model/record.ts';
import { causeNamed } from '../policy/causes.ts';
import {
  giveVerdict,
  initVerdictBook,
  precisionTable,
  type PrecisionRow,
  type VerdictRule,
} from '../policy/verdict.ts';
import { nodeFiles } from '../store/log-files.ts';
import { readRecords } from '../store/log-reader.ts';
import { PathLengths, type CumulativeChange } from './evidence-changes.ts';
import { GateHours, type GateShare } from './evidence-gates.ts';
import { Inventory, type InventoryRow } from './evidence-inventory.ts';
import { limitsOf, type Limit } from './evidence-limits.ts';
import { ScoreTable, type OutcomeRow, type ScorePoint } from './evidence-scores.ts';

/** One breach of a limit: an incident from opening to end. */
export interface Breach {
  readonly id: string;
  readonly cause: string;
  readonly kind: string;
  readonly severity: string;
  readonly scope: string;
  readonly opened: string;
  /** Null while it is open. */
  resolved: string | null;
  /** What it turned out to have been, and who says so; null while nobody and no rule has said. */
  verdict: { readonly verdict: string; readonly by: string; readonly rule: string | null } | null;
  /** What was done about it, in order, each once. */
  readonly actions: string[];
}

/** A change of which model serves, or the attempt at one. */
export interface ModelChange {
  readonly at: string;
  readonly scope: string;
  readonly what: string;
  readonly outcome: string;
}

/** A model-risk review's evidence of one span of a log. Times ISO-8601 UTC. */
export interface Evidence {
  readonly type: 'evidence';
  /** What the caller asked for; null = the log's own beginning or end. */
  readonly requested: { readonly from: string | null; readonly to: string | null };
  /** The first and the last record in the span. */
  readonly from: string | null;
  readonly to: string | null;
  /** `SYNTHETIC` when a session's market was simulated. */
  readonly stamps: readonly string[];
  readonly log: {
    readonly records: number;
    readonly sha256: string | null;
    readonly damage: readonly string[];
    readonly codes: readonly string[];
  };
  readonly inventory: readonly InventoryRow[];
  readonly limits: readonly Limit[];
  /** The configuration that every session ran under, as the log's headers hold it. */
  readonly configurations: readonly JsonObject[];
  readonly breaches: {
    readonly total: number;
    readonly by_cause: Readonly<Record<string, number>>;
    readonly rows: readonly Breach[];
  };
  /** How often alarms were right, from verdicts given in the span. */
  readonly precision: readonly PrecisionRow[];
  readonly overrides: readonly OperatorAct[];
  readonly approvals: readonly OperatorAct[];
  readonly recalibrations: {
    /** Per kind of model, pushes apart: how many of each status. */
    readonly by_kind: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly by_status: Readonly<Record<string, number>>;
    readonly by_reason: Readonly<Record<string, number>>;
    /** Guards that refused; what did not hold of a push, which is never refused for it, stands under `said_of_pushes`. */
    readonly by_guard: Readonly<Record<string, number>>;
    readonly said_of_pushes: Readonly<Record<string, number>>;
    readonly by_approver: Readonly<Record<string, number>>;
    readonly refused: readonly { at: string; model: string; scope: string; status: string; reason: string }[];
  };
  readonly model_changes: readonly ModelChange[];
  readonly cumulative_changes: readonly CumulativeChange[];
  readonly outcomes: {
    readonly scores: readonly OutcomeRow[];
    readonly gate: readonly GateShare[];
    readonly actions: Readonly<Record<string, number>>;
  };
  readonly pictures: { readonly pz: readonly ScorePoint[] };
}

/** What a person did. */
export interface OperatorAct {
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly note: string;
  readonly until: string | null;
}

const MAX_ROWS = 5_000;
const MAX_ACTIONS_PER_BREACH = 20;
const OVERRIDES: ReadonlySet<string> = new Set(['override', 'resume', 'manual', 'silence']);
const MODEL_CHANGES: ReadonlySet<string> = new Set([
  'promote', 'roll-back', 'trial', 'hedge-promote', 'hedge-rollback', 'hedge-reject',
]); // prettier-ignore
/** Kinds of change that put another model in the place of one that serves, and those that take it back. */
const PROMOTIONS: ReadonlySet<string> = new Set(['promote', 'hedge-promote']);

/** Reads a log once and gathers the evidence between two instants (epoch ms, inclusive). Memory is bounded. */
export async function gatherEvidence(directory: string, from: number, to: number): Promise<Evidence> {
  const gather = new Gatherer(from, to);
  const codes = new Set<string>();
  const stamps = new Set<string>();
  const configurations = new Map<string, JsonObject>();
  const damage: string[] = [];
  let [records, sha256]: [number, string | null] = [0, null];
  for await (const item of readRecords(nodeFiles(directory))) {
    if (item.kind === 'damage') damage.push(`${item.reason} in segment ${item.segment} at byte ${item.offset}`);
    else if (item.kind === 'end') [records, sha256] = [item.sequence, item.digest];
    else if (item.kind === 'record') {
      const { record } = item;
      if (record.kind === 'meta') {
        codes.add(record.code);
        if (record.stamp !== undefined) stamps.add(record.stamp);
        configurations.set(JSON.stringify(record.configuration), record.configuration);
      } else if (record.kind === 'input') gather.event(record.event);
      else gather.output(record.record as unknown as OutputRecord);
    }
  }
  const log = { records, sha256, damage: damage.slice(0, 100), codes: [...codes] };
  return gather.evidence(log, [...stamps], [...configurations.values()]);
}

class Gatherer {
  private readonly from: number;
  private readonly to: number;
  private first: string | null = null;
  private last: string | null = null;
  private readonly inventory = new Inventory();
  /** By id the newest: an engine that began anew counts from one again. */
  private readonly breaches = new Map<string, Breach>();
  private readonly rows: Breach[] = [];
  private readonly open = new Set<Breach>();
  private breachCount = 0;
  /** Of smiles: the limit of age is theirs. */
  private ageRefits = 0;
  private readonly byCause: Record<string, number> = {};
  private readonly verdicts = initVerdictBook();
  private readonly overrides: OperatorAct[] = [];
  private readonly approvals: OperatorAct[] = [];
  private readonly byStatus: Record<string, number> = {};
  private readonly byReason: Record<string, number> = {};
  private readonly byGuard: Record<string, number> = {};
  private readonly byKind: Record<string, Record<string, number>> = {};
  private readonly saidOfPushes: Record<string, number> = {};
  private readonly byApprover: Record<string, number> = {};
  private readonly refused: { at: string; model: string; scope: string; status: string; reason: string }[] = [];
  private readonly modelChanges: ModelChange[] = [];
  private readonly actions: Record<string, number> = {};
  private readonly changes = new PathLengths();
  private readonly scores = new ScoreTable();
  private readonly gates: GateHours;

  constructor(from: number, to: number) {
    this.from = from;
    this.to = to;
    this.gates = new GateHours(from);
  }

  event(event: MarketEvent): void {
    if (event.type !== 'operator' || event.at < this.from || event.at > this.to) return;
    const list = OVERRIDES.has(event.action) ? this.overrides : this.approvals;
    if (list.length < MAX_ROWS) list.push(actOf(event));
  }

  output(record: OutputRecord): void {
    const at = Date.parse(record.at);
    // A gate's state before the span holds at its beginning.
    if (record.type === 'gate' && at <= this.to) this.gates.take(record, at);
    // So does what was promoted before it.
    if (record.type === 'action' && at <= this.to) this.inventory.action(record);
    if (at < this.from || at > this.to) return;
    this.first ??= record.at;
    this.last = record.at;
    if (record.type === 'gate') this.gate(record);
    else if (record.type === 'incident') this.incident(record);
    else if (
      record.type === 'calibration' ||
      record.type === 'hedge-calibration' ||
      record.type === 'credit-calibration'
    )
      this.calibration(record);
    else if (record.type === 'score' || record.type === 'hedge-score' || record.type === 'credit-score') {
      this.inventory.score(record);
      this.scores.take(record, at);
    } else if (record.type === 'action') this.action(record);
    else if (record.type === 'verdict') this.verdict(record);
  }

  evidence(log: Evidence['log'], stamps: readonly string[], configurations: readonly JsonObject[]): Evidence {
    const iso = (at: number): string | null => (Math.abs(at) >= 8.64e15 ? null : new Date(at).toISOString());
    const configuration = configurations.at(-1);
    const acts = (action: string): number => this.overrides.filter((o) => o.action === action).length;
    return {
      type: 'evidence',
      requested: { from: iso(this.from), to: iso(this.to) },
      from: this.first,
      to: this.last,
      stamps,
      log,
      inventory: this.inventory.rows(configuration),
      limits: limitsOf(configuration, {
        incidents: this.breachCount,
        guards: this.byGuard,
        ageRefits: this.ageRefits,
        promotions: this.modelChanges.filter(isPromotion).length,
        overrides: acts('override'),
        silences: acts('silence'),
        bookLimits: this.byCause['book-limit'] ?? 0,
      }),
      configurations,
      breaches: { total: this.breachCount, by_cause: this.byCause, rows: this.rows },
      precision: precisionTable(this.verdicts),
      overrides: this.overrides,
      approvals: this.approvals,
      recalibrations: {
        by_kind: this.byKind,
        by_status: this.byStatus,
        by_reason: this.byReason,
        by_guard: this.byGuard,
        said_of_pushes: this.saidOfPushes,
        by_approver: this.byApprover,
        refused: this.refused,
      },
      model_changes: this.modelChanges,
      cumulative_changes: this.changes.rows(),
      outcomes: {
        scores: this.scores.rows(),
        gate: this.gates.shares(this.last === null ? this.from : Date.parse(this.last)),
        actions: this.actions,
      },
      pictures: { pz: this.scores.points() },
    };
  }

  private incident(record: IncidentRecord): void {
    if (record.state === 'resolved') {
      const breach = this.breaches.get(record.id);
      if (breach === undefined) return;
      breach.resolved = record.at;
      this.open.delete(breach);
      return;
    }
    if (record.state !== 'open') return;
    this.breachCount++;
    add(this.byCause, record.cause);
    if (this.rows.length >= MAX_ROWS) return;
    const { id, cause, severity, scope, at } = record;
    const kind = causeNamed(cause)?.kind ?? 'platform';
    const row: Breach = { id, cause, kind, severity, scope, opened: at, resolved: null, verdict: null, actions: [] };
    this.rows.push(row);
    this.breaches.set(id, row);
    this.open.add(row);
  }

  /** A gate that names the cause of an open incident on its scope, or within it, answers it. */
  private gate({ scope, state, reasons }: GateRecord): void {
    if (reasons.length === 0) return;
    const at = scope.indexOf('@');
    const [model, place] = [scope.slice(0, at), scope.slice(at + 1)];
    for (const breach of this.open) {
      const where = breach.scope.slice(breach.scope.indexOf('@') + 1).split(':hedge')[0];
      const own = breach.scope.includes(':hedge/') ? 'hedge' : /^(.+)@/.exec(breach.scope)?.[1];
      if (own !== undefined && own !== model) continue;
      if (!reasons.includes(breach.cause) || (place !== where && !place.startsWith(`${where}:`))) continue;
      const said = `gate of ${model} ${state}`;
      if (breach.actions.length < MAX_ACTIONS_PER_BREACH && !breach.actions.includes(said)) breach.actions.push(said);
    }
  }

  private verdict(record: VerdictRecord): void {
    const { incident, cause, scope, verdict, by, rule, note, at } = record;
    const when = Date.parse(at);
    giveVerdict(this.verdicts, {
      incident, cause, scope, verdict, by, note, at: when, endedAt: when, rule: rule as VerdictRule | null,
    }); // prettier-ignore
    const breach = this.breaches.get(incident);
    if (breach !== undefined) breach.verdict = { verdict, by, rule };
  }

  private calibration(record: CalibrationRecord | HedgeFitRecord | CreditCalibrationRecord): void {
    this.inventory.calibration(record);
    const isPush = record.reason.startsWith('pushed');
    const kind = isPush ? 'pushed' : KINDS[record.type];
    add((this.byKind[kind] ??= {}), record.status);
    add(this.byStatus, record.status);
    const scope = placeOf(record);
    const guards = record.status === 'accepted' ? this.saidOfPushes : this.byGuard;
    for (const guard of record.guards ?? []) add(guards, guard);
    if (record.status === 'accepted') {
      // Behind the first word stand notes and guards: one reason must not become a hundred.
      add(this.byReason, record.reason.replace(/;.*/, ''));
      add(this.byApprover, record.approver ?? 'not in this log');
      if (record.type === 'calibration' && record.reason.startsWith('age')) this.ageRefits++;
      if (record.type === 'calibration') this.changes.take(record, scope);
      else this.changes.takeOther(record);
    } else if (this.refused.length < MAX_ROWS)
      this.refused.push({ at: record.at, model: record.model, scope, status: record.status, reason: record.reason });
  }

  private action(record: ActionRecord): void {
    // What was done to several expiries at once ends in their number.
    const key = `${record.kind}: ${record.outcome.replace(/, \d+ expiries$/, '')}`;
    if (key in this.actions || Object.keys(this.actions).length < MAX_ROWS) add(this.actions, key);
    if (MODEL_CHANGES.has(record.kind) && this.modelChanges.length < MAX_ROWS)
      this.modelChanges.push({
        at: record.at,
        scope: record.scope ?? '',
        what: record.kind,
        outcome: record.outcome,
      });
    const actions = record.incident === null ? undefined : this.breaches.get(record.incident)?.actions;
    const said = `${record.kind} ${record.outcome}`;
    if (actions !== undefined && actions.length < MAX_ACTIONS_PER_BREACH && !actions.includes(said)) actions.push(said);
  }
}

const KINDS = { calibration: 'surface', 'hedge-calibration': 'hedge', 'credit-calibration': 'credit' } as const;

function placeOf(record: CalibrationRecord | HedgeFitRecord | CreditCalibrationRecord): string {
  if (record.type === 'credit-calibration') return record.curve;
  return record.type === 'calibration' ? `${record.underlying} ${record.expiry.slice(0, 10)}` : record.underlying;
}

/** Whether a change put another model in the place of one that served: not what was proposed and waits. */
export function isPromotion({ what, outcome }: ModelChange): boolean {
  return PROMOTIONS.has(what) && !outcome.startsWith('proposed');
}

function add(to: Record<string, number>, key: string): void {
  to[key] = (to[key] ?? 0) + 1;
}

function actOf(event: OperatorEvent): OperatorAct {
  const { actor, action, target, verdict } = event;
  const iso = (at: number): string => new Date(at).toISOString();
  const note = verdict === undefined ? event.note : [verdict, event.note].filter((s) => s !== '').join(': ');
  return { at: iso(event.at), actor, action, target, note, until: event.until === null ? null : iso(event.until) };
}
