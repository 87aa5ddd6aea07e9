import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inverseGreeks } from '../../src/numeric/inverse.ts';
import { CALENDAR_CLOCK, varianceClock } from '../../src/numeric/variance-clock.ts';
import { durrlemanG, impliedDensity } from '../../src/surface/arbitrage.ts';
import type { SmileShape } from '../../src/surface/arbitrage.ts';
import { deltaQuotes, forwardDelta, strikeOfDelta } from '../../src/surface/delta-quotes.ts';
import { heston } from '../../src/surface/heston-smile.ts';
import { hestonExpectedVariance } from '../../src/surface/heston-characteristic.ts';
import { readHeston } from '../../src/surface/heston-fit.ts';
import { impliedDistribution, impliedMoments } from '../../src/surface/implied-density.ts';
import { dupire, localVolatility } from '../../src/surface/local-volatility.ts';
import { ssviPoint } from '../../src/surface/ssvi.ts';
import { sviShape } from '../../src/surface/svi-curve.ts';
import { clockFrom, interpolateInTime, smileOf } from '../../src/surface/time-interpolation.ts';
import type { ExpirySmile } from '../../src/surface/time-interpolation.ts';
import { varianceSwap } from '../../src/surface/variance-swap.ts';
import { missing, vectorRows } from './shared-files.ts';

const svi =
  (p: readonly number[]): SmileShape =>
  (k, out) =>
    sviShape(p, k, out);
const flat =
  (w: number): SmileShape =>
  (_k, out) => {
    out[0] = w;
    out[1] = 0;
    out[2] = 0;
  };
const variance =
  (shape: SmileShape) =>
  (k: number): number => {
    const out = new Float64Array(3);
    shape(k, out);
    return out[0];
  };

const NEAR: ExpirySmile = { years: 0.1, shape: svi([0.005, 0.05, -0.3, 0, 0.1]) };
const FAR: ExpirySmile = { years: 0.3, shape: svi([0.02, 0.08, -0.25, 0, 0.2]) };

test('local volatility equals the 50-digit reference', { skip: missing('vectors/pricing/ssvi_dupire.csv') }, () => {
  for (const r of vectorRows('ssvi_dupire.csv')) {
    const at = dupire(r.k, r.w, r.dw_dk, r.d2w_dk2, r.dw_dT);
    assert.ok(at.status === 'ok' && Math.abs(at.volatility / r.local_vol - 1) < 1e-12, JSON.stringify(r));
  }
});

test('density and g equal the 50-digit reference', { skip: missing('vectors/pricing/svi_durrleman_g.csv') }, () => {
  for (const r of vectorRows('svi_durrleman_g.csv')) {
    const density = impliedDensity(r.k, r.w, r.dw_dk, r.d2w_dk2);
    assert.ok(Math.abs(density - r.density) <= 1e-11 * Math.abs(r.density) + 1e-14, JSON.stringify(r));
  }
});

test('between expiries total variance is linear in variance time, order and derivatives hold', () => {
  const surface = interpolateInTime([NEAR, FAR]);
  const out = new Float64Array(4);
  for (const k of [-0.8, -0.2, 0, 0.1, 0.6]) {
    assert.equal(surface.totalVariance(k, 0.1), variance(NEAR.shape)(k));
    assert.ok(Math.abs(surface.totalVariance(k, 0.3) - variance(FAR.shape)(k)) < 1e-16);
    const middle = 0.5 * (variance(NEAR.shape)(k) + variance(FAR.shape)(k));
    assert.ok(Math.abs(surface.totalVariance(k, 0.2) - middle) < 1e-15);
    let before = 0;
    for (let t = 0.01; t < 1; t += 0.01) {
      surface.shape(k, t, out);
      assert.ok(out[0] > before && out[3] > 0, `w falls at k ${k}, T ${t}`);
      before = out[0];
      const h = 1e-6;
      if (Math.abs(t - 0.1) < 0.005 || Math.abs(t - 0.3) < 0.005) continue;
      const w = (dk: number, dt: number): number => surface.totalVariance(k + dk, t + dt);
      assert.ok(Math.abs((w(0, h) - w(0, -h)) / (2 * h) - out[3]) < 1e-8);
      assert.ok(Math.abs((w(h, 0) - w(-h, 0)) / (2 * h) - out[1]) < 1e-8);
      assert.ok(Math.abs((w(1e-4, 0) - 2 * out[0] + w(-1e-4, 0)) / 1e-8 - out[2]) < 1e-5);
    }
  }
  assert.ok(Number.isNaN(surface.totalVariance(0, 0)));
  assert.throws(() => interpolateInTime([FAR, NEAR]), /expiry 1 is 0.1 years/);
  assert.throws(() => interpolateInTime([]), /at least one/);
});

test('extrapolation in time makes no butterfly and keeps the wings', () => {
  const surface = interpolateInTime([NEAR, FAR]);
  const out = new Float64Array(4);
  for (const years of [0.001, 0.02, 0.09, 0.5, 3])
    for (let k = -2; k <= 2; k += 0.05) {
      surface.shape(k, years, out);
      assert.ok(durrlemanG(k, out[0], out[1], out[2]) > 0, `g at k ${k}, T ${years}`);
      const at = localVolatility(surface, k, years);
      assert.equal(at.status, 'ok');
    }
  surface.shape(3, 3, out);
  const far = new Float64Array(3);
  FAR.shape(3, far);
  assert.equal(out[1], far[1]);
});

test('a surface whose far smile dips below the near one says so where it does', () => {
  const surface = interpolateInTime([FAR, { years: 0.5, shape: flat(0.03) }]);
  const at = localVolatility(surface, 0.8, 0.4);
  assert.ok(at.status === 'calendar' && at.slope < 0);
});

test('an event in the variance clock takes its share of the growth', () => {
  const now = Date.UTC(2026, 0, 5);
  const day = 1 / 365;
  const hours = { hourWeights: Array.from({ length: 168 }, () => 1) };
  const clock = varianceClock({ ...hours, events: [{ at: now + 1.5 * 86_400_000, durationMs: 3_600_000, hours: 24 }] });
  const smiles: ExpirySmile[] = [
    { years: day, shape: flat(0.001) },
    { years: 3 * day, shape: flat(0.004) },
  ];
  const plain = interpolateInTime(smiles, clockFrom(CALENDAR_CLOCK, now));
  const timed = interpolateInTime(smiles, clockFrom(clock, now));
  assert.ok(Math.abs(plain.totalVariance(0, 2 * day) - 0.0025) < 1e-12);
  // Of three average days between the expiries, day two has two: its own and the event's.
  assert.ok(Math.abs(timed.totalVariance(0, 2 * day) - (0.001 + 0.003 * (2 / 3))) < 1e-12);
  assert.ok(Math.abs(timed.totalVariance(0, 1.4 * day) - (0.001 + 0.003 * (0.4 / 3))) < 1e-12);
  const out = new Float64Array(4);
  timed.shape(0, 2.5 * day, out);
  assert.ok(Math.abs(out[3] - 0.001 / day) < 1e-9);
  // Inside the event's hour the clock runs at 1 + 24 times its ordinary speed.
  timed.shape(0, 1.51 * day, out);
  assert.ok(Math.abs(out[3] - (25 * 0.001) / day) < 1e-8, `${out[3]}`);
});

test('a flat smile is a lognormal: moments, distribution, variance swap', () => {
  const w = 0.09;
  const m = impliedMoments(flat(w), -0.5, 0.5);
  assert.ok(Math.abs(m.mass - 1) < 1e-12 && Math.abs(m.forward - 1) < 1e-12);
  assert.ok(Math.abs(m.mean + w / 2) < 1e-12 && Math.abs(m.variance - w) < 1e-12);
  assert.ok(Math.abs(m.skewness) < 1e-10 && Math.abs(m.excessKurtosis) < 1e-9);
  const swap = varianceSwap(() => w, 0.25, -0.3, 0.3);
  assert.ok(Math.abs(swap.variance - w / 0.25) < 1e-12, `${swap.variance}`);
  assert.ok(swap.extrapolatedShare > 0.1 && swap.extrapolatedShare < 0.5);
});

test('under a skewed smile density, distribution and variance swap tell one story', () => {
  const { shape } = FAR;
  const m = impliedMoments(shape, -0.5, 0.5);
  assert.ok(Math.abs(m.mass - 1) < 1e-9 && Math.abs(m.forward - 1) < 1e-9, `${m.mass} ${m.forward}`);
  assert.ok(m.skewness < 0 && m.excessKurtosis > 0);
  const swap = varianceSwap(variance(shape), 0.3, -0.5, 0.5);
  assert.ok(Math.abs(swap.variance * 0.3 + 2 * m.mean) < 1e-9, `${swap.variance * 0.3} against ${-2 * m.mean}`);
  const out = new Float64Array(3);
  const distribution = (k: number): number => {
    shape(k, out);
    return impliedDistribution(k, out[0], out[1]);
  };
  for (const k of [-0.6, -0.1, 0, 0.2]) {
    const slope = (distribution(k + 1e-5) - distribution(k - 1e-5)) / 2e-5;
    shape(k, out);
    assert.ok(Math.abs(slope - impliedDensity(k, out[0], out[1], out[2])) < 1e-7);
  }
  assert.ok(Math.abs(m.quotedProbability - (distribution(0.5) - distribution(-0.5))) < 1e-15);
});

test("Heston's variance swap and moments are its own, though its smile ends where prices are rounding", () => {
  const p = [2, 0.09, 0.4, -0.5, 0.05];
  const { shape } = smileOf(heston, p, 0.5);
  assert.ok(Number.isNaN(variance(shape)(-6)));
  const swap = varianceSwap(variance(shape), 0.5, -0.5, 0.5);
  const expected = hestonExpectedVariance(readHeston(p), 0.5);
  assert.ok(swap.status === 'ok' && Math.abs((swap.variance * 0.5) / expected - 1) < 1e-8, `${swap.variance}`);
  const m = impliedMoments(shape, -0.5, 0.5);
  assert.ok(Math.abs(m.mass - 1) < 1e-8 && Math.abs(m.forward - 1) < 1e-8, `${m.mass} ${m.forward}`);
  assert.ok(Math.abs(m.mean + 0.5 * expected) < 1e-8 && m.skewness < 0);
  // A smile that ends where options still pay has no level.
  const cut = varianceSwap((k) => (Math.abs(k) < 0.2 ? 0.09 : NaN), 0.5, -0.5, 0.5);
  assert.equal(cut.status, 'not-finite');
});

test('the local volatility of SSVI is found again through the interpolated surface', () => {
  const phi = { kind: 'power', p1: 0.8, p2: 0.5 } as const;
  const theta = (t: number): number => 0.2 * t;
  const smile = (years: number): ExpirySmile => ({
    years,
    shape(k, out) {
      const at = ssviPoint(phi, -0.3, theta(years), 0.2, k);
      out[0] = at.w;
      out[1] = at.dwDk;
      out[2] = at.d2wDk2;
    },
  });
  const surface = interpolateInTime([0.499, 0.501].map(smile));
  for (const k of [-0.4, 0, 0.3]) {
    const at = localVolatility(surface, k, 0.5);
    assert.ok(at.status === 'ok');
    assert.ok(Math.abs(at.volatility / ssviPoint(phi, -0.3, theta(0.5), 0.2, k).localVol - 1) < 1e-4);
  }
});

test('strikes of deltas in both conventions, and the quotes made of them', () => {
  const w = variance(FAR.shape);
  for (const convention of ['black', 'premium-adjusted'] as const)
    for (const side of ['call', 'put'] as const)
      for (const delta of [0.05, 0.1, 0.25, 0.4]) {
        const found = strikeOfDelta(w, 0.3, side, delta, convention);
        assert.ok(found.status === 'ok');
        assert.ok(Math.abs(Math.abs(forwardDelta(side, found.k, w(found.k), convention)) - delta) < 1e-12);
        const greeks = inverseGreeks({
          side,
          forward: 1,
          strike: Math.exp(found.k),
          years: 0.3,
          sigma: found.volatility,
        });
        const venue = convention === 'black' ? greeks.deltaBlack : greeks.deltaPremiumAdjusted;
        assert.ok(Math.abs(Math.abs(venue) - delta) < 1e-10, `${convention} ${side}: ${venue}`);
        assert.ok(side === 'call' ? found.k > -0.1 : found.k < 0.1);
      }
  const quotes = deltaQuotes(w, 0.3, 0.25, 'black');
  assert.ok('riskReversal' in quotes && quotes.riskReversal < 0 && quotes.butterfly > 0);
  const level = deltaQuotes(() => 0.09, 0.3, 0.25, 'black');
  assert.ok('riskReversal' in level && Math.abs(level.riskReversal) < 1e-15 && Math.abs(level.butterfly) < 1e-15);
  // exp(k) N(d2) of a call never reaches 0.9 under a total volatility of 1: its largest value is about 0.5.
  assert.equal(strikeOfDelta(() => 1, 1, 'call', 0.9, 'premium-adjusted').status, 'no-strike');
});
