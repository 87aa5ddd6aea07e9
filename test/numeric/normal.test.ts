import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import * as normal from '../../src/numeric/normal.ts';
import { relativeError, tables, type Row } from './vectors.ts';

/** The tables give 0 below this and inf above its inverse; ours go on to the last doubles. */
const TABLE_FLOOR = 1e-304;

function worst(rows: readonly Row[], column: string, f: (x: number) => number, keep: (x: number) => boolean): number {
  let largest = 0;
  for (const row of rows) {
    const x = row.num('x');
    const wanted = row.num(column);
    if (!keep(x)) continue;
    if (wanted === 0 && x !== 0) assert.ok(Math.abs(f(x)) < TABLE_FLOOR, `${column}(${x}) = ${f(x)}`);
    else if (wanted === Infinity) assert.ok(f(x) > 1 / TABLE_FLOOR, `${column}(${x}) = ${f(x)}`);
    else largest = Math.max(largest, relativeError(f(x), wanted));
  }
  return largest;
}

for (const table of tables('special_functions.csv')) {
  test(`error functions and the normal distribution to 1e-15: ${table.label}`, { skip: table.skip }, () => {
    const rows = table.rows();
    const all = (): boolean => true;
    assert.ok(worst(rows, 'erf', normal.erf, all) < 1e-15);
    assert.ok(worst(rows, 'erfc', normal.erfc, all) < 1e-15);
    assert.ok(worst(rows, 'erfcx', normal.erfcx, all) < 1e-15);
    assert.ok(worst(rows, 'norm_cdf', normal.normalCdf, all) < 1e-15);
    assert.ok(worst(rows, 'norm_pdf', normal.normalPdf, all) < 1e-15);
    // Above 11 the table formed ln(1 - p) at 50 digits and lost digits of p itself.
    assert.ok(worst(rows, 'log_norm_cdf', normal.logNormalCdf, (x) => x <= 11) < 1e-15);
    for (const x of [15, 20, 30]) assert.equal(normal.logNormalCdf(x), -normal.normalCdf(-x));
  });
}

for (const table of tables('norm_inv.csv')) {
  test(`normal quantiles to 1e-15: ${table.label}`, { skip: table.skip }, () => {
    for (const row of table.rows()) {
      const p = row.num('p');
      assert.ok(relativeError(normal.inverseNormalCdf(p), row.num('norm_inv')) < 1e-15, `p = ${p}`);
    }
  });
}

test('ends and junk', () => {
  assert.equal(normal.inverseNormalCdf(0), -Infinity);
  assert.equal(normal.inverseNormalCdf(1), Infinity);
  assert.ok(Number.isNaN(normal.inverseNormalCdf(-1e-9)));
  assert.ok(Number.isNaN(normal.normalCdf(NaN)));
  assert.equal(normal.normalCdf(Infinity), 1);
  assert.equal(normal.normalCdf(-Infinity), 0);
  assert.equal(normal.erfcx(-30), Infinity);
  assert.equal(normal.logNormalCdf(-1e10), -0.5e20);
});

test('quantile and distribution undo each other; the tails mirror', () => {
  fc.assert(
    fc.property(fc.double({ min: -37, max: 8, noNaN: true }), (x) => {
      const p = normal.normalCdf(x);
      // The quantile of a rounded p: dx = dp / phi(x).
      const slack = (4 * Number.EPSILON * p) / normal.normalPdf(x) + 4 * Number.EPSILON * Math.abs(x);
      assert.ok(Math.abs(normal.inverseNormalCdf(p) - x) <= slack, `x = ${x}`);
      assert.ok(Math.abs(p + normal.normalCdf(-x) - 1) <= 4 * Number.EPSILON);
      assert.ok(relativeError(normal.inverseMillsRatio(x), normal.normalPdf(x) / p) < 4e-15);
    }),
    { seed: 1, numRuns: 2000 },
  );
});
