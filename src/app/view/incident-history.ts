import type { Incident as OpenIncident } from '../../policy/incident.ts';
import { causeNamed } from '../../policy/causes.ts';
import type { Oversight } from '../../policy/oversight.ts';
import { isoTime } from '../../market/iso-time.ts';
import type { OperatorEvent } from '../../market/event.ts';
import type { ActionRecord, IncidentRecord, VerdictRecord } from '../../model/record.ts';
import type { Smile } from '../../server/wire/smile.ts';
import type { Incident, IncidentWithPictures, TimelineEntry } from '../../server/wire/watch.ts';

/** Incidents kept; the oldest resolved go first. */
const KEPT = 1_000;
/** Of these the pictures are kept too. */
const PICTURED = 100;
const TIMELINE = 100;

interface Kept {
  incident: Incident;
  pictures: Smile[];
}

/** Incidents with what happened to each, bounded. */
export class IncidentHistory {
  private readonly kept = new Map<string, Kept>();
  private readonly counts = new Map<string, number>();
  /** No incident that changed after this is missing, epoch ms. */
  complete = -Infinity;
  private readonly picture: (scope: string) => Smile | null;
  private readonly tell: (incident: Incident) => void;

  /** `picture` takes the smile that shows a scope now; `tell` hears of every change. */
  constructor(picture: (scope: string) => Smile | null, tell: (incident: Incident) => void) {
    this.picture = picture;
    this.tell = tell;
  }

  /** How often each cause has opened an incident. */
  get opened(): ReadonlyMap<string, number> {
    return this.counts;
  }

  onIncident(record: IncidentRecord): void {
    // An engine that began anew counts from one again: the same name, another incident.
    const known = record.state === 'open' ? undefined : this.kept.get(record.id);
    const resolved = record.state === 'resolved';
    if (record.state === 'open') this.counts.set(record.cause, (this.counts.get(record.cause) ?? 0) + 1);
    const kept = known ?? { incident: begun(record), pictures: [] };
    const before = kept.incident;
    kept.incident = {
      ...before,
      severity: record.severity,
      state: resolved ? 'resolved' : 'open',
      updated: record.at,
      resolved: resolved ? record.at : null,
      evidence: resolved ? before.evidence : record.evidence,
      money: resolved ? before.money : moneyOf(record.evidence),
      runner_up: resolved ? before.runner_up : runnerUp(record.evidence),
      timeline: added(before.timeline, entryOf(record)),
    };
    if (record.state !== 'updated') {
      const picture = this.picture(record.scope);
      if (picture !== null) kept.pictures = [...kept.pictures.slice(0, 1), picture];
    }
    this.keep(kept);
  }

  onAction(record: ActionRecord): void {
    if (record.incident === null) return;
    const text = `${record.kind}: ${record.outcome}`;
    this.append(record.incident, {
      at: record.at,
      what: 'action',
      text,
      data: { kind: record.kind, outcome: record.outcome },
    });
  }

  onVerdict(record: VerdictRecord): void {
    const kept = this.kept.get(record.incident);
    if (kept === undefined) return;
    const { at, verdict, by, automatic, rule, note } = record;
    kept.incident = { ...kept.incident, verdict: { verdict, by, automatic, rule, at, note }, updated: at };
    const who = automatic ? `by the rule ${rule ?? ''}, automatic` : `by ${by}`;
    this.append(record.incident, {
      at,
      what: 'verdict',
      text: `${verdict}, ${who}${note === '' ? '' : `: ${note}`}`,
      data: { verdict, by, automatic, rule, note },
    });
  }

  onOperator(event: OperatorEvent): void {
    const kept = this.kept.get(event.target);
    if (kept === undefined || event.action !== 'acknowledge') return;
    const at = isoTime(event.at);
    const { actor: by, note } = event;
    kept.incident = { ...kept.incident, acknowledged: { by, at, note }, updated: at };
    this.append(event.target, {
      at,
      what: 'acknowledged',
      text: note === '' ? `by ${by}` : `by ${by}: ${note}`,
      data: { by, note },
    });
  }

  /** What an earlier process opened and this one has not yet heard of. */
  adopt(open: OpenIncident, oversight: Oversight): void {
    if (this.kept.has(open.id)) return;
    const at = isoTime(open.openedAt);
    const incident = begun({
      type: 'incident',
      id: open.id,
      at,
      state: 'open',
      cause: open.cause,
      severity: open.severity,
      scope: open.scope,
      evidence: {},
    });
    const entry: TimelineEntry = {
      at,
      what: 'opened',
      text: 'in an earlier run; its evidence is in the log',
      data: {},
    };
    const taken = oversight.acknowledged.get(open.id);
    const acknowledged = taken === undefined ? null : { by: taken.by, at: isoTime(taken.at), note: taken.note };
    const given = oversight.verdicts.given.get(open.id);
    const verdict =
      given === undefined
        ? null
        : { verdict: given.verdict, by: given.by, automatic: given.rule !== null, rule: given.rule, at: isoTime(given.at), note: given.note }; // prettier-ignore
    this.keep({ incident: { ...incident, acknowledged, verdict, timeline: [entry] }, pictures: [] });
  }

  /** The run ended at `at` (epoch ms) and what follows goes on from nothing: whatever is open will never be resolved, `except` these. */
  end(at: number, except: ReadonlySet<string> = new Set()): void {
    for (const kept of this.kept.values()) {
      if (kept.incident.state !== 'open' || except.has(kept.incident.id)) continue;
      const time = Number.isFinite(at) ? isoTime(at) : kept.incident.updated;
      const entry: TimelineEntry = { at: time, what: 'resolved', text: 'with the run that had opened it', data: {} };
      const { timeline } = kept.incident;
      kept.incident = {
        ...kept.incident,
        state: 'resolved',
        updated: time,
        resolved: time,
        timeline: added(timeline, entry),
      };
    }
  }

  get(id: string): IncidentWithPictures | null {
    const kept = this.kept.get(id);
    return kept === undefined ? null : { ...kept.incident, pictures: kept.pictures };
  }

  /** Newest first. */
  all(): Incident[] {
    return [...this.kept.values()].map((k) => k.incident).reverse();
  }

  private append(id: string, entry: TimelineEntry): void {
    const kept = this.kept.get(id);
    if (kept === undefined) return;
    kept.incident = { ...kept.incident, timeline: added(kept.incident.timeline, entry) };
    this.tell(kept.incident);
  }

  private keep(kept: Kept): void {
    const { id } = kept.incident;
    this.kept.set(id, kept);
    this.tell(kept.incident);
    if (this.kept.size > KEPT) {
      const resolved = [...this.kept].find(([, k]) => k.incident.state === 'resolved');
      const gone = resolved?.[0] ?? this.kept.keys().next().value ?? id;
      this.complete = Math.max(this.complete, Date.parse(this.kept.get(gone)?.incident.updated ?? '') || -Infinity);
      this.kept.delete(gone);
    }
    const pictured = [...this.kept.values()].filter((k) => k.pictures.length > 0);
    if (pictured.length > PICTURED) pictured[0].pictures = [];
  }
}

function begun(record: IncidentRecord): Incident {
  const cause = causeNamed(record.cause);
  return {
    id: record.id,
    cause: record.cause,
    says: cause?.says ?? record.cause,
    kind: cause?.kind ?? 'data',
    severity: record.severity,
    scope: record.scope,
    // A model's own incident names it before the place: `desk@deribit:BTC`.
    underlying: record.scope
      .slice(record.scope.indexOf('@') + 1)
      .split(':')
      .slice(0, 2)
      .join(':'),
    state: 'open',
    opened: record.at,
    updated: record.at,
    resolved: null,
    acknowledged: null,
    verdict: null,
    runner_up: runnerUp(record.evidence),
    money: moneyOf(record.evidence),
    evidence: record.evidence,
    timeline: [],
  };
}

/** What the drift that the incident shows is worth to the book held; null without a book, or while it is not known. */
function moneyOf(evidence: Readonly<Record<string, unknown>>): number | null {
  const money = evidence['money_usd'];
  return typeof money === 'number' ? money : null;
}

function entryOf(record: IncidentRecord): TimelineEntry {
  const what = record.state === 'open' ? 'opened' : record.state;
  const text = what === 'resolved' ? `resolved after ${openFor(record)}` : `${record.cause}, ${record.severity}`;
  return { at: record.at, what, text, data: record.evidence };
}

/** `45 s`, `12 min`, `2 h 5 min`, `3 d 4 h`. */
function openFor(record: IncidentRecord): string {
  const seconds = record.evidence['open_s'];
  if (typeof seconds !== 'number') return 'an unknown time';
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${seconds} s`;
  if (minutes < 60) return seconds < 600 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function added(timeline: readonly TimelineEntry[], entry: TimelineEntry): TimelineEntry[] {
  return timeline.length < TIMELINE ? [...timeline, entry] : [timeline[0], ...timeline.slice(2), entry];
}

function runnerUp(evidence: Readonly<Record<string, unknown>>): Incident['runner_up'] {
  const found = evidence['runner_up'] as { cause?: unknown; separated_by?: unknown; nats?: unknown } | undefined;
  if (typeof found?.cause !== 'string') return null;
  return {
    cause: found.cause,
    separated_by: typeof found.separated_by === 'string' ? found.separated_by : null,
    nats: typeof found.nats === 'number' ? found.nats : null,
  };
}
