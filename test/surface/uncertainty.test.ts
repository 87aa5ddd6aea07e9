import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SliceFit, SliceQuotes } from '../../src/surface/family.ts';
import { flatFamily, linearFamily } from '../../src/surface/flat.ts';
import { whitenPrior } from '../../src/surface/factor-prior.ts';
import { SMILE_FAMILIES } from '../../src/surface/registry.ts';
import { misfit, systematicMisfit, unseenWing } from '../../src/surface/slice-checks.ts';
import { factorCovariance, factorJacobian, factorsOfShape, smileFactors } from '../../src/surface/smile-factors.ts';
import { sviTotalVariance } from '../../src/surface/svi-curve.ts';
import { sviFamily } from '../../src/surface/svi.ts';
import { identifiability, leaveOneOut } from '../../src/surface/uncertainty.ts';
import {
  DEFAULT_ERROR_BAR,
  effectiveCount,
  errorBar,
  halfSpreadVolatility,
  liquidityWeight,
} from '../../src/surface/weights.ts';
import { EQUAL, ROBUST, evenly, syntheticSlice } from '../contract/smile-family.ts';

const YEARS = 0.1;
const CURVE = [0.01, 0.12, -0.35, 0.03, 0.12];
const clean = (): SliceQuotes =>
  syntheticSlice(YEARS, evenly(-0.4, 0.4, 25), (k) => Math.sqrt(sviTotalVariance(CURVE, k) / YEARS));

/** SYNTHETIC normal deviates: sums of twelve uniforms of a linear congruential generator. */
function deviates(seed: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  return () => Array.from({ length: 12 }, uniform).reduce((s, v) => s + v, -6);
}

test('factors are the derivatives of the volatility in x', () => {
  const { atm, skew, curvature } = smileFactors(sviFamily, CURVE, YEARS);
  const sigma = (x: number): number => Math.sqrt(sviTotalVariance(CURVE, x * atm * Math.sqrt(YEARS)) / YEARS);
  const h = 0.01;
  assert.ok(Math.abs(atm - sigma(0)) < 1e-15);
  assert.ok(Math.abs(skew - (8 * (sigma(h) - sigma(-h)) - sigma(2 * h) + sigma(-2 * h)) / (12 * h)) < 1e-8);
  assert.ok(Math.abs(curvature - (sigma(h) - 2 * sigma(0) + sigma(-h)) / (h * h)) < 1e-5);
  assert.ok(Number.isNaN(factorsOfShape(-1, 0, 0, 1).atm));
  const line = smileFactors(linearFamily, [0.5, -0.1], YEARS);
  assert.ok(Math.abs(line.skew - -0.05) < 1e-15 && Math.abs(line.curvature) < 1e-15);
});

test('the Jacobian of the factors equals finite differences for every family', () => {
  for (const family of SMILE_FAMILIES) {
    const { parameters } = family.fit(clean(), EQUAL);
    const n = parameters.length;
    const jacobian = factorJacobian(family, parameters, YEARS);
    for (let j = 0; j < Math.min(n, 5); j++) {
      const h = 1e-4 * Math.max(Math.abs(parameters[j]), 1e-3);
      const at = (shift: number): number[] => {
        const moved = Float64Array.from(parameters);
        moved[j] += shift;
        const { atm, skew, curvature } = smileFactors(family, moved, YEARS);
        return [atm, skew, curvature];
      };
      const [up, down] = [at(h), at(-h)];
      for (let f = 0; f < 3; f++) {
        const numeric = (up[f] - down[f]) / (2 * h);
        if (!Number.isFinite(numeric)) continue;
        const scale = Math.abs(numeric) + 1e-2 * Math.abs(jacobian[j]) + 1e-3;
        assert.ok(
          Math.abs(jacobian[f * n + j] - numeric) < 2e-3 * scale,
          `${family.name} ${f},${j}: ${jacobian[f * n + j]}, ${numeric}`,
        );
      }
    }
  }
});

test('standard errors of the factors are the scatter of refits, and chi2 per degree of freedom is one', () => {
  const slice = clean();
  const next = deviates(17);
  for (const options of [EQUAL, { ...ROBUST, huber: 0 }]) {
    const atm: number[] = [];
    const skew: number[] = [];
    let chi2 = 0;
    let stated = [0, 0];
    for (let run = 0; run < 300; run++) {
      const fit = sviFamily.fit({ ...slice, sigma: slice.sigma.map((v) => v + 0.002 * next()) }, options);
      const factors = smileFactors(sviFamily, fit.parameters, YEARS);
      atm.push(factors.atm);
      skew.push(factors.skew);
      chi2 += fit.chi2PerDof / 300;
      const covariance = factorCovariance(sviFamily, fit.parameters, fit.covariance, YEARS);
      if (covariance.length) stated = [stated[0] + covariance[0] / 300, stated[1] + covariance[4] / 300];
    }
    const variance = (v: number[]): number => {
      const mean = v.reduce((s, x) => s + x, 0) / v.length;
      return v.reduce((s, x) => s + (x - mean) * (x - mean), 0) / (v.length - 1);
    };
    const [a, b] = [Math.sqrt(variance(atm) / stated[0]), Math.sqrt(variance(skew) / stated[1])];
    assert.ok(a > 0.85 && a < 1.15, `ATM: scatter over stated error ${a} (${options.objective})`);
    assert.ok(b > 0.85 && b < 1.15, `skew: scatter over stated error ${b} (${options.objective})`);
    assert.ok(chi2 > 0.93 && chi2 < 1.07, `chi2 per degree of freedom ${chi2}`);
  }
});

test('leave-one-out from leverage is the refit without the quote', () => {
  const next = deviates(5);
  const slice = { ...clean(), sigma: clean().sigma.map((v) => v + 0.001 * next()) };
  const fit = sviFamily.fit(slice, EQUAL);
  const loo = leaveOneOut(fit.residuals, fit.leverage);
  assert.ok(Math.abs(fit.leverage.reduce((s, v) => s + v, 0) - 5) < 1e-9, 'leverages sum to the number of parameters');
  for (const i of [0, 6, 12, 18]) {
    const without = (v: Float64Array): Float64Array => v.filter((_, j) => j !== i);
    const refit = sviFamily.fit(
      { ...slice, k: without(slice.k), sigma: without(slice.sigma), errorBar: without(slice.errorBar) },
      EQUAL,
    );
    const left = slice.sigma[i] - Math.sqrt(sviTotalVariance(refit.parameters, slice.k[i]) / YEARS);
    assert.ok(Math.abs(loo[i] - left) < 0.1 * Math.abs(left) + 5e-5, `quote ${i}: ${loo[i]}, refit ${left}`);
  }
  assert.deepEqual(Array.from(leaveOneOut([1, 0, 2], [0.5, 1, 1])), [2, 0, Infinity]);
});

test('identifiability says when the quotes do not speak', () => {
  const good = sviFamily.fit({ ...clean(), sigma: clean().sigma.map((v, i) => v + (i % 2 ? 5e-4 : -5e-4)) }, EQUAL);
  const known = identifiability(sviFamily, good, EQUAL, YEARS);
  assert.ok(!known.priorDominated && known.factorErrors[0] < 0.001 && known.logCondition < 4);
  const flat = sviFamily.fit(
    syntheticSlice(YEARS, evenly(-0.3, 0.3, 15), () => 0.5),
    EQUAL,
  );
  assert.equal(flat.status, 'singular');
  assert.equal(flat.covariance.length, 0);
  assert.ok(identifiability(sviFamily, flat, EQUAL, YEARS).priorDominated);
  const rival: SliceFit = { ...good, cost: 20, rivalCost: 20.5 };
  assert.ok(identifiability(sviFamily, rival, ROBUST, YEARS).equivalentMinima);
  assert.ok(!identifiability(sviFamily, { ...rival, rivalCost: 25 }, ROBUST, YEARS).equivalentMinima);
  assert.ok(!identifiability(sviFamily, { ...rival, rivalCost: NaN }, ROBUST, YEARS).equivalentMinima);
});

test('the error bar adds spread, tick, asynchrony and floor in squares, with the premium-adjusted delta', () => {
  const noise = { halfSpread: 0.01, tick: 0.0005, vega: 0.1, delta: 0.5, premium: 0.06, forwardMove: 6e-4 };
  const parts = [0.4 * 0.01, 0.0005 / 2 / 0.1, ((0.5 - 0.06) / 0.1) * 6e-4, 0.001];
  const expected = Math.sqrt(parts.reduce((s, v) => s + v * v, 0));
  assert.ok(Math.abs(errorBar(noise) - expected) < 1e-16);
  assert.ok(errorBar({ ...noise, premium: 0 }) > errorBar(noise), 'a linear quote feels the forward more');
  assert.equal(errorBar({ ...noise, halfSpread: 0, tick: 0, forwardMove: 0 }), DEFAULT_ERROR_BAR.floor);
  for (const bad of [{ vega: 0 }, { vega: NaN }, { halfSpread: NaN }, { delta: Infinity }])
    assert.ok(Number.isNaN(errorBar({ ...noise, ...bad })), JSON.stringify(bad));
});

test('half-spreads, liquidity weights and effective counts', () => {
  assert.ok(
    Math.abs(halfSpreadVolatility({ sigmaBid: 0.5, sigmaAsk: 0.54, bid: 0.01, ask: 0.011 }, 0.1) - 0.02) < 1e-15,
  );
  assert.ok(
    Number.isNaN(halfSpreadVolatility({ sigmaBid: 0.5, sigmaAsk: 0.49, bid: 0.01, ask: 0.009 }, 0.1)),
    'crossed',
  );
  assert.ok(
    Math.abs(halfSpreadVolatility({ sigmaBid: NaN, sigmaAsk: 0.6, bid: NaN, ask: 0.001 }, 0.01) - 0.05) < 1e-15,
  );
  assert.ok(Number.isNaN(halfSpreadVolatility({ sigmaBid: 0.5, sigmaAsk: NaN, bid: 0.01, ask: NaN }, 0.1)), 'no ask');
  assert.equal(liquidityWeight(1, 4), 0.5);
  assert.equal(liquidityWeight(9, 4), 1);
  assert.equal(liquidityWeight(NaN, 4), 1);
  assert.equal(effectiveCount([1, 1, 1, 1]), 4);
  assert.ok(Math.abs(effectiveCount([1, 0.1, 0.1]) - (1.2 * 1.2) / 1.02) < 1e-15);
  assert.equal(effectiveCount([]), 0);
});

test('a prior is whitened by the inverse Cholesky factor, or refused', () => {
  const covariance = [4, 2, 0.4, 2, 5, 1, 0.4, 1, 3];
  const { inverseFactor: l } = whitenPrior({ mean: [0, 0, 0], covariance })!;
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) {
      let sum = 0;
      for (let a = 0; a < 3; a++)
        for (let b = 0; b < 3; b++) sum += l[i * 3 + a] * covariance[a * 3 + b] * l[j * 3 + b];
      assert.ok(Math.abs(sum - (i === j ? 1 : 0)) < 1e-14, `(${i}, ${j}): ${sum}`);
    }
  for (const bad of [
    [1, 0, 0, 0, -1, 0, 0, 0, 1],
    [1, 2, 0, 0, 1, 0, 0, 0, 1],
    [1, 1, 1],
    [NaN, 0, 0, 0, 1, 0, 0, 0, 1],
  ])
    assert.equal(whitenPrior({ mean: [0, 0, 0], covariance: bad }), null);
  assert.equal(whitenPrior({ mean: [NaN, 0, 0], covariance }), null);
});

test('what a converged fit must confess: an unseen wing, a shape it cannot take', () => {
  assert.match(unseenWing(syntheticSlice(0.1, evenly(0.1, 0.3, 8), () => 0.5)), /one side of the forward/);
  assert.equal(unseenWing(clean()), '');
  const k = evenly(-1, 1, 40);
  assert.match(
    systematicMisfit(
      k.map((x) => 0.01 * Math.sin(4 * x)),
      k,
      0.002,
    ),
    /systematic/,
  );
  assert.equal(
    systematicMisfit(
      k.map((_, i) => (i % 2 ? 0.01 : -0.01)),
      k,
      0.002,
    ),
    '',
  );
  assert.equal(
    systematicMisfit(
      k.map((x) => 0.0001 * Math.sin(4 * x)),
      k,
      0.002,
    ),
    '',
  );
});

test('the fallbacks take what SVI refuses', () => {
  const two = syntheticSlice(YEARS, [-0.1, 0.1], (k) => 0.5 - 0.2 * k);
  assert.equal(sviFamily.fit(two, EQUAL).status, 'too-few-quotes');
  const line = linearFamily.fit(two, EQUAL);
  assert.equal(line.status, 'converged');
  assert.ok(line.rmseVol < 1e-9);
  const one = flatFamily.fit(
    syntheticSlice(YEARS, [0.05], () => 0.4),
    EQUAL,
  );
  assert.equal(one.status, 'converged');
  assert.ok(Math.abs(one.parameters[0] - 0.4) < 1e-12);
  const steep = linearFamily.fit(
    syntheticSlice(YEARS, evenly(-0.3, 0.3, 7), (k) => 0.5 + 1.5 * k),
    { ...EQUAL, arbitrageFree: true },
  );
  assert.ok(steep.arbitrage.minG >= 0 && steep.arbitrage.wingSlope === 0);
});

test('a misfit is named when it is large, whatever its pattern', () => {
  const slice = syntheticSlice(0.1, evenly(-0.3, 0.3, 8), () => 0.5);
  const alternating = slice.k.map((_, i) => (i % 2 === 0 ? 0.03 : -0.03));
  assert.match(misfit(alternating, slice), /residuals are large: rms 0.03000, 6 % of the volatilities/);
  assert.equal(
    misfit(
      alternating.map((e) => 0.8 * e),
      slice,
    ),
    '',
  );
});
