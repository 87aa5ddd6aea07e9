/** What went wrong at the edge of the log. */
export type LogErrorCode = 'disk-full' | 'io' | 'backlog' | 'locked' | 'closed' | 'not-a-log' | 'usage';

/** A failure of disk, directory or lock. `retryable`: the same call may succeed later without anyone changing anything else. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;
  readonly retryable: boolean;

  constructor(code: LogErrorCode, message: string, retryable: boolean, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.retryable = retryable;
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const PASSING = new Set(['EAGAIN', 'EINTR', 'EBUSY', 'ETIMEDOUT', 'EMFILE', 'ENFILE', 'ENOMEM']);

/** Names a failed file operation without repeating its path, which may tell about the host. */
export function fileFailure(doing: string, cause: unknown): LogError {
  if (cause instanceof LogError) return cause;
  const code = (cause as { code?: unknown } | null)?.code;
  const text = typeof code === 'string' ? code : 'unknown error';
  if (FULL.has(text)) return new LogError('disk-full', `${doing}: no space left (${text})`, true, cause);
  return new LogError('io', `${doing}: ${text}`, PASSING.has(text), cause);
}
