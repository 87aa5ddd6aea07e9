/** Full disk, slow disk, failing sync, power failure: nothing acknowledged is lost, nothing lost is acknowledged. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { LogError } from '../../src/store/log-error.ts';
import { readLog } from '../../src/store/log-reader.ts';
import { LogWriter, type WriterOptions } from '../../src/store/log-writer.ts';
import type { LogRecord } from '../../src/store/record-codec.ts';
import { META, syntheticQuotes } from './arbitrary-record.ts';
import { MemoryFiles } from './memory-files.ts';

const QUICK: WriterOptions = { commitDelayMs: 0, retryDelayMs: 1, blockBytes: 500 };
const failure = (code: string): Error => Object.assign(new Error(code), { code });

async function held(files: MemoryFiles): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const item of readLog(files)) {
    assert.notEqual(item.kind, 'damage', JSON.stringify(item));
    if (item.kind === 'records') records.push(...item.records);
  }
  return records;
}

/** A disk of `room` bytes that takes half a write before it is full, as real ones do. */
function limit(files: MemoryFiles, room: { bytes: number }): void {
  files.before = (operation, _name, bytes) => {
    if (operation !== 'write') return;
    if (bytes > room.bytes) throw failure('ENOSPC');
    room.bytes -= bytes;
  };
}

test('a full disk is retried until there is room; what waits is then written in order', async () => {
  const files = new MemoryFiles();
  const { writer } = await LogWriter.open(files, QUICK);
  const room = { bytes: 3000 };
  limit(files, room);
  const records = [META, ...syntheticQuotes(200)];
  for (const record of records) writer.append(record);
  const all = writer.committed(200);
  while (writer.health.state !== 'retrying') await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(writer.health.error?.code, 'disk-full');
  assert.equal(writer.health.error?.retryable, true);
  const durable = writer.committedSequence;
  assert.ok(durable > 0 && durable < 200);
  assert.deepEqual(await held(files.crash()), records.slice(0, durable));
  room.bytes = 1e9;
  await all;
  assert.deepEqual(writer.health.state, 'ok');
  await writer.close();
  assert.deepEqual(await held(files), records);
});

test('fail fast: the first write that finds no room ends the log, and the next append says why', async () => {
  const files = new MemoryFiles();
  const { writer } = await LogWriter.open(files, { ...QUICK, failFast: true });
  limit(files, { bytes: 3000 });
  let appended = 0;
  const all = (async () => {
    for (const record of [META, ...syntheticQuotes(200)]) {
      writer.append(record);
      appended++;
      await new Promise(setImmediate);
    }
  })();
  await assert.rejects(all, { code: 'disk-full' });
  assert.ok(appended > 0 && appended < 150, `${appended} appended`);
  assert.equal(writer.health.state, 'failed');
  await assert.rejects(writer.close(), { code: 'disk-full' });
});

test('a disk that stays full: append says so when the backlog is used up, close says what was not written', async () => {
  const files = new MemoryFiles();
  const { writer } = await LogWriter.open(files, { ...QUICK, backlogBytes: 4000 });
  limit(files, { bytes: 600 });
  let appended = 0;
  let refused: unknown = null;
  for (const record of [META, ...syntheticQuotes(500)]) {
    try {
      writer.append(record);
      appended++;
    } catch (error) {
      refused ??= error;
    }
    if (appended % 10 === 0) await new Promise(setImmediate);
  }
  assert.ok(refused instanceof LogError && refused.code === 'backlog' && refused.retryable, String(refused));
  assert.ok(writer.health.pendingBytes < 4000 + 200, 'the backlog is bounded');
  const lost = writer.committed(appended - 1);
  await assert.rejects(writer.close(), { code: 'disk-full', retryable: true });
  await assert.rejects(lost, { code: 'disk-full' });
  assert.throws(() => writer.append(META), LogError);
  assert.equal((await held(files.crash())).length, writer.committedSequence);
});

test('a slow disk: room() waits, then there is room', async () => {
  const files = new MemoryFiles();
  const { writer } = await LogWriter.open(files, { ...QUICK, backlogBytes: 20_000 });
  files.before = (operation) => (operation === 'sync' ? new Promise((resolve) => setTimeout(resolve, 2)) : undefined);
  let waited = 0;
  for (const record of [META, ...syntheticQuotes(2000)]) {
    if (writer.full) {
      waited++;
      await writer.room();
      assert.ok(!writer.full);
    }
    writer.append(record);
  }
  assert.ok(waited > 2);
  await writer.close();
  assert.equal((await held(files)).length, 2001);
});

for (const code of ['EIO', 'EROFS'])
  test(`${code} is not retried: waiters hear it, and nothing acknowledged is lost`, async () => {
    const files = new MemoryFiles();
    const { writer } = await LogWriter.open(files, QUICK);
    let syncs = 0;
    files.before = (operation) => {
      if (operation === 'sync' && ++syncs > 3) throw failure(code);
    };
    const acknowledged: number[] = [];
    const outcomes = [META, ...syntheticQuotes(100)].map(async (record) => {
      const sequence = writer.append(record);
      await writer.committed(sequence);
      acknowledged.push(sequence);
    });
    const settled = await Promise.allSettled(outcomes);
    const rejected = settled.filter((s) => s.status === 'rejected');
    assert.ok(rejected.length > 0 && acknowledged.length > 0);
    for (const { reason } of rejected) assert.deepEqual([reason.code, reason.retryable], ['io', false]);
    assert.equal(writer.health.state, 'failed');
    assert.ok((await held(files.crash())).length >= acknowledged.length);
    await assert.rejects(writer.close(), { code: 'io' });
  });

test('a passing failure at any one file operation loses nothing and changes no byte', async () => {
  const records = [META, ...syntheticQuotes(2500)];
  const options = { ...QUICK, blockBytes: 20_000, segmentBytes: 40_000 };
  const reference = new MemoryFiles();
  const run = async (files: MemoryFiles): Promise<void> => {
    const { writer } = await LogWriter.open(files, options);
    for (const record of records) writer.append(record);
    await writer.flush();
    await writer.close();
  };
  await run(reference);
  const count = reference.operations.length;
  assert.ok(count > 20);
  // The first five operations belong to open() and the last two to close(), which report a failure to their caller.
  for (let at = 5; at < count - 2; at++) {
    const files = new MemoryFiles();
    let step = 0;
    let failed = false;
    files.before = () => {
      if (step++ !== at || failed) return;
      failed = true;
      throw failure('ENOSPC');
    };
    await run(files).catch((error: unknown) => assert.fail(`operation ${at}: ${String(error)}`));
    assert.deepEqual([...files.names.keys()].sort(), [...reference.names.keys()].sort());
    for (const name of reference.names.keys())
      assert.deepEqual(files.bytes(name), reference.bytes(name), `${at} ${name}`);
  }
});

test('power fails at every file operation: what was acknowledged is there after recovery', async () => {
  const records = [META, ...syntheticQuotes(2500)];
  const options = { ...QUICK, blockBytes: 20_000, segmentBytes: 40_000 };
  for (let at = 0; ; at++) {
    const files = new MemoryFiles();
    let step = 0;
    let disk: MemoryFiles | null = null;
    let acknowledged = 0;
    let writer: LogWriter | null = null;
    files.before = () => {
      if (step++ !== at) return;
      disk = files.crash();
      acknowledged = writer?.committedSequence ?? 0;
    };
    writer = (await LogWriter.open(files, options)).writer;
    for (const record of records) writer.append(record);
    await writer.close();
    if (disk === null) {
      assert.ok(at > 20);
      return;
    }
    const second = await LogWriter.open(disk, options);
    assert.deepEqual(second.recovery.damage, []);
    assert.ok(second.recovery.sequence >= acknowledged, `operation ${at}: ${acknowledged} acknowledged`);
    second.writer.append(META);
    await second.writer.close();
    const after = await held(disk);
    assert.deepEqual(after, [...records.slice(0, second.recovery.sequence), META]);
  }
});

test('a directory that cannot be opened is a LogError', async () => {
  const files = new MemoryFiles();
  files.before = () => {
    throw failure('EACCES');
  };
  await assert.rejects(LogWriter.open(files, QUICK), { name: 'LogError', code: 'io', retryable: false });
});
