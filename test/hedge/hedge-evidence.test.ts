import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hedgeEvidence } from '../../src/hedge/hedge-evidence.ts';
import { PortfolioLedger, type PortfolioRow } from '../../src/hedge/portfolio-ledger.ts';

const HOUR = 3_600_000;
const BUCKET = { underlying: 'BTC', side: 'call', tenor: '8-31d', delta: '25-50' } as const;

function row(at: number, change: number, left: readonly number[], more: Partial<PortfolioRow> = {}): PortfolioRow {
  const errors = Float64Array.from(left);
  return { at, from: at - 6 * HOUR, tenor: '8-31d', size: 1, coin: change, usd: change, coinErrors: errors, usdErrors: errors, expected: new Float64Array(left.length), noise: 0, volatility: 1, ...more }; // prettier-ignore
}

const near = (got: number, want: number): void => assert.ok(Math.abs(got - want) < 1e-12, `${got}, by hand ${want}`);

test('twenty blocks by hand: saved variance, slope, offset, exceptions and e-value', () => {
  const ledger = new PortfolioLedger(2);
  // Item +-10; the hedge leaves +-1, in two neighbouring blocks +-3: beyond 1.96 of the stated 1.
  for (let i = 0; i < 20; i++) {
    const sign = i % 2 === 0 ? 1 : -1;
    const left = sign * (i === 8 || i === 9 ? 3 : 1);
    ledger.addToBucket(BUCKET, row((i + 1) * 6 * HOUR, 10 * sign, [left, 2 * sign]));
  }
  const series = ledger.unitVega(() => true);
  assert.ok(series !== undefined);
  const found = hedgeEvidence(series, 0, 1, 'coin', true);
  assert.ok(found?.exceptions && found.drift && found.versus);
  // Var(left) = (18 x 1 + 2 x 9)/20 = 1.8 of 100; hedge x item: -(18 x 90 + 2 x 70)/(20 x 100) = -0.88.
  near(found.effectiveness.varianceReduction, 1 - 1.8 / 100);
  near(found.effectiveness.slope, -0.88);
  // The item's changes add up to nothing: that is why nothing alarms on the offset.
  assert.ok(Number.isNaN(found.effectiveness.dollarOffset));
  // Squared losses of the rival are 4: differences 18 x 3 and 2 x -5, mean 44/20.
  near(found.versus.mean, 2.2);
  const x = found.exceptions;
  assert.deepEqual([x.n, x.exceptions, x.expected], [20, 2, 1]);
  // P(X >= 2), 20 at 5 %: 1 - 0.95^20 - 20 x 0.05 x 0.95^19.
  near(x.binomial, 1 - Math.pow(0.95, 20) - Math.pow(0.95, 19));
  const kupiec = 2 * (2 * Math.log(0.1 / 0.05) + 18 * Math.log(0.9 / 0.95));
  // chi-squared(1) tail = erfc(sqrt(x/2)); 0.3640 by tables of erfc at the statistic 0.824.
  assert.ok(Math.abs(kupiec - 0.8257) < 1e-3 && Math.abs(x.kupiec - 0.3635) < 1e-3, `${kupiec} ${x.kupiec}`);
  // Bets: 0.01 at first, none while nothing exceeded; so one factor 0.99 until block 9 (e = 20, bet 0).
  let [product, excess, square] = [1, 0, 0];
  for (let i = 0; i < 20; i++) {
    const e = i === 8 || i === 9 ? 20 : 0;
    const bet = square > 0 ? Math.min(0.5, Math.max(0, excess / square)) : 0.01;
    product *= 1 - bet + bet * e;
    excess += e - 1;
    square += (e - 1) * (e - 1);
  }
  near(x.decades, Math.log10(product));
  // Only the pair +3, -3 moves a sum: 3 - 0.4 on top of 0.6 at most.
  assert.ok(found.drift.cusumUp > 2.5 && found.drift.cusumUp < 5 && found.drift.cusumFirst === undefined);
  assert.equal(hedgeEvidence(series, 0, 1, 'coin', false)?.exceptions, undefined);
});

test('as many options as are quoted are one observation, and steps of one hour are one block', () => {
  const one = new PortfolioLedger(1);
  const many = new PortfolioLedger(1);
  for (let i = 1; i <= 16; i++) {
    one.addToBucket(BUCKET, row(i * 6 * HOUR, i, [i / 10]));
    for (let copy = 0; copy < 7; copy++) many.addToBucket(BUCKET, row(i * 6 * HOUR, i, [i / 10]));
  }
  const [a, b] = [one.unitVega(() => true), many.unitVega(() => true)];
  assert.ok(a && b);
  assert.deepEqual([a.at.length, b.at.length, b.rows], [16, 16, 112]);
  b.change.coin.forEach((v, i) => near(v, a.change.coin[i]));
  b.deviation.forEach((v) => near(v, 1));
  const quick = new PortfolioLedger(1);
  for (let i = 1; i <= 24; i++) quick.addToBook('BTC', row(i * (HOUR / 12), 1, [0.5], { size: 2, noise: 1 }));
  const book = quick.book('BTC');
  assert.ok(book);
  assert.deepEqual(book.at, [HOUR, 2 * HOUR]);
  // Twelve steps of 2 x 1; variance of each: noise 2^2, volatility 2^2.
  assert.deepEqual([...book.change.coin], [24, 24]);
  near(book.deviation[0], Math.sqrt(12 * 8));
});
