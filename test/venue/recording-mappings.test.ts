/** Mapping files: the shipped ones on the files they describe, and what a user's own may say or get wrong. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { MarketEvent } from '../../src/market/event.ts';
import { loadMapping, parseMapping } from '../../src/venue/recording/mapping-file.ts';
import { openRecording } from '../../src/venue/recording/open.ts';
import { RecordingError } from '../../src/venue/recording/recording-error.ts';
import { DATA, NO_DATA, badNumber, eventsOf, ofType, refusals } from './recording-chain.ts';

const EXAMPLES = new URL('../../examples/mappings/', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'mapping-'));
after(() => rmSync(scratch, { recursive: true }));

interface Expectation {
  readonly map: string;
  readonly file: string;
  readonly counts: Partial<Record<MarketEvent['type'], number>>;
  /** Fields of one event, found by its symbol (or of the first event of a kind). */
  readonly row: Record<string, unknown> & { type: MarketEvent['type'] };
}

const EXPECTED: readonly Expectation[] = [
  {
    map: 'deribit-full-ticker-options',
    file: 'chains/deribit_full_ticker_BTC/20260114_options_raw.csv.gz',
    counts: { instrument: 656, quote: 656, 'snapshot-end': 1 },
    row: {
      type: 'quote', symbol: 'BTC-15JAN26-100000-C', bid: null, ask: 0.0001, bidSize: null, askSize: 2.5, mark: 0,
      markIv: 0.485, forward: 96733.3563, forwardName: 'SYN.BTC-15JAN26', index: 96744.36, delta: 0.00982,
      openInterest: 138.8,
    },
  },
  {
    map: 'deribit-full-ticker-futures',
    file: 'chains/deribit_full_ticker_BTC/20260114_futures_raw.csv.gz',
    counts: { future: 9 },
    row: { type: 'future', symbol: 'BTC-PERPETUAL', expiry: null, bid: 96719.5, ask: 96720, mark: 96721.82, funding8h: -7.7e-7 },
  },
  {
    map: 'deribit-order-books-python',
    file: 'chains/deribit_BTC_2020-05-21_with_books.csv.gz',
    counts: { instrument: 326, quote: 326, 'snapshot-end': 1 },
    row: {
      type: 'quote', symbol: 'BTC-22MAY20-9250-P', bid: 0.02, ask: 0.023, bidSize: 9, markIv: 85.05 / 100, delta: -0.73032,
      vega: 0.94545, forward: 9096.11,
    },
  },
  {
    map: 'optionsdx-eod',
    file: 'chains/deribit_BTC_eod_2021-06_optionsdx.txt.gz',
    counts: { instrument: 1278, quote: 12_134, 'snapshot-end': 30 },
    row: {
      type: 'quote', symbol: 'BTC-1JUN21-30000-P', at: 1_622_520_046_000, bid: null, ask: 0.0005, askSize: 43, mark: null,
      markIv: 1.4958, index: null, forward: 36662.88, openInterest: 26.8,
    },
  },
  {
    map: 'deribit-ui-export',
    file: 'chains/deribit_ui_export/ETH-27SEP24-export.csv',
    counts: { instrument: 108, quote: 108, 'snapshot-end': 1 },
    row: {
      type: 'quote', symbol: 'ETH-27SEP24-12000-C', bid: 0.007, ask: 0.0085, bidSize: 273, askSize: 414, mark: 0.0079,
      delta: 0.04051, openInterest: 1022,
    },
  },
  {
    map: 'deribit-book-summary',
    file: 'chains/deribit_rest_book_summary_BTC_2025-06-15.json.gz',
    counts: { instrument: 746, quote: 746, 'snapshot-end': 1 },
    row: { type: 'quote', symbol: 'BTC-16JUN25-111000-P', bid: 0.0435, ask: 0.064, markIv: 0.3788, index: 105383.56, delta: null },
  },
  {
    map: 'deribit-chain-by-expiry',
    file: 'chains/deribit_BTC_2026-02-07_8expiries.json.gz',
    counts: { instrument: 536, quote: 536, 'snapshot-end': 1 },
    row: { type: 'quote', at: Date.UTC(2026, 1, 7, 18, 39, 23, 889), symbol: 'BTC-8FEB26-50000-P', bid: null, ask: 0.0001, markIv: 2.2547 },
  },
  {
    map: 'quantflow-volsurface',
    file: 'chains/deribit_BTC_2026-05-21_quantflow_volsurface.json.gz',
    counts: { index: 1, future: 12, instrument: 387, quote: 387, 'snapshot-end': 1 },
    row: { type: 'quote', at: Date.UTC(2026, 4, 21, 10, 4, 10, 269), symbol: 'BTC-22MAY26-74000-P', bid: 0.0001, ask: 0.0002, openInterest: 1003 },
  },
  {
    map: 'deribit-ticker-dotted',
    file: 'TESTNET_not_market/deribit_testnet_BTC_2021-02-11.csv.gz',
    counts: { instrument: 488, quote: 976, 'snapshot-end': 2 },
    row: { type: 'quote', venue: 'deribit-testnet', symbol: 'BTC-13FEB21-37500-C', bid: null, ask: 0.221, markIv: 1.2425, delta: 0.99323 },
  },
  {
    map: 'deribit-ticks',
    file: 'ticks/deribit_option_ticker_2020-03-13_105859_head.csv',
    counts: { instrument: 49, quote: 56, refused: 1 },
    row: { type: 'quote', at: 1_584_097_139_988, symbol: 'ETH-24APR20-170-P', bid: 0.37, ask: 0.4565, markIv: 1.1264, vega: 0.15068 },
  },
  {
    map: 'spot-polls',
    file: 'trades/spot_polls_SOL_HYPE.csv.gz',
    counts: { index: 854, refused: 2 },
    row: { type: 'index', underlying: 'SOL', price: 73.7755 },
  },
  {
    map: 'cboe-chain',
    file: 'equity/cboe_SPX_2026-07-22.csv.gz',
    counts: { instrument: 29_364, quote: 29_364, 'snapshot-end': 2 },
    row: { type: 'quote', venue: 'cboe', symbol: 'SPX260821P00200000', bid: null, ask: 0.05, markIv: 3.4462 },
  },
]; // prettier-ignore

test('every shipped mapping is valid and has an expectation here', async () => {
  const shipped = readdirSync(EXAMPLES).map((name) => name.replace('.yaml', ''));
  assert.deepEqual(shipped.sort(), EXPECTED.map((e) => e.map).sort());
  for (const name of shipped) assert.equal((await loadMapping(join(EXAMPLES, `${name}.yaml`))).name, name);
});

for (const { map, file, counts, row } of EXPECTED) {
  test(`${map} on the file it describes`, { skip: NO_DATA }, async () => {
    const events: MarketEvent[] = [];
    const options = { map: join(EXAMPLES, `${map}.yaml`) };
    for await (const batch of openRecording([join(DATA, file)], options)) events.push(...batch);
    const counted: Record<string, number> = {};
    for (const event of events) counted[event.type] = (counted[event.type] ?? 0) + 1;
    assert.deepEqual(counted, counts);
    const found = events.find(
      (e) => e.type === row.type && (!('symbol' in row) || ('symbol' in e && e.symbol === row['symbol'])),
    );
    assert.deepEqual({ ...found, ...row }, { ...found });
    for (const event of events) assert.equal(badNumber(event), null);
  });
}

const ROOTS = `name: roots
venue: exchange
format: csv
snapshot: file
time: { column: t, format: yyyy-MM-dd, at: "20:15" }
instrument:
  symbol: option
  underlying: { column: option, extract: "^([A-Z]+)[0-9]" }
  expiry:
    column: expiry
    format: yyyy-MM-dd
    at: "20:00"
    at_where: [{ column: option, matches: "^SPX[0-9]", at: "13:30" }]
  strike: strike
  side: { column: right, call: C, put: P }
  settlement: linear
quote: { bid: bid, ask: ask }
`;

test('options of one day that settle in the morning and at the close are two expiries', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vernier-roots-'));
  const file = join(folder, 'chain.csv');
  const map = join(folder, 'roots.yaml');
  writeFileSync(map, ROOTS);
  const rows = ['SPX260821C06000000', 'SPXW260821C06000000'].map((o) => `2026-07-22,2026-08-21,C,6000,${o},1,2`);
  writeFileSync(file, ['t,expiry,right,strike,option,bid,ask', ...rows].join('\n'));
  const found: [string, string][] = [];
  for await (const batch of openRecording([file], { map }))
    for (const e of batch)
      if (e.type === 'instrument') found.push([e.instrument.underlying, new Date(e.instrument.expiry).toISOString()]);
  writeFileSync(map, ROOTS.replace('{ column: option, extract: "^([A-Z]+)[0-9]" }', '{ constant: SPX }'));
  const merged = await eventsOf({ 'chain.csv': readFileSync(file) }, { map });
  rmSync(folder, { recursive: true });
  assert.deepEqual(refusals(merged), { 'second-expiry-of-day expiry': 1 });
  assert.equal(ofType(merged, 'quote').length, 1);
  assert.deepEqual(found, [
    ['SPX', '2026-08-21T13:30:00.000Z'],
    ['SPXW', '2026-08-21T20:00:00.000Z'],
  ]);
  assert.deepEqual(mistakes(ROOTS.replace('  symbol: option\n', '').replace('"13:30"', '"25:30"')).length > 0, true);
});

const MINIMAL = `name: own
venue: own-recorder
format: csv
snapshot: time
time: { column: t, format: iso }
instrument: { symbol: s }
quote: { bid: b }
`;

function mistakes(text: string): [number, number, string][] {
  try {
    parseMapping(text, 'own.yaml');
  } catch (error) {
    assert.ok(error instanceof RecordingError);
    assert.deepEqual([error.file, error.reason, error.retryable], ['own.yaml', 'mapping-invalid', false]);
    for (const p of error.problems) assert.ok(error.message.includes(`${p.line}:${p.column}: `), error.message);
    return error.problems.map((p) => [p.line, p.column, p.path]);
  }
  return [];
}

test('mistakes in a mapping are reported with line, column and path', () => {
  assert.deepEqual(mistakes(MINIMAL), []);
  assert.deepEqual(mistakes(MINIMAL.replace('csv', 'tsv')), [[3, 1, 'format']]);
  assert.deepEqual(mistakes(`${MINIMAL}  bidd: x\n`), [[8, 1, '']]);
  assert.deepEqual(mistakes(MINIMAL.replace('{ bid: b }', '{ bid: b, bidd: c }')), [[7, 18, 'quote.bidd']]);
  assert.deepEqual(mistakes(MINIMAL.replace('iso', 'isso')), [[5, 20, 'time.format']]);
  assert.deepEqual(mistakes(MINIMAL.replace('bid: b', 'bid: { column: b, unit: cents }')), [[7, 28, 'quote.bid.unit']]);
  assert.deepEqual(mistakes(MINIMAL.replace('bid: b', 'mark_iv: { unit: percent }')), [[7, 10, 'quote.mark_iv']]);
  assert.deepEqual(mistakes(MINIMAL.replace('instrument: { symbol: s }\n', '')), [[1, 1, 'instrument']]);
  assert.deepEqual(mistakes(MINIMAL.replace('{ symbol: s }', '{ strike: k }')), [[6, 1, 'instrument']]);
  assert.deepEqual(mistakes(MINIMAL.replace('format: csv', 'format: json')), [[1, 1, 'rows']]);
  assert.deepEqual(mistakes(MINIMAL.replace('column: t', 'file_name: "t"')), [[5, 9, 'time.file_name']]);
  assert.equal(mistakes('').length > 0, true);
  assert.equal(mistakes('just text').length > 0, true);
  assert.equal(mistakes('- a\n- b').length > 0, true);
});

async function mapped(mapping: string, file: string, name: string = 'file.csv'): Promise<MarketEvent[]> {
  const path = join(scratch, 'own.yaml');
  writeFileSync(path, mapping);
  return eventsOf({ [name]: Buffer.from(file) }, { map: path });
}

test('a column that the file does not have is an error naming it and those it has', async () => {
  await assert.rejects(mapped(MINIMAL, 't,s,bid\n'), (error) => {
    assert.ok(error instanceof RecordingError);
    assert.equal(error.reason, 'column-absent');
    assert.match(error.message, /no column "b"; it has: t, s, bid/);
    return true;
  });
});

test('units, missing spellings, scale, delimiter and time patterns', async () => {
  const mapping = `name: own
venue: own-recorder
format: csv
csv: { delimiter: ";" }
snapshot: time
missing: [n/a, -1]
time: { column: when, format: "dd.MM.yyyy HH:mm" }
instrument: { symbol: s }
quote:
  bid: { column: bid_usd, unit: usd }
  mark_iv: { column: iv, unit: percent }
  vega: { column: vega, scale: 0.01 }
  index: spot
`;
  const rows = ['when;s;bid_usd;iv;vega;spot', '04.02.2026 04:24;BTC-27MAR26-90000-C;4500;45;12000;90000'];
  const [quote] = ofType(
    await mapped(mapping, [...rows, '04.02.2026 04:24;BTC-27MAR26-91000-C;-1.0;n/a;;90000'].join('\n')),
    'quote',
  );
  assert.deepEqual([quote.at, quote.bid, quote.markIv, quote.vega], [Date.UTC(2026, 1, 4, 4, 24), 0.05, 0.45, 120]);
  const [, second] = ofType(
    await mapped(mapping, [...rows, '04.02.2026 04:24;BTC-27MAR26-91000-C;-1.0;n/a;;90000'].join('\n')),
    'quote',
  );
  assert.deepEqual([second.bid, second.markIv, second.vega], [null, null, null]);
  const noIndex = await mapped(mapping, [rows[0], '04.02.2026 04:24;BTC-27MAR26-90000-C;4500;45;12000;'].join('\n'));
  assert.deepEqual(refusals(noIndex), { 'missing index': 1 });
});

test('time spellings: seconds, microseconds, file name', async () => {
  const at = async (time: string, cell: string, name?: string) => {
    const text = MINIMAL.replace('{ column: t, format: iso }', time);
    return (await mapped(text, `t,s,b\n${cell},BTC-27MAR26-90000-C,0.1\n`, name))[0].at;
  };
  const expected = Date.UTC(2026, 1, 4, 4, 24, 3);
  assert.equal(await at('{ column: t, format: epoch-s }', '1770179043.263'), expected + 263);
  assert.equal(await at('{ column: t, format: epoch-us }', '1770179043263999'), expected + 263);
  assert.equal(await at('{ column: t, format: epoch-ns }', '1770179043263999000'), expected + 263);
  assert.equal(await at('{ column: t, format: iso }', '2026-02-04T06:24:03+02:00'), expected);
  assert.equal(
    await at(String.raw`{ file_name: '_(\d{8}T\d{6})Z', format: "yyyyMMddTHHmmss" }`, 'x', 'snap_20260204T042403Z.csv'),
    expected,
  );
  const wrong = await mapped(MINIMAL, 't,s,b\n2026-02-30,BTC-27MAR26-90000-C,0.1\n');
  assert.deepEqual(refusals(wrong), { 'not-a-time time': 1 });
});

test('a print whose volatility is 0 has none', async () => {
  const text = MINIMAL.replace(
    'quote: { bid: b }',
    `trade:
  id: i
  price: p
  amount: a
  direction: { column: d, buy: B, sell: S }
  iv: v`,
  ).replace('snapshot: time', 'snapshot: none');
  const rows = [
    't,s,i,p,a,d,v',
    '2026-02-04,BTC-27MAR26-90000-C,1,0.1,2,S,0',
    '2026-02-04,BTC-27MAR26-90000-C,2,0.1,2,X,0.5',
  ];
  const events = await mapped(text, rows.join('\n'));
  assert.deepEqual(
    ofType(events, 'trade').map((trade) => [trade.tradeId, trade.direction, trade.iv]),
    [['1', 'sell', null]],
  );
  assert.deepEqual(refusals(events), { 'unknown-side direction': 1 });
});

test('options without names are composed, others keep their own name', async () => {
  const mapping = `name: own
venue: own-recorder
format: jsonl
snapshot: none
time: { column: t, format: epoch-ms }
instrument:
  underlying: u
  expiry: { column: e, format: d-MMM-yy, at: "08:00" }
  strike: k
  side: { column: cp, call: [1, call], put: [0, put] }
quote: { bid: q.bid }
`;
  const row = (more: object) =>
    JSON.stringify({ t: 1_770_179_043_000, u: 'XRP_USDC', e: '5-Feb-26', k: 0.625, cp: 1, q: { bid: '0.1' }, ...more });
  const lines = [
    row({}),
    row({ u: 'BTC', k: 90000, cp: 'put' }),
    row({ cp: 2 }),
    row({ k: null }),
    row({ e: '31-Feb-26' }),
  ];
  const events = await mapped(mapping, lines.join('\n'));
  assert.deepEqual(
    ofType(events, 'quote').map((q) => [q.symbol, q.bid]),
    [
      ['XRP_USDC-5FEB26-0d625-C', 0.1],
      ['BTC-5FEB26-90000-P', 0.1],
    ],
  );
  assert.deepEqual(refusals(events), { 'unknown-side side': 1, 'missing strike': 1, 'not-a-time expiry': 1 });
  const [linear, inverse] = ofType(events, 'instrument');
  assert.deepEqual([linear.instrument.settlement, linear.instrument.expiry], ['linear', Date.UTC(2026, 1, 5, 8)]);
  assert.deepEqual([inverse.instrument.settlement, inverse.instrument.premiumCurrency], ['inverse', 'BTC']);
});
