/** `vernier portfolio --log` and `vernier explain-pnl` on a session log recorded from the SYNTHETIC chain. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { blackPrice } from '../../src/numeric/black.ts';
import { openBook, readCredentials } from '../../src/cli/book-options.ts';
import { records, vernier } from './run-vernier.ts';

const CHAIN = new URL('../../src/cli/assets/SYNTHETIC-chain.csv.gz', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'vernier-book-'));
after(() => rmSync(folder, { recursive: true }));
const log = join(folder, 'log');
const file = join(folder, 'book.csv');

before(async () => {
  writeFileSync(
    file,
    'instrument,size,entry\nBTC-11JAN30-90000-C,2,\nBTC_USDC-11JAN30-95000-P,-1,\nBTC-PERPETUAL,-100000,99000\nBTC,1,\n',
  );
  assert.equal((await vernier(['replay', CHAIN, '--record', log, '--quiet'])).code, 0);
});

test('a book at a past moment of a log, and what it earned between two: the values meet, the terms add up', async () => {
  const [early, late] = ['2030-01-07T14:00:00Z', '2030-01-07T15:00:00Z'];
  const at = async (time: string): Promise<Record<string, number>> => {
    const ran = await vernier([
      'portfolio',
      file,
      '--log',
      log,
      '--at',
      time,
      '--json',
      '--history',
      CHAIN,
      'log',
      '--window',
      '1',
    ]);
    assert.equal(ran.code, 0, ran.stderr);
    const out = records(ran);
    assert.ok(
      out.some((l) => l['type'] === 'scenario' && l['set'] === 'history'),
      'windows of history',
    );
    assert.ok(String(out[0]['at']) <= new Date(time).toISOString(), 'nothing of what came after');
    return out.find((l) => l['type'] === 'exposure' && l['source'] === 'champion') as Record<string, number>;
  };
  const [then, now] = [await at(early), await at(late)];
  assert.notEqual(then['value_usd'], now['value_usd']);
  const ran = await vernier([
    'explain-pnl',
    log,
    '--positions',
    file,
    '--from',
    early,
    '--to',
    late,
    '--step',
    '900',
    '--json',
  ]);
  assert.equal(ran.code, 0, ran.stderr);
  const [stretch, usd, coin] = records(ran) as Record<string, number>[];
  assert.ok(stretch['steps'] >= 2);
  for (const [line, field] of [
    [usd, 'value_usd'],
    [coin, 'value_coin'],
  ] as const) {
    assert.ok(Math.abs(line['value_before'] - then[field]) < 1e-6 * Math.abs(then[field]), `${field} at the start`);
    assert.ok(Math.abs(line['value_after'] - now[field]) < 1e-6 * Math.abs(now[field]), `${field} at the end`);
    assert.ok(Math.abs(line['pnl'] - (now[field] - then[field])) < 1e-6 * Math.abs(now[field]));
  }
  const terms = ['delta', 'gamma', 'vega', 'theta', 'vanna', 'volga', 'charm', 'veta', 'speed', 'zomma', 'futures', 'equity', 'basis', 'funding', 'trades', 'fees', 'residual']; // prettier-ignore
  const sum = terms.reduce((s, t) => s + usd[t], 0);
  assert.ok(Math.abs(sum - usd['pnl']) < 1e-6);
  assert.match(
    (await vernier(['explain-pnl', log, '--positions', file, '--step', '3600'])).stdout,
    /exact revaluation/,
  );
});

test('snapshots further apart than a step are a step each', async () => {
  const inspected = JSON.parse((await vernier(['inspect', log, '--json'])).stdout) as {
    inputs: Record<string, number>;
  };
  const ran = await vernier(['explain-pnl', log, '--positions', file, '--step', '1', '--json']);
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(records(ran)[0]['steps'], inspected.inputs['snapshot-end'] - 1);
});

test('another coin in the log changes nothing of a book; what has no price is named and stops nothing', async () => {
  const rows = gunzipSync(readFileSync(CHAIN)).toString().trim().split('\n').slice(0, 1_700);
  // The same expiries, half as much volatility again: a smile that must not be taken for the other coin's.
  const ether = rows.slice(2).map((row) => {
    const [at, name, forward, , , , , iv, delta, vega, interest, index] = row.split(',');
    const [, day, strike, side] = name.split('-');
    const expiry = Date.parse(`${day.slice(0, 2)} ${day.slice(2, 5)} 20${day.slice(5)} 08:00 UTC`);
    const sigma = 1.5 * Number(iv);
    const black = {
      side: side === 'C' ? ('call' as const) : ('put' as const),
      forward: Number(forward) / 25,
      strike: Number(strike) / 25,
      years: (expiry - Date.parse(at)) / (365 * 86_400_000),
      sigma,
    };
    const mark = blackPrice(black) / black.forward;
    const symbol = `ETH-${day}-${black.strike}-${side}`;
    return [at, symbol, black.forward, `ETH-${day}`, mark - 0.0005, mark + 0.0005, mark, sigma, delta, vega, interest, Number(index) / 25].join(','); // prettier-ignore
  });
  const own = join(folder, 'odd.csv');
  writeFileSync(
    own,
    'instrument,size,entry\nBTC-11JAN30-90000-C,2,\nBTC-PERPETUAL,-100000,\nBTC,1,\nBTC-1JAN30-90000-C,1,\nSOL_USDC-PERPETUAL,3,\n',
  );
  const explained = async (name: string, lines: readonly string[]): Promise<Record<string, unknown>[]> => {
    const chain = join(folder, `${name}.csv`);
    writeFileSync(chain, `${lines.join('\n')}\n`);
    assert.equal((await vernier(['replay', chain, '--record', join(folder, name), '--quiet'])).code, 0);
    const ran = await vernier(['explain-pnl', join(folder, name), '--positions', own, '--step', '600', '--json']);
    assert.equal(ran.code, 0, ran.stderr);
    return records(ran);
  };
  const alone = await explained('alone', rows);
  const both = await explained('both', [
    ...rows.slice(0, 2),
    ...[...rows.slice(2), ...ether].toSorted((a, b) => a.slice(0, 24).localeCompare(b.slice(0, 24))),
  ]);
  assert.equal(both[0]['steps'], alone[0]['steps']);
  const fitted = (await vernier(['replay', join(folder, 'both'), '--json', '--quiet'])).stdout;
  assert.ok(
    /"type":"calibration"[^\n]*"underlying":"ETH"[^\n]*"status":"accepted"/.test(fitted),
    'the other coin is fitted',
  );
  const [usd, usdBoth] = [alone[1], both[1]] as Record<string, number>[];
  assert.notEqual(usd['vega'], 0);
  for (const field of ['pnl', 'vega', 'vega_predicted', 'vega_unpredicted'])
    assert.ok(
      Math.abs(usd[field] - usdBoth[field]) < 1e-6 * (1 + Math.abs(usd[field])),
      `${field} ${usd[field]} ${usdBoth[field]}`,
    );
  // A future without an entry counts from the start, so that steps add up to the values.
  assert.ok(usd['futures'] !== 0 && Math.abs(usd['value_after'] - usd['value_before'] - usd['pnl']) < 1e-6);
  const { steps, unpriced_steps: unpriced } = alone[0] as { steps: number; unpriced_steps: Record<string, number> };
  assert.deepEqual(unpriced, { 'BTC-1JAN30-90000-C': steps, 'SOL_USDC-PERPETUAL': steps });
});

test('the tournament of a log has the fields of the interface', async () => {
  const [row] = records(await vernier(['tournament', log, '--json']));
  assert.deepEqual(Object.keys(row), ['type', 'underlying', 'tenor', 'horizon', 'model', 'batches', 'log_score', 'wins', 'median_pz', 'inside_share', 'level_points', 'median_pr']); // prettier-ignore
  assert.equal(row['type'], 'tournament');
});

test('what cannot be told says why', async () => {
  for (const [args, why] of [
    [['portfolio', '--log', log], /nothing is held/],
    [['portfolio', file, '--log', log, '--at', '2020-01-01'], /no market at that time/],
    [['explain-pnl', log], /nothing in the log is both held and priced/],
    [['explain-pnl', log, '--from', '2030-01-07T14:00:00Z'], /nothing was held in this stretch/],
    [['explain-pnl', log, '--positions', file, '--from', '2031-01-01T00:00:00Z'], /no market after --from/],
    [['watch', 'deribit:BTC', '--account', 'main'], /--account wants credentials/],
  ] as const) {
    const ran = await vernier(args, { env: { VERNIER_DERIBIT_ID: undefined, VERNIER_DERIBIT_SECRET: undefined } });
    assert.equal(ran.code, 2, `${args.join(' ')}: ${ran.code} ${ran.stderr}`);
    assert.match(ran.stderr, why);
  }
});

test('flags of a book that cannot work are refused before anything is opened', () => {
  const usual = { positionsValid: '86400' };
  const say = (text: string): void => assert.fail(text);
  assert.throws(() => openBook({ ...usual, positions: join(folder, 'none.csv') }, say), /no such file/);
  assert.throws(() => openBook({ positionsValid: '-1' }, say), /seconds above 0/);
  const rules = join(folder, 'rules.yaml');
  writeFileSync(rules, 'rules:\n  - { name: pz, field: pz, above: 3 }\n');
  assert.throws(() => openBook({ ...usual, limits: rules }, say), /no rule over record: book/);
  writeFileSync(
    rules,
    'rules:\n  - { name: delta, record: book, field: delta_usd, outside: 20, models: [champion], severity: page }\n',
  );
  const { bookLimits, bookJump } = openBook({ ...usual, limits: rules }, say).config;
  assert.deepEqual([bookLimits[0].field, bookLimits[0].limit, bookLimits[0].clear], ['delta_usd', 20, 10]);
  assert.equal(bookJump.usd, null, 'no bound on money without a rule');
  const jump = '  - { name: jump, record: calibration, field: book_jump_usd, outside: 250000 }\n';
  writeFileSync(rules, `rules:\n  - { name: delta, record: book, field: delta_usd, outside: 20 }\n${jump}`);
  assert.deepEqual(openBook({ ...usual, limits: rules }, say).config.bookJump, { vol: 0.02, usd: 250_000 });
});

test('credentials come from the environment or a file that nobody else may read, and are told by place', () => {
  const secret = 'hush-SYNTHETIC-secret';
  const path = join(folder, 'credentials');
  const refused = (text: string, mode: number, why: RegExp): void => {
    writeFileSync(path, text);
    chmodSync(path, mode);
    assert.throws(
      () => readCredentials(path, {}),
      (error: Error) => why.test(error.message) && !error.message.includes(secret),
    );
  };
  refused(`reader\n${secret}\nmore\n`, 0o600, /two lines/);
  refused(`reader\n${secret}\n`, 0o644, /chmod 600/);
  chmodSync(path, 0o600);
  const read = { clientId: 'reader', clientSecret: secret };
  assert.deepEqual(readCredentials(path, {}), read);
  assert.deepEqual(readCredentials(undefined, { VERNIER_DERIBIT_ID: 'reader', VERNIER_DERIBIT_SECRET: secret }), read);
  assert.equal(readCredentials(undefined, { VERNIER_DERIBIT_ID: 'reader' }), null);
  assert.throws(() => readCredentials(join(folder, 'nowhere'), {}), /ENOENT/);
});
