/** Expiries under manual control stay under it when an engine under another configuration begins. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ordersOf } from '../../src/engine/carry-over.ts';
import { carriedOver } from '../../src/policy/oversight.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { initEngine, type EngineState } from '../../src/engine/state.ts';
import { step } from '../../src/engine/step.ts';
import type { FitJob } from '../../src/model/contract.ts';
import type { MarketEvent, OperatorEvent } from '../../src/market/event.ts';
import { answerOf, DAY, expiryIn, listing, quotes, run, snapshotEnd, START } from './synthetic-market.ts';

const [NEAR, FAR] = [expiryIn(11), expiryIn(30)];
const [NEAR_KEY, FAR_KEY] = ['deribit:BTC:2026-01-16', 'deribit:BTC:2026-02-04'];

const order = (action: OperatorEvent['action'], target: string, at: number): OperatorEvent => ({
  type: 'operator', at, receivedAt: at, actor: 'ann', action, target, note: 'desk', until: null,
}); // prettier-ignore

/** An engine whose far expiry, or every expiry, ann has taken over. */
function taken(target: string): EngineState {
  const r = run();
  r.push([...listing(NEAR), ...listing(FAR), ...quotes(NEAR, { at: START }), ...quotes(FAR, { at: START }), snapshotEnd(START)]); // prettier-ignore
  r.push([order('manual', target, START + 1_000)]);
  return r.state;
}

/** Feeds events to an engine, answers what it asks for, and returns the jobs. */
function feed(state: EngineState, events: readonly MarketEvent[]): FitJob[] {
  const jobs: FitJob[] = [];
  for (const event of events)
    for (const effect of step(state, event)) {
      if (effect.type === 'record') continue;
      if (effect.job.model === 'svi') jobs.push(effect.job);
      feed(state, [answerOf(effect.job)]);
    }
  return jobs;
}

const chain = (at: number): MarketEvent[] => [...quotes(NEAR, { at }), ...quotes(FAR, { at }), snapshotEnd(at)];
const stateOf = (state: EngineState, key: string): string | undefined =>
  state.underlyings.get('deribit:BTC')?.expiries.find((e) => e.key === key)?.loop.machine.state;

test('an expiry under manual control begins in MANUAL under another configuration, and only an operator moves it', () => {
  const before = taken(FAR_KEY);
  const state = initEngine({ ...DEFAULT_CONFIG, maxAgeSeconds: 60 }, carriedOver(ordersOf(before)));
  assert.deepEqual([...state.oversight.manual], [[FAR_KEY, START + 1_000]]);
  const at = START + 60_000;
  const first = feed(state, [...listing(NEAR, at), ...listing(FAR, at), ...chain(at), ...chain(at + 60_000)]);
  assert.deepEqual([stateOf(state, FAR_KEY), stateOf(state, NEAR_KEY)], ['MANUAL', 'HEALTHY']);
  assert.ok(first.length > 0 && first.every((j) => j.scope.expiry === NEAR), 'nothing is fitted that nobody ordered');
  assert.equal(state.oversight.manual.size, 0, 'its loop keeps it from here on');
  const far = state.underlyings.get('deribit:BTC')!.expiries.find((e) => e.key === FAR_KEY)!;
  assert.equal(far.loop.machine.since, START + 1_000);
  const ordered = feed(state, [order('refit', FAR_KEY, at + 70_000), ...chain(at + 120_000)]);
  assert.deepEqual(
    ordered.filter((j) => j.scope.expiry === FAR).map((j) => j.reason),
    ['manual'],
    'a first fit that was ordered',
  );
  assert.deepEqual([stateOf(state, FAR_KEY), far.models[0].versions.length], ['MANUAL', 1]);
  const again = carriedOver(ordersOf(state));
  assert.deepEqual([...again.manual], [[FAR_KEY, START + 1_000]], 'over a second change too');
  feed(state, [order('resume', FAR_KEY, at + 130_000)]);
  assert.equal(stateOf(state, FAR_KEY), 'DRIFT');
  assert.equal(carriedOver(ordersOf(state)).manual.size, 0);
});

test('what is not listed yet waits under manual control, can be handed back, and is forgotten when it has expired', () => {
  const before = taken('deribit:BTC');
  const handed = initEngine(DEFAULT_CONFIG, carriedOver(ordersOf(before)));
  assert.deepEqual([...handed.oversight.manual.keys()].toSorted(), [NEAR_KEY, FAR_KEY]);
  feed(handed, [order('resume', FAR_KEY, START + 2_000)]);
  assert.deepEqual([...carriedOver(ordersOf(handed)).manual.keys()], [NEAR_KEY]);
  assert.equal(handed.counts.refused.get('operator-unknown-target'), undefined);
  feed(handed, [order('resume', 'deribit:BTC', START + 3_000)]);
  assert.equal(handed.oversight.manual.size, 0);
  feed(handed, [order('resume', 'deribit:BTC', START + 4_000)]);
  assert.equal(handed.counts.refused.get('operator-unknown-target'), 1);
  const later = initEngine(DEFAULT_CONFIG, carriedOver(ordersOf(before)));
  const at = START + 15 * DAY;
  feed(later, [...listing(FAR, at), ...quotes(FAR, { at }), snapshotEnd(at)]);
  assert.deepEqual([...carriedOver(ordersOf(later)).manual.keys()], [FAR_KEY], 'the near one is over');
});
