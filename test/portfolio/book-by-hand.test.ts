/** The book of every kind of holding agrees with the table worked out by hand, to the cent. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { BookMarket } from '../../src/portfolio/book-market.ts';
import { bookExposure, positionExposure } from '../../src/portfolio/exposure.ts';
import { runScenarios } from '../../src/portfolio/scenario.ts';
import { readPositions } from '../../src/app/position-file.ts';
import { TABLE } from '../golden/book-by-hand.ts';

const AT = Date.UTC(2026, 0, 1, 8);
const FILE = `instrument,size,entry
BTC-31JAN26-100000-C,10,
BTC-31JAN26-85000-P,-20,
BTC_USDC-1APR26-95000-P,5,
BTC-PERPETUAL,-400000,95000
BTC-1APR26,200000,99000
BTC_USDC-PERPETUAL,1.5,96000
BTC,12,
USDC,150000,
`;
const MARKS: Readonly<Record<string, [number, number]>> = {
  'BTC-31JAN26-100000-C': [97_500, 0.55],
  'BTC-31JAN26-85000-P': [97_500, 0.62],
  'BTC_USDC-1APR26-95000-P': [98_600, 0.58],
};
const market: BookMarket = {
  at: AT,
  index: (coin) => (coin === 'BTC' ? 97_000 : NaN),
  futureMark: (symbol) => (symbol === 'BTC-1APR26' ? 98_600 : 97_050),
  option({ symbol }) {
    const [forward, sigma] = MARKS[symbol] ?? [NaN, NaN];
    return { forward, sigma, venueDelta: NaN, bid: NaN, ask: NaN };
  },
  dollar: (currency) => (currency === 'USDC' ? 0.999 : 1),
};

const byHand = new Map(
  readFileSync(new URL('../golden/book-by-hand.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((l): [string, number] => [l.slice(0, l.indexOf(',')), Number(l.slice(l.lastIndexOf(',') + 1))]),
);
const hand = (name: string): number => byHand.get(name) ?? assert.fail(`${name} is not in the table`);
/** Equal to the cent, whatever is printed: USD to 0.005, coins to what is half a cent at the index. */
const usd = (actual: number, name: string): void =>
  assert.ok(Math.abs(actual - hand(name)) < 0.005, `${name}: ${actual}, by hand ${hand(name)}`);
const coins = (actual: number, name: string): void =>
  assert.ok(Math.abs(actual - hand(name)) < 0.005 / 97_000, `${name}: ${actual}, by hand ${hand(name)}`);

test('the table is what its script says', () => {
  assert.equal(readFileSync(new URL('../golden/book-by-hand.csv', import.meta.url), 'utf8'), TABLE);
});

test('every holding and the whole book agree with the arithmetic to the cent', () => {
  const { positions, refused } = readPositions(FILE);
  assert.deepEqual([positions.length, refused], [8, []]);
  const each = new Map(
    positions.map((p) => {
      const valued = positionExposure(p, market);
      return [
        p.kind === 'equity' ? p.currency : p.symbol,
        valued.status === 'valued' ? valued.exposure : assert.fail(),
      ];
    }),
  );
  const options: readonly [string, string][] = [['A', 'BTC-31JAN26-100000-C'], ['B', 'BTC-31JAN26-85000-P'], ['C', 'BTC_USDC-1APR26-95000-P']]; // prettier-ignore
  for (const [name, symbol] of options) {
    const e = each.get(symbol)!;
    usd(e.valueUsd, `${name}.value`);
    coins(e.deltaBlack, `${name}.delta.black`);
    coins(e.deltaNet, `${name}.delta.net`);
    assert.ok(Math.abs(e.gammaCoinPerUsd / hand(`${name}.gamma`) - 1) < 1e-5);
    usd(e.vegaUsdPerPoint, `${name}.vega`);
    usd(e.vegaUsdPerPoint30d, `${name}.vega30`);
    usd(e.thetaUsdPerDay, `${name}.theta`);
  }
  coins(each.get('BTC-PERPETUAL')!.valueCoin, 'P.result');
  coins(each.get('BTC-PERPETUAL')!.deltaBlack, 'P.delta');
  coins(each.get('BTC-1APR26')!.valueCoin, 'F.result');
  coins(each.get('BTC-1APR26')!.deltaBlack, 'F.delta');
  usd(each.get('BTC_USDC-PERPETUAL')!.valueUsd, 'L.result');

  const { byUnderlying, unvalued } = bookExposure(positions, market);
  assert.deepEqual(unvalued, []);
  const btc = byUnderlying.get('BTC')!;
  coins(btc.valueCoin, 'value.coin');
  usd(btc.valueUsd, 'value.usd');
  usd(byUnderlying.get('')!.valueUsd, 'dollars');
  coins(btc.deltaBlack, 'delta.black');
  coins(btc.deltaNet, 'delta.net');
  coins(btc.deltaUsd, 'delta.usd');
  usd((btc.gammaCoinPerUsd * 97_000 * 97_000) / 100, 'gamma.percent');
  usd(btc.vegaUsdPerPoint, 'vega');
  usd(btc.vegaUsdPerPoint30d, 'vega30');
  usd(btc.thetaUsdPerDay, 'theta');
});

test('a scenario agrees to the cent, holding by holding', () => {
  const { positions } = readPositions(FILE);
  const down = { spot: -0.08, volatility: { kind: 'absolute', size: 0.1 } } as const;
  const of = (symbol: string): number => {
    const own = positions.filter((p) => (p.kind === 'equity' ? p.currency : p.symbol) === symbol);
    return runScenarios(own, market, [down])[0].usd;
  };
  usd(of('BTC-31JAN26-100000-C'), 'scenario.A');
  usd(of('BTC-31JAN26-85000-P'), 'scenario.B');
  usd(of('BTC_USDC-1APR26-95000-P'), 'scenario.C');
  usd(of('BTC-PERPETUAL'), 'scenario.P');
  usd(of('BTC-1APR26'), 'scenario.F');
  usd(of('BTC_USDC-PERPETUAL'), 'scenario.L');
  usd(of('BTC'), 'scenario.E');
  usd(runScenarios(positions, market, [down])[0].usd, 'scenario');
});
