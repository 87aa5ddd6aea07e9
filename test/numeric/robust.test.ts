import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  HUBER_95, huberLoss, huberWeight, MAD_TO_SD, median, medianAbsoluteDeviation, medianInPlace, quantile,
  weightedMedian,
} from '../../src/numeric/robust.ts'; // prettier-ignore
import { inverseNormalCdf } from '../../src/numeric/normal.ts';

const samples = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });

test('quantiles lie between their order statistics, do not touch the input, and know nothing of empty samples', () => {
  fc.assert(
    fc.property(samples, fc.double({ min: 0, max: 1, noNaN: true }), (values, p) => {
      const before = [...values];
      const q = quantile(values, p);
      assert.deepEqual(values, before);
      const sorted = [...values].sort((a, b) => a - b);
      const position = p * (values.length - 1);
      assert.ok(q >= sorted[Math.floor(position)] && q <= sorted[Math.ceil(position)]);
      assert.ok(quantile(values, 0) === sorted[0] && quantile(values, 1) === sorted[sorted.length - 1]);
    }),
    { seed: 1 },
  );
  assert.equal(median([3, 1, 2, 10]), 2.5);
  for (const junk of [
    median([]),
    median([1, NaN]),
    quantile([1], 2),
    weightedMedian([1], [0]),
    weightedMedian([1], [1, 2]),
  ]) {
    assert.ok(Number.isNaN(junk));
  }
});

test('the median in place is the median to the last bit, with ties, infinities and NaN', () => {
  const value = fc.oneof(
    fc.double({ min: 0, max: 5, noNaN: true }),
    fc.constantFrom(0.5, 1, Infinity),
    fc.constant(NaN),
  );
  fc.assert(
    fc.property(
      fc.array(
        value.filter((v) => !Object.is(v, -0)),
        { maxLength: 40 },
      ),
      (values) => {
        assert.ok(Object.is(medianInPlace(Float64Array.from(values)), median(values)));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('the median absolute deviation of normal quantiles, scaled, is their standard deviation', () => {
  const n = 20_001;
  const values = Float64Array.from({ length: n }, (_, i) => 5 + 2 * inverseNormalCdf((i + 0.5) / n));
  assert.ok(Math.abs(MAD_TO_SD * medianAbsoluteDeviation(values) - 2) < 1e-3);
});

test('a weighted median is the median of the sample with each value repeated', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 0, max: 4 })), { minLength: 1 }),
      (pairs) => {
        fc.pre(pairs.some(([, w]) => w > 0));
        const repeated = pairs.flatMap(([v, w]) => Array.from<number>({ length: w }).fill(v));
        assert.equal(
          weightedMedian(
            pairs.map(([v]) => v),
            pairs.map(([, w]) => w),
          ),
          median(repeated),
        );
      },
    ),
    { seed: 2, numRuns: 500 },
  );
});

test('Huber weight is psi(z)/z of the loss', () => {
  for (const z of [-5, -1.4, -0.2, 0.3, 1.3, 2, 40]) {
    const slope = (huberLoss(z + 1e-6) - huberLoss(z - 1e-6)) / 2e-6;
    assert.ok(Math.abs(huberWeight(z) * z - slope) < 1e-8, `${z}`);
  }
  assert.equal(huberWeight(HUBER_95), 1);
});
