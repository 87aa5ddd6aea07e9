/** The report of a book: accounts and buckets add up to the whole, the empirical line is the slopes', regimes apart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BookSources, BucketSlopes, ExposureFields } from '../../src/portfolio/book-lines.ts';
import { bookReport } from '../../src/portfolio/book-report.ts';
import type { OptionPosition, Position } from '../../src/portfolio/position.ts';

const AT = Date.UTC(2026, 0, 1, 8);
const EXPIRY = AT + 20 * 86_400_000;
const option = (account: string, side: 'call' | 'put', strike: number, size: number): OptionPosition => ({
  kind: 'option', account, symbol: `BTC-${strike}-${side}`, underlying: 'BTC', side, strike, expiry: EXPIRY, settlement: 'inverse',
  size, entry: NaN,
}); // prettier-ignore
const BOOK: readonly Position[] = [
  option('a', 'call', 105_000, 10),
  option('a', 'put', 90_000, -4),
  option('b', 'call', 105_000, 2),
  { kind: 'equity', account: 'b', currency: 'BTC', underlying: 'BTC', size: 1 },
];
const slopes = (beta: number): BucketSlopes =>
  new Map(['BTC call 8-31d 25-50', 'BTC call 8-31d 10-25'].map((key) => [key, { beta, standardError: 0.05 }]));
const sources = (regimes: ReadonlyMap<string, BucketSlopes>): BookSources => ({
  at: AT,
  sources: ['champion', 'venue'],
  reference: 'champion',
  market: () => ({
    at: AT,
    index: (coin) => (coin === 'BTC' ? 100_000 : NaN),
    futureMark: () => NaN,
    option: () => ({ forward: 100_000, sigma: 0.6, venueDelta: NaN, bid: 0.01, ask: 0.012 }),
    dollar: () => 1,
  }),
  isListed: () => true,
  centres: () => [{ expiry: EXPIRY, years: 20 / 365, forward: 100_000, atm: 0.6 }],
  history: () => [],
  slopes: regimes,
});

test('accounts and buckets add up to the whole', () => {
  const { exposures, buckets, money } = bookReport(BOOK, sources(new Map()), null);
  const champion = exposures.filter((e) => e.source === 'champion');
  assert.deepEqual(champion.map((e) => e.account), ['all', 'a', 'b']); // prettier-ignore
  const [all, a, b] = champion;
  for (const field of [
    'value_usd',
    'delta_black',
    'delta_usd',
    'vega_usd_per_point',
  ] as const satisfies (keyof ExposureFields)[])
    assert.ok(Math.abs(all[field] - a[field] - b[field]) < 1e-6, field);
  const of = (account: string) => buckets.filter((x) => x.source === 'champion' && x.account === account);
  assert.deepEqual(of('all').map((x) => [x.side, x.positions]), [['call', 2], ['put', 1]]); // prettier-ignore
  const delta = (account: string): number => of(account).reduce((s, x) => s + x.delta_black, 0);
  assert.ok(Math.abs(delta('all') - delta('a') - delta('b')) < 1e-9);
  assert.ok(Math.abs(delta('all') - all.delta_black) < 1e-9);
  // Sixteen coins at half of 0.002 coin.
  assert.ok(Math.abs(money[0].close_out_usd - 16 * 0.001 * 100_000) < 1e-6);
  assert.equal(money[0].hedge_bias_usd, null);
  assert.ok(!exposures.some((e) => e.source === 'empirical'), 'nothing empirical without slopes');
});

test('the empirical line is every delta times its slope; the bias in money, by regime; given slopes go first', () => {
  const regimes = new Map([['any', slopes(0.9)], ['stress', slopes(0.5)]]); // prettier-ignore
  const { exposures, buckets, money } = bookReport(BOOK, sources(regimes), null);
  const calls = buckets.find((x) => x.source === 'champion' && x.account === 'all' && x.side === 'call')!;
  const empirical = buckets.find((x) => x.source === 'empirical' && x.account === 'all' && x.side === 'call')!;
  assert.deepEqual([empirical.beta, empirical.beta_se], [0.9, 0.05]);
  assert.ok(Math.abs(empirical.delta_black - 0.9 * calls.delta_black) < 1e-9);
  const line = (source: string) => exposures.find((e) => e.source === source && e.account === 'all')!;
  assert.ok(Math.abs(line('empirical').delta_usd - (line('champion').delta_usd - 0.1 * calls.delta_black)) < 1e-9);
  const [m] = money;
  assert.ok(Math.abs(m.hedge_bias_usd! - 0.1 * calls.delta_black * 100_000) < 1e-6);
  assert.ok(Math.abs(m.hedge_bias_by_regime['stress'] - (0.5 * calls.delta_black * 100_000) / 100) < 1e-6);
  assert.ok(m.hedge_bias_noise_usd! > 0 && Object.keys(m.hedge_bias_by_regime).length === 1);
  const given = bookReport(BOOK, sources(regimes), slopes(0.8)).money[0];
  assert.ok(Math.abs(given.hedge_bias_usd! / m.hedge_bias_usd! - 2) < 1e-9);
});
