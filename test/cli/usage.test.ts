/** The command line's manners: help, exit codes, errors that name the value. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { NODE, ROOT } from '../shared.ts';
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
    [['replay', '--from', '2026-02-06', '--to', '2026-02-05', 'package.json'], '2026-02-06'],
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

test('results that cannot be written are no usage error: exit 1, the option and what the file system says', async () => {
  const file = join(work, 'file');
  const numbers = join(work, 'numbers.csv');
  writeFileSync(file, '');
  writeFileSync(numbers, 'F,K,T,alpha,beta,nu,rho\n100,100,1,0.2,1,0.3,0\n');
  const within = join(file, 'out.csv');
  const ran = await vernier(['calc', 'sabr', '--in', numbers, '--out', within]);
  assert.deepEqual([ran.code, ran.stderr], [1, `vernier: --out ${within}: cannot be written (ENOTDIR)\n`]);
  if (!existsSync('/dev/full')) return;
  const full = await vernier(['calc', 'sabr', '--in', numbers, '--out', '/dev/full']);
  assert.deepEqual([full.code, full.stderr], [1, 'vernier: --out /dev/full: cannot be written (ENOSPC)\n']);
});

test('a file of no known dialect is named, without a stack', async () => {
  const odd = join(work, 'odd.bin');
  writeFileSync(odd, 'hello');
  const ran = await vernier(['replay', odd]);
  assert.equal(ran.code, 2);
  assert.match(ran.stderr, /odd\.bin/);
  assert.equal(ran.stderr.includes('    at '), false);
});

const TAPE = join(import.meta.dirname, '../../src/cli/assets/SYNTHETIC-chain.csv.gz');

test('a file in which nothing happens is no error, and is told', async () => {
  const columns = 'snapshot_ts,expiry,days_to_expiry,strike,option_type,bid,ask,mark_price,forward_price,index_price,implied_vol,delta,gamma,vega,open_interest,volume_24h'; // prettier-ignore
  const file = join(work, 'nothing.csv');
  writeFileSync(file, `${columns}\n`);
  const ran = await vernier(['replay', file, '--json']);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stderr, /nothing\.csv: no event in it/);
  assert.equal(records(ran).at(-1)?.['events'], 0);
});

test('replay --record on a full disk ends at the first failed write: exit 1, and no summary of a log that is not there', async () => {
  const log = join(work, 'full');
  // The shell's limit on a file's size stands for the disk's end.
  const ran = spawnSync('sh', ['-c', 'ulimit -f 128; exec "$0" "$@"', NODE, join(ROOT, 'bin/vernier.js'), 'replay', TAPE, '--record', log, '--json', '-q'], { encoding: 'utf8', maxBuffer: 1 << 28 }); // prettier-ignore
  assert.deepEqual([ran.status, ran.stderr], [1, 'vernier: writing the log: no space left (EFBIG)\n']);
  const said = ran.stdout.split('\n').filter((line) => line !== '');
  const whole = records(await vernier(['replay', TAPE, '--json', '-q'])).length;
  assert.ok(said.length < whole / 2, `${said.length} of ${whole} records were still made`);
  assert.equal(said.filter((line) => line.includes('"summary"')).length, 0);
});

test('replay --record begins a log of its own: one that is already there is refused and left as it is', async () => {
  const log = join(work, 'recorded');
  const args = ['replay', TAPE, '--json'];
  const first = await vernier([...args, '--record', log]);
  assert.equal(first.code, 0, first.stderr);
  const bytes = (): string[] => readdirSync(log).map((f) => `${f} ${readFileSync(join(log, f)).toString('base64')}`);
  const before = bytes();
  const second = await vernier([...args, '--record', log]);
  assert.equal(second.code, 2, second.stderr);
  assert.match(second.stderr, /recorded: a session log is already there/);
  assert.equal(second.stdout, '');
  assert.deepEqual(bytes(), before);
  const plain = await vernier(args);
  assert.equal(records(plain).at(-1)!['log_sha256'], records(first).at(-1)!['log_sha256']);
});

test('replay without --record writes and locks nothing', async () => {
  const before = readdirSync(work, { recursive: true });
  const ran = await vernier(['replay', TAPE, '--json'], {
    cwd: work,
    env: { HOME: work, XDG_DATA_HOME: join(work, 'xdg'), TMPDIR: work },
  });
  assert.equal(ran.code, 0, ran.stderr);
  assert.deepEqual(readdirSync(work, { recursive: true }), before);
});

test('doctor finds this machine fit', async () => {
  const ran = await vernier(['doctor', '--json', '--data-dir', join(work, 'data')]);
  assert.equal(ran.code, 0, ran.stdout);
  assert.equal(
    records(ran).every((f) => f['state'] !== 'failed'),
    true,
  );
});
