/** Days of the simulated venue through the loop into a log: the replay is the recording, and no changed byte goes unseen. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { flipBytes, recordMonth } from '../../src/app/loop-bench/month-log.ts';
import { replayLog, ReplayMismatch } from '../../src/app/replay-log.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { nodeFiles } from '../../src/store/log-files.ts';

const START = Date.UTC(2026, 0, 13, 12);

test('a day with its roll replays bit for bit; single changed bytes are found', { timeout: 120_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vernier-month-'));
  try {
    const recorded = await recordMonth({
      directory,
      config: DEFAULT_CONFIG,
      seed: 3,
      days: 1,
      script: 'month',
      stepMs: 300_000,
      instrumentLimit: 60,
      startAt: START,
      onProgress: () => undefined,
    });
    assert.ok(recorded.fits > 150 && recorded.records > 500, JSON.stringify(recorded));
    const replay = await replayLog({ directory, speed: Infinity, onRecord: () => undefined });
    assert.equal(replay.summary.log_sha256, recorded.log_sha256);
    const files = nodeFiles(directory);
    const flips = await flipBytes(files, 7, 25, () => undefined);
    assert.deepEqual([flips.found, flips.missed], [25, []]);
    const [name] = (await files.list()).filter((n) => n.endsWith('.vlog'));
    const file = await files.open(name, 'update');
    const byte = new Uint8Array(1);
    const place = (await file.size()) >> 1;
    await file.read(byte, place);
    byte[0] ^= 1;
    await file.write(byte, place);
    await file.close();
    await assert.rejects(replayLog({ directory, speed: Infinity, onRecord: () => undefined }), ReplayMismatch);
  } finally {
    await rm(directory, { recursive: true });
  }
});
