import type { EngineState } from '../engine/state.ts';
import type { MarketEvent } from '../market/event.ts';
import type { CalibrationRecord, GateRecord, OutputRecord, ScoreRecord } from '../model/record.ts';
import { nodeFiles } from '../store/log-files.ts';
import { readRecords } from '../store/log-reader.ts';
import { replayLog, ReplayMismatch } from './replay-log.ts';
import { writtenByOther } from './other-code.ts';
import { scopeOf } from './view/calibration-history.ts';
import { EngineView } from './view/engine-view.ts';

/** Everything a log says about one incident, remade from its inputs. Times as in the records. */
export interface Explanation {
  readonly incident: NonNullable<ReturnType<EngineView['incident']>>;
  /** What the champion's predictions were worth around it, on its scope (or the worst expiry), oldest first. */
  readonly scores: readonly ScoreRecord[];
  readonly calibrations: readonly CalibrationRecord[];
  readonly gates: readonly GateRecord[];
  /** What the venue and the line did meanwhile: gaps, feed and platform changes. */
  readonly facts: readonly MarketEvent[];
  readonly champion: string;
  /** `SYNTHETIC` when the market of the log was simulated; null for a real one. */
  readonly stamp: string | null;
  readonly reproduced: { readonly records: number; readonly sha256: string } | { readonly mismatch: string };
}

/** Around an incident this much is shown, ms of event time. */
const MARGIN_MS = 600_000;
const MAX_KEPT = 2_000;

/**
 * Remakes an incident from a session log: the recorded inputs go through the engine again, every fit is computed again,
 * and what comes out is compared with what was recorded. Null when the log holds no incident of that id; throws
 * {@link ReplayMismatch} when that cannot be told because the log is damaged, or replays to something else before it.
 */
export async function explainIncident(directory: string, id: string): Promise<Explanation | null> {
  const span = await spanOf(directory, id);
  if (span === null) return null;
  let state: EngineState | null = null;
  let stamp: string | null = null;
  const view = new EngineView({
    mode: 'replay',
    synthetic: () => stamp !== null,
    state: () => state,
    figures: () => NO_FIGURES,
    feeds: () => [],
    operate: () => 'a log that is read takes nothing',
    replay: null,
  });
  const kept: OutputRecord[] = [];
  const facts: MarketEvent[] = [];
  const inSpan = (at: number): boolean => at >= span.from - MARGIN_MS && at <= span.to + MARGIN_MS;
  let reproduced: Explanation['reproduced'];
  let records = 0;
  let differs: ReplayMismatch | null = null;
  try {
    const result = await replayLog({
      directory,
      speed: Infinity,
      onSession: (session, stamped) => {
        state = session.state;
        stamp = stamped;
      },
      onEvent: (event) => {
        view.onEvent(event);
        const fact = event.type === 'gap' || event.type === 'feed' || event.type === 'platform';
        if (fact && inSpan(event.at) && facts.length < MAX_KEPT) facts.push(event);
      },
      onRecord: (record) => {
        records++;
        view.onRecord(record);
        if (concerns(record, span.scope) && inSpan(Date.parse(record.at)) && kept.length < MAX_KEPT) kept.push(record);
      },
    });
    reproduced = { records, sha256: result.summary.log_sha256 };
  } catch (error) {
    if (!(error instanceof ReplayMismatch)) throw error;
    reproduced = { mismatch: error.message };
    differs = error;
  }
  const incident = view.incident(id);
  // The log holds it, and the replay came to something else before it opened.
  if (incident === null && differs !== null) throw differs;
  if (incident === null) return null;
  const champion = servingOn(state, incident.scope) ?? view.status().champion;
  const scores = kept.filter((r) => r.type === 'score').filter((r) => r.model === champion);
  return {
    incident,
    scores: onWorstScope(scores),
    calibrations: kept.filter((r) => r.type === 'calibration').filter((r) => r.model === champion),
    gates: kept.filter((r) => r.type === 'gate').filter((r) => r.scope.startsWith(`${champion}@`)),
    facts,
    champion,
    stamp,
    reproduced,
  };
}

/** The model that serves an expiry; null for another scope. */
function servingOn(state: EngineState | null, scope: string): string | null {
  for (const u of state?.underlyings.values() ?? [])
    for (const e of u.expiries) if (e.key === scope) return e.loop.champion;
  return null;
}

const NO_FIGURES = {
  appliedP99Ms: null,
  closeP99Ms: null,
  fitP99Ms: null,
  loopLagP99Ms: null,
  fitsWaiting: 0,
  logState: 'none',
  logPendingRecords: 0,
  logRecords: 0,
};

interface Span {
  readonly scope: string;
  readonly from: number;
  readonly to: number;
}

/** When and where, from the recorded outputs alone. */
async function spanOf(directory: string, id: string): Promise<Span | null> {
  let span: Span | null = null;
  let from: number | null = null;
  let damage: string | null = null;
  let other: string | null = null;
  for await (const item of readRecords(nodeFiles(directory))) {
    if (item.kind === 'damage')
      damage ??= `the log is damaged (${item.reason}) in segment ${item.segment} at byte ${item.offset}`;
    if (item.kind !== 'record' || item.record.kind === 'input') continue;
    if (item.record.kind === 'meta') {
      other = writtenByOther(item.record.code);
      continue;
    }
    const record = item.record.record as unknown as OutputRecord;
    if (record.type !== 'incident' || record.id !== id) continue;
    if (other !== null) throw new ReplayMismatch(item.sequence, `the session of the incident was ${other}: only the code that wrote it explains it`); // prettier-ignore
    const at = Date.parse(record.at);
    from ??= at;
    span = { scope: record.scope, from, to: at };
  }
  // What is missing may have been in the part that cannot be read.
  if (span === null && damage !== null) throw new ReplayMismatch(0, damage);
  return span;
}

/** Whether a record speaks of the scope, of one within it, or of the underlying that holds it. */
function concerns(record: OutputRecord, scope: string): boolean {
  const where = placeOf(record);
  return where !== null && (where === scope || where.startsWith(`${scope}:`));
}

/** `deribit:BTC:2026-03-27`; null for what speaks of no expiry. */
function placeOf(record: OutputRecord): string | null {
  if (record.type === 'gate') return record.scope.slice(record.scope.indexOf('@') + 1);
  return record.type === 'score' || record.type === 'calibration' ? scopeOf(record) : null;
}

/** The shortest horizon of the expiry whose predictions were worst. */
function onWorstScope(scores: readonly ScoreRecord[]): ScoreRecord[] {
  if (scores.length === 0) return [];
  const worst = scores.reduce((a, b) => (b.pz > a.pz ? b : a));
  const here = scores.filter((s) => s.expiry === worst.expiry);
  // A horizon is reached at the next batch: 1 s may be 1.4 s.
  const shortest = 4 * Math.min(...here.map((s) => s.horizon_s));
  return here.filter((s) => s.horizon_s <= shortest);
}
