/** An answer is judged by its own batch: scaled, repeated and sound answers are told apart. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Observations } from '../../src/model/contract.ts';
import { checkAnswer, isScaled } from '../../src/score/answer-check.ts';

const K = Float64Array.from({ length: 21 }, (_, i) => (i - 10) / 50);
const VALUE = K.map((k) => 0.5 - 0.2 * k + k * k);
const batch: Observations = {
  at: 7, years: 0.1, forward: 1, k: K, x: K, strike: K, value: VALUE, noise: K.map(() => 0.002), low: VALUE, high: VALUE, venueValue: VALUE,
}; // prettier-ignore
const predicted = (factor: number): { mean: Float64Array; sd: Float64Array } => ({
  mean: VALUE.map((v) => v * factor),
  sd: VALUE.map(() => 0),
});

test('a sound answer misses nothing', () => {
  const check = checkAnswer(batch, predicted(1), [1, 2], [[1, 3]], true);
  assert.deepEqual(check, {
    at: 7,
    scaleLog: 0,
    spreadLog: 0,
    missErrors: 0,
    scaledMissErrors: 0,
    repeatOf: 0,
    repeatRow: 0,
    leaveOneOutRatio: NaN,
    atmSd: 0,
    converged: true,
    rivalGain: 0,
    arbitrage: 0,
    anchored: false,
  });
});

test('an answer five per cent too high has the factor -ln 1.05 and no scatter', () => {
  const check = checkAnswer(batch, predicted(1.05), [1, 2], [], true);
  assert.ok(check !== null && Math.abs(check.scaleLog + Math.log(1.05)) < 1e-12);
  assert.ok(check.spreadLog < 1e-12 && check.missErrors > 10);
  assert.ok(check.scaledMissErrors < 1e-12 && isScaled(check));
});

test('an answer that is too high and bent as well misses by more than a factor', () => {
  const bent = { ...predicted(1), mean: VALUE.map((v, i) => v * (1.05 + 0.2 * K[i])) };
  const check = checkAnswer(batch, bent, [1, 2], [], true);
  assert.ok(check !== null && Math.abs(check.scaleLog) > 1.5 * check.spreadLog, 'mostly a factor');
  assert.ok(check.scaledMissErrors > 1.5 && !isScaled(check), `${check.scaledMissErrors}`);
});

test('a repeat is found bit for bit and says how long ago', () => {
  const earlier = [
    [1, 2],
    [1, 2.5],
    [1, 3],
  ];
  assert.equal(checkAnswer(batch, predicted(1), [1, 2], earlier, true)?.repeatOf, 3);
  assert.equal(checkAnswer(batch, predicted(1), [1, 3], earlier, true)?.repeatOf, 1);
  assert.equal(
    checkAnswer(
      batch,
      predicted(1),
      [1, 3],
      [
        [1, 3],
        [1, 2],
        [1, 3],
        [1, 3],
      ],
      true,
    )?.repeatRow,
    2,
  );
  assert.equal(checkAnswer(batch, predicted(1), [1, 3 + 1e-15], earlier, true)?.repeatOf, 0);
});

test('too few quotes give no verdict', () => {
  const few = { ...batch, value: VALUE.slice(0, 7) };
  assert.equal(checkAnswer(few, predicted(1), [1], [], true), null);
});
