/** A log and a checkpoint of another build: passed over with a word, never fed to this engine; orders of people stay. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serialize } from 'node:v8';
import { loadEngine } from '../../src/app/engine-checkpoint.ts';
import { remake } from '../../src/app/past/remake.ts';
import { recoverSession } from '../../src/app/recover-session.ts';
import { replayLog } from '../../src/app/replay-log.ts';
import { Session, sessionHeader } from '../../src/app/session.ts';
import { LogWalk } from '../../src/app/state-at.ts';
import { CODE_VERSION } from '../../src/app/version.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { runFit } from '../../src/engine/models.ts';
import { initEngine } from '../../src/engine/state.ts';
import type { MarketEvent } from '../../src/market/event.ts';
import { saveCheckpoint } from '../../src/store/checkpoint.ts';
import { nodeFiles } from '../../src/store/log-files.ts';
import { openLog } from '../../src/store/open-log.ts';
import { vernier } from '../cli/run-vernier.ts';
import { expiryIn, listing, quotes, snapshotEnd, START } from '../engine/synthetic-market.ts';

const work = mkdtempSync(join(tmpdir(), 'vernier-other-code-'));
const OLD = join(work, 'old');
const MIXED = join(work, 'mixed');
const HOUR = 3_600_000;
const EXPIRY = expiryIn(30);
after(() => rmSync(work, { recursive: true, force: true }));

function market(at: number, level = 0.5): MarketEvent[] {
  return [...quotes(EXPIRY, { at, level }), snapshotEnd(at), { type: 'timer', at, receivedAt: at }];
}

/** A session of an earlier build, whose configuration lacks what this engine needs and whose events have another shape. */
async function writeOld(directory: string): Promise<void> {
  const log = await openLog(directory);
  log.writer.append({ kind: 'meta', format: 1, code: 'vernier 0.1.0', configuration: { champion: 'svi' } });
  for (const event of [...listing(EXPIRY), ...market(START)]) log.writer.append({ kind: 'input', event });
  log.writer.append({ kind: 'input', event: { type: 'positions', at: START, receivedAt: START } as MarketEvent });
  const order = { type: 'operator', at: START, receivedAt: START, actor: 'rita', note: 'n' } as const;
  const until = START + 10 * 60_000;
  log.writer.append({ kind: 'input', event: { ...order, action: 'override', target: 'svi@deribit:BTC', until } });
  log.writer.append({
    kind: 'output',
    record: { type: 'incident', id: 'deribit:BTC-7', at: new Date(START).toISOString(), state: 'open', cause: 'stale-feed', severity: 'critical', scope: 'deribit:BTC', evidence: {} },
  }); // prettier-ignore
  const verdict = { type: 'verdict', at: new Date(START).toISOString(), incident: 'deribit:BTC-7', cause: 'stale-feed', scope: 'deribit:BTC', verdict: 'true', by: 'rita', automatic: false, rule: null, note: '' }; // prettier-ignore
  log.writer.append({ kind: 'output', record: verdict });
  const moved = (scope: string, outcome: string): void => {
    const record = { type: 'action', at: new Date(START).toISOString(), incident: null, kind: 'loop', outcome, scope };
    log.writer.append({ kind: 'output', record });
  };
  moved('deribit:BTC:2026-03-27', 'HEALTHY -> MANUAL (manual)');
  moved('deribit:BTC:2026-02-27', 'DRIFT -> MANUAL (exhausted)');
  moved('deribit:BTC:2026-02-27', 'MANUAL -> DRIFT (resume)');
  await log.close();
}

before(async () => {
  await writeOld(OLD);
  await writeOld(MIXED);
  const log = await openLog(MIXED);
  const recovered = await recoverSession(MIXED, DEFAULT_CONFIG, null);
  log.writer.append(sessionHeader(DEFAULT_CONFIG));
  const ports = { target: log.writer, onRecord: () => undefined, onFit: runFit };
  const session = new Session(DEFAULT_CONFIG, ports, recovered.state);
  for (const event of listing(EXPIRY)) session.push(event);
  for (const i of [0, 1, 2]) for (const event of market(START + 10_000 + i * HOUR)) session.push(event);
  await log.close();
});

test('recovery goes on with a fresh engine, says why, and keeps break-glass and verdicts', async () => {
  const { state, unsaid, replayed, otherCode, damage } = await recoverSession(OLD, DEFAULT_CONFIG, null);
  assert.equal(otherCode, `written by vernier 0.1.0, and this is ${CODE_VERSION}`);
  assert.deepEqual([unsaid, replayed, damage, state.underlyings.size], [[], 0, null, 0]);
  assert.deepEqual([...state.oversight.overrides.keys()], ['svi@deribit:BTC']);
  assert.deepEqual([...state.oversight.manual], [['deribit:BTC:2026-03-27', START]], 'and what people had taken over');
  assert.equal(state.oversight.verdicts.tallies.get('stale-feed')?.people.true, 1);
  assert.deepEqual(state.config, DEFAULT_CONFIG);
  const again = await recoverSession(MIXED, DEFAULT_CONFIG, null);
  assert.deepEqual([again.otherCode, again.unsaid], [null, []], 'a session of this code is gone on with');
  assert.ok(again.state.underlyings.get('deribit:BTC')!.expiries[0].models[0].versions.length > 0);
});

test('a checkpoint of another build, or one that cannot be read, is not taken', async () => {
  const files = nodeFiles(OLD);
  const state = initEngine(DEFAULT_CONFIG);
  const save = (bytes: Uint8Array): Promise<void> => saveCheckpoint(files, { sequence: 3, digest: 'd', state: bytes });
  await save(serialize({ code: 'vernier 0.1.0', state }));
  assert.equal(await loadEngine(OLD, DEFAULT_CONFIG, 100), null);
  await save(Uint8Array.of(255, 99, 1, 2, 3));
  assert.equal(await loadEngine(OLD, DEFAULT_CONFIG, 100), null);
  await save(serialize({ code: CODE_VERSION, state }));
  assert.equal((await loadEngine(OLD, DEFAULT_CONFIG, 100))?.sequence, 3);
});

test('a replay passes the other session over and repeats its own to the same digest', async () => {
  const passed = await replayLog({ directory: MIXED, speed: Infinity, onRecord: () => undefined });
  assert.equal(passed.passedOver?.says, `written by vernier 0.1.0, and this is ${CODE_VERSION}`);
  assert.ok(passed.passedOver.records > 70 && passed.summary.calibrations > 0);
  const said = await vernier(['replay', MIXED, '-q', '--json']);
  assert.equal(said.code, 0, said.stderr);
  assert.match(said.stderr, /passed over \d+ records of sessions written by vernier 0\.1\.0/);
});

test('a log of the other build alone is refused by name and version, by every command that computes', async () => {
  const says = new RegExp(`written by vernier 0\\.1\\.0, and this is ${CODE_VERSION.replaceAll('.', '\\.')}`);
  const replay = await vernier(['replay', OLD, '-q']);
  assert.ok(replay.code !== 0);
  assert.match(replay.stderr, says);
  const explain = await vernier(['explain', 'deribit:BTC-7', '--log', OLD]);
  assert.equal(explain.code, 3);
  assert.match(explain.stderr, says);
  assert.equal((await vernier(['verify', OLD])).code, 0, 'bytes and hashes can be checked by any build');
  const report = await vernier(['report', '--log', OLD, '--out', join(work, 'pack')]);
  assert.equal(report.code, 0, report.stderr);
});

test('looking back stops at the other session and works behind it', async () => {
  const early = await remake(MIXED, START - 1);
  assert.match(typeof early === 'string' ? early : '', /written by vernier 0\.1\.0/);
  const moment = await remake(MIXED, START + 2 * HOUR);
  assert.ok(typeof moment !== 'string');
  assert.ok(moment.inputs > 100);
  await assert.rejects(new LogWalk(nodeFiles(MIXED)).until(START - 1), /written by vernier 0\.1\.0/);
  const walk = new LogWalk(nodeFiles(MIXED));
  assert.ok(await walk.untilFirst());
  assert.ok(walk.at >= START + 10_000);
});
