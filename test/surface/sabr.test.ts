import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sabrDerivatives, sabrSensitivity, sabrSmile, sabrVolatility } from '../../src/surface/sabr.ts';
import { sabr, sabrFamily } from '../../src/surface/sabr-fit.ts';
import type { FitOptions, SliceQuotes } from '../../src/surface/family.ts';
import { missing, slicesOf, surfaceRmse, vectorRows } from './shared-files.ts';

const EQUAL: FitOptions = { objective: 'equal', huber: 0, start: null, prior: null, arbitrageFree: false };

test(
  "Hagan's formula equals the 50-digit reference to 1e-13 and QuantLib to 1e-9",
  { skip: missing('vectors/pricing/sabr_hagan.csv') },
  () => {
    const rows = vectorRows('sabr_hagan.csv');
    assert.ok(rows.length > 300);
    for (const r of rows) {
      const sigma = sabrVolatility({
        forward: r.F,
        strike: r.K,
        years: r.T,
        alpha: r.alpha,
        beta: r.beta,
        nu: r.nu,
        rho: r.rho,
      });
      assert.ok(Math.abs(sigma / r.vol_mp - 1) < 1e-13, `${JSON.stringify(r)} gave ${sigma}`);
      assert.ok(Math.abs(sigma / r.vol_quantlib - 1) < 1e-9, `${JSON.stringify(r)} gave ${sigma}`);
    }
  },
);

test('the smile is smooth through the forward and through the edge of the series', () => {
  const p = { alpha: 0.4, beta: 0.7, rho: -0.4, nu: 0.8 };
  const at = (k: number): number => sabrSmile(p, k, 0.5);
  assert.ok(Math.abs(at(1e-13) - at(0)) < 1e-12);
  assert.ok(Math.abs(at(-1e-9) - at(0)) < 1e-8);
  const out = new Float64Array(3);
  const edge = (0.03 * p.alpha) / p.nu;
  for (const k of [edge, -edge]) {
    sabrDerivatives(p, k * (1 - 1e-9), 0.5, out);
    const inside = Float64Array.from(out);
    sabrDerivatives(p, k * (1 + 1e-9), 0.5, out);
    inside.forEach((v, i) => assert.ok(Math.abs(v - out[i]) < 1e-8 * (1 + Math.abs(v)), `derivative ${i} at ${k}`));
  }
});

test('derivatives by k and by every parameter agree with central differences', () => {
  const out = new Float64Array(3);
  const gradient = new Float64Array(4);
  for (const beta of [0.1, 0.5, 0.9])
    for (const rho of [-0.7, 0, 0.6])
      for (const nu of [0.2, 1.5])
        for (const k of [-1, -0.3, -0.05, 0, 0.02, 0.4]) {
          const p = { alpha: 0.5, beta, rho, nu };
          sabrDerivatives(p, k, 0.7, out, gradient);
          const h = 1e-5;
          const slope = (move: (h: number) => number): number => (move(h) - move(-h)) / (2 * h);
          const checks: [number, number, number][] = [
            [out[1], slope((h) => sabrSmile(p, k + h, 0.7)), 1e-8],
            [out[2], (sabrSmile(p, k + 1e-4, 0.7) - 2 * out[0] + sabrSmile(p, k - 1e-4, 0.7)) / 1e-8, 1e-6],
            [gradient[0], slope((h) => sabrSmile({ ...p, alpha: p.alpha + h }, k, 0.7)), 1e-8],
            [gradient[1], slope((h) => sabrSmile({ ...p, beta: p.beta + h }, k, 0.7)), 1e-8],
            [gradient[2], slope((h) => sabrSmile({ ...p, rho: p.rho + h }, k, 0.7)), 1e-8],
            [gradient[3], slope((h) => sabrSmile({ ...p, nu: p.nu + h }, k, 0.7)), 1e-8],
          ];
          checks.forEach(([exact, numeric, tolerance], i) =>
            assert.ok(
              Math.abs(exact - numeric) < tolerance,
              `check ${i} at ${JSON.stringify({ ...p, k })}: ${exact} ${numeric}`,
            ),
          );
        }
});

test('a shift moves forward and strike together, and Bartlett adds the mean move of alpha', () => {
  const quote = { forward: 0.02, strike: 0.025, years: 2, alpha: 0.06, beta: 0.5, nu: 0.4, rho: -0.3 };
  const shifted = { ...quote, shift: 0.03 };
  assert.equal(sabrVolatility(shifted), sabrVolatility({ ...quote, forward: 0.05, strike: 0.055 }));
  assert.ok(Number.isNaN(sabrVolatility({ ...quote, forward: -0.02 })));
  assert.ok(sabrVolatility({ ...shifted, forward: -0.02 }) > 0);
  const s = sabrSensitivity(shifted);
  const h = 1e-7;
  const byForward =
    (sabrVolatility({ ...shifted, forward: 0.02 + h }) - sabrVolatility({ ...shifted, forward: 0.02 - h })) / (2 * h);
  const byAlpha =
    (sabrVolatility({ ...shifted, alpha: 0.06 + h }) - sabrVolatility({ ...shifted, alpha: 0.06 - h })) / (2 * h);
  assert.ok(Math.abs(s.dSigmaDForward - byForward) < 1e-6);
  assert.ok(Math.abs(s.dSigmaDAlpha - byAlpha) < 1e-6);
  const mean = byForward + (byAlpha * -0.3 * 0.4) / Math.sqrt(0.05);
  assert.ok(Math.abs(s.bartlettSlope - mean) < 1e-6);
});

function synthetic(parameters: ArrayLike<number>, years: number): SliceQuotes {
  const k = Float64Array.from({ length: 21 }, (_, i) => (i - 10) * 0.05);
  const sigma = k.map((x) => Math.sqrt(sabr.totalVariance(parameters, x, years) / years));
  const none = new Float64Array(21).fill(NaN);
  return { years, forward: 100, k, sigma, errorBar: new Float64Array(21).fill(0.001), sigmaBid: none, sigmaAsk: none };
}

test('an exact SYNTHETIC smile gives its parameters back, cold and warm', () => {
  for (const truth of [
    [0.5, -0.3, 1.2],
    [0.3, 0.4, 0.8],
    [0.8, 0, 3],
  ]) {
    const fit = sabr.fit(synthetic(truth, 0.1), EQUAL);
    assert.equal(fit.status, 'converged');
    truth.forEach((v, j) =>
      assert.ok(Math.abs(fit.parameters[j] - v) < 1e-6, `${fit.parameters.join()} against ${truth.join()}`),
    );
    const exact = synthetic(truth, 0.1);
    const noisy = { ...exact, sigma: exact.sigma.map((v, i) => v + (i % 2 ? 0.002 : -0.002)) };
    const cold = sabr.fit(noisy, EQUAL);
    const warm = sabr.fit(noisy, { ...EQUAL, start: cold.parameters });
    assert.ok(warm.iterations <= 3, `warm start took ${warm.iterations} steps`);
  }
});

test(
  'the twelve BTC expiries fit to 108 bp rms with beta 1',
  { skip: missing('vectors/pricing/btc_slices.csv') },
  () => {
    const fits = slicesOf('btc_slices.csv').map((s) => ({ ...sabr.fit(s, EQUAL), n: s.k.length }));
    assert.equal(fits.length, 12);
    fits.forEach((f) => assert.equal(f.status, 'converged'));
    assert.ok(surfaceRmse(fits) <= 0.0108, `rms ${surfaceRmse(fits)}`);
    const free = slicesOf('btc_slices.csv').map((s) => ({ ...sabrFamily('free').fit(s, EQUAL), n: s.k.length }));
    assert.ok(surfaceRmse(free) < surfaceRmse(fits));
  },
);

test('the constraint removes a butterfly that the free fit has', () => {
  const k = Float64Array.from({ length: 15 }, (_, i) => -1.4 + i * 0.2);
  const sigma = k.map((x) => Math.sqrt(0.04 + 3.2 * Math.abs(x)));
  const none = new Float64Array(15).fill(NaN);
  const slice = {
    years: 1,
    forward: 1,
    k,
    sigma,
    errorBar: new Float64Array(15).fill(0.01),
    sigmaBid: none,
    sigmaAsk: none,
  };
  const free = sabr.fit(slice, EQUAL);
  assert.ok(free.arbitrage.minG < 0);
  const bound = sabr.fit(slice, { ...EQUAL, arbitrageFree: true });
  assert.equal(bound.status, 'converged');
  assert.ok(bound.arbitrage.minG >= 0, `min g ${bound.arbitrage.minG}`);
  assert.ok(bound.rmseVol >= free.rmseVol);
});

test('degenerate slices are outcomes with a reason', () => {
  const good = synthetic([0.5, -0.3, 1.2], 0.1);
  const cut = (n: number): SliceQuotes => ({
    ...good,
    k: good.k.slice(0, n),
    sigma: good.sigma.slice(0, n),
    errorBar: good.errorBar.slice(0, n),
  });
  assert.equal(sabr.fit(cut(2), EQUAL).status, 'too-few-quotes');
  assert.equal(sabr.fit({ ...good, years: 0 }, EQUAL).status, 'expired');
  assert.equal(sabr.fit({ ...good, sigma: good.sigma.map(() => NaN) }, EQUAL).status, 'not-finite');
  const flat = sabr.fit({ ...good, sigma: good.sigma.map(() => 0.5) }, EQUAL);
  assert.ok(flat.rmseVol < 1e-6 && Math.abs(flat.parameters[0] - 0.5) < 1e-4);
});
