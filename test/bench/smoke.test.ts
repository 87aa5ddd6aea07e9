/** Every bench runs at its smallest size, so that none rots; figures are not looked at. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { NODE, OLDEST_NODE, ROOT, WITHOUT_OLDEST_NODE } from '../shared.ts';

interface Line {
  readonly name: string;
  readonly n: number;
  readonly hash: string;
}

function smoke(node: string = NODE, parts: readonly string[] = []): Line[] {
  const run = spawnSync(node, ['bench/run.ts', '--smoke', '--json', ...parts], { cwd: ROOT, encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

test('every bench runs, under a name of its own, and twice with one hash', { timeout: 300_000 }, () => {
  const first = smoke();
  assert.ok(first.length >= 6);
  assert.equal(new Set(first.map((line) => line.name)).size, first.length);
  const hashes = (lines: readonly Line[]): string[] => lines.map((line) => `${line.name} ${line.hash}`);
  assert.deepEqual(hashes(smoke()), hashes(first));
});

test('a name that no bench has is refused', () => {
  const run = spawnSync(NODE, ['bench/run.ts', 'no-such-bench'], { cwd: ROOT, encoding: 'utf8' });
  assert.equal(run.status, 2);
});

test('prices and volatilities have the same bits on the oldest Node', { skip: WITHOUT_OLDEST_NODE }, () => {
  const parts = ['implied-volatility', 'price-greeks'];
  const hashes = (node: string): string[] => smoke(node, parts).map((line) => `${line.name} ${line.hash}`);
  assert.deepEqual(hashes(OLDEST_NODE), hashes(NODE));
});
