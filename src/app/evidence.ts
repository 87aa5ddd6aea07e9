import type { JsonObject } from '../store/canonical-json.ts';
import type { MarketEvent, OperatorEvent } from '../market/event.ts';
import type { ActionRecord, CalibrationRecord, IncidentRecord, OutputRecord } from '../model/record.ts';
import { causeNamed } from '../policy/causes.ts';
import { nodeFiles } from '../store/log-files.ts';
import { readRecords } from '../store/log-reader.ts';
import { PathLengths, type CumulativeChange } from './evidence-changes.ts';
import { GateHours, type GateShare } from './evidence-gates.ts';
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
}

/** A model-risk review's evidence of one span of a log. Times ISO-8601 UTC. */
export interface Evidence {
  readonly type: 'evidence';
  readonly from: string | null;
  readonly to: string | null;
  readonly log: {
    readonly records: number;
    readonly sha256: string | null;
    readonly damage: readonly string[];
    readonly codes: readonly string[];
  };
  readonly inventory: readonly {
    model: string;
    underlying: string;
    expiries: number;
    calibrations: number;
    accepted: number;
  }[];
  /** The configuration that every session ran under, as the log's headers hold it. */
  readonly limits: readonly JsonObject[];
  readonly breaches: {
    readonly total: number;
    readonly by_cause: Readonly<Record<string, number>>;
    readonly rows: readonly Breach[];
  };
  readonly overrides: readonly OperatorAct[];
  readonly approvals: readonly OperatorAct[];
  readonly recalibrations: {
    readonly by_status: Readonly<Record<string, number>>;
    readonly by_reason: Readonly<Record<string, number>>;
    readonly refused: readonly { at: string; model: string; scope: string; status: string; reason: string }[];
  };
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
const OVERRIDES: ReadonlySet<string> = new Set(['override', 'resume', 'manual', 'silence']);

/** Reads a log once and gathers the evidence between two instants (epoch ms, inclusive). Memory is bounded. */
export async function gatherEvidence(directory: string, from: number, to: number): Promise<Evidence> {
  const gather = new Gatherer(from, to);
  const codes = new Set<string>();
  const limits = new Map<string, JsonObject>();
  const damage: string[] = [];
  let [records, sha256]: [number, string | null] = [0, null];
  for await (const item of readRecords(nodeFiles(directory))) {
    if (item.kind === 'damage') damage.push(`${item.reason} in segment ${item.segment} at byte ${item.offset}`);
    else if (item.kind === 'end') [records, sha256] = [item.sequence, item.digest];
    else if (item.kind === 'record') {
      const { record } = item;
      if (record.kind === 'meta') {
        codes.add(record.code);
        limits.set(JSON.stringify(record.configuration), record.configuration);
      } else if (record.kind === 'input') gather.event(record.event);
      else gather.output(record.record as unknown as OutputRecord);
    }
  }
  const log = { records, sha256, damage: damage.slice(0, 100), codes: [...codes] };
  return gather.evidence(log, [...limits.values()]);
}

class Gatherer {
  private readonly from: number;
  private readonly to: number;
  private first: string | null = null;
  private last: string | null = null;
  private readonly models = new Map<string, { expiries: Set<string>; calibrations: number; accepted: number }>();
  private readonly breaches = new Map<string, Breach>();
  private breachCount = 0;
  private readonly byCause: Record<string, number> = {};
  private readonly overrides: OperatorAct[] = [];
  private readonly approvals: OperatorAct[] = [];
  private readonly byStatus: Record<string, number> = {};
  private readonly byReason: Record<string, number> = {};
  private readonly refused: { at: string; model: string; scope: string; status: string; reason: string }[] = [];
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
    if (at < this.from || at > this.to) return;
    this.first ??= record.at;
    this.last = record.at;
    if (record.type === 'incident') this.incident(record);
    else if (record.type === 'calibration') this.calibration(record);
    else if (record.type === 'score') this.scores.take(record, at);
    else if (record.type === 'action') this.action(record);
  }

  evidence(log: Evidence['log'], limits: readonly JsonObject[]): Evidence {
    return {
      type: 'evidence',
      from: this.first,
      to: this.last,
      log,
      inventory: [...this.models].map(([key, m]) => {
        const [model, underlying] = key.split('|');
        return { model, underlying, expiries: m.expiries.size, calibrations: m.calibrations, accepted: m.accepted };
      }),
      limits,
      breaches: { total: this.breachCount, by_cause: this.byCause, rows: [...this.breaches.values()] },
      overrides: this.overrides,
      approvals: this.approvals,
      recalibrations: { by_status: this.byStatus, by_reason: this.byReason, refused: this.refused },
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
      if (breach !== undefined) breach.resolved = record.at;
      return;
    }
    if (record.state !== 'open') return;
    this.breachCount++;
    this.byCause[record.cause] = (this.byCause[record.cause] ?? 0) + 1;
    if (this.breaches.size >= MAX_ROWS) return;
    const { id, cause, severity, scope, at } = record;
    const known = causeNamed(cause);
    this.breaches.set(id, { id, cause, kind: known?.kind ?? 'platform', severity, scope, opened: at, resolved: null });
  }

  private calibration(record: CalibrationRecord): void {
    const key = `${record.model}|${record.underlying}`;
    const model = this.models.get(key) ?? { expiries: new Set(), calibrations: 0, accepted: 0 };
    this.models.set(key, model);
    model.expiries.add(record.expiry);
    model.calibrations++;
    this.byStatus[record.status] = (this.byStatus[record.status] ?? 0) + 1;
    const scope = `${record.underlying} ${record.expiry.slice(0, 10)}`;
    if (record.status === 'accepted') {
      model.accepted++;
      this.byReason[record.reason] = (this.byReason[record.reason] ?? 0) + 1;
      this.changes.take(record.model, scope, record.parameters);
    } else if (this.refused.length < MAX_ROWS)
      this.refused.push({ at: record.at, model: record.model, scope, status: record.status, reason: record.reason });
  }

  private action(record: ActionRecord): void {
    const key = `${record.kind}: ${record.outcome}`;
    if (key in this.actions || Object.keys(this.actions).length < MAX_ROWS)
      this.actions[key] = (this.actions[key] ?? 0) + 1;
  }
}

function actOf(event: OperatorEvent): OperatorAct {
  const { actor, action, target, note } = event;
  const iso = (at: number): string => new Date(at).toISOString();
  return { at: iso(event.at), actor, action, target, note, until: event.until === null ? null : iso(event.until) };
}
