import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { durrlemanG } from '../../src/surface/arbitrage.ts';
import type { FactorPrior, SliceFit, SliceQuotes } from '../../src/surface/family.ts';
import { smileFactors } from '../../src/surface/smile-factors.ts';
import { sviMinimumVariance, sviShape, sviTotalVariance, sviWingSlope } from '../../src/surface/svi-curve.ts';
import { sviMinima } from '../../src/surface/svi-fit.ts';
import { sviFamily } from '../../src/surface/svi.ts';
import { EQUAL, ROBUST, evenly, syntheticSlice } from '../contract/smile-family.ts';
import { missing, slicesOf, surfaceRmse } from './shared-files.ts';

/** Small deterministic generator for SYNTHETIC noise, uniform in [0, 1). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

function sviSlice(
  p: readonly number[],
  years: number,
  k: readonly number[],
  noise: () => number = () => 0,
): SliceQuotes {
  return syntheticSlice(years, k, (x) => Math.sqrt(sviTotalVariance(p, x) / years) + noise());
}

function densestG(p: Float64Array, low: number, high: number): number {
  const shape = new Float64Array(3);
  return Math.min(
    ...evenly(low, high, 8001).map((k) => {
      sviShape(p, k, shape);
      return durrlemanG(k, shape[0], shape[1], shape[2]);
    }),
  );
}

function checkBounds(fit: SliceFit): void {
  assert.ok(sviWingSlope(fit.parameters) <= 2 + 1e-12, `wing slope ${sviWingSlope(fit.parameters)}`);
  assert.ok(sviMinimumVariance(fit.parameters) >= -1e-14, `minimum variance ${sviMinimumVariance(fit.parameters)}`);
  assert.ok(fit.parameters[1] >= 0 && Math.abs(fit.parameters[2]) <= 1 && fit.parameters[4] > 0);
}

/** SYNTHETIC curves over five orders of magnitude of expiry. */
function randomCurves(count: number, seed: number): { p: number[]; years: number; root: number }[] {
  const next = uniform(seed);
  return Array.from({ length: count }, () => {
    const years = Math.exp(-8 * next());
    const root = (0.15 + next()) * Math.sqrt(years);
    const [b, rho] = [(0.05 + 0.35 * next()) * root, 1.6 * next() - 0.8];
    const [m, sigma] = [(next() - 0.5) * root, (0.3 + 1.5 * next()) * root];
    return { p: [root * root - b * sigma * Math.sqrt(1 - rho * rho) * next(), b, rho, m, sigma], years, root };
  });
}

test('exact curves come back to 1e-6 from minutes to a year, cold, warm and through error bars', () => {
  for (const { p, years, root } of randomCurves(60, 1)) {
    const slice = sviSlice(p, years, evenly(-2.5 * root, 2.5 * root, 25));
    for (const options of [
      EQUAL,
      { ...EQUAL, start: [p[0] * 1.1, p[1] * 0.9, p[2] * 0.8, p[3], p[4] * 1.2] },
      ROBUST,
    ]) {
      const fit = sviFamily.fit(slice, options);
      assert.equal(fit.status, 'converged', `${fit.reason} ${p.join()}`);
      assert.ok(fit.rmseVol < 1e-9, `rmse ${fit.rmseVol} ${p.join()} ${years}`);
      const tolerance = 1e-7 * 10 ** Math.max(0, fit.logCondition - 1);
      p.forEach((v, j) => {
        const size = [root * root, p[1], 1, root, p[4]][j];
        assert.ok(Math.abs(fit.parameters[j] - v) < tolerance * size, `parameter ${j}: ${fit.parameters[j]}, was ${v}`);
      });
    }
  }
});

test('bounds hold on quotes that ask to break them', () => {
  const steep = sviFamily.fit(
    syntheticSlice(1, evenly(-2, 2, 21), (k) => 0.5 + 1.6 * Math.abs(k)),
    EQUAL,
  );
  checkBounds(steep);
  assert.ok(sviWingSlope(steep.parameters) > 1.99, "quotes above Lee's bound are met at it");
  const sagging = sviFamily.fit(
    syntheticSlice(0.1, evenly(-0.3, 0.3, 21), (k) => Math.max(0.01, 0.8 * Math.abs(k))),
    EQUAL,
  );
  checkBounds(sagging);
  const next = uniform(5);
  for (let i = 0; i < 60; i++) {
    const years = 0.002 + next();
    const wild = syntheticSlice(years, evenly(-0.5, 0.5, 9), () => 0.1 + 0.8 * next());
    for (const options of [EQUAL, ROBUST, { ...EQUAL, arbitrageFree: true }]) checkBounds(sviFamily.fit(wild, options));
  }
});

test('volatility a convex parabola: the ridge to infinite sigma is walked to its end, not given up on', () => {
  const slice = syntheticSlice(0.05, evenly(-0.2, 0.2, 15), (k) => Math.sqrt(0.25 + 0.5 * k + 6 * k * k));
  const fit = sviFamily.fit(slice, EQUAL);
  assert.equal(fit.status, 'converged', fit.reason);
  assert.ok(fit.rmseVol < 2e-5, `rmse ${fit.rmseVol}`);
  assert.ok(fit.logCondition > 4 || fit.covariance.length === 0, 'and the parameters are known to be undetermined');
});

test('free of butterflies in the quoted range by constraint, at the cost it takes and no more', () => {
  const next = uniform(11);
  let repaired = 0;
  for (let i = 0; i < 80; i++) {
    const years = 0.01 + next();
    const root = Math.sqrt(years);
    const [b, rho] = [(0.02 + 1.2 * next()) * root, 1.9 * next() - 0.95];
    const [m, sigma] = [1.2 * (next() - 0.5) * root, 0.02 + 0.5 * next() * root];
    const p = [-b * sigma * Math.sqrt(1 - rho * rho) * next() + 0.01 * years, b, rho, m, sigma];
    const slice = sviSlice(p, years, evenly(-1.2 * root, root, 20), () => 0.004 * (next() - 0.5));
    if (slice.sigma.some((v) => !(v > 0))) continue;
    const free = sviFamily.fit(slice, EQUAL);
    const bound = sviFamily.fit(slice, { ...EQUAL, arbitrageFree: true });
    assert.ok(['converged', 'degenerate', 'singular'].includes(bound.status), `${bound.status} ${bound.reason}`);
    const lowest = densestG(bound.parameters, slice.k[0], slice.k[19]);
    assert.ok(lowest >= 0, `g ${lowest}`);
    checkBounds(bound);
    assert.ok(bound.rmseVol >= free.rmseVol * (1 - 1e-4));
    if (free.arbitrage.minG >= 0) assert.deepEqual(bound.parameters, free.parameters);
    else {
      repaired++;
      assert.ok(bound.arbitrage.minG < 0.02, `g is at its bound, not far inside: ${bound.arbitrage.minG}`);
    }
  }
  assert.ok(repaired > 20, `${repaired} slices needed repair`);
});

test('the repaired Vogt smile is better than the repair printed in the paper', () => {
  const slice = sviSlice([-0.041, 0.1331, 0.306, 0.3586, 0.4153], 1, evenly(-1.5, 1.5, 31));
  const fit = sviFamily.fit(slice, { ...EQUAL, arbitrageFree: true });
  // Jump-wings (0.01742625, -0.1752111, 0.6997381, 0.8564763, 0.0116249): example 5.1, c chosen to remove arbitrage.
  const root = Math.sqrt(0.01742625);
  const [b, rho] = [(root / 2) * (0.8564763 + 0.6997381), 1 - (2 * 0.6997381) / (0.8564763 + 0.6997381)];
  const beta = rho - (2 * -0.1752111 * root) / b;
  const gap = 1 - rho * beta - Math.sqrt((1 - rho * rho) * (1 - beta * beta));
  const h = (0.01742625 - 0.0116249) / (b * gap);
  const paper = [
    0.0116249 - b * h * Math.sqrt((1 - beta * beta) * (1 - rho * rho)),
    b,
    rho,
    beta * h,
    h * Math.sqrt(1 - beta * beta),
  ];
  const squares = (p: ArrayLike<number>): number =>
    slice.k.reduce((sum, k, i) => sum + (Math.sqrt(sviTotalVariance(p, k)) - slice.sigma[i]) ** 2, 0);
  assert.ok(fit.arbitrage.minG >= 0);
  assert.ok(squares(fit.parameters) < squares(paper), `${squares(fit.parameters)}, paper ${squares(paper)}`);
});

const CURVE = [0.01, 0.12, -0.35, 0.03, 0.12];

test('a tight prior holds the factors, a loose one leaves the quotes alone, and between the two both pull', () => {
  const slice = sviSlice(CURVE, 0.1, evenly(-0.4, 0.4, 21));
  const own = smileFactors(sviFamily, CURVE, 0.1);
  const mean: FactorPrior['mean'] = [own.atm + 0.05, own.skew - 0.01, own.curvature];
  const at = (sd: number): number => {
    const prior = { mean, covariance: [sd * sd, 0, 0, 0, sd * sd, 0, 0, 0, sd * sd] };
    const fit = sviFamily.fit(slice, { ...ROBUST, huber: 0, prior });
    assert.equal(fit.status, 'converged', fit.reason);
    return smileFactors(sviFamily, fit.parameters, 0.1).atm;
  };
  assert.ok(Math.abs(at(1e-6) - mean[0]) < 1e-4);
  assert.ok(Math.abs(at(10) - own.atm) < 1e-4);
  assert.ok(at(0.001) > own.atm + 0.002 && at(0.001) < mean[0] - 0.002);
});

test('with a prior three strikes are enough, and it is not called unidentified', () => {
  const own = smileFactors(sviFamily, CURVE, 0.1);
  const covariance = [1e-4, 0, 0, 0, 1e-4, 0, 0, 0, 1e-4];
  const prior: FactorPrior = { mean: [own.atm, own.skew, own.curvature], covariance };
  const slice = sviSlice(CURVE, 0.1, [-0.1, 0, 0.1]);
  assert.equal(sviFamily.fit(slice, ROBUST).status, 'too-few-quotes');
  const fit = sviFamily.fit(slice, { ...ROBUST, prior });
  assert.notEqual(fit.status, 'too-few-quotes');
  const found = smileFactors(sviFamily, fit.parameters, 0.1);
  assert.ok(Math.abs(found.atm - own.atm) < 0.002 && Math.abs(found.skew - own.skew) < 0.01);
  assert.equal(
    sviFamily.fit(slice, { ...ROBUST, prior: { ...prior, covariance: covariance.map(() => 1) } }).status,
    'not-finite',
  );
});

test('minima that explain the quotes equally well are found and told apart', () => {
  const clean = sviMinima(
    sviSlice(CURVE, 0.1, evenly(-0.4, 0.4, 21), () => 0),
    EQUAL,
  );
  assert.equal(clean.length, 1);
  const next = uniform(3);
  let several = 0;
  for (let i = 0; i < 30; i++) {
    const slice = syntheticSlice(0.1, evenly(-0.3, 0.3, 7), (k) => 0.5 + 0.5 * k * k + 0.02 * (next() - 0.5));
    const minima = sviMinima(slice, { ...ROBUST, huber: 0 });
    const best = sviFamily.fit(slice, { ...ROBUST, huber: 0 });
    assert.ok(best.cost <= minima[0].cost * 1.02 + 0.1, `cold fit ${best.cost}, best of 28 starts ${minima[0].cost}`);
    if (minima.length > 1) several++;
    for (let j = 1; j < minima.length; j++) assert.ok(minima[j].cost >= minima[j - 1].cost);
  }
  assert.ok(several > 0, 'seven noisy quotes leave rivals');
});

test(
  'the twelve BTC slices: 58 bp, Lee bound, warm as good as cold',
  { skip: missing('vectors/pricing/btc_slices.csv') },
  () => {
    const slices = slicesOf('btc_slices.csv');
    const fits = slices.map((s) => sviFamily.fit(s, EQUAL));
    fits.forEach((f) => checkBounds(f));
    assert.ok(fits.every((f) => f.status === 'converged'));
    const rmse = surfaceRmse(fits.map((f, i) => ({ rmseVol: f.rmseVol, n: slices[i].k.length })));
    assert.ok(rmse <= 0.0058, `rms ${rmse}`);
    slices.forEach((s, i) => {
      const moved = { ...s, sigma: s.sigma.map((v, j) => v * 1.03 + 0.003 * Math.sin(5 * s.k[j])) };
      const warm = sviFamily.fit(moved, { ...EQUAL, start: fits[i].parameters });
      const cold = sviFamily.fit(moved, EQUAL);
      assert.ok(warm.rmseVol <= cold.rmseVol * 1.001, `warm ${warm.rmseVol}, cold ${cold.rmseVol}`);
    });
  },
);

const HARD = new URL('../../../shared/data/equity/spx_smiles_hard_for_svi/', import.meta.url);

test(
  'a smile that SVI cannot take is called so',
  { skip: existsSync(HARD) ? false : `${HARD.pathname} is absent` },
  () => {
    for (const file of readdirSync(HARD)) {
      const { forward, expiry_years, market_vols } = JSON.parse(readFileSync(new URL(file, HARD), 'utf8')) as {
        forward: number;
        expiry_years: number;
        market_vols: [number, number][];
      };
      const sorted = [...market_vols].sort((a, b) => a[0] - b[0]);
      let i = 0;
      const slice = syntheticSlice(
        expiry_years,
        sorted.map(([strike]) => Math.log(strike / forward)),
        () => sorted[i++][1],
      );
      const fit = sviFamily.fit(slice, { ...EQUAL, arbitrageFree: true });
      assert.ok(fit.rmseVol < 0.005 && fit.arbitrage.minG >= 0, `rmse ${fit.rmseVol}, g ${fit.arbitrage.minG}`);
      assert.match(fit.reason, /systematic/);
      assert.ok(fit.chi2PerDof > 1);
    }
  },
);
