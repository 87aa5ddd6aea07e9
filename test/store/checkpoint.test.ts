import { test } from 'node:test';
import assert from 'node:assert/strict';
import { loadCheckpoint, saveCheckpoint, type Checkpoint } from '../../src/store/checkpoint.ts';
import { MemoryFiles } from './memory-files.ts';

const at = (sequence: number): Checkpoint => ({
  sequence,
  digest: 'ab'.repeat(32),
  state: new TextEncoder().encode(`{"sequence":${sequence}}`),
});
const nameOf = (sequence: number): string => `checkpoint-${String(sequence).padStart(16, '0')}.state`;

test('a checkpoint comes back as it was saved; the newest two are kept', async () => {
  const files = new MemoryFiles();
  assert.deepEqual(await loadCheckpoint(files, 100), { checkpoint: null, rejected: [] });
  for (const sequence of [5, 9, 30]) await saveCheckpoint(files, at(sequence));
  assert.deepEqual([...files.names.keys()].sort(), [nameOf(9), nameOf(30)]);
  assert.deepEqual(await loadCheckpoint(files, 30), { checkpoint: at(30), rejected: [] });
});

test('an empty state is a state', async () => {
  const files = new MemoryFiles();
  await saveCheckpoint(files, { ...at(1), state: new Uint8Array(0) });
  assert.equal((await loadCheckpoint(files, 1)).checkpoint?.state.length, 0);
});

test('every flipped byte and every truncation falls back to the one before', async () => {
  const files = new MemoryFiles();
  await saveCheckpoint(files, at(9));
  await saveCheckpoint(files, at(30));
  const whole = files.bytes(nameOf(30)).slice();
  const variants = [...whole.keys()].flatMap((i) => [
    whole.map((b, k) => (k === i ? b ^ (1 << (i % 8)) : b)),
    whole.slice(0, i),
  ]);
  for (const bytes of variants) {
    files.put(nameOf(30), bytes);
    const { checkpoint, rejected } = await loadCheckpoint(files, 30);
    assert.deepEqual(checkpoint, at(9));
    assert.deepEqual(rejected, [{ file: nameOf(30), reason: 'damaged' }]);
  }
});

test('a checkpoint ahead of its log is not used', async () => {
  const files = new MemoryFiles();
  await saveCheckpoint(files, at(9));
  await saveCheckpoint(files, at(30));
  const { checkpoint, rejected } = await loadCheckpoint(files, 29);
  assert.deepEqual(checkpoint, at(9));
  assert.deepEqual(rejected, [{ file: nameOf(30), reason: 'ahead-of-log' }]);
  assert.equal((await loadCheckpoint(files, 8)).checkpoint, null);
});

test('power fails at any operation of a save: the checkpoint before it is there', async () => {
  for (let fail = 0; fail < 6; fail++) {
    const files = new MemoryFiles();
    await saveCheckpoint(files, at(9));
    let step = 0;
    let disk: MemoryFiles | null = null;
    files.before = () => {
      if (step++ === fail) disk = files.crash();
    };
    await saveCheckpoint(files, at(30));
    const found = (await loadCheckpoint(disk ?? files.crash(), 30)).checkpoint;
    assert.deepEqual(found, fail < 5 ? at(9) : at(30));
  }
});

test('a full disk is a retryable LogError and leaves the old one', async () => {
  const files = new MemoryFiles();
  await saveCheckpoint(files, at(9));
  files.before = (operation) => {
    if (operation === 'write') throw Object.assign(new Error('full'), { code: 'ENOSPC' });
  };
  await assert.rejects(saveCheckpoint(files, at(30)), { code: 'disk-full', retryable: true });
  assert.deepEqual((await loadCheckpoint(files, 30)).checkpoint, at(9));
});
