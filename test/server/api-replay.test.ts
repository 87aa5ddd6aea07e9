/** Transport of a served replay: pace, pause, jumps, and a session log that nobody may add to. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { replayLog } from '../../src/app/replay-log.ts';
import { ReplayStopped, ReplayTransport } from '../../src/app/replay-transport.ts';
import { serveReplay, type Served } from '../../src/app/serve.ts';
import { Session, sessionHeader } from '../../src/app/session.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { runFit } from '../../src/engine/models.ts';
import type { IncidentRecord } from '../../src/model/record.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import { openLog } from '../../src/store/open-log.ts';
import { get, KEY, post, START, type Answer } from './served-market.ts';

const INCIDENT = { type: 'incident', state: 'open', id: 'x-1' } as IncidentRecord;

test('events come at the pace asked for; a long pause of the recording is cut to two seconds', async () => {
  let now = 0;
  const transport = new ReplayTransport(10, () => now);
  assert.equal(transport.until(1_000_000), null);
  const begun = performance.now();
  const soon = transport.until(1_000_500);
  assert.ok(soon !== null);
  const timer = setInterval(() => (now = performance.now() - begun), 5);
  await soon;
  assert.ok(now >= 48 && now < 400, `500 ms at x10 took ${now}`);
  const late = transport.until(1_000_500 + 6 * 3_600_000);
  const from = now;
  await late;
  clearInterval(timer);
  assert.ok(now - from > 1_800 && now - from < 4_000, `six hours at x10 took ${now - from}`);
});

test('a pause holds, play goes on, the next incident pauses, a jump goes forward only', async (t) => {
  const transport = new ReplayTransport(1_000);
  t.after(() => transport.stop());
  await transport.until(5_000);
  transport.pause();
  let passed = false;
  const waiting = transport.until(6_000)?.then(() => (passed = true));
  await sleep(120);
  assert.equal(passed, false);
  transport.play();
  await waiting;
  assert.equal(passed, true);
  assert.equal(transport.seek(5_500), '1970-01-01T00:00:05.500Z is over: the replay stands at 1970-01-01T00:00:06.000Z and goes forward only'); // prettier-ignore
  assert.equal(transport.nextIncident(), null);
  for (let at = 7_000; at < 9e9; at += 1e8) await transport.until(at);
  transport.onRecord(INCIDENT);
  assert.deepEqual(
    [transport.state().playing, transport.state().seeking, transport.state().incidents],
    [false, null, 1],
  );
  assert.equal(transport.seek(9.5e9), null);
  await transport.until(9.4e9);
  const held = transport.until(9.6e9);
  await sleep(80);
  assert.equal(transport.state().at, new Date(9.5e9).toISOString());
  transport.stop();
  await assert.rejects(held ?? Promise.resolve(), ReplayStopped);
  transport.end(null);
  assert.equal(transport.nextIncident(), 'the recording is over');
});

/** A recorded SYNTHETIC session of ten seconds with an incident at its eighth. */
async function recorded(t: TestContext): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'vernier-replay-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const log = await openLog(directory);
  log.writer.append(sessionHeader(DEFAULT_CONFIG, 'SYNTHETIC'));
  const session = new Session(DEFAULT_CONFIG, { target: log.writer, onRecord: () => undefined, onFit: runFit });
  const faults = [
    {
      fault: 'wrong-forward', from: START + 8_000, to: START + 60_000, scope: { underlying: 'BTC', expiry: 2 },
      magnitude: 100, shape: 'abrupt',
    } as const,
  ]; // prettier-ignore
  const config = { seed: 7, startAt: START, underlyings: ['BTC'], instrumentLimit: 160, faults };
  for (const batch of simulatedEvents(config, { until: START + 12_000 })) for (const e of batch) session.push(e);
  await log.close();
  return directory;
}

test('a session log is served while it replays: paused, jumped through, verified to its end, and never added to', async (t) => {
  const directory = await recorded(t);
  const transport = new ReplayTransport(10_000);
  t.after(() => transport.stop());
  transport.pause();
  let session: Session | null = null;
  let stamp: string | null = null;
  const served: Served = await serveReplay(
    { port: 0, host: '127.0.0.1', page: false, tokenFile: null, tls: null, onTrouble: (e) => assert.fail(e) },
    transport,
    {
      state: () => session?.state ?? null,
      recorded: () => true,
      synthetic: () => stamp === 'SYNTHETIC',
      push: () => assert.fail('a recorded session was added to'),
    },
  );
  t.after(() => served.close());
  const base = `${served.address}api/v1`;
  const replay = replayLog({
    directory,
    speed: Infinity,
    pacer: transport,
    onSession: (begun, said) => {
      session = begun;
      stamp = said;
    },
    onProgress: (_sequence, _at, fraction) => void (fraction !== null && transport.progress(fraction)),
    onEvent: served.onEvent,
    onRecord: (record) => {
      transport.onRecord(record);
      served.onRecord(record);
    },
  });
  const say = (body: object): Promise<Answer> => post(`${base}/replay`, body).then((a) => a.body);
  const until = async (holds: (state: Answer) => boolean): Promise<Answer> => {
    for (let i = 0; i < 200; i++) {
      const { body } = await get(`${base}/replay`);
      if (holds(body)) return body;
      await sleep(25);
    }
    return assert.fail('never');
  };
  assert.equal((await say({ action: 'seek', to: new Date(START + 5_000).toISOString() })).seeking, 'time');
  const there = await until((s) => s.seeking === null);
  assert.deepEqual([there.at, there.playing], [new Date(START + 5_000).toISOString(), false]);
  assert.ok(there.fraction > 0.2 && there.fraction < 0.6, `${there.fraction} of the log`);
  const { body: smiles } = await get(`${base}/smiles/${KEY}`);
  assert.ok(Date.parse(smiles.at) <= START + 5_000 && Date.parse(smiles.at) > START + 4_000);
  assert.match((await get(`${base}/status`)).body.stamp, /^SYNTHETIC REPLAY 2026-01-15 00:30 x10000$/);
  await say({ action: 'next-incident' });
  const found = await until((s) => s.incidents > 0 && s.seeking === null);
  assert.equal(found.playing, false);
  const { body: incidents } = await get(`${base}/incidents`);
  assert.equal(incidents.items[0].cause, 'wrong-forward');
  const refused = await post(`${base}/incidents/${incidents.items[0].id}/acknowledge`, { note: '' });
  assert.equal(refused.status, 409);
  assert.equal((await post(`${base}/replay`, { action: 'speed', speed: 0 })).status, 400);
  assert.equal((await say({ action: 'speed', speed: 100 })).speed, 100);
  await say({ action: 'play' });
  const result = await replay;
  transport.end(null);
  assert.equal((await get(`${base}/replay`)).body.ended, true);
  assert.equal(result.summary.incidents_by_cause['wrong-forward'], 1);
  assert.equal((await get(`${base}/smiles/${KEY}`)).status, 200);
});
