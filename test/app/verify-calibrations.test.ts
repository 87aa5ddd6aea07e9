/** Calibrations are what their hashes name: a log written anew with one number changed has intact bytes, and is found out. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Session, sessionHeader } from '../../src/app/session.ts';
import { checkCalibrations } from '../../src/app/verify-calibrations.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { runFit } from '../../src/engine/models.ts';
import type { JsonObject } from '../../src/store/canonical-json.ts';
import { nodeFiles } from '../../src/store/log-files.ts';
import { readRecords } from '../../src/store/log-reader.ts';
import { openLog } from '../../src/store/open-log.ts';
import type { LogRecord } from '../../src/store/record-codec.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { records, vernier } from '../cli/run-vernier.ts';

async function writeLog(directory: string): Promise<LogRecord[]> {
  const log = await openLog(directory);
  log.writer.append(sessionHeader(DEFAULT_CONFIG));
  const session = new Session(DEFAULT_CONFIG, { target: log.writer, onRecord: () => undefined, onFit: runFit });
  const startAt = Date.UTC(2026, 0, 15, 0, 30);
  const simulation = new Simulation({ seed: 7, startAt, underlyings: ['BTC'], instrumentLimit: 160 });
  for (const batch of simulatedEvents(simulation, { until: startAt + 40_000 }))
    for (const event of batch) session.push(event);
  await log.close();
  const all: LogRecord[] = [];
  for await (const item of readRecords(nodeFiles(directory))) if (item.kind === 'record') all.push(item.record);
  return all;
}

test('verify computes every hash again: a covariance, a parent, a range or a missing answer gives itself away', async (t) => {
  const work = mkdtempSync(join(tmpdir(), 'vernier-hashes-'));
  t.after(() => rmSync(work, { recursive: true, force: true }));
  const honest = join(work, 'honest');
  const all = await writeLog(honest);
  const check = await checkCalibrations(honest);
  assert.ok(check.checked >= 8, `${check.checked} calibrations`);
  assert.deepEqual(check.faults, []);
  const calibrations = all.flatMap((r) =>
    r.kind === 'output' && r.record['type'] === 'calibration' ? [r.record] : [],
  );
  const child = calibrations.find((c) => c['parent'] !== null)!;
  const ranges = calibrations.map((c) => c['inputs'] as { first_record: number; last_record: number } | null);
  assert.ok(ranges.every((r) => r === null || (r.first_record <= r.last_record && r.last_record < all.length)));
  const parent = calibrations.find((c) => c['content_id'] === child['parent'])!;
  assert.equal(
    (child['inputs'] as { first_record: number }).first_record,
    (parent['inputs'] as { last_record: number }).last_record + 1,
    'what a calibration rests on begins behind what its parent rests on',
  );

  /** The same log with one record changed or left out, written by an honest writer: bytes, seals and links are good. */
  const forged = async (name: string, change: (record: LogRecord) => LogRecord | null): Promise<string[]> => {
    const directory = join(work, name);
    const log = await openLog(directory);
    for (const record of all) {
      const written = change(record);
      if (written !== null) log.writer.append(written);
    }
    await log.close();
    return (await checkCalibrations(directory)).faults.map((f) => `${f.id} ${f.reason}`);
  };
  const id = child['id'] as string;
  const answer = (change: (numbers: readonly number[]) => readonly number[] | null) => (record: LogRecord) => {
    if (record.kind !== 'input' || record.event.type !== 'fit-result' || record.event.jobId !== id) return record;
    const covariance = change(record.event.outcome.covariance);
    if (covariance === null) return null;
    return { ...record, event: { ...record.event, outcome: { ...record.event.outcome, covariance } } };
  };
  const entry = (change: JsonObject) => (record: LogRecord) =>
    record.kind === 'output' && record.record['id'] === id
      ? { ...record, record: { ...record.record, ...change } }
      : record;
  assert.deepEqual(
    await forged(
      'covariance',
      answer((c) => [c[0] * (1 + 2e-16), ...c.slice(1)]),
    ),
    [`${id} other-content`],
  );
  assert.deepEqual(
    await forged(
      'answer',
      answer(() => null),
    ),
    [`${id} no-answer`],
  );
  assert.deepEqual(await forged('quotes', entry({ quotes_used: 1 })), [`${id} other-content`]);
  assert.deepEqual((await forged('parent', entry({ parent: 'f'.repeat(64) })))[0], `${id} other-content`);
  const without = await forged('orphan', (r) => (r.kind === 'output' && r.record['id'] === parent['id'] ? null : r));
  assert.ok(
    without.some((f) => f.endsWith('unknown-parent')),
    without.join(),
  );

  const said = await vernier(['verify', join(work, 'covariance')]);
  assert.equal(said.code, 3);
  assert.match(said.stdout, /forged {4}record \d+, svi@\S+: its content is not what its hash says/);
  const good = await vernier(['verify', honest, '--json']);
  assert.equal(good.code, 0);
  assert.equal((records(good)[0]['calibrations'] as { checked: number }).checked, check.checked);
});
