import { test } from 'node:test';
import assert from 'node:assert/strict';
import { expiryOrders, incidentOrders, inForce, minutesText } from '../../dashboard/src/orders.ts';
import type { ExpiryGlance, Incident, Session } from '../../dashboard/src/wire.ts';

const ROOMS = ['gate', 'alerts', 'oversight'];
const SCOPE = 'deribit:BTC:2026-03-27';
const LADDER = ['view', 'acknowledge', 'approve', 'override'];
const session = (role: string): Session => ({ name: 'anna', role, can: LADDER.slice(0, LADDER.indexOf(role) + 1), secured: true }); // prettier-ignore
const glance = (of: Partial<ExpiryGlance> = {}): ExpiryGlance => ({
  scope: SCOPE, expiry: '2026-03-27T08:00:00.000Z', model: 'svi', loop: 'HEALTHY', loop_since: null, loop_why: null, loop_incident: null, trial: null, proposed: null, years: 0.2, forward: 1, atm_vol: 0.5,
  gate: { state: 'OK', reasons: [] }, age_s: 1, half_life_s: 1, pz: 1, inside_share: 1, quoted: 1, two_sided: 1, ...of,
}); // prettier-ignore
const incident = { id: 'deribit:BTC-7', cause: 'wrong-forward', underlying: 'deribit:BTC' } as Incident;
const names = (orders: readonly { readonly name: string }[]): string[] => orders.map((o) => o.name);

test('each role is offered what it may do and nothing else; nobody is offered anything before it is known who asks', () => {
  const shut = glance({ gate: { state: 'DO_NOT_USE', reasons: ['wrong-forward'] } });
  assert.deepEqual(names(expiryOrders(null, shut, ROOMS)), []);
  assert.deepEqual(names(expiryOrders(session('view'), shut, ROOMS)), []);
  assert.deepEqual(names(expiryOrders(session('acknowledge'), shut, ROOMS)), []);
  assert.deepEqual(names(expiryOrders(session('approve'), shut, ROOMS)), ['refit', 'manual']);
  assert.deepEqual(names(expiryOrders(session('override'), shut, ROOMS)), ['refit', 'manual', 'override']);
  assert.deepEqual(names(incidentOrders(session('view'), incident, ROOMS)), []);
  assert.deepEqual(names(incidentOrders(session('acknowledge'), incident, ROOMS)), [
    'true', 'false', 'duplicate', 'unclear', 'silence',
  ]); // prettier-ignore
});

test('only what the server has and what the state calls for is offered', () => {
  const desk = session('override');
  assert.deepEqual(
    names(expiryOrders(desk, glance(), ROOMS)),
    ['refit', 'manual'],
    'an open gate needs no glass broken',
  );
  assert.deepEqual(names(expiryOrders(desk, glance({ loop: 'MANUAL' }), ROOMS)), ['refit', 'resume']);
  assert.deepEqual(names(expiryOrders(desk, glance({ proposed: 'sabr' }), ROOMS)), ['approve', 'reject', 'refit', 'manual']); // prettier-ignore
  assert.deepEqual(names(expiryOrders(desk, glance(), [])), []);
  assert.deepEqual(names(incidentOrders(desk, incident, ['gate'])), []);
});

test('an order is the request that the server documents', () => {
  const shut = glance({ model: 'sabr', gate: { state: 'HEDGE_ONLY', reasons: [] } });
  const glass = expiryOrders(session('override'), shut, ROOMS).find((o) => o.name === 'override')!;
  assert.deepEqual([glass.method, glass.path, glass.body('venue is wrong', 15)], [
    'POST', 'gate/overrides', { scope: `sabr@${SCOPE}`, minutes: 15, note: 'venue is wrong' },
  ]); // prettier-ignore
  assert.ok(glass.minutes.every((m) => m <= 60));
  const refit = expiryOrders(session('approve'), glance(), ROOMS)[0];
  assert.deepEqual([refit.path, refit.body('why', 0)], ['loop', { target: SCOPE, action: 'refit', note: 'why' }]);
  const silence = incidentOrders(session('acknowledge'), incident, ROOMS).at(-1)!;
  assert.deepEqual(silence.body('known', 60), { target: 'cause=wrong-forward,underlying=deribit:BTC', minutes: 60, note: 'known' }); // prettier-ignore
  assert.deepEqual([15, 60, 240, 1_440].map(minutesText), ['15 min', '1 h', '4 h', '1 d']);
});

test('what is in force is listed with its end, offered to those who may give it', () => {
  const orders = {
    overrides: [{ scope: `svi@${SCOPE}`, by: 'anna', note: 'venue', until: '2026-03-01T00:00:00.000Z' }],
    silences: [{ id: 's-1', match: { cause: 'wrong-forward' }, by: 'ben', note: 'known', until: '2026-03-01T00:00:00.000Z' }],
    manual: [{ scope: SCOPE, since: '2026-02-28T00:00:00.000Z' }],
  }; // prettier-ignore
  const ends = (role: string): (string | undefined)[] => inForce(session(role), orders, ROOMS).map((o) => o.end?.path);
  assert.deepEqual(ends('override'), ['gate/overrides', 'loop', 'silences']);
  assert.deepEqual(ends('approve'), [undefined, 'loop', 'silences']);
  assert.deepEqual(ends('view'), [undefined, undefined, undefined]);
  const [glass, manual, silence] = inForce(session('override'), orders, ROOMS);
  assert.deepEqual(
    [glass.end!.method, glass.end!.body('over', 0)],
    ['DELETE', { scope: `svi@${SCOPE}`, note: 'over' }],
  );
  assert.deepEqual([manual.end!.method, manual.end!.body('back', 0)], ['POST', { target: SCOPE, action: 'resume', note: 'back' }]); // prettier-ignore
  assert.deepEqual([silence.on, silence.end!.body('', 0)], ['cause=wrong-forward', { target: 's-1', note: '' }]);
});
