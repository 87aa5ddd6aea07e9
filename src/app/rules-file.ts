/** The rules file: YAML, checked against a schema, every mistake with line and column; its unit tests beside the rules. */
import { readFileSync } from 'node:fs';
import { LineCounter, isMap, isNode, isPair, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import type { OutputRecord } from '../model/record.ts';
import { applyRules, openRuleBook, type Rule, type RuleAlert } from '../policy/rules.ts';

const ruleSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'small letters, digits and dashes'),
    record: z.enum(['score', 'calibration', 'book']).default('score'),
    field: z.string().min(1),
    above: z.number().optional(),
    below: z.number().optional(),
    outside: z.number().positive().optional(),
    clear: z.number().optional(),
    for: z.int().min(1).max(10_000).default(1),
    severity: z.enum(['page', 'ticket', 'info']).default('ticket'),
    models: z.array(z.string()).default([]),
    underlyings: z.array(z.string()).default([]),
    horizon_s: z.number().positive().optional(),
  })
  .refine((r) => [r.above, r.below, r.outside].filter((v) => v !== undefined).length === 1, {
    message: 'needs exactly one of above, below, outside',
  });

const testSchema = z.strictObject({
  name: z.string(),
  /** Values of the field in turn, one record a batch; null = no value. */
  rule: z.string(),
  values: z.array(z.number().nullable()).min(1),
  /** Positions (from 1) in `values` at which the rule opens and resolves. */
  opens: z.array(z.int().min(1)).default([]),
  resolves: z.array(z.int().min(1)).default([]),
});

const fileSchema = z.strictObject({
  rules: z.array(ruleSchema).min(1),
  tests: z.array(testSchema).default([]),
});

/** A unit test of a rule. */
export type RuleTest = z.infer<typeof testSchema>;

/** A checked rules file. */
export interface RulesFile {
  readonly rules: readonly Rule[];
  readonly tests: readonly RuleTest[];
}

/** The rules file cannot be used; the message lists every mistake as `file:line:column path: what`. */
export class RulesFileError extends Error {
  override readonly name = 'RulesFileError';
  readonly retryable = false;
  readonly exitCode = 2;
}

const LARGEST_BYTES = 1_000_000;

/** Reads and checks a rules file. */
export function loadRules(path: string): RulesFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new RulesFileError(`${path}: cannot be read`, { cause });
  }
  if (text.length > LARGEST_BYTES) throw new RulesFileError(`${path}: is larger than ${LARGEST_BYTES} bytes`);
  return parseRules(text, path);
}

/** Checks the text of a rules file called `name`. */
export function parseRules(text: string, name: string): RulesFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    throw new RulesFileError(document.errors.map((e) => `${position(name, lines, e.pos[0])}: ${e.message}`).join('\n'));
  const checked = fileSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (!checked.success)
    throw new RulesFileError(
      checked.error.issues
        .map(
          (i) => `${position(name, lines, offsetOf(document, i.path))} ${i.path.map(String).join('.')}: ${i.message}`,
        )
        .join('\n'),
    );
  const rules = checked.data.rules.map((r, i): Rule => {
    const comparison = r.above !== undefined ? 'above' : r.below !== undefined ? 'below' : 'outside';
    const limit = r.above ?? r.below ?? r.outside ?? NaN;
    const clear = r.clear ?? (comparison === 'outside' ? limit / 2 : limit);
    if (comparison === 'below' ? clear < limit : clear > limit)
      throw new RulesFileError(
        `${position(name, lines, offsetOf(document, ['rules', i, 'clear']))} rules.${i}.clear: ${clear} is beyond the limit ${limit}`,
      );
    const { for: consecutive, horizon_s: horizonSeconds = null } = r;
    const { name: ruleName, record, field, severity, models, underlyings } = r;
    return {
      name: ruleName,
      record,
      field,
      comparison,
      limit,
      clear,
      consecutive,
      severity,
      models,
      underlyings,
      horizonSeconds,
    };
  });
  const names = new Set<string>();
  rules.forEach((r, i) => {
    if (names.has(r.name))
      throw new RulesFileError(
        `${position(name, lines, offsetOf(document, ['rules', i, 'name']))} rules.${i}.name: ${r.name} is taken`,
      );
    names.add(r.name);
  });
  checked.data.tests.forEach((t, i) => {
    if (!names.has(t.rule))
      throw new RulesFileError(
        `${position(name, lines, offsetOf(document, ['tests', i, 'rule']))} tests.${i}.rule: no rule is called ${t.rule}`,
      );
  });
  return { rules, tests: checked.data.tests };
}

function position(name: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${name}:${line}:${col}`;
}

/** Where a path starts in the text: its key, or the nearest enclosing node. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isNode(item.key) && String(item.key) === String(key));
      if (pair === undefined || !isNode(pair.key)) return offset;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
      continue;
    }
    const child: unknown =
      isNode(node) && 'get' in node ? (node as { get(k: unknown, keep: true): unknown }).get(key, true) : null;
    if (!isNode(child)) return offset;
    offset = child.range?.[0] ?? offset;
    node = child;
  }
  return offset;
}

/** Outcome of one unit test; empty `mistakes` = passed. */
export interface RuleTestResult {
  readonly name: string;
  readonly mistakes: readonly string[];
}

const START = Date.UTC(2026, 0, 1);

/** Runs the unit tests of a rules file: each feeds its values to its rule alone. */
export function runRuleTests(file: RulesFile): RuleTestResult[] {
  return file.tests.map((test) => {
    const rule = file.rules.find((r) => r.name === test.rule);
    if (rule === undefined) return { name: test.name, mistakes: [`no rule is called ${test.rule}`] };
    const book = openRuleBook([rule]);
    const seen: Record<RuleAlert['state'], number[]> = { open: [], resolved: [] };
    test.values.forEach((value, i) => {
      for (const alert of applyRules(book, syntheticRecord(rule, value, i))) seen[alert.state].push(i + 1);
    });
    const mistakes: string[] = [];
    const compare = (what: string, expected: readonly number[], actual: readonly number[]): void => {
      if (expected.join() !== actual.join())
        mistakes.push(`${what} at [${actual.join(', ')}], expected [${expected.join(', ')}]`);
    };
    compare('opens', test.opens, seen.open);
    compare('resolves', test.resolves, seen.resolved);
    return { name: test.name, mistakes };
  });
}

function syntheticRecord(rule: Rule, value: number | null, i: number): OutputRecord {
  const record: Record<string, unknown> = {
    type: rule.record,
    at: new Date(START + i * 1000).toISOString(),
    model: rule.models[0] ?? 'svi',
    source: rule.models[0] ?? 'champion',
    underlying: rule.underlyings[0] ?? 'BTC',
    expiry: '2026-03-27T08:00:00.000Z',
    horizon_s: rule.horizonSeconds ?? 1,
    [rule.field]: value,
  };
  return record as unknown as OutputRecord;
}
