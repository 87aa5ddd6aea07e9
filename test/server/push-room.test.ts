/** The user's own smile over HTTP: who may, what becomes of it, what is refused with its reason. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { OversightDesk } from '../../src/app/oversight-desk.ts';
import { PushDesk } from '../../src/app/push-desk.ts';
import { AccessTokens } from '../../src/server/access-tokens.ts';
import { startServer } from '../../src/server/monitor-server.ts';
import { oversightRoom } from '../../src/server/oversight-routes.ts';
import { pushRoom } from '../../src/server/push-room.ts';
import { MonitoredMarket, type Answer } from './served-market.ts';

const digest = (token: string): string => createHash('sha256').update(token).digest('hex');

test('a pushed smile is live, scored and registered under the id it was given; bad ones are refused with field and value', async (t) => {
  const market = new MonitoredMarket([]);
  market.advance(30);
  const state = () => market.session.state;
  const accept = (events: readonly Parameters<typeof market.push>[0][]): void => events.forEach((e) => market.push(e));
  const desk = new PushDesk({ state, accept, now: () => market.at });
  const server = await startServer({
    view: market.view,
    rooms: [pushRoom(desk), oversightRoom(new OversightDesk(state, () => null))],
    port: 0,
    tokens: AccessTokens.parse(`sam view ${digest('seer')}\nrita approve ${digest('judge')}`, 'tokens'),
    page: null,
    onTrouble: (error) => assert.fail(error),
    checkAnswers: true,
  });
  t.after(() => server.close());
  const call = async (token: string, path: string, body?: object): Promise<{ status: number; body: Answer }> => {
    const response = await fetch(`${server.address}api/v1/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
  const expiry = state().underlyings.get('deribit:BTC')!.expiries.at(-1)!;
  const ours = expiry.models.find((m) => m.model === 'svi')!.versions.at(-1)!.fit;
  const [parameters, covariance] = [[...ours.parameters], [...ours.covariance]];
  const day = expiry.key.slice(-10);
  const smile = { model: 'desk', underlying: 'BTC', expiry: day, version: '2026.1', family: 'svi', parameters, covariance }; // prettier-ignore
  assert.equal((await call('seer', 'models/smiles', smile)).status, 403);
  const answer = (await call('judge', 'models/smiles', smile)).body;
  assert.match(answer.content_id, /^[0-9a-f]{64}$/);
  market.advance(10);
  const found = (await call('seer', `registry/${answer.content_id}`)).body;
  assert.deepEqual(
    [found.model, found.approver, found.statement, found.serving, found.job],
    ['desk', 'rita', 'family=svi;version=2026.1', true, answer.job],
  );
  assert.deepEqual([found.parameters, found.covariance], [parameters, covariance]);
  assert.ok(found.scores.batches > 3 && found.scores.mean_pz > 0);
  for (const [wrong, status, says] of [
    [{ parameters: parameters.slice(1) }, 422, /wrong-length: 4 parameters; svi has 5/],
    [{ family: undefined, parameters: undefined, covariance: undefined, strikes: [1e5, 2e5], volatilities: [45, 50] }, 422, /volatility 0 is 45: a fraction/], // prettier-ignore
    [{ covariance: [1] }, 422, /covariance has 1 numbers/],
    [{ expiry: '2031-01-01' }, 422, /deribit:BTC:2031-01-01 is not watched/],
    [{ model: 'svi' }, 422, /built in/],
    [{ version: 'a;b' }, 400, /version/],
    [{ expiry: 'soon' }, 400, /expiry/],
  ] as readonly (readonly [object, number, RegExp])[]) {
    const refused = await call('judge', 'models/smiles', { ...smile, ...wrong });
    assert.equal(refused.status, status, JSON.stringify(refused.body));
    assert.match(JSON.stringify(refused.body), says);
  }
  const replay = new PushDesk({ state, accept: null, now: () => market.at });
  assert.ok('busy' in replay.push({ ...smile, venue: 'deribit' }, 'rita'));
});
