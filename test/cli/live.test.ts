/** `vernier demo` and `watch` as a user meets them: data at once, one process a directory, a signal that drains. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { NODE, ROOT } from '../shared.ts';
import { records, vernier } from './run-vernier.ts';

const work = mkdtempSync(join(tmpdir(), 'vernier-live-'));
after(() => rmSync(work, { recursive: true, force: true }));

interface Running {
  readonly child: ChildProcess;
  readonly out: () => string;
  /** Resolves once stdout matches; rejects after `ms`. */
  seen(pattern: RegExp, ms: number): Promise<number>;
  /** Sends a signal; resolves with the exit code and the time to it, ms. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
}

function start(args: readonly string[]): Running {
  const child = spawn(NODE, [join(ROOT, 'bin/vernier.js'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const started = performance.now();
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (s: string) => (out += s));
  return {
    child,
    out: () => out,
    seen: async (pattern, ms) => {
      while (!pattern.test(out)) {
        if (performance.now() - started > ms || child.exitCode !== null)
          throw new Error(`no ${String(pattern)} in ${ms} ms: ${out.slice(-500)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return performance.now() - started;
    },
    end: (signal) =>
      new Promise((resolve) => {
        const asked = performance.now();
        child.on('close', (code) => resolve({ code, ms: performance.now() - asked }));
        child.kill(signal);
      }),
  };
}

test('the demo shows the market within 15 s, stamps every line, holds its directory, drains on SIGTERM', async () => {
  const directory = join(work, 'demo');
  const demo = start(['demo', '--seed', '7', '--data-dir', directory]);
  try {
    await demo.seen(
      /fitted {4}BTC \d{4}-\d\d-\d\d svi {2}forward \d+, ATM [\d.]+ %, \d+ quotes, error [\d.]+ vol/,
      15_000,
    );
    for (const line of demo
      .out()
      .split('\n')
      .filter((l) => l !== '' && !/^\w+:\/\/127\.0\.0\.1:\d+\S*$/.test(l)))
      assert.match(line, /^SYNTHETIC {1,2}\S/);
    const asked = performance.now();
    for (const args of [
      ['demo', '--data-dir', directory],
      ['watch', 'deribit:BTC', '--endpoint', 'ws://127.0.0.1:9', '--data-dir', directory, '--port', '0'],
    ]) {
      const second = await vernier(args);
      assert.equal(second.code, 1, args[0]);
      assert.match(second.stderr, new RegExp(`in use by process ${demo.child.pid}`));
    }
    assert.ok(performance.now() - asked < 20_000, 'a process that cannot start ends at once');
  } finally {
    const { code, ms } = await demo.end('SIGTERM');
    assert.equal(code, 143);
    assert.ok(ms < 5_000, `drained in ${ms} ms`);
  }
  const said = /log sha256 ([0-9a-f]{64})/.exec(demo.out())?.[1];
  const verified = records(await vernier(['verify', join(directory, 'log'), '--json']))[0];
  assert.deepEqual([verified['verdict'], verified['log_sha256']], ['intact', said]);
  const replayed = await vernier(['replay', join(directory, 'log'), '--json']);
  assert.equal(replayed.code, 0, replayed.stderr);
  assert.equal(records(replayed).at(-1)!['log_sha256'], said);
});

test('a venue out of reach is said without a terminal too', async () => {
  const watch = start(['watch', 'deribit:BTC', '--endpoint', 'ws://127.0.0.1:9', '--data-dir', join(work, 'reach')]);
  try {
    await watch.seen(/feed {6}deribit down {2}ECONNREFUSED/, 60_000);
    assert.equal((await watch.end('SIGTERM')).code, 143);
    assert.equal(watch.out().split('ECONNREFUSED').length, 2, 'said once, however often it is tried');
  } finally {
    watch.child.kill('SIGKILL');
  }
});

test('a run that an old Node handed over ends in order when that one is killed', async () => {
  const args = ['watch', 'deribit:BTC', '--endpoint', 'ws://127.0.0.1:9', '--data-dir', join(work, 'orphan')];
  const child = spawn(NODE, [join(ROOT, 'bin/vernier.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, VERNIER_FRONT_DOOR: '1' },
  });
  try {
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    child.disconnect();
    assert.equal(await ended, 143);
  } finally {
    child.kill('SIGKILL');
  }
});

test('--json: every object of the demo carries the stamp, the last is the summary', async () => {
  const ran = await vernier(['demo', '--seconds', '4', '--json']);
  assert.equal(ran.code, 0, ran.stderr);
  const all = records(ran);
  assert.ok(all.length > 10);
  assert.ok(all.every((r) => r['stamp'] === 'SYNTHETIC'));
  assert.equal(all.at(-1)!['type'], 'summary');
});

test('a directory that cannot be written is named by what went wrong, without a stack', async () => {
  const file = join(work, 'file');
  writeFileSync(file, '');
  const ran = await vernier(['demo', '--data-dir', file, '--seconds', '1']);
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /^vernier: making the log directory/m);
  assert.equal(ran.stderr.includes('    at '), false);
  if (!existsSync('/proc/self')) return;
  // A parent that is there and has no room for children: the platform's own recursive mkdir never returns from it.
  const refused = await vernier(['demo', '--data-dir', '/proc/vernier', '--seconds', '1']);
  assert.deepEqual([refused.code, /^vernier: making the log directory: ENOENT$/m.test(refused.stderr)], [1, true]);
});
