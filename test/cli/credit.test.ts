/** `vernier credit` over the reference files, row by row in their order, and over files that are wrong. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseCell } from '../../src/app/csv.ts';
import { fileRows } from '../../src/app/credit/credit-files.ts';
import { absent } from '../hedge/credit-vectors.ts';
import { SHARED } from '../shared.ts';
import { vernier } from './run-vernier.ts';
import type { Ran } from './run-vernier.ts';

const VECTORS = join(SHARED, 'vectors/credit');
const needs = absent('isda_scenarios.csv');
const folder = mkdtempSync(join(tmpdir(), 'vernier-credit-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const INPUTS = [
  '--quotes', join(VECTORS, 'isda_scenarios.csv'), '--discount', join(VECTORS, 'isda_discount_curves.csv'),
  '--trade-date', '2026-01-15',
]; // prettier-ignore

type Cells = Record<string, string>;

function table(text: string): { columns: string[]; rows: Cells[] } {
  const columns = text.slice(0, text.indexOf('\n')).trim().split(',');
  const rows = fileRows(text, []).map((row) => Object.fromEntries(columns.map((c) => [c, row.text(c)])));
  return { columns, rows };
}

const vector = (name: string): ReturnType<typeof table> => table(readFileSync(join(VECTORS, name), 'utf8'));

async function credit(args: readonly string[], code = 0): Promise<Ran> {
  const ran = await vernier(['credit', ...args]);
  assert.equal(ran.code, code, `${args.join(' ')}: ${ran.stderr}`);
  return ran;
}

/** Same columns, same rows in the same order, numbers within the tolerance. */
function same(
  got: ReturnType<typeof table>,
  wanted: ReturnType<typeof table>,
  rows: readonly Cells[],
  tolerance: number,
): void {
  assert.deepEqual(got.columns, wanted.columns);
  assert.equal(got.rows.length, rows.length);
  rows.forEach((row, i) => {
    for (const column of wanted.columns) {
      const [a, b] = [got.rows[i][column], row[column]];
      if (a === b) continue;
      const gap = Math.abs(parseCell(a) - parseCell(b));
      assert.ok(gap <= tolerance, `row ${i} (${Object.values(row).slice(0, 5).join(' ')}) ${column}: ${a}, not ${b}`);
    }
  });
}

test('bootstrap: every formula and mode, and the survival grid', { skip: needs }, async () => {
  const wanted = vector('isda_bootstrap.csv');
  for (const accrual of ['isda', 'markit', 'correct']) {
    for (const mode of ['ignore', 'zero']) {
      const [out, survival] = [join(folder, `${accrual}-${mode}.csv`), join(folder, `${accrual}-${mode}-survival.csv`)];
      await credit([
        'bootstrap',
        ...INPUTS,
        '--accrual',
        accrual,
        '--arbitrage',
        mode,
        '--survival',
        survival,
        '--out',
        out,
      ]);
      const rows = wanted.rows.filter(
        (r) => r['accrual_formula'] === accrual.toUpperCase() && r['arbitrage_mode'] === mode,
      );
      const names = new Set(rows.map((r) => r['scenario']));
      assert.ok(rows.length > 0);
      const got = table(readFileSync(out, 'utf8'));
      same({ ...got, rows: got.rows.filter((r) => names.has(r['scenario'])) }, wanted, rows, 1e-10);
      if (accrual !== 'isda' || mode !== 'ignore') continue;
      const grid = vector('isda_survival_grid.csv');
      same(table(readFileSync(survival, 'utf8')), grid, grid.rows, 1e-12);
    }
  }
});

test('price: eight tenors at two coupons under three formulae', { skip: needs }, async () => {
  const wanted = vector('isda_prices.csv');
  for (const accrual of ['isda', 'markit', 'correct']) {
    const out = join(folder, `price-${accrual}.csv`);
    await credit(['price', ...INPUTS, '--accrual', accrual, '--out', out]);
    same(
      table(readFileSync(out, 'utf8')),
      wanted,
      wanted.rows.filter((r) => r['accrual_formula'] === accrual.toUpperCase()),
      1e-12,
    );
  }
});

test('risk with buckets, and the Jacobian with bands', { skip: needs }, async () => {
  const files = { risk: 'isda_risk.csv', buckets: 'isda_bucketed_cs01.csv', jacobian: 'isda_hazard_jacobian.csv' };
  const out = (name: string): string => join(folder, `${name}.csv`);
  await credit(['risk', ...INPUTS, '--buckets', out('buckets'), '--out', out('risk')]);
  await credit(['jacobian', ...INPUTS, '--bands', out('bands'), '--out', out('jacobian')]);
  for (const [name, file] of Object.entries(files)) {
    const wanted = vector(file);
    const names = new Set(wanted.rows.map((r) => r['scenario']));
    const got = table(readFileSync(out(name), 'utf8'));
    same(
      { ...got, rows: got.rows.filter((r) => names.has(r['scenario'])) },
      wanted,
      wanted.rows,
      name === 'jacobian' ? 1e-10 : 1e-12,
    );
  }
  const bands = table(readFileSync(out('bands'), 'utf8')).rows.filter((r) => r['scenario'] === 'S02_upward_IG');
  vector('hazard_delta_method_ci.csv').rows.forEach((row, i) => {
    for (const column of ['sd_cumhazard', 'sd_survival', 'sd_fwd_hazard'])
      assert.ok(Math.abs(Number(bands[i][column]) - Number(row[column])) < 1e-12, `${row['node']} ${column}`);
  });
});

test('bonds: flat hazards, a curve, and a weighted one', { skip: needs }, async () => {
  const day = ['--trade-date', '2022-11-21'];
  const flat = vector('bond_implied_hazard.csv');
  const file = join(VECTORS, 'bond_implied_hazard.csv');
  same(table((await credit(['bonds', '--quotes', file, ...day])).stdout), flat, flat.rows, 1e-12);
  const curve = vector('bond_curve_bootstrap.csv');
  const terms = ['--curve', '--rate', '0.038', '--recovery', '0.4', '--scheme', 'RFV', ...day];
  const quotes = join(VECTORS, 'bond_curve_bootstrap.csv');
  same(table((await credit(['bonds', '--quotes', quotes, ...terms])).stdout), curve, curve.rows, 1e-10);
  const five = join(folder, 'five.csv');
  writeFileSync(
    five,
    'maturity,coupon,clean_price,error\n2023-11-21,0.05,0.982,0.002\n2024-11-21,0.055,0.958,0.002\n2026-11-21,0.06,0.925,0.004\n' +
      '2028-11-21,0.06,0.884,0.005\n2030-11-21,0.065,0.871,0.008\n',
  );
  const got = table((await credit(['bonds', '--quotes', five, ...terms, '--knots', '2,10'])).stdout).rows;
  vector('wls_hazard_fit.csv').rows.forEach((row, i) => {
    assert.equal(got[i]['quantity'], row['quantity']);
    assert.ok(Math.abs(Number(got[i]['value']) - Number(row['value'])) < 1e-7, row['quantity']);
  });
});

test('constrained and fail say what they did; one certificate is printed and drawn', { skip: needs }, async () => {
  const shared = table((await credit(['bootstrap', ...INPUTS, '--arbitrage', 'constrained'])).stdout).rows;
  const node = shared.find((r) => r['scenario'] === 'S05_arbitrage' && r['tenor'] === '4Y');
  assert.equal(node?.['status'], 'held');
  assert.ok(Math.abs(Number(node?.['half_gradient']) - 1.567335473e-5) < 1e-10);
  const failed = await credit(['bootstrap', ...INPUTS, '--arbitrage', 'fail', '--json'], 3);
  assert.match(failed.stderr, /S05_arbitrage: node 4Y: worth 0\.000609/);
  const rows = failed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.ok(rows.some((r) => r['status'] === 'refused:arbitrage' && r['fwd_hazard'] === null));
  assert.ok(
    rows.some((r) => r['scenario'] === 'S13_zero_recovery' && r['status'] === 'ok'),
    'the others are there',
  );
  const svg = join(folder, 'certificate.svg');
  const text = (await credit(['certificate', ...INPUTS, '--scenario', 'S02_upward_IG', '--svg', svg])).stdout;
  assert.match(text, /S02_upward_IG: 8 nodes, rms 0\.000 half-spreads/);
  assert.match(readFileSync(svg, 'utf8'), /^<svg [^]*<\/svg>\n$/);
  const made = JSON.parse(
    (await credit(['certificate', ...INPUTS, '--scenario', 'S02_upward_IG', '--json'])).stdout,
  ) as {
    nodes: { node: string; hazardError: number; distanceToArbitrage: number }[];
  };
  const five = made.nodes.find((n) => n.node === '5Y');
  assert.ok(five && Math.abs(five.hazardError - 0.00237824203303279) < 1e-10);
  assert.ok(five.distanceToArbitrage > 5);
});

const sheets = absent('published/isda_excel_yieldflat_0pc.csv');

test(
  'contracts: the ISDA Excel sheet within 3e-6, the official grid within 0.005 on 10mm',
  { skip: sheets },
  async () => {
    const file = (name: string): string => join(VECTORS, 'published', name);
    const excel = vector('published/isda_excel_yieldflat_0pc.csv').rows;
    const flat = ['--trade-date', '2013-01-01', '--rate', '0', '--recovery', '0.4'];
    const got = table(
      (await credit(['contracts', '--quotes', file('isda_excel_yieldflat_0pc.csv'), ...flat])).stdout,
    ).rows;
    assert.equal(got.length, excel.length);
    excel.forEach((row, i) => {
      const gap = (a: number, column: string): void =>
        assert.ok(
          Math.abs(1e7 * a - Number(row[column])) <= 3e-6,
          `row ${i} ${column}: ${1e7 * a}, not ${row[column]}`,
        );
      gap(Number(got[i]['protection_leg']), 'excel_protection_leg');
      gap(Number(got[i]['coupon']) * Number(got[i]['annuity_clean']), 'excel_premium_leg_clean');
      gap(Number(got[i]['accrual_on_default']), 'excel_default_accrual');
      assert.equal(Number(got[i]['accrued_days']), Number(row['excel_accrued_days']));
    });
    const grid = vector('published/cdsmodel_rfr_grid_usd_20220622.csv').rows;
    const rates = ['--discount', file('cdsmodel_rfr_grid_usd_20220622_rates.csv'), '--calendar', 'new-york'];
    const cells = [
      'contracts',
      '--quotes',
      file('cdsmodel_rfr_grid_usd_20220622.csv'),
      '--trade-date',
      '2022-06-22',
      ...rates,
    ];
    const priced = table((await credit(cells)).stdout).rows;
    grid.forEach((row, i) =>
      assert.ok(Math.abs(Number(priced[i]['cash_10mm']) - Number(row['grid_cash_10mm'])) <= 0.005, row['maturity']),
    );
  },
);

const HEADER = 'scenario,discount_curve,recovery,tenor,maturity,quote_type,coupon,quote';
const DISCOUNT = 'curve,t_act365f,zero_rate_cc\nFLAT,1,0.03\nFLAT,30,0.03\n';

let made = 0;

function files(quotes: readonly string[], discount: string = DISCOUNT): string[] {
  made++;
  const [q, d] = [join(folder, `q${made}.csv`), join(folder, `d${made}.csv`)];
  writeFileSync(q, `${[HEADER, ...quotes].join('\n')}\n`);
  writeFileSync(d, discount);
  return ['--quotes', q, '--discount', d, '--trade-date', '2026-01-15'];
}

const GOOD = ['good,FLAT,0.4,1Y,2026-12-20,par,,0.01', 'good,FLAT,0.4,5Y,2030-12-20,par,,0.02'];

test('a wrong cell is named by line, column and value, and costs only its own set', async () => {
  const unreadable: [string, RegExp][] = [
    ['a,FLAT,0.4,1Y,2026-12-32,par,,0.01', /a: line 4: maturity is 2026-12-32; a date YYYY-MM-DD is needed/],
    ['b,FLAT,0.4,1Y,2026-12-20,spread,,0.01', /b: line 5: quote_type is spread; par, puf or quoted is needed/],
    ['c,FLAT,0.4,1Y,2026-12-20,par,,x', /c: line 6: quote is x; a number is needed/],
    ['d,FLAT,0.4,1Y,2026-12-20,puf,,0.1', /d: line 7: coupon is empty; the coupon of a puf quote is needed/],
    ['e,MOON,0.4,1Y,2026-12-20,par,,0.01', /e: no discount curve MOON; the file has FLAT/],
  ];
  const refused: [string, RegExp][] = [
    ['f,FLAT,40,1Y,2026-12-20,par,,0.01', /f: recovery 40 is not in \[0, 1\); a fraction is meant/],
    ['g,FLAT,0.4,1Y,2026-12-20,par,,150', /g: node 1Y: spread 150 is no fraction a year/],
    ['h,FLAT,0.4,1Y,2026-12-20,puf,0.05,0.6', /h: node 1Y: upfront 0\.6 is not below the loss 1 - R = 0\.6/],
    ['i,FLAT,0.4,1Y,2025-12-20,par,,0.01', /i: node 1Y: maturity 2025-12-20 ends before its step-in date 2026-01-16/],
  ];
  for (const [cases, code] of [
    [unreadable, 2],
    [refused, 3],
  ] as const) {
    const ran = await credit(['bootstrap', ...files([...GOOD, ...cases.map(([line]) => line)])], code);
    for (const [, message] of cases) assert.match(ran.stderr, message);
    const { rows } = table(ran.stdout);
    assert.equal(rows.filter((r) => r['scenario'] === 'good' && r['status'] === 'ok').length, 2);
    assert.equal(rows.filter((r) => r['status'].startsWith('refused:')).length, cases.length);
  }
});

test('a wrong call or file is exit code 2 and says which', async () => {
  const cases: [string[], RegExp][] = [
    [['bootstrap', ...files(GOOD).slice(0, 4)], /--trade-date/],
    [['bootstrap', ...files(GOOD), '--accrual', 'best'], /--accrual best: one of isda, markit, correct/],
    [['bootstrap', ...files(GOOD), '--trade-date', '15.1.2026'], /--trade-date 15\.1\.2026/],
    [['bootstrap', ...files(GOOD), '--quotes', '/nowhere.csv'], /nowhere\.csv/],
    [['price', ...files(GOOD), '--tenors', '5Q'], /5Q is no tenor/],
    [['bootstrap', ...files(GOOD, 'curve,t_act365f\nFLAT,1\n')], /zero_rate_cc or discount_factor is missing/],
    [['contracts', '--quotes', files(GOOD)[1], '--trade-date', '2026-01-15'], /--discount or --rate is needed/],
    [['contracts', '--quotes', files(GOOD)[1], '--trade-date', '2026-01-15', '--rate', '0'], /line 2: coupon is empty/],
    [['certificate', ...files(GOOD), '--scenario', 'x'], /--scenario x: the file has good/],
    [['bonds', '--quotes', files(GOOD)[1], '--trade-date', '2026-01-15'], /column bond, clean_price is missing/],
  ];
  for (const [args, message] of cases) assert.match((await credit(args, 2)).stderr, message);
  const ran = await credit(
    ['bootstrap', ...files(GOOD, 'curve,t_act365f,zero_rate_cc\nFLAT,2,0.03\nFLAT,1,0.03\n')],
    2,
  );
  assert.match(ran.stderr, /discount curve FLAT, line 3: time 1: times must ascend/);
  assert.match((await credit(['--help'])).stdout, /bootstrap[^]*price[^]*risk[^]*jacobian[^]*bonds[^]*certificate/);
});
