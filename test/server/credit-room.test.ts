/** Credit curves over a real HTTP server: at a glance, with certificate and history, and as metrics. SYNTHETIC. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreditDesk } from '../../src/app/credit/credit-desk.ts';
import { EngineRun } from '../../src/app/faults/engine-run.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { creditRoom } from '../../src/server/credit-room.ts';
import { startServer } from '../../src/server/monitor-server.ts';
import { simulateCredit } from '../../src/simulator/credit-stream.ts';
import { MonitoredMarket } from './served-market.ts';

const HOUR = 3_600_000;

test('credit over HTTP: glance, certificate, history, an unknown curve, and metrics with bounded labels', async (t) => {
  const run = new EngineRun(DEFAULT_CONFIG);
  const desk = new CreditDesk(() => run.state);
  const market = new MonitoredMarket([], 120);
  const server = await startServer({
    view: market.view, rooms: [creditRoom(desk)], port: 0, tokens: null, page: null, checkAnswers: true,
    onTrouble: (error) => assert.fail(error),
  }); // prettier-ignore
  t.after(() => server.close());
  const get = (path: string) => fetch(`${server.address}api/v1/${path}`);
  assert.deepEqual(((await (await get('credit')).json()) as { items: unknown[] }).items, []);
  const from = Date.UTC(2026, 0, 5, 8);
  const order = {
    seed: 1, venue: 'simulated', curve: 'acme', entity: { level: Math.log(0.02), slope: 0.5, hump: 0.1 }, quoteType: 'par',
    coupon: 0.01, recovery: 0.4, contributors: ['a', 'b', 'c'], from, until: from + 36 * HOUR, every: HOUR, faults: [],
  } as const; // prettier-ignore
  for (const { at, events } of simulateCredit(order))
    for (const record of run.run([...events, { type: 'timer', at: at + 60_000, receivedAt: at + 60_000 }]))
      desk.onRecord(record);
  const { items } = (await (await get('credit')).json()) as { items: { key: string; gate: { state: string } }[] };
  assert.deepEqual(
    items.map((c) => [c.key, c.gate.state]),
    [['simulated:acme', 'OK']],
  );
  const shown = (await (await get('credit/simulated:acme')).json()) as {
    nodes: { node: string; residual_half_spreads: number; survival: number; innovation_half_spreads: number }[];
    hazards: { hazard: number; se: number }[];
    certificate: { rms_half_spreads: number; to_arbitrage_half_spreads: number };
    contributors_known: { name: string }[];
    history: { at: string }[];
  };
  assert.deepEqual(shown.nodes.map((n) => n.node), ['6M', '1Y', '2Y', '3Y', '4Y', '5Y', '7Y', '10Y']); // prettier-ignore
  assert.ok(shown.nodes.every((n) => Math.abs(n.residual_half_spreads) < 1e-6 && n.survival > 0 && n.survival < 1));
  assert.ok(shown.nodes.some((n) => n.innovation_half_spreads !== 0), 'predictions are not the quotes'); // prettier-ignore
  assert.ok(shown.hazards.length === 8 && shown.hazards.every((h) => h.hazard > 0 && h.se > 0));
  assert.ok(shown.certificate.rms_half_spreads < 1e-6 && shown.certificate.to_arbitrage_half_spreads > 0);
  assert.deepEqual(shown.contributors_known.map((c) => c.name).toSorted(), ['a', 'b', 'c']);
  assert.ok(shown.history.length > 10);
  assert.equal((await get('credit/simulated:nobody')).status, 404);
  const metrics = await (await fetch(`${server.address}metrics`)).text();
  assert.match(metrics, /^vernier_credit_gate\{curve="simulated:acme"\} 0$/m);
  assert.match(metrics, /^vernier_credit_pz\{curve="simulated:acme"\} \d/m);
});
