import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LineCounter, isMap, isNode, isPair, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { mappingSchema } from './mapping.ts';
import type { Mapping, MappingText } from './mapping.ts';
import { RecordingError } from './recording-error.ts';
import type { MappingProblem } from './recording-error.ts';

const MAX_MAPPING_BYTES = 1_000_000;

/** Reads and checks a mapping file. Throws a RecordingError that names every mistake with its line and column. */
export async function loadMapping(path: string): Promise<Mapping> {
  const name = basename(path);
  let text: string;
  try {
    if ((await stat(path)).size > MAX_MAPPING_BYTES) throw new Error('larger than 1 MB');
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new RecordingError(name, 'mapping-unreadable', 'the mapping file cannot be read', { cause });
  }
  return parseMapping(text, name);
}

/** Checks the text of a mapping file called `name`. */
export function parseMapping(text: string, name: string): Mapping {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const mistakes = document.errors.map((error) => {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    return { line, column: col, path: '', message: error.message };
  });
  if (mistakes.length > 0) throw invalid(name, mistakes);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new RecordingError(name, 'mapping-invalid', 'the mapping file cannot be expanded', { cause });
  }
  const checked = mappingSchema.safeParse(value);
  if (checked.success) return checked.data;
  throw invalid(
    name,
    checked.error.issues.flatMap((issue) => problemsOf(issue, document, lineCounter)),
  );
}

/** A built-in mapping goes through the same schema as a user's. */
export function builtInMapping(mapping: MappingText): Mapping {
  return mappingSchema.parse(mapping);
}

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
}

function problemsOf(issue: Issue, document: Document, lines: LineCounter): MappingProblem[] {
  if (issue.code === 'invalid_union' && issue.errors !== undefined) {
    // Of the alternatives (a column name, or an object) report the one that got furthest.
    const best = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0];
    if (best !== undefined && depth(best) > 0) {
      return best.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, document, lines));
    }
  }
  const keys = issue.code === 'unrecognized_keys' && issue.keys !== undefined ? issue.keys : [null];
  return keys.map((key) => {
    const path = key === null ? issue.path : [...issue.path, key];
    const { line, col } = lines.linePos(offsetOf(path, document));
    const message = key === null ? issue.message : 'is not a known key here';
    return { line, column: col, path: path.map(String).join('.'), message };
  });
}

/** How much an alternative understood: objects that fail inside beat "expected string". */
function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map((i) => i.path.length + (i.code === 'invalid_type' && i.path.length === 0 ? 0 : 1)));
}

/** Where a path starts in the text: its key, or the nearest enclosing one when it is absent. */
function offsetOf(path: readonly PropertyKey[], document: Document): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const key of path) {
    if (!isMap(node)) {
      const child: unknown =
        isNode(node) && 'get' in node ? (node as { get(k: unknown, keep: true): unknown }).get(key, true) : null;
      if (!isNode(child)) return offset;
      offset = child.range?.[0] ?? offset;
      node = child;
      continue;
    }
    const pair = node.items.find((item) => isPair(item) && isNode(item.key) && String(item.key) === String(key));
    if (pair === undefined) return offset;
    offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
    node = pair.value;
  }
  return offset;
}

function invalid(name: string, problems: readonly MappingProblem[]): RecordingError {
  const shown = problems
    .slice(0, 20)
    .map((p) => `${p.line}:${p.column}: ${p.path === '' ? '' : `${p.path} `}${p.message}`);
  return new RecordingError(name, 'mapping-invalid', `not a valid mapping\n  ${shown.join('\n  ')}`, { problems });
}
