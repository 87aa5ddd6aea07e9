import { isoTime } from '../market/iso-time.ts';
import type { IncidentRecord } from '../model/record.ts';
import type { Diagnosis } from './diagnosis.ts';

/** One open incident: one cause on one scope; its aftershocks attach to it. */
export interface Incident {
  readonly id: string;
  readonly cause: string;
  readonly scope: string;
  readonly kind: Diagnosis['kind'];
  readonly openedAt: number;
  severity: IncidentRecord['severity'];
  /** Epoch ms of the last close that showed it. */
  lastSeen: number;
  /** Largest median PZ of the serving calibrations on its scope while it was open; NaN before any was scored. */
  peakPz: number;
  /** Whether a refit that answered it was proved by the batch after it. */
  verified: boolean;
  /** Of one on a whole underlying: closes in a row in which an expiry, by its scope, has shown nothing of it. */
  readonly sound: Map<string, number>;
  /** Aftershocks that came while it was open, as `cause@scope`, in the order of their coming; bounded. */
  readonly symptoms: string[];
}

/** All open incidents of one underlying, by cause and scope; ids count up. */
export interface IncidentBook {
  readonly open: Map<string, Incident>;
  /** Seen but not yet opened: closes in a row that showed it, by cause and scope. */
  readonly waiting: Map<string, number>;
  /** Ended and not yet judged: emptied by whoever gives verdicts, after every update. */
  readonly ended: { readonly incident: Incident; readonly at: number }[];
  next: number;
}

/** An empty book. */
export function initIncidentBook(): IncidentBook {
  return { open: new Map(), waiting: new Map(), ended: [], next: 1 };
}

/**
 * Causes that are changes, not states: what is seen again after an hour without evidence is another move, and opens
 * an incident of its own.
 */
const MOVES: ReadonlySet<string> = new Set(['level-move', 'skew-move', 'curvature-move', 'term-move', 'flash-crash']);
const SAME_MOVE_MS = 3_600_000;
/** A bound: past it new causes are only counted on the newest incident of their kind. */
const MAX_OPEN = 200;

/**
 * Brings the book to the diagnoses of one close: opens what is new, updates what changed in severity, resolves what
 * has been absent. `seen` tells whether a cause on a scope was
 * examined at this close: others keep their state. `patience` is the number of closes in a row that must show a
 * diagnosis before it opens an incident; `linger` how long (ms) one must be absent before it resolves.
 */
export function updateIncidents(
  book: IncidentBook,
  prefix: string,
  at: number,
  diagnoses: readonly Diagnosis[],
  seen: (scope: string, cause: string) => boolean,
  patience: (diagnosis: Diagnosis) => number = () => 1,
  linger: (kind: Diagnosis['kind']) => number = () => 0,
): IncidentRecord[] {
  const records: IncidentRecord[] = [];
  const present = new Set<string>();
  for (const [key, incident] of book.open)
    if (MOVES.has(incident.cause) && at - incident.lastSeen > SAME_MOVE_MS)
      records.push(resolve(book, key, incident, at));
  for (const d of diagnoses) {
    if (d.symptomOf !== undefined) {
      attach(book.open.get(d.symptomOf), d);
      continue;
    }
    const key = `${d.cause}|${d.scope}`;
    present.add(key);
    const open = book.open.get(key);
    if (open === undefined) {
      const shown = (book.waiting.get(key) ?? 0) + 1;
      if (shown < patience(d)) {
        if (book.waiting.size < MAX_OPEN) book.waiting.set(key, shown);
        continue;
      }
      book.waiting.delete(key);
      if (book.open.size >= MAX_OPEN) continue;
      const incident: Incident = {
        id: `${prefix}-${book.next++}`,
        cause: d.cause,
        scope: d.scope,
        kind: d.kind,
        openedAt: at,
        severity: d.severity,
        lastSeen: at,
        peakPz: NaN,
        verified: false,
        sound: new Map(),
        symptoms: [],
      };
      book.open.set(key, incident);
      records.push(incidentRecord(incident, at, 'open', d.evidence));
    } else {
      open.lastSeen = at;
      if (open.severity !== d.severity) {
        open.severity = d.severity;
        records.push(incidentRecord(open, at, 'updated', d.evidence));
      }
    }
  }
  for (const key of book.waiting.keys()) {
    const bar = key.indexOf('|');
    if (!present.has(key) && seen(key.slice(bar + 1), key.slice(0, bar))) book.waiting.delete(key);
  }
  for (const [key, incident] of book.open) {
    if (present.has(key) || !seen(incident.scope, incident.cause)) continue;
    if (at - incident.lastSeen < linger(incident.kind)) continue;
    records.push(resolve(book, key, incident, at));
  }
  return records;
}

/** More aftershocks than a whole listing can show. */
const MAX_SYMPTOMS = 60;

function attach(open: Incident | undefined, { cause, scope }: Diagnosis): void {
  const symptom = `${cause}@${scope}`;
  if (open === undefined || open.symptoms.includes(symptom) || open.symptoms.length >= MAX_SYMPTOMS) return;
  open.symptoms.push(symptom);
}

function resolve(book: IncidentBook, key: string, incident: Incident, at: number): IncidentRecord {
  book.open.delete(key);
  book.ended.push({ incident, at });
  const { symptoms } = incident;
  const evidence = {
    open_s: (at - incident.openedAt) / 1000,
    ...(symptoms.length > 0 ? { symptoms: [...symptoms] } : {}),
  };
  return incidentRecord(incident, at, 'resolved', evidence);
}

function incidentRecord(
  incident: Incident,
  at: number,
  state: IncidentRecord['state'],
  evidence: Readonly<Record<string, unknown>>,
): IncidentRecord {
  return {
    type: 'incident',
    id: incident.id,
    at: isoTime(at),
    state,
    cause: incident.cause,
    severity: incident.severity,
    scope: incident.scope,
    evidence,
  };
}
