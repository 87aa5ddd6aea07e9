/** The true surface: free of static arbitrage in every regime, and outside the families the monitor fits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/numeric/random.ts';
import { blackPrice, distribution, impliedDeviation } from '../../src/simulator/black.ts';
import { DAY, HOUR, listedExpiries } from '../../src/simulator/calendar.ts';
import { TruthPath, type TrueFactors } from '../../src/simulator/path.ts';
import { REGIMES } from '../../src/simulator/regime.ts';
import { NO_SHIFT, trueSurface, type TruthShift } from '../../src/simulator/surface.ts';
import { sviFamily } from '../../src/surface/svi.ts';

const START = { spot: 96_700, shortVolatility: 0.42, longVolatility: 0.465, shortSkew: -0.25, longSkew: -0.26 };
const AT = Date.UTC(2026, 0, 15, 3);
const OPEN = { share: 1, accrued: START.spot };

function statesOf(regime: keyof typeof REGIMES, count: number): TrueFactors[] {
  const path = new TruthPath(new Random(7, regime), START);
  path.keepExpiries(listedExpiries(AT).map((e) => e.expiry));
  const found: TrueFactors[] = [];
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < 12; j++)
      path.step(AT + (12 * i + j) * HOUR, HOUR, REGIMES[regime], regime === 'crash' ? -0.003 : 0, NaN, [0.1, -0.2]);
    found.push(path.factors());
  }
  return found;
}

const SHIFTS: readonly TruthShift[] = [
  NO_SHIFT,
  { ...NO_SHIFT, skew: -0.4, level: 0.2 },
  { ...NO_SHIFT, skew: 0.6, curvature: 0.3, inversion: 0.2 },
];

for (const regime of Object.keys(REGIMES) as (keyof typeof REGIMES)[])
  test(`no butterfly, no calendar arbitrage, forward repriced: ${regime}`, () => {
    for (const factors of statesOf(regime, 6))
      for (const shift of SHIFTS) {
        const smiles = trueSurface(factors, AT, listedExpiries(AT).map((e) => e.expiry), shift, OPEN); // prettier-ignore
        const before = new Map<number, number>();
        for (const smile of smiles) {
          const { forward, years } = smile;
          const unit = smile.atmVolatility() * Math.sqrt(years);
          assert.ok(
            Math.abs(smile.price(forward * 1e-6, true) / forward - (1 - 1e-6)) < 1e-9,
            'a call at strike 0 is the forward',
          );
          let [p0, p1] = [NaN, NaN];
          for (let k = 0.2; k < 3; k += 0.04) {
            const price = smile.price(forward * k, true) / forward;
            assert.ok(price >= Math.max(0, 1 - k) - 1e-12 && price <= 1, `${regime} bounds at ${k}`);
            if (!Number.isNaN(p0))
              assert.ok(p0 - 2 * p1 + price >= -1e-12, `${regime} butterfly at ${years} y, K/F ${k}`);
            [p0, p1] = [p1, price];
            const earlier = before.get(k);
            if (earlier !== undefined)
              assert.ok(price >= earlier - 1e-12, `${regime} calendar at ${years} y, K/F ${k}`);
            before.set(k, price);
          }
          assert.ok(unit > 0 && smile.atmVolatility() < 3);
        }
      }
  });

test('the best SVI slice misses the truth by a tenth of a volatility point and more, not by many points', () => {
  const [factors] = statesOf('calm', 1);
  const errors = trueSurface(factors, AT, listedExpiries(AT).slice(1, 8).map((e) => e.expiry), NO_SHIFT, OPEN).map((smile) => {
    const unit = smile.atmVolatility() * Math.sqrt(smile.years);
    const k = Float64Array.from({ length: 23 }, (_, i) => (i - 11) * 0.2 * unit);
    const sigma = k.map((x) => smile.volatility(smile.forward * Math.exp(x), 0.5));
    const nothing = k.map(() => NaN);
    const slice = { years: smile.years, forward: smile.forward, k, sigma, errorBar: k.map(() => 0.002), sigmaBid: nothing, sigmaAsk: nothing };
    return sviFamily.fit(slice, { objective: 'equal', huber: 0, start: null, prior: null, arbitrageFree: false }).rmseVol;
  }); // prettier-ignore
  for (const e of errors)
    assert.ok(e > 0.0008 && e < 0.006, `rmse ${errors.map((x) => (100 * x).toFixed(3)).join(' ')} vol points`);
});

test('a level jump moves every tenor by about its size, a jump of one expiry only that one', () => {
  const [factors] = statesOf('calm', 1);
  const expiries = listedExpiries(AT).map((e) => e.expiry);
  const plain = trueSurface(factors, AT, expiries, NO_SHIFT, OPEN);
  const level = trueSurface(factors, AT, expiries, { ...NO_SHIFT, level: 0.05 }, OPEN);
  const one = trueSurface(factors, AT, expiries, { ...NO_SHIFT, expiries: new Map([[expiries[4], 0.02]]) }, OPEN);
  for (const [i, smile] of plain.entries()) {
    assert.ok(Math.abs(level[i].atmVolatility() - smile.atmVolatility() - 0.05) < 0.015);
    const bump = one[i].atmVolatility() - smile.atmVolatility();
    if (i === 4) assert.ok(Math.abs(bump - 0.02) < 0.006, `bump ${bump}`);
    else assert.equal(bump, 0);
  }
});

test('settlement averaging: variance shrinks to nothing, the forward to what has been averaged', () => {
  const [factors] = statesOf('calm', 1);
  const expiry = AT + DAY;
  const one = { ...factors, bucketNoise: new Map([[expiry, 0]]) };
  const day = trueSurface(one, AT, [expiry], NO_SHIFT, OPEN)[0];
  const late = trueSurface(one, expiry - 60_000, [expiry], NO_SHIFT, {
    share: 1 / 30,
    accrued: factors.spot * 1.01,
  })[0];
  assert.ok(Math.abs(late.forward / factors.spot - (1 + 0.01 * (29 / 30))) < 1e-6);
  assert.ok(late.atmVolatility() < 0.05 * day.atmVolatility());
  const hour = trueSurface(one, expiry - HOUR, [expiry], NO_SHIFT, OPEN)[0];
  assert.ok(
    Math.abs(hour.atmVolatility() / day.atmVolatility() - Math.sqrt(40 / 60)) < 0.03,
    'an hour before: 40 of 60 minutes',
  );
});

test('its own Black: distribution against known values, inversion against itself', () => {
  assert.ok(Math.abs(distribution(1) - 0.8413447460685429) < 1e-14);
  assert.ok(Math.abs(distribution(-6) / 9.865876450376981e-10 - 1) < 1e-8);
  for (const s of [0.02, 0.3, 1.2])
    for (const k of [0.7, 1, 1.6]) {
      const price = blackPrice(100, 100 * k, s, k >= 1);
      if (price > 1e-9) assert.ok(Math.abs(impliedDeviation(price, 100, 100 * k, k >= 1, 0.2) - s) < 1e-7, `${s} ${k}`);
    }
  assert.ok(Number.isNaN(impliedDeviation(0, 100, 110, true, 0.2)));
});
