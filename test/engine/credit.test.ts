import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineRun } from '../../src/app/faults/engine-run.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { leaseVerdicts } from '../../src/engine/lease-verdicts.ts';
import { initEngine } from '../../src/engine/state.ts';
import { step } from '../../src/engine/step.ts';
import type { CreditQuoteEvent, CreditTermsEvent, MarketEvent } from '../../src/market/event.ts';
import type { CreditCalibrationRecord, CreditScoreRecord, OutputRecord } from '../../src/model/record.ts';
import type { CreditFault } from '../../src/simulator/credit-fault.ts';
import { simulateCredit, type CreditStream } from '../../src/simulator/credit-stream.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
// A Monday, 10:00 UTC.
const BEGIN = Date.UTC(2026, 0, 5, 10);

function stream(faults: readonly CreditFault[], days: number, contributors = ['a', 'b', 'c', 'd']): CreditStream {
  return {
    seed: 3,
    venue: 'simulated',
    curve: 'acme',
    entity: { level: Math.log(0.02), slope: 0.5, hump: 0.1 },
    quoteType: 'par',
    coupon: 0.01,
    recovery: 0.4,
    contributors,
    from: BEGIN,
    until: BEGIN + days * DAY,
    every: HOUR,
    faults,
  };
}

function records(order: CreditStream): { readonly run: EngineRun; readonly said: OutputRecord[] } {
  const run = new EngineRun(DEFAULT_CONFIG);
  const said: OutputRecord[] = [];
  for (const update of simulateCredit(order)) {
    const at = update.at + HOUR / 2;
    said.push(...run.run([...update.events, { type: 'timer', at, receivedAt: at }]));
  }
  return { run, said };
}

const fault = (of: Partial<CreditFault> & Pick<CreditFault, 'kind'>): CreditFault => ({
  variant: 0,
  contributor: 'b',
  node: '4Y',
  size: 0.4,
  from: BEGIN + 14 * DAY,
  until: BEGIN + 16 * DAY,
  ...of,
});

test('credit: a curve is scored before it is fitted, re-prices its quotes, and health raises nothing', () => {
  const { run, said } = records(stream([], 20));
  const scores = said.filter((r): r is CreditScoreRecord => r.type === 'credit-score');
  const fits = said.filter((r): r is CreditCalibrationRecord => r.type === 'credit-calibration');
  assert.ok(scores.length > 200 && fits.length > 20);
  const first = scores[0];
  assert.ok(first.age_s > 0, 'no score of a fit by its own quotes');
  assert.ok(fits.every((f) => f.status === 'accepted' && (f.residual ?? 1) < 1e-12));
  assert.deepEqual(said.filter((r) => r.type === 'incident'), []); // prettier-ignore
  const inside = scores.reduce((s, r) => s + r.inside_share, 0) / scores.length;
  assert.ok(inside > 0.8, `next quotes inside bid and ask: ${inside}`);
  const [verdict] = leaseVerdicts(run.state);
  assert.equal(verdict.scope, 'hazard@simulated:acme');
  assert.equal(verdict.gate.state, 'OK');
  assert.ok((verdict.uncertainty ?? 0) >= 1);
});

const cases: readonly [string, Partial<CreditFault> & Pick<CreditFault, 'kind'>, string][] = [
  ['basis points for decimals, one contributor', { kind: 'unit-mismatch' }, 'simulated:acme/b'],
  ['percent for decimals, everybody', { kind: 'unit-mismatch', variant: 1, contributor: null }, 'simulated:acme'],
  ['the sign', { kind: 'convention-mismatch', variant: 1 }, 'simulated:acme/b'],
  ['a spread a quarter', { kind: 'convention-mismatch', variant: 2 }, 'simulated:acme/b'],
  ['half the recovery', { kind: 'recovery-inconsistent' }, 'simulated:acme/b'],
  ['a silent contributor', { kind: 'stale-contributor' }, 'simulated:acme/b'],
  ['a contributor that repeats itself', { kind: 'flat-line' }, 'simulated:acme/b'],
  ['one node off', { kind: 'outlier-quote' }, 'simulated:acme/b'],
  ['an arbitrage between nodes', { kind: 'node-inversion', contributor: null, size: 0.8 }, 'simulated:acme'],
  ['a discount rate of a million percent', { kind: 'numerical-failure', contributor: null }, 'simulated:acme'],
];
for (const [name, of, scope] of cases)
  test(`credit: ${name} is named where it is, closes only that, and passes`, () => {
    const { run, said } = records(stream([fault(of)], 18));
    const opened = said.filter((r) => r.type === 'incident' && r.state === 'open');
    assert.equal(opened[0]?.type === 'incident' ? opened[0].cause : '', of.kind, JSON.stringify(opened[0]));
    assert.equal(opened[0]?.type === 'incident' ? opened[0].scope : '', scope);
    const during = said.filter((r) => r.at >= new Date(BEGIN + 14 * DAY).toISOString());
    const shut = during.some((r) => r.type === 'gate' && r.state === 'DO_NOT_USE');
    assert.equal(shut, scope === 'simulated:acme', 'the curve closes for its own faults, not for one contributor');
    const accepted = during.filter(
      (r) =>
        r.type === 'credit-calibration' && r.status === 'accepted' && r.at < new Date(BEGIN + 16 * DAY).toISOString(),
    );
    const first = opened[0].at;
    if (shut) assert.ok(accepted.every((r) => r.at < first), 'nothing is fitted to what is under suspicion'); // prettier-ignore
    const curve = run.state.credits.get('simulated:acme');
    assert.equal(curve?.incidents.open.size, 0, 'over when the fault is over');
    assert.equal(curve?.track.gate.state, 'OK');
  });

const terms: CreditTermsEvent = {
  type: 'credit-terms',
  at: BEGIN,
  receivedAt: BEGIN,
  venue: 'desk',
  curve: 'acme',
  eventDefinition: 'a test',
  recovery: 0.4,
  accrual: 'isda',
  roll: '2015',
  discountYears: [1, 10],
  discountRates: [0.03, 0.03],
};
const quote = (at: number, node: string, mid: number): CreditQuoteEvent => ({
  type: 'credit-quote',
  at,
  receivedAt: at,
  venue: 'desk',
  curve: 'acme',
  contributor: 'only',
  node,
  quoteType: 'par',
  bid: mid * 0.98,
  ask: mid * 1.02,
  coupon: 0.01,
  recovery: null,
});
const time = (at: number): MarketEvent => ({ type: 'timer', at, receivedAt: at });

test('credit: a change of recovery moves the hazards beyond what the quotes explain, and is said', () => {
  const run = new EngineRun(DEFAULT_CONFIG);
  const nodes: readonly [string, number][] = [['1Y', 0.01], ['3Y', 0.012], ['5Y', 0.014], ['10Y', 0.015]]; // prettier-ignore
  const said: OutputRecord[] = run.run([terms]);
  for (let i = 0; i < 40; i++) {
    const at = BEGIN + i * HOUR;
    const stated = i === 20 ? [{ ...terms, at, receivedAt: at, recovery: 0.2 }] : [];
    const quotes = nodes.map(([node, mid]) => quote(at, node, mid * (1 + 0.001 * (i % 3))));
    said.push(...run.run([...stated, ...quotes, time(at + 10_000)]));
  }
  const moved = said.find((r) => r.type === 'credit-calibration' && (r.unexplained ?? 0) > 5);
  assert.ok(moved !== undefined && moved.at === new Date(BEGIN + 20 * HOUR + 1_000).toISOString());
  assert.ok(said.some((r) => r.type === 'incident' && r.cause === 'unexplained-move' && r.state === 'open'));
  const last = said.findLast((r) => r.type === 'incident');
  assert.equal(last?.type === 'incident' ? last.state : '', 'resolved');
});

test('credit: terms nobody can mean and quotes without numbers are counted and cost nothing else', () => {
  const state = initEngine(DEFAULT_CONFIG);
  for (const wrong of [{ recovery: 1 }, { recovery: NaN }, { discountYears: [2, 1] }, { discountRates: [0.03] }])
    step(state, { ...terms, ...wrong });
  assert.equal(state.counts.refused.get('credit-terms-out-of-domain'), 4);
  assert.equal(state.credits.size, 0);
  step(state, terms);
  step(state, { ...quote(BEGIN, '5Y', 0.01), bid: Infinity });
  step(state, quote(BEGIN + 2_000, '5Y', 0.01));
  step(state, quote(BEGIN + 1_000, '5Y', 0.02));
  assert.equal(state.counts.refused.get('credit-quote-not-finite'), 1);
  assert.equal(state.counts.refused.get('credit-quote-overtaken'), 1);
  assert.equal(state.credits.get('desk:acme')?.contributors.get('only')?.quotes.size, 1);
});

test('credit: everything that could grow is bounded', () => {
  const state = initEngine(DEFAULT_CONFIG);
  step(state, terms);
  for (let i = 0; i < 200; i++) {
    step(state, { ...quote(BEGIN + i, `${i + 1}M`, 0.01), contributor: 'many-nodes' });
    step(state, { ...quote(BEGIN + i, '5Y', 0.01), contributor: `c${i}` });
  }
  const curve = state.credits.get('desk:acme');
  assert.equal(curve?.contributors.size, 64);
  assert.equal(curve?.contributors.get('many-nodes')?.quotes.size, 64);
  assert.equal(state.counts.refused.get('credit-too-many-nodes'), 136);
  assert.equal(state.counts.refused.get('credit-too-many-contributors'), 137);
});
