import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { nonNegativeLeastSquares } from '../../src/numeric/non-negative-least-squares.ts';

/** Random normal equations A'A + I/100, A'b of a 3n x n problem. */
const problems = fc.integer({ min: 1, max: 8 }).chain((n) =>
  fc.record({
    n: fc.constant(n),
    a: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3 * n * n, maxLength: 3 * n * n }),
    b: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3 * n, maxLength: 3 * n }),
  }),
);

test('the answer satisfies the conditions that only the constrained minimum satisfies', () => {
  fc.assert(
    fc.property(problems, ({ n, a, b }) => {
      const h = new Float64Array(n * n);
      const g = new Float64Array(n);
      for (let r = 0; r < 3 * n; r++)
        for (let i = 0; i < n; i++) {
          g[i] += a[r * n + i] * b[r];
          for (let j = 0; j < n; j++) h[i * n + j] += a[r * n + i] * a[r * n + j];
        }
      for (let i = 0; i < n; i++) h[i * n + i] += 0.01;
      const { status, x, iterations } = nonNegativeLeastSquares(h, g, n);
      assert.equal(status, 'converged');
      assert.ok(iterations <= 8, `${iterations} systems: blocks are exchanged, not single unknowns`);
      for (let i = 0; i < n; i++) {
        let slope = -g[i];
        for (let j = 0; j < n; j++) slope += h[i * n + j] * x[j];
        assert.ok(x[i] >= 0);
        assert.ok(slope > -1e-9, `slope ${slope}`);
        assert.ok(Math.abs(slope * x[i]) < 1e-9, `complementarity ${slope * x[i]}`);
      }
    }),
    { seed: 7, numRuns: 300 },
  );
});

test('a matrix that is not positive definite is an outcome', () => {
  assert.equal(nonNegativeLeastSquares(Float64Array.of(1, 1, 1, 1), Float64Array.of(1, 1), 2).status, 'singular');
});
