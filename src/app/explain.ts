import type { EngineState } from '../engine/state.ts';
import type { MarketEvent } from '../market/event.ts';
import type {
  CalibrationRecord,
  CreditCalibrationRecord,
  GateRecord,
  HedgeFitRecord,
  OutputRecord,
} from '../model/record.ts';
import { nodeFiles } from '../store/log-files.ts';
import { readRecords } from '../store/log-reader.ts';
import { explainScope, speaksOf, type ExplainScope } from './explain-scope.ts';
import { ExplainSeries, type Series } from './explain-series.ts';
import { writtenByOther } from './other-code.ts';
import { replayLog, ReplayMismatch } from './replay-log.ts';
import { EngineView } from './view/engine-view.ts';
import { NO_FIGURES } from './view/view-source.ts';

/** A calibration of whatever kind of model. */
export type AnyCalibration = CalibrationRecord | HedgeFitRecord | CreditCalibrationRecord;

/** Everything a log says about one incident, remade from its inputs. Times as in the records. */
export interface Explanation {
  readonly incident: NonNullable<ReturnType<EngineView['incident']>>;
  readonly about: ExplainScope;
  /** What was measured around it on its scope (or the worst expiry): the model's errors, a figure of the book; null without any. */
  readonly series: Series | null;
  readonly calibrations: readonly AnyCalibration[];
  readonly gates: readonly GateRecord[];
  /** What the venue and the line did meanwhile: gaps, feed and platform changes. */
  readonly facts: readonly MarketEvent[];
  /** The model whose errors, calibrations and gates are shown. */
  readonly champion: string;
  /** `SYNTHETIC` when the market of the log was simulated; null for a real one. */
  readonly stamp: string | null;
  readonly reproduced: { readonly records: number; readonly sha256: string } | { readonly mismatch: string };
}

/** Around an incident this much is shown, ms of event time; of what happens hourly or less often two days. */
const MARGIN_MS = 600_000;
const SLOW_MARGIN_MS = 2 * 86_400_000;
const HEDGE_MARGIN_MS = 3_600_000;
const MAX_KEPT = 2_000;

/**
 * Remakes an incident from a session log: the recorded inputs go through the engine again, every fit is computed again,
 * and what comes out is compared with what was recorded. Of incidents of one name (an engine that began anew counts from
 * one again) the last. Null when the log holds no incident of that id; throws {@link ReplayMismatch} when that cannot be
 * told because the log is damaged, or replays to something else before it.
 */
export async function explainIncident(directory: string, id: string): Promise<Explanation | null> {
  const span = await spanOf(directory, id);
  if (span === null) return null;
  const gather = new Gatherer(id, span);
  let reproduced: Explanation['reproduced'];
  let records = 0;
  let differs: ReplayMismatch | null = null;
  try {
    const result = await replayLog({
      directory,
      speed: Infinity,
      onSession: (session, stamped) => gather.session(session.state, stamped),
      onEvent: (event) => gather.event(event),
      onRecord: (record) => {
        records++;
        gather.record(record);
      },
    });
    reproduced = { records, sha256: result.summary.log_sha256 };
  } catch (error) {
    if (!(error instanceof ReplayMismatch)) throw error;
    reproduced = { mismatch: error.message };
    differs = error;
  }
  const found = gather.explanation();
  // The log holds it, and the replay came to something else before it opened.
  if (found === null && differs !== null) throw differs;
  return found === null ? null : { ...found, reproduced };
}

/** Takes what a replay passes and keeps what belongs to one incident. Bounded. */
class Gatherer {
  private readonly id: string;
  private readonly span: Span;
  private readonly about: ExplainScope;
  private readonly margin: number;
  private readonly series: ExplainSeries;
  private readonly calibrations: AnyCalibration[] = [];
  private readonly gates: GateRecord[] = [];
  /** What each gate had last said before what is shown. */
  private readonly before = new Map<string, GateRecord>();
  private readonly facts: MarketEvent[] = [];
  private readonly view: EngineView;
  private state: EngineState | null = null;
  private stamp: string | null = null;
  private incident: Explanation['incident'] | null = null;
  private champion: string | null = null;

  constructor(id: string, span: Span) {
    this.id = id;
    this.span = span;
    this.about = explainScope(span.scope, id, span.credit);
    const { kind } = this.about;
    this.margin = kind === 'credit' ? SLOW_MARGIN_MS : kind === 'hedge' ? HEDGE_MARGIN_MS : MARGIN_MS;
    this.series = new ExplainSeries(this.about);
    this.view = new EngineView({
      mode: 'replay',
      synthetic: () => this.stamp !== null,
      state: () => this.state,
      figures: () => NO_FIGURES,
      feeds: () => [],
      operate: () => 'a log that is read takes nothing',
      replay: null,
    });
  }

  session(state: EngineState, stamp: string | null): void {
    this.state = state;
    this.stamp = stamp;
  }

  event(event: MarketEvent): void {
    this.view.onEvent(event);
    const fact = event.type === 'gap' || event.type === 'feed' || event.type === 'platform';
    if (fact && this.isNear(event.at) && this.facts.length < MAX_KEPT) this.facts.push(event);
    if (event.type === 'operator' && event.target === this.id) this.look();
  }

  record(record: OutputRecord): void {
    this.view.onRecord(record);
    const own = record.type === 'incident' ? record.id : 'incident' in record ? record.incident : null;
    if (own === this.id && Date.parse(record.at) >= this.span.from) {
      this.look();
      if (record.type === 'incident' && record.state === 'open') this.series.incident(record.evidence);
    }
    if (!speaksOf(this.about, record)) return;
    if (!this.isNear(Date.parse(record.at))) {
      if (record.type === 'gate' && Date.parse(record.at) < this.span.from) this.before.set(record.scope, record);
      return;
    }
    if (record.type === 'gate') {
      const model =
        this.about.kind === 'hedge' ? 'hedge' : this.modelOn(record.scope.slice(record.scope.indexOf('@') + 1));
      if (record.scope.startsWith(`${model}@`) && this.gates.length < MAX_KEPT) this.gates.push(record);
    } else if (
      record.type === 'calibration' ||
      record.type === 'hedge-calibration' ||
      record.type === 'credit-calibration'
    ) {
      const mine = record.type === 'hedge-calibration' || record.model === this.modelOn(placeOfFit(record.id));
      if (mine && this.calibrations.length < MAX_KEPT) this.calibrations.push(record);
    } else this.series.take(record, (place) => this.modelOn(place));
  }

  explanation(): Omit<Explanation, 'reproduced'> | null {
    const { incident, about, calibrations, gates, facts, stamp } = this;
    if (incident === null) return null;
    const model = about.model;
    return {
      incident: about.kind === 'hedge' || about.kind === 'credit' ? { ...incident, pictures: [] } : incident,
      about,
      series: this.series.result(),
      // Of the hedging models only what the scope names, if it is calibrated or pushed.
      calibrations: about.kind === 'hedge' ? calibrations.filter((c) => c.model === model) : calibrations,
      // From the state in which the picture begins, where it is known.
      gates: [...[...this.before.values()].filter((b) => gates.some((g) => g.scope === b.scope)), ...gates],
      facts,
      champion: this.champion ?? model ?? this.view.status().champion,
      stamp,
    };
  }

  /** Takes the incident as the view has it now: later ones may push it out of there. */
  private look(): void {
    const seen = this.view.incident(this.id);
    if (seen === null) return;
    this.incident = seen;
    this.champion = this.modelOn(this.about.place);
  }

  private modelOn(place: string): string {
    if (this.about.model !== null) return this.about.model;
    return servingOn(this.state, place) ?? this.state?.config.champion ?? '';
  }

  private isNear(at: number): boolean {
    return at >= this.span.from - this.margin && at <= this.span.to + this.margin;
  }
}

/** A job is called `model@place#number`. */
function placeOfFit(id: string): string {
  return id.slice(id.indexOf('@') + 1, id.lastIndexOf('#'));
}

/** The model that serves an expiry; null for another scope. */
function servingOn(state: EngineState | null, scope: string): string | null {
  for (const u of state?.underlyings.values() ?? [])
    for (const e of u.expiries) if (e.key === scope) return e.loop.champion;
  return null;
}

interface Span {
  readonly scope: string;
  /** Whether the scope is (within) a credit curve. */
  readonly credit: boolean;
  readonly from: number;
  readonly to: number;
}

/** When and where, from the recorded outputs alone. */
async function spanOf(directory: string, id: string): Promise<Span | null> {
  let span: Span | null = null;
  let from: number | null = null;
  const curves = new Set<string>();
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
    if (record.type === 'credit-calibration') curves.add(record.curve);
    if (record.type !== 'incident' || record.id !== id) continue;
    if (other !== null) throw new ReplayMismatch(item.sequence, `the session of the incident was ${other}: only the code that wrote it explains it`); // prettier-ignore
    const at = Date.parse(record.at);
    from = from === null || record.state === 'open' ? at : from;
    span = { scope: record.scope, credit: curves.has(record.scope.split('/')[0]), from, to: at };
  }
  // What is missing may have been in the part that cannot be read.
  if (span === null && damage !== null) throw new ReplayMismatch(0, damage);
  return span;
}
