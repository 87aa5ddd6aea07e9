/** The main job on real chains: what `docs/ndjson.md` promises, the calm and the crash, the same hash everywhere. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OLDEST_NODE, SHARED, WITHOUT_OLDEST_NODE, WITHOUT_SHARED } from '../shared.ts';
import { records, vernier } from './run-vernier.ts';

const CALM = join(SHARED, 'data/chains/deribit_chain_4xdaily_2025-12-30_2026-01-20.parquet');
const CRASH = join(SHARED, 'data/chains/deribit_chain_4xdaily_2026-01-28_2026-02-28_crash.parquet');
const work = mkdtempSync(join(tmpdir(), 'vernier-replay-'));
after(() => rmSync(work, { recursive: true, force: true }));
const skip = WITHOUT_SHARED;

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const opened = (all: Record<string, unknown>[], at: string): unknown[] =>
  all
    .filter((r) => r['type'] === 'incident' && r['state'] === 'open' && String(r['at']).startsWith(at))
    .map((r) => r['cause']);

test(
  'calm January: fits within 0.30 vol points, inside the market, and the outage of the 13th is found',
  { skip },
  async () => {
    const ran = await vernier(['replay', CALM, '--json']);
    assert.equal(ran.code, 0, ran.stderr);
    const all = records(ran);
    const calm = all.filter((r) => r['type'] === 'calibration' && r['at']! >= '2026-01-02' && r['at']! < '2026-01-13');
    assert.ok(calm.length > 800);
    const column = (name: string): number[] => calm.map((r) => r[name]).filter((v) => v !== null) as number[];
    assert.ok(median(column('rmse_vol')) <= 0.003, `rmse ${median(column('rmse_vol'))}`);
    assert.ok(median(column('inside_share')) >= 0.95);
    const outage = opened(all, '2026-01-13T09:21');
    assert.ok(
      outage.some((c) => c === 'venue-outage' || c === 'liquidity-contraction'),
      String(outage),
    );
    const summary = all.at(-1)!;
    assert.equal(summary['type'], 'summary');
    assert.equal(Number.isFinite(summary['median_next_inside_share']), true);
  },
);

test('the crash of February opens incidents with its causes', { skip }, async () => {
  const all = records(
    await vernier(['replay', CRASH, '--json', '--from', '2026-02-01T00:00Z', '--to', '2026-02-07T00:00Z']),
  );
  for (const at of ['2026-02-05T21:29', '2026-02-06T04:30']) {
    const causes = opened(all, at);
    assert.ok(
      causes.some((c) => ['flash-crash', 'liquidity-contraction', 'level-move'].includes(String(c))),
      `${at}: ${String(causes)}`,
    );
  }
});

test('every line has the documented fields, ISO times and finite numbers', { skip }, async () => {
  const all = records(await vernier(['replay', CALM, '--json', '--to', '2026-01-04T00:00Z']));
  const fields: Record<string, string[]> = {
    calibration: ['at', 'model', 'underlying', 'expiry', 'status', 'reason', 'quotes_used', 'quotes_refused', 'forward', 'parameters', 'rmse_vol', 'inside_share', 'chi2_per_dof', 'min_g', 'calendar_violations'],
    score: ['at', 'model', 'underlying', 'expiry', 'horizon_s', 'n', 'pz', 'b0', 'b1', 'b2', 'pr', 'inside_share', 'age_s'],
    incident: ['id', 'at', 'state', 'cause', 'severity', 'scope', 'evidence'],
    action: ['at', 'incident', 'kind', 'outcome'],
    gate: ['at', 'scope', 'state', 'reasons'],
    verdict: ['at', 'incident', 'verdict'],
    'hedge-score': ['at', 'venue', 'underlying', 'expiry', 'horizon_s', 'n', 'regime', 'forward_move', 'unhedged_coin', 'unhedged_usd', 'models', 'pz', 'hedged_coin', 'hedged_usd', 'answered', 'age_s', 'cost_coin', 'pair', 'book_pair'],
    'hedge-calibration': ['at', 'id', 'model', 'venue', 'underlying', 'status', 'reason', 'rows', 'regime', 'parameters', 'standard_errors', 'content_id', 'parent', 'inputs', 'guards', 'approver'],
    summary: ['events', 'instruments', 'expiries', 'calibrations', 'refused_by_reason', 'median_rmse_vol', 'median_inside_share', 'median_pz', 'median_next_inside_share', 'incidents_by_cause', 'log_sha256', 'elapsed_ms'],
  }; // prettier-ignore
  const kinds = new Set(all.map((r) => r['type']));
  for (const kind of ['calibration', 'score', 'gate', 'summary']) assert.ok(kinds.has(kind), kind);
  for (const r of all) {
    const expected = fields[String(r['type'])];
    assert.ok(expected !== undefined, String(r['type']));
    for (const f of expected) assert.ok(f in r, `${String(r['type'])} lacks ${f}`);
    if ('at' in r) assert.match(String(r['at']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }
  assert.equal(
    all.some((r) => JSON.stringify(r).includes('NaN')),
    false,
  );
});

test(
  'a recorded session replays to the same hash on both Nodes, and a flipped bit is found',
  { skip: skip || WITHOUT_OLDEST_NODE },
  async () => {
    const log = join(work, 'log');
    const range = ['--from', '2025-12-30', '--to', '2026-01-03T00:00Z', '--json'];
    const first = records(await vernier(['replay', CALM, ...range, '--record', log])).at(-1)!;
    const again = records(await vernier(['replay', CALM, ...range], { node: OLDEST_NODE })).at(-1)!;
    assert.equal(again['log_sha256'], first['log_sha256']);
    const replayed = await vernier(['replay', log, '--json']);
    assert.equal(replayed.code, 0, replayed.stderr);
    assert.equal(records(replayed).at(-1)!['log_sha256'], first['log_sha256']);
    const bad = join(work, 'bad');
    cpSync(log, bad, { recursive: true });
    const segment = readdirSync(bad).find((f) => f.endsWith('.vlog'))!;
    const bytes = readFileSync(join(bad, segment));
    bytes[Math.floor(bytes.length / 2)] ^= 4;
    writeFileSync(join(bad, segment), bytes);
    const damaged = await vernier(['replay', bad, '--json']);
    assert.equal(damaged.code, 1);
    assert.match(damaged.stderr, /damaged|record \d+/);
  },
);
