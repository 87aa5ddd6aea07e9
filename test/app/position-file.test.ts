/** A file of positions: every row that cannot be used is named by line, field and value, and costs nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsvError, parseCsv } from '../../src/app/csv.ts';
import { readPositions } from '../../src/app/position-file.ts';

test('rows that cannot be used are named by their own line; the others are held', () => {
  const { positions, refused } = readPositions(
    [
      'instrument,size,entry,account',
      '',
      '"BTC-27MAR26-80000-C", "2" ,,"desk, one"',
      'BTC-27MAR26-80000-C,abc,,',
      'BTC-31FEB26-80000-C,1,,',
      'BTC,1,2',
      'BTC,"1,,',
      'BTC-PERPETUAL,1e308,,',
      'BTC-PERPETUAL,inf,,',
      'BTC-PERPETUAL,100,-5,',
      'BTC-PERPETUAL,100,nan,',
      'BTC-PERPETUAL,100,0,',
      ',1,,',
      'USDC,-20000,,b',
      'BTC-27MAR26-60000-P,0,,',
    ].join('\n'),
  );
  assert.deepEqual(
    positions.map((p) => [p.kind === 'equity' ? p.currency : p.symbol, p.size, p.account]),
    [
      ['BTC-27MAR26-80000-C', 2, 'desk, one'],
      ['USDC', -20_000, 'b'],
      ['BTC-27MAR26-60000-P', 0, 'default'],
    ],
  );
  assert.deepEqual(refused, [
    'line 4: size is abc (BTC-27MAR26-80000-C)',
    'line 5: instrument is BTC-31FEB26-80000-C',
    'line 6: 3 cells; the header has 4',
    'line 7: a quote is not closed',
    'line 8: size is 1e+308, beyond 1000000000000 (BTC-PERPETUAL)',
    'line 9: size is inf (BTC-PERPETUAL)',
    'line 10: entry is -5, not in 0 to 1000000000000 (BTC-PERPETUAL)',
    'line 11: entry is nan (BTC-PERPETUAL)',
    'line 12: entry is 0 (BTC-PERPETUAL)',
    'line 13: instrument is empty',
  ]);
});

test('a text that is no file of positions is refused whole, and says what it is', () => {
  assert.throws(() => readPositions(''), CsvError);
  assert.throws(() => readPositions('a,b\n1,2'), /no column instrument; it has a, b/);
  assert.throws(() => readPositions('{"positions":3}'), /needs a list/);
  assert.throws(() => readPositions('[{bad'), /no JSON/);
  assert.throws(() => readPositions('"instrument,size\nBTC,1'), /line 1: a quote is not closed/);
});

test('where nobody asks to be told, a broken line still costs the file', () => {
  assert.throws(() => parseCsv('a,b\n1,2\n3'), /line 3 has 1 cells; the header has 2/);
  const told: string[] = [];
  const { rows, lines } = parseCsv('a,b\n1,2\n3\n4,5', (line, says) => told.push(`${line} ${says}`));
  assert.deepEqual([rows, lines, told], [[['1', '2'], ['4', '5']], [2, 4], ['3 1 cells; the header has 2']]); // prettier-ignore
});
