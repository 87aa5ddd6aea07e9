import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseCell, parseCsv } from '../../src/app/csv.ts';
import { missing, sharedText } from '../surface/shared-files.ts';

const BIN = new URL('../../bin/vernier.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'vernier-calc-'));
after(() => rmSync(folder, { recursive: true }));

function vernier(args: readonly string[], input?: string): { status: number | null; stdout: string; stderr: string } {
  const run = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', input, maxBuffer: 1 << 28 });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

type Record17 = Record<string, string>;

function records(text: string): Record17[] {
  const { columns, rows } = parseCsv(text);
  return rows.map((cells) => Object.fromEntries(columns.map((c, i) => [c, cells[i]])));
}

/** Runs a calculator over a vector file with its result columns taken out, and pairs each row with the reference. */
function overVector(name: string, file: string, results: readonly string[]): { got: Record17; want: Record17 }[] {
  const want = records(sharedText(`vectors/pricing/${file}`));
  const inputs = Object.keys(want[0]).filter((c) => !results.includes(c));
  const input = join(folder, `${name}-in.csv`);
  const output = join(folder, `${name}-out.csv`);
  writeFileSync(input, [inputs.join(','), ...want.map((r) => inputs.map((c) => r[c]).join(','))].join('\n'));
  const run = vernier(['calc', name, '--in', input, '--out', output]);
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.stdout, '');
  const got = records(readFileSync(output, 'utf8'));
  assert.equal(got.length, want.length);
  got.forEach((r, i) => inputs.forEach((c) => assert.equal(r[c], want[i][c], 'inputs pass through untouched')));
  return got.map((g, i) => ({ got: g, want: want[i] }));
}

/** Relative agreement, or absolute below `floor`. */
function close(got: string, want: string, relative: number, floor: number): boolean {
  const [a, b] = [parseCell(got), parseCell(want)];
  return a === b || Math.abs(a - b) <= relative * Math.abs(b) + floor;
}

interface Case {
  readonly name: string;
  readonly file: string;
  /** Column of the result -> column of the reference, tolerance relative and absolute. */
  readonly results: Readonly<Record<string, readonly [string, number, number]>>;
}

const same = (columns: readonly string[], relative: number, floor: number): Case['results'] =>
  Object.fromEntries(columns.map((c) => [c, [c, relative, floor]]));

const CASES: readonly Case[] = [
  { name: 'sabr', file: 'sabr_hagan.csv', results: { vol: ['vol_mp', 1e-13, 0] } },
  { name: 'heston', file: 'heston_prices.csv', results: { price: ['price_mp', 1e-12, 2e-10] } },
  { name: 'heston', file: 'heston_jacobian_cui.csv', results: { price: ['price', 1e-12, 1e-15] } },
  { name: 'svi', file: 'svi_durrleman_g.csv', results: same(['w', 'dw_dk', 'd2w_dk2', 'g', 'density'], 1e-11, 1e-14) },
  { name: 'density', file: 'svi_durrleman_g.csv', results: same(['g', 'density'], 1e-11, 1e-14) },
  {
    name: 'ssvi',
    file: 'ssvi_dupire.csv',
    results: same(['w', 'dw_dk', 'd2w_dk2', 'dw_dT', 'g', 'local_vol'], 1e-10, 1e-14),
  },
];

for (const { name, file, results } of CASES) {
  test(`calc ${name} reproduces ${file}`, { skip: missing(`vectors/pricing/${file}`) }, () => {
    for (const { got, want } of overVector(name, file, Object.keys(results))) {
      for (const [column, [reference, relative, floor]] of Object.entries(results)) {
        const message = `${column} = ${got[column]}, reference ${want[reference]}: ${JSON.stringify(want)}`;
        assert.ok(close(got[column], want[reference], relative, floor), message);
      }
    }
  });
}

const BLACK = [
  'price', 'delta', 'gamma', 'vega', 'theta', 'rho', 'vanna', 'volga', 'charm', 'speed', 'zomma', 'color', 'veta',
  'ultima', 'dual_delta', 'dual_gamma',
]; // prettier-ignore

test('calc black76 reproduces black76_greeks.csv', { skip: missing('vectors/pricing/black76_greeks.csv') }, () => {
  for (const { got, want } of overVector('black76', 'black76_greeks.csv', BLACK)) {
    // The greek's own accuracy is test/numeric's business; here the columns must be the right ones. Terms that cancel
    // in charm, veta and ultima are measured against the vega scale.
    for (const c of BLACK) assert.ok(close(got[c], want[c], 1e-8, 1e-290), `${c} = ${got[c]}: ${JSON.stringify(want)}`);
  }
});

const INVERSE = [
  'price_coin', 'price_usd_fwd', 'price_usd_index', 'delta_bs', 'delta_ntd', 'gamma_usd', 'vega_usd',
  'vega_usd_per_volpt', 'theta_usd', 'theta_usd_per_day', 'dC_dF', 'gamma_coin', 'vega_coin', 'theta_coin',
  'parity_C_minus_P_coin',
]; // prettier-ignore

test('calc inverse reproduces inverse_options.csv', { skip: missing('vectors/pricing/inverse_options.csv') }, () => {
  for (const { got, want } of overVector('inverse', 'inverse_options.csv', INVERSE))
    for (const c of INVERSE)
      assert.ok(close(got[c], want[c], 1e-10, 1e-18), `${c} = ${got[c]}: ${JSON.stringify(want)}`);
});

test(
  'calc implied-vol stays inside its accuracy rule on every row',
  { skip: missing('vectors/pricing/implied_vol.csv') },
  () => {
    for (const { got, want } of overVector('implied-vol', 'implied_vol.csv', ['sigma', 'status'])) {
      const bound = 2 * Number.EPSILON * (1 + Number(want['cond_price']) + Number(want['cond_F']));
      assert.ok(close(got['sigma'], want['sigma'], bound, 0), `${got['sigma']}: ${JSON.stringify(want)}`);
      assert.equal(got['status'], 'ok');
    }
  },
);

test(
  'calc implied-vol answers bad prices with a status and counts them',
  { skip: missing('vectors/pricing/implied_vol_invalid.csv') },
  () => {
    const text = sharedText('vectors/pricing/implied_vol_invalid.csv');
    const run = vernier(['calc', 'implied-vol'], text);
    assert.equal(run.status, 0);
    for (const r of records(run.stdout)) {
      assert.notEqual(r['status'], 'ok', JSON.stringify(r));
      if (r['expected'].startsWith('no_solution') || r['expected'] === 'nan')
        assert.equal(r['sigma'], '', JSON.stringify(r));
    }
    assert.match(run.stderr, /^\d+ of \d+ rows have no result: line \d+: status below-intrinsic/);
  },
);

test('a bad row keeps its cells, gets empty results, and costs nothing else', () => {
  const text = 'note,F,K,T,alpha,beta,nu,rho\na,1,1.1,1,0.3,1,0.5,-0.2\nb,1,1.1,1,0.3,1,0.5,7\nc,1,1.1,,0.3,1,0.5,0\n';
  const run = vernier(['calc', 'sabr'], text);
  assert.equal(run.status, 0);
  const rows = records(run.stdout);
  assert.ok(parseCell(rows[0]['vol']) > 0.2);
  assert.deepEqual([rows[1]['note'], rows[1]['vol'], rows[2]['vol']], ['b', '', '']);
  assert.equal(run.stderr, '2 of 3 rows have no result: line 3: rho is 7; line 4: T is empty\n');
});

test('a computed column that the file already has is overwritten in its place', () => {
  const run = vernier(['calc', 'density'], 'k,density,w,dw_dk,d2w_dk2\n0,99,0.04,0,0\n');
  const [row] = records(run.stdout);
  assert.deepEqual(Object.keys(row), ['k', 'density', 'w', 'dw_dk', 'd2w_dk2', 'g']);
  assert.equal(row['g'], '1');
  assert.ok(Math.abs(parseCell(row['density']) - Math.exp(-0.005) / Math.sqrt(0.08 * Math.PI)) < 1e-15);
});

test('usage errors end with exit code 2 and name what is wrong', () => {
  const unknown = vernier(['calc', 'black77'], '');
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /no calculator black77/);
  const column = vernier(['calc', 'black76'], 'type,F,K,T\ncall,1,1,1\n');
  assert.equal(column.status, 2);
  assert.match(column.stderr, /black76 needs the column sigma; the file has type, F, K, T/);
  const file = vernier(['calc', 'svi', '--in', join(folder, 'nowhere.csv')]);
  assert.equal(file.status, 2);
  assert.match(file.stderr, /nowhere\.csv/);
  assert.equal(vernier(['calc', 'svi', '--frobnicate']).status, 2);
  const ragged = vernier(['calc', 'density'], 'w,dw_dk,d2w_dk2,k\n1,2\n');
  assert.equal(ragged.status, 2);
  assert.match(ragged.stderr, /line 2 has 2 cells; the header has 4/);
});
