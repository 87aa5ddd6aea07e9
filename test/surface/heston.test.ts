import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FitOptions, SliceQuotes } from '../../src/surface/family.ts';
import { hestonPrice, hestonGradient } from '../../src/surface/heston.ts';
import { characteristicValue, hestonCharacteristic } from '../../src/surface/heston-characteristic.ts';
import { fitHeston, HESTON_PARAMETERS, readHeston } from '../../src/surface/heston-fit.ts';
import { hestonCriticalMoment, hestonExplosionTime } from '../../src/surface/heston-moments.ts';
import { heston, hestonSurface } from '../../src/surface/heston-smile.ts';
import { CUI_START, CUI_TRUTH, cuiSlices } from './cui-options.ts';
import { missing, slicesOf, vectorRows, vectorText } from './shared-files.ts';

const EQUAL: FitOptions = { objective: 'equal', huber: 0, start: null, prior: null, arbitrageFree: false };

test(
  'prices equal the 34-digit reference to 2e-15 of the spot, Feller violated or not',
  { skip: missing('vectors/pricing/heston_prices.csv') },
  () => {
    const rows = vectorText('heston_prices.csv');
    assert.ok(rows.length > 60);
    for (const row of rows) {
      const at = (name: string): number => Number(row[name]);
      const parameters = { kappa: at('kappa'), theta: at('theta'), sigma: at('sigma'), rho: at('rho'), v0: at('v0') };
      const side = row['type'] === 'call' ? 'call' : 'put';
      const option = { side, spot: at('S'), strike: at('K'), years: at('T'), rate: at('r'), yield: at('q') } as const;
      const error = Math.abs(hestonPrice(parameters, option) - at('price_mp')) / at('S');
      assert.ok(error < 2e-15, `${JSON.stringify(row)}: error ${error} of the spot`);
    }
  },
);

test(
  'the gradient equals 40-digit differences to 1e-14',
  { skip: missing('vectors/pricing/heston_jacobian_cui.csv') },
  () => {
    const rows = vectorRows('heston_jacobian_cui.csv');
    for (const r of rows) {
      const p = { kappa: r.kappa, theta: r.theta, sigma: r.sigma, rho: r.rho, v0: r.v0 };
      const gradient = hestonGradient(p, r.T, Math.log(r.K / r.S) - r.r * r.T);
      const expected = [r.d_kappa, r.d_theta, r.d_sigma, r.d_rho, r.d_v0];
      expected.forEach((e, j) =>
        assert.ok(Math.abs(r.S * gradient[j] - e) < 1e-14, `${JSON.stringify(r)}: ${gradient[j]}`),
      );
    }
  },
);

test('the characteristic function is a martingale, its gradient that of its logarithm, and it does not wind', () => {
  const p = { kappa: 0.5, theta: 0.09, sigma: 2, rho: -0.7, v0: 0.04 };
  const value = characteristicValue();
  let before = { re: 1, im: 0 };
  for (let u = 0; u < 60; u += 0.05) {
    hestonCharacteristic(p, u, 10, value, false);
    // A jump of the logarithm's branch would turn phi by a finite angle between neighbours.
    const turn = Math.abs(
      Math.atan2(value.im * before.re - value.re * before.im, value.re * before.re + value.im * before.im),
    );
    assert.ok(u === 0 || turn < 0.2, `phi turns by ${turn} at u = ${u}`);
    before = { re: value.re, im: value.im };
  }
  for (const u of [0, 0.3, 2, 11]) {
    hestonCharacteristic(p, u, 0.7, value, true);
    const gradient = Float64Array.from(value.logGradient);
    const base = [p.kappa, p.theta, p.sigma, p.rho, p.v0];
    const phi = { re: value.re, im: value.im };
    base.forEach((v, j) => {
      const h = 1e-6 * Math.abs(v);
      const moved = (d: number): [number, number] => {
        const q = base.slice();
        q[j] += d;
        hestonCharacteristic(readHeston(q), u, 0.7, value, false);
        return [value.re, value.im];
      };
      const [upRe, upIm] = moved(h);
      const [downRe, downIm] = moved(-h);
      const re = phi.re * gradient[2 * j] - phi.im * gradient[2 * j + 1];
      const im = phi.re * gradient[2 * j + 1] + phi.im * gradient[2 * j];
      assert.ok(Math.abs((upRe - downRe) / (2 * h) - re) < 1e-8, `re, parameter ${j}, u ${u}`);
      assert.ok(Math.abs((upIm - downIm) / (2 * h) - im) < 1e-8, `im, parameter ${j}, u ${u}`);
    });
  }
});

test("Cui's 40 options: parameters from his start, prices to 1e-9", () => {
  const slices = cuiSlices();
  const fit = fitHeston(slices, 'price', CUI_START);
  assert.equal(fit.status, 'converged');
  CUI_TRUTH.forEach((v, j) =>
    assert.ok(Math.abs(fit.parameters[j] - v) < 1e-6, `${HESTON_PARAMETERS[j].name} ${fit.parameters[j]}`),
  );
  assert.equal(fit.residuals.length, 40);
  fit.residuals.forEach((r) => assert.ok(Math.abs(r) < 1e-9, `residual ${r}`));
  assert.ok(fit.iterations <= 14, `${fit.iterations} steps`);
  const far = fitHeston(slices, 'price', [0.3, 0.4, 1.5, 0.3, 0.02]);
  CUI_TRUTH.forEach((v, j) => assert.ok(Math.abs(far.parameters[j] - v) < 1e-5, `from afar: ${far.parameters.join()}`));
});

test('the smile is differentiated exactly by k and by every parameter', () => {
  const p = [3, 0.1, 0.5, -0.6, 0.08];
  const out = new Float64Array(3);
  const gradient = new Float64Array(5);
  for (const years of [0.05, 0.5, 2])
    for (const k of [-0.3, -0.1, 0, 0.05, 0.15]) {
      const w = (q: ArrayLike<number>, x = k): number => heston.totalVariance(q, x, years);
      heston.shape(p, k, years, out);
      heston.gradient(p, k, years, gradient);
      assert.ok(Math.abs(out[0] - w(p)) < 1e-13);
      assert.ok(Math.abs(out[1] - (w(p, k + 1e-4) - w(p, k - 1e-4)) / 2e-4) < 1e-8);
      assert.ok(Math.abs(out[2] - (w(p, k + 1e-3) - 2 * w(p) + w(p, k - 1e-3)) / 1e-6) < 1e-6);
      p.forEach((v, j) => {
        const h = 1e-5 * Math.abs(v);
        const moved = (d: number): number => w(p.map((x, i) => (i === j ? x + d : x)));
        const numeric = (moved(h) - moved(-h)) / (2 * h);
        assert.ok(
          Math.abs(gradient[j] - numeric) < 1e-6 * (1 + Math.abs(numeric)),
          `${j} at ${k}, ${years}: ${gradient[j]} ${numeric}`,
        );
      });
    }
});

test('moments explode when the closed form says so, and give the wing slope', () => {
  const p = { kappa: 1, theta: 0.04, sigma: 1, rho: -0.3, v0: 0.04 };
  assert.equal(hestonExplosionTime(p, 0.5), Infinity);
  const upper = hestonCriticalMoment(p, 1, 'upper');
  assert.ok(Math.abs(hestonExplosionTime(p, upper) - 1) < 1e-9);
  const lower = hestonCriticalMoment(p, 1, 'lower');
  assert.ok(lower < 0 && Math.abs(hestonExplosionTime(p, lower) - 1) < 1e-9);
  // The Riccati equation psi' = (w^2 - w)/2 + (rho sigma w - kappa) psi + sigma^2 psi^2/2 blows up after this integral.
  for (const omega of [upper, lower, 30, -20]) {
    let time = 0;
    const n = 20000;
    for (let i = 0; i < n; i++) {
      const x = (i + 0.5) / n;
      const psi = x / (1 - x);
      const speed = 0.5 * omega * (omega - 1) + (p.rho * p.sigma * omega - p.kappa) * psi + 0.5 * psi * psi;
      time += 1 / (n * (1 - x) * (1 - x) * speed);
    }
    assert.ok(Math.abs(time / hestonExplosionTime(p, omega) - 1) < 1e-3, `moment ${omega}: ${time}`);
  }
  const out = new Float64Array(3);
  const report = heston.arbitrage([1, 0.04, 1, -0.3, 0.04], 1, -0.5, 0.5);
  heston.shape([1, 0.04, 1, -0.3, 0.04], -1.5, 1, out);
  assert.ok(Math.abs(-out[1] / report.wingSlope - 1) < 0.15, `${out[1]} against ${report.wingSlope}`);
  assert.ok(report.minG > 0);
});

function synthetic(years: number): SliceQuotes {
  const k = Float64Array.from({ length: 15 }, (_, i) => (i - 7) * 0.12 * Math.sqrt(years));
  const sigma = k.map((x) => Math.sqrt(heston.totalVariance([4, 0.3, 1.2, -0.4, 0.2], x, years) / years));
  const none = new Float64Array(15).fill(NaN);
  return { years, forward: 100, k, sigma, errorBar: new Float64Array(15).fill(0.001), sigmaBid: none, sigmaAsk: none };
}

test('a SYNTHETIC surface gives its parameters back; one outlier does not move the robust fit', () => {
  const slices = [0.05, 0.2, 0.5, 1].map(synthetic);
  const fit = hestonSurface.fitSurface(slices, EQUAL);
  assert.equal(fit.status, 'converged');
  [4, 0.3, 1.2, -0.4, 0.2].forEach((v, j) => assert.ok(Math.abs(fit.shared[j] - v) < 1e-4, fit.shared.join()));
  assert.equal(fit.calendarViolations, 0);
  slices[1].sigma[3] += 0.2;
  const robust = hestonSurface.fitSurface(slices, { ...EQUAL, objective: 'error-bars', huber: 1.345 });
  const plain = hestonSurface.fitSurface(slices, { ...EQUAL, objective: 'error-bars' });
  const miss = (s: ArrayLike<number>): number => Math.abs(s[2] - 1.2);
  assert.ok(miss(robust.shared) < 0.2 * miss(plain.shared), `${robust.shared.join()} | ${plain.shared.join()}`);
});

test(
  'one BTC expiry fits as a smile, and degenerate slices are outcomes',
  { skip: missing('vectors/pricing/btc_slices.csv') },
  () => {
    const slice = slicesOf('btc_slices.csv')[9];
    const fit = heston.fit(slice, EQUAL);
    assert.equal(fit.status, 'converged');
    assert.ok(fit.rmseVol < 0.01 && fit.arbitrage.minG > 0 && fit.arbitrage.strength === 'theorem');
    assert.equal(heston.fit({ ...slice, years: -1 }, EQUAL).status, 'expired');
    assert.equal(heston.fit({ ...slice, k: slice.k.map(() => 0.1) }, EQUAL).status, 'too-few-quotes');
  },
);

test('a fit that has no volatility at a quote, sees one wing or misses the shape says so', () => {
  const options = { objective: 'equal', huber: 0, start: null, prior: null, arbitrageFree: false } as const;
  const slice = (years: number, ks: readonly number[], sigma: (k: number) => number): SliceQuotes => {
    const k = Float64Array.from(ks);
    const none = k.map(() => NaN);
    return {
      years,
      forward: 1,
      k,
      sigma: k.map(sigma),
      errorBar: k.map(() => 0.001),
      sigmaBid: none,
      sigmaAsk: none,
    };
  };
  const ks = Array.from({ length: 13 }, (_, i) => (i - 6) / 12);
  const bent = slice(0.1, ks, (k) => (k < 0 ? 0.4 : 0.9));
  const flat = slice(0.005, ks, () => 0.5);
  const misses = hestonSurface.fitSurface([bent], options).slices[0];
  assert.match(misses.reason, /residuals are/);
  const unread = hestonSurface.fitSurface([flat, slice(1, ks, () => 0.5)], options).slices[0];
  assert.equal(unread.status, 'not-finite');
  assert.match(unread.reason, /price at k = -0.5 .* has no volatility/);
  const right = ks.map((k) => k + 0.6);
  const model = (years: number) => (k: number) =>
    Math.sqrt(heston.totalVariance([4, 0.3, 1.2, -0.4, 0.2], k, years) / years);
  const wings = [0.2, 0.5, 1].map((years) => slice(years, right, model(years)));
  const oneSided = hestonSurface.fitSurface(wings, options).slices[0];
  assert.match(oneSided.reason, /one side of the forward/);
});
