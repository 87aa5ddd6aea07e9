import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { lockDirectory } from '../../src/store/lock.ts';
import { openLog } from '../../src/store/open-log.ts';

const CHILD = new URL('lock-contender.ts', import.meta.url).pathname;

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'vernier-lock-'));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function contend(directory: string, instant: number): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [CHILD, directory, String(instant)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').once('data', resolve);
  });
  return { child, said };
}

async function end(child: ChildProcess): Promise<void> {
  const closed = new Promise((resolve) => {
    child.once('close', resolve);
  });
  child.kill('SIGKILL');
  await closed;
}

test('one process holds the log; the other is told which one', () =>
  inDirectory(async (directory) => {
    const { child, said } = await contend(directory, 0);
    assert.equal(said, 'won\n');
    await assert.rejects(openLog(directory), (error: unknown) => {
      const { code, retryable, message } = error as { code: string; retryable: boolean; message: string };
      assert.deepEqual([code, retryable], ['locked', true]);
      assert.ok(message.includes(String(child.pid)));
      assert.ok(!message.includes(directory));
      return true;
    });
    await end(child);
    const log = await openLog(directory);
    await log.close();
    assert.deepEqual(
      (await readdir(directory)).filter((name) => name.startsWith('lock')),
      [],
    );
  }));

test('the same process cannot lock twice, and can again after release', () =>
  inDirectory(async (directory) => {
    const first = await lockDirectory(directory);
    await assert.rejects(lockDirectory(directory), { code: 'locked' });
    await first.release();
    await first.release();
    const second = await lockDirectory(directory);
    await first.release();
    await assert.rejects(lockDirectory(directory), { code: 'locked' }, 'a late release frees nobody else');
    await second.release();
  }));

test('of many that find a dead lock at the same instant exactly one wins', () =>
  inDirectory(async (directory) => {
    for (let round = 0; round < 3; round++) {
      const dead = await contend(directory, 0);
      await end(dead.child);
      const instant = Date.now() + 700;
      const all = await Promise.all(Array.from({ length: 4 }, () => contend(directory, instant)));
      const said = all.map((c) => c.said.split(' ')[0].trim());
      for (const { child } of all) await end(child);
      assert.deepEqual(said.filter((s) => s === 'won').length, 1, JSON.stringify(said));
      assert.equal(said.filter((s) => s === 'locked').length, 3, JSON.stringify(all.map((c) => c.said)));
    }
  }));

test(
  'a process of the same number that began later is not the owner',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  () =>
    inDirectory(async (directory) => {
      const owner = {
        pid: process.pid,
        processStart: '1',
        lockedAt: '2026-01-01T00:00:00.000Z',
        nonce: '0123456789abcdef',
      };
      await writeFile(join(directory, 'lock'), JSON.stringify(owner));
      await (await lockDirectory(directory)).release();
    }),
);

test('a file called lock that is not ours is left alone', () =>
  inDirectory(async (directory) => {
    await writeFile(join(directory, 'lock'), 'something else');
    await assert.rejects(lockDirectory(directory), { code: 'locked', retryable: false });
  }));
