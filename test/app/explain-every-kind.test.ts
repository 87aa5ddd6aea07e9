/** Incidents of every kind, explained from one recorded session: remade to the last bit, with their own figure, and drawn. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { explainIncident } from '../../src/app/explain.ts';
import { explanationPage } from '../../src/app/explain-page.ts';
import type { IncidentRecord, OutputRecord, VerdictRecord } from '../../src/model/record.ts';
import { vernier } from '../cli/run-vernier.ts';
import { recordEveryKind } from './every-kind.ts';

const work = mkdtempSync(join(tmpdir(), 'vernier-explain-kinds-'));
const LOG = join(work, 'log');
let said: OutputRecord[] = [];
after(() => rmSync(work, { recursive: true, force: true }));
before(async () => {
  said = await recordEveryKind(LOG);
});

const incidents = (): IncidentRecord[] => said.filter((r) => r.type === 'incident');
const opened = (match: (i: IncidentRecord) => boolean): IncidentRecord => {
  const found = incidents().find((i) => i.state === 'open' && match(i));
  assert.ok(found !== undefined);
  return found;
};

test('every incident that ended has a verdict, whatever kind of model it was of', () => {
  const ended = incidents().filter((i) => i.state === 'resolved');
  const judged = new Set(said.filter((r): r is VerdictRecord => r.type === 'verdict').map((v) => v.incident));
  assert.ok(ended.some((i) => i.scope === 'simulated:acme/b') && ended.length >= 4);
  assert.deepEqual(ended.filter((i) => !judged.has(i.id)).map((i) => i.id), []); // prettier-ignore
});

for (const [name, match, figure, place] of [
  ['data', (i) => i.cause === 'crossed-quotes', 'PZ of svi', /^deribit:BTC:/],
  ['market', (i) => i.cause === 'level-move', 'PZ of svi', /^deribit:BTC:2026-01-14$/],
  ['a pushed model', (i) => i.scope.startsWith('desk@'), 'PZ of desk', /^deribit:BTC:/],
  ['hedging', (i) => i.scope.includes(':hedge/'), 'PZ of desk-wrong', /^2026-/],
  ['the book', (i) => i.cause === 'book-limit', 'vega_usd_per_point (champion)', /^deribit:BTC$/],
  ['credit', (i) => i.scope === 'simulated:acme/b', 'PZ of hazard', /^simulated:acme$/],
] as readonly (readonly [string, (i: IncidentRecord) => boolean, string, RegExp])[])
  test(`an incident of ${name} is remade to the last bit, with what it was read from, and drawn`, async () => {
    const incident = opened(match);
    const found = await explainIncident(LOG, incident.id);
    assert.ok(found !== null && !('mismatch' in found.reproduced), JSON.stringify(found?.reproduced));
    assert.equal(found.reproduced.records, said.length);
    assert.deepEqual([found.incident.cause, found.incident.opened], [incident.cause, incident.at]);
    assert.equal(found.series?.name, figure);
    assert.match(found.series.on, place);
    const at = Date.parse(incident.at);
    const times = found.series.points.map((p) => Date.parse(p.at));
    assert.ok(times.length > 3 && times[0] < at && times.at(-1)! > at, 'before and after it opened');
    assert.ok(found.calibrations.length > 0 && found.calibrations.every((c) => c.model === found.champion));
    const page = explanationPage(found);
    assert.match(page, /SYNTHETIC: the market of this log is simulated/);
    assert.match(page, /Reproduced: \d+ records/);
    assert.match(page, /UTC, 2026-01-0\d/);
    assert.doesNotMatch(page, /NaN|undefined|Infinity|<script|src=|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
  });

test('the command writes the page and refuses a place where it cannot', async () => {
  const { id } = opened((i) => i.cause === 'level-move');
  const page = join(work, 'page.html');
  const ran = await vernier(['explain', id, '--log', LOG, '-q', '--html', page]);
  assert.equal(ran.code, 0, ran.stderr);
  assert.ok(existsSync(page));
  const html = readFileSync(page, 'utf8');
  assert.equal(html.match(/<svg/g)?.length, 3, 'the story, the smile before and after');
  assert.match(html, /log-moneyness k = ln\(K\/F\)/);
  assert.match(html, /implied volatility/);
  const nowhere = await vernier(['explain', id, '--log', LOG, '-q', '--html', join(work, 'none', 'page.html')]);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /--html .*ENOENT/);
});
