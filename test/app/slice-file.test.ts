import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsvError, cellText, formatCell, parseCell, parseCsv, quoteCell } from '../../src/app/csv.ts';
import { isSliceHeader, readSliceFile } from '../../src/app/slice-file.ts';
import { readSmileJson } from '../../src/app/smile-json.ts';
import { impliedVolatility } from '../../src/numeric/implied-volatility.ts';

test('cells restore every double, and say inf, -inf and nothing', () => {
  for (const v of [0.1, -0, 1 / 3, 5e-324, 1.7976931348623157e308, 123456789.12345679, 1e21, -2.5e-7]) {
    assert.ok(Object.is(parseCell(formatCell(v)), v), `${v}`);
  }
  assert.deepEqual([Infinity, -Infinity, NaN].map(formatCell), ['inf', '-inf', '']);
  assert.deepEqual(['inf', '-inf', 'nan', '', 'x'].map(parseCell), [Infinity, -Infinity, NaN, NaN, NaN]);
});

test('a CSV without rows, with a byte-order mark, with CRLF, with a ragged line', () => {
  assert.deepEqual(parseCsv('a, b\r1,2\r'), { columns: ['a', 'b'], rows: [['1', '2']], lines: [2] });
  assert.deepEqual(parseCsv('\uFEFFa, b\r\n1,2\r\n'), { columns: ['a', 'b'], rows: [['1', '2']], lines: [2] });
  assert.deepEqual(parseCsv('a\n').rows, []);
  assert.throws(() => parseCsv(''), /empty/);
  assert.throws(
    () => parseCsv('a,b\n1\n'),
    (e) => e instanceof CsvError && /line 2 has 1 cells/.test(e.message),
  );
});

test('slices are ordered by T and k; bid and ask in coin become volatilities and error bars', () => {
  const text = [
    'slice,T,F,K,iv,bid,ask',
    'far,0.5,100,110,0.5,0.09,0.11',
    'near,0.1,100,105,0.5,,0.06',
    'near,0.1,100,95,0.5,,',
    'near,0.1,100,90,0.6,0.01,0.02',
  ].join('\n');
  assert.ok(isSliceHeader(text.split('\n')[0]) && !isSliceHeader('slice,T,F,iv'));
  const { slices, refused } = readSliceFile(text);
  assert.deepEqual(refused, []);
  assert.deepEqual(
    slices.map((s) => s.slice),
    ['near', 'far'],
  );
  const { k, sigma, sigmaBid, sigmaAsk, errorBar } = slices[0].quotes;
  assert.deepEqual(Array.from(sigma), [0.6, 0.5, 0.5]);
  assert.ok(Math.abs(k[0] - Math.log(0.9)) < 1e-15 && k[0] < k[1] && k[1] < k[2]);
  const ask = impliedVolatility({ side: 'put', forward: 100, strike: 90, years: 0.1, price: 2 }).sigma;
  const bid = impliedVolatility({ side: 'put', forward: 100, strike: 90, years: 0.1, price: 1 }).sigma;
  assert.ok(Math.abs(sigmaAsk[0] - ask) < 1e-12 && Math.abs(sigmaBid[0] - bid) < 1e-12);
  assert.ok(Number.isNaN(sigmaBid[1]) && Number.isNaN(sigmaBid[2]) && sigmaAsk[2] > 0);
  const half = (ask - bid) / 2;
  assert.ok(Math.abs(errorBar[0] - Math.sqrt(0.16 * half * half + 1e-6)) < 1e-12, `${errorBar[0]}`);
  // No ask: the widest bar of the expiry. No prices in the whole expiry: the floor.
  assert.equal(errorBar[1], Math.max(errorBar[0], errorBar[2]));
  const plain = readSliceFile('slice,T,F,k,iv\n1,0.1,1,0,0.5\n').slices[0].quotes;
  assert.equal(plain.errorBar[0], 0.001);
});

test('lines out of domain are named and left out; a missing column is an error that names it', () => {
  const { slices, refused } = readSliceFile('slice,T,F,k,iv\n1,0.1,0,0,0.5\n1,0.1,1,x,0.5\n1,0.1,1,0,0.5\n');
  assert.deepEqual(refused, ['line 2: F is 0', 'line 3: k is NaN (K NaN)']);
  assert.equal(slices[0].quotes.k.length, 1);
  assert.throws(() => readSliceFile('slice,T,k,iv\n'), /no column F/);
});

test('empty lines are skipped without moving line numbers; quoted cells keep their commas', () => {
  const table = parseCsv('\n"a",b\r\n\r\n"1, ""x""",2\n\n');
  assert.deepEqual(table, { columns: ['a', 'b'], rows: [['"1, ""x"""', '2']], lines: [4] });
  assert.equal(cellText(' "1, ""x""" '), '1, "x"');
  assert.equal(quoteCell('1, "x"'), '"1, ""x"""');
  assert.equal(parseCell('"2.5"'), 2.5);
  assert.throws(() => parseCsv('a,b\n"1,2\n'), /line 2: a quote is not closed/);
  const { refused } = readSliceFile('slice,T,F,k,iv\n\n1,0.1,0,0,0.5\n1,0.1,1,0,0.5\n');
  assert.deepEqual(refused, ['line 3: F is 0']);
});

test("a line whose T is not its slice's is left out and named", () => {
  const { slices, refused } = readSliceFile('slice,T,F,k,iv\na,0.1,1,0,0.5\na,0.2,1,0.1,0.5\n');
  assert.deepEqual(refused, ['line 3: T is 0.2; slice a began with 0.1']);
  assert.equal(slices[0].quotes.k.length, 1);
});

test('a smile document is the slice file of its expiry', () => {
  const document = { forward: 100, expiry_years: 0.25, expiry_date: '2030-01-02', market_vols: [[110, 0.4], [90, 0.5], [95, 0]] }; // prettier-ignore
  const file = readSmileJson(JSON.stringify(document));
  assert.deepEqual(file?.refused, ['line 4: iv is 0']);
  assert.equal(file?.slices[0].slice, '2030-01-02');
  assert.deepEqual(Array.from(file?.slices[0].quotes.sigma ?? []), [0.5, 0.4]);
  assert.equal(file?.slices[0].quotes.k[0], Math.log(0.9));
  assert.equal(readSmileJson('{"forward":1}'), undefined);
  assert.equal(readSmileJson('{'), undefined);
});
