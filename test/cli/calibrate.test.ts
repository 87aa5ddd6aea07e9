import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SHARED, WITHOUT_SHARED } from '../shared.ts';
import { records, vernier } from './run-vernier.ts';

const folder = mkdtempSync(join(tmpdir(), 'vernier-calibrate-'));
after(() => rmSync(folder, { recursive: true }));

interface SliceLine {
  type: string;
  slice: string;
  T: number;
  n: number;
  rmse_vol: number | null;
  min_g: number | null;
  status: string;
  elapsed_us: number;
  parameters: Record<string, number | null>;
  reason?: string;
}

async function slices(args: readonly string[]): Promise<SliceLine[]> {
  const run = await vernier(['calibrate', ...args, '--json']);
  assert.equal(run.code, 0, run.stderr);
  return records(run) as unknown as SliceLine[];
}

function rms(lines: readonly SliceLine[]): number {
  const squares = lines.reduce((sum, s) => sum + s.n * (s.rmse_vol ?? NaN) * (s.rmse_vol ?? NaN), 0);
  return Math.sqrt(squares / lines.reduce((sum, s) => sum + s.n, 0));
}

const BTC = join(SHARED, 'vectors/pricing/btc_slices.csv');
/** Bounds on the rms over all quotes, equal weights, and the names of the parameters. */
const MODELS: readonly (readonly [string, number, readonly string[]])[] = [
  ['svi', 0.0058, ['a', 'b', 'rho', 'm', 'sigma']],
  ['essvi', 0.0195, ['theta', 'rho', 'psi']],
  ['sabr', 0.0108, ['alpha', 'rho', 'nu']],
  ['heston', 0.04, ['kappa', 'theta', 'sigma', 'rho', 'v0']],
];

for (const [model, bound, names] of MODELS) {
  test(
    `calibrate --model ${model} prints one object per expiry of the BTC slices`,
    { skip: WITHOUT_SHARED },
    async () => {
      const lines = await slices([BTC, '--model', model]);
      assert.equal(lines.length, 12);
      assert.equal(
        lines.reduce((n, s) => n + s.n, 0),
        334,
      );
      for (const s of lines) {
        assert.equal(s.type, 'slice');
        assert.equal(s.status, 'converged');
        assert.deepEqual(Object.keys(s.parameters), names);
        assert.ok(s.elapsed_us > 0 && (s.min_g ?? NaN) > 0);
      }
      assert.ok(rms(lines) <= bound, `rms ${rms(lines)}`);
    },
  );
}

test('calibrate --model spline --arbitrage-free: under 40 bp and no violation', { skip: WITHOUT_SHARED }, async () => {
  const lines = await slices([BTC, '--model', 'spline', '--arbitrage-free']);
  assert.ok(rms(lines) <= 0.004 && lines.every((s) => (s.min_g ?? NaN) > 0));
});

test('calibrate reads the last snapshot of a chain file, per underlying', { skip: WITHOUT_SHARED }, async () => {
  const file = join(SHARED, 'data/chains/deribit_chain_4xdaily_2025-12-30_2026-01-20.parquet');
  const lines = await slices([file, '--objective', 'error-bars']);
  const of = (underlying: string): SliceLine[] => lines.filter((s) => s.slice.startsWith(underlying));
  assert.ok(of('BTC ').length >= 8 && of('ETH ').length >= 8);
  for (const s of lines) assert.match(s.slice, /^(BTC|ETH) 2026-\d\d-\d\dT08:00Z$/);
  assert.ok(lines.every((s, i) => i === 0 || s.slice[0] !== lines[i - 1].slice[0] || s.T > lines[i - 1].T));
  assert.ok(lines.filter((s) => s.status === 'converged' && (s.rmse_vol ?? 1) < 0.02).length >= lines.length - 2);
  const earlier = await slices([file, '--to', '2026-01-05T00:00Z']);
  assert.ok(earlier.every((s) => s.slice.slice(4, 14) > '2026-01-04'));
  assert.notDeepEqual(
    earlier.map((s) => s.slice),
    lines.map((s) => s.slice),
  );
});

const HEADER = 'slice,T,F,K,k,iv,bid,ask,mark,type';
const line = (slice: string, years: number, k: number, iv: number): string =>
  `${slice},${years},100,,${k},${iv},,,,call`;

test('a slice that cannot be fitted is a status with a reason and costs the others nothing', async () => {
  const good = [-0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.2].map((k) => line('good', 0.1, k, 0.5 + k * k));
  const rows = [...good, line('two', 0.2, 0, 0.5), line('two', 0.2, 0.1, 0.5), line('bad', 0.3, 0, -1)];
  const file = join(folder, 'slices.csv');
  writeFileSync(file, [HEADER, ...rows].join('\n'));
  const run = await vernier(['calibrate', file, '--json']);
  assert.equal(run.code, 0);
  const lines = records(run) as unknown as SliceLine[];
  assert.deepEqual(
    lines.map((s) => [s.slice, s.status]),
    [
      ['good', 'converged'],
      ['two', 'too-few-quotes'],
    ],
  );
  assert.deepEqual([lines[1].rmse_vol, lines[1].parameters['a']], [null, null]);
  assert.match(lines[1].reason ?? '', /2/);
  assert.match(run.stderr, /^1 lines left out: line 11: iv is -1/);
});

test('without --json: a table, and each smile drawn with its quotes', async () => {
  const file = join(folder, 'plot.csv');
  writeFileSync(
    file,
    [HEADER, ...[-0.2, -0.1, 0, 0.1, 0.2, 0.3].map((k) => line('a', 0.1, k, 0.5 + k * k))].join('\n'),
  );
  const { stdout, code } = await vernier(['calibrate', file, '--model', 'sabr']);
  assert.equal(code, 0);
  assert.match(stdout, /^slice\s+T\s+n\s+rmse bp\s+min g\s+us\s+status\s+alpha\s+rho\s+nu\n/);
  assert.match(stdout, /sabr: rms \d+\.\d bp over 1 slices/);
  assert.equal(stdout.match(/(?<= \|.*)o/g)?.length, 6, stdout);
  assert.match(stdout, /[\u2801-\u28ff]/);
  assert.match(stdout, /59\.0% \|/);
});

test('usage errors end with exit code 2 and name the value', async () => {
  const file = join(folder, 'usage.csv');
  writeFileSync(file, `${HEADER}\n`);
  for (const [args, message] of [
    [['nowhere.csv'], /nowhere\.csv: no such file/],
    [[file, '--model', 'spv'], /--model spv: one of svi, ssvi/],
    [[file, '--objective', 'x'], /--objective x: equal or error-bars/],
  ] as const) {
    const run = await vernier(['calibrate', ...args]);
    assert.equal(run.code, 2, run.stderr);
    assert.match(run.stderr, message);
  }
  const junk = join(folder, 'junk.csv');
  writeFileSync(junk, 'a,b\n1,2\n');
  const run = await vernier(['calibrate', junk]);
  assert.equal(run.code, 2, run.stderr);
  assert.match(run.stderr, /junk\.csv/);
});
