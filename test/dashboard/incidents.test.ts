import { test } from 'node:test';
import assert from 'node:assert/strict';
import {
  explainCommand,
  foldRuns,
  foldSteps,
  inOrder,
  neighbour,
  readEvidence,
} from '../../dashboard/src/incident-reading.ts';
import { worstSlice } from '../../dashboard/src/slices.ts';
import { lifeSpent } from '../../dashboard/src/gate-look.ts';
import type { ExpiryGlance, GateWord, Incident } from '../../dashboard/src/wire.ts';

const incident = (id: string, of: Partial<Incident> = {}): Incident => ({
  id,
  cause: 'wrong-forward',
  says: 'the published forward contradicts parity',
  kind: 'data',
  severity: 'warning',
  scope: 'deribit:BTC:2026-12-11',
  underlying: 'deribit:BTC',
  state: 'open',
  opened: '2026-11-22T14:17:55.000Z',
  updated: '2026-11-22T14:17:55.000Z',
  resolved: null,
  acknowledged: null,
  runner_up: null,
  money: null,
  evidence: {},
  timeline: [],
  ...of,
});
const slice = (scope: string, state: GateWord, pz: number | null, reasons: string[] = []): ExpiryGlance => ({
  scope,
  model: 'svi',
  loop: 'HEALTHY',
  loop_since: null,
  loop_why: null,
  loop_incident: null,
  trial: null,
  proposed: null,
  expiry: '2026-12-11T08:00:00.000Z',
  years: 0.05,
  forward: 1,
  atm_vol: 0.5,
  gate: { state, reasons },
  age_s: 1,
  half_life_s: 100,
  pz,
  inside_share: 1,
  quoted: 10,
  two_sided: 10,
});

test('open before resolved, grave before mild, new before old', () => {
  const all = [
    incident('old', { opened: '2026-11-22T10:00:00.000Z' }),
    incident('done', { state: 'resolved', severity: 'critical', opened: '2026-11-22T15:00:00.000Z' }),
    incident('new', { opened: '2026-11-22T14:00:00.000Z' }),
    incident('grave', { severity: 'critical', opened: '2026-11-22T09:00:00.000Z' }),
  ];
  assert.deepEqual(inOrder(all).map((i) => i.id), ['grave', 'new', 'old', 'done']); // prettier-ignore
  assert.equal(neighbour(all, '', 1)?.id, 'grave');
  assert.equal(neighbour(all, 'new', 1)?.id, 'old');
  assert.equal(neighbour(all, 'new', -1)?.id, 'grave');
  assert.equal(neighbour(all, 'done', 1), null);
  assert.equal(neighbour([], '', 1), null);
});

test('evidence is read as the engine writes it, and what it lacks is empty', () => {
  const reading = readEvidence(
    incident('a', {
      runner_up: { cause: 'unit-mismatch', separated_by: 'unmoved', nats: 6.8 },
      evidence: {
        probabilities: { 'unit-mismatch': 0.1, 'wrong-forward': 0.9, health: 0 },
        signs: [
          { sign: 'forward-gap', says: 'published forward against put-call parity', value: -32, nats: 10.9 },
          { sign: 'b', value: 'text' },
          { sign: 'c' },
          { sign: 'd' },
        ],
        index: 70_000,
      },
    }),
  );
  assert.deepEqual(reading.probabilities, [{ cause: 'wrong-forward', p: 0.9 }, { cause: 'unit-mismatch', p: 0.1 }]); // prettier-ignore
  assert.deepEqual(reading.signs.map((s) => [s.says, s.value]), [['published forward against put-call parity', -32], ['b', null], ['c', null]]); // prettier-ignore
  assert.deepEqual(reading.runnerUp, { cause: 'unit-mismatch', nats: 6.8, separatedBy: 'unmoved' });
  assert.deepEqual(reading.numbers, [{ name: 'index', value: 70_000 }]);
  assert.deepEqual(readEvidence(incident('b', { evidence: { signs: 'none', probabilities: [1] } })), { probabilities: [], signs: [], runnerUp: null, numbers: [] }); // prettier-ignore
});

test('what is said once for every expiry is said once, with how often', () => {
  const at = '2026-11-22T15:02:49.000Z';
  const step = (text: string, when = at) => ({ at: when, what: 'action' as const, text, data: {} });
  const folded = foldSteps([
    step('a'),
    step('b'),
    step('b'),
    step('b'),
    step('a'),
    step('a', '2026-11-22T15:02:50.000Z'),
  ]);
  assert.deepEqual(folded.map((s) => [s.text, s.times]), [['a', 1], ['b', 3], ['a', 1], ['a', 1]]); // prettier-ignore
});

test('the command beside an incident is one that a shell takes as it stands', () => {
  assert.equal(explainCommand('deribit:BTC-1'), 'vernier explain deribit:BTC-1');
  assert.equal(explainCommand("a'; rm b"), "vernier explain 'a'\\''; rm b'");
});

test('the worst slice: its own incident, then the gate, then the score; with why', () => {
  const slices = [slice('a', 'OK', 3), slice('b', 'HEDGE_ONLY', 1, ['frozen-model']), slice('c', 'OK', null)];
  assert.deepEqual([worstSlice(slices, [])?.slice.scope, worstSlice(slices, [])?.why], ['b', 'frozen-model']);
  const own = [incident('x', { scope: 'c', cause: 'stale-feed' })];
  assert.deepEqual([worstSlice(slices, own)?.slice.scope, worstSlice(slices, own)?.why], ['c', 'stale-feed']);
  assert.equal(worstSlice([slice('a', 'OK', 3)], [])?.why, 'PZ 3.00');
  assert.equal(
    worstSlice(
      [slices[0], slices[2]],
      own.map((i) => ({ ...i, state: 'resolved' })),
    )?.slice.scope,
    'a',
  );
  assert.equal(worstSlice([], []), null);
  assert.equal(lifeSpent(50, 100), 0.5);
  assert.equal(lifeSpent(50, null), null);
});

test('what came again and again and is over is one line; what is open, chosen or came twice is not folded', () => {
  const over = (id: string, of: Partial<Incident> = {}): Incident => incident(id, { state: 'resolved', ...of });
  const flapping = [over('6'), over('5'), over('4'), over('3', { cause: 'crossed-quotes' }), over('2'), over('1')];
  const shape = (chosen: string, all: readonly Incident[]): string[] =>
    foldRuns(all, chosen).map(({ first, same }) => `${first.id}+${same.map((i) => i.id).join('')}`);
  assert.deepEqual(shape('', flapping), ['6+54', '3+', '2+', '1+']);
  assert.deepEqual(shape('5', flapping), ['6+', '5+', '4+', '3+', '2+', '1+']);
  assert.deepEqual(shape('6', flapping), ['6+54', '3+', '2+', '1+']);
  assert.deepEqual(shape('', [incident('9'), incident('8'), incident('7')]), ['9+', '8+', '7+']);
});
