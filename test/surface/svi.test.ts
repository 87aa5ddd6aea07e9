import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durrlemanG, impliedDensity, minimumG } from '../../src/surface/arbitrage.ts';
import { sviShape, sviMinimumVariance, sviVertexLandmarks, sviWingSlope } from '../../src/surface/svi-curve.ts';
import {
  jumpWingsToRaw,
  naturalToRaw,
  rawToJumpWings,
  rawToNatural,
  type Conversion,
} from '../../src/surface/svi-conversions.ts';
import { sviFamily } from '../../src/surface/svi.ts';
import { goldenRows, relative } from './golden.ts';

const number = (row: Record<string, string>, name: string): number => Number(row[name]);
const rawOf = (row: Record<string, string>): Float64Array =>
  Float64Array.from(['a', 'b', 'rho', 'm', 'sigma'], (c) => number(row, c));

function value<T>(conversion: Conversion<T>): T {
  assert.equal(conversion.status, 'converted', JSON.stringify(conversion));
  return (conversion as { value: T }).value;
}

test('w, its derivatives, g and the density equal 50-digit values', () => {
  const rows = goldenRows('svi_durrleman_g.csv');
  assert.ok(rows.length > 300);
  const shape = new Float64Array(3);
  for (const row of rows) {
    const k = number(row, 'k');
    const p = rawOf(row);
    sviShape(p, k, shape);
    const [w, w1, w2] = shape;
    const context = `${row['id']} k = ${k}`;
    // Sums of terms that cancel lose digits in proportion to their size over the result.
    const size = Math.abs(p[0]) + p[1] * (Math.abs(p[2] * (k - p[3])) + Math.abs(k - p[3]) + p[4]);
    assert.ok(Math.abs(w - number(row, 'w')) <= 1e-15 * size + 1e-15 * w, `${context}: w ${w}`);
    assert.ok(Math.abs(w1 - number(row, 'dw_dk')) <= 1e-12 * p[1], `${context}: w' ${w1}`);
    assert.ok(relative(w2, number(row, 'd2w_dk2')) <= 1e-12, `${context}: w'' ${w2}`);
    const condition = 1 + size / w + (k * w1) / w / 2 + (w1 * w1) / w;
    const g = durrlemanG(k, w, w1, w2);
    assert.ok(Math.abs(g - number(row, 'g')) <= 1e-13 * Math.abs(condition) * 10, `${context}: g ${g}, ${row['g']}`);
    const density = impliedDensity(k, w, w1, w2);
    const exponent = (k * k) / w + w;
    const bound =
      1e-12 * (1 + exponent) * Math.max(Math.abs(number(row, 'density')), 1e-300) + 1e-13 * Math.abs(density);
    const lost = Math.abs(number(row, 'g')) < 1e-3 ? 1e3 : 1;
    assert.ok(
      Math.abs(density - number(row, 'density')) <= bound * lost,
      `${context}: density ${density}, ${row['density']}`,
    );
  }
});

test('the minimum of g, where it lies, slopes and minimum variance equal the brute force', () => {
  for (const row of goldenRows('svi_durrleman_summary.csv')) {
    const p = rawOf(row);
    const left = number(row, 'left_slope');
    const right = number(row, 'right_slope');
    assert.ok(relative(sviWingSlope(p), Math.max(left, right)) <= 1e-12);
    assert.ok(Math.abs(sviMinimumVariance(p) - number(row, 'min_w')) <= 1e-14);
    const scan = minimumG((k, out) => sviShape(p, k, out), -10, 10, sviVertexLandmarks(p));
    const limitOf = (slope: number): number => (slope > 0 ? 0.25 - (slope * slope) / 16 : 1);
    const limit = Math.min(limitOf(left), limitOf(right));
    const lowest = Math.min(scan.value, limit);
    assert.ok(Math.abs(lowest - number(row, 'min_g')) <= 1e-9, `${row['id']}: ${lowest}, ${row['min_g']}`);
    assert.equal(lowest >= 0, row['butterfly_free'] === 'true', row['id']);
    if (scan.value < limit - 1e-6)
      assert.ok(Math.abs(scan.at - number(row, 'argmin_k')) < 1e-3, `${row['id']}: at ${scan.at}, ${row['argmin_k']}`);
  }
});

test('natural and jump-wings forms equal 50-digit values and come back', () => {
  let inverted = 0;
  for (const row of goldenRows('svi_params.csv')) {
    const years = number(row, 'T');
    const [a, b, rho, m, sigma] = rawOf(row);
    const raw = { a, b, rho, m, sigma };
    const natural = value(rawToNatural(raw));
    const size = Math.abs(a) + b * (Math.abs(m) + sigma);
    assert.ok(Math.abs(natural.delta - number(row, 'nat_delta')) <= 1e-12 * size);
    for (const [mine, column] of [
      [natural.mu, 'nat_mu'],
      [natural.omega, 'nat_omega'],
      [natural.zeta, 'nat_zeta'],
    ] as const)
      assert.ok(relative(mine, number(row, column), 1e-3) <= 1e-12, `${row['id']} ${column}`);
    const back = value(naturalToRaw(natural));
    assert.ok(Math.abs(back.a - a) <= 1e-13 * size && relative(back.b, b) < 1e-13 && Math.abs(back.m - m) < 1e-13);
    assert.ok(relative(back.sigma, sigma) < 1e-13);
    const wings = value(rawToJumpWings(raw, years));
    for (const name of ['v', 'psi', 'p', 'c', 'vtilde'] as const) {
      const mine = name === 'vtilde' ? wings.vTilde : wings[name];
      const scale = name.startsWith('v') ? (size / years) * 10 : name === 'psi' ? b : 1e-300;
      assert.ok(
        Math.abs(mine - number(row, `jw_${name}`)) <= 1e-13 * Math.max(scale, Math.abs(mine)) * 10,
        `${row['id']} ${name}`,
      );
    }
    const returned = jumpWingsToRaw(wings, years);
    if (['sym', 'flat'].includes(row['id'])) {
      assert.equal(returned.status, 'not-invertible');
      continue;
    }
    const again = value(returned);
    inverted++;
    // h = (v - vTilde) T / (b gap) and sigma = sqrt(1 - beta^2) h: the rounding of each is the condition of the inverse.
    const rise = wings.v - wings.vTilde;
    const h = Math.sqrt(m * m + sigma * sigma);
    const gap = (rise * years) / (b * h);
    const condition = 1e-15 * (5 + (5 * size) / years / rise + 5 / Math.sqrt(gap) + (h * h) / (sigma * sigma));
    assert.ok(relative(again.sigma, sigma) < condition, `${row['id']} sigma ${again.sigma}, ${sigma}`);
    assert.ok(Math.abs(again.m - m) < condition * (Math.abs(m) + sigma), `${row['id']} m ${again.m}, ${m}`);
    assert.ok(relative(again.b, b) < 1e-13 && Math.abs(again.rho - rho) < 1e-13);
  }
  assert.ok(inverted >= 40);
});

test('the smile of Vogt has the jump-wings printed in the paper', () => {
  const rows = goldenRows('svi_published.csv').filter((r) => r['source'].includes('JW'));
  const wings = value(rawToJumpWings({ a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, sigma: 0.4153 }, 1));
  const mine: Record<string, number> = { ...wings, vt: wings.vTilde, vtilde: wings.vTilde };
  assert.ok(rows.length >= 4);
  for (const row of rows) {
    const name = row['quantity'];
    assert.ok(name in mine, name);
    assert.ok(Math.abs(mine[name] - number(row, 'computed_mp')) < 1e-14, `${name}: ${mine[name]}`);
    assert.ok(Math.abs(mine[name] - number(row, 'published')) < 5e-7, `${name}: ${mine[name]}`);
  }
});

test('jump-wings that belong to no curve say why', () => {
  const good = { v: 0.04, psi: -0.1, p: 0.7, c: 0.5, vTilde: 0.03 };
  assert.equal(jumpWingsToRaw(good, 0.5).status, 'converted');
  assert.equal(jumpWingsToRaw({ ...good, p: 0, c: 0, psi: 0 }, 0.5).status, 'not-invertible');
  assert.equal(jumpWingsToRaw({ ...good, psi: 0, vTilde: good.v }, 0.5).status, 'not-invertible');
  assert.equal(jumpWingsToRaw({ ...good, vTilde: 0.05 }, 0.5).status, 'out-of-domain');
  assert.equal(jumpWingsToRaw({ ...good, psi: -0.4 }, 0.5).status, 'out-of-domain');
  assert.equal(jumpWingsToRaw({ ...good, p: -0.1 }, 0.5).status, 'out-of-domain');
  assert.equal(jumpWingsToRaw({ ...good, v: -1 }, 0.5).status, 'out-of-domain');
  assert.equal(jumpWingsToRaw({ ...good, v: NaN }, 0.5).status, 'out-of-domain');
  assert.equal(rawToNatural({ a: 0, b: 1, rho: 1, m: 0, sigma: 1 }).status, 'out-of-domain');
});

test('Vogt is reported as an arbitrage where the paper finds it', () => {
  const report = sviFamily.arbitrage([-0.041, 0.1331, 0.306, 0.3586, 0.4153], 1, -1.5, 1.5);
  assert.ok(Math.abs(report.minG - -0.032863573453623) < 1e-9);
  assert.ok(Math.abs(report.minGAt - 0.879262541622) < 1e-4);
  assert.equal(report.strength, 'scan');
});
