import { isoTime } from '../market/iso-time.ts';
import type { Fit } from '../model/contract.ts';
import type { RecordedInputs } from '../model/record.ts';
import { sha256 } from '../numeric/sha256.ts';

/** Names the calibration code in every content id: estimates of different code never share one. Equals the package's version. */
export const CALIBRATION_CODE = 'vernier 0.2.0';

/** What a calibration is, to the last bit: its id is the hash of exactly this. */
export interface CalibrationContent {
  readonly model: string;
  /** Scope key. */
  readonly scope: string;
  readonly parameters: readonly number[];
  /** Row-major; empty when not identified. */
  readonly covariance: readonly number[];
  /** Epoch ms of its parent's data and of its own: the stretch of data that it rests on. */
  readonly from: number;
  readonly to: number;
  /** The same stretch as numbers of the log's records: behind the parent's last, up to the one that closed its batch. */
  readonly firstRecord: number;
  readonly lastRecord: number;
  /** Observations used. */
  readonly quotes: number;
  /** What stands beside the numbers of a calibration that was pushed in: family or convention, and the version that its owner states. */
  readonly statement?: string;
  /** Content id of the calibration that served before it; null for a first one. */
  readonly parent: string | null;
}

/** One calibration of the registry, immutable but for the scores it earns while it serves. */
export interface RegisteredCalibration extends CalibrationContent {
  readonly id: string;
  /** Id of the job, as in the records. */
  readonly job: string;
  readonly reason: string;
  /** `accepted`, `refused`, `promoted`, ... */
  readonly status: string;
  /** Guards that did not hold. */
  readonly guards: readonly string[];
  /** `automatic`, or the operator who ordered or approved it. */
  readonly approver: string;
  /** Batches it predicted before it saw them, the sums of their PZ and inside shares, and the worst PZ. */
  scored: number;
  pz: number;
  inside: number;
  worst: number;
}

/** Newest calibrations of one scope by model, oldest first, bounded; the log holds all of them. */
export type Registry = Map<string, RegisteredCalibration[]>;

/** Calibrations kept per model and scope. */
export const REGISTRY_KEPT = 32;
/** The same of pushed models: there may be a hundred of them, with long tables. */
export const PUSHED_KEPT = 4;

/**
 * Content id: SHA-256 over a canonical byte form (code, names, then every number as a little-endian double, lists with
 * their lengths), 64 hexadecimal digits; `code` is the code that made it. Equal content has an equal id on every machine;
 * any changed bit changes it. Names are ASCII.
 */
export function contentId(content: CalibrationContent, code: string = CALIBRATION_CODE): string {
  const stated = content.statement === undefined ? '' : `|${content.statement}`;
  const text = `${code}|${content.model}|${content.scope}|${content.parent ?? '-'}${stated}`;
  const numbers = [
    content.from,
    content.to,
    content.firstRecord,
    content.lastRecord,
    content.quotes,
    content.parameters.length,
    ...content.parameters,
    content.covariance.length,
    ...content.covariance,
  ];
  const bytes = new Uint8Array(text.length + 1 + 8 * numbers.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const view = new DataView(bytes.buffer, text.length + 1);
  for (let i = 0; i < numbers.length; i++) view.setFloat64(8 * i, numbers[i], true);
  return sha256(bytes);
}

/** Adds a calibration under its content id; the model's oldest but the one that serves goes when there are more than `kept`. */
export function register(
  registry: Registry,
  content: CalibrationContent,
  verdict: Pick<RegisteredCalibration, 'job' | 'reason' | 'status' | 'guards' | 'approver'>,
  kept: number = REGISTRY_KEPT,
): RegisteredCalibration {
  const entry: RegisteredCalibration = {
    ...content,
    id: contentId(content),
    ...verdict,
    scored: 0,
    pz: 0,
    inside: 0,
    worst: 0,
  };
  const own = registry.get(content.model) ?? [];
  registry.set(content.model, own);
  own.push(entry);
  if (own.length > kept) own.splice(own[0].id === content.parent ? 1 : 0, 1);
  return entry;
}

/** The calibration of a model under a content id, or undefined when there is none or it is not kept any more. */
export function servedCalibration(
  registry: Registry,
  model: string,
  content: string | undefined,
): RegisteredCalibration | undefined {
  return content === undefined ? undefined : registry.get(model)?.findLast((c) => c.id === content);
}

/** The calibration of a model's job, or undefined when it is not kept any more. */
export function registeredJob(registry: Registry, model: string, job: string): RegisteredCalibration | undefined {
  return registry.get(model)?.findLast((c) => c.job === job);
}

/** Everything that is kept, by model, each oldest first. */
export function registeredCalibrations(registry: Registry): RegisteredCalibration[] {
  return [...registry.values()].flat();
}

/** Adds the score of a batch that a calibration predicted before it saw it. `inside`: share of predictions between bid and ask, NaN where there is none. */
export function addScore(entry: RegisteredCalibration, pz: number, inside: number): void {
  entry.scored++;
  entry.pz += pz;
  entry.inside += inside;
  entry.worst = Math.max(entry.worst, pz);
}

/** First record of the stretch behind a calibration: the one after its parent's last, or 0 without a parent. */
export function firstRecordBehind(registry: Registry, parent: Pick<Fit, 'model' | 'content'> | null): number {
  if (parent === null) return 0;
  return 1 + (servedCalibration(registry, parent.model, parent.content)?.lastRecord ?? -1);
}

/** The stretch behind a calibration as its record names it. */
export function inputsOf({ from, to, firstRecord, lastRecord }: CalibrationContent): RecordedInputs {
  return { from: isoTime(from), to: isoTime(to), first_record: firstRecord, last_record: lastRecord };
}
