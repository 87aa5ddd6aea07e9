import { test } from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { MarketEvent } from '../../src/market/event.ts';
import { RecordDecoder, RecordEncoder, type LogRecord } from '../../src/store/record-codec.ts';
import { RecordCorrupt, RecordRefused } from '../../src/store/record-refused.ts';
import { DICTIONARY_LIMIT } from '../../src/store/string-dictionary.ts';
import { anyRecord, eventOf, META, syntheticQuotes } from './arbitrary-record.ts';

function encode(records: readonly LogRecord[]): Uint8Array {
  const encoder = new RecordEncoder(64);
  for (const record of records) encoder.append(record);
  return encoder.out.bytes.slice(0, encoder.out.length);
}

function decode(bytes: Uint8Array): LogRecord[] {
  const decoder = new RecordDecoder();
  const records: LogRecord[] = [];
  for (let at = 0; at < bytes.length;) {
    let size = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      size += (byte & 127) * scale;
      if (byte < 128) break;
    }
    records.push(decoder.decode(bytes, at, at + size));
    at += size;
  }
  return records;
}

for (const [kind, arbitrary] of Object.entries(eventOf) as [string, fc.Arbitrary<MarketEvent>][])
  test(`every ${kind} event comes back as it was`, () => {
    fc.assert(
      fc.property(fc.array(arbitrary, { minLength: 1, maxLength: 5 }), (events) => {
        const records = events.map((event) => ({ kind: 'input', event }) as const);
        assert.deepEqual(decode(encode(records)), records);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

test('streams of all records come back, and encode again to the same bytes', () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { maxLength: 30 }), (records) => {
      const bytes = encode(records);
      const back = decode(bytes);
      assert.deepEqual(back, records);
      assert.deepEqual(encode(back), bytes);
    }),
    { seed: 2, numRuns: 500 },
  );
});

test('the order in which an object was built does not reach its bytes', () => {
  const a = encode([{ kind: 'output', record: { type: 'score', at: 1, n: 2, x: { p: 1, q: 2 } } }]);
  const b = encode([{ kind: 'output', record: { x: { q: 2, p: 1 }, n: 2, at: 1, type: 'score' } }]);
  assert.deepEqual(a, b);
});

const quote = [...syntheticQuotes(1)][0] as Extract<LogRecord, { kind: 'input' }>;
const trade = { type: 'trade', at: 1, receivedAt: 1, venue: 'v', symbol: 's', tradeId: 't', price: 1, amount: 1, direction: 'buy', kind: 'screen', packageId: null, iv: null, mark: null, index: null, late: false }; // prettier-ignore
const output = (record: unknown): unknown => ({ kind: 'output', record });
const REFUSED: [string, string, unknown][] = [
  ['NaN in a quote', 'event.bid', { kind: 'input', event: { ...quote.event, bid: Number.NaN } }],
  ['-0 in a quote', 'event.delta', { kind: 'input', event: { ...quote.event, delta: -0 } }],
  ['infinity in a quote', 'event.vega', { kind: 'input', event: { ...quote.event, vega: Infinity } }],
  ['undefined in a quote', 'event.mark', { kind: 'input', event: { ...quote.event, mark: undefined } }],
  ['text in a quote', 'event.index', { kind: 'input', event: { ...quote.event, index: '5' } }],
  ['no time', 'event.at', { kind: 'input', event: { ...quote.event, at: null } }],
  ['NaN received', 'event.receivedAt', { kind: 'input', event: { ...quote.event, receivedAt: Number.NaN } }],
  ['no symbol', 'event.symbol', { kind: 'input', event: { ...quote.event, symbol: undefined } }],
  ['lone surrogate', 'event.symbol', { kind: 'input', event: { ...quote.event, symbol: '\ud800' } }],
  ['trade without price', 'event.price', { kind: 'input', event: { ...trade, price: null } }],
  ['unknown trade kind', 'event.kind', { kind: 'input', event: { ...trade, kind: 'gift' } }],
  ['unknown direction', 'event.direction', { kind: 'input', event: { ...trade, direction: 'up' } }],
  ['no package', 'event.packageId', { kind: 'input', event: { ...trade, packageId: undefined } }],
  ['NaN in an output', 'record.b[1]', output({ type: 'score', b: [1, Number.NaN] })],
  ['-0 in an output', 'record.b0', output({ type: 'score', b0: -0 })],
  ['undefined in an output', 'record.x', output({ type: 'score', x: undefined })],
  ['typed array', 'record.x', output({ type: 'score', x: new Float64Array(2) })],
  ['no type', 'record.type', output({ at: 1 })],
  ['large record', 'record', output({ type: 'x', text: 'x'.repeat(1 << 24) })],
  ['other format', 'format', { ...META, format: 2 }],
  ['unknown kind', 'kind', { kind: 'guess' }],
];
for (const [name, field, record] of REFUSED)
  test(`refused with its field: ${name}`, () => {
    const encoder = new RecordEncoder(64);
    encoder.append(quote);
    const before = encoder.out.bytes.slice(0, encoder.out.length);
    const names = encoder.dictionary.snapshot();
    assert.throws(
      () => encoder.append(record as LogRecord),
      (error) => error instanceof RecordRefused && error.field === field && error.message.includes(field),
    );
    assert.deepEqual(encoder.out.bytes.slice(0, encoder.out.length), before);
    assert.deepEqual(encoder.dictionary.snapshot(), names);
  });

test('a refused record takes back the names it defined', () => {
  const encoder = new RecordEncoder();
  assert.throws(() =>
    encoder.append({ kind: 'input', event: { ...quote.event, symbol: 'NEW', bid: Number.NaN } } as LogRecord),
  );
  assert.deepEqual(encoder.dictionary.snapshot(), { strings: [], version: 0 });
});

test('a full dictionary is cleared by both sides at the same place', () => {
  const records: LogRecord[] = [];
  for (let i = 0; i < DICTIONARY_LIMIT + 10; i++)
    records.push({ kind: 'input', event: { type: 'index', at: i, receivedAt: i, venue: 'v', underlying: 'u', name: `n${i % (DICTIONARY_LIMIT + 3)}`, price: 1 } }); // prettier-ignore
  assert.deepEqual(decode(encode(records)), records);
  const encoder = new RecordEncoder();
  for (const record of records) encoder.append(record);
  // Behind v and u, n65533 is the last that fits; n65534 to n65538, v, u, n0 to n6 begin anew.
  const { strings, version } = encoder.dictionary.snapshot();
  assert.deepEqual([strings.length, strings[0]], [14, 'n65534']);
  assert.equal(version, DICTIONARY_LIMIT + 1 + strings.length);
});

test('junk is refused as corrupt, never read past its end', () => {
  const good = encode([quote]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(good.length - 1), (junk, cut) => {
      for (const bytes of [junk, good.subarray(1, 1 + cut)]) {
        try {
          new RecordDecoder().decode(bytes, 0, bytes.length);
        } catch (error) {
          assert.ok(error instanceof RecordCorrupt, String(error));
        }
      }
    }),
    { seed: 3, numRuns: 3000 },
  );
  for (let cut = 1; cut < good.length - 1; cut++)
    assert.throws(() => new RecordDecoder().decode(good.subarray(0, 1 + cut), 1, 1 + cut), RecordCorrupt);
});
