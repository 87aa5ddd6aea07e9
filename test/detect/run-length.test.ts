/** Run lengths against their design and delays, by seeded simulation; the full table stands in docs/monitor.md. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { initLevelShift, levelShift } from '../../src/detect/level-shift.ts';
import { initPrewhiten, prewhiten } from '../../src/detect/prewhiten.ts';
import { rankE } from '../../src/detect/rank-e.ts';
import { Random } from '../../src/numeric/random.ts';
import { CHARTS, delayOf, noise, runLengthOf, type NoiseName } from './run-length-study.ts';

const DESIGNED = 1440;
const chart = (name: string): (typeof CHARTS)[number] => {
  const found = CHARTS.find((c) => c.name === name);
  assert.ok(found !== undefined);
  return found;
};

/** Chart, noises under which the design must hold, and the share of it that must be reached. */
const HOLDS: readonly (readonly [string, readonly NoiseName[], number])[] = [
  ['shewhart', ['normal', 't4'], 1],
  ['shewhart prewhitened', ['normal', 't4', 'ar6', 'stochastic-volatility'], 1],
  ['cusum', ['normal', 't4'], 0.8],
  ['rank-e', ['normal', 't4', 'stochastic-volatility'], 0.8],
  ['cusum prewhitened', ['normal', 't4', 'ar6'], 1],
  ['rank-e prewhitened', ['normal', 't4', 'ar6', 'stochastic-volatility'], 0.7],
  ['mewma', ['normal', 't4'], 0.8],
  ['mewma prewhitened', ['normal', 't4', 'ar6'], 0.7],
];
for (const [name, noises, share] of HOLDS)
  for (const source of noises)
    test(`${name} under ${source}: at least ${share} of the designed run length`, () => {
      const { mean } = runLengthOf(chart(name), source, DESIGNED, 80, 5 * DESIGNED);
      assert.ok(mean >= share * DESIGNED, `${mean}`);
    });

test('without prewhitening nothing survives AR(.6): the reason why it is there', () => {
  for (const name of ['cusum', 'rank-e', 'mewma'])
    assert.ok(runLengthOf(chart(name), 'ar6', DESIGNED, 30, 3 * DESIGNED).mean < 0.2 * DESIGNED, name);
});

test('delays on steps and on a ramp', () => {
  assert.ok(delayOf(chart('shewhart'), 'normal', DESIGNED, 4, 0, 40) <= 3);
  assert.ok(delayOf(chart('cusum'), 'normal', DESIGNED, 2, 0, 40) <= 7);
  assert.ok(delayOf(chart('rank-e'), 'normal', DESIGNED, 1, 0, 40) <= 30);
  assert.ok(delayOf(chart('rank-e'), 'normal', DESIGNED, 2, 600, 40) <= 200, 'a ramp is not learnt as health');
});

test('the level shift sees a step in a wandering stream and forgives the wandering', () => {
  const draw = noise('normal', new Random(5, 'shift'));
  const state = initLevelShift();
  let [level, worst] = [0, 0];
  for (let i = 0; i < 3_000; i++) {
    level += 0.02 * draw();
    const z = levelShift(state, level + draw(), 0.1);
    if (i > 100) worst = Math.max(worst, Math.abs(z));
  }
  assert.ok(worst < 6, `${worst}`);
  assert.ok(levelShift(state, level + 12, 0.1) > 7.8);
});

test('what the level shift has learnt from a wild hour does not deafen it beyond the cap', () => {
  const draw = noise('normal', new Random(6, 'cap'));
  const state = initLevelShift(8);
  for (let i = 0; i < 3_000; i++) levelShift(state, 5 * draw(), 0.1);
  const deaf = structuredClone(state);
  assert.ok(Math.abs(levelShift(deaf, state.centre + 12, 0.1)) < 4);
  assert.ok(Math.abs(levelShift(state, state.centre + 12, 0.1, true, 1.5) - 8) < 1e-9);
});

test('prewhitening: innovations of AR(.6) are white with unit variance', () => {
  const draw = noise('ar6', new Random(9, 'white'));
  const filter = initPrewhiten();
  for (let i = 0; i < 2_000; i++) prewhiten(filter, 5 + 3 * draw(), true);
  let [zz, lag, last] = [0, 0, 0];
  for (let i = 0; i < 20_000; i++) {
    const z = prewhiten(filter, 5 + 3 * draw(), true);
    zz += z * z;
    lag += z * last;
    last = z;
  }
  assert.ok(Math.abs(zz / 20_000 - 1) < 0.12, `${zz / 20_000}`);
  assert.ok(Math.abs(lag / zz) < 0.06, `${lag / zz}`);
});

test('the filter is frozen after what it has learnt from: a slow ramp is not its new location', () => {
  const draw = noise('normal', new Random(3, 'ramp'));
  const filter = initPrewhiten();
  for (let i = 0; i < 2_500; i++) prewhiten(filter, draw(), true);
  let sum = 0;
  for (let i = 0; i < 3_000; i++) sum += prewhiten(filter, draw() + i / 1_500, true);
  assert.ok(sum / 3_000 > 0.5, `${sum / 3_000}`);
});

test('the rank detector freezes its reference and counts no value twice', () => {
  const state = rankE.init();
  for (let i = 0; i < 500; i++) rankE.update(state, (i * 37) % 500);
  assert.equal(rankE.read(state), 0, 'no rank without a reference');
  rankE.update(state, NaN);
  assert.equal(rankE.read(state), 0);
  const draw = noise('normal', new Random(4, 'reference'));
  for (let i = 0; i < 20_000 && !state.frozen; i++) {
    rankE.update(state, 250 + 100 * draw());
    rankE.reset(state);
  }
  assert.equal(state.reference.length, 4_000);
  for (let i = 0; i < 30; i++) rankE.update(state, 10_000);
  assert.equal(state.reference.length, 4_000);
  assert.ok(rankE.read(state) > rankE.threshold(1_000));
});

test('while the evidence is large the reference does not grow: a change is not its own excuse', () => {
  const state = rankE.init();
  for (let i = 0; i < 500; i++) rankE.update(state, i);
  for (let i = 0; i < 100; i++) rankE.update(state, 1_000);
  assert.ok(state.reference.length < 520, `${state.reference.length}`);
});
