import type { MarketEvent } from '../market/event.ts';
import type { JsonObject } from './canonical-json.ts';
import type { LogFiles } from './log-files.ts';
import type { DamageItem, EndItem, TornTailItem } from './log-item.ts';
import { readLog } from './log-reader.ts';
import type { LogRecord } from './record-codec.ts';
import { segmentName } from './segment.ts';

/** Lists in an inspection end here; their totals do not. */
export const LISTED = 1000;

/** `intact`: closed in order. `open`: in use, or left by a crash with nothing but an unfinished end. `damaged`: neither. */
export type Verdict = 'intact' | 'open' | 'damaged';

/** A break in the log: where, and what was lost with it. */
export interface DamageRow {
  readonly segment: string;
  readonly offset: number;
  readonly reason: string;
  readonly records_lost: number | null;
}

/** What a check of every byte found. */
export interface LogCheck {
  readonly type: 'check';
  readonly verdict: Verdict;
  readonly segments: number;
  /** Number of the next record: all that were ever appended, also those since deleted with their segments. */
  readonly records: number;
  readonly log_sha256: string | null;
  readonly damage_count: number;
  readonly damage: readonly DamageRow[];
  /** Unfinished bytes at the end. */
  readonly torn_bytes: number;
}

/** A table of contents. Times ISO-8601 UTC. */
export interface LogInspection extends Omit<LogCheck, 'type'> {
  readonly type: 'inspection';
  /** Span of the input events' own times. */
  readonly first: string | null;
  readonly last: string | null;
  readonly sessions: readonly { readonly sequence: number; readonly code: string }[];
  readonly inputs: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, number>>;
  readonly instruments: number;
  readonly venues: readonly string[];
  readonly expiries: readonly string[];
  readonly gap_count: number;
  readonly gaps: readonly GapRow[];
  readonly incident_count: number;
  readonly incidents: readonly IncidentRow[];
}

/** One gap event. */
export interface GapRow {
  readonly venue: string;
  readonly symbol: string | null;
  readonly reason: string;
  readonly from: string;
  readonly to: string | null;
}

/** An incident as its last record left it. */
export interface IncidentRow {
  readonly id: string;
  readonly opened: string | null;
  readonly cause: string;
  readonly severity: string;
  readonly state: string;
}

/** Reads every byte, decodes nothing. `onProgress` hears the number of records now and then. */
export async function checkLog(
  files: LogFiles,
  onProgress: (records: number) => void = () => undefined,
): Promise<LogCheck> {
  const faults = new Faults();
  let end: EndItem | null = null;
  for await (const item of readLog(files, { decode: false })) {
    if (item.kind === 'records') onProgress(item.firstSequence + item.count);
    else if (item.kind === 'end') end = item;
    else faults.add(item);
  }
  return { type: 'check', ...faults.summary(end!) };
}

/** Reads and decodes the whole log; memory is bounded by its distinct names, expiries and open lists. */
export async function inspectLog(
  files: LogFiles,
  onProgress: (records: number) => void = () => undefined,
): Promise<LogInspection> {
  const faults = new Faults();
  const contents = new Contents();
  let end: EndItem | null = null;
  for await (const item of readLog(files)) {
    if (item.kind === 'records') {
      item.records.forEach((record, i) => contents.add(record, item.firstSequence + i));
      onProgress(item.firstSequence + item.count);
    } else if (item.kind === 'end') end = item;
    else faults.add(item);
  }
  return { type: 'inspection', ...contents.summary(), ...faults.summary(end!) };
}

class Faults {
  private readonly damage: DamageRow[] = [];
  private damageCount = 0;
  private torn: TornTailItem | null = null;

  add(item: DamageItem | TornTailItem): void {
    if (item.kind === 'torn-tail' && item.reason === 'short') {
      this.torn = item;
      return;
    }
    // Whole in length but not in content: the last commit was torn by a power failure, or has decayed. Nobody can tell.
    const lost = item.kind === 'damage' ? item.recordsLost : null;
    this.damageCount++;
    if (this.damage.length >= LISTED) return;
    this.damage.push({
      segment: segmentName(item.segment),
      offset: item.offset,
      reason: item.reason,
      records_lost: lost,
    });
  }

  summary(end: EndItem): Omit<LogCheck, 'type'> {
    return {
      verdict: this.damageCount > 0 ? 'damaged' : end.sealed ? 'intact' : 'open',
      segments: end.segments,
      records: end.sequence,
      log_sha256: end.digest,
      damage_count: this.damageCount,
      damage: this.damage,
      torn_bytes: this.torn?.bytes ?? 0,
    };
  }
}

class Contents {
  private first = Infinity;
  private last = -Infinity;
  private readonly sessions: { sequence: number; code: string }[] = [];
  private readonly inputs = new Map<string, number>();
  private readonly outputs = new Map<string, number>();
  private readonly instruments = new Map<string, Set<string>>();
  private readonly venues = new Set<string>();
  private readonly expiries = new Set<string>();
  private gapCount = 0;
  private readonly gaps: GapRow[] = [];
  private readonly incidents = new Map<string, IncidentRow>();
  private readonly incidentIds = new Set<string>();

  add(record: LogRecord, sequence: number): void {
    if (record.kind === 'input') this.input(record.event);
    else if (record.kind === 'output') this.output(record.record);
    else if (this.sessions.length < LISTED) this.sessions.push({ sequence, code: record.code });
  }

  private input(event: MarketEvent): void {
    count(this.inputs, event.type);
    if (event.at < this.first) this.first = event.at;
    if (event.at > this.last) this.last = event.at;
    if ('venue' in event) this.venues.add(event.venue);
    if (event.type === 'quote') this.instrument(event.venue, event.symbol);
    else if (event.type === 'instrument') {
      this.instrument(event.instrument.venue, event.instrument.symbol);
      this.venues.add(event.instrument.venue);
      this.expiries.add(iso(event.instrument.expiry));
    } else if (event.type === 'gap') this.gap(event);
  }

  private instrument(venue: string, symbol: string): void {
    const known = this.instruments.get(venue);
    if (known === undefined) this.instruments.set(venue, new Set([symbol]));
    else known.add(symbol);
  }

  private gap(event: Extract<MarketEvent, { type: 'gap' }>): void {
    this.gapCount++;
    if (this.gaps.length >= LISTED) return;
    const { venue, symbol, reason } = event;
    this.gaps.push({ venue, symbol, reason, from: iso(event.from), to: event.to === null ? null : iso(event.to) });
  }

  private output(record: JsonObject): void {
    count(this.outputs, text(record['type']));
    const expiry = record['expiry'];
    if (typeof expiry === 'number') this.expiries.add(iso(expiry));
    else if (typeof expiry === 'string') this.expiries.add(expiry);
    if (record['type'] !== 'incident' || record['id'] === undefined) return;
    const id = text(record['id']);
    this.incidentIds.add(id);
    const known = this.incidents.get(id);
    if (known === undefined && this.incidents.size >= LISTED) return;
    const at = record['at'];
    this.incidents.set(id, {
      id,
      opened: known?.opened ?? (typeof at === 'number' ? iso(at) : typeof at === 'string' ? at : null),
      cause: text(record['cause']),
      severity: text(record['severity']),
      state: text(record['state']),
    });
  }

  summary(): Omit<LogInspection, keyof LogCheck> {
    return {
      first: this.first === Infinity ? null : iso(this.first),
      last: this.last === -Infinity ? null : iso(this.last),
      sessions: this.sessions,
      inputs: sorted(this.inputs),
      outputs: sorted(this.outputs),
      instruments: [...this.instruments.values()].reduce((sum, symbols) => sum + symbols.size, 0),
      venues: [...this.venues].sort(),
      expiries: [...this.expiries].sort(),
      gap_count: this.gapCount,
      gaps: this.gaps,
      incident_count: this.incidentIds.size,
      incidents: [...this.incidents.values()],
    };
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sorted(counts: Map<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function iso(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
