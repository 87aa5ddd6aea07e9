/** Trades, packages, half-life and the rules of smile dynamics on SYNTHETIC numbers with known answers. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Observations } from '../../src/model/contract.ts';
import { inverseNormalCdf } from '../../src/numeric/normal.ts';
import { Random } from '../../src/numeric/random.ts';
import { fittedShare, initDynamics, readDynamics, updateDynamics } from '../../src/score/dynamics.ts';
import { initHalfLife, readHalfLife, updateHalfLife } from '../../src/score/half-life.ts';
import {
  collectPackage,
  initTradeScore,
  tradeResidual,
  updateTradeScore,
  type PackageScore,
  type ScoredTrade,
} from '../../src/score/trade-score.ts';

const trade: ScoredTrade = {
  price: 0.051, amount: 2, direction: 'buy', model: 0.05, modelSd: 0, halfSpread: 0.001, tick: 0.0005, vega: 0.1, unitUsd: 90_000,
}; // prettier-ignore

test('a print at the touch of a healthy model leaves no residual on either side', () => {
  assert.ok(Math.abs(tradeResidual(trade)) < 1e-15);
  assert.ok(Math.abs(tradeResidual({ ...trade, direction: 'sell', price: 0.049 })) < 1e-15);
});

test('a model too low by one tick shows +1 tick, its volatility and the money traded', () => {
  const score = initTradeScore();
  for (let i = 0; i < 200; i++) {
    const side = i % 2 === 0 ? 'buy' : 'sell';
    updateTradeScore(score, { ...trade, direction: side, price: 0.0505 + (side === 'buy' ? 0.001 : -0.001) });
  }
  assert.ok(Math.abs(score.ticks - 1) < 1e-9);
  assert.ok(Math.abs(score.vol - 0.005) < 1e-9);
  assert.ok(Math.abs(score.money - 200 * 0.0005 * 2 * 90_000) < 1e-3);
  assert.ok(Math.abs(score.z - 0.0005 / Math.sqrt(1e-6 + 0.0005 ** 2 / 12)) < 1e-9);
});

test('a package is tested by its sum: legs at any allocation of a fair price leave nothing', () => {
  const open: PackageScore[] = [];
  assert.deepEqual(collectPackage(open, 'a', 0, 1, 0.004), []);
  assert.deepEqual(collectPackage(open, 'a', 10, -2, 0.002), []);
  const [done] = collectPackage(open, 'b', 5_000, 1, 0);
  assert.equal(done.legs, 2);
  assert.ok(Math.abs(done.error) < 1e-15);
  for (let i = 0; i < 300; i++) collectPackage(open, `p${i}`, 5_000, 1, 0);
  assert.ok(open.length <= 64, 'bounded');
});

test('error variance s0 + s1 age doubles at s0 / s1', () => {
  const state = initHalfLife();
  const random = new Random(3, 'half');
  for (let i = 0; i < 4_000; i++)
    for (const age of [1, 60, 600, 3_600]) {
      const e = Math.sqrt(1 + age / 1_000) * inverseNormalCdf(random.uniform());
      updateHalfLife(state, e * e, age);
    }
  const life = readHalfLife(state);
  assert.ok(life > 600 && life < 1_700, `${life}`);
  assert.ok(Number.isNaN(readHalfLife(initHalfLife())));
});

test('where volatility sticks to strikes the fitted rule finds a share of one and the moneyness rule loses', () => {
  const random = new Random(4, 'rule');
  const state = initDynamics();
  const k = Float64Array.from({ length: 15 }, (_, i) => (i - 7) / 30);
  const smile = (v: number): number => 0.5 - 0.3 * v;
  for (let i = 0; i < 400; i++) {
    const move = 0.02 * inverseNormalCdf(random.uniform());
    const value = k.map((v) => smile(v + move) + 0.0005 * inverseNormalCdf(random.uniform()));
    const batch: Observations = {
      at: 0, years: 0.1, forward: 1, k, x: k, strike: k, value, noise: k.map(() => 0.001), low: value, high: value, venueValue: value,
    }; // prettier-ignore
    updateDynamics(
      state,
      batch,
      k.map(smile),
      k.map((v) => smile(v + move)),
    );
  }
  assert.ok(Math.abs(fittedShare(state) - 1) < 0.05, `${fittedShare(state)}`);
  const [moneyness, strike, fitted] = readDynamics(state);
  assert.ok(strike < 0.1 * moneyness && fitted < 0.15 * moneyness, `${moneyness} ${strike} ${fitted}`);
});
