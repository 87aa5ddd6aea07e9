/** The page as it is shipped: compiles, small enough, and speaks to nobody but its own server. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { ROOT } from '../shared.ts';

const JS_LIMIT = 150_000;
const out = mkdtempSync(join(tmpdir(), 'vernier-page-'));
before(async () => {
  const { build } = await import('vite');
  const page = join(ROOT, 'dashboard');
  await build({ root: page, configFile: join(page, 'vite.config.js'), build: { outDir: out, emptyOutDir: true } });
});
after(() => rmSync(out, { recursive: true, force: true }));

test('the page compiles', () => {
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  let said = '';
  try {
    execFileSync(tsc, ['-p', 'dashboard/tsconfig.json'], { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    said = String((error as { stdout?: string }).stdout);
  }
  assert.equal(said, '');
});

test(`scripts are at most ${JS_LIMIT / 1000} kB compressed`, (t) => {
  const scripts = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.js'));
  const bytes = scripts.reduce((sum, f) => sum + gzipSync(readFileSync(join(out, f)), { level: 9 }).length, 0);
  t.diagnostic(`${bytes} bytes of script, gzip -9`);
  assert.ok(scripts.length > 0 && bytes <= JS_LIMIT, `${bytes}`);
});

test('a strict content policy fits: no inline script or style, no address of anybody else', () => {
  const html = readFileSync(join(out, 'index.html'), 'utf8');
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  for (const f of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(html|js|css)$/.test(f)) continue;
    const text = readFileSync(join(out, f), 'utf8');
    const foreign = [...text.matchAll(/(?:https?:)?\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+[^\s"'`)]*/gi)]
      .map((m) => m[0])
      .filter((address) => !/^https?:\/\/www\.w3\.org\//.test(address));
    assert.deepEqual(foreign, [], f);
    assert.doesNotMatch(text, /\beval\(|new Function\(/, f);
  }
});
