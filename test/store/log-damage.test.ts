/** Every flipped byte is found, every truncation recovers a prefix, and nothing is ever invented. */
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import assert from 'node:assert/strict';
import type { DamageItem, EndItem, LogItem, TornTailItem } from '../../src/store/log-item.ts';
import { readLog } from '../../src/store/log-reader.ts';
import { LogWriter } from '../../src/store/log-writer.ts';
import type { LogRecord } from '../../src/store/record-codec.ts';
import { recover } from '../../src/store/recover.ts';
import { segmentName } from '../../src/store/segment.ts';
import { META, syntheticQuotes } from './arbitrary-record.ts';
import { MemoryFiles } from './memory-files.ts';

const OUTPUT: LogRecord = { kind: 'output', record: { type: 'score', n: 1 } };
const RECORDS: readonly LogRecord[] = [META, ...syntheticQuotes(8, 3), OUTPUT, ...syntheticQuotes(3, 4)];

interface Seen {
  readonly records: Map<number, LogRecord>;
  readonly damage: DamageItem[];
  readonly torn: TornTailItem[];
  readonly end: EndItem;
}

async function see(files: MemoryFiles, decode = true): Promise<Seen> {
  const records = new Map<number, LogRecord>();
  const damage: DamageItem[] = [];
  const torn: TornTailItem[] = [];
  let end: LogItem | null = null;
  for await (const item of readLog(files, { decode })) {
    if (item.kind === 'records') item.records.forEach((record, i) => records.set(item.firstSequence + i, record));
    else if (item.kind === 'damage') damage.push(item);
    else if (item.kind === 'torn-tail') torn.push(item);
    else end = item;
  }
  return { records, damage, torn, end: end! };
}

/** Two sessions of several blocks; `sealed` false: the second is left as a killed process leaves it. */
async function small(sealed: boolean): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  for (const last of [false, true]) {
    const { writer } = await LogWriter.open(files, { commitDelayMs: 0, blockBytes: 200 });
    for (const record of RECORDS) writer.append(record);
    await writer.flush();
    if (last && !sealed) return files.copy();
    await writer.close();
  }
  return files;
}
const ALL = [...RECORDS, ...RECORDS];

function assertNothingInvented(seen: Seen): void {
  for (const [sequence, record] of seen.records) assert.deepEqual(record, ALL[sequence]);
}

for (const sealed of [true, false])
  test(`every flipped byte is found (${sealed ? 'closed' : 'killed'} log)`, async () => {
    const files = await small(sealed);
    let offsets = 0;
    for (const name of files.names.keys()) {
      const original = files.bytes(name).slice();
      for (let offset = 0; offset < original.length; offset++) {
        const bytes = original.slice();
        bytes[offset] ^= 1 << (offset % 8);
        const copy = files.copy();
        copy.put(name, bytes);
        const seen = await see(copy);
        assert.ok(seen.damage.length + seen.torn.length > 0, `${name} ${offset}: not found`);
        assert.ok(
          seen.torn.every((t) => t.reason !== 'short' || !sealed),
          `${name} ${offset}: taken for a crash`,
        );
        for (const d of seen.damage) assert.ok(d.segment === 0 || d.segment === 1);
        const at = [...seen.damage, ...seen.torn].some((d) => segmentName(d.segment) === name && d.offset <= offset);
        assert.ok(at, `${name} ${offset}: blamed on ${JSON.stringify(seen.damage)}`);
        assertNothingInvented(seen);
        // One block at most is lost with it: a seal knows the names that the block defined.
        if (sealed) assert.ok(seen.records.size >= ALL.length - 6, `${name} ${offset}: only ${seen.records.size} left`);
        const raw = await see(copy, false);
        assert.ok(raw.damage.length + raw.torn.length > 0, `${name} ${offset}: not found without decoding`);
        offsets++;
      }
    }
    assert.ok(offsets > 2000, String(offsets));
  });

test('a lost block is counted: recordsLost and the records that are left add up', async () => {
  const files = await small(true);
  const name = segmentName(0);
  const bytes = files.bytes(name).slice();
  const block = Buffer.from(bytes).indexOf('VBLK', 550, 'latin1');
  for (const offset of [block + 5, block + 40]) {
    const copy = files.copy();
    copy.put(
      name,
      bytes.map((b, i) => (i === offset ? b ^ 1 : b)),
    );
    const seen = await see(copy);
    const lost = seen.damage.map((d) => d.recordsLost ?? Number.NaN).reduce((a, b) => a + b, 0);
    assert.ok(lost > 0);
    assert.equal(seen.records.size + lost, ALL.length);
  }
});

test('the same log in two byte orders of blocks, a doubled block and a missing block are damage', async () => {
  const files = await small(true);
  const name = segmentName(1);
  const bytes = Buffer.from(files.bytes(name));
  const starts: number[] = [];
  for (let i = bytes.indexOf('VBLK'); i >= 0; i = bytes.indexOf('VBLK', i + 1)) starts.push(i);
  const [a, b, c] = starts;
  const variants = {
    swapped: [bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c)],
    doubled: [bytes.subarray(0, b), bytes.subarray(a, b), bytes.subarray(b)],
    missing: [bytes.subarray(0, a), bytes.subarray(b)],
  };
  for (const [what, parts] of Object.entries(variants)) {
    const copy = files.copy();
    copy.put(name, Buffer.concat(parts));
    const seen = await see(copy);
    assert.ok(seen.damage.length > 0, what);
    assertNothingInvented(seen);
  }
});

test('a segment that is missing, exchanged, left open or followed by bytes is damage', async () => {
  const files = await small(true);
  const { writer } = await LogWriter.open(files, { commitDelayMs: 0 });
  writer.append(META);
  await writer.close();
  const reasons = async (change: (copy: MemoryFiles) => void): Promise<string[]> => {
    const copy = files.copy();
    change(copy);
    return (await see(copy)).damage.map((d) => `${d.segment} ${d.reason}`);
  };
  assert.deepEqual(await reasons(() => undefined), []);
  assert.deepEqual(await reasons((f) => f.names.delete(segmentName(1))), ['1 segment-missing', '2 sequence-differs']);
  const open = files.bytes(segmentName(1)).subarray(0, files.bytes(segmentName(1)).length - 400);
  assert.ok((await reasons((f) => f.put(segmentName(1), open))).includes('1 not-sealed'));
  const longer = Buffer.concat([files.bytes(segmentName(1)), Buffer.from('x')]);
  assert.ok((await reasons((f) => f.put(segmentName(1), longer))).includes('1 bytes-after-seal'));
  const other = new MemoryFiles();
  const { writer: stranger } = await LogWriter.open(other, { commitDelayMs: 0 });
  for (const record of [META, ...syntheticQuotes(RECORDS.length - 1, 3)]) stranger.append(record);
  await stranger.close();
  // A whole, valid first segment of another log in place of ours: only the chain can tell.
  assert.deepEqual(await reasons((f) => f.put(segmentName(0), other.bytes(segmentName(0)))), [
    '1 chain-broken',
    '1 digest-differs',
  ]);
});

test('a truncation at every offset recovers the whole commits before it and nothing else', async () => {
  const files = await small(false);
  const name = segmentName(1);
  const full = files.bytes(name);
  let recovered = -1;
  for (let size = 0; size <= full.length; size++) {
    const copy = files.copy();
    copy.put(name, full.slice(0, size));
    const before = await see(copy);
    assert.deepEqual(before.damage, []);
    const recovery = await recover(copy);
    assert.deepEqual(recovery.damage, []);
    assert.equal(recovery.crashed, true);
    assert.equal(recovery.sequence, before.records.size);
    assert.equal(recovery.torn?.bytes ?? 0, before.torn[0]?.bytes ?? 0);
    // Once recovered it is whole, and recovering again finds nothing to do.
    const after = await see(copy);
    assert.deepEqual([after.damage, after.torn], [[], []]);
    assert.deepEqual([...after.records], [...before.records]);
    assertNothingInvented(after);
    assert.ok(after.records.size >= recovered, 'a longer file never holds less');
    recovered = after.records.size;
    const again = await recover(copy);
    assert.deepEqual({ ...again, crashed: true, torn: null }, { ...recovery, torn: null });
    if (size % 41 !== 0) continue;
    const { writer } = await LogWriter.open(copy, { commitDelayMs: 0 });
    assert.equal(writer.append(META), recovered);
    await writer.close();
    const continued = await see(copy);
    assert.deepEqual([continued.damage, continued.torn, continued.records.size], [[], [], recovered + 1]);
  }
  assert.equal(recovered, ALL.length);
});

test('a change whose checksums were made to fit is found by the digest', async () => {
  const files = await small(true);
  const name = segmentName(0);
  const bytes = Buffer.from(files.bytes(name));
  const block = bytes.indexOf('VBLK', 550, 'latin1');
  const payload = bytes.subarray(block + 32, block + 32 + bytes.readUInt32LE(block + 4));
  payload[payload.length - 1] ^= 1;
  bytes.writeUInt32LE(crc32(payload), block + 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(block, block + 28)), block + 28);
  files.put(name, bytes);
  for (const decode of [true, false])
    assert.deepEqual(
      (await see(files, decode)).damage.map((d) => `${d.segment} ${d.reason}`),
      ['0 digest-differs'],
    );
});

test('a long torn end leaves nothing behind the seal', async () => {
  const files = await small(false);
  const name = segmentName(1);
  files.put(name, Buffer.concat([files.bytes(name), Buffer.alloc(20_000, 'x')]));
  assert.equal((await recover(files)).torn?.bytes, 20_000);
  const seen = await see(files);
  assert.deepEqual([seen.damage, seen.torn, seen.end.sealed, seen.records.size], [[], [], true, ALL.length]);
});

test('what recovery cuts off is kept beside the segment', async () => {
  const files = await small(false);
  const name = segmentName(1);
  const full = files.bytes(name);
  files.put(name, full.slice(0, full.length - 5));
  const { torn } = await recover(files);
  assert.ok(torn);
  assert.equal(torn.reason, 'short');
  const cut = files.bytes('segment-00000001.cut');
  assert.deepEqual(cut, full.slice(torn.offset, full.length - 5));
});

test('damage inside the last open segment is reported, kept, and written after', async () => {
  const files = await small(false);
  const name = segmentName(1);
  const bytes = files.bytes(name).slice();
  const block = Buffer.from(bytes).indexOf('VBLK', 550, 'latin1');
  bytes[block + 50] ^= 4;
  files.put(name, bytes);
  const { writer, recovery } = await LogWriter.open(files, { commitDelayMs: 0 });
  assert.equal(recovery.damage[0].reason, 'checksum');
  assert.equal(recovery.sequence, ALL.length);
  const quote = [...syntheticQuotes(1)][0];
  for (const record of [META, quote]) writer.append(record);
  await writer.close();
  const seen = await see(files);
  assert.ok(seen.damage.some((d) => d.reason === 'checksum' && d.segment === 1));
  assert.ok(
    seen.damage.every((d) => d.segment === 1),
    JSON.stringify(seen.damage),
  );
  assert.deepEqual(seen.records.get(ALL.length + 1), quote);
  assert.ok(seen.end.digest, 'the digest starts again behind the damage');
});

test('recovery tells when the last input came', async () => {
  const files = await small(false);
  const last = RECORDS.at(-1) as Extract<LogRecord, { kind: 'input' }>;
  assert.equal((await recover(files)).lastReceivedAt, last.event.receivedAt);
  const { writer, recovery } = await LogWriter.open(files, {});
  assert.equal(recovery.crashed, false);
  assert.equal(recovery.lastReceivedAt, last.event.receivedAt);
  writer.append(META);
  await writer.flush();
  assert.equal((await recover(files.copy())).lastReceivedAt, last.event.receivedAt, 'a session without input keeps it');
  await writer.close();
});
