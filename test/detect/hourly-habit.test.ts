import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceAt, initHourlyHabit, leastChanceAt, learnHour, weekHour } from '../../src/detect/hourly-habit.ts';

const HOUR = 3_600_000;
const MONDAY = Date.UTC(2026, 0, 5);

test('hours of the week: Monday 00:00 UTC is 0, Sunday 23:00 is 167, before 1970 too', () => {
  assert.equal(weekHour(MONDAY), 0);
  assert.equal(weekHour(MONDAY + 30 * HOUR), 30);
  assert.equal(weekHour(MONDAY - 1), 167);
  assert.equal(weekHour(Date.UTC(1969, 11, 29)), 0);
});

test('an hour is believed to be as it was: busy, quiet, unseen as the rest, and never surer than 95 %', () => {
  const habit = initHourlyHabit();
  assert.equal(chanceAt(habit, MONDAY), 0.5);
  assert.equal(leastChanceAt(habit, MONDAY), 0);
  for (let week = 0; week < 40; week++)
    for (const hour of [9, 10, 11, 120]) learnHour(habit, MONDAY + (168 * week + hour) * HOUR, hour < 100);
  assert.ok(chanceAt(habit, MONDAY + 10 * HOUR) > 0.9);
  assert.ok(chanceAt(habit, MONDAY + 120 * HOUR) < 0.15);
  assert.ok(Math.abs(chanceAt(habit, MONDAY + 50 * HOUR) - habit.allHappened / habit.allSeen) < 1e-12);
  assert.equal(leastChanceAt(habit, MONDAY + 50 * HOUR), 0);
  assert.ok(chanceAt(habit, MONDAY + 9 * HOUR) <= 0.95);
});

test('a habit that changes is forgotten within weeks', () => {
  const habit = initHourlyHabit();
  for (let week = 0; week < 50; week++) learnHour(habit, MONDAY + 168 * week * HOUR, week < 25);
  assert.ok(chanceAt(habit, MONDAY) < 0.25, `still ${chanceAt(habit, MONDAY)}`);
});
