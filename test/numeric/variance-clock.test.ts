import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { CALENDAR_CLOCK, varianceClock, varianceSpeed, varianceYears } from '../../src/numeric/variance-clock.ts';

const HOUR = 3_600_000;
const WEEK = 168 * HOUR;
const YEAR = 365 * 24 * HOUR;
/** A Monday, 00:00 UTC. */
const MONDAY = Date.UTC(2026, 0, 5);

/** Saturdays and Sundays at half speed, a decision worth 12 hours over its half hour, a jump, a holiday. */
const CLOCK = varianceClock({
  hourWeights: Array.from({ length: 168 }, (_, h) => (h >= 120 ? 0.5 : 1)),
  events: [
    { at: MONDAY + 66 * HOUR, durationMs: HOUR / 2, hours: 12 },
    { at: MONDAY + 10 * HOUR, durationMs: 0, hours: 3 },
    { at: MONDAY + 200 * HOUR, durationMs: 24 * HOUR, hours: -6 },
  ],
});

test('the calendar clock is the calendar', () => {
  const instants = fc.integer({ min: -1e12, max: 4e12 });
  fc.assert(
    fc.property(instants, instants, (a, b) => {
      assert.ok(Math.abs(varianceYears(CALENDAR_CLOCK, a, b) - (b - a) / YEAR) < 1e-12);
      assert.ok(Math.abs(varianceSpeed(CALENDAR_CLOCK, a) - 1) < 1e-15);
    }),
    { seed: 1 },
  );
});

test('weights keep the week whole, and put its variance where they say', () => {
  const week = varianceYears(CLOCK, MONDAY - WEEK, MONDAY) * YEAR;
  assert.ok(Math.abs(week - WEEK) < 1);
  const weekend = varianceYears(CLOCK, MONDAY - 48 * HOUR, MONDAY) * YEAR;
  assert.ok(Math.abs(weekend / week - 24 / 144) < 1e-12);
  assert.ok(Math.abs(varianceSpeed(CLOCK, MONDAY - HOUR) * 2 - varianceSpeed(CLOCK, MONDAY + HOUR)) < 1e-12);
});

test('events add their hours, evenly over their duration or at once', () => {
  const hours = (a: number, b: number): number =>
    (varianceYears(CLOCK, MONDAY + a * HOUR, MONDAY + b * HOUR) * YEAR) / HOUR;
  const ordinary = hours(30, 31);
  assert.ok(Math.abs(hours(66, 66.25) - (0.25 * ordinary + 6)) < 1e-9);
  assert.ok(Math.abs(hours(65, 67) - (2 * ordinary + 12)) < 1e-9);
  assert.ok(Math.abs(hours(9, 10) - (ordinary + 3)) < 1e-9);
  assert.ok(Math.abs(hours(10, 11) - ordinary) < 1e-9);
  assert.ok(Math.abs(varianceSpeed(CLOCK, MONDAY + 66.1 * HOUR) - (ordinary + 24)) < 1e-9);
});

test('time adds up and runs forward', () => {
  const offsets = fc.double({ min: -300, max: 600, noNaN: true });
  fc.assert(
    fc.property(offsets, offsets, offsets, (...hours) => {
      const [a, b, c] = hours.sort((x, y) => x - y).map((h) => MONDAY + h * HOUR);
      const [ab, bc, ac] = [varianceYears(CLOCK, a, b), varianceYears(CLOCK, b, c), varianceYears(CLOCK, a, c)];
      assert.ok(Math.abs(ab + bc - ac) < 1e-12);
      assert.ok(ab >= -1e-15 && bc >= -1e-15);
      assert.ok(Math.abs(varianceYears(CLOCK, b, a) + ab) < 1e-15);
    }),
    { seed: 2 },
  );
});

test('data that is not a clock is refused', () => {
  for (const hourWeights of [
    [1],
    Array.from<number>({ length: 168 }).fill(0),
    Array.from<number>({ length: 168 }).fill(NaN),
    [...Array.from<number>({ length: 167 }).fill(1), -1],
  ]) {
    assert.throws(() => varianceClock({ hourWeights, events: [] }), RangeError);
  }
});
