import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { blackPrice } from '../../src/numeric/black.ts';
import { Random } from '../../src/numeric/random.ts';
import {
  averagedGreeks, averageShape, averageVarianceYears, THIRTY_MINUTES_YEARS as W, type AveragedOption,
} from '../../src/numeric/settlement-average.ts'; // prettier-ignore

const HOUR = 2 * W;
const BASE: AveragedOption = { side: 'call', forward: 100_000, strike: 100_000, years: HOUR, sigma: 0.5 };

test('variance time is 20 minutes short before the window and continuous into it', () => {
  assert.ok(Math.abs(averageVarianceYears(24 * HOUR) - (24 * HOUR - HOUR / 3)) < 1e-18);
  assert.ok(Math.abs(averageVarianceYears(W) - W / 3) < 1e-18);
  assert.ok(Math.abs(averageVarianceYears(W * (1 - 1e-12)) - W / 3) < 1e-15);
  assert.equal(averageVarianceYears(0), 0);
});

test('what ignoring the average costs is what the methods note measured', () => {
  for (const [hours, points] of [
    [1, 9.2],
    [2, 4.3],
    [8, 1.05],
    [24, 0.35],
  ]) {
    const flat = 50 * (1 - Math.sqrt(averageVarianceYears(hours * HOUR) / (hours * HOUR)));
    assert.ok(Math.abs(flat - points) < 0.06, `${hours} h: ${flat}`);
  }
});

/** Mean payoff over simulated paths of 4-second steps, with its standard error; antithetic. */
function simulated(option: AveragedOption, paths: number): { mean: number; error: number } {
  const { forward, strike, years, sigma, accrued = 0, side } = option;
  const random = new Random(77);
  const steps = Math.round((years / W) * 450);
  const sd = sigma * Math.sqrt(years / steps);
  const inWindow = Math.min(steps, 450);
  const share = Math.min(1, years / W);
  let sum = 0;
  let squares = 0;
  for (let p = 0; p < paths; p++) {
    const shocks = Array.from({ length: steps }, () => random.normal());
    let pair = 0;
    for (const sign of [1, -1]) {
      let log = 0;
      let total = 0;
      for (let i = 0; i < steps; i++) {
        log += sd * sign * shocks[i] - (sd * sd) / 2;
        if (i >= steps - inWindow) total += Math.exp(log);
      }
      const average = (1 - share) * accrued + share * forward * (total / inWindow);
      pair += 0.5 * Math.max(0, side === 'call' ? average - strike : strike - average);
    }
    sum += pair;
    squares += pair * pair;
  }
  const mean = sum / paths;
  return { mean, error: Math.sqrt((squares / paths - mean * mean) / paths) };
}

test('prices agree with simulated averages, before and inside the window', () => {
  const cases: AveragedOption[] = [
    { ...BASE, strike: 100_200 },
    { ...BASE, years: W / 2, accrued: 100_100, strike: 100_150 },
    { ...BASE, side: 'put', years: W / 4, accrued: 99_900, strike: 100_000 },
  ];
  for (const option of cases) {
    const { mean, error } = simulated(option, 2000);
    const { price } = averagedGreeks(option);
    assert.ok(Math.abs(price - mean) < 4 * error + 0.01 * price, `${price} against ${mean} +- ${error}`);
  }
});

test('inside the window the option is on the rest, and certain once the effective strike is negative', () => {
  const late: AveragedOption = { ...BASE, years: W / 10, accrued: 120_000, strike: 100_000 };
  assert.ok(averageShape(late).strike < 0);
  const certain = averagedGreeks(late);
  assert.ok(Math.abs(certain.price - (0.9 * 120_000 + 0.1 * 100_000 - 100_000)) < 1e-9);
  assert.ok(Math.abs(certain.delta - 0.1) < 1e-12);
  assert.deepEqual([certain.gamma, certain.vega, certain.theta], [0, 0, 0]);
  const put = averagedGreeks({ ...late, side: 'put' });
  assert.deepEqual([put.price, put.delta], [0, 0]);
  assert.equal(averagedGreeks({ ...late, years: 0, accrued: 100_500 }).price, 500);
  assert.ok(Number.isNaN(averagedGreeks({ ...late, accrued: undefined }).price));
  assert.ok(Number.isNaN(averagedGreeks({ ...BASE, years: -1 }).price));
});

test('greeks are the derivatives of the price, theta with the average accruing at the forward', () => {
  const options = fc.record({
    side: fc.constantFrom('call' as const, 'put' as const),
    strike: fc.double({ min: 99_000, max: 101_000, noNaN: true }),
    years: fc.double({ min: 0.2 * W, max: 20 * W, noNaN: true }),
    sigma: fc.double({ min: 0.3, max: 1.2, noNaN: true }),
    accrued: fc.double({ min: 99_500, max: 100_500, noNaN: true }),
  });
  fc.assert(
    fc.property(options, (o) => {
      const option: AveragedOption = { forward: 100_000, ...o };
      const greeks = averagedGreeks(option);
      const width = 100_000 * o.sigma * Math.sqrt(averageVarianceYears(o.years)) * Math.min(1, o.years / W);
      if (!(greeks.gamma * width > 1e-3)) return;
      const price = (change: Partial<AveragedOption>): number => averagedGreeks({ ...option, ...change }).price;
      const step = 1e-3 * width;
      const delta = (price({ forward: 100_000 + step }) - price({ forward: 100_000 - step })) / (2 * step);
      assert.ok(Math.abs(delta - greeks.delta) < 1e-4);
      const gamma =
        (averagedGreeks({ ...option, forward: 100_000 + step }).delta -
          averagedGreeks({ ...option, forward: 100_000 - step }).delta) /
        (2 * step);
      assert.ok(Math.abs(gamma - greeks.gamma) < 1e-4 * greeks.gamma + 1e-4 / width);
      const vega = (price({ sigma: o.sigma * 1.0001 }) - price({ sigma: o.sigma * 0.9999 })) / (2e-4 * o.sigma);
      assert.ok(Math.abs(vega - greeks.vega) < 1e-4 * greeks.vega + 1e-4 * width);
      if (Math.abs(o.years - W) < 1e-3 * W) return;
      const dt = 1e-5 * o.years;
      const later = (shift: number): number => {
        const share = Math.min(1, o.years / W);
        const next = Math.min(1, (o.years - shift) / W);
        const accrued = share < 1 ? ((1 - share) * o.accrued + (share - next) * 100_000) / (1 - next) : o.accrued;
        return price({ years: o.years - shift, accrued });
      };
      const theta = (later(dt) - later(-dt)) / (2 * dt);
      assert.ok(
        Math.abs(theta - greeks.theta) < 1e-3 * (Math.abs(greeks.theta) + width / o.years),
        `${theta} ${greeks.theta}`,
      );
    }),
    { seed: 6, numRuns: 500 },
  );
});

test('far from expiry the average hardly matters', () => {
  const plain = blackPrice({ ...BASE, years: 1 });
  assert.ok(Math.abs(averagedGreeks({ ...BASE, years: 1 }).price / plain - 1) < 2e-5);
});
