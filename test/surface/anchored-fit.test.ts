/** Fits that have their shape from elsewhere: children of a surface, frozen structures; and local minima that are left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FitJob, Observations, ParentFit } from '../../src/model/contract.ts';
import { Random } from '../../src/numeric/random.ts';
import { parentSmile } from '../../src/surface/anchored-fit.ts';
import { smileFactors } from '../../src/surface/smile-factors.ts';
import { smileModel } from '../../src/surface/smile-model.ts';
import { sviFamily } from '../../src/surface/svi.ts';

const svi = smileModel(sviFamily);
const DAYS = 1 / 365;
const NOISE = 0.002;

/** SVI of an ordinary smile: ATM volatility about `atm`, its width in proportion to the deviation. */
function ordinary(atm: number, years: number): number[] {
  const d = atm * Math.sqrt(years);
  return [d * d * 0.75, 0.18 * d, -0.25, 0.1 * d, 1.2 * d];
}

const volatility = (p: readonly number[], k: number, years: number): number =>
  Math.sqrt(sviFamily.totalVariance(p, k, years) / years);

function observe(sigma: (k: number) => number, ks: readonly number[], years: number): Observations {
  const value = Float64Array.from(ks, sigma);
  const column = (f: (i: number) => number): Float64Array => Float64Array.from(ks, (_, i) => f(i));
  return {
    at: 0, years, forward: 100, k: Float64Array.from(ks), x: column(() => 0), strike: column(() => 100), value,
    noise: column(() => NOISE), low: column((i) => value[i] - 0.004), high: column((i) => value[i] + 0.004),
    venueValue: column(() => NaN),
  }; // prettier-ignore
}

const job = (observations: Observations, more: Partial<FitJob>): FitJob => ({
  id: 'x', model: 'svi', scope: { venue: 'v', underlying: 'u', expiry: 1 }, at: 0, reason: 'age', observations,
  start: null, prior: null, options: { huber: 1.345 }, ...more,
}); // prettier-ignore

const parent = (atm: number, days: number): ParentFit => {
  const years = days * DAYS;
  const d = atm * Math.sqrt(years);
  return { parameters: ordinary(atm, years), years, yearsNow: years, low: -2.5 * d, high: 2.5 * d };
};

test('a parent smile is its neighbours at equal x: exact at each of them, between them in total variance, flat in x before', () => {
  const parents = [parent(0.5, 7), parent(0.6, 28)];
  for (const p of parents) {
    const base = parentSmile(sviFamily, parents, p.years);
    for (const x of [-2, -1, 0, 1, 2]) {
      const k = x * volatility(p.parameters, 0, p.years) * Math.sqrt(p.years);
      assert.ok(Math.abs(base(k) - volatility(p.parameters, k, p.years)) < 1e-9, `x ${x}`);
    }
  }
  const [near, far] = parents.map((p) => sviFamily.totalVariance(p.parameters, 0, p.years));
  const middle = parentSmile(sviFamily, parents, 14 * DAYS)(0);
  assert.ok(Math.abs(middle * middle * 14 * DAYS - (near + (far - near) / 3)) < 1e-12);
  const early = parentSmile(sviFamily, parents, DAYS);
  const atm = volatility(parents[0].parameters, 0, parents[0].years);
  assert.ok(Math.abs(early(0) - atm) < 1e-12);
  assert.ok(Math.abs(early(-atm * Math.sqrt(DAYS)) - volatility(parents[0].parameters, -atm * Math.sqrt(7 * DAYS), 7 * DAYS)) < 1e-9); // prettier-ignore
});

test('beyond the strikes a parent was quoted at its volatility stays, whatever its wings would do', () => {
  const p = parent(0.5, 7);
  const wild: ParentFit = { ...p, parameters: [0.004, 1, 0.97, 0.05, 0.0007], low: -0.05, high: 0.05 };
  const base = parentSmile(sviFamily, [wild], wild.years);
  assert.ok(Math.abs(base(0.5) - base(0.05)) < 1e-12);
  assert.ok(Math.abs(base(-0.5) - base(-0.05)) < 1e-12);
});

test('a child of five quotes takes its parents shape and its own level and skew', () => {
  const years = 1.5 * DAYS;
  const parents = [parent(0.5, 7), parent(0.52, 14)];
  const base = parentSmile(sviFamily, parents, years);
  const d = base(0) * Math.sqrt(years);
  const truth = (k: number): number => base(k) + 0.04 + 0.01 * (k / d);
  const ks = [-1, -0.5, 0, 0.4, 0.9].map((x) => x * d);
  const outcome = svi.fit(job(observe(truth, ks, years), { parents }));
  assert.equal(outcome.status, 'converged');
  assert.equal(outcome.numbers['child'], 1);
  for (const x of [-2, -1, 0, 1, 2])
    assert.ok(Math.abs(volatility(outcome.parameters, x * d, years) - truth(x * d)) < 0.006, `x ${x}`);
  assert.equal(svi.fit(job(observe(truth, ks, years), {})).numbers['child'] ?? 0, 0, 'without parents it stands alone');
});

test('under stress level and skew follow noisy quotes and curvature stays what it was', () => {
  const years = 30 * DAYS;
  const before = ordinary(0.55, years);
  const d = volatility(before, 0, years) * Math.sqrt(years);
  const random = new Random(8, 'stress');
  const held = (x: number): number => Math.max(-2, Math.min(2, x));
  const moved = (k: number): number => volatility(before, k, years) + 0.12 - 0.015 * held(k / d);
  const ks = Array.from({ length: 21 }, (_, i) => (-2 + 0.2 * i) * d);
  const noisy = observe((k) => moved(k) + (Math.abs(k) > d ? 0.02 : 0.004) * random.normal(), ks, years);
  const frozen = svi.fit(job(noisy, { start: before, options: { huber: 1.345, levelSkew: 1, startYears: years } }));
  assert.equal(frozen.status, 'converged');
  assert.equal(frozen.numbers['levelSkew'], 1);
  const [was, is] = [before, frozen.parameters].map((p) => smileFactors(sviFamily, p, years));
  assert.ok(Math.abs(is.atm - was.atm - 0.12) < 0.004, `level ${is.atm - was.atm}`);
  const sd = (p: readonly number[], x: number): number => volatility(p, x * d, years);
  const bend = (p: readonly number[]): number => sd(p, 1) + sd(p, -1) - 2 * sd(p, 0);
  assert.ok(Math.abs(bend(frozen.parameters) - bend(before)) < 0.004, 'the bend over one deviation is kept');
  const free = svi.fit(job(noisy, { start: before }));
  const miss = (p: readonly number[]): number =>
    Math.max(...ks.map((k) => Math.abs(volatility(p, k, years) - moved(k))));
  assert.ok(
    miss(frozen.parameters) < miss(free.parameters),
    'and is nearer to the truth than a free fit of such quotes',
  );
});

test('a cold start that beats the warm one by more than two units of log-likelihood is taken and says so', () => {
  const years = 30 * DAYS;
  const truth = ordinary(0.5, years);
  const d = 0.5 * Math.sqrt(years);
  const ks = Array.from({ length: 25 }, (_, i) => (-2.4 + 0.2 * i) * d);
  const batch = observe((k) => volatility(truth, k, years), ks, years);
  // A start in the basin of a kink at the edge of the quotes.
  const starts = [-6, -4, 4, 6].map((m) => [0.2 * d * d, 0.9, m < 0 ? 0.99 : -0.99, m * d, 0.02 * d]);
  const cold = starts.map((start) => svi.fit(job(batch, { start, options: { huber: 1.345, cold: 1 } })));
  const warm = starts.map((start) => svi.fit(job(batch, { start })));
  let caught = 0;
  starts.forEach((_, i) => {
    const stuck = warm[i].status === 'converged' && warm[i].numbers['cost'] > 4;
    assert.equal(cold[i].numbers['localMinimum'], stuck ? 1 : 0, `start ${i}`);
    assert.ok(cold[i].numbers['rmseVol'] < 1e-3, `start ${i} ends at the best minimum`);
    if (stuck) caught++;
  });
  assert.ok(caught > 0, 'at least one of the starts leads to a worse minimum');
});
