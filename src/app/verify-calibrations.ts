import type { CalibrationRecord, OutputRecord } from '../model/record.ts';
import { contentId } from '../policy/registry.ts';
import { nodeFiles } from '../store/log-files.ts';
import { readRecords } from '../store/log-reader.ts';

/** A calibration whose record does not have the hash that it names. */
export interface CalibrationFault {
  /** Number of the log record. */
  readonly record: number;
  readonly id: string;
  readonly reason: 'other-content' | 'unknown-parent' | 'no-answer';
}

/** What a look at every calibration of a log came to. */
export interface CalibrationCheck {
  /** Calibrations whose hash was computed again and is the one they name. */
  readonly checked: number;
  /** Calibrations that name no hash: failed fits, and what was pushed from outside. */
  readonly unnamed: number;
  readonly faults: readonly CalibrationFault[];
}

const MAX_FAULTS = 100;
/** Answers in flight, and hashes that a parent may be. A bound; a year of one venue is far below. */
const MAX_KNOWN = 4_000_000;

/**
 * Computes the content hash of every calibration of a log again, from the answer that the log recorded as input (all
 * parameters and covariances to the last bit) and the record's own range, quotes and parent, and looks whether the
 * parent came before it. Damage to the bytes is another check's business (`src/store/inspect.ts`).
 */
export async function checkCalibrations(directory: string): Promise<CalibrationCheck> {
  const answers = new Map<string, { readonly parameters: readonly number[]; readonly covariance: readonly number[] }>();
  const known = new Set<string>();
  const faults: CalibrationFault[] = [];
  const blame = (record: number, id: string, reason: CalibrationFault['reason']): void => {
    if (faults.length < MAX_FAULTS) faults.push({ record, id, reason });
  };
  let code = '';
  let [checked, unnamed] = [0, 0];
  let [whole, first] = [true, true];
  for await (const item of readRecords(nodeFiles(directory))) {
    if (item.kind === 'damage') whole = false;
    if (item.kind !== 'record') continue;
    const { record } = item;
    // Segments that were deleted may have held a parent.
    if (first && item.sequence > 0) whole = false;
    first = false;
    if (record.kind === 'meta') code = record.code;
    else if (record.kind === 'input') {
      const { event } = record;
      if (event.type === 'fit-result' && answers.size < MAX_KNOWN) answers.set(event.jobId, event.outcome);
    } else if (record.record['type'] === 'calibration') {
      const made = record.record as unknown as OutputRecord & CalibrationRecord;
      const answer = answers.get(made.id);
      answers.delete(made.id);
      if (made.content_id === null || made.inputs === undefined || made.inputs === null) {
        unnamed++;
        continue;
      }
      if (answer === undefined) blame(item.sequence, made.id, 'no-answer');
      else if (idOf(made, made.inputs, answer, code) !== made.content_id)
        blame(item.sequence, made.id, 'other-content');
      else if (whole && made.parent !== null && !known.has(made.parent))
        blame(item.sequence, made.id, 'unknown-parent');
      else checked++;
      if (known.size < MAX_KNOWN) known.add(made.content_id);
    }
  }
  return { checked, unnamed, faults };
}

function idOf(
  record: CalibrationRecord,
  inputs: NonNullable<CalibrationRecord['inputs']>,
  answer: { readonly parameters: readonly number[]; readonly covariance: readonly number[] },
  code: string,
): string {
  return contentId(
    {
      model: record.model,
      // A job is called `model@scope#number`.
      scope: record.id.slice(record.id.indexOf('@') + 1, record.id.lastIndexOf('#')),
      parameters: answer.parameters,
      covariance: answer.covariance,
      from: Date.parse(inputs.from),
      to: Date.parse(inputs.to),
      firstRecord: inputs.first_record,
      lastRecord: inputs.last_record,
      quotes: record.quotes_used,
      parent: record.parent,
    },
    code,
  );
}
