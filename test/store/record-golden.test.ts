/** Golden bytes: the format cannot drift unnoticed. A change here is a new FORMAT version, not a new expectation. */
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { LogDigest } from '../../src/store/log-digest.ts';
import { RecordEncoder, type LogRecord } from '../../src/store/record-codec.ts';
import { RecordStream } from '../../src/store/record-stream.ts';
import { blockPart, headPart, sealPart } from '../../src/store/segment.ts';

const RECORDS: readonly LogRecord[] = [
  { kind: 'meta', format: 1, code: '0.1.0', configuration: { b: [1, 2.5, null], a: 'ü' } },
  {
    kind: 'input',
    event: {
      type: 'quote', at: 1767225600123, receivedAt: 1767225600140, venue: 'deribit', symbol: 'BTC-27MAR26-90000-C',
      bid: 0.0345, ask: null, bidSize: 12.5, askSize: 0, mark: 0.03471, markIv: 1 / 3, forward: 91234.56,
      forwardName: 'BTC-27MAR26', index: 90000, delta: -0.52341, vega: 123456789.5, openInterest: 9007199254740991,
    },
  },
  {
    kind: 'input',
    event: {
      type: 'trade', at: 1767225600123, receivedAt: 1767225600100, venue: 'deribit', symbol: 'BTC-27MAR26-90000-C',
      tradeId: '42', price: 0.035, amount: 0.1, direction: 'sell', kind: 'block', packageId: 'p1', iv: 0.45, mark: null,
      index: 4294967296, late: true,
    },
  },
  { kind: 'input', event: { type: 'index', at: 0.5, receivedAt: 1e300, venue: 'deribit', underlying: 'BTC', name: 'btc_usd', price: 1e21 } },
  { kind: 'input', event: { type: 'timer', at: 1, receivedAt: 2 } },
  { kind: 'output', record: { type: 'score', n: 3, pz: 1e-7, note: null } },
]; // prettier-ignore

const FRAMES: readonly string[] = [
  '48127b22636f6465223a22302e312e30222c22636f6e66696775726174696f6e223a7b2261223a22c3bc222c2262223a5b312c322e352c6e756c6c5d7d2c22666f726d6174223a317d',
  '6401067ba8da769b01011101076465726962697402134254432d32374d415232362d39303030302d43030b4254432d32374d41523236425901ff117d00528f0df0555555555555d53f2380368b03905f015a75ccf000000056346f9d4107ffffffffffff1f',
  '2002067ba8da769b01091701023a02343202703131231101212dff050000000001',
  '24031105f09c7500883ce4377e01040342544305076274635f757364f050efe2d6e41a4b44',
  '27107b226174223a312c2272656365697665644174223a322c2274797065223a2274696d6572227d',
  '2d117b226e223a332c226e6f7465223a6e756c6c2c22707a223a31652d372c2274797065223a2273636f7265227d',
]; // prettier-ignore
const PARTS: readonly string[] = [
  '564c4f47a2000000000000000000000000001c40020000006476ec4f519920f57b2264696374696f6e617279223a7b22737472696e6773223a5b2261225d2c2276657273696f6e223a327d2c22646967657374223a2264356232396537643263633831346535356434333863346537396332616139346361373634333333336165623237363936623534636339363462626262353230222c22666f726d6174223a312c227072656465636573736f72223a6e756c6c2c227365676d656e74223a337d',
  '56424c4b49000000010000000000000000000000000000003ad5b02d4595a63048127b22636f6465223a22302e312e30222c22636f6e66696775726174696f6e223a7b2261223a22c3bc222c2262223a5b312c322e352c6e756c6c5d7d2c22666f726d6174223a317d',
  '56454e44d000000001000000000000000000204002000000c8bf1457c252e6b47b2264696374696f6e617279223a6e756c6c2c22646967657374223a2264356232396537643263633831346535356434333863346537396332616139346361373634333333336165623237363936623534636339363462626262353230222c226c61737452656365697665644174223a352c227265636f726473223a312c227365616c223a2234666563396633383538383464643139373332366637316435396265656431643462643534356630313130656661323338393435376235636338636133663231227df00000005646494e',
]; // prettier-ignore

test('frames', () => {
  const encoder = new RecordEncoder();
  const frames = RECORDS.map((record) => {
    const start = encoder.out.length;
    encoder.append(record);
    return Buffer.from(encoder.out.bytes.slice(start, encoder.out.length)).toString('hex');
  });
  assert.deepEqual(frames, FRAMES);
});

test('digest of the stream', () => {
  const stream = new RecordStream();
  const origin = createHash('sha256').update('vernier log 1').digest();
  assert.equal(stream.digest(), origin.toString('hex'));
  for (const record of RECORDS) stream.append(record);
  const byHand = createHash('sha256')
    .update(origin)
    .update(Buffer.from(FRAMES.join(''), 'hex'));
  assert.equal(stream.digest(), byHand.digest('hex'));
});

test('parts of a segment', () => {
  const digest = new LogDigest().value();
  const head = headPart({ segment: 3, predecessor: null, digest, dictionary: { strings: ['a'], version: 2 } }, 7);
  const stream = new RecordStream({ keepFrames: true });
  stream.append(RECORDS[0]);
  const block = blockPart(stream.take());
  const seal = sealPart(head, { records: 1, digest, dictionary: null, lastReceivedAt: 5 }, 8, 2);
  assert.deepEqual([head, block, seal.bytes].map((part) => part.toString('hex')), PARTS); // prettier-ignore
});
