/** `vernier bench`: calls that are wrong are named, results are files and JSON, exit codes tell (SYNTHETIC). */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { vernier } from './run-vernier.ts';

const work = mkdtempSync(join(tmpdir(), 'vernier-bench-'));
after(() => rmSync(work, { recursive: true, force: true }));

test('wrong calls exit 2 and name the value', async () => {
  for (const [args, name] of [
    [['month', '--days', '0'], '--days: 0'],
    [['month', '--underlyings', 'BTC,DOGE'], 'DOGE'],
    [['onsets', '--faults', 'gremlin'], 'gremlin'],
    [['onsets', '--seeds', '1,x'], 'x is not a whole number'],
    [['faults', '--tape', 'simulated', '--log-odds', '2,soon', '--out', work], '2,soon'],
    [['faults', '--tape', 'no-such-file.parquet', '--out', work], 'no-such-file.parquet'],
  ] as const) {
    const ran = await vernier(['bench', ...args]);
    assert.equal(ran.code, 2, args.join(' '));
    assert.ok(ran.stderr.includes(name), ran.stderr);
    assert.ok(!ran.stderr.includes('    at '), 'no stack');
  }
});

test('a month is judged, written and printed; progress goes to stderr', async () => {
  const out = join(work, 'month');
  const args = ['month', '--days', '1', '--script', 'calm', '--step', '60', '--options', '80', '--underlyings', 'ETH'];
  const ran = await vernier(['bench', ...args, '--json', '--out', out]);
  assert.equal(ran.code, 0, ran.stderr);
  const result = JSON.parse(ran.stdout) as { tallies: { underlying: string; rolls: number; falsePages: number }[] };
  assert.deepEqual(
    result.tallies.map((t) => [t.underlying, t.rolls, t.falsePages]),
    [['ETH', 1, 0]],
  );
  assert.match(ran.stderr, /seed 1: 100 %/);
  assert.deepEqual(readdirSync(out).sort(), ['incidents.ndjson', 'report.json', 'report.md']);
  assert.match(readFileSync(join(out, 'report.md'), 'utf8'), /SYNTHETIC/);
});

test('faults on the simulated venue: report, page, pictures and answer key', async () => {
  const out = join(work, 'faults');
  const args = [
    '--tape',
    'simulated',
    '--faults',
    'call-put-flip',
    '--onsets',
    '1',
    '--clean',
    '0',
    '--log-odds',
    '2.5',
  ];
  const ran = await vernier(['bench', 'faults', ...args, '--out', out]);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /nothing learnt here/);
  assert.match(ran.stdout, /\| call-put-flip \| 1 \| 100\.0 % \|/);
  const files = readdirSync(out);
  for (const name of [
    'report.html',
    'report.md',
    'report.json',
    'answer-key.ndjson',
    'found-by-seconds.svg',
    'confusion.svg',
  ])
    assert.ok(files.includes(name), name);
  const key = readFileSync(join(out, 'answer-key.ndjson'), 'utf8').trim().split('\n');
  assert.equal(key.length, 1);
  assert.equal((JSON.parse(key[0]) as { fault: string; firstNamed: boolean }).firstNamed, true);
  assert.match(readFileSync(join(out, 'report.html'), 'utf8'), /<svg[^]*<table>/);
});
