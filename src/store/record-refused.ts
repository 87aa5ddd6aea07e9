/** A value that has no place in the log: names the field and shows the value, so that the caller can count and correct it. */
export class RecordRefused extends Error {
  override readonly name = 'RecordRefused';
  /** Path of the offending field, e.g. `event.bid` or `record.scope[2]`. */
  readonly field: string;
  /** The offending value as text, at most 80 characters. */
  readonly value: string;

  constructor(field: string, value: unknown, expected: string) {
    const text = valueText(value);
    super(`${field} is ${text}; the log takes ${expected}`);
    this.field = field;
    this.value = text;
  }
}

/** Bytes that no encoder wrote. */
export class RecordCorrupt extends Error {
  override readonly name = 'RecordCorrupt';
}

function valueText(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  const text = typeof value === 'string' ? JSON.stringify(value) : plainText(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function plainText(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return `${value}`;
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? `a ${value.constructor?.name ?? 'object'}` : `a ${typeof value}`;
}
