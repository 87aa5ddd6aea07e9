/** Baselines by hour of the week: what they learn, how fast, and what they must never learn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourOfWeek, initUsualLevel, learnUsual, unusual } from '../../src/detect/hour-of-week.ts';
import { Random } from '../../src/numeric/random.ts';
import { flatSeason, priorSpreadSeason } from '../../src/quality/prior-baselines.ts';

const MONDAY = Date.UTC(2026, 0, 5);
const HOUR = 3_600_000;

test('hours count from Monday 00:00 UTC', () => {
  assert.equal(hourOfWeek(MONDAY), 0);
  assert.equal(hourOfWeek(MONDAY + 30 * HOUR + 1), 30);
  assert.equal(hourOfWeek(MONDAY - 1), 167);
});

test('twelve snapshots suffice: a level twice the prior is usual by then', () => {
  const [usual, season] = [initUsualLevel(0.001), flatSeason()];
  assert.ok(unusual(usual, season, 0.002, MONDAY) > 0.69);
  for (let i = 0; i < 12; i++) learnUsual(usual, season, 0.002, MONDAY + 6 * i * HOUR);
  assert.ok(Math.abs(unusual(usual, season, 0.002, MONDAY + 72 * HOUR)) < 0.1);
});

test('an hour that is always wider becomes usual in weeks, and only that hour', () => {
  const [usual, season] = [initUsualLevel(1), flatSeason()];
  const random = new Random(1, 'season');
  const value = (at: number): number => Math.exp((hourOfWeek(at) === 8 ? 0.5 : 0) + 0.1 * (random.uniform() - 0.5));
  for (let i = 0; i < 12 * 7 * 24 * 4; i++)
    learnUsual(usual, season, value(MONDAY + (i * HOUR) / 4), MONDAY + (i * HOUR) / 4);
  const later = MONDAY + 12 * 7 * 24 * HOUR;
  assert.ok(Math.abs(unusual(usual, season, Math.exp(0.5), later + 8 * HOUR)) < 0.15);
  assert.ok(Math.abs(unusual(usual, season, 1, later + 30 * HOUR)) < 0.05);
  assert.ok(unusual(usual, season, Math.exp(0.5), later + 9 * HOUR) > 0.4);
});

test('a stream teaches a value a minute: a contraction of ten minutes is not what is usual', () => {
  const [usual, season] = [initUsualLevel(1), flatSeason()];
  for (let i = 0; i < 3_600; i++) learnUsual(usual, season, 1, MONDAY + 1_000 * i);
  assert.equal(usual.count, 60);
  for (let i = 0; i < 600; i++) learnUsual(usual, season, 1 + i / 200, MONDAY + HOUR + 1_000 * i);
  assert.ok(unusual(usual, season, 4, MONDAY + 1.2 * HOUR) > 1.2);
});

test('caps: a level is learnt within a factor of four of its prior, an hour within two, whatever is fed', () => {
  const [usual, season] = [initUsualLevel(1), flatSeason()];
  for (let i = 0; i < 5_000; i++) learnUsual(usual, season, 1e6, MONDAY + 6 * i * HOUR);
  assert.ok(Math.abs(usual.level - Math.log(4)) < 1e-9);
  assert.ok(Math.max(...season) <= Math.log(2) + 1e-9);
  for (const bad of [NaN, 0, -1, Infinity]) learnUsual(usual, season, bad, MONDAY + 1e6 * HOUR);
  assert.ok(Number.isFinite(usual.level));
});

test('without a prior the first value is one; seasons shipped are small and one a caller', () => {
  const [usual, season] = [initUsualLevel(NaN), flatSeason()];
  assert.ok(Number.isNaN(unusual(usual, season, 1, MONDAY)));
  learnUsual(usual, season, 40, MONDAY);
  assert.ok(Math.abs(unusual(usual, season, 40, MONDAY)) < 1e-12);
  const shipped = priorSpreadSeason();
  assert.equal(shipped.length, 168);
  assert.ok(shipped.every((v) => Math.abs(v) < 0.1));
  assert.notEqual(shipped, priorSpreadSeason());
});
