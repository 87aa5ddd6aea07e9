/** `vernier explain` on the log of the SYNTHETIC tape: what was seen, decided and done, remade from the log. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { vernier } from './run-vernier.ts';

const work = mkdtempSync(join(tmpdir(), 'vernier-explain-'));
const LOG = join(work, 'log');
const TAPE = join(import.meta.dirname, '../../src/cli/assets/SYNTHETIC-chain.csv.gz');
let incident: { id: string; cause: string; at: string };
after(() => rmSync(work, { recursive: true, force: true }));
before(async () => {
  const ran = await vernier(['replay', TAPE, '--record', LOG, '--json', '-q']);
  const line = ran.stdout.split('\n').find((l) => l.includes('"type":"incident"') && l.includes('"state":"open"'));
  incident = JSON.parse(line!) as typeof incident;
});

test('the text says what was seen, decided and done, and that it was remade to the last bit', async () => {
  const ran = await vernier(['explain', incident.id, '--log', LOG]);
  assert.equal(ran.code, 0, ran.stderr);
  const text = ran.stdout;
  for (const part of ['Seen', 'Decided', 'Done']) assert.match(text, new RegExp(`^${part}$`, 'm'));
  assert.ok(text.includes(incident.cause) && text.includes(`opened ${incident.at}`));
  assert.match(text, /PZ of svi on/);
  assert.match(text, /\^ opened/);
  assert.match(text, /quotes o, svi/);
  assert.match(text, /recalibrate: requested/);
  assert.match(text, /^reproduced: \d+ records remade/m);
});

test('as JSON it holds the records themselves', async () => {
  const ran = await vernier(['explain', incident.id, '--log', LOG, '--json']);
  const found = JSON.parse(ran.stdout) as Record<string, unknown> & { incident: { id: string; timeline: unknown[] } };
  assert.equal(found.incident.id, incident.id);
  assert.ok(found.incident.timeline.length > 1);
  assert.ok(
    (found['series'] as { points: unknown[] }).points.length > 2 && (found['calibrations'] as unknown[]).length > 0,
  );
  assert.deepEqual(Object.keys(found['reproduced'] as object), ['records', 'sha256']);
});

test('an unknown incident and a folder without a log are usage errors; a log that was tampered with exits 3', async () => {
  const unknown = await vernier(['explain', 'deribit:BTC-99', '--log', LOG]);
  assert.deepEqual([unknown.code, unknown.stderr.includes('deribit:BTC-99')], [2, true]);
  assert.equal((await vernier(['explain', incident.id, '--log', work])).code, 2);
  const segment = join(LOG, readdirSync(LOG).find((f) => f.endsWith('.vlog')) ?? '');
  const bytes = readFileSync(segment);
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  writeFileSync(segment, bytes);
  const tampered = await vernier(['explain', incident.id, '--log', LOG]);
  assert.equal(tampered.code, 3, tampered.stderr);
  assert.match(tampered.stderr, /the log is damaged/);
});
