import { RecordRefused } from './record-refused.ts';

/** What a record may hold beside the hot kinds: plain JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

const DEEPEST = 64;

/**
 * The one text of a JSON value: keys sorted by UTF-16 code unit, no blanks, numbers in ECMAScript's shortest round-trip form.
 * Throws `RecordRefused`, naming the path, on NaN, infinities, -0, undefined, lone surrogates, class instances and typed arrays.
 */
export function canonicalJson(value: unknown, path = 'value', depth = 0): string {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) throw new RecordRefused(path, value, 'finite numbers or null');
      if (value === 0 && 1 / value < 0) throw new RecordRefused(path, value, '0, never -0');
      return String(value);
    case 'string':
      if (!value.isWellFormed()) throw new RecordRefused(path, value, 'well-formed Unicode');
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      break;
    default:
      throw new RecordRefused(path, value, 'plain JSON');
  }
  if (value === null) return 'null';
  if (depth >= DEEPEST) throw new RecordRefused(path, value, `at most ${DEEPEST} levels`);
  if (Array.isArray(value)) {
    let text = '[';
    for (let i = 0; i < value.length; i++) text += (i ? ',' : '') + canonicalJson(value[i], `${path}[${i}]`, depth + 1);
    return `${text}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new RecordRefused(path, value, 'plain objects and arrays');
  const object = value as Record<string, unknown>;
  let text = '';
  for (const key of Object.keys(object).sort()) {
    if (!key.isWellFormed()) throw new RecordRefused(`${path}.${key}`, key, 'well-formed Unicode');
    text += `${text ? ',' : ''}${JSON.stringify(key)}:${canonicalJson(object[key], `${path}.${key}`, depth + 1)}`;
  }
  return `{${text}}`;
}
