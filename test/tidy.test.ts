/** The invariants of ARCHITECTURE.md as ordinary tests: layering, purity, sizes, names, dead links in documents. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';

const ROOT = new URL('..', import.meta.url).pathname;
const PURE = [
  'numeric', 'market', 'model', 'surface', 'hedge', 'credit', 'portfolio', 'quality', 'score', 'detect', 'policy', 'engine',
]; // prettier-ignore
const EDGES = ['venue', 'store', 'sink', 'worker', 'server'];
/** Rooms a room may import beside itself. */
const ALLOWED: Record<string, readonly string[]> = {
  numeric: [],
  market: ['numeric'],
  model: ['numeric', 'market'],
  surface: ['numeric', 'market', 'model'],
  hedge: ['numeric', 'market', 'model', 'surface'],
  credit: ['numeric', 'market', 'model', 'surface'],
  portfolio: ['numeric', 'market', 'model', 'surface', 'hedge', 'credit'],
  quality: ['numeric', 'market', 'model'],
  score: ['numeric', 'market', 'model', 'quality'],
  detect: ['numeric', 'market', 'model', 'quality', 'score'],
  policy: ['numeric', 'market', 'model', 'quality', 'score', 'detect'],
  engine: PURE,
  simulator: ['numeric', 'market'],
};
for (const edge of EDGES) ALLOWED[edge] = [...PURE, 'simulator'];
ALLOWED['app'] = [...PURE, 'simulator', ...EDGES];
ALLOWED['cli'] = [...PURE, 'simulator', ...EDGES, 'app'];
ALLOWED['library'] = [...PURE, 'simulator'];

function files(folder: string, ending: RegExp): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && ending.test(e.name) && !e.parentPath.includes('node_modules'))
    .map((e) => relative(ROOT, join(e.parentPath, e.name)))
    .sort();
}
const SOURCES = files('src', /\.ts$/).filter((f) => !f.endsWith('kernel-bytes.ts'));
const text = (f: string): string => readFileSync(join(ROOT, f), 'utf8');
const code = (f: string): string =>
  text(f)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1');

test('a room imports only the rooms that ARCHITECTURE.md lets it see', () => {
  const wrong: string[] = [];
  for (const f of SOURCES) {
    const room = f.split('/')[1];
    for (const m of text(f).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      const target = normalize(join(dirname(f), m[1])).split('/')[1];
      if (target !== room && !(ALLOWED[room] ?? []).includes(target)) wrong.push(`${f} imports ${m[1]}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('the core is pure: no Node module, clock, randomness, console, Math.pow or **', () => {
  const wrong: string[] = [];
  const banned =
    /from 'node:|Date\.now|new Date\(\)|Math\.random|Math\.pow|\*\*|console\.|performance\.|setTimeout|setInterval|process\./;
  for (const f of SOURCES) {
    if (![...PURE, 'simulator'].includes(f.split('/')[1])) continue;
    code(f)
      .split('\n')
      .forEach((line, i) => {
        if (banned.test(line.replace(/'[^']*'/g, (s) => (s.startsWith("'node:") ? s : "''"))))
          wrong.push(`${f}:${i + 1} ${line.trim()}`);
      });
  }
  assert.deepEqual(wrong, []);
});

test('files are small, named for a noun, and export by name', () => {
  const wrong: string[] = [];
  for (const f of [...SOURCES, ...files('dashboard', /\.tsx?$/)]) {
    const lines = text(f).split('\n').length;
    if (lines > 450) wrong.push(`${f}: ${lines} lines`);
    if (/[/-](utils?|helpers?|common|misc|managers?)\.tsx?$/.test(f)) wrong.push(`${f}: a name that explains nothing`);
    if (/export \*/.test(code(f))) wrong.push(`${f}: export *`);
    if (/\b(TODO|FIXME|XXX)\b/.test(text(f))) wrong.push(`${f}: left-over`);
  }
  assert.deepEqual(wrong, []);
});

test('every exported symbol of the core has a docstring', () => {
  const wrong: string[] = [];
  for (const f of SOURCES) {
    if (!PURE.includes(f.split('/')[1])) continue;
    const lines = text(f).split('\n');
    lines.forEach((line, i) => {
      if (!/^export (async )?(function|const|class|interface|type|abstract)/.test(line)) return;
      let j = i - 1;
      while (j >= 0 && /^(\/\/|@|export function .*;$)/.test(lines[j])) j--;
      if (j < 0 || !/\*\/\s*$/.test(lines[j])) wrong.push(`${f}:${i + 1} ${line.slice(0, 80)}`);
    });
  }
  assert.deepEqual(wrong, []);
});

test('every path named in a document exists', () => {
  const wrong: string[] = [];
  const documents = [...readdirSync(ROOT).filter((f) => f.endsWith('.md')), ...files('docs', /\.md$/)];
  for (const f of documents) {
    for (const m of text(f).matchAll(
      /`((?:src|test|bench|docs|golden|assembly|tools|bin|dashboard|examples)\/[\w./-]*)`/g,
    ))
      if (!existsSync(join(ROOT, m[1]))) wrong.push(`${f} names ${m[1]}`);
    for (const m of text(f).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g))
      if (!existsSync(join(ROOT, dirname(f), m[1]))) wrong.push(`${f} links ${m[1]}`);
  }
  assert.deepEqual(wrong, []);
});

test('no registry host or machine path is committed', () => {
  const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n').filter(Boolean);
  const wrong = tracked.filter((f) => f.endsWith('package-lock.json') && /"resolved": "https?:/.test(text(f)));
  assert.deepEqual(wrong, []);
});

const bin = (name: string): string => join(ROOT, 'node_modules', '.bin', name);
const tool = (name: string, args: string[]): string => {
  try {
    execFileSync(bin(name), args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    const e = error as { stdout?: string; stderr?: string };
    return `${e.stdout ?? ''}${e.stderr ?? ''}`;
  }
};

test('the core compiles with no types but the ES library, the rest with Node', () => {
  assert.equal(
    tool('tsc', ['-p', 'tsconfig.core.json', '--noEmit', '--composite', 'false']) +
      tool('tsc', ['-p', 'tsconfig.dev.json']),
    '',
  );
});
test('the linter has nothing to say', () => assert.equal(tool('oxlint', ['--type-aware', '--quiet']), ''));
test('the formatter has nothing to change', () =>
  assert.equal(tool('oxfmt', ['--check', 'src', 'test', 'bench', 'tools']), ''));
