import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  BLACK_COLUMNS, blackGreekColumns, blackGreeks, blackPrice, type BlackGreeks, type BlackOption,
} from '../../src/numeric/black.ts'; // prettier-ignore
import { normalisedBlack } from '../../src/numeric/normalised-black.ts';
import { relativeError, tables, type Row } from './vectors.ts';

const COLUMN_OF: Record<keyof BlackGreeks, string> = {
  price: 'price', delta: 'delta', gamma: 'gamma', vega: 'vega', theta: 'theta', rho: 'rho', vanna: 'vanna',
  volga: 'volga', charm: 'charm', speed: 'speed', zomma: 'zomma', color: 'color', veta: 'veta', ultima: 'ultima',
  dualDelta: 'dual_delta', dualGamma: 'dual_gamma',
}; // prettier-ignore

function optionOf(row: Row): BlackOption {
  const side = row.text('type') === 'call' ? 'call' : 'put';
  const [forward, strike, years, sigma, rate] = ['F', 'K', 'T', 'sigma', 'r'].map((c) => row.num(c));
  return { side, forward, strike, years, sigma, rate };
}

/**
 * How much rounding the inputs' ratio F/K alone moves each result, relative: |x| eps-sized errors of d1 and d2 are
 * eps h/s in the price (|F delta / V|) and eps h^2 in everything that carries the density.
 */
function tolerance(option: BlackOption, name: keyof BlackGreeks, greeks: BlackGreeks): number {
  const { side, forward, strike } = option;
  const isOutOfTheMoney = (side === 'call') === forward <= strike;
  const condition = Math.abs((forward * greeks.delta) / greeks.price);
  const cancels = (name === 'price' || name === 'rho') && isOutOfTheMoney && condition > 4000;
  return cancels ? 1e-10 : 1e-12;
}

for (const table of tables('black76_greeks.csv')) {
  test(`price and greeks: ${table.label}`, { skip: table.skip }, () => {
    for (const row of table.rows()) {
      const option = optionOf(row);
      const greeks = blackGreeks(option);
      for (const name of BLACK_COLUMNS) {
        const wanted = row.num(COLUMN_OF[name]);
        const where = `${name} of ${JSON.stringify(option)}: ${greeks[name]}, not ${wanted}`;
        // A double has no full mantissa below: the last of its digits is the tolerance.
        if (Math.abs(wanted) < 1e-300)
          assert.ok(Math.abs(greeks[name] - wanted) <= 5e-324 + 1e-12 * Math.abs(wanted), where);
        else assert.ok(relativeError(greeks[name], wanted) < tolerance(option, name, greeks), where);
      }
      assert.ok(relativeError(blackPrice(option), greeks.price) < 1e-15);
    }
  });

  test(`the SIMD kernel gives the bits of its twin: ${table.label}`, { skip: table.skip }, () => {
    const options = table.rows().map(optionOf);
    const column = (name: 'forward' | 'strike' | 'years' | 'sigma'): Float64Array =>
      Float64Array.from(options, (o) => o[name]);
    const columns = {
      isCall: options.map((o) => (o.side === 'call' ? 1 : 0)),
      forward: column('forward'),
      strike: column('strike'),
      years: column('years'),
      sigma: column('sigma'),
      rate: Float64Array.from(options, (o) => o.rate ?? 0),
    };
    const simd = blackGreekColumns(columns, undefined, 'simd');
    const scalar = blackGreekColumns(columns, undefined, 'scalar');
    for (const name of BLACK_COLUMNS) assert.deepEqual(simd[name], scalar[name], name);
  });
}

const options = fc.record({
  side: fc.constantFrom('call' as const, 'put' as const),
  forward: fc.double({ min: 0.5, max: 2, noNaN: true }),
  strike: fc.double({ min: 0.5, max: 2, noNaN: true }),
  years: fc.double({ min: 0.02, max: 3, noNaN: true }),
  sigma: fc.double({ min: 0.1, max: 1.5, noNaN: true }),
  rate: fc.double({ min: -0.05, max: 0.1, noNaN: true }),
});
const RUNS = { seed: 5, numRuns: 500 };

/** Central difference of fourth order. */
function slope(f: (x: number) => number, x: number, step: number): number {
  return (8 * (f(x + step) - f(x - step)) - (f(x + 2 * step) - f(x - 2 * step))) / (12 * step);
}

test('every greek is the derivative that its name says', () => {
  const derivatives: readonly [keyof BlackGreeks, keyof BlackGreeks, 'forward' | 'strike' | 'years' | 'sigma' | 'rate', 1 | -1][] = [
    ['delta', 'price', 'forward', 1], ['gamma', 'delta', 'forward', 1], ['vega', 'price', 'sigma', 1],
    ['theta', 'price', 'years', -1], ['rho', 'price', 'rate', 1], ['vanna', 'delta', 'sigma', 1],
    ['volga', 'vega', 'sigma', 1], ['charm', 'delta', 'years', -1], ['speed', 'gamma', 'forward', 1],
    ['zomma', 'gamma', 'sigma', 1], ['color', 'gamma', 'years', -1], ['veta', 'vega', 'years', -1],
    ['ultima', 'volga', 'sigma', 1], ['dualDelta', 'price', 'strike', 1], ['dualGamma', 'dualDelta', 'strike', 1],
  ]; // prettier-ignore
  fc.assert(
    fc.property(options, (option) => {
      const greeks = blackGreeks(option);
      for (const [name, base, variable, sign] of derivatives) {
        const at = (x: number): number => blackGreeks({ ...option, [variable]: x })[base];
        const step =
          variable === 'rate' ? 1e-3 : 2e-3 * option[variable] * Math.min(1, option.sigma * Math.sqrt(option.years));
        const numeric = sign * slope(at, option[variable], step);
        // Differences keep about eps |f| / step and the step's fourth power of the fifth derivative.
        const scale =
          Math.abs(greeks[name]) + Math.abs(greeks[base]) + Math.abs(greeks[base] / option[variable]) + 1e-3;
        const sharp = 1 / Math.min(1, option.sigma * Math.sqrt(option.years));
        assert.ok(
          Math.abs(numeric - greeks[name]) < 2e-8 * scale * sharp * sharp * sharp,
          `${name}: ${numeric} ${greeks[name]}`,
        );
      }
    }),
    RUNS,
  );
});

test('parity, homogeneity, bounds, monotonicity and convexity', () => {
  fc.assert(
    fc.property(options, fc.double({ min: 0.1, max: 9, noNaN: true }), (option, scale) => {
      const { forward, strike, years, sigma, rate } = option;
      // Beyond 8 standard deviations a convexity of the price is below its rounding.
      fc.pre(Math.abs(Math.log(forward / strike)) < 8 * sigma * Math.sqrt(years));
      const discount = Math.exp(-rate * years);
      const call = blackPrice({ ...option, side: 'call' });
      const put = blackPrice({ ...option, side: 'put' });
      assert.ok(Math.abs(call - put - discount * (forward - strike)) < 4e-16 * (forward + strike) * discount);
      const price = blackPrice(option);
      const bigger = blackPrice({ ...option, forward: scale * forward, strike: scale * strike });
      assert.ok(call >= discount * Math.max(0, forward - strike) * (1 - 1e-15) && call <= discount * forward);
      // In the money the gain may be below the rounding of the intrinsic value.
      const dearer = blackPrice({ ...option, sigma: sigma * 1.01 });
      assert.ok(dearer > price || (dearer === price && (option.side === 'call') !== forward <= strike));
      const greeks = blackGreeks(option);
      // Scaling rounds F/K anew, which moves the price by eps F delta.
      const rounding = scale * (price + forward * Math.abs(greeks.delta));
      assert.ok(Math.abs(bigger - scale * price) <= 4e-15 * rounding + 1e-13 * scale * price);
      assert.ok(greeks.gamma > 0 && greeks.dualGamma > 0 && greeks.vega > 0);
      const wings = blackPrice({ ...option, strike: strike * 0.99 }) + blackPrice({ ...option, strike: strike * 1.01 });
      assert.ok(wings > 2 * price - 1e-15 * (forward + strike));
      // Euler: V is homogeneous of degree one in (F, K).
      assert.ok(Math.abs(forward * greeks.delta + strike * greeks.dualDelta - price) < 1e-14 * (forward + strike));
    }),
    RUNS,
  );
});

test('limits and junk', () => {
  const base: BlackOption = { side: 'call', forward: 110, strike: 100, years: 0, sigma: 0.5 };
  assert.equal(blackPrice(base), 10);
  assert.equal(blackGreeks(base).delta, 1);
  assert.equal(blackGreeks({ ...base, strike: 110 }).delta, 0.5);
  assert.equal(blackPrice({ ...base, side: 'put' }), 0);
  assert.equal(blackPrice({ ...base, years: 1, sigma: 0 }), 10);
  for (const junk of [
    { years: -1 },
    { sigma: -0.1 },
    { forward: 0 },
    { strike: NaN },
    { sigma: NaN },
    { forward: Infinity },
  ]) {
    assert.ok(
      BLACK_COLUMNS.every((name) => Number.isNaN(blackGreeks({ ...base, years: 1, ...junk })[name])),
      JSON.stringify(junk),
    );
    assert.ok(Number.isNaN(blackPrice({ ...base, years: 1, ...junk })));
  }
});

test('the normalised price keeps its digits where total volatility is minute', () => {
  for (const s of [1e-3, 1e-6, 1e-9]) {
    // b(0, s) = 2 N(s/2) - 1 = s/sqrt(2 pi) (1 - s^2/24 + s^4/640 ...)
    const series = (s / Math.sqrt(2 * Math.PI)) * (1 - (s * s) / 24 + (s * s * s * s) / 640);
    assert.ok(relativeError(normalisedBlack(0, s, 1), series) < 1e-15, `s = ${s}`);
  }
});
