import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { blackPrice } from '../../src/numeric/black.ts';
import {
  BLACK_CONVENTION, coinPriceAtIndex, convertGreeks, DERIBIT_INVERSE, inverseGreeks, LINEAR, OKX_BLACK,
  OKX_PREMIUM_ADJUSTED, stateGreeks, volatilitySlopeCoin, type InverseGreeks,
} from '../../src/numeric/inverse.ts'; // prettier-ignore
import { impliedVolatility } from '../../src/numeric/implied-volatility.ts';
import { relativeError, tables } from './vectors.ts';

const COLUMN_OF: Record<keyof InverseGreeks, string> = {
  priceCoin: 'price_coin', priceUsd: 'price_usd_fwd', deltaBlack: 'delta_bs', deltaPremiumAdjusted: 'delta_ntd',
  slopeCoin: 'dC_dF', gammaUsd: 'gamma_usd', gammaCoin: 'gamma_coin', vegaUsdPerUnit: 'vega_usd',
  vegaUsdPerPoint: 'vega_usd_per_volpt', vegaCoinPerUnit: 'vega_coin', thetaUsdPerYear: 'theta_usd',
  thetaUsdPerDay: 'theta_usd_per_day', thetaCoinPerYear: 'theta_coin',
}; // prettier-ignore

for (const table of tables('inverse_options.csv')) {
  test(`coin and USD prices and greeks to 1e-12: ${table.label}`, { skip: table.skip }, () => {
    for (const row of table.rows()) {
      const side = row.text('type') === 'call' ? 'call' : 'put';
      const [forward, strike, years, sigma] = ['F', 'K', 'T', 'sigma'].map((c) => row.num(c));
      const greeks = inverseGreeks({ side, forward, strike, years, sigma });
      for (const name of Object.keys(COLUMN_OF) as (keyof InverseGreeks)[]) {
        const wanted = row.num(COLUMN_OF[name]);
        // gammaCoin is a difference that may cancel: its terms set the scale.
        const terms = name === 'gammaCoin' ? Math.abs(greeks.gammaUsd / forward) : 0;
        const error = Math.abs(greeks[name] - wanted);
        const where = `${name} of ${side} F ${forward} K ${strike} T ${years}: ${greeks[name]}, not ${wanted}`;
        assert.ok(error <= 1e-12 * Math.max(Math.abs(wanted), terms) || Math.abs(wanted) < 1e-290, where);
      }
      const index = coinPriceAtIndex(greeks.priceCoin, row.num('index'));
      assert.ok(relativeError(index, row.num('price_usd_index')) < 1e-12 || index < 1e-290);
      const other = inverseGreeks({ side: side === 'call' ? 'put' : 'call', forward, strike, years, sigma });
      const parity = (greeks.priceCoin - other.priceCoin) * (side === 'call' ? 1 : -1);
      assert.ok(Math.abs(parity - row.num('parity_C_minus_P_coin')) < 4e-16 * (1 + strike / forward));
    }
  });
}

const options = fc.record({
  side: fc.constantFrom('call' as const, 'put' as const),
  forward: fc.double({ min: 1000, max: 200_000, noNaN: true }),
  depth: fc.double({ min: -2.5, max: 2.5, noNaN: true }),
  years: fc.double({ min: 0.0005, max: 2, noNaN: true }),
  sigma: fc.double({ min: 0.2, max: 1.5, noNaN: true }),
});
const CONVENTIONS = [BLACK_CONVENTION, DERIBIT_INVERSE, OKX_PREMIUM_ADJUSTED, OKX_BLACK, LINEAR];
const FIELDS = ['price', 'delta', 'gamma', 'vega', 'theta'] as const;

test('every conversion between two conventions is undone by the reverse one, and agrees with stating it directly', () => {
  fc.assert(
    fc.property(options, ({ side, forward, depth, years, sigma }) => {
      const option = { side, forward, strike: forward * Math.exp(depth * sigma * Math.sqrt(years)), years, sigma };
      for (const from of CONVENTIONS) {
        const stated = stateGreeks(option, from);
        // A premium-adjusted delta or gamma may cancel: the Black one and the price set the scale.
        const black = stateGreeks(option, { ...from, delta: 'black' });
        const scale = { ...black, delta: 1, gamma: Math.abs(black.gamma) + 1 / forward };
        for (const to of CONVENTIONS) {
          const there = convertGreeks(stated, to, option);
          const back = convertGreeks(there, from, option);
          for (const field of FIELDS) {
            assert.ok(Math.abs(back[field] - stated[field]) <= 1e-14 * Math.abs(scale[field]), field);
          }
          assert.equal(there.convention, to);
        }
      }
    }),
    { seed: 3, numRuns: 200 },
  );
});

test('the premium-adjusted delta is the slope of the coin price times the forward, and its gamma the slope of it', () => {
  fc.assert(
    fc.property(options, ({ side, forward, depth, years, sigma }) => {
      const strike = forward * Math.exp(depth * sigma * Math.sqrt(years));
      const at = (f: number): number => blackPrice({ side, forward: f, strike, years, sigma }) / f;
      const step = 1e-4 * forward * sigma * Math.sqrt(years);
      const slope = (at(forward + step) - at(forward - step)) / (2 * step);
      const stated = stateGreeks({ side, forward, strike, years, sigma }, OKX_PREMIUM_ADJUSTED);
      assert.ok(Math.abs(slope * forward - stated.delta) < 1e-6 * (1 + 1 / (sigma * Math.sqrt(years))));
      const delta = (f: number): number =>
        stateGreeks({ side, forward: f, strike, years, sigma }, OKX_PREMIUM_ADJUSTED).delta;
      const gamma = (delta(forward + step) - delta(forward - step)) / (2 * step);
      assert.ok(Math.abs(gamma - stated.gamma) < 1e-6 * (Math.abs(stated.gamma) + 1 / forward));
    }),
    { seed: 4, numRuns: 300 },
  );
});

test('at a fixed coin price volatility moves with the forward by the premium-adjusted delta', () => {
  const option = { side: 'call' as const, forward: 90_000, strike: 100_000, years: 0.5, sigma: 0.6 };
  const greeks = inverseGreeks(option);
  const sigmaAt = (forward: number): number =>
    impliedVolatility({ ...option, forward, price: greeks.priceCoin * forward }).sigma;
  const numeric = (sigmaAt(90_010) - sigmaAt(89_990)) / 20;
  assert.ok(relativeError(volatilitySlopeCoin(greeks), numeric) < 1e-6);
});

test('Deribit states theta over the life that is left when that is less than a day', () => {
  const option = { side: 'put' as const, forward: 90_000, strike: 88_000, years: 3 / 24 / 365, sigma: 0.6 };
  const perDay = stateGreeks(option, OKX_BLACK).theta;
  assert.ok(relativeError(stateGreeks(option, DERIBIT_INVERSE).theta, perDay / 8) < 1e-14);
  assert.equal(
    stateGreeks({ ...option, years: 0.1 }, DERIBIT_INVERSE).theta,
    stateGreeks({ ...option, years: 0.1 }, LINEAR).theta,
  );
});
