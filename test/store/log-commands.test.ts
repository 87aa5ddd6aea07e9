/** `vernier inspect`, `verify` and `export` on a log on disk. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { MarketEvent, QuoteEvent } from '../../src/market/event.ts';
import type { JsonObject } from '../../src/store/canonical-json.ts';
import { openLog } from '../../src/store/open-log.ts';
import type { LogRecord } from '../../src/store/record-codec.ts';
import { META, syntheticQuotes } from './arbitrary-record.ts';

const PROGRAM = new URL('command-line.ts', import.meta.url).pathname;
const DAY = Date.UTC(2026, 0, 2);
const AT = { at: DAY + 1000, receivedAt: DAY + 1005 };
const EVENTS: readonly MarketEvent[] = [
  {
    type: 'instrument', ...AT, state: 'open',
    instrument: {
      venue: 'deribit', symbol: 'BTC-27MAR26-90000-C', underlying: 'BTC', expiry: Date.UTC(2026, 2, 27, 8), strike: 90000, side: 'call',
      settlement: 'inverse', premiumCurrency: 'BTC', ticks: [{ from: 0, tick: 0.0001 }], contractSize: 1,
    },
  },
  { type: 'gap', ...AT, venue: 'deribit', symbol: null, reason: 'crash', from: DAY, to: DAY + 1000 },
  {
    type: 'trade', ...AT, venue: 'a/b', symbol: 'BTC-27MAR26-90000-C', tradeId: '7', price: 0.05, amount: 2, direction: 'sell',
    kind: 'block', packageId: null, iv: 0.5, mark: null, index: 90000.5, late: true,
  },
]; // prettier-ignore
const OUTPUTS: readonly JsonObject[] = [
  { type: 'incident', id: 'i1', at: DAY + 2000, state: 'open', cause: 'model', severity: 'warning' },
  { type: 'incident', id: 'i1', at: DAY + 9000, state: 'resolved', cause: 'flash-crash', severity: 'critical' },
  {
    type: 'score',
    at: '2026-01-02T00:00:05.000Z',
    model: 'svi',
    underlying: 'BTC',
    expiry: Date.UTC(2026, 2, 27, 8),
    pz: 1.5,
  },
];
const quotes = [...syntheticQuotes(5000, 50)];
const records: readonly LogRecord[] = [
  META,
  ...EVENTS.map((event) => ({ kind: 'input', event }) as const),
  ...quotes,
  ...OUTPUTS.map((record) => ({ kind: 'output', record }) as const),
];

let root = '';
let log = '';
let digest = '';

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'vernier-commands-'));
  log = join(root, 'log');
  const { writer, close } = await openLog(log, { segmentBytes: 100_000, blockBytes: 10_000 });
  for (const record of records) writer.append(record);
  digest = writer.digest();
  await close();
});
after(() => rmSync(root, { recursive: true, force: true }));

function run(...args: string[]): { code: number | null; out: string; errors: string } {
  const child = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
  return { code: child.status, out: child.stdout, errors: child.stderr };
}

async function rowsOf(file: string): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({ file: await asyncBufferFromFile(file), compressors });
}

test('inspect tells what is in the log', () => {
  const { code, out, errors } = run('inspect', log, '--json');
  assert.deepEqual([code, errors], [0, '']);
  const { segments, ...found } = JSON.parse(out) as Record<string, unknown>;
  assert.ok(Number(segments) >= 2);
  const last = (quotes.at(-1) as { event: QuoteEvent }).event.at;
  assert.deepEqual(found, {
    type: 'inspection',
    first: '2026-01-01T00:00:00.000Z',
    last: new Date(Math.max(last, DAY + 1000)).toISOString(),
    sessions: [{ sequence: 0, code: META.code }],
    inputs: { gap: 1, instrument: 1, quote: 5000, trade: 1 },
    outputs: { incident: 2, score: 1 },
    instruments: 51,
    venues: ['a/b', 'deribit'],
    expiries: ['2026-03-27T08:00:00.000Z'],
    gap_count: 1,
    gaps: [
      {
        venue: 'deribit',
        symbol: null,
        reason: 'crash',
        from: '2026-01-02T00:00:00.000Z',
        to: '2026-01-02T00:00:01.000Z',
      },
    ],
    incident_count: 1,
    incidents: [
      { id: 'i1', opened: '2026-01-02T00:00:02.000Z', cause: 'flash-crash', severity: 'critical', state: 'resolved' },
    ],
    verdict: 'intact',
    records: records.length,
    log_sha256: digest,
    damage_count: 0,
    damage: [],
    torn_bytes: 0,
  });
  const text = run('inspect', log).out;
  for (const part of ['5000 quote', 'gaps      1', 'flash-crash resolved', 'chain     intact', digest])
    assert.ok(text.includes(part), text);
});

test('verify: 0 for an intact log, 3 with segment and offset for a damaged one', () => {
  const { code, out } = run('verify', log);
  assert.equal(code, 0);
  assert.ok(out.includes('chain     intact') && out.includes(digest));
  const file = join(log, 'segment-00000001.vlog');
  const whole = readFileSync(file);
  const bytes = Buffer.from(whole);
  bytes[5000] ^= 1;
  writeFileSync(file, bytes);
  try {
    const damaged = run('verify', log);
    assert.equal(damaged.code, 3);
    assert.match(damaged.out, /damaged {3}segment-00000001\.vlog at byte \d+: checksum, \d+ records lost/);
    const check = JSON.parse(run('verify', log, '--json').out) as {
      verdict: string;
      damage_count: number;
      damage: { offset: number }[];
      log_sha256: unknown;
    };
    assert.equal(check.verdict, 'damaged');
    assert.equal(check.damage_count, check.damage.length);
    assert.ok(check.damage[0].offset <= 5000);
    assert.equal(run('inspect', log).code, 0, 'inspect reports and goes on');
  } finally {
    writeFileSync(file, whole);
  }
});

test('a log in use or killed is open, not damaged', async () => {
  const directory = join(root, 'open');
  const { writer, close } = await openLog(directory);
  writer.append(META);
  await writer.flush();
  const { code, out } = run('verify', directory);
  assert.equal(code, 0);
  assert.ok(out.includes('chain     open'));
  await close();
});

test('calls that make no sense exit with 2 and say why', () => {
  for (const args of [
    ['verify'],
    ['verify', root],
    ['inspect', join(root, 'nowhere')],
    ['export', log],
    ['verify', log, '--wrong'],
  ]) {
    const { code, errors } = run(...args);
    assert.equal(code, 2, args.join(' '));
    assert.ok(errors.length > 0);
  }
  for (const command of ['inspect', 'verify', 'export']) assert.equal(run(command, '--help').code, 0);
});

test('export writes each sealed segment once, and every value as it is in the log', async () => {
  const out = join(root, 'parquet');
  const first = JSON.parse(run('export', log, '--out', out, '--json').out) as {
    segments_exported: number;
    rows: unknown;
    damage: unknown;
  };
  assert.deepEqual([first.rows, first.damage], [{ quotes: 5000, trades: 1, outputs: 3 }, []]);
  const again = JSON.parse(run('export', log, '--out', out, '--json').out) as Record<string, unknown>;
  assert.deepEqual([again['segments_exported'], again['segments_skipped']], [0, first.segments_exported]);
  const folder = join(out, 'quotes', 'venue=deribit', 'date=2026-01-01');
  const files = readdirSync(folder).sort();
  assert.deepEqual(
    files,
    Array.from({ length: first.segments_exported }, (_, i) => `part-0000000${i}.parquet`),
  );
  const rows = (await Promise.all(files.map((file) => rowsOf(join(folder, file))))).flat();
  const expected = quotes.map((record, i) => {
    const q = (record as { event: QuoteEvent }).event;
    return {
      sequence: BigInt(i + 4), at: new Date(q.at), received_at: new Date(q.receivedAt), symbol: q.symbol, bid: q.bid, ask: q.ask,
      bid_size: q.bidSize, ask_size: q.askSize, mark: q.mark, mark_iv: q.markIv, forward: q.forward, forward_name: q.forwardName,
      index: q.index, delta: q.delta, vega: q.vega, open_interest: q.openInterest,
    }; // prettier-ignore
  });
  assert.deepEqual(rows, expected);
  const [trade] = await rowsOf(join(out, 'trades', 'venue=a%2Fb', 'date=2026-01-02', 'part-00000000.parquet'));
  assert.deepEqual({ ...trade, sequence: 3 }, {
    sequence: 3, at: new Date(AT.at), received_at: new Date(AT.receivedAt), symbol: 'BTC-27MAR26-90000-C', trade_id: '7', price: 0.05,
    amount: 2, direction: 'sell', kind: 'block', package_id: null, iv: 0.5, mark: null, index: 90000.5, late: true,
  }); // prettier-ignore
  const outputs = join(out, 'outputs', 'date=2026-01-02');
  const [file] = readdirSync(outputs);
  const said = await rowsOf(join(outputs, file));
  assert.deepEqual(said.map((row) => [row['type'], row['underlying'], JSON.parse(String(row['record']))]), [
    ['incident', null, OUTPUTS[0]],
    ['incident', null, OUTPUTS[1]],
    ['score', 'BTC', OUTPUTS[2]],
  ]); // prettier-ignore
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(join(folder, files[0])));
  assert.equal(metadata.row_groups[0].columns[0].meta_data?.codec, 'ZSTD');
  assert.ok(!JSON.stringify(readdirSync(out, { recursive: true })).includes('.tmp'));
});
