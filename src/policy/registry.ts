import { sha256 } from '../numeric/sha256.ts';

/** Names the calibration code in every content id: estimates of different code never share one. Equals the package's version. */
export const CALIBRATION_CODE = 'vernier 0.1.0';

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

/** Newest calibrations of one expiry, oldest first, bounded; the log holds all of them. */
export type Registry = RegisteredCalibration[];

/** Calibrations kept per expiry. */
export const REGISTRY_KEPT = 32;

/**
 * Content id: SHA-256 over a canonical byte form (code, names, then every number as a little-endian double, lists with
 * their lengths), 64 hexadecimal digits; `code` is the code that made it. Equal content has an equal id on every machine; any changed bit changes it.
 */
export function contentId(content: CalibrationContent, code: string = CALIBRATION_CODE): string {
  const text = `${code}|${content.model}|${content.scope}|${content.parent ?? '-'}`;
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

/** Adds a calibration under its content id; the oldest goes when the registry is full. */
export function register(
  registry: Registry,
  content: CalibrationContent,
  verdict: Pick<RegisteredCalibration, 'job' | 'reason' | 'status' | 'guards' | 'approver'>,
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
  registry.push(entry);
  if (registry.length > REGISTRY_KEPT) registry.shift();
  return entry;
}

/** The calibration of a content id, or undefined when there is none or it is not kept any more. */
export function servedCalibration(registry: Registry, content: string | undefined): RegisteredCalibration | undefined {
  if (content === undefined) return undefined;
  for (let i = registry.length - 1; i >= 0; i--) if (registry[i].id === content) return registry[i];
  return undefined;
}

/** The calibration of a job, or undefined when it is not kept any more. */
export function registeredJob(registry: Registry, job: string): RegisteredCalibration | undefined {
  for (let i = registry.length - 1; i >= 0; i--) if (registry[i].job === job) return registry[i];
  return undefined;
}
