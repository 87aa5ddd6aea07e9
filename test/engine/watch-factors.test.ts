/** The sequential tests of the engine: fed with innovations of known behaviour, and wired to incidents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runLengthWithin, TESTS_PER_SCOPE } from '../../src/detect/page-budget.ts';
import { initFactorWatch, watchFactors, type FactorWatch } from '../../src/engine/watch-factors.ts';
import type { IncidentRecord } from '../../src/model/record.ts';
import { Random } from '../../src/numeric/random.ts';
import { noise } from '../detect/run-length-study.ts';
import { expiryIn, listing, quotes, run, START } from './synthetic-market.ts';

const MINUTE = 60_000;
const ALL = [true, true, true];
const BUDGET = runLengthWithin(1, 13);

/** Minutes of in-control innovations with AR(.6) and t4 tails; returns how many of them alarmed. */
function feed(watch: FactorWatch, from: number, minutes: number, shift: readonly number[], material = ALL): number {
  const ar = noise('ar6', new Random(1, `ar${from}`));
  const t4 = noise('t4', new Random(2, `t${from}`));
  const normal = noise('normal', new Random(3, `n${from}`));
  let told = 0;
  for (let i = 0; i < minutes; i++) {
    const z = [ar(), t4(), normal()].map((v, j) => v + (shift[j] ?? 0));
    if (watchFactors(watch, z, material, BUDGET, (from + i) * MINUTE, false).some(Boolean)) told++;
  }
  return told;
}

test('the page budget is split evenly over all tests of all scopes', () => {
  assert.equal(runLengthWithin(1, 1), TESTS_PER_SCOPE * 10_080);
  assert.equal(runLengthWithin(2, 13), 0.5 * 13 * runLengthWithin(1, 1));
});

test('a week in control is silent; a step of three standard deviations is told within the hour, by its own factor', () => {
  const watch = initFactorWatch();
  assert.equal(feed(watch, 0, 10_080, [0, 0, 0]), 0);
  for (const factor of [1, 2]) {
    const stepped = structuredClone(watch);
    const shift = [0, 0, 0].map((_, i) => (i === factor ? 3 : 0));
    assert.ok(feed(stepped, 20_000, 60, shift) > 0, `factor ${factor}`);
    assert.ok(stepped.toldUntil[factor] > 0);
    assert.deepEqual(stepped.toldUntil.map((t) => t > 0), [0, 1, 2].map((i) => i === factor)); // prettier-ignore
  }
});

test('a change that does not matter is not told, and what happens under stress is neither tested nor learnt', () => {
  const watch = initFactorWatch();
  feed(watch, 0, 3_000, [0, 0, 0]);
  assert.equal(feed(structuredClone(watch), 20_000, 120, [0, 0, 3], [true, true, false]), 0);
  const before = structuredClone(watch);
  for (let i = 0; i < 120; i++) watchFactors(watch, [9, 9, 9], ALL, BUDGET, (20_000 + i) * MINUTE, true);
  assert.deepEqual(watch, before);
});

test('the engine feeds them a value a minute, and an alarm becomes an incident that names its factor', () => {
  const scopes = [expiryIn(4), expiryIn(18), expiryIn(30), expiryIn(60)];
  const r = run();
  r.push(scopes.flatMap((e) => listing(e)));
  const second = (i: number): void => {
    const at = START + 1_000 * i;
    const forward = 90_000 * (1 + 1e-6 * i);
    r.push([
      ...scopes.flatMap((e) => quotes(e, { at: at + 100, forward })),
      { type: 'timer', at: at + 1_600, receivedAt: at + 1_600 },
    ]);
  };
  for (let i = 0; i < 190; i++) second(i);
  const underlying = [...r.state.underlyings.values()][0];
  assert.equal(underlying.factors.filters[0].count, 4, 'minutes 0 to 3');
  assert.equal(underlying.expiries[1].factors.filters[2].count, 4);
  const incidents = (): IncidentRecord[] => r.records.filter((x): x is IncidentRecord => x.type === 'incident');
  assert.deepEqual(incidents(), []);
  underlying.expiries[2].factors.toldUntil[1] = START + 10 * MINUTE;
  for (let i = 190; i < 196; i++) second(i);
  assert.deepEqual(
    incidents().map((x) => [x.cause, x.scope, x.state]),
    [['skew-move', underlying.expiries[2].key, 'open']],
  );
});
