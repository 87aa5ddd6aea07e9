import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { lastChain } from '../../src/app/chain-slices.ts';
import { inverseGreeks } from '../../src/numeric/inverse.ts';

const folder = mkdtempSync(join(tmpdir(), 'vernier-chain-'));
after(() => rmSync(folder, { recursive: true }));

const COLUMNS =
  'timestamp,instrument_name,underlying,underlying_name,bid_price,ask_price,mark_price,implied_volatility,delta,vega,open_interest,index_price';
const FORWARD = 90000;

/** SYNTHETIC snapshot row of a flat 50 % smile, a tick either side of the mark. */
function row(at: string, expiry: string, expiryAt: string, strike: number): string {
  const years = (Date.parse(expiryAt) - Date.parse(at)) / (365 * 86_400_000);
  const side = strike < FORWARD ? 'put' : 'call';
  const g = inverseGreeks({ side, forward: FORWARD, strike, years, sigma: 0.5 });
  const mark = Math.round(g.priceCoin * 1e4) / 1e4;
  const name = `BTC-${expiry}-${strike}-${side === 'put' ? 'P' : 'C'}`;
  return [
    at,
    name,
    FORWARD,
    `BTC-${expiry}`,
    mark - 1e-4,
    mark + 1e-4,
    mark,
    0.5,
    g.deltaBlack,
    50,
    10,
    FORWARD,
  ].join();
}

const STRIKES = [80000, 85000, 88000, 92000, 95000, 100000];

test('only the last snapshot is fitted: options that are gone from it, and expiries that have passed, are not', async () => {
  const first = '2026-02-02T06:00:00.000000+00:00';
  const last = '2026-02-04T12:00:00.000000+00:00';
  const rows = [
    ...[...STRIKES, 97000].map((k) => row(first, '27FEB26', '2026-02-27T08:00Z', k)),
    ...STRIKES.map((k) => row(first, '4FEB26', '2026-02-04T08:00Z', k)),
    ...STRIKES.map((k) => row(last, '27FEB26', '2026-02-27T08:00Z', k)),
  ];
  const file = join(folder, 'snapshots.csv');
  writeFileSync(file, [COLUMNS, ...rows].join('\n'));
  const chain = await lastChain([file]);
  assert.deepEqual(
    chain.slices.map((s) => s.slice),
    ['BTC 2026-02-27T08:00Z'],
  );
  const { k, sigma, errorBar, sigmaBid, sigmaAsk, forward } = chain.slices[0].quotes;
  assert.equal(forward, FORWARD);
  assert.deepEqual(
    Array.from(k, (x) => Math.round(FORWARD * Math.exp(x))),
    STRIKES,
  );
  for (let i = 0; i < k.length; i++) {
    assert.ok(
      Math.abs(sigma[i] - 0.5) < 0.01 && sigmaBid[i] < sigma[i] && sigma[i] < sigmaAsk[i] && errorBar[i] > 0.001,
    );
  }
  assert.equal(chain.snapshots.get('BTC'), Date.parse('2026-02-04T12:00Z'));
  const earlier = await lastChain([file], { to: Date.parse('2026-02-03T00:00Z') });
  assert.deepEqual(
    earlier.slices.map((s) => s.slice),
    ['BTC 2026-02-04T08:00Z', 'BTC 2026-02-27T08:00Z'],
  );
  assert.equal(earlier.slices[1].quotes.k.length, STRIKES.length + 1);
});
