import { test } from 'node:test';
import assert from 'node:assert/strict';
import {
  age,
  clock,
  day,
  fixed,
  moment,
  NONE,
  percent,
  scopeName,
  significant,
  tenor,
} from '../../dashboard/src/format.ts';

test('numbers are grouped, keep their sign, and are a dash when they are not there', () => {
  assert.equal(fixed(96_713.2, 2), '96,713.20');
  assert.equal(fixed(-1_234_567.891, 1), '-1,234,567.9');
  assert.equal(fixed(-0.0004, 2), '0.00', 'no negative zero');
  for (const nothing of [null, undefined, NaN, Infinity]) {
    assert.equal(fixed(nothing), NONE);
    assert.equal(significant(nothing), NONE);
    assert.equal(percent(nothing), NONE);
    assert.equal(age(nothing), NONE);
  }
});

test('significant figures neither lose small numbers nor drag zeros', () => {
  assert.equal(significant(0.000265246), '0.0002652');
  assert.equal(significant(43.2), '43.20');
  assert.equal(significant(96_713.2), '96,713');
  assert.equal(significant(2.9e-8), '2.900e-8');
  assert.equal(significant(0), '0');
  assert.equal(percent(0.4512), '45.1 %');
});

test('ages name the two units that matter', () => {
  assert.equal(age(0.04), '40 ms');
  assert.equal(age(9.94), '9.9 s');
  assert.equal(age(42.9), '42 s');
  assert.equal(age(190), '3 m 10 s');
  assert.equal(age(18_430), '5 h 07 m');
  assert.equal(age(190_000), '2 d 4 h');
  assert.equal(age(-3), '0 ms', 'a clock behind the market is no negative age');
});

test('times are UTC, short only where the day is clear', () => {
  const now = Date.parse('2026-02-05T22:00:00Z');
  assert.equal(moment('2026-02-05T21:29:00.500Z'), '2026-02-05 21:29:00');
  assert.equal(moment('yesterday'), NONE);
  assert.equal(clock('2026-02-05T21:29:07Z', now), '21:29:07');
  assert.equal(clock('2026-02-04T21:29:07Z', now), '02-04 21:29');
  assert.equal(day('2026-03-27T08:00:00Z'), '27 Mar 26');
  assert.equal(tenor(14 / 24 / 365), '14 h');
  assert.equal(tenor(33 / 365), '33 d');
  assert.equal(tenor(1.25), '1.3 y');
  assert.equal(scopeName('deribit:BTC:2026-03-27'), 'BTC 27 Mar 26');
  assert.equal(scopeName('deribit:BTC'), 'BTC, all expiries');
});
