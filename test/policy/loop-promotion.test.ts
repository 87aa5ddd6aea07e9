/** Promotion under dependence, budgets, gain limits, priors and content ids. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Random } from '../../src/numeric/random.ts';
import { sha256 } from '../../src/numeric/sha256.ts';
import {
  MOST_REJECTIONS,
  budgetAllows,
  budgetExhausted,
  initBudget,
  rejectBudget,
  spendBudget,
} from '../../src/policy/budget.ts';
import { gainLimit } from '../../src/policy/loop-gain.ts';
import { priorOf, type PriorStep } from '../../src/policy/loop-prior.ts';
import {
  EMERGENCY_MS,
  PROBATION_MS,
  PROOF,
  blockLength,
  compare,
  continueProbation,
  dependence,
  initComparison,
  judgeTrial,
  openProbation,
  openTrial,
  type Comparison,
  type Trial,
} from '../../src/policy/promotion.ts';
import {
  CALIBRATION_CODE,
  REGISTRY_KEPT,
  contentId,
  register,
  registeredJob,
  servedCalibration,
  type Registry,
} from '../../src/policy/registry.ts';

const AT = Date.UTC(2026, 0, 15);
const HOUR = 3_600_000;

/** Whether a challenger whose advantage is AR(1) with mean `mean` and unit variance is ever promoted in `batches`. */
function promoted(random: Random, phi: number, mean: number, batches: number): number {
  let c = initComparison();
  let noise = random.normal();
  for (let i = 0; i < batches; i++) {
    noise = phi * noise + Math.sqrt(1 - phi * phi) * random.normal();
    c = compare(c, mean + noise);
    if (c.logBetter >= Math.log(PROOF)) return i;
  }
  return -1;
}

test('false promotion stays within 5 % under AR(.9) differences, and under AR(.5) and none', () => {
  const RUNS = 400;
  for (const phi of [0, 0.5, 0.9]) {
    const random = new Random(20261122, `ar ${phi}`);
    let wrong = 0;
    for (let run = 0; run < RUNS; run++) if (promoted(random, phi, 0, 4_000) >= 0) wrong++;
    assert.ok(wrong / RUNS <= 0.05, `phi ${phi}: ${wrong} of ${RUNS}`);
  }
});

test('a challenger that is better is promoted, sooner the better it is', () => {
  const random = new Random(7, 'better');
  const delays = [0.5, 1.5].map((mean) => {
    const found = Array.from({ length: 40 }, () => promoted(random, 0.5, mean, 20_000));
    assert.ok(
      found.every((i) => i >= 0),
      `mean ${mean}`,
    );
    return found.toSorted((a, b) => a - b)[20]!;
  });
  assert.ok(delays[1]! < delays[0]! && delays[1]! < 400, String(delays));
});

test('the measured dependence covers the true one, and blocks outlast it', () => {
  const random = new Random(3, 'phi');
  let below = 0;
  for (let run = 0; run < 100; run++) {
    let c = initComparison();
    let x = random.normal();
    for (let i = 0; i < 200; i++) c = compare(c, (x = 0.9 * x + Math.sqrt(0.19) * random.normal()));
    if (dependence(c) < 0.9) below++;
  }
  assert.ok(below <= 12, `${below} of 100 bounds below the truth`);
  assert.equal(blockLength(0), 5);
  assert.equal(blockLength(0.9), 29);
  assert.equal(blockLength(1), Infinity);
});

const proved = (side: 'logBetter' | 'logWorse'): Comparison => ({
  ...initComparison(),
  [side]: Math.log(PROOF) + 1e-9,
});
const against = (trial: Trial, c: Comparison): Trial => ({ ...trial, comparisons: { [trial.rivals[0]]: c } });

test('a trial is won by proof, lost by proof or time, and in an emergency by three batches', () => {
  const trial = openTrial('svi', ['spline'], AT);
  assert.equal(judgeTrial(trial, 1, AT), null);
  assert.deepEqual(judgeTrial(against(trial, proved('logBetter')), 1, AT), { input: 'won', model: 'spline', emergency: false }); // prettier-ignore
  assert.deepEqual(judgeTrial(against(trial, proved('logWorse')), 1, AT), { input: 'lost' });
  assert.deepEqual(judgeTrial(trial, 1, AT + HOUR / 6), { input: 'lost' }, 'no fit of it has passed the guards');
  const slow = against(trial, { ...initComparison(), n: 9 });
  assert.equal(judgeTrial(slow, 1, AT + 5.9 * HOUR), null);
  assert.deepEqual(judgeTrial(slow, 1, AT + 6 * HOUR), { input: 'lost' });
  const streak = (n: number): Trial => against(trial, { ...initComparison(), streak: n });
  assert.equal(judgeTrial(streak(2), 9, AT), null);
  assert.equal(judgeTrial(streak(3), 7.9, AT), null);
  assert.deepEqual(judgeTrial(streak(3), 8.1, AT), { input: 'won', model: 'spline', emergency: true });
});

test('probation: reversed on the reverse, an emergency lapses unconfirmed, the simpler model returns after a day', () => {
  const ordinary = openProbation('spline', 'svi', false, AT);
  assert.deepEqual(judgeTrial(against(ordinary, proved('logBetter')), 1, AT + HOUR), { input: 'reversed' });
  assert.equal(judgeTrial(ordinary, 1, AT + EMERGENCY_MS), null);
  assert.deepEqual(judgeTrial(ordinary, 1, AT + PROBATION_MS), { input: 'simpler' });
  const emergency = openProbation('spline', 'svi', true, AT);
  assert.equal(judgeTrial(emergency, 1, AT + EMERGENCY_MS - 1), null);
  assert.deepEqual(judgeTrial(emergency, 1, AT + EMERGENCY_MS), { input: 'reversed' });
  const confirmed = continueProbation(against(emergency, proved('logWorse')), AT + HOUR / 4);
  assert.equal(judgeTrial(confirmed, 1, AT + EMERGENCY_MS), null);
  const anew = continueProbation(against(ordinary, proved('logWorse')), AT + PROBATION_MS);
  assert.equal(anew.since, AT + PROBATION_MS);
  assert.equal(anew.comparisons['svi'].n, 0);
});

test('budget: six an hour and thirty a day, a cool-down, and waits that double until an operator must look', () => {
  let budget = initBudget();
  for (let i = 0; i < 6; i++) {
    assert.equal(budgetAllows(budget, AT + i * 10_000), 'ok');
    budget = spendBudget(budget, AT + i * 10_000, 40, 1_000);
    assert.equal(budgetAllows(budget, AT + i * 10_000 + 2_079), 'cooling-down');
  }
  assert.equal(budgetAllows(budget, AT + 60_000), 'hour-spent');
  assert.equal(budgetAllows(budget, AT + HOUR), 'ok');
  let day = initBudget();
  for (let i = 0; i < 30; i++) day = spendBudget(day, AT + i * 0.25 * HOUR, 40, 1_000);
  assert.equal(budgetAllows(day, AT + 12 * HOUR), 'day-spent');
  assert.equal(budgetAllows(day, AT + 24.1 * HOUR), 'ok');
  let rejected = initBudget();
  const waits: number[] = [];
  for (let i = 0; i < MOST_REJECTIONS; i++) {
    assert.equal(budgetExhausted(rejected), false);
    rejected = rejectBudget(rejected, AT);
    waits.push((rejected.freeAt - AT) / 60_000);
  }
  assert.deepEqual(waits, [5, 10, 20, 40, 80, 160]);
  assert.equal(budgetExhausted(rejected), true);
});

test('gain: half of the bound at which a delayed correction stops converging', () => {
  for (const [d, limit] of [1, 0.5, 0.309017, 0.222521, 0.173648, 0.142315].entries())
    assert.ok(Math.abs(gainLimit(d) - limit) < 1e-6, `${d}`);
  for (let d = 0; d <= 6; d++) {
    const settles = (gain: number): boolean => {
      const level = Array.from({ length: d + 1 }, () => 1);
      for (let i = 0; i < 20_000; i++) level.push(level.at(-1)! - gain * level[level.length - 1 - d]);
      return Math.abs(level.at(-1)!) < 1e-3;
    };
    assert.ok(settles(gainLimit(d)), `at the limit, d = ${d}`);
    assert.ok(settles(1.98 * gainLimit(d)) && !settles(2.02 * gainLimit(d)), `twice it is the bound, d = ${d}`);
  }
});

test('prior: grows with age, lets a change through, and holds the gain to its limit', () => {
  const step: PriorStep = {
    features: { names: [], phi: [0.5, -0.04, 0.02], covariance: [4e-6, 0, 0, 0, 1e-6, 0, 0, 0, 1e-6] },
    yearsAtFit: 0.1,
    years: 0.1,
    ageSeconds: 100,
    variancePerSecond: 1e-8,
    noise: 1,
    innovation: null,
    gain: 1,
  };
  const level = (change: Partial<PriorStep>): number => priorOf({ ...step, ...change })!.covariance[0];
  assert.ok(Math.abs(level({}) - 5e-6) < 1e-18);
  assert.ok(Math.abs(level({ noise: 25 }) - 29e-6) < 1e-18);
  assert.ok(Math.abs(level({ innovation: [0.03, 0, 0] }) - (4e-6 + 9e-4)) < 1e-15, 'at least the innovation seen');
  assert.ok(Math.abs(level({ gain: 0.5 }) - 4e-6) < 1e-18, 'P / (P + R) = 1/2');
  const later = priorOf({ ...step, years: 0.025 })!;
  assert.ok(Math.abs(later.mean[1] + 0.02) < 1e-15 && Math.abs(later.mean[2] - 0.005) < 1e-15, 'x shrinks with time');
  assert.equal(priorOf({ ...step, features: { ...step.features, covariance: [] } }), null);
});

test('SHA-256 agrees with another implementation at every block boundary', () => {
  for (const n of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1_000]) {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 37 + n) & 255);
    assert.equal(sha256(bytes), createHash('sha256').update(bytes).digest('hex'), `${n} bytes`);
  }
});

test('a calibration is named by its content: any bit changes the id, and the registry is bounded', () => {
  const content = {
    model: 'svi', scope: 'deribit:BTC:2026-03-27', parameters: [0.01, 0.1], covariance: [1, 0, 0, 1], from: AT, to: AT + 1, firstRecord: 3, lastRecord: 9, quotes: 40, parent: null,
  }; // prettier-ignore
  const id = contentId(content);
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.equal(contentId({ ...content }), id);
  const changed = [
    { ...content, parameters: [0.01, 0.1 + 2e-17] },
    { ...content, parameters: [0.01], covariance: [0.1, 1, 0, 0, 1] },
    { ...content, covariance: [1, 0, 0, 1 + 1e-15] },
    { ...content, quotes: 41 },
    { ...content, to: AT + 2 },
    { ...content, firstRecord: 4 },
    { ...content, lastRecord: 10 },
    { ...content, parent: id },
    { ...content, model: 'sabr' },
    { ...content, statement: 'family=svi;version=' },
    { ...content, statement: 'family=svi;version=2' },
  ].map((c) => contentId(c));
  assert.equal(new Set([id, ...changed]).size, changed.length + 1);
  const registry: Registry = new Map();
  const verdict = { job: '', reason: 'age', status: 'accepted', guards: [], approver: 'automatic' };
  const serving = register(registry, content, { ...verdict, job: 'serving' });
  for (let i = 0; i < REGISTRY_KEPT + 5; i++) {
    register(registry, { ...content, to: AT + i, parent: serving.id }, { ...verdict, job: `j${i}`, status: 'refused' });
    register(registry, { ...content, model: 'sabr', to: AT + i }, { ...verdict, job: `s${i}` });
  }
  assert.deepEqual([registry.get('svi')?.length, registry.get('sabr')?.length], [REGISTRY_KEPT, REGISTRY_KEPT]);
  assert.equal(servedCalibration(registry, 'svi', serving.id), serving, 'what serves outlives any number of refusals');
  assert.equal(registeredJob(registry, 'svi', 'j0'), undefined, 'the oldest of the others goes');
  const version = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version as string;
  assert.equal(CALIBRATION_CODE, `vernier ${version}`);
});
