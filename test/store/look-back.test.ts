import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogWriter } from '../../src/store/log-writer.ts';
import { LogTimes } from '../../src/store/log-times.ts';
import { loadMilestone, MILESTONES_KEPT, milestonesOf, saveMilestone } from '../../src/store/milestone.ts';
import { openLog } from '../../src/store/open-log.ts';
import { readSaid, type Said } from '../../src/store/said-reader.ts';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { nodeFiles } from '../../src/store/log-files.ts';
import { segmentName } from '../../src/store/segment.ts';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryFiles } from './memory-files.ts';

const at = (sequence: number) => ({
  sequence,
  digest: 'ab'.repeat(32),
  state: new TextEncoder().encode(`state ${sequence}`),
});

test('a milestone comes back as it was saved, in order of the log; a broken one is nothing', async () => {
  const files = new MemoryFiles();
  await saveMilestone(files, 1_700_000_060_000, at(90), 0);
  await saveMilestone(files, 1_700_000_000_000, at(7), 0);
  const all = await milestonesOf(files);
  assert.deepEqual(all.map((m) => [m.sequence, m.at]), [[7, 1_700_000_000_000], [90, 1_700_000_060_000]]); // prettier-ignore
  assert.deepEqual(await loadMilestone(files, all[1]), at(90));
  files.put(all[0].file, files.bytes(all[0].file).slice(0, 20));
  assert.equal(await loadMilestone(files, all[0]), null);
  files.put('milestone-1-2.state.gz.tmp', new Uint8Array(3));
  await saveMilestone(files, 1_700_000_120_000, at(120), 50);
  assert.deepEqual((await milestonesOf(files)).map((m) => m.sequence), [90, 120], 'what the log has lost is let go'); // prettier-ignore
  assert.ok(![...files.names.keys()].some((name) => name.endsWith('.tmp')), 'what a kill left is cleared away');
});

test('milestones are bounded: of the older half every second one goes', async () => {
  const files = new MemoryFiles();
  for (let i = 0; i < MILESTONES_KEPT; i++)
    files.put(`milestone-${String(i).padStart(16, '0')}-${1_700_000_000_000 + i}.state.gz`, new Uint8Array(1));
  await saveMilestone(files, 1_800_000_000_000, at(MILESTONES_KEPT), 0);
  const left = (await milestonesOf(files)).map((m) => m.sequence);
  assert.equal(left.length, MILESTONES_KEPT + 1 - MILESTONES_KEPT / 4);
  assert.deepEqual(left.slice(0, 3), [0, 2, 4]);
  assert.deepEqual(left.slice(-2), [MILESTONES_KEPT - 1, MILESTONES_KEPT]);
});

test('what a log says is read without decoding its market; damage is a hole, and the rest is still told', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'vernier-said-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const append = (writer: LogWriter, i: number): void => {
    const time = 1_700_000_000_000 + i * 1_000;
    writer.append({ kind: 'input', event: { type: 'index', at: time, receivedAt: time + 5, venue: 'v', underlying: 'U', name: 'n', price: 100 + i } }); // prettier-ignore
    writer.append({ kind: 'output', record: { type: 'score', n: i } });
  };
  for (const session of [0, 1]) {
    const log = await openLog(directory);
    log.writer.append({ kind: 'meta', format: 1, code: 'test', configuration: { session }, stamp: 'SYNTHETIC' });
    for (let i = 0; i < 3; i++) append(log.writer, 10 * session + i);
    const receivedAt = 1_700_000_050_000;
    log.writer.append({ kind: 'input', event: { type: 'operator', at: receivedAt, receivedAt, actor: 'a', action: 'acknowledge', target: 'x', note: '"type":"gap"', until: null } }); // prettier-ignore
    await log.writer.flush();
    await log.close();
  }
  const files = nodeFiles(directory);
  const read = async (): Promise<Said[]> => {
    const all: Said[] = [];
    for await (const said of readSaid(files, [0, 1])) all.push(said);
    return all;
  };
  const said = await read();
  const kinds = ['session', 'output', 'output', 'output', 'event'];
  assert.deepEqual(said.map((s) => s.kind), [...kinds, ...kinds]); // prettier-ignore
  assert.deepEqual(said.map((s) => s.sequence), [0, 2, 4, 6, 7, 8, 10, 12, 14, 15]); // prettier-ignore
  const times = await new LogTimes(files).read();
  assert.deepEqual(times.map((s) => [s.sequence, s.first, s.last, s.session]), [
    [0, 1_700_000_000_000, 1_700_000_050_000, true],
    [8, 1_700_000_010_000, 1_700_000_050_000, true],
  ]); // prettier-ignore
  const path = join(directory, segmentName(0));
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length * 0.6)] ^= 1;
  writeFileSync(path, bytes);
  const rest = await read();
  assert.ok(rest.some((s) => s.kind === 'hole'));
  assert.deepEqual(rest.filter((s) => s.sequence >= 8).map((s) => s.kind), kinds); // prettier-ignore
});
