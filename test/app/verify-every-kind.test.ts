/** Content ids of every kind of model: one number changed in a log written anew, so that its bytes are intact, is found with the record's number. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkCalibrations } from '../../src/app/verify-calibrations.ts';
import type { MarketEvent } from '../../src/market/event.ts';
import type { JsonObject } from '../../src/store/canonical-json.ts';
import { checkLog } from '../../src/store/inspect.ts';
import { nodeFiles } from '../../src/store/log-files.ts';
import { readRecords } from '../../src/store/log-reader.ts';
import { openLog } from '../../src/store/open-log.ts';
import type { LogRecord } from '../../src/store/record-codec.ts';
import { vernier } from '../cli/run-vernier.ts';
import { recordEveryKind } from './every-kind.ts';

const work = mkdtempSync(join(tmpdir(), 'vernier-kinds-'));
const honest = join(work, 'honest');
const all: LogRecord[] = [];
after(() => rmSync(work, { recursive: true, force: true }));
before(async () => {
  await recordEveryKind(honest);
  for await (const item of readRecords(nodeFiles(honest))) if (item.kind === 'record') all.push(item.record);
});

let written = 0;
/** The log with one record changed, by an honest writer; returns what the check blames, with the number of the record. */
async function forged(index: number, changed: LogRecord): Promise<{ path: string; faults: string[] }> {
  const path = join(work, `forged-${written++}`);
  const log = await openLog(path);
  all.forEach((record, i) => log.writer.append(i === index ? changed : record));
  await log.close();
  assert.notEqual((await checkLog(nodeFiles(path))).verdict, 'damaged', 'bytes, seals and links are good');
  return { path, faults: (await checkCalibrations(path)).faults.map((f) => `${f.record} ${f.id} ${f.reason}`) };
}

const outputs = (match: (r: JsonObject) => boolean): { index: number; record: JsonObject }[] =>
  all.flatMap((r, index) => (r.kind === 'output' && match(r.record) ? [{ index, record: r.record }] : []));
/** The second of its kind: it has a parent. */
const second = (type: string, model?: string): { index: number; record: JsonObject } =>
  outputs((r) => r['type'] === type && r['parent'] !== null && (model === undefined || r['model'] === model))[0];
const inputOf = (match: (e: MarketEvent) => boolean): { index: number; event: MarketEvent } => {
  const index = all.findIndex((r) => r.kind === 'input' && match(r.event));
  return { index, event: (all[index] as LogRecord & { kind: 'input' }).event };
};
/** The smallest change that there is. */
const nudged = (numbers: readonly number[]): number[] => [numbers[0] * (1 + 2.3e-16), ...numbers.slice(1)];

test('every kind is checked, and an honest log has no fault', async () => {
  const check = await checkCalibrations(honest);
  assert.deepEqual(check.faults, []);
  for (const [kind, n] of Object.entries(check.by_kind)) assert.ok(n >= 20, `${kind}: ${n}`);
  assert.equal(
    Object.values(check.by_kind).reduce((a, b) => a + b),
    check.checked,
  );
});

for (const [kind, type, model] of [
  ['credit', 'credit-calibration', undefined],
  ['hedging', 'hedge-calibration', 'hedge-sabr'],
  ['surface', 'calibration', 'svi'],
] as const)
  test(`a ${kind} calibration: the last bit of an answer, of what is shown, a lost name, a strange parent`, async () => {
    const { index, record } = second(type, model);
    const id = record['id'] as string;
    const answer = inputOf((e) => e.type === 'fit-result' && e.jobId === id);
    assert.equal(answer.event.type, 'fit-result');
    const { outcome } = answer.event as MarketEvent & { type: 'fit-result' };
    for (const field of ['parameters', 'covariance'] as const) {
      if (outcome[field].length === 0) continue;
      const changed = { ...answer.event, outcome: { ...outcome, [field]: nudged(outcome[field]) } } as MarketEvent;
      assert.deepEqual((await forged(answer.index, { kind: 'input', event: changed })).faults, [
        `${index} ${id} other-content`,
      ]);
    }
    const as = (change: JsonObject): LogRecord => ({ kind: 'output', record: { ...record, ...change } });
    const unnamed = await forged(index, as({ content_id: null }));
    assert.equal(unnamed.faults[0], `${index} ${id} no-name`);
    const orphan = await forged(index, as({ parent: 'f'.repeat(64) }));
    assert.equal(orphan.faults[0], `${index} ${id} other-content`);
    const field = type === 'credit-calibration' ? 'hazards' : 'parameters';
    const shown = record[field] as Record<string, number>;
    const names = Object.keys(shown);
    if (names.length > 0) {
      const other = await forged(index, as({ [field]: { ...shown, [names[0]]: shown[names[0]] + 1e-9 } }));
      assert.deepEqual(other.faults, [`${index} ${id} other-numbers`]);
    }
    const gone = await forged(index, { kind: 'output', record: { type: 'action', at: record['at'] } });
    assert.ok(gone.faults.every((f) => f.endsWith('unknown-parent')) && gone.faults.length > 0, gone.faults.join());
  });

for (const type of ['pushed-fit', 'pushed-greeks'] as const)
  test(`${type}: a number, the version its owner states, the record of the push`, async () => {
    const model = type === 'pushed-fit' ? 'desk' : 'desk-right';
    const { index, record } = second(type === 'pushed-fit' ? 'calibration' : 'hedge-calibration', model);
    const id = record['id'] as string;
    const from = (record['inputs'] as { last_record: number }).last_record;
    const pushed = all[from] as LogRecord & { kind: 'input' };
    assert.equal(pushed.event.type, type);
    assert.deepEqual([record['approver'], record['reason']], ['desk-token', 'pushed']);
    const numbers =
      pushed.event.type === 'pushed-fit'
        ? { volatilities: nudged(pushed.event.volatilities) }
        : { deltas: nudged((pushed.event as MarketEvent & { type: 'pushed-greeks' }).deltas) };
    for (const change of [numbers, { version: 'another' }]) {
      const event = { ...pushed.event, ...change } as MarketEvent;
      assert.deepEqual((await forged(from, { kind: 'input', event })).faults, [`${index} ${id} other-content`]);
    }
    const inputs = { ...(record['inputs'] as JsonObject), last_record: from - 1 };
    const elsewhere = await forged(index, { kind: 'output', record: { ...record, inputs } });
    assert.equal(elsewhere.faults[0], `${index} ${id} no-answer`);
  });

test('the command names the record and ends with 3', async () => {
  const { index, record } = second('credit-calibration');
  const answer = inputOf((e) => e.type === 'fit-result' && e.jobId === record['id']);
  const event = answer.event as MarketEvent & { type: 'fit-result' };
  const outcome = { ...event.outcome, covariance: nudged(event.outcome.covariance) };
  const { path } = await forged(answer.index, { kind: 'input', event: { ...event, outcome } });
  const said = await vernier(['verify', path]);
  assert.equal(said.code, 3);
  assert.match(
    said.stdout,
    new RegExp(`^forged {4}record ${index}, hazard@simulated:acme#\\d+: its content is not`, 'm'),
  );
  assert.match(said.stdout, /^hashes .*\d+ surface, \d+ hedge, \d+ credit, \d+ pushed/m);
});
