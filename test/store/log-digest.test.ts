import { createHash } from 'node:crypto';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { LINK_RECORDS, LogDigest } from '../../src/store/log-digest.ts';
import { RecordStream } from '../../src/store/record-stream.ts';
import type { LogRecord } from '../../src/store/record-codec.ts';
import { META, syntheticQuotes } from './arbitrary-record.ts';

const session: readonly LogRecord[] = [META, ...syntheticQuotes(2500), META, ...syntheticQuotes(100)];

function digestOf(records: readonly LogRecord[], takeEvery: number): string {
  const stream = new RecordStream({ keepFrames: takeEvery > 0 });
  records.forEach((record, i) => {
    stream.append(record);
    if (takeEvery > 0 && i % takeEvery === 0) stream.take();
  });
  return stream.digest();
}

test('log_sha256 does not depend on batching, nor on being asked for', () => {
  const expected = digestOf(session, 0);
  for (const every of [1, 7, 1023, 1024, 1025]) assert.equal(digestOf(session, every), expected);
  const stream = new RecordStream();
  for (const record of session) {
    stream.append(record);
    stream.digest();
  }
  assert.equal(stream.digest(), expected);
});

test('log_sha256 is the chain that docs/log-format.md describes', () => {
  const stream = new RecordStream({ keepFrames: true });
  let link = createHash('sha256').update('vernier log 1').digest();
  let open = 0;
  let hash = createHash('sha256').update(link);
  const close = (): void => {
    link = hash.digest();
    hash = createHash('sha256').update(link);
    open = 0;
  };
  for (const record of session) {
    if (record.kind === 'meta' && open > 0) close();
    stream.append(record);
    hash.update(stream.take().frames);
    if (++open === LINK_RECORDS) close();
  }
  assert.equal(stream.digest(), (open === 0 ? link : hash.digest()).toString('hex'));
});

test('one changed, dropped, doubled or swapped record changes it', () => {
  const base = digestOf(session, 0);
  const drop = session.toSpliced(700, 1);
  const double = session.toSpliced(700, 0, session[700]);
  const swap = session.toSpliced(700, 2, session[701], session[700]);
  const quote = session[700] as Extract<LogRecord, { kind: 'input' }>;
  const change = session.toSpliced(700, 1, {
    kind: 'input',
    event: { ...quote.event, receivedAt: quote.event.receivedAt + 1 },
  });
  const all = [base, ...[drop, double, swap, change].map((records) => digestOf(records, 0))];
  assert.equal(new Set(all).size, all.length);
});

test('a digest resumes from its value wherever a session begins', () => {
  const first = new RecordStream({ keepFrames: true });
  for (const record of session.slice(0, 2501)) first.append(record);
  const start = {
    sequence: first.sequence,
    digest: first.digest(),
    dictionaryVersion: first.encoder.dictionary.version,
  };
  const second = new RecordStream({ start });
  for (const record of session.slice(2501)) second.append(record);
  assert.equal(second.digest(), digestOf(session, 0));
  assert.equal(second.sequence, session.length);
});

test('a link cannot be overfilled', () => {
  assert.throws(() => new LogDigest().append(new Uint8Array(1), LINK_RECORDS + 1), RangeError);
});
