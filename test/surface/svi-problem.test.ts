import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durrlemanG } from '../../src/surface/arbitrage.ts';
import { EssviProblem } from '../../src/surface/essvi-problem.ts';
import { whitenPrior } from '../../src/surface/factor-prior.ts';
import { factorsOfShape } from '../../src/surface/smile-factors.ts';
import { squareJacobian, squareShape } from '../../src/surface/svi-coordinates.ts';
import { sviShape } from '../../src/surface/svi-curve.ts';
import { ButterflyRows, CalendarRows, PriorRows, type PenaltyRows } from '../../src/surface/svi-penalties.ts';
import { SviProblem } from '../../src/surface/svi-problem.ts';
import { EQUAL, ROBUST, evenly, syntheticSlice } from '../contract/smile-family.ts';

/** Coordinates [base, u, v, m, s] away from every bound. */
const POINTS = [
  [0.6, 0.5, 0.7, 0.2, 1.1],
  [0.05, 1.4, 0.3, -0.6, 0.3],
  [1.1, 0.2, 1.2, 1.5, 2.5],
].map((c) => Float64Array.from(c));

const SLICE = syntheticSlice(0.1, evenly(-0.4, 0.4, 15), (k) => 0.5 - 0.2 * k + k * k + 0.01 * Math.sin(40 * k));

/** Half the derivative of a cost by finite differences of fourth order. */
function halfSlope(cost: (c: Float64Array) => number, c: Float64Array, j: number, h = 1e-4): number {
  const at = (shift: number): number => {
    const moved = Float64Array.from(c);
    moved[j] += shift;
    return cost(moved);
  };
  return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (24 * h);
}

function checkSlope(name: string, cost: (c: Float64Array) => number, slope: Float64Array, c: Float64Array): void {
  for (let j = 0; j < c.length; j++) {
    const numeric = halfSlope(cost, c, j);
    const size = Math.abs(numeric) + 1e-6 * cost(c) + 1e-9;
    assert.ok(Math.abs(slope[j] - numeric) <= 1e-6 * size, `${name} ${j}: ${slope[j]}, numeric ${numeric}`);
  }
}

test('shape and Jacobian in square coordinates agree with raw SVI and with finite differences', () => {
  const problem = new SviProblem(SLICE, EQUAL);
  const [mine, raw, jacobian] = [new Float64Array(3), new Float64Array(3), new Float64Array(15)];
  for (const c of POINTS)
    for (const y of [-2, 0, 0.7]) {
      squareJacobian(c, y, mine, jacobian);
      sviShape(problem.toRaw(c), y * problem.length, raw);
      const unit = problem.length * problem.length;
      assert.ok(Math.abs(mine[0] * unit - raw[0]) < 1e-15 && Math.abs(mine[1] * problem.length - raw[1]) < 1e-14);
      assert.ok(Math.abs(mine[2] - raw[2]) < 1e-13);
      for (let order = 0; order < 3; order++) {
        const value = (p: Float64Array): number => {
          const out = new Float64Array(3);
          squareShape(p, y, out);
          return out[order];
        };
        for (let j = 0; j < 5; j++) {
          const numeric = 2 * halfSlope(value, c, j, 1e-3);
          assert.ok(
            Math.abs(jacobian[order * 5 + j] - numeric) < 1e-6 * (1 + Math.abs(numeric)),
            `order ${order}, ${j}`,
          );
        }
      }
    }
});

test('coordinates and raw parameters come back, moved inside the bounds', () => {
  const problem = new SviProblem(SLICE, EQUAL);
  for (const c of POINTS) {
    const back = problem.fromRaw(problem.toRaw(c));
    back.forEach((v, j) => assert.ok(Math.abs(v - c[j]) < 1e-12, `${j}: ${v}, was ${c[j]}`));
  }
  const wild = problem.fromRaw([-5, 9, 0.9, 3, 1e-9]);
  wild.forEach((v, j) => assert.ok(v >= problem.lower[j] && v <= problem.upper[j]));
});

test('the slope of the quotes is the derivative of the cost, with and without the loss of Huber', () => {
  for (const options of [EQUAL, ROBUST, { ...ROBUST, huber: 0 }]) {
    const problem = new SviProblem(SLICE, options);
    for (const c of POINTS) {
      assert.ok(Math.abs(problem.linearise(c) - problem.cost(c)) <= 1e-12 * problem.cost(c));
      checkSlope('quotes', (p) => problem.cost(p), Float64Array.from(problem.slope), c);
    }
  }
});

function checkRows(name: string, rows: PenaltyRows): void {
  for (const c of POINTS) {
    const slope = new Float64Array(5);
    const cost = rows.linearise(c, new Float64Array(15), slope);
    assert.ok(Math.abs(cost - rows.cost(c)) <= 1e-10 * Math.abs(cost), name);
    checkSlope(name, (p) => rows.cost(p), slope, c);
  }
}

const COVARIANCE = [4e-4, 1e-5, 0, 1e-5, 1e-4, 2e-5, 0, 2e-5, 9e-4];

test('prior, butterfly and calendar rows have the slopes of their costs', () => {
  const prior = whitenPrior({ mean: [0.5, -0.02, 0.03], covariance: COVARIANCE })!;
  checkRows('prior', new PriorRows(prior, 0.5));
  checkRows('butterfly', new ButterflyRows(evenly(-2.5, 2.5, 9), 0.2, 0.9, 3));
  checkRows('nearer', new CalendarRows(evenly(-2.5, 2.5, 9), (y) => 2 + y * y, 1, 0.1, 2));
  checkRows('farther', new CalendarRows(evenly(-2.5, 2.5, 9), (y) => 0.1 + 0.1 * y * y, -1, 0.1, 2));
});

test('the penalty of the prior and of g are what their definitions say', () => {
  const mean: [number, number, number] = [0.5, -0.02, 0.03];
  const sd = [0.02, 0.01, 0.03];
  const prior = whitenPrior({ mean, covariance: [sd[0] ** 2, 0, 0, 0, sd[1] ** 2, 0, 0, 0, sd[2] ** 2] })!;
  const problem = new SviProblem(SLICE, EQUAL);
  const [c] = POINTS;
  const shape = new Float64Array(3);
  sviShape(problem.toRaw(c), 0, shape);
  const { atm, skew, curvature } = factorsOfShape(shape[0], shape[1], shape[2], SLICE.years);
  const expected =
    ((atm - mean[0]) / sd[0]) ** 2 + ((skew - mean[1]) / sd[1]) ** 2 + ((curvature - mean[2]) / sd[2]) ** 2;
  const cost = new PriorRows(prior, problem.reference).cost(c);
  assert.ok(Math.abs(cost - expected) < 1e-9 * expected, `${cost}, ${expected}`);
  const k = 0.25;
  sviShape(problem.toRaw(c), k, shape);
  const g = durrlemanG(k, shape[0], shape[1], shape[2]);
  const rows = new ButterflyRows([k / problem.length], problem.length, g + 1, 2);
  assert.ok(Math.abs(rows.cost(c) - 2) < 1e-9, `stiffness times a gap of one squared: ${rows.cost(c)}`);
});

test('the linear expansion of the prior has the slope of its penalty', () => {
  const rows = new PriorRows(whitenPrior({ mean: [0.5, -0.02, 0.03], covariance: COVARIANCE })!, 0.5);
  for (const c of POINTS) {
    const n = new Float64Array(9);
    rows.addLinear(c, n);
    const linear = [c[0] - c[4] * c[1] * c[2], c[1] * c[1], c[2] * c[2]];
    const slope = Float64Array.of(
      n[0] * linear[0] + n[1] * linear[1] + n[2] * linear[2] - n[6],
      n[1] * linear[0] + n[3] * linear[1] + n[4] * linear[2] - n[7],
      n[2] * linear[0] + n[4] * linear[1] + n[5] * linear[2] - n[8],
    );
    const cost = (q: Float64Array): number => {
      const [u, v] = [Math.sqrt(q[1]), Math.sqrt(q[2])];
      return rows.cost(Float64Array.of(q[0] + c[4] * u * v, u, v, c[3], c[4]));
    };
    checkSlope('linear prior', cost, slope, Float64Array.from(linear));
  }
});

test('eSSVI descends to a point where no increment helps, and never below zero', () => {
  let state = 9;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4294967296;
  for (let run = 0; run < 20; run++) {
    const slices = [0.02, 0.04, 0.06, 0.1, 0.2].map((years) => {
      const [level, skew, bend] = [0.3 + 0.4 * next(), 0.4 * (next() - 0.5), 1.5 * next()];
      return syntheticSlice(years, evenly(-0.3, 0.3, 9), (k) => level + skew * k + bend * k * k + 0.01 * next());
    });
    const problem = new EssviProblem(slices, EQUAL);
    const x = new Float64Array(15).fill(0.003);
    x.set([0.03, 0.03, 0.03]);
    const found = problem.descend(x, 400, 1e-12);
    assert.ok(
      x.every((v) => v >= 0),
      `increments ${x.join()}`,
    );
    assert.ok(
      x.some((v) => v === 0),
      'noisy expiries push some increments to zero',
    );
    for (let j = 0; j < x.length; j++)
      for (const h of [1e-4, -1e-4]) {
        const moved = Float64Array.from(x);
        moved[j] = Math.max(0, moved[j] + h * Math.max(moved[j], 0.01));
        assert.ok(problem.cost(moved) >= found.cost * (1 - 1e-5), `increment ${j} by ${h} helps`);
      }
  }
});
