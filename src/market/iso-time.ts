/** ISO-8601 UTC with milliseconds of an epoch-ms instant: `2026-02-05T21:29:00.000Z`. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
