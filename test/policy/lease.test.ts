/** Leases: what is issued, what an override may lift, and what a consumer makes of several monitors and odd clocks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, constantFrom, integer, property, record } from 'fast-check';
import { initLeaseDesk, issueLeases, LEASE_TTL_MS } from '../../src/policy/lease-desk.ts';
import { applyOverride, initOversight } from '../../src/policy/oversight.ts';
import type { DeskHealth, LeaseVerdict } from '../../src/policy/lease-desk.ts';
import { judgeGate } from '../../src/policy/gate.ts';
import { initWings, updateWings, wingGate } from '../../src/policy/wing-gate.ts';
import { evaluateLeases, holdAnswer, LEASE_STATES } from '../../src/policy/lease.ts';
import type { HeldAnswer, Lease, LeaseState } from '../../src/policy/lease.ts';
import type { OperatorEvent } from '../../src/market/event.ts';

const AT = Date.UTC(2026, 1, 5, 21);
const MARCH = 'svi@deribit:BTC:2026-03-27';
const JUNE = 'svi@deribit:BTC:2026-06-26';
const HEALTHY: DeskHealth = { dataAgeMs: () => 100, feed: () => 'live', platform: () => 'open', loopLagMs: 3 };

const verdict = (over: Partial<LeaseVerdict> = {}): LeaseVerdict => ({
  scope: MARCH,
  gate: { state: 'OK', reasons: [] },
  ownerOf: {},
  modelId: 'svi-1',
  asOf: AT - 60_000,
  uncertainty: 1.2,
  ...over,
});
const issueOne = (v: LeaseVerdict, health: Partial<DeskHealth> = {}, people = initOversight()): Lease =>
  issueLeases(initLeaseDesk(), people.overrides.values(), [v], { ...HEALTHY, ...health }, AT)[0];
const operator = (over: Partial<OperatorEvent> = {}): OperatorEvent => ({
  type: 'operator',
  at: AT,
  receivedAt: AT,
  actor: 'rita',
  action: 'override',
  target: MARCH,
  note: 'quoting by hand',
  until: AT + 600_000,
  ...over,
});
const held = (lease: Partial<Lease>, over: { monitor?: string; monotonic?: number; wall?: number } = {}): HeldAnswer =>
  holdAnswer(
    {
      monitor: over.monitor ?? 'a',
      run: 'r',
      nonce: 'n',
      mode: 'advisory',
      issued_at: '',
      ttl_ms: LEASE_TTL_MS,
      sequence: 1,
      leases: [{ ...issueOne(verdict()), ...lease }],
    },
    { monotonic: over.monotonic ?? 1_000, wall: over.wall ?? AT },
  );
const soon = { monotonic: 1_200, wall: AT + 200 };

test('a healthy model gets a lease of five seconds with its calibration, its age and its error bar', () => {
  const lease = issueOne(verdict());
  assert.deepEqual([lease.state, lease.multiplier, lease.standing, lease.ttl_ms], ['OK', 1, 'verdict', 5_000]);
  assert.deepEqual([lease.model_id, lease.uncertainty_multiplier, lease.sequence], ['svi-1', 1.2, 1]);
  assert.equal(Date.parse(lease.expires_at) - Date.parse(lease.issued_at), 5_000);
});

test('WIDEN carries its factor: twice for the market, half as much again while unproven, never less than the error bar', () => {
  const widened = (reasons: string[], uncertainty: number): number | null =>
    issueOne(verdict({ gate: { state: 'WIDEN', reasons }, uncertainty })).multiplier;
  assert.equal(widened(['level-move'], 1), 2);
  assert.equal(widened(['unproven'], 1), 1.5);
  assert.equal(widened(['unproven'], 3.5), 3.5);
  assert.equal(widened(['unproven'], 400), 10);
  assert.equal(issueOne(verdict({ gate: { state: 'HEDGE_ONLY', reasons: ['frozen-model'] } })).multiplier, null);
});

test('without fresh data, a live feed, a turning loop or a calibration the monitor abstains, closed, and says why', () => {
  const said = (health: Partial<DeskHealth>, v = verdict()): [LeaseState, string, readonly string[]] => {
    const lease = issueOne(v, health);
    return [lease.state, lease.standing, lease.reasons];
  };
  assert.deepEqual(said({ dataAgeMs: () => 5_001 }), ['DO_NOT_USE', 'abstains', ['data-stale@deribit:BTC']]);
  assert.deepEqual(said({ dataAgeMs: () => NaN }), ['DO_NOT_USE', 'abstains', ['data-stale@deribit:BTC']]);
  assert.deepEqual(said({ feed: () => 'down' }), ['DO_NOT_USE', 'abstains', ['feed-down@deribit']]);
  assert.deepEqual(said({ loopLagMs: 2_001 }), ['DO_NOT_USE', 'abstains', ['monitor-lagging']]);
  const cold = verdict({ modelId: null, gate: { state: 'DO_NOT_USE', reasons: ['warming-up'] } });
  assert.deepEqual(said({}, cold), ['DO_NOT_USE', 'abstains', ['warming-up']]);
  assert.deepEqual(said({ platform: () => 'locked' }), ['DO_NOT_USE', 'verdict', ['venue-locked@deribit:BTC']]);
});

test('stale data of one underlying close no other', () => {
  const eth = verdict({ scope: 'svi@deribit:ETH:2026-03-27' });
  const health = { ...HEALTHY, dataAgeMs: (key: string) => (key === 'deribit:BTC' ? 60_000 : 10) };
  const leases = issueLeases(initLeaseDesk(), [], [verdict(), eth], health, AT);
  assert.deepEqual(
    leases.map((l) => l.state),
    ['DO_NOT_USE', 'OK'],
  );
});

test('break-glass opens its scope to WIDEN, keeps the reasons in sight, and lapses by itself', () => {
  const people = initOversight();
  const sick = verdict({ gate: { state: 'DO_NOT_USE', reasons: ['fat-finger'] } });
  assert.equal(applyOverride(people, operator()), null);
  const lease = issueOne(sick, {}, people);
  assert.deepEqual([lease.state, lease.multiplier, lease.reasons], ['WIDEN', 2, ['fat-finger']]);
  assert.deepEqual(lease.override, { by: 'rita', until: '2026-02-05T21:10:00.000Z', note: 'quoting by hand' });
  assert.equal(issueOne({ ...sick, scope: JUNE }, {}, people).state, 'DO_NOT_USE', 'another expiry stays closed');
  assert.equal(issueOne({ ...sick, scope: MARCH.replace('svi', 'ssvi') }, {}, people).state, 'DO_NOT_USE');
  const later = issueLeases(initLeaseDesk(), people.overrides.values(), [sick], HEALTHY, AT + 600_000)[0];
  assert.deepEqual([later.state, later.override], ['DO_NOT_USE', null]);
  assert.match(applyOverride(people, operator({ action: 'resume', receivedAt: AT + 600_000 }))!, /no override/);
  assert.equal(people.overrides.size, 0);
});

test('an override of one expiry lifts nothing that belongs to a wider scope; one of that scope does', () => {
  const people = initOversight();
  applyOverride(people, operator());
  const wide = verdict({
    gate: { state: 'DO_NOT_USE', reasons: ['index-dislocation'] },
    ownerOf: { 'index-dislocation': 'deribit:BTC' },
  });
  assert.equal(issueOne(wide, {}, people).state, 'DO_NOT_USE');
  assert.equal(issueOne(verdict(), { dataAgeMs: () => 9_999 }, people).state, 'DO_NOT_USE');
  applyOverride(people, operator({ target: 'svi@deribit:BTC' }));
  assert.equal(issueOne(wide, {}, people).state, 'WIDEN');
  assert.equal(issueOne(verdict(), { dataAgeMs: () => 9_999 }, people).state, 'WIDEN');
  assert.equal(issueOne(verdict(), { feed: () => 'down' }, people).state, 'DO_NOT_USE', 'the venue is wider still');
  applyOverride(people, operator({ target: 'svi@deribit' }));
  assert.equal(issueOne(verdict(), { feed: () => 'down' }, people).state, 'WIDEN');
});

test('no override makes a lagging monitor or a missing calibration speak', () => {
  const people = initOversight();
  applyOverride(people, operator({ target: 'svi@deribit' }));
  assert.equal(issueOne(verdict(), { loopLagMs: 9_000 }, people).state, 'DO_NOT_USE');
  assert.equal(issueOne(verdict({ modelId: null }), {}, people).state, 'DO_NOT_USE');
});

test('a careless override is refused and names the field', () => {
  const refusal = (over: Partial<OperatorEvent>): string | null => applyOverride(initOversight(), operator(over));
  assert.match(refusal({ note: ' ' })!, /^note:/);
  assert.match(refusal({ until: null })!, /^until:/);
  assert.match(refusal({ until: AT })!, /^until:/);
  assert.match(refusal({ until: AT + 3_600_001 })!, /^until: at most 60 minutes/);
  for (const target of ['svi', 'deribit:BTC', 'svi@deribit:BTC:27MAR26', 'svi@', '*'])
    assert.match(refusal({ target })!, /^target:/);
  assert.match(refusal({ action: 'resume' })!, /^target: no override/);
  const people = initOversight();
  for (let i = 0; i < 100; i++) assert.equal(applyOverride(people, operator({ target: `m${i}@deribit:BTC` })), null);
  assert.match(applyOverride(people, operator())!, /100 overrides/);
  assert.equal(applyOverride(people, operator({ action: 'resume', target: 'm7@deribit:BTC' })), null);
  assert.equal(applyOverride(people, operator()), null);
});

test('a lease lapses with its monotonic age, with its wall age, and on a clock that runs backwards', () => {
  const at = (monotonic: number, wall: number): string => evaluateLeases([held({})], MARCH, { monotonic, wall }).state;
  assert.equal(at(5_999, AT + 4_999), 'OK');
  assert.equal(at(6_000, AT + 100), 'DO_NOT_USE');
  assert.equal(at(1_100, AT + 5_000), 'DO_NOT_USE', 'suspended: only the wall clock noticed');
  assert.equal(at(1_100, AT - 86_400_000), 'OK', 'a wall clock set back a day changes nothing');
  assert.equal(at(6_000, AT - 86_400_000), 'DO_NOT_USE', 'and prolongs nothing');
  assert.equal(at(999, AT), 'DO_NOT_USE');
  assert.equal(at(NaN, AT), 'DO_NOT_USE');
  const long = held({});
  const greedy = holdAnswer({ ...long.answer, ttl_ms: 1e9 }, long);
  assert.equal(evaluateLeases([greedy], MARCH, { monotonic: 11_000, wall: AT }).state, 'DO_NOT_USE');
});

test('of two monitors the stricter verdict counts, an abstention only when nobody knows, a dead one not at all', () => {
  const both = (a: Partial<Lease>, b: Partial<Lease>): LeaseState =>
    evaluateLeases([held(a), held(b, { monitor: 'b' })], MARCH, soon).state;
  assert.equal(both({}, { state: 'HEDGE_ONLY' }), 'HEDGE_ONLY');
  assert.equal(both({ state: 'DO_NOT_USE' }, {}), 'DO_NOT_USE');
  assert.equal(both({ state: 'DO_NOT_USE', standing: 'abstains' }, {}), 'OK');
  assert.equal(
    both({ state: 'DO_NOT_USE', standing: 'abstains' }, { state: 'DO_NOT_USE', standing: 'abstains' }),
    'DO_NOT_USE',
  );
  const answer = evaluateLeases(
    [held({ state: 'DO_NOT_USE' }, { monotonic: -9_000 }), held({}, { monitor: 'b' })],
    MARCH,
    soon,
  );
  assert.deepEqual([answer.state, answer.monitors], ['OK', ['b']]);
});

test('a wing is as open as its expiry at most, and a scope that nobody leases is closed', () => {
  const wing = held({});
  const put = { ...wing.answer.leases[0], scope: `${MARCH}:put`, state: 'HEDGE_ONLY' as const };
  const two = holdAnswer({ ...wing.answer, leases: [...wing.answer.leases, put] }, wing);
  assert.equal(evaluateLeases([two], `${MARCH}:put`, soon).state, 'HEDGE_ONLY');
  assert.equal(evaluateLeases([two], `${MARCH}:call`, soon).state, 'OK');
  assert.equal(evaluateLeases([two], MARCH, soon).state, 'OK');
  const alone = holdAnswer({ ...wing.answer, leases: [{ ...put, state: 'OK' }] }, wing);
  assert.deepEqual(evaluateLeases([alone], `${MARCH}:put`, soon).reasons, ['no-lease']);
  assert.deepEqual(evaluateLeases([two], JUNE, soon).reasons, ['no-lease']);
});

test('a part of the smile closes on its own error and comes back at less, and never opens more than its expiry', () => {
  const wings = initWings();
  const whole = { state: 'OK', reasons: [] } as const;
  const batch = (put: number, n = 5): string => {
    updateWings(wings, [
      { n, meanSquare: n === 0 ? NaN : put * put },
      { n: 9, meanSquare: 1 },
      { n: 5, meanSquare: 1 },
    ]);
    return wingGate(whole, wings[0]).gate.state;
  };
  assert.equal(wingGate(whole, wings[0]).gate.state, 'OK', 'before its first score it is as its expiry');
  assert.equal(batch(1), 'OK');
  assert.equal(batch(3), 'OK', 'one bad batch is smoothed: sqrt(1 + .2 * 8) = 1.61');
  assert.equal(batch(4), 'WIDEN');
  assert.ok(wingGate(whole, wings[0]).widen > 2);
  for (let i = 0; i < 20; i++) batch(6);
  assert.equal(batch(6), 'HEDGE_ONLY');
  assert.deepEqual(wingGate(whole, wings[0]).gate.reasons, ['wing-error']);
  for (let i = 0; i < 40; i++) batch(3);
  assert.equal(batch(3), 'HEDGE_ONLY', 'between .7 of 4 and 4 it stays');
  for (let i = 0; i < 40; i++) batch(1.6);
  assert.equal(batch(1.6), 'WIDEN', 'between .7 of 2 and 2 too');
  for (let i = 0; i < 20; i++) batch(1);
  assert.equal(batch(1), 'OK');
  assert.deepEqual(
    [batch(1, 0), batch(1, 0), batch(1, 0)],
    ['OK', 'OK', 'DO_NOT_USE'],
    'nothing quoted there for three batches',
  );
  assert.deepEqual(wingGate(whole, wings[0]).gate.reasons, ['no-quotes']);
  assert.equal(wingGate(whole, wings[1]).gate.state, 'OK', 'its neighbours are their own');
  const shut = { state: 'DO_NOT_USE', reasons: ['gap'] } as const;
  assert.deepEqual(wingGate(shut, wings[1]).gate, shut);
});

test('what a wing has shown widens its lease; the reasons of its expiry are lifted by an override of that', () => {
  const scope = `${MARCH}:put`;
  const wide = verdict({ scope, gate: { state: 'WIDEN', reasons: ['wing-error'] }, uncertainty: 1, widen: 2.6 });
  assert.equal(issueOne(wide).multiplier, 2.6);
  const people = initOversight();
  applyOverride(people, operator({ target: scope }));
  const shut = verdict({
    scope,
    gate: { state: 'DO_NOT_USE', reasons: ['fat-finger'] },
    ownerOf: { 'fat-finger': 'deribit:BTC:2026-03-27' },
  });
  assert.equal(issueOne(shut, {}, people).state, 'DO_NOT_USE');
  const own = verdict({ scope, gate: { state: 'HEDGE_ONLY', reasons: ['wing-error'] } });
  assert.equal(issueOne(own, {}, people).state, 'WIDEN');
});

test('a tiny expiry has a lease too: wide on the shape of its neighbours, or shut because nothing is quoted', () => {
  const inputs = { hasFit: true, proven: true, ageSeconds: 1, dataCauses: [], marketCauses: [], modelCauses: [] };
  assert.deepEqual(judgeGate({ ...inputs, quotesUsed: 3, child: true }), {
    state: 'WIDEN',
    reasons: ['child-of-parent'],
  });
  assert.deepEqual(judgeGate({ ...inputs, quotesUsed: 3 }), { state: 'DO_NOT_USE', reasons: ['too-few-quotes'] });
  assert.deepEqual(judgeGate({ ...inputs, quotesUsed: 0, child: true }), {
    state: 'DO_NOT_USE',
    reasons: ['no-quotes'],
  });
  assert.deepEqual(judgeGate({ ...inputs, quotesUsed: 30, child: true }), { state: 'OK', reasons: [] });
  const unquoted = verdict({ modelId: null, uncertainty: null, gate: { state: 'DO_NOT_USE', reasons: ['no-quotes'] } });
  const lease = issueOne(unquoted);
  assert.deepEqual([lease.state, lease.standing, lease.reasons], ['DO_NOT_USE', 'verdict', ['no-quotes']]);
  assert.equal(issueOne({ ...verdict(), gate: { state: 'WIDEN', reasons: ['child-of-parent'] } }).multiplier, 2);
});

test('whatever is held, an answer is never more open than the strictest live verdict', () => {
  const lease = record({
    state: constantFrom(...LEASE_STATES),
    standing: constantFrom('verdict' as const, 'abstains' as const),
    age: integer({ min: -2_000, max: 12_000 }),
  });
  check(
    property(array(lease, { maxLength: 4 }), (leases) => {
      const all = leases.map((l, i) => held(l, { monitor: `m${i}`, monotonic: 50_000 - l.age }));
      const got = evaluateLeases(all, MARCH, { monotonic: 50_000, wall: AT });
      const live = leases.filter((l) => l.age >= 0 && l.age < 5_000);
      const said = live.filter((l) => l.standing === 'verdict');
      const counted = said.length > 0 ? said : live;
      const worst = Math.max(-1, ...counted.map((l) => LEASE_STATES.indexOf(l.state)));
      assert.equal(got.state, worst === -1 ? 'DO_NOT_USE' : LEASE_STATES[worst]);
    }),
    { numRuns: 300, seed: 7 },
  );
});
