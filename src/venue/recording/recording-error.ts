/** One mistake in a mapping file: where it is (1-based) and what is wrong there. */
export interface MappingProblem {
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
}

/** Why a whole file cannot be read; single bad rows are `refused` events instead. */
export type RecordingFailure =
  | 'unreadable'
  | 'unknown-dialect'
  | 'mapping-unreadable'
  | 'mapping-invalid'
  | 'column-absent'
  | 'too-large';

/** A recorded file, or the mapping file for it, cannot be used at all. Trying again will not help. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly retryable = false;
  /** 2 when the file is not what it was named for, 1 when it broke while it was read. */
  readonly exitCode: number;
  /** Base name of the file, never its folder. */
  readonly file: string;
  readonly reason: RecordingFailure;
  /** Mistakes found in a mapping file; empty for other reasons. */
  readonly problems: readonly MappingProblem[];

  constructor(
    file: string,
    reason: RecordingFailure,
    detail: string,
    options: { cause?: unknown; problems?: readonly MappingProblem[] } = {},
  ) {
    super(`${file}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.file = file;
    this.reason = reason;
    this.exitCode = reason === 'unreadable' || reason === 'too-large' ? 1 : 2;
    this.problems = options.problems ?? [];
  }
}
