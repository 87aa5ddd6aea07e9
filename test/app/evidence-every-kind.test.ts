/** The evidence pack of a session with every kind of model: who was relied on when, what was pushed, what came of it. SYNTHETIC. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { evidencePage } from '../../src/app/evidence-page.ts';
import { addedUp, Roles } from '../../src/app/evidence-roles.ts';
import { gatherEvidence } from '../../src/app/evidence.ts';
import { recordEveryKind } from './every-kind.ts';

const work = mkdtempSync(join(tmpdir(), 'vernier-evidence-kinds-'));
after(() => rmSync(work, { recursive: true, force: true }));

test('smiles, hedges, credit curves and what users push stand in every chapter as what they were', async () => {
  const log = join(work, 'log');
  await recordEveryKind(log);
  const e = await gatherEvidence(log, -8.64e15, 8.64e15);
  const row = (kind: string, model: string) => {
    const found = e.inventory.find((m) => m.kind === kind && m.model === model);
    assert.ok(found !== undefined, `${kind} ${model}`);
    return found;
  };
  const role = (kind: string, model: string): string[] => row(kind, model).roles.map((r) => `${r.role} ${r.scopes}`);
  assert.deepEqual(role('surface', 'svi'), ['champion 2']);
  assert.deepEqual(role('surface', 'venue-mark'), ['benchmark 2']);
  assert.deepEqual(role('surface', 'desk'), ['pushed 2']);
  assert.deepEqual(role('hedge', 'desk-wrong'), ['pushed, hedging 2']);
  assert.deepEqual(role('hedge', 'sticky-strike'), ['hedging champion where none was promoted 2']);
  assert.deepEqual(role('credit', 'hazard'), ['hazard, the only one of its curve 1']);
  assert.deepEqual(row('surface', 'desk').stated_versions, ['2026.1']);
  assert.match(row('hedge', 'desk-right').latest ?? '', /^[0-9a-f]{64}$/);
  assert.ok(row('hedge', 'sabr').calibrations > 5, 'what it borrows stands with it');

  const { by_kind: kinds } = e.recalibrations;
  assert.deepEqual(Object.keys(kinds).toSorted(), ['credit', 'hedge', 'pushed', 'surface']);
  assert.equal(kinds['pushed']['accepted'], row('surface', 'desk').accepted + 2 * row('hedge', 'desk-right').accepted);
  const limit = e.breaches.rows.find((b) => b.cause === 'book-limit');
  const gates = ['svi', 'venue-mark', 'desk'].map((model) => `gate of ${model} HEDGE_ONLY`);
  assert.deepEqual(limit?.actions, gates, 'what answered it where no action was needed');
  assert.deepEqual(e.breaches.rows.find((b) => b.scope.endsWith('desk-wrong'))?.actions, ['gate of hedge WIDEN']);
  assert.deepEqual([...new Set(e.outcomes.scores.map((s) => s.kind))].toSorted(), ['credit', 'hedge', 'surface']);
  assert.ok(e.outcomes.scores.filter((s) => s.kind === 'hedge').every((s) => s.inside_share === null));
  assert.ok(e.cumulative_changes.some((c) => c.parameter.startsWith('hazard to ')));
  const page = evidencePage(e);
  assert.equal(page.match(/<svg/g)?.length, 8);
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
});

test('a promotion, its end and a promotion of a hedge are stretches of roles, whatever the span', () => {
  const roles = new Roles();
  const act = (at: string, kind: string, outcome: string, scope: string): void =>
    roles.action({ type: 'action', at, incident: null, kind, outcome, scope });
  act('2026-01-01T02', 'promote', 'proposed sabr over svi', 'v:BTC:1');
  act('2026-01-01T03', 'promote', 'promoted in emergency, unconfirmed: sabr over svi by automatic', 'v:BTC:1');
  act('2026-01-01T05', 'roll-back', 'sabr back to svi (reversed)', 'v:BTC:1');
  act('2026-01-01T04', 'hedge-promote', 'proposed: sticky-strike -> sabr; E 30', 'v:BTC:hedge/b');
  act('2026-01-01T06', 'hedge-promote', 'sticky-strike -> sabr; E 30 of 20 needed', 'v:BTC:hedge/b');
  const of = (model: string, from = '2026-01-01T00', to = '2026-01-01T09'): string[] =>
    roles.of('v:BTC:1', model, 'svi', from, to).map((s) => `${s.champion ? 'champion' : 'beside'} ${s.from.slice(11)}-${s.to.slice(11)}`); // prettier-ignore
  assert.deepEqual(of('svi'), ['champion 00-03', 'beside 03-05', 'champion 05-09']);
  assert.deepEqual(of('sabr'), ['beside 00-03', 'champion 03-05', 'beside 05-09']);
  assert.deepEqual(
    of('sabr', '2026-01-01T04'),
    ['champion 04-05', 'beside 05-09'],
    'what was promoted before the span',
  );
  assert.deepEqual(roles.of('v:BTC:2', 'svi', 'svi', 'a', 'b'), [{ champion: true, from: 'a', to: 'b' }]);
  assert.deepEqual(roles.scopes('v:BTC:hedge/'), ['v:BTC:hedge/b']);
  assert.deepEqual(
    roles.of('v:BTC:hedge/b', 'sabr', 'sticky-strike', '2026-01-01T00', '2026-01-01T09').map((s) => s.champion),
    [false, true],
  );
  const sum = addedUp([
    { role: 'champion', scope: 'a', from: '1', to: '3' },
    { role: 'champion', scope: 'b', from: '2', to: '5' },
    { role: 'champion', scope: 'a', from: '4', to: '6' },
  ]);
  assert.deepEqual(sum, [{ role: 'champion', scopes: 2, from: '1', to: '6' }]);
});
