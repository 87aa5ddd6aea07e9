import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BACKTEST_FAMILIES, DEFAULT_BACKTEST, HedgeBacktest } from '../../src/hedge/backtest.ts';
import { chainExpiry, type ChainOption, type ChainSnapshot } from '../../src/hedge/chain-snapshot.ts';
import { deltaClassOf, tenorOf } from '../../src/hedge/bucket.ts';
import { linearRegression, robustErrors } from '../../src/hedge/linear-regression.ts';
import { regimesOf } from '../../src/hedge/regime.ts';
import { clusterSlope, pairedSlopeDifference, type SlopeCell } from '../../src/hedge/slope.ts';
import { blackGreeks, blackPrice } from '../../src/numeric/black.ts';
import { Random } from '../../src/numeric/random.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);

/** SYNTHETIC snapshot: skewed smile that sticks to moneyness, at one forward. */
function snapshot(at: number, forward: number, venueScale: number): ChainSnapshot {
  const expiries = [10, 40].map((days) => {
    const expiry = START + days * 24 * HOUR;
    const years = (expiry - at) / (365 * 24 * HOUR);
    const options: ChainOption[] = [];
    for (let step = -12; step <= 12; step++) {
      const strike = 100_000 * Math.exp(0.03 * step);
      const k = Math.log(strike / forward);
      const sigma = Math.sqrt(0.36 - 0.3 * k + 0.5 * k * k);
      for (const side of ['call', 'put'] as const) {
        const option = { side, strike, forward, years, sigma };
        options.push({
          symbol: `${days}-${step}-${side}`,
          side,
          strike,
          forward,
          mark: blackPrice(option) / forward,
          sigma,
          halfSpread: 0.0005,
          venueDelta: venueScale * blackGreeks(option).delta,
        });
      }
    }
    return chainExpiry(at, expiry, options);
  });
  return { underlying: 'BTC', at, index: forward, expiries: expiries.filter((e) => e !== undefined) };
}

function run(venueScale: number, steps: number, families: readonly string[]): HedgeBacktest {
  const backtest = new HedgeBacktest({ ...DEFAULT_BACKTEST, families });
  const random = new Random(3);
  let forward = 100_000;
  for (let i = 0; i <= steps; i++) {
    backtest.add(snapshot(START + i * 6 * HOUR, forward, venueScale));
    forward *= Math.exp(0.005 * random.normal());
  }
  return backtest;
}

test('where smiles stick to moneyness that family wins, and every family hedges both currencies', () => {
  const { ledger } = run(1, 60, BACKTEST_FAMILIES);
  const scores = new Map(ledger.scores().map((s) => [s.family, s]));
  assert.deepEqual([...scores.keys()], [...BACKTEST_FAMILIES]);
  // Theta is not hedged: what a family leaves is judged by its variance.
  const left = (family: string): number => 1 - (scores.get(family)?.usdReduction ?? NaN);
  for (const family of ['black', 'bartlett', 'venue'])
    assert.ok(left('sticky-moneyness') < 0.85 * left(family), `${family} ${left('sticky-moneyness')} ${left(family)}`);
  for (const [family, s] of scores)
    assert.ok(
      s.n > 1000 && s.answered > 0 && s.answered <= s.n && s.coinReduction > 0.5 && s.usdReduction > 0.5,
      family,
    );
  // The convention decides which currency is hedged.
  const [black, premium] = [scores.get('black'), scores.get('premium-adjusted')];
  assert.ok(
    black && premium && black.usdReduction > premium.usdReduction && premium.coinReduction > black.coinReduction,
  );
  // Options away from the money, where the rule matters: prices moved as it predicted, not as Black did.
  const slope = (family: string): number =>
    clusterSlope(ledger.slopeCells(family, { bucket: (b) => b.delta !== '50-98' && b.side === 'put' }))?.beta ?? NaN;
  assert.ok(Math.abs(slope('sticky-moneyness') - 1) < 0.02, `${slope('sticky-moneyness')}`);
  assert.ok(Math.abs(slope('black') - 1) > 0.04, `${slope('black')}`);
});

test('a 10 % delta bias of the venue shows as a paired difference of its slope', () => {
  const { ledger } = run(1.1, 60, ['venue', 'sticky-strike']);
  const pair = pairedSlopeDifference(ledger.slopeCells('venue'), ledger.slopeCells('sticky-strike'));
  const own = clusterSlope(ledger.slopeCells('sticky-strike'));
  assert.ok(pair !== undefined && own !== undefined);
  assert.ok(Math.abs(pair.difference / own.beta - (1 / 1.1 - 1)) < 1e-9, `${pair.difference}`);
  assert.ok(Math.abs(pair.difference) > 10 * pair.standardError);
});

test('no look-ahead: what comes later changes nothing of what was hedged before', () => {
  const short = run(1, 12, BACKTEST_FAMILIES).ledger.scores({ at: (t) => t <= START + 72 * HOUR });
  const long = run(1, 20, BACKTEST_FAMILIES).ledger.scores({ at: (t) => t <= START + 72 * HOUR });
  assert.deepEqual(long, short);
});

test('ratios are fixed at the start of a step: its end moves prices, not hedges', () => {
  const last = (shift: number): { x: number; y: number }[] => {
    const backtest = new HedgeBacktest({ ...DEFAULT_BACKTEST });
    const path = [100_000, 101_000, 99_500, 100_300];
    path.forEach((forward, i) => {
      const s = snapshot(START + i * 6 * HOUR, forward, 1);
      const moved = (o: ChainOption): ChainOption => ({ ...o, sigma: o.sigma + shift, mark: o.mark * (1 + shift) });
      const isLast = i === path.length - 1;
      const expiries = isLast ? s.expiries.map((e) => ({ ...e, options: e.options.map(moved) })) : s.expiries;
      backtest.add({ ...s, expiries });
    });
    return BACKTEST_FAMILIES.slice(0, -1).map((family) => {
      const cells = backtest.ledger.slopeCells(family);
      return { x: cells[cells.length - 1].x, y: cells[cells.length - 1].y };
    });
  };
  const [still, moved] = [last(0), last(0.1)];
  still.forEach((cell, i) => {
    assert.equal(moved[i].x, cell.x, BACKTEST_FAMILIES[i]);
    assert.ok(Math.abs(moved[i].y - cell.y) > 1e-3, BACKTEST_FAMILIES[i]);
  });
});

test('a gap in the recording is no step, and an old snapshot is ignored', () => {
  const backtest = new HedgeBacktest({ ...DEFAULT_BACKTEST, families: ['black'] });
  backtest.add(snapshot(START, 100_000, 1));
  backtest.add(snapshot(START + 24 * HOUR, 110_000, 1));
  assert.equal(backtest.returns.length, 0);
  backtest.add(snapshot(START + 6 * HOUR, 105_000, 1));
  backtest.add(snapshot(START + 30 * HOUR, 111_000, 1));
  assert.deepEqual(
    backtest.returns.map((r) => r.from),
    [START + 24 * HOUR],
  );
});

test('slopes from sums by time equal the regression on the rows', () => {
  const random = new Random(4);
  const [x, y, clusters]: [number[], number[], number[]] = [[], [], []];
  const cells: SlopeCell[] = [];
  for (let g = 0; g < 40; g++) {
    const cell = { n: 0, x: 0, y: 0, xx: 0, xy: 0, yy: 0 };
    const shock = random.normal();
    for (let i = 0; i < 5; i++) {
      const a = random.normal();
      const b = 0.3 + 0.9 * a + 0.5 * shock + 0.2 * random.normal();
      x.push(1, a);
      y.push(b);
      clusters.push(g);
      cell.n++;
      cell.x += a;
      cell.y += b;
      cell.xx += a * a;
      cell.xy += a * b;
      cell.yy += b * b;
    }
    cells.push(cell);
  }
  const fit = linearRegression(x, y, 2);
  assert.ok(fit);
  for (const lags of [0, 3]) {
    const slope = clusterSlope(cells, lags);
    assert.ok(slope);
    const error = robustErrors(fit, x, { clusters, lags })[1] * Math.sqrt(40 / 39);
    assert.ok(Math.abs(slope.beta - fit.coefficients[1]) < 1e-12);
    assert.ok(Math.abs(slope.intercept - fit.coefficients[0]) < 1e-12);
    assert.ok(Math.abs(slope.standardError / error - 1) < 1e-10);
  }
  assert.equal(clusterSlope(cells.slice(0, 10)), undefined);
});

test('buckets and regimes', () => {
  assert.deepEqual(
    [tenorOf(1 / 365), tenorOf(7 / 365), tenorOf(31 / 365), tenorOf(2)],
    ['0-2d', '2-8d', '31-93d', '93d+'],
  );
  assert.deepEqual([0.01, 0.05, -0.1, 0.3, -0.7, 0.99].map(deltaClassOf), [
    undefined,
    '2-10',
    '10-25',
    '25-50',
    '50-98',
    undefined,
  ]);
  const at = Array.from({ length: 40 }, (_, i) => START + i * 6 * HOUR);
  const returns = at.map((_, i) => (i === 20 ? -0.08 : i % 2 === 0 ? 0.005 : -0.005));
  const labels = regimesOf(at, returns);
  assert.equal(labels.filter((l) => l === 'stress').length, 9);
  assert.ok(labels[16] === 'stress' && labels[24] === 'stress' && labels[15] === 'calm');
});
