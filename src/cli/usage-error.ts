/** The call itself is wrong: an option's value, a file that is not there. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly retryable = false;
  readonly exitCode = 2;
}

/** An ISO-8601 time as epoch ms; throws {@link UsageError} naming the option. A time without a zone is UTC. */
export function parseTime(option: string, text: string): number {
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(text) || /^\d{4}-\d\d-\d\d$/.test(text) ? text : `${text}Z`;
  const at = Date.parse(zoned);
  if (Number.isNaN(at)) throw new UsageError(`${option} ${text}: not an ISO-8601 time such as 2026-02-05T21:00Z`);
  return at;
}
