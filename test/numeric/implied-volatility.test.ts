import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { blackPrice } from '../../src/numeric/black.ts';
import {
  ENGINE, IMPLIED_VOLATILITY_STATUS, impliedVolatilities, impliedVolatility, type PriceColumns,
} from '../../src/numeric/implied-volatility.ts'; // prettier-ignore
import { Random } from '../../src/numeric/random.ts';
import { tables, type Row } from './vectors.ts';

function columnsOf(rows: readonly Row[]): PriceColumns & { readonly sigma: Float64Array } {
  const column = (name: string): Float64Array => Float64Array.from(rows, (row) => row.num(name));
  return {
    isCall: rows.map((row) => (row.text('type') === 'call' ? 1 : 0)),
    forward: column('F'),
    strike: column('K'),
    years: column('T'),
    price: column('price'),
    sigma: column('sigma'),
  };
}

/** Largest error as a multiple of the bound 2 eps (1 + cond_price + cond_F). */
function worstMultiple(rows: readonly Row[], sigma: Float64Array): number {
  return rows.reduce((worst, row, i) => {
    const wanted = row.num('sigma');
    const bound = 2 * Number.EPSILON * (1 + row.num('cond_price') + row.num('cond_F'));
    const multiple = Math.abs(sigma[i] - wanted) / wanted / bound;
    return multiple >= 0 ? Math.max(worst, multiple) : Infinity;
  }, 0);
}

/** Starts as a multiple of the truth: none, exact, a tick away, and bad enough to be refused. */
const STARTS = [0, 1, 1.0001, 1.3, 0.2, 1e-3, 30, 1e9, NaN];

for (const table of tables('implied_vol.csv')) {
  test(`error within 2 eps (1 + cond_price + cond_F) from any start: ${table.label}`, { skip: table.skip }, () => {
    const rows = table.rows();
    const columns = columnsOf(rows);
    for (const multiple of STARTS) {
      const start = columns.sigma.map((v) => v * multiple);
      const { sigma, status } = impliedVolatilities({ ...columns, start });
      assert.ok(status.every((code) => code === 0));
      assert.ok(worstMultiple(rows, sigma) <= 1, `start ${multiple}: ${worstMultiple(rows, sigma)} of the bound`);
    }
  });

  test(`the SIMD kernel gives the bits of its twin, warm or cold: ${table.label}`, { skip: table.skip }, () => {
    assert.equal(ENGINE, 'simd');
    const rows = table.rows();
    const columns = columnsOf(rows);
    for (const multiple of STARTS) {
      const quotes = { ...columns, start: columns.sigma.map((v) => v * multiple) };
      assert.deepEqual(
        impliedVolatilities(quotes, undefined, 'simd'),
        impliedVolatilities(quotes, undefined, 'scalar'),
      );
    }
  });

  test(`a price off by 1e-9 is noticed: ${table.label}`, { skip: table.skip }, () => {
    const rows = table.rows();
    const columns = columnsOf(rows);
    const { sigma } = impliedVolatilities({ ...columns, price: columns.price.map((v) => v * (1 + 1e-9)) });
    assert.ok(worstMultiple(rows, sigma) > 1);
  });
}

for (const table of tables('implied_vol_invalid.csv')) {
  test(`prices without a volatility: ${table.label}`, { skip: table.skip }, () => {
    const expected: Record<string, string> = {
      no_solution_below_intrinsic: 'below-intrinsic',
      no_solution: 'below-intrinsic expired',
      sigma_zero_or_flag: 'at-intrinsic',
      no_solution_above_max: 'above-bound',
      infinite_or_flag: 'at-bound',
      nan: 'not-finite',
    };
    for (const row of table.rows()) {
      const side = row.text('type') === 'call' ? 'call' : 'put';
      const [forward, strike, years, price] = ['F', 'K', 'T', 'price'].map((c) => row.num(c));
      const { status, sigma } = impliedVolatility({ side, forward, strike, years, price });
      assert.ok(expected[row.text('expected')].split(' ').includes(status), `${row.text('case')}: ${status}`);
      const limits: Partial<Record<typeof status, number>> = { 'at-intrinsic': 0, 'at-bound': Infinity };
      assert.ok(Object.is(sigma, limits[status] ?? NaN));
    }
  });
}

test('array and scalar forms agree on junk, odd counts and more options than a call carries', () => {
  const random = new Random(21);
  const junk = [NaN, Infinity, -Infinity, 0, -0, -1, 1e-320, 1e300, 5e-324];
  const n = 1537;
  const pick = (value: () => number): Float64Array =>
    Float64Array.from({ length: n }, () => (random.chance(0.1) ? random.pick(junk) : value()));
  const quotes = {
    isCall: Array.from({ length: n }, () => random.integer(2)),
    forward: pick(() => random.between(50, 150)),
    strike: pick(() => random.between(50, 150)),
    years: pick(() => random.between(0, 1)),
    price: pick(() => random.between(-1, 120)),
    discount: pick(() => random.between(0.9, 1.1)),
    start: pick(() => random.between(0, 3)),
  };
  const simd = impliedVolatilities(quotes);
  assert.deepEqual(simd, impliedVolatilities(quotes, undefined, 'scalar'));
  const seen = new Set<string>();
  for (let i = 0; i < n; i++) {
    const { isCall, forward, strike, years, price, discount, start } = quotes;
    const one = impliedVolatility({
      side: isCall[i] === 1 ? 'call' : 'put',
      forward: forward[i],
      strike: strike[i],
      years: years[i],
      price: price[i],
      discount: discount[i],
      start: start[i],
    });
    assert.ok(Object.is(one.sigma, simd.sigma[i]), `${i}`);
    assert.equal(IMPLIED_VOLATILITY_STATUS[simd.status[i]], one.status);
    assert.equal(Number.isFinite(one.sigma), one.status === 'ok' || one.status === 'at-intrinsic');
    seen.add(one.status);
  }
  assert.equal(seen.size, IMPLIED_VOLATILITY_STATUS.length - 1, [...seen].join(' '));
});

test('price and volatility undo each other, whatever the scale, the discount and the depth', () => {
  const quotes = fc.record({
    side: fc.constantFrom('call' as const, 'put' as const),
    forward: fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
    depth: fc.double({ min: -8, max: 8, noNaN: true }),
    years: fc.double({ min: 1e-5, max: 5, noNaN: true }),
    sigma: fc.double({ min: 0.01, max: 4, noNaN: true }),
    rate: fc.double({ min: -0.05, max: 0.1, noNaN: true }),
  });
  fc.assert(
    fc.property(quotes, ({ side, forward, depth, years, sigma, rate }) => {
      const s = sigma * Math.sqrt(years);
      const strike = forward * Math.exp(depth * s);
      const price = blackPrice({ side, forward, strike, years, sigma, rate });
      const discount = Math.exp(-rate * years);
      const found = impliedVolatility({ side, forward, strike, years, price, discount });
      // In the money the time value is what the price has left after rounding; at the bounds nothing is.
      const isOutOfTheMoney = (side === 'call') === forward <= strike;
      if (!isOutOfTheMoney || s > 4) assert.ok(found.status !== 'not-finite' && found.status !== 'out-of-domain');
      else {
        assert.equal(found.status, 'ok');
        assert.ok(Math.abs(found.sigma - sigma) / sigma < 1e-14 * (1 + 1 / s) * (1 + s * s), `${found.sigma} ${sigma}`);
      }
    }),
    { seed: 9, numRuns: 3000 },
  );
});

test('volatility rises with the price, and never fails between its bounds', () => {
  const random = new Random(22);
  for (let i = 0; i < 2000; i++) {
    const forward = 100;
    const strike = 100 * Math.exp(random.between(-3, 3));
    const side = strike > forward ? 'call' : 'put';
    const bound = side === 'call' ? forward : strike;
    const price = bound * 10 ** -random.between(1e-9, 299);
    const [low, high] = [price, price * (1 + 1e-6)].map((p) =>
      impliedVolatility({ side, forward, strike, years: 0.1, price: p }),
    );
    assert.equal(low.status, 'ok');
    if (high.status === 'ok') assert.ok(high.sigma > low.sigma, `${price} ${strike}`);
  }
});

test('a start on the wrong side of the inflexion, however near, does not hold the result there', () => {
  const [forward, strike, years] = [100, 130, 0.25];
  const inflexion = Math.sqrt(2 * Math.log(strike / forward)) / Math.sqrt(years);
  for (const offset of [-1e-3, -1e-5, -1e-9, 1e-9, 1e-5, 1e-3]) {
    const sigma = inflexion * (1 + offset);
    const price = blackPrice({ side: 'call', forward, strike, years, sigma });
    for (const start of [inflexion * (1 - offset), inflexion * (1 - 1e-5), inflexion * (1 + 1e-5)]) {
      const found = impliedVolatility({ side: 'call', forward, strike, years, price, start });
      assert.ok(Math.abs(found.sigma / sigma - 1) < 2e-15, `${offset} from ${start}: ${found.sigma / sigma - 1}`);
    }
  }
});

test('a time value that rounding hid in the intrinsic value is one: sigma of the exact difference, in both engines', () => {
  // Prices equal to the rounded K - F; mpmath, 60 digits. Condition numbers near 2e14 leave one digit or two.
  const rows = [
    [0.20590259620572432, 4.856665328303417, 4.650762732097693, 0.41128297062165242, 1.94e14, 8.6e12],
    [0.04054253322002426, 24.665454291496822, 24.6249117582768, 0.84032826393555748, 3.49e14, 5.8e11],
  ];
  for (const [forward, strike, price, wanted, byPrice, byForward] of rows) {
    assert.equal(price, strike - forward);
    const { sigma, status } = impliedVolatility({ side: 'put', forward, strike, years: 1, price });
    assert.equal(status, 'ok');
    const bound = 2 * Number.EPSILON * (1 + byPrice + byForward);
    assert.ok(Math.abs(sigma - wanted) <= bound * wanted, `${sigma}, not ${wanted}`);
    const one = (v: number): Float64Array => Float64Array.of(v);
    const columns = { isCall: [0], forward: one(forward), strike: one(strike), years: one(1), price: one(price) };
    assert.equal(impliedVolatilities(columns, undefined, 'scalar').sigma[0], sigma);
    assert.equal(impliedVolatilities(columns).sigma[0], sigma);
  }
  const exact = impliedVolatility({ side: 'call', forward: 95000, strike: 90000, years: 0.1, price: 5000 });
  assert.deepEqual(exact, { status: 'at-intrinsic', sigma: 0 });
});
