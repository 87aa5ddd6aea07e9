/** Built-in dialects of recordings: what each row means, in which order it comes, what a snapshot is. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { MarketEvent } from '../../src/market/event.ts';
import { detectDialect, openRecording } from '../../src/venue/recording/open.ts';
import type { RecordingOptions } from '../../src/venue/recording/open.ts';
import { RecordingError } from '../../src/venue/recording/recording-error.ts';
import {
  DATA,
  NO_DATA,
  T1,
  T2,
  collectorFile,
  collectorRow,
  eventsOf,
  ofType,
  refusals,
  symbols,
} from './recording-chain.ts';

const AT1 = Date.UTC(2026, 1, 4, 4, 24, 3, 263);
const AT2 = Date.UTC(2026, 1, 4, 9, 35, 16, 100);
const CHAINS = join(DATA, 'chains');

async function read(files: string[], options: RecordingOptions = {}): Promise<MarketEvent[]> {
  const events: MarketEvent[] = [];
  for await (const batch of openRecording(files, options)) for (const event of batch) events.push(event);
  return events;
}

test('a snapshot comes out sorted, instruments first seen announced, each underlying closed', async () => {
  const rows = [
    collectorRow(T1, 'ETH-27MAR26-3000-C'),
    collectorRow(T1, 'BTC-27MAR26-90000-P', { bid_price: '' }),
    collectorRow(T1, 'BTC-27MAR26-90000-C'),
    collectorRow(T1, 'BTC-6FEB26-95000-C'),
    collectorRow(T2, 'BTC-27MAR26-90000-C', { bid_price: '0', ask_price: '' }),
  ];
  const events = await eventsOf({ 'chain.csv': collectorFile(rows) });
  assert.deepEqual(
    events.map((e) => (e.type === 'quote' ? e.symbol : e.type === 'snapshot-end' ? `end ${e.underlying}` : e.type)),
    [
      'instrument', 'BTC-6FEB26-95000-C', 'instrument', 'BTC-27MAR26-90000-C', 'instrument', 'BTC-27MAR26-90000-P',
      'end BTC', 'instrument', 'ETH-27MAR26-3000-C', 'end ETH', 'BTC-27MAR26-90000-C', 'end BTC',
    ], // prettier-ignore
  );
  const [, call, put] = ofType(events, 'quote');
  assert.deepEqual(call, {
    type: 'quote',
    at: AT1,
    receivedAt: AT1,
    venue: 'deribit',
    symbol: 'BTC-27MAR26-90000-C',
    bid: 0.05,
    ask: 0.052,
    bidSize: null,
    askSize: null,
    mark: 0.051,
    markIv: 0.45,
    forward: 100000.5,
    forwardName: 'SYN.BTC-27MAR26',
    index: 99990,
    delta: 0.5,
    vega: 100,
    openInterest: 12.5,
  });
  assert.equal(put.bid, null);
  const last = ofType(events, 'quote').at(-1);
  assert.deepEqual([last?.at, last?.bid, last?.ask], [AT2, null, null]);
});

test('the order of rows in the file does not matter, gzip does not matter, every run is the same', async () => {
  const rows = ['BTC-27MAR26-90000-C', 'BTC-27MAR26-90000-P', 'BTC-6FEB26-95000-C', 'ETH-27MAR26-3000-C'].map((s) =>
    collectorRow(T1, s),
  );
  const straight = await eventsOf({ a: collectorFile(rows) });
  assert.deepEqual(await eventsOf({ a: collectorFile(rows.toReversed()) }), straight);
  assert.deepEqual(await eventsOf({ 'named.csv': gzipSync(collectorFile(rows)) }), straight);
  const windows = Buffer.from(`\uFEFF${collectorFile(rows).toString().replaceAll('\n', '\r\n')}`);
  assert.deepEqual(await eventsOf({ a: windows }), straight);
  const ofLineEnds = Buffer.from(collectorFile(rows).toString().replaceAll('\n', '\r'));
  assert.deepEqual(await eventsOf({ a: ofLineEnds }), straight);
  assert.deepEqual(await eventsOf({ a: ofLineEnds.subarray(0, -1) }), straight, 'the last line without an end');
});

test('quoted cells are read, an open quote is a malformed row', async () => {
  const quoted = collectorRow(T1, '"BTC-27MAR26-90000-C"', { underlying_name: '"a ""name"", with commas"' });
  const open = collectorRow(T1, 'BTC-27MAR26-91000-C', { underlying_name: '"never closed' });
  const events = await eventsOf({ a: collectorFile([quoted, open, collectorRow(T1, 'BTC-27MAR26-92000-C')]) });
  assert.deepEqual(symbols(events), ['BTC-27MAR26-90000-C', 'BTC-27MAR26-92000-C']);
  assert.equal(ofType(events, 'quote')[0].forwardName, 'a "name", with commas');
  assert.deepEqual(refusals(events), { 'malformed-row row': 1 });
});

test('files are joined in the order of their first event, an overlapping older one is refused row by row', async () => {
  const early = collectorFile([collectorRow(T1, 'BTC-27MAR26-90000-C'), collectorRow(T1, 'BTC-27MAR26-91000-C')]);
  const late = collectorFile([collectorRow(T2, 'BTC-27MAR26-90000-C'), collectorRow(T2, 'BTC-27MAR26-92000-C')]);
  const joined = await eventsOf({ late, early });
  assert.deepEqual(
    joined.map((e) => e.at),
    joined.map((e) => e.at).toSorted((a, b) => a - b),
  );
  assert.equal(ofType(joined, 'instrument').length, 3);
  const both = Buffer.concat([Buffer.from(early), Buffer.from(late.toString().split('\n').slice(1).join('\n'))]);
  const overlapping = await eventsOf({ both, early: collectorFile([collectorRow(T1, 'BTC-27MAR26-93000-C')]) });
  assert.deepEqual(refusals(overlapping), { 'time-backwards quote': 1 });
  assert.equal(symbols(overlapping).length, 4);
});

test('from and to are inclusive and cost no refusals', async () => {
  const rows = [collectorRow(T1, 'BTC-27MAR26-90000-C'), collectorRow(T2, 'BTC-27MAR26-90000-C')];
  const only = async (options: RecordingOptions) =>
    (await eventsOf({ a: collectorFile(rows) }, options)).map((e) => e.at);
  assert.deepEqual(new Set(await only({ from: AT2 })), new Set([AT2]));
  assert.deepEqual(new Set(await only({ to: AT1 })), new Set([AT1]));
  assert.deepEqual(await only({ from: AT2 + 1 }), []);
});

test('progress grows to 1', async () => {
  const seen: number[] = [];
  const rows = Array.from({ length: 3000 }, (_, i) => collectorRow(T1, `BTC-27MAR26-${90000 + i}-C`));
  await eventsOf({ a: collectorFile(rows), b: collectorFile(rows) }, { onProgress: (share) => seen.push(share) });
  assert.equal(seen.at(-1), 1);
  assert.ok(seen.length > 4 && seen.every((share, i) => i === 0 || share >= seen[i - 1]));
});

test('trades: percent to fraction, 0 and 999 are no volatility, the index is the notional per coin', async () => {
  const trade = (id: string, more: object) =>
    JSON.stringify({
      timestamp: AT1,
      trade_id: id,
      instrument_name: 'SOL_USDC-25SEP26-78-C',
      direction: 'buy',
      price: 9.3,
      iv: 68.78,
      amount: 170,
      notional_usd: 12841.8,
      ...more,
    });
  const lines = [
    trade('a', {}),
    trade('b', { iv: 0 }),
    trade('c', { iv: 999 }),
    trade('a', {}),
    trade('d', { amount: 0 }),
  ];
  const events = await eventsOf({ 'tape.jsonl': Buffer.from(lines.join('\n')) });
  const trades = ofType(events, 'trade');
  assert.deepEqual(
    trades.map((t) => t.iv),
    [0.6878, null, null],
  );
  assert.deepEqual(
    [trades[0].index, trades[0].amount, trades[0].direction, trades[0].kind],
    [12841.8 / 170, 170, 'buy', 'screen'],
  );
  assert.deepEqual(refusals(events), { 'duplicate id': 1, 'out-of-range amount': 1 });
});

test('an unknown file is a typed error that names it and says why', async () => {
  await assert.rejects(eventsOf({ 'notes.txt': Buffer.from('hello,world\n1,2\n') }), (error) => {
    assert.ok(error instanceof RecordingError);
    assert.deepEqual([error.file, error.reason, error.retryable], ['notes.txt', 'unknown-dialect', false]);
    assert.match(error.message, /^notes\.txt: .*hello,world/);
    return true;
  });
  for (const [bytes, why] of [
    [[0x28, 0xb5, 0x2f, 0xfd, 0, 1, 2], /packed by zstd/],
    [[0x50, 0x4b, 3, 4, 0, 1, 2], /packed by zip/],
    [[...Buffer.from('[DATE], [STRIKE]\n1, 2\n')], /its first line is "\[DATE\], \[STRIKE\]"/],
    [[...Buffer.from('[\n{"a": 1}\n]\n')], /looks like a JSON document/],
  ] as const)
    await assert.rejects(eventsOf({ 'chain.csv': Buffer.from(bytes) }), why);
  await assert.rejects(detectDialect('/no/such/folder/chain.csv'), (error) => {
    assert.ok(error instanceof RecordingError);
    assert.deepEqual([error.file, error.reason], ['chain.csv', 'unreadable']);
    assert.doesNotMatch(error.message, /folder/);
    return true;
  });
});

test('parquet: nulls, zeros, wrong numbers and several row groups', async () => {
  const rows: [string, string, number | null, number | null, number | null][] = [
    [T1, 'BTC-27MAR26-90000-C', 0.05, 0.06, 0.45],
    [T1, 'BTC-27MAR26-90000-P', 0, null, 0],
    [T1, 'BTC-27MAR26-91000-C', -1, 0.06, 0.45],
    [T1, 'BTC-27MAR26-92000-C', 0.05, NaN, 0.45],
    [T1, 'BTC-27MAR26', 0.05, 0.06, 0.45],
    [T2, 'BTC-27MAR26-90000-C', 0.07, Infinity, 0.45],
    [T2, 'BTC-27MAR26-91000-C', 0.07, 0.08, 0.45],
  ];
  const column = (name: string, type: 'STRING' | 'DOUBLE', data: unknown[]) => ({ name, type, data, nullable: true });
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'snapshot_ts', type: 'TIMESTAMP', data: rows.map((row) => new Date(row[0])) },
      column(
        'instrument_name',
        'STRING',
        rows.map((row) => row[1]),
      ),
      column(
        'bid_price',
        'DOUBLE',
        rows.map((row) => row[2]),
      ),
      column(
        'ask_price',
        'DOUBLE',
        rows.map((row) => row[3]),
      ),
      column(
        'mark_iv',
        'DOUBLE',
        rows.map((row) => row[4]),
      ),
    ],
    rowGroupSize: 2,
  });
  const events = await eventsOf({ 'x.bin': new Uint8Array(buffer) });
  assert.deepEqual(
    ofType(events, 'quote').map((q) => [q.at, q.symbol, q.bid, q.ask, q.markIv, q.delta]),
    [
      [AT1, 'BTC-27MAR26-90000-C', 0.05, 0.06, 0.45, null],
      [AT1, 'BTC-27MAR26-90000-P', null, null, null, null],
      [AT2, 'BTC-27MAR26-91000-C', 0.07, 0.08, 0.45, null],
    ],
  );
  assert.deepEqual(refusals(events), {
    'out-of-range bid_price': 1,
    'not-finite ask_price': 2,
    'unknown-symbol instrument_name': 1,
  });
  await assert.rejects(
    eventsOf({ 'other.parquet': new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'a', data: [1] }] })) }),
    /other\.parquet: is parquet without the column "snapshot_ts"; it has: a/,
  );
});

test('the two parquet files: every row a quote, snapshots of BTC and ETH', { skip: NO_DATA }, async () => {
  const expected = [
    ['deribit_chain_4xdaily_2025-12-30_2026-01-20.parquet', 107_604],
    ['deribit_chain_4xdaily_2026-01-28_2026-02-28_crash.parquet', 203_886],
  ] as const;
  for (const [name, rows] of expected) {
    const file = join(CHAINS, name);
    assert.equal(await detectDialect(file), 'collector-parquet');
    const announced = new Set<string>();
    const counts = new Map<string, number>();
    let before = 0;
    for await (const batch of openRecording([file])) {
      for (const event of batch) {
        counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
        assert.ok(event.at >= before);
        before = event.at;
        if (event.type === 'instrument') assert.ok(announced.size < announced.add(event.instrument.symbol).size);
        if (event.type === 'quote') assert.ok(announced.has(event.symbol));
      }
    }
    assert.equal(counts.get('quote'), rows);
    assert.equal(counts.get('refused'), undefined);
    assert.equal(counts.get('instrument'), announced.size);
    assert.equal((counts.get('snapshot-end') ?? 0) % 2, 0);
  }
});

test('a snapshot is the same whether read from the CSV or from the parquet', { skip: NO_DATA }, async () => {
  const folder = join(CHAINS, 'original_csv');
  const csv = readdirSync(folder).sort().slice(0, 3).map((name) => join(folder, name)); // prettier-ignore
  const fromCsv = await read(csv);
  const range = { from: fromCsv[0].at, to: fromCsv.at(-1)?.at };
  const parquet = join(CHAINS, 'deribit_chain_4xdaily_2026-01-28_2026-02-28_crash.parquet');
  const fromParquet = await read([parquet], range);
  assert.ok(ofType(fromCsv, 'quote').length > 3000);
  assert.deepEqual(fromParquet, fromCsv);
});

test('daily CSVs: the symbol is composed, 0.0 is no quote', { skip: NO_DATA }, async () => {
  const folder = join(CHAINS, 'deribit_daily_BTC');
  const events = await read(readdirSync(folder).map((name) => join(folder, name)));
  assert.deepEqual(refusals(events), {});
  assert.equal(ofType(events, 'quote').length, 27_974);
  assert.equal(ofType(events, 'snapshot-end').length, 31);
  assert.equal(ofType(events, 'instrument')[0].instrument.expiry, Date.UTC(2026, 2, 18, 8));
  const put = ofType(events, 'quote').find((quote) => quote.symbol === 'BTC-18MAR26-63000-P');
  assert.deepEqual(
    [put?.bid, put?.ask, put?.mark, put?.markIv, put?.forward, put?.delta],
    [null, 0.0001, 0, 1.1409, 74602.5615, -7e-5],
  );
});

test('the trade tape', { skip: NO_DATA }, async () => {
  const folder = join(DATA, 'trades');
  const tape = readdirSync(folder).filter((name) => name.includes('jsonl'));
  const events = await read(tape.map((name) => join(folder, name)));
  assert.equal(ofType(events, 'trade').length, 28_169);
  assert.deepEqual(refusals(events), {});
  assert.equal(ofType(events, 'trade').filter((trade) => trade.iv === null).length, 270 + 20);
  assert.equal(ofType(events, 'trade')[0].index, 12841.99 / 170);
});
