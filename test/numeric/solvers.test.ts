/** Root, minimum, least squares, linear algebra, quadrature. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { leastSquares, type LeastSquaresProblem } from '../../src/numeric/least-squares.ts';
import {
  choleskyInPlace, choleskySolveInPlace, conditionNumber, leastSquaresInPlace, solveDense, symmetricEigen, symmetricInverse,
} from '../../src/numeric/linear-solve.ts'; // prettier-ignore
import { minimizeOnInterval, minimizeSimplex } from '../../src/numeric/minimize.ts';
import { gaussLegendre, integrate, integrateAdaptively } from '../../src/numeric/quadrature.ts';
import { Random } from '../../src/numeric/random.ts';
import { bracketRoot, findRoot } from '../../src/numeric/root.ts';

const SEED = { seed: 8, numRuns: 200 };
const unit = fc.double({ min: -1, max: 1, noNaN: true });

test('a bracketed root is found to the last digits, in few steps where the function is smooth', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -5, max: 5, noNaN: true }),
      fc.double({ min: 0.1, max: 4, noNaN: true }),
      (r, steep) => {
        const found = findRoot((x) => Math.sinh(steep * (x - r)), -7, 8);
        assert.equal(found.status, 'converged');
        assert.ok(Math.abs(found.x - r) < 1e-14);
        assert.ok(found.evaluations < 70, `${found.evaluations}`);
      },
    ),
    SEED,
  );
  assert.equal(findRoot((x) => x * x + 1, -1, 1).status, 'no-bracket');
  assert.equal(findRoot(() => NaN, -1, 1).status, 'no-bracket');
  assert.equal(findRoot((x) => x - 0.3, 0, 1, { maxEvaluations: 2 }).status, 'max-iterations');
  assert.ok(findRoot((x) => x * x * x - 2, 0, 2).evaluations < 12);
});

test('a bracket grows until the sign changes or the limits are met', () => {
  const bracket = bracketRoot((x) => x - 1000, 0, 1);
  assert.ok(bracket !== undefined && bracket[0] <= 1000 && bracket[1] >= 1000);
  assert.equal(
    bracketRoot((x) => x - 1000, 0, 1, { highest: 500 }),
    undefined,
  );
});

test('minima by parabola and by simplex', () => {
  fc.assert(
    fc.property(fc.double({ min: -3, max: 3, noNaN: true }), (m) => {
      const found = minimizeOnInterval((x) => Math.cosh(x - m), -5, 6);
      assert.equal(found.status, 'converged');
      assert.ok(Math.abs(found.x - m) < 1e-6);
    }),
    SEED,
  );
  const rosenbrock = minimizeSimplex(
    ([a, b]) => 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a),
    [-1.2, 1],
    [0.1, 0.1],
  );
  assert.equal(rosenbrock.status, 'converged');
  assert.ok(Math.abs(rosenbrock.x[0] - 1) < 1e-5);
  assert.equal(minimizeSimplex(() => NaN, [0], [1], { maxEvaluations: 50 }).status, 'not-finite');
  // A refused half-plane: the search stays out of it.
  const walled = minimizeSimplex(([a]) => (a < 1 ? NaN : a * a), [3], [0.5], { tolerance: 1e-8 });
  assert.ok(walled.x[0] >= 1 && walled.x[0] < 1.001);
});

const ROSENBROCK: LeastSquaresProblem = {
  parameters: 2,
  residuals: 2,
  evaluate(p, r, jacobian) {
    r[0] = 10 * (p[1] - p[0] * p[0]);
    r[1] = 1 - p[0];
    if (jacobian) jacobian.set([-20 * p[0], 10, -1, 0]);
    return true;
  },
};

/** y = a e^(-b t) + c at 20 times. */
function decayProblem(truth: readonly number[], noise: (i: number) => number): LeastSquaresProblem {
  const times = Array.from({ length: 20 }, (_, i) => i / 5);
  const model = (p: ArrayLike<number>, t: number): number => p[0] * Math.exp(-p[1] * t) + p[2];
  const data = times.map((t, i) => model(truth, t) + noise(i));
  return {
    parameters: 3,
    residuals: times.length,
    evaluate(p, r, jacobian) {
      times.forEach((t, i) => {
        r[i] = model(p, t) - data[i];
        jacobian?.set([Math.exp(-p[1] * t), -t * p[0] * Math.exp(-p[1] * t), 1], 3 * i);
      });
      return true;
    },
  };
}

test('least squares recovers the truth, says why it stopped, and keeps to its bounds', () => {
  fc.assert(
    fc.property(
      fc.tuple(fc.double({ min: 0.5, max: 3, noNaN: true }), fc.double({ min: 0.3, max: 2, noNaN: true }), unit),
      (truth) => {
        const fit = leastSquares(
          decayProblem(truth, () => 0),
          [1, 1, 0],
        );
        assert.ok(fit.converged, fit.reason);
        truth.forEach((v, j) => assert.ok(Math.abs(fit.p[j] - v) < 1e-7, `${fit.p.join()} ${truth.join()}`));
      },
    ),
    SEED,
  );
  const free = leastSquares(ROSENBROCK, [-1.2, 1]);
  assert.ok(free.converged && Math.abs(free.p[0] - 1) < 1e-9);
  const bounded = leastSquares({ ...ROSENBROCK, upper: [0.5, 2] }, [-1.2, 1]);
  assert.ok(bounded.converged && bounded.p[0] === 0.5 && Math.abs(bounded.p[1] - 0.25) < 1e-6);
  assert.deepEqual([...bounded.atBound], [1, 0]);
  assert.equal(leastSquares(ROSENBROCK, [-1.2, 1], { maxIterations: 2 }).reason, 'max-iterations');
  assert.equal(leastSquares({ ...ROSENBROCK, evaluate: () => false }, [0, 0]).reason, 'refused-start');
  assert.equal(leastSquares(ROSENBROCK, [1, 1]).reason, 'zero-residual');
});

test('a parameter pressed against its bound is held, so that the others reach their minimum at once', () => {
  const fit = leastSquares(
    {
      parameters: 2,
      residuals: 2,
      upper: [1, 10],
      evaluate(p, r, jacobian) {
        r[0] = p[0] - 2;
        r[1] = 100 * (p[0] + p[1] - 3);
        jacobian?.set([1, 0, 100, 100]);
        return true;
      },
    },
    [1, 0],
  );
  assert.ok(fit.converged && fit.p[0] === 1 && Math.abs(fit.p[1] - 2) < 1e-9);
  assert.ok(fit.iterations <= 8, `${fit.iterations}`);
});

test('a point that the model refuses is stepped around', () => {
  const guarded: LeastSquaresProblem = {
    ...ROSENBROCK,
    evaluate: (p, r, j) => p[1] > -0.5 && ROSENBROCK.evaluate(p, r, j),
  };
  const fit = leastSquares(guarded, [-1.2, 1]);
  assert.ok(fit.converged && Math.abs(fit.p[1] - 1) < 1e-9);
});

test('at the minimum the gradient of noisy data is zero to rounding', () => {
  const random = new Random(4);
  const noise = Array.from({ length: 20 }, () => random.normal(0, 0.05));
  const fit = leastSquares(
    decayProblem([2, 1, 0.3], (i) => noise[i]),
    [1, 1, 0],
    { costTolerance: 1e-15 },
  );
  for (let j = 0; j < 3; j++) {
    let gradient = 0;
    for (let i = 0; i < 20; i++) gradient += fit.jacobian[3 * i + j] * fit.r[i];
    assert.ok(Math.abs(gradient) < 1e-7, `${gradient}`);
  }
});

const systems = fc.integer({ min: 1, max: 7 }).chain((n) =>
  fc.record({
    n: fc.constant(n),
    a: fc.array(unit, { minLength: n * n, maxLength: n * n }),
    b: fc.array(unit, { minLength: n, maxLength: n }),
  }),
);

/** A'A + I/10: symmetric positive definite. */
function gram(a: readonly number[], n: number): Float64Array {
  const g = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      g[i * n + j] = i === j ? 0.1 : 0;
      for (let k = 0; k < n; k++) g[i * n + j] += a[k * n + i] * a[k * n + j];
    }
  return g;
}

function times(a: ArrayLike<number>, x: ArrayLike<number>, n: number): number[] {
  return Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a[i * n + j] * x[j];
    return sum;
  });
}

test('linear systems, inverses and eigenvalues satisfy their definitions', () => {
  fc.assert(
    fc.property(systems, ({ n, a, b }) => {
      const g = gram(a, n);
      const factor = Float64Array.from(g);
      const x = Float64Array.from(b);
      assert.ok(choleskyInPlace(factor, n));
      choleskySolveInPlace(factor, n, x);
      times(g, x, n).forEach((v, i) => assert.ok(Math.abs(v - b[i]) < 1e-12));
      const dense = solveDense(g, Float64Array.from(b), n);
      const inverse = symmetricInverse(g, n);
      assert.ok(dense !== undefined && inverse !== undefined);
      times(inverse, b, n).forEach((v, i) =>
        assert.ok(Math.abs(v - x[i]) < 1e-11 && Math.abs(dense[i] - x[i]) < 1e-11),
      );
      const { values, vectors } = symmetricEigen(g, n);
      for (let k = 0; k < n; k++) {
        const vector = Array.from({ length: n }, (_, i) => vectors[i * n + k]);
        times(g, vector, n).forEach((v, i) => assert.ok(Math.abs(v - values[k] * vector[i]) < 1e-12));
        assert.ok(k === 0 || values[k] >= values[k - 1]);
      }
      assert.ok(Math.abs(conditionNumber(g, n) - values[n - 1] / values[0]) < 1e-9 * conditionNumber(g, n));
    }),
    SEED,
  );
  assert.equal(choleskyInPlace(Float64Array.of(1, 1, 1, 1), 2), false);
  assert.equal(solveDense(Float64Array.of(0, 0, 0, 0), Float64Array.of(1, 1), 2), undefined);
  assert.equal(conditionNumber(Float64Array.of(1, 0, 0, 0), 2), Infinity);
  assert.ok(Number.isNaN(conditionNumber(Float64Array.of(NaN), 1)));
});

test('least squares by reflections agrees with the normal equations; dependent columns are refused', () => {
  fc.assert(
    fc.property(
      fc.array(unit, { minLength: 24, maxLength: 24 }),
      fc.array(unit, { minLength: 8, maxLength: 8 }),
      (a, b) => {
        const gramOf = new Float64Array(9);
        const right = new Float64Array(3);
        for (let i = 0; i < 8; i++)
          for (let j = 0; j < 3; j++) {
            right[j] += a[3 * i + j] * b[i];
            for (let k = 0; k < 3; k++) gramOf[3 * j + k] += a[3 * i + j] * a[3 * i + k];
          }
        fc.pre(conditionNumber(gramOf, 3) < 1e5);
        const wanted = solveDense(gramOf, right, 3);
        const x = Float64Array.from(b);
        assert.ok(leastSquaresInPlace(Float64Array.from(a), x, 8, 3) && wanted !== undefined);
        const size = 1 + Math.max(...wanted.map(Math.abs));
        for (let j = 0; j < 3; j++) assert.ok(Math.abs(x[j] - wanted[j]) < 1e-9 * size);
      },
    ),
    SEED,
  );
  assert.equal(leastSquaresInPlace(Float64Array.of(1, 2, 2, 4, 3, 6), Float64Array.of(1, 2, 3), 3, 2), false);
});

test('Gauss-Legendre integrates polynomials of degree 2n - 1 exactly, and the adaptive rule meets its tolerance', () => {
  for (const n of [1, 2, 3, 8, 15, 33, 64, 128]) {
    const rule = gaussLegendre(n);
    assert.ok(Math.abs(rule.weights.reduce((s, w) => s + w, 0) - 2) < 1e-14);
    for (let degree = 0; degree < Math.min(2 * n, 40); degree++) {
      const got = integrate((x) => x ** degree, 0, 1, rule);
      assert.ok(Math.abs(got - 1 / (degree + 1)) < 1e-14, `${n} ${degree}`);
    }
  }
  const spike = integrateAdaptively((x) => 1 / (x * x + 1e-6), -1, 1);
  assert.ok(spike.isConverged && Math.abs(spike.value / (2000 * Math.atan(1000)) - 1) < 1e-11);
  assert.equal(integrateAdaptively((x) => (x > 0.3 ? 1 : 0), 0, 1, { maxIntervals: 5 }).isConverged, false);
});
