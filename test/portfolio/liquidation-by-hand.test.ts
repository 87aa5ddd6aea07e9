/** Distances to liquidation agree with prices worked out by hand: the margin is asked for anew at every move. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readPositions } from '../../src/app/position-file.ts';
import type { BookMarket } from '../../src/portfolio/book-market.ts';
import { LIQUIDATION_MOVES, marginFigures, type MarginRule } from '../../src/portfolio/margin-figures.ts';
import { marginGrid } from '../../src/portfolio/portfolio-margin.ts';
import { positionMargin, POSITION_MARGIN_RATES, shortOptionShares } from '../../src/portfolio/position-margin.ts';
import type { Position } from '../../src/portfolio/position.ts';
import { TABLE } from '../golden/liquidation-by-hand.ts';

const FILE = new URL('../golden/liquidation-by-hand.csv', import.meta.url);
const SPOT = 100_000;
const market: BookMarket = {
  at: Date.UTC(2026, 0, 1, 8),
  index: () => SPOT,
  futureMark: () => SPOT,
  option: ({ side }) => ({
    forward: SPOT,
    sigma: side === 'call' ? 0.6 : 0.7,
    venueDelta: NaN,
    bid: NaN,
    ask: NaN,
  }),
  dollar: () => 1,
};
const CALLS = 'BTC-31JAN26-110000-C,-10,\n';
const ACCOUNTS: Readonly<Record<string, string>> = {
  long: 'BTC-PERPETUAL,500000,100000\nBTC,1,\n',
  'long, three coins': 'BTC-PERPETUAL,500000,100000\nBTC,3,\n',
  short: 'BTC-PERPETUAL,-500000,100000\nBTC,1,\n',
  calls: `${CALLS}BTC,4,\n`,
  book: `${CALLS}BTC-31JAN26-85000-P,-5,\nBTC-PERPETUAL,300000,95000\nBTC,5,\n`,
};
const held = (name: string): readonly Position[] => readPositions(`instrument,size,entry\n${ACCOUNTS[name]}`).positions;
const byHand: ReadonlyMap<string, number> = new Map(
  readFileSync(FILE, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((l): [string, number] => [l.slice(0, l.indexOf(',')), Number(l.slice(l.lastIndexOf(',') + 1))]),
);

test('the table is what its script says', () => {
  assert.equal(readFileSync(FILE, 'utf8'), TABLE);
});

test('spot moves of liquidation agree with the table, under either rule', () => {
  assert.equal(byHand.size, 12);
  for (const [line, expected] of byHand) {
    const [name = '', rule = '', direction = ''] = line.split('.');
    const own = line === 'long.portfolio.down' ? 'long, three coins' : name;
    const m = marginFigures(held(own), 'BTC', market, LIQUIDATION_MOVES['same'], rule as MarginRule);
    assert.equal(m?.status, 'covered', line);
    const found: number = (direction === 'down' ? m?.down : m?.up) ?? NaN;
    if (Number.isNaN(expected)) assert.ok(Number.isNaN(found), `${line}: ${found}, by hand none`);
    else assert.ok(Math.abs(found - expected) < 1e-9, `${line}: ${found}, by hand ${expected}`);
  }
});

test('a margin held still is met later than the one that is asked for after the move', () => {
  const positions = held('long, three coins');
  const still = marginGrid(positions, market).marginCoin;
  // 3 + 5 (1 - x) = margin of today.
  const late = 5 / (8 - still) - 1;
  const found = marginFigures(positions, 'BTC', market)?.down ?? NaN;
  assert.ok(found > late + 0.01, `${found} against ${late}`);
});

test('shares of short options: the least out of the money, a put in the money, and nothing for what is long', () => {
  const rates = POSITION_MARGIN_RATES['BTC'];
  const call = { side: 'call', strike: 120_000 } as const;
  const far = shortOptionShares(call, SPOT, 0.01, rates);
  assert.ok(Math.abs(far.initial - 0.11) < 1e-15 && Math.abs(far.maintenance - 0.085) < 1e-15);
  const near = shortOptionShares({ side: 'call', strike: 102_000 }, SPOT, 0.05, rates);
  assert.ok(Math.abs(near.initial - 0.18) < 1e-15 && Math.abs(near.maintenance - 0.125) < 1e-15);
  // A put so far in the money that it is worth two coins: 0.075 x 2 + 2.
  const deep = shortOptionShares({ side: 'put', strike: 300_000 }, SPOT, 2, rates);
  assert.ok(Math.abs(deep.maintenance - 2.15) < 1e-15 && Math.abs(deep.initial - 2.15) < 1e-15);
  const long = readPositions('instrument,size\nBTC-31JAN26-110000-C,10\n').positions;
  assert.equal(positionMargin(long, market, rates).maintenanceCoin, 0);
});

test('positions net by instrument, dollar margin stands apart, and what has no answer says which', () => {
  const rates = POSITION_MARGIN_RATES['BTC'];
  const of = (text: string): readonly Position[] => readPositions(`instrument,size,entry\n${text}`).positions;
  const both = of('BTC-PERPETUAL,500000,100000\nBTC-PERPETUAL,-300000,90000\n');
  assert.ok(Math.abs(positionMargin(both, market, rates).initialCoin - 2 * (0.02 + 0.0001)) < 1e-15);
  const dollars = positionMargin(of('BTC_USDC-PERPETUAL,-2,\nBTC_USDC-31JAN26-110000-C,-1,\n'), market, rates);
  assert.equal(dollars.maintenanceCoin, 0);
  assert.ok(dollars.maintenanceUsd > 2 * 0.0101 * SPOT + 0.075 * SPOT);
  assert.ok(dollars.initialUsd > dollars.maintenanceUsd);
  const status = (text: string): string | undefined => marginFigures(of(text), 'BTC', market)?.status;
  assert.equal(status('BTC-PERPETUAL,500000,\n'), 'cash-not-stated');
  assert.equal(status('BTC,1,\nBTC_USDC-PERPETUAL,-2,\n'), 'nothing-at-risk');
  assert.equal(status('BTC-PERPETUAL,500000,\nBTC,-1,\n'), 'short');
  assert.equal(marginFigures(of('BTC-PERPETUAL,500000,\nBTC,-1,\n'), 'BTC', market)?.down, 0);
  assert.equal(marginFigures(of('SOL,1,\n'), 'SOL', market, undefined, 'standard'), null);
});
