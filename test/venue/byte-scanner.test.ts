/** The byte scanner against JSON.parse: what it accepts is the same bit for bit, what it declines is only declined. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ByteScanner } from '../../src/venue/byte-scanner.ts';
import { TICKER_SHAPE, tickerValues } from '../../src/venue/deribit/ticker.ts';
import { NO_CAPTURES, cryptofeedFrames, tardisFrames } from './deribit-captures.ts';

const encoder = new TextEncoder();
const scanner = new ByteScanner(TICKER_SHAPE);

/** A ticker frame around the text of its data. */
const frameOf = (data: string, symbol = 'BTC-27MAR26-90000-C'): string =>
  `${TICKER_SHAPE.prefix}${symbol}.100ms${TICKER_SHAPE.infix}${data}${TICKER_SHAPE.suffix}`;

/** Accepts only what JSON.parse accepts, with the same values; returns whether it accepted. */
function agrees(frame: string): boolean {
  const accepted = scanner.scan(encoder.encode(frame));
  if (!accepted) return false;
  const { params } = JSON.parse(frame) as { params: { data: unknown } };
  const expected = tickerValues(params.data)!;
  expected.forEach((value, i) =>
    assert.ok(
      Object.is(scanner.values[i], value),
      `${TICKER_SHAPE.fields[i]}: ${String(scanner.values[i])} is not ${String(value)} in ${frame}`,
    ),
  );
  return true;
}

test('every captured ticker is accepted with the values of JSON.parse', { skip: NO_CAPTURES }, () => {
  const frames = [...cryptofeedFrames().map((f) => f.frame), ...tardisFrames()].filter((f) =>
    f.startsWith(TICKER_SHAPE.prefix),
  );
  assert.ok(frames.length > 90);
  for (const frame of frames) assert.ok(agrees(frame), frame);
});

test('numbers of every JSON spelling are read bit for bit', () => {
  const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,22})?([eE][+-]?\d{1,3})?$/);
  fc.assert(
    fc.property(digits, (number) =>
      assert.ok(agrees(frameOf(`{"mark_price":${number},"greeks":{"delta":${number}}}`))),
    ),
    { numRuns: 4_000, seed: 4 },
  );
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) =>
      assert.ok(agrees(frameOf(`{"best_bid_price":${x}}`))),
    ),
    { numRuns: 4_000, seed: 5 },
  );
});

test('generated tickers, with unknown and nested members and any spacing, are read bit for bit', () => {
  const scalar = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constant(null),
    fc.boolean(),
    fc.stringMatching(/^[ -!#-[\]-~]{0,12}$/),
  );
  const known = fc.constantFrom(...TICKER_SHAPE.fields.map((f) => f.split('.').at(-1)!));
  const unknown = fc.stringMatching(/^x[a-z_]{1,14}$/);
  const member = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(unknown, scalar, { maxKeys: 4 }));
  const data = fc.record({
    values: fc.dictionary(known, scalar, { maxKeys: 12 }),
    others: fc.dictionary(unknown, member, { maxKeys: 6 }),
    greeks: fc.dictionary(fc.oneof(known, unknown), scalar, { maxKeys: 6 }),
    space: fc.constantFrom(0, 1, 2),
  });
  let accepted = 0;
  fc.assert(
    fc.property(data, ({ values, others, greeks, space }) => {
      if (agrees(frameOf(JSON.stringify({ ...values, ...others, greeks }, null, space)))) accepted += 1;
    }),
    { numRuns: 2_000, seed: 6 },
  );
  assert.equal(accepted, 2_000);
});

test('what is not plain JSON is declined, never misread', () => {
  const declined = [
    '{"mark_price":01}',
    '{"mark_price":1.}',
    '{"mark_price":.5}',
    '{"mark_price":+1}',
    '{"mark_price":1e}',
    '{"mark_price":--1}',
    '{"mark_price":NaN}',
    '{"mark_price":nul}',
    '{"mark_price":1,}',
    '{"mark_price" 1}',
    '{mark_price:1}',
    '{"mark_price":1}}',
    '{"mark_price":{"a":1}}',
    '{"mark_price":[1]}',
    '{"greeks":{"delta":1},"greeks":{}}',
    '{"greeks":null}',
    '{"state":"a\\u0062"}',
    '{"state":"é"}',
    '{"state":"tab\there"}',
    '{"a":[1,2}',
    '{"a":"unended}',
    '{',
    '',
    `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`,
  ];
  for (const data of declined) assert.equal(scanner.scan(encoder.encode(frameOf(data))), false, data);
  assert.equal(scanner.scan(encoder.encode(`${frameOf('{}')} `)), false, 'text after the end');
  assert.equal(scanner.scan(encoder.encode('{"jsonrpc":"2.0"}')), false, 'another message');
  assert.ok(agrees(frameOf('{}')), 'an empty ticker is a ticker');
});

test('every prefix of a message is declined', () => {
  const bytes = encoder.encode(
    frameOf('{"timestamp":1,"state":"open","greeks":{"delta":-0.5},"stats":{"low":null,"x":[1,{}]}}'),
  );
  assert.ok(scanner.scan(bytes));
  for (let end = 0; end < bytes.length; end++)
    assert.equal(scanner.scan(bytes.subarray(0, end)), false, `length ${end}`);
});

test('mutated messages never give a value that JSON.parse would not', () => {
  const base = encoder.encode(
    frameOf(
      '{"timestamp":1609459200000,"best_bid_price":0.0365,"state":"open","greeks":{"delta":-0.98566,"vega":1e-05},"open_interest":533.2}',
    ),
  );
  fc.assert(
    fc.property(fc.nat(base.length - 1), fc.nat(255), (place, byte) => {
      const mutated = Uint8Array.from(base);
      mutated[place] = byte;
      agrees(new TextDecoder().decode(mutated));
    }),
    { numRuns: 6_000, seed: 7 },
  );
});
