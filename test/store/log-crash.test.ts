/** kill -9 at random instants of a real process on a real file system: no acknowledged record is lost. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { nodeFiles } from '../../src/store/log-files.ts';
import { readLog } from '../../src/store/log-reader.ts';
import { openLog } from '../../src/store/open-log.ts';
import { META, syntheticQuotes } from './arbitrary-record.ts';

const CHILD = new URL('crash-writer.ts', import.meta.url).pathname;
const KILLS = 22;

/** Runs the writer, kills it `ms` after it opened the log; returns the first number it was to write and the last acknowledged. */
function killAfter(directory: string, ms: number): Promise<{ opened: number; acknowledged: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, directory], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (out === '') setTimeout(() => child.kill('SIGKILL'), ms);
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error(`the writer ended by itself: ${code} ${errors}`));
      // A last line that was cut is not an acknowledgement.
      const lines = out.slice(0, out.lastIndexOf('\n')).split('\n');
      const numbers = lines.slice(1).map(Number);
      resolve({ opened: Number(lines[0].split(' ')[1]), acknowledged: numbers.at(-1) ?? -1 });
    });
  });
}

test(`${KILLS} kills, none of them loses an acknowledged record`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vernier-log-'));
  try {
    let seed = 20260122;
    let acknowledged = -1;
    let sessions = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      const run = await killAfter(directory, seed % 60);
      assert.ok(run.opened > acknowledged, `kill ${kill}: opened at ${run.opened}, ${acknowledged} was acknowledged`);
      acknowledged = Math.max(acknowledged, run.acknowledged);
    }
    const { recovery, close } = await openLog(directory);
    assert.equal(recovery.crashed, true);
    assert.deepEqual(recovery.damage, []);
    assert.ok(recovery.sequence > acknowledged);
    await close();
    // Sequence numbers are without hole or double, every session begins with its meta record, quotes follow as written.
    const expected = [...syntheticQuotes(recovery.sequence)];
    let next = 0;
    let within = 0;
    for await (const item of readLog(nodeFiles(directory))) {
      assert.ok(item.kind === 'records' || item.kind === 'end', JSON.stringify(item));
      if (item.kind === 'end') break;
      assert.equal(item.firstSequence, next);
      next += item.count;
      for (const record of item.records) {
        if (record.kind === 'meta') {
          assert.deepEqual(record, META);
          sessions++;
          within = 0;
        } else assert.deepEqual(record, expected[within++]);
      }
    }
    assert.equal(next, recovery.sequence);
    assert.ok(sessions > KILLS / 2 && acknowledged > 1000, `${sessions} sessions, ${acknowledged} acknowledged`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('the log names no host path', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vernier-log-'));
  try {
    const { writer, close } = await openLog(directory);
    writer.append(META);
    await writer.flush();
    const lock = await readFile(join(directory, 'lock'), 'utf8');
    assert.equal(JSON.parse(lock).pid, process.pid);
    assert.ok(!lock.includes('/'));
    await close();
    await assert.rejects(readFile(join(directory, 'lock')));
    assert.ok(!(await readFile(join(directory, 'segment-00000000.vlog'), 'latin1')).includes(directory));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
