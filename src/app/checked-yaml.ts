import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { isMap, isNode, isPair, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';

/** A file of settings that cannot be used: every mistake with its line and column, never a value from it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly retryable = false;
  readonly exitCode = 2;
}

const MAX_BYTES = 1_000_000;
const MAX_SHOWN = 20;

/** Reads a YAML (or JSON) file through a schema. Throws {@link SettingsError}. */
export function readSettings<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> {
  const name = basename(path);
  let text: string;
  try {
    if (statSync(path).size > MAX_BYTES) throw new SettingsError(`${name}: larger than 1 MB`);
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof SettingsError) throw cause;
    throw new SettingsError(`${name}: cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  return parseSettings(text, name, schema);
}

/** The same from its text; `name` is for messages. */
export function parseSettings<Schema extends z.ZodType>(text: string, name: string, schema: Schema): z.output<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    throw invalid(
      name,
      document.errors.map((e) => {
        const { line, col } = lines.linePos(e.pos[0]);
        return `${line}:${col}: ${e.code.toLowerCase().replaceAll('_', ' ')}`;
      }),
    );
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    throw invalid(name, ['1:1: aliases expand without end']);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  throw invalid(
    name,
    checked.error.issues.flatMap((issue) => {
      const keys = issue.code === 'unrecognized_keys' ? issue.keys : [null];
      return keys.map((key) => {
        const path = key === null ? issue.path : [...issue.path, key];
        const { line, col } = lines.linePos(offsetOf(path, document));
        const says = key === null ? issue.message : 'is not a known key here';
        return `${line}:${col}: ${path.map(String).join('.')} ${says}`;
      });
    }),
  );
}

/** Where a path begins in the text: its key, or the nearest enclosing one. */
function offsetOf(path: readonly PropertyKey[], document: Document): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((i) => isPair(i) && isNode(i.key) && String(i.key) === String(key));
      if (pair === undefined) return offset;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

function invalid(name: string, mistakes: readonly string[]): SettingsError {
  const more = mistakes.length > MAX_SHOWN ? `\n  and ${mistakes.length - MAX_SHOWN} more` : '';
  return new SettingsError(`${name}: not usable\n  ${mistakes.slice(0, MAX_SHOWN).join('\n  ')}${more}`);
}
