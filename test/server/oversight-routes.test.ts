/** Verdicts, orders and the registry over HTTP, every answer checked against its schema: who may, what is refused, what is shown. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { OversightDesk } from '../../src/app/oversight-desk.ts';
import { contentId } from '../../src/policy/registry.ts';
import { AccessTokens } from '../../src/server/access-tokens.ts';
import { startServer } from '../../src/server/monitor-server.ts';
import { oversightRoom } from '../../src/server/oversight-routes.ts';
import { MonitoredMarket, START, type Answer } from './served-market.ts';

const digest = (token: string): string => createHash('sha256').update(token).digest('hex');

test('who may order and judge, what is shown of it, and calibrations by their content id', async (t) => {
  const faults = [
    { fault: 'crossed', scope: { underlying: 'BTC', expiry: null }, from: START + 20_000, to: START + 30_000, magnitude: 0.5, shape: 'abrupt' },
  ] as const; // prettier-ignore
  const market = new MonitoredMarket(faults);
  const desk = new OversightDesk(
    () => market.session.state,
    (request) => {
      market.push({ type: 'operator', at: market.at, receivedAt: market.at, until: null, ...request });
      return null;
    },
  );
  market.advance(45);
  const server = await startServer({
    view: market.view,
    rooms: [oversightRoom(desk)],
    port: 0,
    tokens: AccessTokens.parse(
      `sam view ${digest('seer')}\nanna acknowledge ${digest('taker')}\nrita approve ${digest('judge')}`,
      'tokens',
    ),
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

  const [incident] = (await call('seer', 'incidents')).body.items;
  assert.equal(incident.cause, 'crossed-quotes');
  const judged = { verdict: 'true', note: 'seen in the raw feed' };
  assert.equal((await call('seer', `incidents/${incident.id}/verdict`, judged)).status, 403);
  assert.equal((await call('taker', 'incidents/deribit:BTC-99/verdict', judged)).status, 404);
  assert.equal((await call('taker', `incidents/${incident.id}/verdict`, { verdict: 'maybe' })).status, 400);
  const given = (await call('taker', `incidents/${incident.id}/verdict`, judged)).body;
  assert.deepEqual(
    [given.verdict, given.by, given.automatic, given.rule, given.cause],
    ['true', 'anna', false, null, 'crossed-quotes'],
  );
  const shown = (await call('seer', `incidents/${incident.id}`)).body;
  assert.deepEqual([shown.verdict.verdict, shown.timeline.at(-1).what], ['true', 'verdict']);
  const [all, row] = (await call('seer', 'precision')).body.items;
  assert.deepEqual([all.cause, row.cause, row.people.true, row.by_people.precision], ['all', 'crossed-quotes', 1, 1]);
  assert.ok(row.by_people.low > 0 && row.by_people.low < 0.3 && row.by_people.high === 1, 'one verdict says little');
  assert.equal((await call('seer', 'verdicts?limit=1')).body.items[0].incident, incident.id);

  const scope = market.session.state.underlyings.get('deribit:BTC')!.expiries.at(-1)!.key;
  const order = { target: scope, action: 'manual', note: 'listing change' };
  assert.equal((await call('taker', 'loop', order)).status, 403);
  assert.equal((await call('judge', 'loop', { ...order, note: '' })).status, 400);
  assert.equal((await call('judge', 'loop', { ...order, action: 'override' })).status, 400);
  assert.match(
    (await call('judge', 'loop', { ...order, target: 'deribit:SOL' })).body.detail,
    /^target: deribit:SOL is no/,
  );
  assert.deepEqual((await call('judge', 'loop', order)).body.manual.map((m: Answer) => m.scope), [scope]); // prettier-ignore
  assert.deepEqual((await call('judge', 'loop', { ...order, action: 'resume' })).body.manual, []);

  const page = (await call('seer', 'registry?model=svi&limit=3')).body;
  assert.equal(page.items.length, 3);
  assert.ok(page.next_cursor !== null);
  const everything = (await call('seer', 'registry?limit=1000')).body.items as Answer[];
  const serving = everything.find((c) => c.serving && c.scores.batches > 0)!;
  assert.ok(serving.scores.mean_pz > 0 && serving.scores.worst_pz >= serving.scores.mean_pz);
  assert.ok(serving.scores.mean_inside_share > 0 && serving.scores.mean_inside_share <= 1);
  const one = (await call('seer', `registry/${serving.id}`)).body;
  assert.deepEqual(one, serving);
  const { model, parameters, covariance, parent, inputs } = one;
  const { first_record: firstRecord, last_record: lastRecord, quotes } = inputs;
  const stretch = { from: Date.parse(inputs.from), to: Date.parse(inputs.to) };
  assert.equal(
    contentId({ model, scope: one.scope, parameters, covariance, ...stretch, firstRecord, lastRecord, quotes, parent }),
    serving.id,
    'what is shown is what the hash names',
  );
  assert.ok(firstRecord <= lastRecord);
  assert.deepEqual([one.kind, one.statement], ['surface', null]);

  const expiry = market.session.state.underlyings.get('deribit:BTC')!.expiries.at(-1)!;
  const { at } = market;
  const from = { at, receivedAt: at, venue: 'deribit', underlying: 'BTC', version: 'v2', by: 'desk-token' };
  market.push({ ...from, type: 'pushed-fit', model: 'desk', expiry: expiry.expiry, family: 'svi', parameters: [0.01, 0.1, -0.2, 0, 0.2], strikes: [], volatilities: [] }); // prettier-ignore
  market.push({ ...from, type: 'pushed-greeks', model: 'desk-greeks', convention: 'black', symbols: [expiry.entries[0].instrument.symbol], deltas: [0.5] }); // prettier-ignore
  const [theirs] = (await call('seer', `registry?model=desk&scope=${expiry.key}`)).body.items;
  assert.deepEqual(
    [theirs.kind, theirs.parameters, theirs.statement, theirs.approver, theirs.serving, theirs.scores.batches],
    ['surface', [0.01, 0.1, -0.2, 0, 0.2], 'family=svi;version=v2', 'desk-token', true, 0],
  );
  const [ratios] = (await call('seer', 'registry?model=desk-greeks&scope=deribit:BTC')).body.items;
  assert.deepEqual([ratios.kind, ratios.parameters, ratios.serving], ['hedge', [0.5], true]);
  assert.match(ratios.statement, /^convention=black;version=v2;symbols=[0-9a-f]{64}$/);
  assert.equal((await call('seer', `registry/${ratios.id}`)).body.job, ratios.job);
  assert.equal((await call('seer', `registry/${'0'.repeat(64)}`)).status, 404);
  const metrics = await (await fetch(`${server.address}metrics`, { headers: { authorization: 'Bearer seer' } })).text();
  assert.match(metrics, /vernier_incident_precision\{cause="crossed-quotes",value="estimate"\} 1/);
  assert.match(metrics, /vernier_incident_verdicts_total\{cause="crossed-quotes",verdict="true",by="person"\} 1/);
});
