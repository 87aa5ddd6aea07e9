import type { PushedFitEvent, PushedGreeksEvent } from '../market/event.ts';
import type { CalibrationRecord, CreditCalibrationRecord, HedgeFitRecord, RecordedInputs } from '../model/record.ts';
import { isoDay } from '../credit/calendar-day.ts';
import { hazardParameters } from '../credit/hazard-model.ts';
import { modelNamed } from '../engine/models.ts';
import { pushedFitContent, pushedGreeksContent } from '../policy/pushed-content.ts';
import { CALIBRATION_CODE, contentId, type CalibrationContent } from '../policy/registry.ts';
import { smileFamilyNamed } from '../surface/registry.ts';
import { nodeFiles } from '../store/log-files.ts';
import { readRecords } from '../store/log-reader.ts';

/** A calibration whose record does not have the hash that it names. */
export interface CalibrationFault {
  /** Number of the log record. */
  readonly record: number;
  readonly id: string;
  readonly reason: 'other-content' | 'other-numbers' | 'unknown-parent' | 'no-answer' | 'no-name';
}

/** Whose calibrations were looked at. */
export type CalibrationKind = 'surface' | 'hedge' | 'credit' | 'pushed';

/** What a look at every calibration of a log came to. */
export interface CalibrationCheck {
  /** Calibrations whose hash was computed again and is the one they name. */
  readonly checked: number;
  /** The same by kind. */
  readonly by_kind: Readonly<Record<CalibrationKind, number>>;
  /** Calibrations that name no hash: there were no parameters, or the code of their time did not name them. */
  readonly unnamed: number;
  readonly faults: readonly CalibrationFault[];
}

const MAX_FAULTS = 100;
/** Answers in flight, and hashes that a parent may be. A bound; a year of one venue is far below. */
const MAX_KNOWN = 4_000_000;

type Named = CalibrationRecord | HedgeFitRecord | CreditCalibrationRecord;
type Numbers = Pick<CalibrationContent, 'parameters' | 'covariance' | 'quotes' | 'statement'>;

const KINDS: ReadonlyMap<unknown, CalibrationKind> = new Map([
  ['calibration', 'surface'],
  ['hedge-calibration', 'hedge'],
  ['credit-calibration', 'credit'],
]);

/**
 * Computes the content hash of every calibration of a log again, of whatever kind, from the answer or the push that the
 * log recorded as input (all parameters and covariances to the last bit) and the record's own range and parent, and looks
 * whether the parent came before it. Damage to the bytes is another check's business (`src/store/inspect.ts`).
 */
export async function checkCalibrations(directory: string): Promise<CalibrationCheck> {
  const check = new Check();
  for await (const item of readRecords(nodeFiles(directory))) {
    if (item.kind === 'damage') check.whole = false;
    if (item.kind !== 'record') continue;
    const { record, sequence } = item;
    // Segments that were deleted may have held a parent.
    if (check.first && sequence > 0) check.whole = false;
    check.first = false;
    if (record.kind === 'meta') check.code = record.code;
    else if (record.kind === 'input') {
      const { event } = record;
      if (event.type === 'fit-result') check.answer(event.jobId, event.outcome);
      else if (event.type === 'pushed-fit' || event.type === 'pushed-greeks') check.push(sequence, event);
    } else if (KINDS.has(record.record['type'])) check.take(sequence, record.record as unknown as Named);
  }
  return check.result();
}

class Check {
  code = '';
  /** Whether nothing that may have held a parent is missing. */
  whole = true;
  first = true;
  private readonly answers = new Map<string, Pick<Numbers, 'parameters' | 'covariance'>>();
  /** By the number of their record, oldest first. */
  private readonly pushes = new Map<number, PushedFitEvent | PushedGreeksEvent>();
  private readonly known = new Set<string>();
  private readonly faults: CalibrationFault[] = [];
  private readonly byKind: Record<CalibrationKind, number> = { surface: 0, hedge: 0, credit: 0, pushed: 0 };
  private unnamed = 0;

  answer(job: string, outcome: Pick<Numbers, 'parameters' | 'covariance'>): void {
    if (this.answers.size < MAX_KNOWN) this.answers.set(job, outcome);
  }

  push(sequence: number, event: PushedFitEvent | PushedGreeksEvent): void {
    this.pushes.set(sequence, event);
    // A push is answered at once; what a killed process left unsaid is said by the next.
    if (this.pushes.size > MAX_PUSHES) for (const oldest of this.pushes.keys()) return void this.pushes.delete(oldest);
  }

  take(sequence: number, made: Named): void {
    const numbers = this.numbersOf(made);
    this.answers.delete(made.id);
    if (made.content_id == null || made.inputs == null) {
      // Earlier code gave no names to what was pushed, or hedges.
      if (made.status === 'accepted' && this.code === CALIBRATION_CODE) this.blame(sequence, made.id, 'no-name');
      else this.unnamed++;
      return;
    }
    if (numbers === null) this.blame(sequence, made.id, 'no-answer');
    else if (idOf(made, made.inputs, numbers, this.code) !== made.content_id)
      this.blame(sequence, made.id, 'other-content');
    else if (!showsNumbers(made, numbers)) this.blame(sequence, made.id, 'other-numbers');
    else if (this.whole && made.parent !== null && !this.known.has(made.parent))
      this.blame(sequence, made.id, 'unknown-parent');
    else this.byKind[isPushed(made) ? 'pushed' : KINDS.get(made.type)!]++;
    if (this.known.size < MAX_KNOWN) this.known.add(made.content_id);
  }

  result(): CalibrationCheck {
    const checked = Object.values(this.byKind).reduce((a, b) => a + b, 0);
    return { checked, by_kind: this.byKind, unnamed: this.unnamed, faults: this.faults };
  }

  /** What the log recorded as input: the answer of the job, or the push that the record names. */
  private numbersOf(made: Named): Numbers | null {
    if (!isPushed(made)) {
      const answer = this.answers.get(made.id);
      return answer === undefined ? null : { ...answer, quotes: quotesOf(made) };
    }
    const event = this.pushes.get(made.inputs?.last_record ?? -1);
    if (event === undefined || event.model !== made.model) return null;
    return event.type === 'pushed-fit' ? pushedFitContent(event) : pushedGreeksContent(event);
  }

  private blame(record: number, id: string, reason: CalibrationFault['reason']): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push({ record, id, reason });
  }
}

const MAX_PUSHES = 4_096;

function isPushed(made: Named): boolean {
  return made.reason.startsWith('pushed');
}

function quotesOf(made: Named): number {
  if (made.type === 'calibration') return made.quotes_used;
  return made.type === 'hedge-calibration' ? made.rows : made.nodes;
}

/** Whether the numbers that a record shows under names are those that its hash covers. */
function showsNumbers(made: Named, { parameters, statement }: Numbers): boolean {
  if (made.type === 'credit-calibration') {
    const { maturities, hazards } = hazardParameters(parameters);
    return maturities.every((day, i) => made.hazards[isoDay(day)] === hazards[i]);
  }
  const family = /^family=([^;]*)/.exec(statement ?? '')?.[1];
  const names =
    family === undefined
      ? modelNamed(made.model).parameterNames
      : (smileFamilyNamed(family)?.parameters.map((p) => p.name) ?? []);
  return names.every((name, i) => i >= parameters.length || made.parameters[name] === parameters[i]);
}

function idOf(made: Named, inputs: RecordedInputs, numbers: Numbers, code: string): string {
  return contentId(
    {
      ...numbers,
      model: made.model,
      // A job is called `model@scope#number`.
      scope: made.id.slice(made.id.indexOf('@') + 1, made.id.lastIndexOf('#')),
      from: Date.parse(inputs.from),
      to: Date.parse(inputs.to),
      firstRecord: inputs.first_record,
      lastRecord: inputs.last_record,
      parent: made.parent,
    },
    code,
  );
}
