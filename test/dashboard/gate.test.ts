import { test } from 'node:test';
import assert from 'node:assert/strict';
import {
  gateCell, gateModels, gateTable, loopLook, loopReason, registryTable, trialText, type GateItem, type Lease,
} from '../../dashboard/src/gate-reading.ts'; // prettier-ignore
import { toCsv } from '../../dashboard/src/table.ts';
import type { ExpiryGlance } from '../../dashboard/src/wire.ts';
import { LOOP_INPUTS, LOOP_STATES } from '../../src/policy/loop-table.ts';
import { Monitor } from '../../dashboard/src/monitor.ts';

const SCOPE = 'deribit:BTC:2026-03-27';
const item = (model: string, state: GateItem['state'], reasons: string[] = []): GateItem => ({
  scope: SCOPE, model, state, reasons, since: '2026-01-05T12:00:00.000Z',
}); // prettier-ignore
const lease = (scope: string, state: Lease['state'], multiplier: number | null, reasons: string[] = []): Lease => ({
  scope, state, multiplier, reasons, override: null,
}); // prettier-ignore
const glance: ExpiryGlance = {
  scope: SCOPE, expiry: '2026-03-27T08:00:00.000Z', model: 'svi', loop: 'QUARANTINE', loop_since: '2026-01-05T12:00:00.000Z',
  loop_why: 'data-fault', loop_incident: 'deribit:BTC-3', trial: null, proposed: null, years: 0.2, forward: 1, atm_vol: 0.5,
  gate: { state: 'DO_NOT_USE', reasons: ['wrong-forward'] }, age_s: 1, half_life_s: 1, pz: 1, inside_share: 1, quoted: 1, two_sided: 1,
}; // prettier-ignore

test('gate: what serves stands first; a cell says its reasons, how much wider, and wings that differ', () => {
  const items = [item('sabr', 'OK'), item('svi', 'WIDEN', ['unproven']), item('venue-mark', 'OK')];
  assert.deepEqual(gateModels(items, [glance]), ['svi', 'sabr', 'venue-mark']);
  const leases = new Map(
    [
      lease(`svi@${SCOPE}`, 'WIDEN', 1.5, ['unproven']),
      lease(`svi@${SCOPE}:put`, 'WIDEN', 3.02),
      lease(`svi@${SCOPE}:centre`, 'WIDEN', 1.5),
      lease(`svi@${SCOPE}:call`, 'HEDGE_ONLY', null),
    ].map((l) => [l.scope, l]),
  );
  const cell = gateCell(items, leases, 'svi', SCOPE);
  assert.deepEqual(cell?.wings, ['put ×3.0', 'call HEDGE ONLY']);
  assert.equal(cell?.multiplier, 1.5);
  assert.deepEqual(gateCell(items, new Map(), 'sabr', SCOPE)?.multiplier, 1);
  assert.equal(gateCell(items, leases, 'spline', SCOPE), null);
  const csv = toCsv(gateTable([glance], items, leases));
  assert.match(
    csv,
    /2026-03-27,QUARANTINE,2026-01-05 12:00:00,the data are at fault,deribit:BTC-3,,WIDEN,"unproven, put ×3\.0, call HEDGE ONLY",1\.5,OK,,1/,
  );
});

test('gate: every state of the loop has a look of its own word, every input a reason in words', () => {
  const shown = LOOP_STATES.map((s) => loopLook(s).word);
  assert.equal(new Set(shown).size, LOOP_STATES.length);
  for (const state of LOOP_STATES) assert.doesNotMatch(loopLook(state).says, /does not know/, state);
  for (const input of Object.keys(LOOP_INPUTS)) assert.match(loopReason(input), /^[a-z ,-]+$/, input);
  assert.equal(loopReason(null), '');
});

test('gate: a trial, a probation and a proposal in words', () => {
  const trial = { mode: 'shadow', rivals: ['sabr', 'spline'], since: '2026-01-05T12:00:00.000Z' } as const;
  assert.equal(trialText({ trial: null, proposed: null }), '');
  assert.equal(trialText({ trial, proposed: null }), 'on trial: sabr, spline');
  assert.equal(trialText({ trial, proposed: 'sabr' }), 'sabr waits for approval');
  assert.match(trialText({ trial: { ...trial, mode: 'probation' }, proposed: null }), /stands by/);
});

test('gate: what changed has outcome, guards, approver and parent', () => {
  const table = registryTable([
    {
      id: 'a'.repeat(64), job: 'j', model: 'svi', scope: SCOPE, inputs: { to: '2026-01-05T12:00:00.000Z', quotes: 8 }, parent: null,
      status: 'refused', reason: 'first', guards: ['effective-quotes'], approver: 'automatic', scores: { batches: 0, mean_pz: null }, serving: false,
    },
  ]); // prettier-ignore
  assert.deepEqual(table.rows[0], [
    '2026-01-05 12:00:00', 'BTC 27 Mar 26', 'svi', 'refused', 'first', 'effective quotes', 'automatic', 8, 0, null, '', 'aaaaaaaaaaaa', 'none',
  ]); // prettier-ignore
});

test('an index without an option is no market to look at, unless there is nothing else', () => {
  const monitor = new Monitor(
    (run) => run(),
    () => 0,
  );
  const tell = (...items: object[]): void =>
    monitor.text({ type: 'snapshot', topic: 'underlyings', seq: 0, data: { items } } as never);
  tell({ key: 'deribit:USDC', expiries: [] });
  assert.deepEqual(monitor.watched().map((u) => u.key), ['deribit:USDC']); // prettier-ignore
  tell({ key: 'deribit:USDC', expiries: [] }, { key: 'deribit:BTC', expiries: [glance] });
  assert.deepEqual(monitor.watched().map((u) => u.key), ['deribit:BTC']); // prettier-ignore
});
