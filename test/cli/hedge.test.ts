import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { absent, numberRows, relative, textRows } from '../hedge/credit-vectors.ts';
import { sharedText } from '../surface/shared-files.ts';
import { readPositions } from '../../src/app/position-file.ts';

const BIN = new URL('../../bin/vernier.js', import.meta.url).pathname;
/** SYNTHETIC chain of the demonstration. */
const CHAIN = new URL('../../src/cli/assets/SYNTHETIC-chain.csv.gz', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'vernier-hedge-'));
after(() => rmSync(folder, { recursive: true }));

function vernier(args: readonly string[], input?: string): { status: number | null; stdout: string; stderr: string } {
  const run = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', input, maxBuffer: 1 << 28 });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

function lines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Rows of a calculator's output. */
function rowsOf(text: string): Record<string, number>[] {
  const [header, ...rest] = text.trim().split('\n');
  const columns = [...header.matchAll(/"([^"]*)"|([^,]+)/g)].map((m) => m[1] ?? m[2]);
  return rest.map((line) =>
    Object.fromEntries(line.split(',').map((cell, i) => [columns[i], cell === '' ? NaN : Number(cell)])),
  );
}

const SMILE = [
  'vega_usd', 'value_coin', 'delta_R0_sticky_moneyness', 'delta_R0.5', 'delta_R1_sticky_strike', 'delta_R1.5',
  'delta_R2_localvol_proxy', 'net_R0', 'net_R0.5', 'net_R1', 'net_R1.5', 'net_R2',
]; // prettier-ignore

test('calc hedge-ratios reads the hedging vectors as they are', { skip: absent('smile_deltas_svi.csv') }, () => {
  for (const [file, columns] of [
    ['smile_deltas_svi.csv', SMILE],
    [
      'inverse_option_greeks.csv',
      ['value_usd', 'value_coin', 'delta_usd', 'net_delta(delta-coin_value)', 'dcoin_dF', 'hedge_notional_usd_net'],
    ],
    [
      'sabr_bartlett_delta.csv',
      ['sigma_hagan', 'dsigma_dF', 'dsigma_dalpha', 'delta_black', 'delta_sabr', 'delta_bartlett'],
    ],
  ] as const) {
    const run = vernier(['calc', 'hedge-ratios'], sharedText(`vectors/credit/${file}`));
    assert.equal(run.status, 0, run.stderr);
    const want = numberRows(file);
    const got = rowsOf(run.stdout);
    assert.equal(got.length, want.length);
    want.forEach((row, i) => {
      // Time is solved from the coin price where a file does not state it: 1e-10 there.
      for (const c of columns)
        assert.ok(relative(got[i][c], row[c], 1e-6) < 1e-10, `${file} ${i} ${c}: ${got[i][c]}, reference ${row[c]}`);
    });
  }
});

test('calc hedge-ratios: Hull-White and the ATM form by hand, and empty without their columns', () => {
  const header = 'type,F,K,T,sigma,dsigma_dk,dsigma_dk_atm,R,a,b,c';
  const run = vernier(
    ['calc', 'hedge-ratios'],
    `${header}\nC,100,100,0.25,0.6,-0.2,-0.2,1,0.1,0,0\nX,1,1,1,1,1,1,1,1,1,1\n`,
  );
  const [row] = rowsOf(run.stdout);
  assert.ok(Math.abs(row['delta_atm_R'] - row['delta_R1_sticky_strike']) < 1e-15);
  assert.ok(Math.abs(row['delta_HullWhite'] - row['delta_usd'] - (0.1 * row['vega_usd']) / (100 * 0.5)) < 1e-14);
  assert.match(run.stderr, /1 of 2 rows have no result: line 3: type is X/);
  const bare = rowsOf(vernier(['calc', 'hedge-ratios'], 'type,F,K,T,sigma\nP,100,90,0.25,0.6\n').stdout)[0];
  assert.ok(bare['delta_usd'] < 0 && Number.isNaN(bare['delta_atm_R']) && Number.isNaN(bare['delta_sabr']));
});

test('calc pnl-explain reproduces pnl_explain_cases.csv', { skip: absent('pnl_explain_cases.csv') }, () => {
  const inputs = ['numeraire', 'type', 'F0', 'F1', 'K', 'T0', 'days', 'sigma0', 'sigma1'];
  const want = textRows('pnl_explain_cases.csv');
  const input = join(folder, 'in.csv');
  const output = join(folder, 'out.csv');
  writeFileSync(input, [inputs.join(','), ...want.map((r) => inputs.map((c) => r[c]).join(','))].join('\n'));
  const run = vernier(['calc', 'pnl-explain', '--in', input, '--out', output]);
  assert.equal(run.status, 0, run.stderr);
  const got = rowsOf(vernier(['calc', 'pnl-explain', '--in', input]).stdout);
  want.forEach((row, i) => {
    for (const column of Object.keys(row)) {
      if (inputs.includes(column) || column === 'case') continue;
      const scale = Number(row['V0']) + Number(row['V1']);
      assert.ok(relative(got[i][column], Number(row[column]), scale) < 1e-12, `${row['case']} ${column}`);
    }
  });
  const bad = vernier(['calc', 'pnl-explain'], `${inputs.join(',')}\neuro,C,1,1,1,1,1,1,1\nusd,C,-1,1,1,1,1,1,1\n`);
  assert.match(bad.stderr, /line 2: numeraire is euro; line 3: F0 is -1/);
});

test('hedge backtest: every family on the SYNTHETIC chain, slopes by window, and the same twice', () => {
  const args = ['hedge', 'backtest', CHAIN, '--without', '2030-01-07T12:00/2030-01-07T13:00', '--json'];
  const run = vernier(args);
  assert.equal(run.status, 0, run.stderr);
  const out = lines(run.stdout);
  const families = out.filter((l) => l['type'] === 'family' && l['window'] === 'all' && l['set'] === 'otm');
  assert.deepEqual(new Set(families.map((f) => f['family'])).size, 14);
  const of = (name: string): number =>
    families.find((f) => f['family'] === name)?.['variance_reduction_coin'] as number;
  assert.ok(of('premium-adjusted') > of('black'));
  assert.equal(of('premium-adjusted'), of('sticky-strike'));
  const windows = new Set(out.filter((l) => l['type'] === 'slope').map((l) => l['window']));
  assert.deepEqual([...windows], ['all', 'without 2030-01-07T12:00/2030-01-07T13:00']);
  assert.equal(vernier(args).stdout, run.stdout);
  const text = vernier(['hedge', 'backtest', CHAIN, '--families', 'black,sticky-strike,venue']);
  assert.match(text.stdout, /BTC, all, \|delta\| 2-50 %: variance reduction/);
  assert.match(text.stdout, /clustered by time/);
});

test('hedge backtest says what is wrong with a call', () => {
  const wrong: [string[], RegExp][] = [
    [['nowhere.parquet'], /nowhere\.parquet: no such file/],
    [[CHAIN, '--families', 'black,blakc'], /--families blakc: one of black/],
    [[CHAIN, '--window', 'x=2030-01-02/2030-01-01'], /ends before it starts/],
    [[CHAIN, '--hedge-with', 'hope'], /--hedge-with hope: forward or index/],
    [[CHAIN, '--from', '2031-01-01'], /no two snapshots/],
  ];
  for (const [args, message] of wrong) {
    const run = vernier(['hedge', 'backtest', ...args]);
    assert.equal(run.status, 2, args.join(' '));
    assert.match(run.stderr, message);
  }
});

const BOOK =
  'instrument,size,entry\nBTC-11JAN30-90000-C,2,\nBTC_USDC-11JAN30-95000-P,-1,\nBTC-PERPETUAL,-100000,99000\nBTC,1,\nUSDC,1000,\nBTC-11JAN30,oops,\nETH,1,\n';

test('portfolio: exposures by source, scenarios and margin of a book on the SYNTHETIC chain', () => {
  const file = join(folder, 'book.csv');
  writeFileSync(file, BOOK);
  const slopes = join(folder, 'slopes.ndjson');
  const slope = {
    type: 'slope',
    underlying: 'BTC',
    side: 'call',
    delta: '50-98',
    tenor: '2-8d',
    window: 'all',
    regime: 'any',
    family: 'sticky-strike',
    beta: 0.5,
  };
  writeFileSync(slopes, `${JSON.stringify(slope)}\n`);
  const run = vernier(['portfolio', file, '--chain', CHAIN, '--slopes', slopes, '--json']);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /line 7: size is oops \(BTC-11JAN30\)/);
  assert.match(run.stderr, /ETH: no-index/);
  const out = lines(run.stdout);
  const exposures = out.filter((l) => l['type'] === 'exposure');
  assert.deepEqual(
    exposures.map((e) => e['source']),
    ['venue', 'svi', 'sabr', 'empirical'],
  );
  const [venue, svi, , empirical] = exposures as Record<string, number>[];
  assert.ok(Math.abs(venue['delta_black'] - svi['delta_black']) < 0.02 && venue['vega_usd_per_point'] > 0);
  const call = 2 * 0.93;
  assert.ok(
    Math.abs(svi['delta_black'] - empirical['delta_black'] - 0.5 * call) < 0.1,
    `${svi['delta_black']} ${empirical['delta_black']}`,
  );
  const still = out.find((l) => l['type'] === 'scenario' && l['spot'] === 0 && l['volatility_points'] === 0);
  assert.ok(Math.abs(still?.['pnl_usd'] as number) < 1e-6);
  assert.equal(out.filter((l) => l['type'] === 'scenario' && l['set'] === 'grid').length, 27);
  assert.equal((out[0] as { dollars: number }).dollars, 1000);
  assert.ok((out.find((l) => l['type'] === 'margin')?.['margin_coin'] as number) > 0);
  assert.match(vernier(['portfolio', file, '--chain', CHAIN]).stdout, /USD delta = equity \+ net delta/);
  assert.equal(vernier(['portfolio', file]).status, 2);
  assert.equal(vernier(['portfolio', join(folder, 'none.csv'), '--chain', CHAIN]).status, 2);
});

test('position files: JSON and CSV agree; a bad row names field and value and costs nothing else', () => {
  const csv = readPositions(
    'instrument,size,entry,account\nBTC-27MAR26-90000-C,1.5,0.02,a\nETH_USDC-PERPETUAL,-2,3000,b\nUSDT,5,,b\n',
  );
  const json = readPositions(
    JSON.stringify({
      positions: [
        { instrument: 'BTC-27MAR26-90000-C', size: 1.5, entry: 0.02, account: 'a' },
        { instrument: 'ETH_USDC-PERPETUAL', size: '-2', entry: 3000, account: 'b' },
        { instrument: 'USDT', size: 5, account: 'b' },
      ],
    }),
  );
  assert.deepEqual(json, csv);
  assert.deepEqual(
    csv.positions.map((p) => [p.kind, p.underlying]),
    [
      ['option', 'BTC'],
      ['future', 'ETH'],
      ['equity', null],
    ],
  );
  const bad = readPositions('instrument,size,entry\nBTC-31FEB26,1,\nnonsense!,1,\nBTC,,\nBTC-PERPETUAL,1,-3\nBTC,2,\n');
  assert.deepEqual(bad.refused, [
    'line 2: instrument is BTC-31FEB26: no such day',
    'line 3: instrument is nonsense!',
    'line 4: size is empty (BTC)',
    'line 5: entry is -3, not in 0 to 1000000000000 (BTC-PERPETUAL)',
  ]);
  assert.equal(bad.positions.length, 1);
  assert.throws(() => readPositions('a,b\n1,2\n'), /no column instrument/);
  assert.throws(() => readPositions('{"x": 1}'), /positions/);
});

test('hedge backtest reads a session log as it reads the chains behind it, hedges a book, and draws', () => {
  const log = join(folder, 'log');
  assert.equal(vernier(['replay', CHAIN, '--record', log, '--quiet']).status, 0);
  const positions = join(folder, 'book.csv');
  writeFileSync(positions, 'instrument,size\nBTC-11JAN30-100000-C,-5\nBTC-11JAN30-95000-P,3\nBTC-PERPETUAL,10000\n');
  const chart = join(folder, 'chart.svg');
  const families = 'black,premium-adjusted,sticky-strike,bartlett';
  const args = ['--json', '--families', families, '--slopes', 'sticky-strike'];
  const fromChains = vernier(['hedge', 'backtest', CHAIN, ...args]);
  const fromLog = vernier(['hedge', 'backtest', log, ...args, '--positions', positions, '--chart', chart]);
  assert.equal(fromLog.status, 0, fromLog.stderr);
  const of = (text: string, type: string) => lines(text).filter((l) => l['type'] === type);
  const plain = (l: Record<string, unknown>) => [
    l['family'],
    l['set'],
    l['n'],
    l['variance_reduction_coin'],
    l['gain_usd'],
  ];
  // Hourly refits of a log against one in four snapshots of chains: only what is never refitted is the same to the bit.
  const rows = (text: string) => of(text, 'family').filter((l) => l['family'] !== 'bartlett').map(plain); // prettier-ignore
  assert.deepEqual(rows(fromLog.stdout), rows(fromChains.stdout));
  const book = of(fromLog.stdout, 'book');
  assert.deepEqual(book.map((b) => b['family']), families.split(',')); // prettier-ignore
  const saved = Object.fromEntries(book.map((b) => [b['family'], Number(b['variance_reduction_coin'])]));
  assert.ok(saved['premium-adjusted'] > saved['black'], 'a book in coin is hedged net of its premium');
  assert.equal(saved['premium-adjusted'], saved['sticky-strike']);
  assert.ok(of(fromLog.stdout, 'winner').every((w) => 'evidence' in w));
  const svg = readFileSync(chart, 'utf8');
  assert.match(svg, /^<svg /);
  assert.match(svg, /the positions given/);
  for (const family of families.split(',')) assert.ok(svg.includes(`>${family}<`));
  assert.match(vernier(['hedge', 'backtest', log, '--every', '1']).stderr, /--every 1: at least 5 minutes/);
  assert.match(vernier(['hedge', 'backtest', log, '--positions', join(folder, 'none.csv')]).stderr, /no such file/);
});
