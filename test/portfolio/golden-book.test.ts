/**
 * A book small enough to check by hand, at BTC 100,000 (index and forward of the one expiry), 30 days and 60 % volatility:
 * s = 0.6 sqrt(30/365) = 0.172014653...; at the money d1 = s/2 = 0.0860073..., N(d1) = 0.53426970359... (hedge_bands.csv
 * row 1 prints the same delta), V = F (2 N(d1) - 1) = 6,853.94 USD, 0.0685394 coin.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bookExposure, positionExposure } from '../../src/portfolio/exposure.ts';
import type { BookMarket } from '../../src/portfolio/book-market.ts';
import { distanceToLiquidation } from '../../src/portfolio/liquidation.ts';
import { marginGrid, marginScenarios, DERIBIT_BTC_GRID } from '../../src/portfolio/portfolio-margin.ts';
import type { Position } from '../../src/portfolio/position.ts';
import { runScenarios, scenarioGrid, shockedVolatility } from '../../src/portfolio/scenario.ts';
import { driftMoney, hedgeBiasMoney, smileVega } from '../../src/portfolio/smile-exposure.ts';

const AT = Date.UTC(2026, 0, 1, 8);
const EXPIRY = AT + 30 * 86_400_000;
const SPOT = 100_000;

const market: BookMarket = {
  at: AT,
  index: (underlying) => (underlying === 'BTC' ? SPOT : NaN),
  futureMark: () => SPOT,
  option: (p) => (p.strike === 77_777 ? undefined : { forward: SPOT, sigma: 0.6, venueDelta: NaN, bid: NaN, ask: NaN }),
  dollar: (currency) => (currency === 'USDC' ? 0.999 : 1),
};

const option = (settlement: 'inverse' | 'linear', side: 'call' | 'put', size: number): Position => ({
  kind: 'option',
  account: 'a',
  symbol: `BTC-${side}`,
  underlying: 'BTC',
  side,
  strike: SPOT,
  expiry: EXPIRY,
  settlement,
  size,
  entry: NaN,
});

const BOOK: readonly Position[] = [
  option('inverse', 'call', 10),
  option('linear', 'put', -5),
  {
    kind: 'future',
    account: 'a',
    symbol: 'BTC-PERPETUAL',
    underlying: 'BTC',
    expiry: null,
    settlement: 'inverse',
    size: -400_000,
    entry: 80_000,
  },
  {
    kind: 'future',
    account: 'a',
    symbol: 'BTC-FUT',
    underlying: 'BTC',
    expiry: EXPIRY,
    settlement: 'linear',
    size: 2,
    entry: 99_000,
  },
  { kind: 'equity', account: 'a', currency: 'BTC', underlying: 'BTC', size: 3 },
  { kind: 'equity', account: 'a', currency: 'USDC', underlying: null, size: 50_000 },
];

const cents = (v: number): number => Math.round(100 * v);
const CALL = 0.534269703591267;
const PRICE = 100_000 * (2 * CALL - 1);

test('the golden book agrees with the hand calculation to the cent', () => {
  const { total, byUnderlying, unvalued } = bookExposure(BOOK, market);
  assert.deepEqual(unvalued, []);
  assert.equal(cents(PRICE), 685_394);
  // Perpetual: -400,000 (1/80,000 - 1/100,000) = -1 coin; linear future: 2 x 1,000 USD.
  const coin = 10 * (PRICE / SPOT) - 1 + 3;
  assert.equal(cents(1e6 * total.valueCoin), cents(1e6 * coin));
  // Options 68,539.41 - 34,269.70, perpetual -100,000, future 2,000, coins 300,000, USDC 49,950.
  const usd = 10 * PRICE - 5 * PRICE - 100_000 + 2_000 + 300_000 + 49_950;
  assert.equal(cents(total.valueUsd), cents(usd));
  assert.equal(cents(usd), 28_621_970);
  // Black: 10 x .53427 - 5 x (-.46573) - 4 + 2 = 5.671348...
  assert.equal(cents(1e4 * total.deltaBlack), cents(1e4 * (10 * CALL + 5 * (1 - CALL) - 4 + 2)));
  // Net: the premium of the coin-settled call, .685394 coin, comes off; the linear put's does not.
  assert.equal(cents(1e4 * total.deltaNet), cents(1e4 * (total.deltaBlack - 10 * (PRICE / SPOT))));
  // USD delta = equity (coins 3 + premium .685394 - 1) + net delta.
  const btc = byUnderlying.get('BTC');
  assert.ok(btc !== undefined && Math.abs(btc.equityCoin - coin) < 1e-12);
  assert.ok(Math.abs(total.deltaUsd - (total.equityCoin + total.deltaNet)) < 1e-12);
  assert.ok(Math.abs(total.deltaUsd - (10 * CALL + 5 * (1 - CALL) - 5 + 2 + 3)) < 1e-12);
  // Vega of one at-the-money option: F sqrt(T) n(d1) / 100 = 113.95 USD a point; ten long, five short.
  assert.equal(cents(total.vegaUsdPerPoint), cents((5 * 11_395.0954) / 100));
  assert.ok(Math.abs(total.vegaUsdPerPoint30d - total.vegaUsdPerPoint) < 1e-9);
});

test('USD delta is the derivative of the USD value, net delta that of the coin value', () => {
  const at = (spot: number): { usd: number; coin: number } => {
    const moved: BookMarket = {
      ...market,
      index: () => spot,
      futureMark: () => spot,
      option: () => ({ forward: spot, sigma: 0.6, venueDelta: NaN, bid: NaN, ask: NaN }),
    };
    const { total } = bookExposure(BOOK, moved);
    return { usd: total.valueUsd, coin: total.valueCoin };
  };
  const h = 1;
  const { total } = bookExposure(BOOK, market);
  const usdSlope = (at(SPOT + h).usd - at(SPOT - h).usd) / (2 * h);
  assert.ok(Math.abs(usdSlope - total.deltaUsd) < 1e-6, `${usdSlope} ${total.deltaUsd}`);
  const coinMargined = bookExposure(
    BOOK.filter((p) => p.kind !== 'equity' && p.settlement === 'inverse'),
    market,
  ).total;
  const coinSlope = ((at(SPOT + h).coin - at(SPOT - h).coin) / (2 * h)) * SPOT;
  assert.ok(Math.abs(coinSlope - coinMargined.deltaNet) < 1e-6, `${coinSlope} ${coinMargined.deltaNet}`);
});

test('what cannot be valued is named, not dropped', () => {
  const unknown = { ...(BOOK[0] as Extract<Position, { kind: 'option' }>), strike: 77_777 };
  assert.deepEqual(positionExposure(unknown, market), { status: 'no-mark' });
  const old = { ...unknown, strike: SPOT, expiry: AT };
  assert.deepEqual(positionExposure(old, market), { status: 'expired' });
  const ether: Position = { kind: 'equity', account: 'a', currency: 'ETH', underlying: 'ETH', size: 1 };
  assert.deepEqual(
    bookExposure([unknown, ether], market).unvalued.map((u) => u.reason),
    ['no-mark', 'no-index'],
  );
});

test('scenarios: a still one changes nothing, the book moves as its own revaluation says', () => {
  const grid = scenarioGrid([-0.1, 0, 0.1], [-0.1, 0, 0.1]);
  const values = runScenarios(BOOK, market, grid);
  assert.equal(values.length, 9);
  assert.ok(Math.abs(values[4].usd) < 1e-9 && values[4].coin === 0);
  // Perpetual and equity alone, spot +10 %: coins 3 - 4 (1/1 - 1/1.1)... by hand: -400,000 (1/1e5 - 1/1.1e5) coins.
  const linear = BOOK.filter((p) => p.kind !== 'option');
  const up = runScenarios(linear, market, [{ spot: 0.1, volatility: { kind: 'absolute', size: 0 } }])[0];
  assert.ok(Math.abs(up.coin - -400_000 * (1 / 1e5 - 1 / 1.1e5)) < 1e-12);
  assert.equal(cents(up.linearUsd), cents(2 * 10_000));
  assert.ok(
    Math.abs(shockedVolatility(0.5, 30 / 365, { kind: 'relative', size: 0.5, tenorPower: 0.3 }) - 0.75) < 1e-12,
  );
  assert.equal(shockedVolatility(0.05, 1, { kind: 'absolute', size: -0.1 }), 1e-4);
});

test('the margin grid: 27 cells in range and the extended ones, worst loss by hand for a future', () => {
  assert.equal(marginScenarios(DERIBIT_BTC_GRID).length, 27 + DERIBIT_BTC_GRID.extended.length);
  const perpetual: Position = {
    kind: 'future',
    account: 'a',
    symbol: 'P',
    underlying: 'BTC',
    expiry: null,
    settlement: 'inverse',
    size: 100_000,
    entry: NaN,
  };
  const grid = marginGrid([perpetual], market);
  // Long 100,000 USD: 1 - 1/0.84 = -.190476 coin at -16 %; the extended -66 % is dampened: 1 - 1/.34 times .16/.66.
  const range = 1 / 0.84 - 1;
  const extended = (1 / 0.34 - 1) * (0.16 / 0.66);
  assert.ok(Math.abs(grid.marginCoin - Math.max(range, extended)) < 1e-12, `${grid.marginCoin}`);
  assert.equal(grid.marginUsd, 0);
});

test('distance to liquidation: a leveraged future by hand, and both other answers', () => {
  // Equity 1 coin, long 500,000 USD at 100,000, margin 2 % of notional: 1 + 5 (1 - 1/m) = 0.02 x 5/m at m = 1 + s.
  const surplus = (s: number): number => 1 + 5 * (1 - 1 / (1 + s)) - (0.02 * 5) / (1 + s);
  const d = distanceToLiquidation(surplus, -0.9, 0.03);
  assert.ok(d.status === 'found' && Math.abs(d.spot - (5.1 / 6 - 1)) < 1e-12);
  assert.ok(d.status === 'found' && Math.abs(d.dailyDeviations - (1 - 5.1 / 6) / 0.03) < 1e-10);
  assert.equal(distanceToLiquidation(surplus, 3, 0.03).status, 'none-within');
  assert.equal(distanceToLiquidation((s) => s - 1, 3, 0.03).status, 'breached');
});

test('vega in the coordinates of the scores, drift in money, and hedge bias in money', () => {
  const vega = smileVega([100, 50], [0, -2]);
  assert.deepEqual(vega, { level: 150, skew: -100, convexity: 100 });
  // e(0) = 1, e(-2) = 1 - 2 x .5 + 4 x .25 = 1: 100 x 1 + 50 x 1.
  assert.equal(driftMoney(vega, 1, 0.5, 0.25), 150);
  // Methods note: 100 BTC of 10-25 delta calls at beta .86, F 70,000 = 14 BTC = 0.98 M USD, 9.8k a percent.
  const money = hedgeBiasMoney([{ delta: 100, beta: 0.86, standardError: 0.02 }], 70_000, 0.01);
  assert.deepEqual([cents(money.unintended), cents(money.perPercent)], [98_000_000, 980_000]);
  assert.equal(cents(money.noise), cents(0.02 * 100 * 70_000 * 0.01));
  assert.ok(Math.abs(money.shareOfGross - 0.14) < 1e-12);
});
