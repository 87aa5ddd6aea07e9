/** The leases over a real HTTP server and a real WebSocket, with the real client on the other end. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { GateDesk } from '../../src/app/gate-desk.ts';
import { initEngine, type EngineState } from '../../src/engine/state.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { initHedgeWatch } from '../../src/engine/hedge-state.ts';
import { step } from '../../src/engine/step.ts';
import { createGate } from '../../src/library/gate.ts';
import type { OperatorEvent } from '../../src/market/event.ts';
import { initLoop } from '../../src/policy/loop.ts';
import { initWhole, initWings } from '../../src/policy/wing-gate.ts';
import type { LeaseAnswer } from '../../src/policy/lease.ts';
import { AccessTokens } from '../../src/server/access-tokens.ts';
import { startServer } from '../../src/server/monitor-server.ts';
import { MonitoredMarket } from './served-market.ts';

const SCOPE = 'svi@deribit:BTC:2026-03-27';
const EXPIRY = Date.UTC(2026, 2, 27, 8);
const digest = (token: string): string => createHash('sha256').update(token).digest('hex');
const TOKENS = `sam view ${digest('seer')}\nanna approve ${digest('judge')}\nrita override ${digest('boss')}`;

/** As much of an engine's state as leases are made of. */
function engineState(): EngineState & { quoteArrives(): void; gate: { state: string; reasons: string[] } } {
  const gate = { state: 'OK', reasons: [] as string[] };
  const fit = { id: 'fit-7', at: 1_000, numbers: { rmseVol: 0.003 } };
  const track = {
    model: 'svi',
    versions: [{ liveAt: 1_000, fit }],
    noise: { variancePerSecond: 1e-8, weight: 6 },
    wings: initWings(),
    whole: initWhole(),
    gate,
  };
  const expiry = {
    key: 'deribit:BTC:2026-03-27',
    expiry: EXPIRY,
    messageAt: 1,
    models: [track],
    loop: { machine: initLoop(), champion: 'svi' },
    entries: [],
  };
  const underlying = {
    key: 'deribit:BTC',
    expiries: [expiry],
    index: null,
    platform: 'open',
    feed: 'live',
    watermark: 601_000,
    incidents: { open: new Map(), ended: [] },
    book: { incidents: { open: new Map(), ended: [] } },
    hedge: initHedgeWatch(),
  };
  const state = initEngine(DEFAULT_CONFIG);
  (state.underlyings as Map<string, unknown>).set('deribit:BTC', underlying);
  return Object.assign(state, { gate, quoteArrives: () => void expiry.messageAt++ });
}

async function setUp(t: TestContext): Promise<{
  url: string;
  state: ReturnType<typeof engineState>;
  desk: GateDesk;
  logged: OperatorEvent[];
  clock: { mono: number };
}> {
  const state = engineState();
  const logged: OperatorEvent[] = [];
  const clock = { mono: 0 };
  const desk = new GateDesk({
    state: () => state,
    log: (event) => {
      logged.push(event);
      step(state, event);
    },
    monotonic: () => clock.mono,
  });
  const server = await startServer({
    view: new MonitoredMarket([], 40).view,
    gate: desk,
    port: 0,
    tokens: AccessTokens.parse(TOKENS, 'tokens'),
    page: null,
    onTrouble: (error) => assert.fail(error),
    checkAnswers: true,
  });
  t.after(async () => {
    desk.close();
    await server.close();
  });
  return { url: server.address.replace(/\/$/, ''), state, desk, logged, clock };
}

const ask = async (url: string, token: string, init: RequestInit = {}): Promise<Response> =>
  await fetch(url, { ...init, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } });

test('a monitor without fresh data abstains, opens with the first quote that arrives, and closes when they stop', async (t) => {
  const { url, state, clock } = await setUp(t);
  const leases = async (): Promise<LeaseAnswer> =>
    (await (await ask(`${url}/api/v1/gate/leases?nonce=n-1`, 'seer')).json()) as LeaseAnswer;
  const before = await leases();
  assert.deepEqual([before.nonce, before.mode, before.leases[0].scope], ['n-1', 'advisory', SCOPE]);
  assert.deepEqual(before.leases[0].reasons, ['data-stale@deribit:BTC'], 'of unknown age until it changes');
  state.quoteArrives();
  const open = (await leases()).leases[0];
  assert.deepEqual([open.state, open.model_id, open.as_of], ['OK', 'fit-7', '1970-01-01T00:00:01.000Z']);
  assert.equal(open.uncertainty_multiplier, Math.sqrt(1 + (1e-8 * 600) / 9e-6), 'ten minutes old');
  clock.mono += 2_400;
  assert.deepEqual((await leases()).leases[0].reasons, ['monitor-lagging'], 'the loop stood still');
  assert.equal((await leases()).leases[0].state, 'OK', 'and turns again');
  for (let i = 0; i < 12; i++) {
    clock.mono += 250;
    await leases();
  }
  assert.deepEqual((await leases()).leases[0].reasons, ['data-stale@deribit:BTC']);
});

test('who may: no token 401, a weaker role 403, a careless override 400 or 409, all as problem+json', async (t) => {
  const { url, logged } = await setUp(t);
  const path = `${url}/api/v1/gate/overrides`;
  const post = (token: string, body: unknown): Promise<Response> =>
    ask(path, token, { method: 'POST', body: JSON.stringify(body) });
  const good = { scope: SCOPE, minutes: 5, note: 'fixing' };
  assert.equal((await ask(`${url}/api/v1/gate/leases`, 'nobody')).status, 401);
  assert.equal((await post('nobody', good)).status, 401);
  for (const weaker of ['seer', 'judge']) assert.equal((await post(weaker, good)).status, 403);
  for (const [status, body] of [
    [400, { ...good, minutes: 0 }],
    [400, { ...good, note: '' }],
    [400, { minutes: 5, note: 'x' }],
    [400, { ...good, minutes: 61 }],
    [400, { ...good, reach: 'all' }],
    [409, { ...good, scope: 'everything' }],
  ] as [number, object][]) {
    const response = await post('boss', body);
    assert.equal(response.status, status, JSON.stringify(body));
    assert.match(response.headers.get('content-type')!, /problem\+json/);
  }
  assert.equal((await ask(`${url}/api/v1/gate/leases?nonce=${'x'.repeat(65)}`, 'seer')).status, 400);
  assert.deepEqual(logged, [], 'nothing refused reaches the log');
});

test('break-glass over the wire: recorded with its name, in force at once, ended early', async (t) => {
  const { url, state, logged } = await setUp(t);
  const gate = createGate({ url, token: 'seer', renewMs: 0 });
  t.after(() => gate.close());
  await gate.renew();
  state.quoteArrives();
  Object.assign(state.gate, { state: 'DO_NOT_USE', reasons: ['fat-finger'] });
  await gate.renew();
  assert.equal(gate.mayQuote(SCOPE), false);
  const body = JSON.stringify({ scope: SCOPE, minutes: 5, note: 'known print' });
  assert.equal((await ask(`${url}/api/v1/gate/overrides`, 'boss', { method: 'POST', body })).status, 204);
  await gate.renew();
  assert.deepEqual([gate.mayQuote(SCOPE), gate.state(SCOPE).override?.by], [true, 'rita']);
  const end = { method: 'DELETE', body: JSON.stringify({ scope: SCOPE }) };
  assert.equal((await ask(`${url}/api/v1/gate/overrides`, 'boss', end)).status, 204);
  assert.equal((await ask(`${url}/api/v1/gate/overrides`, 'boss', end)).status, 409, 'there is none any more');
  await gate.renew();
  assert.equal(gate.mayQuote(SCOPE), false);
  const acts = logged.map((e) => [e.action, e.actor, e.target, e.until === null ? null : e.until - e.at]);
  assert.deepEqual(acts.map((a) => a.slice(0, 3)), [
    ['override', 'rita', SCOPE],
    ['resume', 'rita', SCOPE],
  ]); // prettier-ignore
  assert.equal(acts[0][3], 300_000);
});

test('what the log cannot take has not happened', async (t) => {
  const { state } = await setUp(t);
  const desk = new GateDesk({
    state: () => state,
    log: () => {
      throw new Error('disk full');
    },
  });
  t.after(() => desk.close());
  assert.throws(() => desk.override({ scope: SCOPE, minutes: 5, note: 'x', actor: 'rita' }), /disk full/);
  assert.match(desk.override({ scope: SCOPE, minutes: null, note: '', actor: 'rita' })!, /no override/);
});

test(
  'over WebSocket the client asks, hears a closing unasked, and survives a lost connection',
  { timeout: 10_000 },
  async (t) => {
    const { url, state, desk } = await setUp(t);
    const trouble: string[] = [];
    const gate = createGate({
      url: url.replace('http', 'ws'),
      token: 'seer',
      renewMs: 0,
      onTrouble: (_, what) => trouble.push(what),
    });
    t.after(() => gate.close());
    await gate.renew();
    state.quoteArrives();
    await gate.renew();
    assert.equal(gate.mayQuote(SCOPE), true);
    desk.look();
    Object.assign(state.gate, { state: 'DO_NOT_USE', reasons: ['gap'] });
    desk.look();
    while (gate.mayQuote(SCOPE)) await new Promise((r) => setTimeout(r, 5));
    assert.deepEqual(gate.state(SCOPE).reasons, ['gap']);
    assert.equal(trouble.length, 0);
    const stranger = createGate({
      url: url.replace('http', 'ws'),
      renewMs: 0,
      onTrouble: (_, what) => trouble.push(what),
    });
    await stranger.renew();
    assert.equal(stranger.state(SCOPE).reasons[0], 'no-lease');
    assert.deepEqual(trouble, ['the connection closed']);
    // Closed with 4401 once open: a page cannot see the status of a refused handshake.
    stranger.close();
  },
);

test('the stream refuses foreign pages, nonsense and floods', async (t) => {
  const { url } = await setUp(t);
  const address = `${url.replace('http', 'ws')}/api/v1/gate/stream`;
  const ended = (origin: string | undefined, send: (ws: WebSocket) => void): Promise<string> =>
    new Promise((resolve) => {
      const ws = new WebSocket(address, ['vernier-gate', 'bearer.seer'], { origin });
      ws.on('unexpected-response', (_, response) => resolve(String(response.statusCode)));
      ws.on('error', () => undefined);
      ws.on('open', () => send(ws));
      ws.on('close', (code) => resolve(String(code)));
    });
  assert.equal(await ended('http://evil.example', () => undefined), '403');
  assert.equal(await ended(url, (ws) => ws.send('{"op":"renew","nonce":"a b"}')), '4400');
  assert.equal(await ended(url, (ws) => ws.send('x'.repeat(2_000))), '1009');
  const flood = (ws: WebSocket): void => {
    for (let i = 0; i < 21; i++) ws.send(`{"op":"renew","nonce":"${i}"}`);
  };
  assert.equal(await ended(undefined, flood), '4429');
});

test('a real engine on a SYNTHETIC market: every model on every expiry is leased, and the gate record agrees', async (t) => {
  const market = new MonitoredMarket([], 160);
  const clock = { mono: 0 };
  const desk = new GateDesk({ state: () => market.session.state, log: () => undefined, monotonic: () => clock.mono });
  t.after(() => desk.close());
  market.advance(20);
  desk.answer(null);
  market.advance(1);
  const { leases } = desk.answer('n');
  const underlying = market.session.state.underlyings.get('deribit:BTC')!;
  const smiles = leases.filter((l) => /^[\w-]+@deribit:BTC:\d{4}-\d\d-\d\d$/.test(l.scope));
  assert.equal(smiles.length, underlying.expiries.length * DEFAULT_CONFIG.models.length);
  for (const expiry of underlying.expiries)
    for (const track of expiry.models) {
      const lease = leases.find((l) => l.scope === `${track.model}@${expiry.key}`)!;
      if (lease.standing === 'verdict') assert.equal(lease.state, track.gate.state, lease.scope);
      else assert.deepEqual([lease.reasons[0], track.versions.length], ['warming-up', 0], lease.scope);
    }
  assert.ok(leases.some((l) => l.state === 'OK' && l.uncertainty_multiplier! >= 1));
  // The served smile in its parts, each at most as open as the whole.
  const rank = (state: string): number => ['OK', 'WIDEN', 'HEDGE_ONLY', 'DO_NOT_USE'].indexOf(state);
  const parts = leases.filter((l) => /:(put|centre|call)$/.test(l.scope));
  const served = underlying.expiries.filter((e) => e.models.some((m) => m.model === 'svi' && m.versions.length > 0));
  assert.equal(parts.length, 3 * served.length);
  for (const part of parts) {
    const whole = leases.find((l) => l.scope === part.scope.replace(/:\w+$/, ''))!;
    assert.ok(rank(part.state) >= rank(whole.state), part.scope);
  }
  assert.ok(parts.some((p) => p.state === 'OK'));
});
