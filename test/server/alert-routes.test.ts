/** Alerts and silences over HTTP: who may, what is refused, and what is shown. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { alertSettings } from '../../src/app/alert-settings.ts';
import { Alerts } from '../../src/app/alerts.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { initEngine } from '../../src/engine/state.ts';
import { step } from '../../src/engine/step.ts';
import type { OperatorEvent } from '../../src/market/event.ts';
import { AccessTokens } from '../../src/server/access-tokens.ts';
import { startServer } from '../../src/server/monitor-server.ts';
import type { AlertOverview } from '../../src/server/alert-routes.ts';
import { MonitoredMarket } from './served-market.ts';

const digest = (token: string): string => createHash('sha256').update(token).digest('hex');

test('a silence is taken with role, matcher, note and end; it shows, hides its alerts, and can be ended', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vernier-silences-'));
  const alerts = new Alerts({
    // No receiver is reached within the test: the group waits for an hour.
    settings: alertSettings.parse({
      sinks: { c: { kind: 'console' } },
      receivers: { team: ['c'] },
      default: 'team',
      group_wait_s: 3_600,
    }),
    champion: 'svi',
    deadLetters: join(folder, 'dead'),
    onTrouble: assert.fail,
  });
  const state = initEngine(DEFAULT_CONFIG);
  alerts.adopt(state);
  const server = await startServer({
    view: new MonitoredMarket([], 40).view,
    alerts: {
      overview: () => alerts.overview(),
      silence: (request) => {
        const refused = alerts.refusal(request);
        if (refused !== null) return refused;
        const { actor, target, note, minutes } = request;
        const at = Date.now();
        const until = minutes === null ? null : at + minutes * 60_000;
        const action = minutes === null ? ('resume' as const) : ('silence' as const);
        const event: OperatorEvent = { type: 'operator', at, receivedAt: at, actor, action, target, note, until };
        step(state, event);
        alerts.onEvent(event);
        return null;
      },
    },
    port: 0,
    tokens: AccessTokens.parse(`sam view ${digest('seer')}\nanna acknowledge ${digest('taker')}`, 'tokens'),
    page: null,
    onTrouble: (error) => assert.fail(error),
    checkAnswers: true,
  });
  t.after(async () => {
    await server.close();
    await alerts.close(0);
    rmSync(folder, { recursive: true, force: true });
  });
  const call = async (token: string, method: string, path: string, body?: object) => {
    const response = await fetch(`${server.address}api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as AlertOverview & { detail: string } };
  };
  const incident = { type: 'incident', at: '', state: 'open', severity: 'warning', evidence: {} } as const;
  alerts.onRecord({ ...incident, id: 'i-1', cause: 'frozen-model', scope: 'deribit:BTC:2026-03-27' });
  const silence = { target: 'cause=frozen-model', minutes: 10, note: 'known' };
  assert.equal((await call('seer', 'POST', 'silences', silence)).status, 403);
  assert.equal((await call('taker', 'POST', 'silences', { ...silence, note: '' })).status, 400);
  assert.equal((await call('taker', 'POST', 'silences', { ...silence, minutes: 10_081 })).status, 400);
  const gate = await call('taker', 'POST', 'silences', { ...silence, target: 'kind=gate' });
  assert.deepEqual([gate.status, /gate cannot be silenced/.test(gate.body.detail)], [409, true]);
  assert.deepEqual((await call('seer', 'GET', 'alerts')).body.items.map((a) => a.hidden), [null]); // prettier-ignore
  const taken = (await call('taker', 'POST', 'silences', silence)).body;
  const { id, by, match, until } = taken.silences[0];
  assert.deepEqual([by, match, taken.items[0].hidden], ['anna', { cause: 'frozen-model' }, `silence ${id}`]);
  assert.ok(Math.abs(Date.parse(until) - Date.now() - 600_000) < 5_000);
  assert.equal((await call('taker', 'DELETE', 'silences', { target: 's-0' })).status, 409);
  const ended = (await call('taker', 'DELETE', 'silences', { target: id })).body;
  assert.deepEqual([ended.silences, ended.items[0].hidden, ended.sinks[0].sink], [[], null, 'c']);
});
