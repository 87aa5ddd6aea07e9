import { test } from 'node:test';
import assert from 'node:assert/strict';
import { fileName, toCsv } from '../../dashboard/src/table.ts';

test('CSV keeps full precision, quotes what needs it and leaves nothing for a spreadsheet to run', () => {
  const csv = toCsv({
    caption: 'x',
    columns: [{ name: 'symbol' }, { name: 'σ bid', unit: '%', decimals: 2 }, { name: 'why' }],
    rows: [
      ['BTC-1', 45.123456789, 'a "quoted", text'],
      ['=cmd()', -0.5, '+1'],
      ['line\nbreak', null, ''],
      ['nan', NaN, '-'],
    ],
  });
  assert.equal(
    csv,
    'symbol,σ bid [%],why\r\nBTC-1,45.123456789,"a ""quoted"", text"\r\n\'=cmd(),-0.5,\'+1\r\n"line\nbreak",,\r\nnan,,\'-\r\n',
  );
});

test('a file name says what and when, in letters that every system takes', () => {
  assert.equal(fileName('deribit:BTC Smile of 27 Mar 26', '2026-02-05T21:29:03Z', 'csv'), 'vernier-deribit-btc-smile-of-27-mar-26-2026-02-05212903.csv');
  assert.equal(fileName('Health', null, 'png'), 'vernier-health.png');
  assert.equal(fileName('Health', NaN, 'png'), 'vernier-health.png');
}); // prettier-ignore
