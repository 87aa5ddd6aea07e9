import { scopeKey } from '../../model/contract.ts';
import type { ActionRecord, CalibrationRecord, GateRecord, ScoreRecord } from '../../model/record.ts';
import type { CalibrationsWanted } from '../../server/monitor-view.ts';
import type { Calibration, Scores } from '../../server/wire/watch.ts';

/** Calibrations and marks kept. */
const KEPT = 5_000;

/** Expiries whose last turn is kept. */
const LOOPS_KEPT = 1_000;
/** `HEALTHY -> QUARANTINE (data-fault)`: where the loop went, and what led there. */
const TURN = /-> ([A-Z]+) \(([\w-]+)\)$/;

/** A turn of an expiry's loop: the state it entered, the input that led there, the incident behind it. */
export interface LoopTurn {
  readonly to: string;
  readonly why: string;
  readonly incident: string | null;
}

/** A calibration with its place in the sequence of all. */
export type NumberedCalibration = Calibration & { readonly number: number };

/** The calibrations, and what else is marked on the time axis, newest kept. */
export class CalibrationHistory {
  private readonly calibrations: NumberedCalibration[] = [];
  private readonly byId = new Map<string, NumberedCalibration>();
  private readonly marks: { readonly at: number; readonly mark: Scores['marks'][number] }[] = [];
  private readonly gateSince = new Map<string, string>();
  private readonly turns = new Map<string, LoopTurn>();
  private next = 0;

  onCalibration(record: CalibrationRecord): void {
    const scope = scopeOf(record);
    const kept = { ...record, scope, number: this.next++ };
    this.calibrations.push(kept);
    this.byId.set(record.id, kept);
    if (this.calibrations.length > 2 * KEPT)
      for (const old of this.calibrations.splice(0, KEPT)) if (this.byId.get(old.id) === old) this.byId.delete(old.id);
    const ok = record.status === 'accepted';
    this.mark(record.at, { scope, type: 'calibration', label: `${record.model} ${record.status}`, ok });
  }

  /** `scope` is that of the incident it answers. */
  onAction(record: ActionRecord, scope: string): void {
    const turn = record.kind === 'loop' ? TURN.exec(record.outcome) : null;
    if (turn !== null && record.scope !== undefined) {
      this.turns.delete(record.scope);
      this.turns.set(record.scope, { to: turn[1], why: turn[2], incident: record.incident });
      for (const [oldest] of this.turns) if (this.turns.size > LOOPS_KEPT) this.turns.delete(oldest);
    }
    const ok = record.outcome !== 'refused' && record.outcome !== 'not-verified' && record.kind !== 'roll-back';
    const changed =
      record.kind === 'roll-back' || (record.kind === 'promote' && !record.outcome.startsWith('proposed'));
    const type = changed ? 'promotion' : 'action';
    this.mark(record.at, { scope, type, label: `${record.kind}: ${record.outcome}`, ok });
  }

  onGate(record: GateRecord): void {
    this.gateSince.set(record.scope, record.at);
    const scope = record.scope.slice(record.scope.indexOf('@') + 1);
    const model = record.scope.slice(0, record.scope.indexOf('@'));
    this.mark(record.at, { scope, type: 'gate', label: `${model} ${record.state}`, ok: record.state === 'OK' });
  }

  /** When a gate last changed; null when that was not seen. */
  since(model: string, scope: string): string | null {
    return this.gateSince.get(`${model}@${scope}`) ?? null;
  }

  /** The last turn of an expiry's loop that was told; null when none was. */
  turnOf(scope: string): LoopTurn | null {
    return this.turns.get(scope) ?? null;
  }

  byFit(id: string): Calibration | null {
    return this.byId.get(id) ?? null;
  }

  /** Newest first. */
  *read(wanted: CalibrationsWanted): Generator<NumberedCalibration> {
    for (let i = this.calibrations.length - 1; i >= 0; i--) {
      const c = this.calibrations[i];
      if (wanted.scope !== null && c.scope !== wanted.scope) continue;
      if (wanted.underlying !== null && !c.scope.startsWith(`${wanted.underlying}:`)) continue;
      if (wanted.model !== null && c.model !== wanted.model) continue;
      if (wanted.status !== null && c.status !== wanted.status) continue;
      yield c;
    }
  }

  /** Marks of an underlying between two times, oldest first. */
  marksOf(key: string, from: number, to: number): Scores['marks'] {
    return this.marks
      .filter((m) => m.at >= from && m.at <= to && (m.mark.scope === key || m.mark.scope.startsWith(`${key}:`)))
      .map((m) => m.mark);
  }

  get range(): { from: number; to: number } | null {
    if (this.calibrations.length === 0) return null;
    return {
      from: Date.parse(this.calibrations[0].at),
      to: Date.parse(this.calibrations[this.calibrations.length - 1].at),
    };
  }

  private mark(at: string, mark: Omit<Scores['marks'][number], 'at'>): void {
    this.marks.push({ at: Date.parse(at), mark: { at, ...mark } });
    if (this.marks.length > 2 * KEPT) this.marks.splice(0, KEPT);
  }
}

/** `venue:underlying:day` of what a record speaks of. */
export function scopeOf(record: CalibrationRecord | ScoreRecord): string {
  const { venue, underlying, expiry } = record;
  return scopeKey({ venue, underlying, expiry: Date.parse(expiry) });
}
