/** The command line's manners: help, exit codes, errors that name the value. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { records, vernier } from './run-vernier.ts';

const work = mkdtempSync(join(tmpdir(), 'vernier-usage-'));
after(() => rmSync(work, { recursive: true, force: true }));

test('--help and --version exit 0; every command explains itself', async () => {
  const help = await vernier(['--help']);
  assert.equal(help.code, 0);
  const commands = [...help.stdout.matchAll(/^ {2}([a-z-]+)/gm)].map((m) => m[1]).filter((c) => c !== 'help');
  assert.ok(commands.includes('replay') && commands.includes('watch') && commands.includes('demo'));
  for (const c of commands) {
    const ran = await vernier([c, '--help']);
    assert.equal(ran.code, 0, c);
    assert.match(ran.stdout, /Usage: vernier/);
  }
  assert.match((await vernier(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('usage errors exit 2 and name the value', async () => {
  for (const [args, name] of [
    [['replay', 'no-such-file.csv'], 'no-such-file.csv'],
    [['replay', '--speed', 'fast', 'package.json'], 'fast'],
    [['replay', '--from', 'yesterday', 'package.json'], 'yesterday'],
    [['watch', 'deribit'], 'deribit'],
    [['watch', 'nowhere:BTC'], 'nowhere'],
    [['watch', 'deribit:BTC', '--endpoint', 'http://x'], 'http://x'],
    [['demo', '--seed', 'x'], 'x'],
    [['reply'], 'reply'],
  ] as const) {
    const ran = await vernier(args);
    assert.equal(ran.code, 2, `${args.join(' ')}: ${ran.stderr}`);
    assert.ok(ran.stderr.includes(name), ran.stderr);
    assert.equal(ran.stderr.includes('    at '), false, 'no stack for a usage error');
  }
});

test('a file of no known dialect is named, without a stack', async () => {
  const odd = join(work, 'odd.bin');
  writeFileSync(odd, 'hello');
  const ran = await vernier(['replay', odd]);
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /odd\.bin/);
  assert.equal(ran.stderr.includes('    at '), false);
});

test('replay without --record writes and locks nothing', async () => {
  const before = readdirSync(work);
  await vernier(['replay', join(import.meta.dirname, '../../src/cli/assets'), '--json'], {
    cwd: work,
    env: { HOME: work, XDG_DATA_HOME: join(work, 'xdg') },
  });
  assert.deepEqual(readdirSync(work), before);
});

test('doctor finds this machine fit', async () => {
  const ran = await vernier(['doctor', '--json', '--data-dir', join(work, 'data')]);
  assert.equal(ran.code, 0, ran.stdout);
  assert.equal(
    records(ran).every((f) => f['state'] !== 'failed'),
    true,
  );
});
