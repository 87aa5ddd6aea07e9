/** From an incident record to a person: settings, router, deliveries and dead letters joined, with a real webhook. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { alertSettings } from '../../src/app/alert-settings.ts';
import { Alerts, readAlertSettings } from '../../src/app/alerts.ts';
import { parseSettings, SettingsError } from '../../src/app/checked-yaml.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { underlyingOf } from '../../src/engine/place.ts';
import { initEngine } from '../../src/engine/state.ts';
import { step } from '../../src/engine/step.ts';
import type { OperatorEvent } from '../../src/market/event.ts';
import type { IncidentRecord } from '../../src/model/record.ts';
import { ROOT } from '../shared.ts';

const SECRET = `whsec_${Buffer.from('a signing key of 24 byte').toString('base64')}`;
const YAML = (port: number): string => `
sinks: { hook: { kind: webhook, url: "http://127.0.0.1:${port}/in", secret: { env: HOOK } } }
receivers: { team: [hook] }
default: team
group_wait_s: 1
heartbeat: { to: team, every_s: 60 }
`;
const INCIDENT: IncidentRecord = {
  type: 'incident',
  id: 'deribit:BTC-1',
  at: '2026-02-05T21:00:00.000Z',
  state: 'open',
  cause: 'stale-feed',
  severity: 'critical',
  scope: 'deribit:BTC',
  evidence: {},
};

async function setUp(t: TestContext, status = 204) {
  const bodies: { type: string; data: { firing: { cause: string }[] } }[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (c: Buffer) => (text += c.toString('utf8')));
    request.on('end', () => {
      bodies.push(JSON.parse(text) as (typeof bodies)[number]);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'vernier-alerts-'));
  const clock = { now: Date.UTC(2026, 1, 5, 21) };
  const trouble: string[] = [];
  const deadLetters = join(folder, 'dead.ndjson');
  const alerts = new Alerts({
    settings: parseSettings(YAML((server.address() as AddressInfo).port), 'a.yaml', alertSettings),
    champion: 'svi',
    deadLetters,
    onTrouble: (text) => trouble.push(text),
    now: () => clock.now,
    environment: { HOOK: SECRET },
  });
  const state = initEngine(DEFAULT_CONFIG);
  alerts.adopt(state);
  t.after(async () => {
    await alerts.close(100);
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const told = async (n: number): Promise<string[]> => {
    while (bodies.length < n) await new Promise((r) => setTimeout(r, 5));
    return bodies.map((b) => `${b.type} ${b.data.firing.map((a) => a.cause).join()}`.trim());
  };
  const operator = (action: OperatorEvent['action'], target: string, seconds: number | null): string | null => {
    // The venue's clock is an hour behind ours: only the length of a span may count.
    const [at, receivedAt] = [clock.now - 3_600_000, clock.now];
    const until = seconds === null ? null : receivedAt + seconds * 1_000;
    const event: OperatorEvent = { type: 'operator', at, receivedAt, actor: 'rita', action, target, note: 'n', until };
    const before = new Map(state.counts.refused);
    step(state, event);
    alerts.onEvent(event);
    return [...state.counts.refused].find(([reason, n]) => n > (before.get(reason) ?? 0))?.[0] ?? null;
  };
  return { alerts, clock, told, trouble, deadLetters, operator, state };
}

test('an incident, its end and the heartbeat reach the webhook', { timeout: 10_000 }, async (t) => {
  const { alerts, clock, told } = await setUp(t);
  alerts.onRecord(INCIDENT);
  alerts.tick();
  assert.deepEqual((await told(2)).sort(), ['vernier.alert.firing stale-feed', 'vernier.heartbeat']);
  alerts.onRecord({ ...INCIDENT, state: 'resolved' });
  clock.now += 1_000;
  alerts.tick();
  clock.now += 1_000;
  alerts.tick();
  assert.equal((await told(3)).at(-1), 'vernier.alert.resolved');
  assert.equal(alerts.figures()[0].sent, 3);
});

test('break-glass is told at once through any silence, and its lapse too', { timeout: 10_000 }, async (t) => {
  const { alerts, clock, told, operator } = await setUp(t);
  alerts.tick();
  await told(1);
  assert.equal(operator('silence', 'underlying=deribit:BTC', 3_600), null);
  alerts.onRecord(INCIDENT);
  operator('override', 'svi@deribit:BTC:2026-03-27', 30);
  clock.now += 1_000;
  alerts.tick();
  assert.equal((await told(2)).at(-1), 'vernier.alert.firing override:svi', 'and the incident is silenced');
  clock.now += 29_000;
  alerts.tick();
  clock.now += 1_000;
  alerts.tick();
  assert.equal((await told(3)).at(-1), 'vernier.alert.resolved');
  assert.equal(operator('silence', 'kind=gate', 60), 'operator-silence-refused');
});

test('a new process goes on where the killed one was: silences hide, break-glass is told, what somebody took is not repeated', async (t) => {
  const { alerts, clock, operator, state, deadLetters } = await setUp(t);
  const open = {
    id: INCIDENT.id,
    cause: 'frozen-model',
    severity: 'warning' as const,
    scope: 'deribit:BTC:2026-03-27',
  };
  const book = underlyingOf(state, 'deribit', 'BTC').incidents.open;
  book.set('frozen-model|x', {
    ...open,
    kind: 'model',
    openedAt: 0,
    lastSeen: 0,
    peakPz: NaN,
    verified: false,
    symptoms: [],
    sound: new Map(),
  });
  alerts.onRecord({ ...INCIDENT, ...open });
  operator('acknowledge', INCIDENT.id, null);
  operator('silence', 'cause=level-move', 3_600);
  operator('override', 'svi@deribit:BTC:2026-03-27', 600);
  const next = new Alerts({
    settings: parseSettings(YAML(1), 'a.yaml', alertSettings),
    champion: 'svi',
    deadLetters,
    onTrouble: () => undefined,
    now: () => clock.now,
    environment: { HOOK: SECRET },
  });
  t.after(() => next.close(0));
  next.adopt(state);
  const shown = next.overview();
  assert.deepEqual(shown.silences.map((x) => x.id), ['s-1']); // prettier-ignore
  assert.deepEqual(Object.fromEntries(shown.items.map((x) => [x.cause, x.acknowledged_by])), {
    'frozen-model': 'rita',
    'override:svi': null,
  });
  book.set('frozen-model|x', { ...book.get('frozen-model|x')!, severity: 'critical' });
  const later = new Alerts({
    settings: parseSettings(YAML(1), 'a.yaml', alertSettings),
    champion: 'svi',
    deadLetters,
    onTrouble: () => undefined,
    now: () => clock.now + 3_600_000,
    environment: { HOOK: SECRET },
  });
  t.after(() => later.close(0));
  later.adopt(state);
  const hourLater = later.overview();
  assert.deepEqual(
    [hourLater.silences, hourLater.items.map((x) => [x.cause, x.acknowledged_by])],
    [[], [['frozen-model', null]]],
    'an hour on everything has lapsed, and what grew graver is nobody’s',
  );
});

test(
  'what nobody takes ends in the dead letters, and the failing sink is itself an alert',
  { timeout: 10_000 },
  async (t) => {
    const { alerts, told, trouble, deadLetters } = await setUp(t, 404);
    alerts.onRecord(INCIDENT);
    alerts.tick();
    await told(2);
    while (trouble.length < 3) await new Promise((r) => setTimeout(r, 5));
    assert.match(readFileSync(deadLetters, 'utf8'), /"sink":"hook","why":"hook: status 404","attempts":1/);
    assert.ok(alerts.router.alerts.has('sink-failing|monitor'));
    assert.ok(trouble.every((text) => !text.includes(SECRET)));
  },
);

test('settings: every mistake with line and column, no secret on the command line or in the message', () => {
  const mistakes = (text: string): string => {
    try {
      parseSettings(text, 'a.yaml', alertSettings);
    } catch (error) {
      assert.ok(error instanceof SettingsError && error.exitCode === 2);
      return error.message;
    }
    return assert.fail('accepted');
  };
  assert.match(mistakes('sinks: {\n'), /^a\.yaml: not usable\n {2}\d+:\d+: /);
  const wrong = `sinks:
  hook: { kind: webhook, url: "http://x", secret: hunter2 }
  shout: { kind: megaphone }
receivers: { team: [hook, mail] }
routes:
  - match: { colour: red }
    to: nobody
default: team
colour: blue`;
  const said = mistakes(wrong);
  assert.match(said, /2:43: sinks\.hook\.secret /);
  assert.match(said, /3:12: sinks\.shout\.kind /);
  assert.match(said, /6:14: routes\.0\.match\.colour is not a known key here/);
  assert.match(said, /9:1: colour is not a known key here/);
  assert.ok(!said.includes('hunter2'));
  const names = mistakes(
    'sinks: { a: { kind: console } }\nreceivers: { t: [a, b] }\nroutes: [{ match: {}, to: u }]\ndefault: v',
  );
  assert.match(names, /2:21: receivers\.t\.1 b is no sink/);
  assert.match(names, /3:23: routes\.0\.to u is no receiver/);
  assert.match(names, /4:1: default v is no receiver/);
  const settings = parseSettings(YAML(1), 'a.yaml', alertSettings);
  const options = { settings, champion: 'svi', deadLetters: 'x', onTrouble: () => undefined };
  assert.throws(() => new Alerts({ ...options, environment: {} }), /hook: the environment variable HOOK is not set/);
});

test('the example works, and a secret may stand in a file', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vernier-alerts-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const settings = readAlertSettings(join(ROOT, 'examples/alerts.yaml'));
  const example = new Alerts({ settings, champion: 'svi', deadLetters: join(folder, 'd'), onTrouble: assert.fail });
  assert.equal(example.router.config.gateModels, null, 'the gate of whichever model serves');
  await example.close(0);
  writeFileSync(join(folder, 'secret'), `${SECRET}\n`);
  const text = YAML(1).replace('{ env: HOOK }', `{ file: "${join(folder, 'secret')}" }`);
  const read = (path: string): Alerts =>
    new Alerts({
      settings: parseSettings(text.replace(folder, path), 'a.yaml', alertSettings),
      champion: 'svi',
      deadLetters: join(folder, 'd'),
      onTrouble: () => undefined,
    });
  await read(folder).close(0);
  assert.throws(() => read('/nowhere'), /the file of its secret cannot be read \(ENOENT\)/);
  assert.throws(() => readAlertSettings(join(folder, 'none.yaml')), /none\.yaml: cannot be read \(ENOENT\)/);
});
