/** `vernier report`: the evidence of a span, from a log with known contents and from the SYNTHETIC tape's. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { evidencePage } from '../../src/app/evidence-page.ts';
import { gatherEvidence, type Evidence } from '../../src/app/evidence.ts';
import { sessionHeader } from '../../src/app/session.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { isoTime } from '../../src/market/iso-time.ts';
import type { OperatorEvent } from '../../src/market/event.ts';
import { openLog } from '../../src/store/open-log.ts';
import { vernier } from './run-vernier.ts';

const work = mkdtempSync(join(tmpdir(), 'vernier-report-'));
after(() => rmSync(work, { recursive: true, force: true }));
const T0 = Date.UTC(2026, 1, 5, 21);
const at = (s: number): string => isoTime(T0 + s * 1_000);
const EXPIRY = '2026-03-27T08:00:00.000Z';

/** A log whose evidence can be added up by hand. */
async function writeLog(directory: string): Promise<void> {
  const log = await openLog(directory);
  const out = (record: object): void => void log.writer.append({ kind: 'output', record: record as never });
  log.writer.append(sessionHeader(DEFAULT_CONFIG));
  const act = (s: number, action: OperatorEvent['action'], target: string): void => {
    const time = T0 + s * 1_000;
    const until = action === 'override' ? time + 600_000 : null;
    const event = { type: 'operator', at: time, receivedAt: time, actor: 'rita', action, target, note: 'why', until };
    log.writer.append({ kind: 'input', event: event as OperatorEvent });
  };
  const fit = (s: number, status: string, b: number): void =>
    out({
      type: 'calibration',
      at: at(s),
      id: `c${s}`,
      model: 'svi',
      venue: 'deribit',
      underlying: 'BTC',
      expiry: EXPIRY,
      status,
      reason: status === 'accepted' ? `age; child-of-parent ${b}` : 'age; inside-share 0.1 against 0.6',
      guards: status === 'accepted' ? [] : ['inside-share'],
      approver: 'automatic',
      parameters: { b },
    });
  const score = (s: number, pz: number): void =>
    out({
      type: 'score',
      at: at(s),
      model: 'svi',
      venue: 'deribit',
      underlying: 'BTC',
      expiry: EXPIRY,
      horizon_s: 1,
      n: 9,
      pz,
      inside_share: 0.5,
    });
  const gate = (s: number, state: string): void =>
    out({ type: 'gate', at: at(s), scope: 'svi@deribit:BTC:2026-03-27', state, reasons: [] });
  const incident = (s: number, state: string): void =>
    out({
      type: 'incident',
      id: 'i<1>',
      at: at(s),
      state,
      cause: 'stale-feed',
      severity: 'critical',
      scope: 'deribit:BTC',
      evidence: {},
    });
  gate(-100, 'OK');
  for (const [i, b] of [1, 1.5, 1.25, 2].entries()) fit(10 * i, 'accepted', b);
  fit(45, 'refused', 9);
  for (let i = 0; i < 9; i++) score(50 + i, i < 8 ? 1 : 4);
  incident(60, 'open');
  gate(60, 'DO_NOT_USE');
  act(70, 'override', 'svi@deribit:BTC');
  act(71, 'acknowledge', 'i<1>');
  const judge = (s: number, verdict: string, rule: string | null): void =>
    out({
      type: 'verdict',
      at: at(s),
      incident: 'i<1>',
      cause: 'stale-feed',
      scope: 'deribit:BTC',
      verdict,
      by: rule === null ? 'rita' : 'rule',
      automatic: rule !== null,
      rule,
      note: '',
    });
  out({ type: 'action', at: at(61), incident: 'i<1>', kind: 'quarantine', outcome: 'refits-vetoed' });
  out({ type: 'action', at: at(62), incident: null, kind: 'promote', outcome: 'promoted: sabr over svi by automatic', scope: 'deribit:BTC:2026-03-27' }); // prettier-ignore
  gate(90, 'OK');
  incident(90, 'resolved');
  judge(90, 'unclear', 'nothing-confirmed-it');
  judge(95, 'true', null);
  score(100, 1);
  incident(500, 'open');
  await log.writer.flush();
  await log.close();
}

test('what is counted is what was written: breaches, overrides, approvals, refits, path lengths, gate time', async () => {
  const directory = join(work, 'known');
  await writeLog(directory);
  const e = await gatherEvidence(directory, T0, T0 + 100_000);
  assert.deepEqual([e.from, e.to], [at(0), at(100)]);
  const { model, roles, expiries, calibrations, accepted, scored, parameters } = e.inventory[0];
  assert.deepEqual(
    [model, expiries, calibrations, accepted, scored, parameters],
    ['svi', 1, 5, 4, 10, ['a', 'b', 'rho', 'm', 'sigma']],
  );
  // Replaced at 62 s by sabr, as the action says, it went on beside its successor.
  assert.deepEqual(roles, [
    { role: 'champion', scopes: 1, from: at(0), to: at(62) },
    { role: 'challenger', scopes: 1, from: at(62), to: at(100) },
  ]);
  assert.deepEqual(e.breaches.rows[0].verdict, { verdict: 'true', by: 'rita', rule: null }, 'the last one given');
  assert.deepEqual(e.breaches.rows[0].actions, ['quarantine refits-vetoed']);
  assert.deepEqual([e.precision[0].overall.precision, e.precision[1].cause, e.precision[1].people.true], [1, 'stale-feed', 1]); // prettier-ignore
  assert.deepEqual(e.recalibrations.by_guard, { 'inside-share': 1 });
  assert.deepEqual(e.recalibrations.by_reason, { age: 4 }, 'notes behind the reason make no other reason of it');
  const limit = (name: string): number | null => e.limits.find((l) => l.limit === name)!.reached;
  assert.deepEqual([limit('guard: inside-share'), limit('break-glass'), limit('age'), limit('incident')], [1, 1, 4, 1]);
  assert.deepEqual(e.model_changes.map((c) => c.outcome), ['promoted: sabr over svi by automatic']); // prettier-ignore
  assert.deepEqual(e.breaches.by_cause, { 'stale-feed': 1 }, 'the second one lies outside');
  assert.deepEqual([e.breaches.rows[0].opened, e.breaches.rows[0].resolved], [at(60), at(90)]);
  assert.deepEqual(e.recalibrations.by_status, { accepted: 4, refused: 1 });
  assert.equal(e.recalibrations.refused[0].at, at(45));
  const [b] = e.cumulative_changes;
  assert.deepEqual([b.fits, b.first, b.last, b.net, b.path, b.largest_step], [4, 1, 2, 1, 1.5, 0.75]);
  assert.deepEqual(e.overrides.map((o) => [o.actor, o.action, o.until]), [['rita', 'override', at(670)]]); // prettier-ignore
  assert.deepEqual(e.approvals.map((o) => o.action), ['acknowledge']); // prettier-ignore
  assert.deepEqual(e.outcomes.gate[0].seconds, { OK: 70, WIDEN: 0, HEDGE_ONLY: 0, DO_NOT_USE: 30 });
  assert.ok(Math.abs(e.outcomes.gate[0].not_ok_share! - 0.3) < 1e-12);
  const [row] = e.outcomes.scores;
  assert.deepEqual([row.scores, row.above_2, row.inside_share], [10, 0.1, 0.5]);
  assert.ok(row.median_pz > 0.9 && row.median_pz < 1.15 && row.p95_pz > 3.6 && row.p95_pz < 4.5);
  assert.equal((e.configurations[0] as unknown as { champion: string }).champion, 'svi');
});

test('the page shows every chapter, escapes what it shows, and needs nothing from elsewhere', async () => {
  const e = await gatherEvidence(join(work, 'known'), -8.64e15, 8.64e15);
  const page = evidencePage(e);
  for (const chapter of [
    'Inventory',
    'Limits',
    'Breaches',
    'Overrides',
    'Precision of the alarms',
    'Changes of model',
    'Recalibrations',
    'Cumulative small changes',
    'Approvals',
    'Outcomes',
  ])
    assert.ok(page.includes(`<h2>${chapter}</h2>`), chapter);
  assert.equal(page.match(/<svg/g)?.length, 5);
  for (const picture of page.split('<svg').slice(1)) assert.match(picture, /font-weight="600".*text-anchor="middle"/s);
  assert.ok(page.includes('i&lt;1&gt;') && !page.includes('i<1>'));
  assert.doesNotMatch(page, /<script|src=|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
  const nothing = evidencePage(await gatherEvidence(join(work, 'known'), 0, 1));
  assert.match(nothing, /The span holds no record/);
  for (const [, rest] of nothing.matchAll(/None recorded\.(.*?)<\/p>/g)) assert.match(rest, /\w{3}/, 'and says why');
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
  assert.match(page, /true, by rita/);
});

test('the command writes both files from the SYNTHETIC tape; a wrong span or folder is a usage error', async () => {
  const tape = join(import.meta.dirname, '../../src/cli/assets/SYNTHETIC-chain.csv.gz');
  const [log, out] = [join(work, 'tape'), join(work, 'out')];
  await vernier(['replay', tape, '--record', log, '--json', '-q']);
  const ran = await vernier(['report', '--log', log, '--out', out]);
  assert.equal(ran.code, 0, ran.stderr);
  const e = JSON.parse(readFileSync(join(out, 'evidence.json'), 'utf8')) as Evidence;
  assert.ok(e.breaches.total >= 1 && e.inventory[0].calibrations > 50 && e.outcomes.scores.length >= 2);
  assert.ok(readFileSync(join(out, 'evidence.html'), 'utf8').includes(e.breaches.rows[0].id));
  assert.equal((await vernier(['report', '--log', work, '--out', out])).code, 2);
  const within = join(out, 'evidence.json', 'x');
  const unwritten = await vernier(['report', '--log', log, '--out', within]);
  assert.deepEqual([unwritten.code, unwritten.stderr], [1, `vernier: --out ${within}: cannot be written (ENOTDIR)\n`]);
  const span = ['--from', '2030-01-08', '--to', '2030-01-07'];
  assert.equal((await vernier(['report', '--log', log, '--out', out, ...span])).code, 2);
});
