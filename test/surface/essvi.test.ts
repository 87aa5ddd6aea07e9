import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkCalendar } from '../../src/surface/arbitrage.ts';
import { essviCalendar, essviTotalVariance } from '../../src/surface/essvi-curve.ts';
import { essviFamily, essviSurface } from '../../src/surface/essvi.ts';
import type { SliceQuotes, SurfaceFamily } from '../../src/surface/family.ts';
import { SURFACE_FAMILIES } from '../../src/surface/registry.ts';
import { ssviSurface } from '../../src/surface/ssvi-fit.ts';
import { phiAt, ssviButterflyFree, ssviPoint, ssviTotalVariance, type PhiKind } from '../../src/surface/ssvi.ts';
import { sviSurface } from '../../src/surface/svi-surface.ts';
import { EQUAL, evenly, syntheticSlice } from '../contract/smile-family.ts';
import { goldenRows, relative } from './golden.ts';
import { missing, slicesOf, surfaceRmse } from './shared-files.ts';

const number = (row: Record<string, string>, name: string): number => Number(row[name]);

test('SSVI, its derivatives and local volatility equal 50-digit values', () => {
  const rows = goldenRows('ssvi_dupire.csv');
  assert.ok(rows.length > 200);
  for (const row of rows) {
    const at = (name: string): number => number(row, name);
    const phi = { kind: row['phi_kind'] as PhiKind, p1: at('phi_p1'), p2: at('phi_p2') };
    const point = ssviPoint(phi, at('rho'), at('theta'), at('dtheta_dT'), at('k'));
    const context = `${row['surface']} T = ${row['T']} k = ${row['k']}`;
    assert.equal(ssviTotalVariance(phi, at('rho'), at('theta'), at('k')), point.w);
    for (const [mine, column, floor] of [
      [point.phi, 'phi', 0],
      [point.w, 'w', 0],
      [point.d2wDk2, 'd2w_dk2', 0],
      [point.dwDk, 'dw_dk', at('theta') * at('phi')],
      [point.dwDtheta, 'dw_dtheta', 1],
      [point.dwDt, 'dw_dT', at('dtheta_dT')],
      [point.g, 'g', 1],
      [point.localVol, 'local_vol', 0],
    ] as const)
      assert.ok(relative(mine, at(column), floor) <= 1e-12, `${context} ${column}: ${mine}, ${at(column)}`);
  }
});

test('the curvature of Heston type is smooth where series and closed form meet, and its slope is its derivative', () => {
  for (const kind of ['heston', 'power', 'power2'] as const)
    for (const theta of [1e-6, 0.01, 0.499999, 0.5, 0.500001, 3]) {
      const phi = { kind, p1: 2, p2: 0.4 };
      const h = 2e-3 * theta;
      const at = (shift: number): number => phiAt(phi, theta + shift).value;
      const numeric = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      assert.ok(relative(phiAt(phi, theta).slope, numeric) < 1e-7, `${kind} at ${theta}`);
    }
  assert.ok(Number.isNaN(phiAt({ kind: 'heston', p1: 2, p2: 0 }, -1).value));
});

test('calendar conditions of eSSVI agree with brute force', () => {
  const rows = goldenRows('essvi_calendar.csv');
  assert.ok(rows.length > 80);
  for (const row of rows) {
    const near = [number(row, 'theta1'), number(row, 'rho1'), number(row, 'psi1')];
    const far = [number(row, 'theta2'), number(row, 'rho2'), number(row, 'psi2')];
    const { necessary, sufficient } = essviCalendar(near, far);
    assert.equal(String(necessary), row['hm_necessary'], JSON.stringify(row));
    assert.equal(String(sufficient), row['hm_sufficient'], JSON.stringify(row));
    if (sufficient) assert.equal(row['calendar_free'], 'true');
    if (row['calendar_free'] === 'true') assert.ok(necessary);
    assert.equal(String(ssviButterflyFree(near[0], near[1], near[2])), row['butterfly1_gj']);
    assert.equal(String(ssviButterflyFree(far[0], far[1], far[2])), row['butterfly2_gj']);
    if (Math.abs(number(row, 'argmin_k')) < 6) {
      const check = checkCalendar(
        (k) => essviTotalVariance(near, k),
        (k) => essviTotalVariance(far, k),
        -6,
        6,
        601,
      );
      assert.ok(relative(check.minimum, number(row, 'min_dw'), 1e-3) < 1e-8, `${check.minimum}, ${row['min_dw']}`);
      assert.equal(check.violations === 0, number(row, 'min_dw') >= 0);
    }
  }
});

/** SYNTHETIC eSSVI expiries without arbitrage. */
const TRUTH = [
  { years: 0.02, p: [0.004, -0.1, 0.05] },
  { years: 0.1, p: [0.02, -0.2, 0.11] },
  { years: 0.5, p: [0.11, -0.3, 0.3] },
  { years: 1, p: [0.24, -0.35, 0.45] },
];

function syntheticSurface(noise: (i: number, j: number) => number): SliceQuotes[] {
  return TRUTH.map(({ years, p }, i) => {
    const reach = 2.2 * Math.sqrt(p[0]);
    let j = 0;
    return syntheticSlice(
      years,
      evenly(-reach, reach, 21),
      (k) => Math.sqrt(essviTotalVariance(p, k) / years) + noise(i, j++),
    );
  });
}

test('an exact eSSVI surface is found again', () => {
  const slices = syntheticSurface(() => 0);
  const fit = essviSurface.fitSurface(slices, EQUAL);
  assert.equal(fit.status, 'converged');
  fit.slices.forEach((s, i) => {
    assert.ok(s.rmseVol < 1e-9, `rmse ${s.rmseVol}`);
    TRUTH[i].p.forEach((v, j) => assert.ok(Math.abs(s.parameters[j] - v) < 1e-6 * Math.max(Math.abs(v), 0.01)));
  });
});

test('quotes that cross in time are fitted without crossing', () => {
  const slices = syntheticSurface(() => 0);
  const crossed = [slices[0], { ...slices[1], sigma: slices[1].sigma.map((v) => v * 0.4) }, slices[2], slices[3]];
  for (const family of [essviSurface, ssviSurface, sviSurface]) {
    const fit = family.fitSurface(crossed, EQUAL);
    assert.equal(fit.status, 'converged', `${family.name}: ${fit.reason}`);
    assert.equal(fit.calendarViolations, 0, family.name);
    assert.ok(Math.max(fit.slices[0].rmseVol, fit.slices[1].rmseVol) > 0.005, 'the crossed pair cannot be matched');
  }
  const free = crossed.map((s) => essviFamily.fit(s, EQUAL).parameters);
  assert.ok(!essviCalendar(free[0], free[1]).necessary, 'slices fitted alone do cross');
  const chained = essviSurface.fitSurface(crossed, EQUAL).slices.map((s) => s.parameters);
  for (let i = 1; i < 4; i++) assert.ok(essviCalendar(chained[i - 1], chained[i]).sufficient, `pair ${i}`);
});

test('a smile too steep for the butterfly conditions is held at them', () => {
  const steep = syntheticSlice(0.02, evenly(-0.15, 0.15, 21), (k) => 0.3 + 4 * Math.abs(k));
  const fit = essviFamily.fit(steep, EQUAL);
  const [theta, rho, psi] = fit.parameters;
  assert.ok(ssviButterflyFree(theta, rho, psi * (1 - 1e-12)), `theta ${theta} rho ${rho} psi ${psi}`);
  assert.ok(psi * psi * (1 + Math.abs(rho)) > 3.9 * theta, 'at the bound, not far inside');
  assert.ok(fit.arbitrage.minGExtrapolated >= 0);
});

const BAD: readonly { name: string; slices: SliceQuotes[] }[] = [
  { name: 'nothing', slices: [] },
  { name: 'an empty slice', slices: [syntheticSlice(0.1, [], () => 0.5)] },
  {
    name: 'one bad slice among good ones',
    slices: syntheticSurface(() => 0).map((s, i) => (i === 1 ? { ...s, sigma: s.sigma.map(() => NaN) } : s)),
  },
  { name: 'equal expiries', slices: [syntheticSurface(() => 0)[0], syntheticSurface(() => 0)[0]] },
];

for (const family of SURFACE_FAMILIES)
  test(`${family.name} surface: degenerate input is an outcome, and spoils no other slice`, () => checkBad(family));

function checkBad(family: SurfaceFamily): void {
  for (const { name, slices } of BAD) {
    const fit = family.fitSurface(slices, EQUAL);
    assert.equal(fit.slices.length, slices.length, name);
    fit.slices.forEach((s) => assert.ok(s.status === 'converged' || s.reason.length > 0, `${name}: ${s.status}`));
    if (name.startsWith('one bad')) {
      assert.notEqual(fit.slices[1].status, 'converged');
      const good = [0, 2, 3].filter((i) => ['converged', 'singular'].includes(fit.slices[i].status));
      assert.ok(good.length === 3 || family.name === 'heston', `${name}: ${fit.slices.map((s) => s.status).join()}`);
    }
  }
}

const BOUNDS: readonly { file: string; family: SurfaceFamily; bound: number }[] = [
  { file: 'btc_slices.csv', family: essviSurface, bound: 0.0195 },
  { file: 'dax_slices.csv', family: essviSurface, bound: 0.0018 },
  { file: 'sp_slices.csv', family: essviSurface, bound: 0.0055 },
  { file: 'btc_slices.csv', family: sviSurface, bound: 0.0058 },
  { file: 'sp_slices.csv', family: sviSurface, bound: 0.003 },
  { file: 'btc_slices.csv', family: ssviSurface, bound: 0.0225 },
];

for (const { file, family, bound } of BOUNDS)
  test(`${family.name} fits ${file} without static arbitrage`, { skip: missing(`vectors/pricing/${file}`) }, () => {
    const slices = slicesOf(file);
    const fit = family.fitSurface(slices, { ...EQUAL, arbitrageFree: true });
    assert.equal(fit.status, 'converged', fit.reason);
    assert.equal(fit.calendarViolations, 0);
    for (const s of fit.slices) assert.ok(s.arbitrage.minG >= 0 && s.arbitrage.wingSlope <= 2);
    const rmse = surfaceRmse(fit.slices.map((s, i) => ({ rmseVol: s.rmseVol, n: slices[i].k.length })));
    assert.ok(rmse <= bound, `rms ${rmse}`);
  });
