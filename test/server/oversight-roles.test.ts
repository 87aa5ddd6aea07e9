/** Writes about the loop and incidents: who may, what it does to the engine, and that each try is on record. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { OversightDesk } from '../../src/app/oversight-desk.ts';
import type { OperatorEvent } from '../../src/market/event.ts';
import { AccessTokens } from '../../src/server/access-tokens.ts';
import { startServer } from '../../src/server/monitor-server.ts';
import { oversightRoom } from '../../src/server/oversight-routes.ts';
import { get, KEY, MonitoredMarket, post, START } from './served-market.ts';

const ROLES = ['view', 'acknowledge', 'approve', 'override'] as const;
const token = (role: string): Record<string, string> => ({ authorization: `Bearer token-of-${role}` });
const TOKENS = AccessTokens.parse(
  ROLES.map((r) => `${r} ${r} ${createHash('sha256').update(`token-of-${r}`).digest('hex')}`).join('\n'),
  'tokens',
);

async function served(t: TestContext) {
  const fault = { fault: 'wrong-forward', from: START + 8_000, to: START + 68_000, scope: { underlying: 'BTC', expiry: 2 }, magnitude: 100, shape: 'abrupt' } as const; // prettier-ignore
  const market = new MonitoredMarket([fault]);
  market.advance(14);
  const desk = new OversightDesk(
    () => market.session.state,
    (request) => {
      const event: OperatorEvent = { type: 'operator', at: market.at, receivedAt: market.at, until: null, ...request };
      market.push(event);
      return null;
    },
  );
  const server = await startServer({
    view: market.view, port: 0, page: null, tokens: TOKENS, rooms: [oversightRoom(desk)], checkAnswers: true,
    onTrouble: (error) => assert.fail(error),
  }); // prettier-ignore
  t.after(() => server.close());
  return { market, base: `${server.address}api/v1` };
}

/** Status by role, weakest first, of one write. */
async function tried(url: string, body: object): Promise<number[]> {
  const statuses: number[] = [];
  for (const role of ROLES) statuses.push((await post(url, body, token(role))).status);
  return statuses;
}

test('acknowledging and judging an incident take the role acknowledge', async (t) => {
  const { market, base } = await served(t);
  const [incident] = market.view.incidents();
  const url = `${base}/incidents/${incident.id}`;
  assert.deepEqual(await tried(`${url}/acknowledge`, { note: 'seen' }), [403, 200, 200, 200]);
  assert.deepEqual(await tried(`${url}/verdict`, { verdict: 'true', note: 'it was' }), [403, 200, 200, 200]);
  assert.equal(market.session.state.oversight.acknowledged.get(incident.id)?.by, 'override', 'the last to say so');
  const { body } = await get(url, token('view'));
  assert.deepEqual([body.acknowledged.note, body.verdict.verdict, body.verdict.by], ['seen', 'true', 'override']);
});

test('manual mode, its end, a recalibration and a decision on a proposal take the role approve', async (t) => {
  const { market, base } = await served(t);
  const expiry = market.session.state.underlyings.get(KEY)!.expiries[0];
  const order = (action: string): Promise<number[]> => tried(`${base}/loop`, { target: expiry.key, action, note: 'why' }); // prettier-ignore
  assert.deepEqual(await order('manual'), [403, 403, 200, 200]);
  assert.equal(expiry.loop.machine.state, 'MANUAL');
  const { body } = await get(`${base}/oversight`, token('view'));
  assert.deepEqual(body.manual.map((m: { scope: string }) => m.scope), [expiry.key]); // prettier-ignore
  assert.deepEqual(await order('resume'), [403, 403, 200, 200]);
  assert.notEqual(expiry.loop.machine.state, 'MANUAL');
  assert.deepEqual(await order('refit'), [403, 403, 200, 200]);
  assert.equal(expiry.loop.ordered, 'override', 'the next batch is fitted for whoever asked last');
  assert.deepEqual((await order('approve')).slice(0, 2), [403, 403]);
  assert.deepEqual((await order('reject')).slice(0, 2), [403, 403]);
  assert.equal((await post(`${base}/loop`, { target: 'nobody:X', action: 'refit', note: 'why' }, token('approve'))).status, 409); // prettier-ignore
  assert.equal((await post(`${base}/loop`, { target: expiry.key, action: 'refit', note: '' }, token('approve'))).status, 400); // prettier-ignore
});

test('every try is on record with who, what and whether, and nothing of its body', async (t) => {
  const { market, base } = await served(t);
  const { key } = market.session.state.underlyings.get(KEY)!.expiries[0];
  await tried(`${base}/loop`, { target: key, action: 'refit', note: 'between us' });
  const { body } = await get(`${base}/audit`, token('approve'));
  const seen = body.items.map((i: Record<string, unknown>) => [i['actor'], i['action'], i['outcome'], i['status']]);
  assert.deepEqual(seen, [
    ['override', 'POST /api/v1/loop', 'done', 200],
    ['approve', 'POST /api/v1/loop', 'done', 200],
    ['acknowledge', 'POST /api/v1/loop', 'refused', 403],
    ['view', 'POST /api/v1/loop', 'refused', 403],
  ]);
  assert.doesNotMatch(JSON.stringify(body), /between us|token-of/);
});
