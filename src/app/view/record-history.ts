import type { EngineConfig } from '../../engine/config.ts';
import { WARN_CLOSES, WARN_PZ, WELL_PZ, SHAPE_CLOSES, SHAPE_PR } from '../../engine/read-loop-input.ts';
import { PROVED_PZ } from '../../engine/prove-refits.ts';
import { isoTime } from '../../market/iso-time.ts';
import type { OperatorEvent } from '../../market/event.ts';
import type { OutputRecord } from '../../model/record.ts';
import type { ScoresWanted } from '../../server/monitor-view.ts';
import type { Smile } from '../../server/wire/smile.ts';
import type { Range } from '../../server/wire/system.ts';
import type { Incident, Scores } from '../../server/wire/watch.ts';
import { CalibrationHistory, scopeOf } from './calibration-history.ts';
import { IncidentHistory } from './incident-history.ts';
import { ScoreHistory } from './score-history.ts';

/** What of a configuration a history needs. */
type HistoryConfig = Pick<EngineConfig, 'champion' | 'horizonsSeconds'>;

/** All that output records and operators' events add up to, bounded: the same from a running engine and from its log. */
export class RecordHistory {
  readonly calibrations = new CalibrationHistory();
  readonly incidents: IncidentHistory;
  private scoreHistory: ScoreHistory | null = null;
  private config: HistoryConfig | null = null;

  /** `picture` takes the smile that shows a scope now; `tell` hears of every change of an incident. */
  constructor(picture: (scope: string) => Smile | null, tell: (incident: Incident) => void) {
    this.incidents = new IncidentHistory(picture, tell);
  }

  /** Records of an engine with this configuration follow. */
  begin(config: HistoryConfig): void {
    if (this.config === config) return;
    this.config = config;
    this.scoreHistory ??= new ScoreHistory(config.horizonsSeconds);
  }

  /** Scores over time; null before the first {@link begin}. */
  get scores(): ScoreHistory | null {
    return this.scoreHistory;
  }

  onRecord(record: OutputRecord): void {
    if (record.type === 'calibration') this.calibrations.onCalibration(record);
    else if (record.type === 'incident') this.incidents.onIncident(record);
    else if (record.type === 'gate') this.calibrations.onGate(record);
    else if (record.type === 'verdict') this.incidents.onVerdict(record);
    else if (record.type === 'score') this.scoreHistory?.add(scopeOf(record), record);
    else if (record.type === 'action') {
      this.incidents.onAction(record);
      const incident = record.incident === null ? null : this.incidents.get(record.incident);
      this.calibrations.onAction(record, incident?.scope ?? record.scope ?? '');
    }
  }

  onOperator(event: OperatorEvent): void {
    this.incidents.onOperator(event);
  }

  /**
   * Scores of an underlying as the interface tells them. `serving`: its expiries with the model that serves each, whose
   * scores are told unless another is wanted; null = all expiries there are, under the configured champion.
   */
  readScores(key: string, serving: ReadonlyMap<string, string> | null, wanted: ScoresWanted): Scores {
    const history = this.scoreHistory ?? new ScoreHistory([]);
    const model = wanted.model ?? this.config?.champion ?? '';
    const { from, to } = wanted;
    const shown = [...(serving?.keys() ?? history.scopesOf(key))]
      .filter((scope) => wanted.scope === null || scope === wanted.scope)
      .map((scope) => ({ scope, model: wanted.model ?? serving?.get(scope) ?? model }));
    return {
      key,
      model,
      horizon_s: wanted.horizonSeconds ?? this.config?.horizonsSeconds[0] ?? 0,
      ...rangeText(history.range),
      ...history.read(shown, wanted),
      thresholds: THRESHOLDS,
      marks: this.calibrations.marksOf(key, from, to),
      incidents: this.incidents
        .all()
        .filter((i) => i.underlying === key && overlaps(i, from, to))
        .map(({ id, cause, severity, scope, opened, resolved }) => ({ id, cause, severity, scope, opened, resolved })),
    };
  }
}

/** Whether an incident was open at some moment between two times, epoch ms. */
export function overlaps(incident: Pick<Incident, 'opened' | 'resolved'>, from: number, to: number): boolean {
  return Date.parse(incident.opened) <= to && (incident.resolved === null || Date.parse(incident.resolved) >= from);
}

/** The limits that the loop goes by, and what crossing them does. */
const THRESHOLDS: Scores['thresholds'] = [
  { score: 'pz', value: WELL_PZ, says: 'a healthy prediction scores about this; drift ends at or below it' },
  {
    score: 'pz',
    value: WARN_PZ,
    says: `beyond it ${WARN_CLOSES} batches in a row warn and lead to a refit; one that answers an incident is proved at or below ${PROVED_PZ}`,
  },
  {
    score: 'pr',
    value: SHAPE_PR,
    says: `beyond it ${SHAPE_CLOSES} batches in a row the shape is wrong: a richer family is tried`,
  },
];

/** Both ends as text. */
export function rangeText(range: { readonly from: number; readonly to: number } | null): Range {
  return range === null ? { from: null, to: null } : { from: isoTime(range.from), to: isoTime(range.to) };
}
