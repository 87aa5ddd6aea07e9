/**
 * What people order and judge outlives the process: break-glass, silence, acknowledgement, manual control and verdict,
 * given over REST and the command line to a monitor that is then killed with SIGKILL and started again on its directory.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSimulatedDeribit } from '../../src/server/simulated-deribit.ts';
import { NODE, ROOT } from '../shared.ts';
import { records, vernier } from './run-vernier.ts';

interface Monitor {
  readonly child: ChildProcess;
  readonly base: string;
  readonly out: () => string;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a watch and waits for its address. */
async function start(endpoint: string, directory: string, alerts: string): Promise<Monitor> {
  const args = ['watch', 'deribit:BTC', '--endpoint', endpoint, '--data-dir', directory, '--alerts', alerts, '--port', '0', '--json', '--no-page']; // prettier-ignore
  const child = spawn(NODE, [join(ROOT, 'bin/vernier.js'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (s: string) => (out += s));
  child.stderr.setEncoding('utf8').on('data', (s: string) => (err += s));
  const address = await until(() => {
    assert.equal(child.exitCode, null, err);
    return /http:\/\/127\.0\.0\.1:\d+/.exec(out + err)?.[0] ?? null;
  });
  return {
    child,
    base: `${address}/api/v1`,
    out: () => out,
    end: (signal) =>
      new Promise((resolve) => {
        child.on('close', (code) => resolve(code));
        child.kill(signal);
      }),
  };
}

/** Waits for a stated condition; generous, for a machine that is busy. */
async function until<T>(look: () => T | null | Promise<T | null>): Promise<T> {
  const began = performance.now();
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    assert.ok(performance.now() - began < 90_000, `waited in vain: ${String(look)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- whatever the server says
type Answer = any;
const get = async (url: string): Promise<Answer> => await (await fetch(url)).json();
async function post(url: string, body: object, status = 200): Promise<Answer> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  return text === '' ? null : JSON.parse(text);
}

test('orders and verdicts survive SIGKILL, are shown again, and replay', { timeout: 240_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'vernier-oversight-'));
  const alerts = join(directory, 'alerts.yaml');
  writeFileSync(alerts, 'sinks: { c: { kind: console } }\nreceivers: { team: [c] }\ndefault: team\n');
  const startAt = Date.now();
  const venue = await startSimulatedDeribit({
    seed: 5,
    startAt,
    script: 'calm',
    underlyings: ['BTC'],
    instrumentLimit: 120,
    rateLimits: null,
    // From the fifteenth second on, and for as long as the test takes: what is acknowledged must still be open.
    faults: [{ fault: 'crossed', scope: { underlying: 'BTC', expiry: null }, from: startAt + 15_000, to: startAt + 3_600_000, magnitude: 0.5, shape: 'abrupt' }],
  }); // prettier-ignore
  const running: Monitor[] = [];
  t.after(async () => {
    for (const m of running) m.child.kill('SIGKILL');
    await venue.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const first = await start(venue.wsUrl, directory, alerts);
  running.push(first);
  const incident: string = await until(
    async () => ((await get(`${first.base}/incidents?state=open`)).items[0]?.id as string | undefined) ?? null,
  );
  const models = (await get(`${first.base}/models`)).items as { scope: string }[];
  const other = models.at(-1)!.scope;
  await post(`${first.base}/incidents/${incident}/acknowledge`, { note: 'on it' });
  await post(`${first.base}/silences`, { target: 'kind=market', minutes: 60, note: 'known' });
  await post(`${first.base}/gate/overrides`, { scope: 'svi@deribit:BTC', minutes: 30, note: 'by hand' }, 204);
  assert.deepEqual(
    (await post(`${first.base}/loop`, { target: other, action: 'manual', note: 'no refits' })).manual.map(
      (m: { scope: string }) => m.scope,
    ),
    [other],
  );
  assert.match((await post(`${first.base}/loop`, { target: 'deribit:ETH', action: 'manual', note: 'x' }, 409)).detail, /^target:/); // prettier-ignore
  assert.match((await post(`${first.base}/incidents/x-1/verdict`, { verdict: 'true' }, 404)).detail, /^x-1: neither/);
  await post(`${first.base}/incidents/${incident}/verdict`, { verdict: 'perhaps' }, 400);
  const told = await vernier(['verdict', incident, 'false', '--note', 'a test', '--url', first.base]);
  assert.equal(told.code, 0, told.stderr);
  assert.match(told.stdout, new RegExp(`^${incident}: false \\(`));
  assert.equal((await vernier(['verdict', incident, 'maybe', '--url', first.base])).code, 2);
  assert.match((await vernier(['verdict', 'x-1', 'true', '--url', first.base])).stderr, /404: x-1/);
  // What is printed is durable, and so is all before it.
  await until(() => (/"type":"verdict"[^\n]*"by":"[^"]+","automatic":false/.test(first.out()) ? true : null));
  const before = await get(`${first.base}/oversight`);
  assert.equal(await first.end('SIGKILL'), null);

  const second = await start(venue.wsUrl, directory, alerts);
  running.push(second);
  const now = await until(async () => {
    const orders = await get(`${second.base}/oversight`);
    return orders.manual.length > 0 ? orders : null;
  });
  assert.deepEqual(now, before, 'the orders as they were');
  assert.deepEqual(
    [now.overrides[0].scope, now.overrides[0].note, now.silences[0].id, now.acknowledged[0].incident],
    ['svi@deribit:BTC', 'by hand', 's-1', incident],
  );
  const shown = (await get(`${second.base}/incidents`)).items.find((i: { id: string }) => i.id === incident);
  assert.deepEqual(
    [shown.acknowledged.note, shown.verdict.verdict, shown.verdict.automatic],
    ['on it', 'false', false],
  );
  // With data again, what the fault shuts is opened by the order given to the process that was killed.
  const lease = await until(async () => {
    const { leases } = await get(`${second.base}/gate/leases`);
    return leases.find((l: { override: object | null }) => l.override !== null) ?? null;
  });
  assert.deepEqual([lease.state, lease.override.note], ['WIDEN', 'by hand']);
  assert.equal((await get(`${second.base}/alerts`)).silences[0].id, 's-1');
  const [all] = (await get(`${second.base}/precision`)).items;
  assert.deepEqual([all.people.false, all.by_people.precision], [1, 0]);
  const metrics = await (await fetch(`${second.base.replace('/api/v1', '')}/metrics`)).text();
  assert.match(metrics, /vernier_incident_verdicts_total\{cause="[a-z-]+",verdict="false",by="person"\} 1/);
  assert.match(metrics, /vernier_incident_precision\{cause="all",value="high"\} 0\.\d+/);
  assert.equal(await second.end('SIGTERM'), 143);

  const log = join(directory, 'log');
  assert.equal(records(await vernier(['verify', log, '--json']))[0]['verdict'], 'intact');
  const replayed = await vernier(['replay', log, '--json']);
  assert.equal(replayed.code, 0, replayed.stderr);
  assert.ok(records(replayed).some((r) => r['type'] === 'verdict' && r['incident'] === incident));
  const pack = join(directory, 'pack');
  const report = await vernier(['report', '--log', log, '--from', '2020-01-01', '--to', '2100-01-01', '--out', pack]);
  assert.equal(report.code, 0, report.stderr);
  const evidence = JSON.parse(readFileSync(join(pack, 'evidence.json'), 'utf8'));
  assert.deepEqual(
    evidence.overrides.map((o: { action: string }) => o.action),
    ['silence', 'override', 'manual'],
  );
});
