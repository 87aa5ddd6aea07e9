/** Hostile recordings: a counted reason or a typed error, never a crash, never a number that is not finite. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import type { MarketEvent } from '../../src/market/event.ts';
import { Random } from '../../src/numeric/random.ts';
import { memorySource } from '../../src/venue/recording/byte-source.ts';
import { readJsonPrefix } from '../../src/venue/recording/json-prefix.ts';
import { openRecording, readSources } from '../../src/venue/recording/open.ts';
import type { RecordingOptions } from '../../src/venue/recording/open.ts';
import { RecordingError } from '../../src/venue/recording/recording-error.ts';
import {
  DATA,
  NO_DATA,
  T1,
  T2,
  badNumber,
  collectorFile,
  collectorRow,
  eventsOf,
  ofType,
  refusals,
  symbols,
} from './recording-chain.ts';

const EXAMPLES = new URL('../../examples/mappings/', import.meta.url).pathname;
const SYMBOL = 'BTC-27MAR26-90000-C';

/** Every event, or the reason of the typed error; asserts what must hold for any input. */
async function survive(batches: AsyncIterable<readonly MarketEvent[]>, what: string): Promise<MarketEvent[] | string> {
  const events: MarketEvent[] = [];
  let before = -Infinity;
  try {
    for await (const batch of batches) {
      for (const event of batch) {
        const bad = badNumber(event);
        assert.equal(bad, null, `${what}: ${bad}`);
        assert.ok(event.at >= before, `${what}: time runs backwards at ${event.type}`);
        before = event.at;
        if (event.type === 'refused') {
          assert.ok(event.value.length <= 64, what);
          // oxlint-disable-next-line no-control-regex -- looking for control characters is the purpose
          assert.doesNotMatch(event.value, /[\u0000-\u001f\u007f]/, what);
        }
        if (event.type === 'quote') assert.ok((event.bid ?? 1) > 0 && (event.ask ?? 1) > 0, what);
        events.push(event);
      }
    }
  } catch (error) {
    if (error instanceof RecordingError) return error.reason;
    throw new Error(`${what} crashed`, { cause: error });
  }
  return events;
}

function survived(name: string, bytes: Uint8Array, options: RecordingOptions = {}): Promise<MarketEvent[] | string> {
  return survive(readSources([memorySource(name, bytes)], options), name);
}

test('a bad row is refused with reason, field and value, and costs no other row', async () => {
  const bad: [Record<string, string>, string][] = [
    [{ bid_price: '-0.05' }, 'out-of-range bid'],
    [{ ask_price: 'abc' }, 'not-a-number ask'],
    [{ ask_price: '0x10' }, 'not-a-number ask'],
    [{ mark_price: 'NaN' }, 'not-finite mark'],
    [{ underlying: 'Infinity' }, 'not-finite forward'],
    [{ underlying: '1e999' }, 'not-a-number forward'],
    [{ index_price: '0' }, 'out-of-range index'],
    [{ implied_volatility: '101' }, 'out-of-range mark_iv'],
    [{ delta: '55' }, 'out-of-range delta'],
    [{ instrument_name: 'BTC-27MAR26' }, 'unknown-symbol symbol'],
    [{ instrument_name: 'BTC-31FEB26-90000-C' }, 'unknown-symbol symbol'],
    [{ instrument_name: 'BTC-27MAR26-1000000001-C' }, 'unknown-symbol symbol'],
    [{ instrument_name: '' }, 'unknown-symbol symbol'],
    [{ timestamp: 'yesterday' }, 'not-a-time time'],
    [{ timestamp: '' }, 'missing time'],
    [{ timestamp: '1970-01-01T00:00:00Z' }, 'out-of-range time'],
    [{ instrument_name: 'BTC-27MAR26-91000-C' }, 'duplicate symbol'],
    [{ timestamp: '2026-02-04T04:24:04+00:00' }, 'time-outlier time'],
    [{ timestamp: '2026-02-04T04:24:02+00:00' }, 'time-backwards time'],
    [{ timestamp: '2091-02-04T04:24:02+00:00' }, 'time-outlier time'],
  ];
  for (const [cells, reason] of bad) {
    const rows = [
      collectorRow(T1, 'BTC-27MAR26-91000-C'),
      collectorRow(T1, SYMBOL, cells),
      collectorRow(T1, 'BTC-27MAR26-92000-C'),
      collectorRow(T2, 'BTC-27MAR26-91000-C'),
    ];
    const events = await eventsOf({ a: collectorFile(rows) });
    assert.deepEqual(refusals(events), { [reason]: 1 }, JSON.stringify(cells));
    assert.deepEqual(symbols(events), ['BTC-27MAR26-91000-C', 'BTC-27MAR26-92000-C', 'BTC-27MAR26-91000-C']);
  }
});

test('a lone wrong time between two snapshots, in a poll and among trades costs one row', async () => {
  const between = [
    collectorRow(T1, SYMBOL),
    collectorRow(T1, 'BTC-27MAR26-91000-C'),
    collectorRow('2091-02-04T04:24:02+00:00', 'BTC-27MAR26-92000-C'),
    collectorRow(T2, SYMBOL),
    collectorRow(T2, 'BTC-27MAR26-91000-C'),
  ];
  const snapshots = await eventsOf({ a: collectorFile(between) });
  assert.deepEqual(refusals(snapshots), { 'time-outlier time': 1 });
  assert.equal(symbols(snapshots).length, 4);

  const ticker = [
    'timestamp',
    'instrument_name',
    'best_bid_price',
    'best_ask_price',
    'best_bid_amount',
    'best_ask_amount',
  ];
  const more = [
    'mark_price',
    'mark_iv',
    'underlying_price',
    'underlying_index',
    'index_price',
    'greeks_delta',
    'greeks_vega',
  ];
  const poll = [1_770_000_000_000, 1_770_000_005_000, 4_000_000_000_000].map(
    (at, i) => `${at},BTC-27MAR26-${90_000 + i}-C,0.1,0.2,1,1,0.15,45,100000,x,100000,0.5,10,7`,
  );
  const text = [[...ticker, ...more, 'open_interest'].join(','), ...poll].join('\n');
  const map = join(EXAMPLES, 'deribit-full-ticker-options.yaml');
  const polled = await eventsOf({ 'poll.csv': Buffer.from(text) }, { map });
  assert.deepEqual(refusals(polled), { 'time-outlier time': 1 });
  assert.deepEqual(new Set(polled.map((e) => e.at)), new Set([1_770_000_005_000]));

  const times = [1_770_000_000_000, 1_770_000_001_000, 4_000_000_000_000, 1_770_000_002_000, 1_770_000_001_500];
  const tape = times.map((timestamp, i) => ({
    timestamp,
    trade_id: `t${i}`,
    instrument_name: SYMBOL,
    direction: 'sell',
    price: 1,
    amount: 1,
  }));
  const trades = await eventsOf({ tape: Buffer.from(tape.map((trade) => JSON.stringify(trade)).join('\n')) });
  assert.deepEqual(
    ofType(trades, 'trade').map((trade) => trade.tradeId),
    ['t0', 't1', 't3'],
  );
  assert.deepEqual(refusals(trades), { 'time-outlier time': 1, 'time-backwards trade': 1 });
});

test('refused values are short and printable', async () => {
  const rows = [collectorRow(T1, `BTC\u001b[31m\u0000${'x'.repeat(500)}`), collectorRow(T1, SYMBOL)];
  const [refused] = ofType(await eventsOf({ a: collectorFile(rows) }), 'refused');
  assert.equal(refused.value, `BTC[31m${'x'.repeat(57)}`);
});

test('too few or too many cells', async () => {
  const rows = [`${T1},${SYMBOL}`, `${collectorRow(T1, SYMBOL)},one,more`, collectorRow(T1, 'BTC-27MAR26-91000-C')];
  const events = await eventsOf({ a: collectorFile(rows) });
  assert.deepEqual(refusals(events), { 'malformed-row row': 2 });
  assert.deepEqual(symbols(events), ['BTC-27MAR26-91000-C']);
});

test('refusals before any good row wait for its time; without one they carry --from', async () => {
  const rows = [collectorRow('never', SYMBOL), collectorRow(T1, SYMBOL)];
  const events = await eventsOf({ a: collectorFile(rows) });
  assert.deepEqual(
    events.map((e) => e.type),
    ['refused', 'instrument', 'quote', 'snapshot-end'],
  );
  assert.equal(new Set(events.map((e) => e.at)).size, 1);
  const [alone] = await eventsOf({ a: collectorFile(rows.slice(0, 1)) }, { from: 1_700_000_000_000 });
  assert.deepEqual([alone.type, alone.at], ['refused', 1_700_000_000_000]);
});

test('a truncated archive delivers what was readable, then says that it is truncated', async () => {
  const rows = Array.from({ length: 4000 }, (_, i) =>
    collectorRow(T1, `BTC-27MAR26-${10_000 + i}-C`, { delta: String((i % 97) / 97) }),
  );
  const archive = gzipSync(collectorFile(rows));
  const cut = archive.subarray(0, Math.floor(archive.length * 0.8));
  const events = await eventsOf({ 'cut.csv.gz': cut });
  assert.deepEqual(refusals(events), { 'truncated-input file': 1 });
  assert.equal(events.at(-1)?.type, 'refused');
  assert.ok(symbols(events).length > 2500, `${symbols(events).length} rows`);
  assert.deepEqual(await eventsOf({ 'cut.csv.gz': cut }), events);
  const flipped = Uint8Array.from(archive);
  flipped[Math.floor(archive.length * 0.9)] ^= 0xff;
  const corrupt = refusals(await eventsOf({ 'flipped.csv.gz': flipped }));
  assert.equal(corrupt['corrupt-input file'], 1);
});

test('an archive that inflates without end is cut, not held', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1_048_576, 'x'));
  assert.equal(await survived('bomb.csv.gz', bomb), 'unknown-dialect');
  const rows = Buffer.concat([collectorFile([collectorRow(T1, SYMBOL)]), Buffer.alloc(32 * 1_048_576, 'x')]);
  const events = await survived('bomb.csv.gz', gzipSync(rows));
  assert.ok(typeof events !== 'string');
  assert.equal(symbols(events).length, 1);
});

test('truncated and broken JSON documents keep their complete rows', async () => {
  const summary = Array.from({ length: 20 }, (_, i) => ({
    instrument_name: `BTC-27MAR26-${90_000 + i}-C`,
    creation_timestamp: 1_770_179_043_000,
    bid_price: 0.05,
    ask_price: null,
    mark_price: 0.051,
    mark_iv: 45,
    underlying_price: 100_000,
    underlying_index: 'SYN.BTC-27MAR26',
    estimated_delivery_price: 99_990,
    open_interest: 1,
  }));
  const text = JSON.stringify(summary);
  const map = join(EXAMPLES, 'deribit-book-summary.yaml');
  const cut = await eventsOf({ 'a.json': Buffer.from(text.slice(0, text.length / 2)) }, { map });
  assert.equal(symbols(cut).length, 10);
  assert.deepEqual(refusals(cut), { 'truncated-input file': 1 });
  for (let end = 40; end < text.length; end += 37) {
    const part = text.slice(0, end);
    const events = await eventsOf({ 'a.json': Buffer.from(part) }, { map });
    assert.equal(symbols(events).length, part.split('}').length - 1, part.slice(-60));
    assert.deepEqual(refusals(events), { 'truncated-input file': 1 });
  }
  const middle = text.indexOf('{', text.length / 2);
  const broken = await eventsOf({ 'a.json': Buffer.from(`${text.slice(0, middle)}!${text.slice(middle)}`) }, { map });
  assert.equal(symbols(broken).length, text.slice(0, middle).split('}').length - 1);
  assert.deepEqual(refusals(broken), { 'malformed-json file': 1 });
  for (const odd of ['', 'null', '[1, null, "x", []]', '{"a":', '[[[', '"', '[{"a":1}', '['.repeat(5000)]) {
    await survived('odd.json', Buffer.from(odd), { map });
  }
});

test('a JSON prefix is what JSON.parse gives, less what is missing', () => {
  const text = JSON.stringify({ a: [1, { b: [true, null, 'x\\"y'] }, 2.5e-3], c: { d: 'e' } });
  const whole = readJsonPrefix(text);
  assert.deepEqual([whole.failure, whole.value], [null, JSON.parse(text)]);
  for (let end = 0; end < text.length; end++) {
    const prefix = readJsonPrefix(text.slice(0, end));
    assert.equal(prefix.failure, 'truncated-input', text.slice(0, end));
    assert.doesNotThrow(() => JSON.stringify(prefix.value));
  }
  const cut = readJsonPrefix('{"rows": [{"a": 1}, {"a": 2, "b"');
  assert.equal(JSON.stringify(cut.value), '{"rows":[{"a":1},{"a":2}]}');
  const { rows } = cut.value as { rows: object[] };
  assert.deepEqual(
    rows.map((row) => cut.open.has(row)),
    [false, true],
  );
});

test(
  'every developer file: events with finite numbers, a counted reason, or a typed error',
  { skip: NO_DATA },
  async () => {
    const files = readdirSync(DATA, { recursive: true, encoding: 'utf8' })
      .map((name) => join(DATA, name))
      .filter((file) => statSync(file).isFile() && !/\.parquet$|original_csv|deribit_daily/.test(file));
    const outcomes: Record<string, number> = {};
    for (const file of files) {
      const outcome = await survive(openRecording([file]), basename(file));
      const key = typeof outcome === 'string' ? outcome : 'events';
      outcomes[key] = (outcomes[key] ?? 0) + 1;
    }
    assert.deepEqual(outcomes, { events: 1, 'unknown-dialect': files.length - 1 });
    const wrongMaps = ['deribit-ticks', 'deribit-book-summary', 'optionsdx-eod', 'quantflow-volsurface'];
    for (const map of wrongMaps) {
      for (const file of files.filter(
        (name) => /wire|TESTNET|equity|MANIFEST/.test(name) && statSync(name).size < 200_000,
      )) {
        await survive(openRecording([file], { map: join(EXAMPLES, `${map}.yaml`) }), `${basename(file)} as ${map}`);
      }
    }
  },
);

/** Real files that are mutated, with the mapping that reads them. */
const SEEDS: readonly (readonly [string, string | null])[] = [
  ['chains/original_csv/deribit_options_snapshot_20260204T042403Z.csv.gz', null],
  ['chains/deribit_daily_BTC/2026-03-17.csv.gz', null],
  ['trades/deribit_usdc_option_trades_SOL_HYPE_2026-06-29_2026-07-31.jsonl.gz', null],
  ['chains/deribit_BTC_2026-02-07_8expiries.json.gz', 'deribit-chain-by-expiry'],
  ['chains/deribit_BTC_2020-05-21_with_books.csv.gz', 'deribit-order-books-python'],
  ['chains/deribit_BTC_2026-05-21_quantflow_volsurface.json.gz', 'quantflow-volsurface'],
  ['TESTNET_not_market/deribit_testnet_BTC_2021-02-11.csv.gz', 'deribit-ticker-dotted'],
];
const TOXINS = [
  'NaN',
  '-Infinity',
  '1e999',
  '-1',
  '""',
  '"',
  ',',
  '\n',
  '\u0000',
  '9'.repeat(400),
  '{',
  '[',
  'null',
  '0x1f',
  '\uFFFD',
  '1e-320',
];

function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const lines = text.split('\n');
  const edits = 1 + Math.floor(random.uniform() * 8);
  for (let i = 0; i < edits; i++) {
    const at = Math.floor(random.uniform() * lines.length);
    const line = lines[at];
    const column = Math.floor(random.uniform() * (line.length + 1));
    const kind = Math.floor(random.uniform() * 6);
    const toxin = TOXINS[Math.floor(random.uniform() * TOXINS.length)];
    if (kind === 0)
      lines[at] =
        line.slice(0, column) + String.fromCharCode(Math.floor(random.uniform() * 256)) + line.slice(column + 1);
    else if (kind === 1) lines[at] = line.slice(0, column) + toxin + line.slice(column + toxin.length);
    else if (kind === 2) lines[at] = line.replace(/-?\d+(\.\d+)?(?=[,}\s])/, toxin);
    else if (kind === 3) lines.splice(at, 0, lines[Math.floor(random.uniform() * lines.length)]);
    else if (kind === 4) lines.splice(at, 1);
    else lines[at] = line.slice(0, column);
  }
  return Buffer.from(lines.join('\n'), 'latin1');
}

test('seeded fuzz over lines of real files', { skip: NO_DATA }, async () => {
  const random = new Random(20_260_204, 'recording-fuzz');
  for (const [file, map] of SEEDS) {
    const whole = gunzipSync(readFileSync(join(DATA, file)));
    // The beginning of the file is enough: mutations are local, and the loop is long.
    const seed = file.includes('json.gz') ? whole : whole.subarray(0, 60_000);
    const options = map === null ? {} : { map: join(EXAMPLES, `${map}.yaml`) };
    for (let round = 0; round < 40; round++) await survived(basename(file), mutated(seed, random), options);
  }
});

test('seeded fuzz over compressed bytes and over parquet', { skip: NO_DATA }, async () => {
  const random = new Random(20_260_205, 'recording-fuzz-bytes');
  const archive = readFileSync(join(DATA, SEEDS[0][0]));
  for (let round = 0; round < 40; round++) await survived('flipped.gz', flip(archive, random, 3));
  const parquet = readFileSync(join(DATA, 'chains/deribit_chain_4xdaily_2025-12-30_2026-01-20.parquet'));
  for (let round = 0; round < 4; round++) await survived('flipped.parquet', flip(parquet, random, 4));
  for (let round = 0; round < 60; round++) {
    // The footer holds the schema and all offsets: the damage that hurts most is there.
    const copy = Uint8Array.from(parquet.subarray(parquet.length - 6000));
    await survived('footer.parquet', Buffer.concat([Buffer.from('PAR1'), flip(copy, random, 2)]));
  }
  const truncated = await survived('cut.parquet', parquet.subarray(0, parquet.length >> 1));
  assert.ok(typeof truncated !== 'string');
  assert.deepEqual(refusals(truncated), { 'truncated-input file': 1 });
});

function flip(bytes: Uint8Array, random: Random, count: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let i = 0; i < count; i++) {
    const at = Math.floor(random.uniform() * copy.length);
    copy[at] = Math.floor(random.uniform() * 256);
  }
  return random.uniform() < 0.3 ? copy.subarray(0, Math.floor(random.uniform() * copy.length)) : copy;
}

test('bytes that are no market data at all', async () => {
  const random = new Random(7, 'recording-noise');
  for (let round = 0; round < 50; round++) {
    const noise = Uint8Array.from({ length: Math.floor(random.uniform() * 4000) }, () =>
      Math.floor(random.uniform() * 256),
    );
    for (const bytes of [
      noise,
      gzipSync(noise),
      deflateRawSync(noise),
      Buffer.concat([Buffer.from('PAR1'), noise, Buffer.from('PAR1')]),
    ]) {
      await survived('noise.bin', bytes);
    }
  }
});
