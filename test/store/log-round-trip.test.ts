import { test } from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { EndItem, LogItem } from '../../src/store/log-item.ts';
import { readLog, readRecords } from '../../src/store/log-reader.ts';
import { LogWriter, type WriterOptions } from '../../src/store/log-writer.ts';
import type { LogRecord } from '../../src/store/record-codec.ts';
import { RecordStream } from '../../src/store/record-stream.ts';
import { segmentName } from '../../src/store/segment.ts';
import { anyRecord, META, syntheticQuotes } from './arbitrary-record.ts';
import { MemoryFiles } from './memory-files.ts';

const QUICK: WriterOptions = { commitDelayMs: 0, segmentAgeMs: Infinity };

async function write(files: MemoryFiles, records: readonly LogRecord[], options: WriterOptions): Promise<string> {
  const { writer } = await LogWriter.open(files, options);
  for (const record of records) {
    writer.append(record);
    if (writer.full) await writer.room();
  }
  const digest = writer.digest();
  await writer.close();
  return digest;
}

async function read(files: MemoryFiles, from = 0): Promise<{ records: LogRecord[]; other: LogItem[]; end: EndItem }> {
  const records: LogRecord[] = [];
  const other: LogItem[] = [];
  let end: EndItem | null = null;
  for await (const item of readRecords(files, { from })) {
    if (item.kind === 'record') {
      assert.equal(item.sequence, from + records.length);
      records.push(item.record);
    } else if (item.kind === 'end') end = item;
    else other.push(item);
  }
  return { records, other, end: end! };
}

test('what is appended is read, whatever the sizes of blocks, segments and sessions', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyRecord, { maxLength: 40 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 400 }),
      async (sessions, blockBytes) => {
        const files = new MemoryFiles();
        const all = sessions.flatMap((records) => [META, ...records]);
        let digest = '';
        for (const records of sessions) digest = await write(files, [META, ...records], { ...QUICK, blockBytes });
        const { records, other, end } = await read(files);
        assert.deepEqual(records, all);
        assert.deepEqual(other, []);
        const alone = new RecordStream();
        for (const record of all) alone.append(record);
        assert.equal(digest, alone.digest());
        assert.deepEqual(end, { kind: 'end', segments: sessions.length, sequence: all.length, digest, sealed: true });
      },
    ),
    { seed: 4, numRuns: 60 },
  );
});

test('segments roll by size, each readable by itself, and the digest is the same as in one segment', async () => {
  const records = [META, ...syntheticQuotes(9000)];
  const whole = new MemoryFiles();
  const rolled = new MemoryFiles();
  const digest = await write(whole, records, QUICK);
  assert.equal(await write(rolled, records, { ...QUICK, segmentBytes: 60_000, blockBytes: 5000 }), digest);
  const segments = [...rolled.names.keys()].filter((n) => n.endsWith('.vlog'));
  assert.ok(segments.length >= 4, String(segments));
  assert.deepEqual((await read(rolled)).end, {
    kind: 'end',
    segments: segments.length,
    sequence: 9001,
    digest,
    sealed: true,
  });
  for (const from of [1, 1023, 1024, 1025, 5000, 9000, 9001]) {
    const tail = await read(rolled, from);
    assert.deepEqual(tail.records, records.slice(from));
    assert.deepEqual(tail.other, []);
    assert.equal(tail.end.digest, digest);
  }
  // Retention: the oldest segments may go; what is left still checks, digest included.
  rolled.names.delete(segmentName(0));
  const kept: LogItem[] = [];
  for await (const item of readLog(rolled)) kept.push(item);
  assert.ok(kept[0].kind === 'records' && kept[0].firstSequence >= 1024);
  assert.ok(kept.every((item) => item.kind === 'records' || item.kind === 'end'));
  assert.deepEqual(kept.at(-1), { kind: 'end', segments: segments.length - 1, sequence: 9001, digest, sealed: true });
});

test('segments roll by age', async () => {
  let clock = 0;
  const files = new MemoryFiles();
  const { writer } = await LogWriter.open(files, { commitDelayMs: 0, segmentAgeMs: 1000, now: () => clock });
  writer.append(META);
  for (const record of syntheticQuotes(3000)) {
    writer.append(record);
    clock += 1;
  }
  await writer.close();
  assert.equal([...files.names.keys()].length, 3);
});

test('numbers are acknowledged in order, and only once synced', async () => {
  const files = new MemoryFiles();
  const { writer } = await LogWriter.open(files, { ...QUICK, blockBytes: 200 });
  const acknowledged: number[] = [];
  const waits: Promise<void>[] = [];
  for (const record of [META, ...syntheticQuotes(300)]) {
    const sequence = writer.append(record);
    const wait = writer.committed(sequence).then(async () => {
      acknowledged.push(sequence);
      assert.ok(writer.committedSequence > sequence);
      // A power failure at this instant keeps it.
      const kept = await read(files.crash());
      assert.ok(kept.records.length > sequence, `${sequence} acknowledged, ${kept.records.length} kept`);
    });
    waits.push(wait);
  }
  await Promise.all(waits);
  assert.deepEqual(acknowledged, [...Array(301).keys()]);
  await writer.close();
  assert.equal(writer.committedSequence, 301);
});

test('a group is one write and one sync', async () => {
  const files = new MemoryFiles();
  const { writer } = await LogWriter.open(files, QUICK);
  files.operations.length = 0;
  for (const record of [META, ...syntheticQuotes(100)]) writer.append(record);
  await writer.flush();
  assert.deepEqual(files.operations, [`write ${segmentName(0)}.tmp`, `sync ${segmentName(0)}.tmp`]);
  await writer.close();
});

test('a refused record changes nothing; a session begins with its meta record; a closed log takes nothing', async () => {
  const files = new MemoryFiles();
  const { writer } = await LogWriter.open(files, QUICK);
  assert.throws(() => writer.append({ kind: 'output', record: { type: 'x' } }), { code: 'usage' });
  writer.append(META);
  assert.throws(() => writer.append({ kind: 'output', record: { type: 'x', y: Number.NaN } }), { field: 'record.y' });
  assert.equal(writer.append({ kind: 'output', record: { type: 'x' } }), 1);
  await writer.close();
  assert.throws(() => writer.append(META), { code: 'closed' });
  assert.equal((await read(files)).records.length, 2);
});

test('checking without decoding sees the same counts and digest', async () => {
  const files = new MemoryFiles();
  await write(files, [META, ...syntheticQuotes(3000)], { ...QUICK, segmentBytes: 30_000 });
  let count = 0;
  let end: LogItem | null = null;
  for await (const item of readLog(files, { decode: false })) {
    assert.notEqual(item.kind, 'damage');
    if (item.kind === 'records') count += item.count;
    end = item;
  }
  assert.equal(count, 3001);
  assert.deepEqual(end, (await read(files)).end);
});
