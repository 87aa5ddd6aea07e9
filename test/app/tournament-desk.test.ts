import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tournamentTable, horizonsOf } from '../../dashboard/src/tournament-reading.ts';
import { TournamentDesk } from '../../src/app/tournament-desk.ts';
import { Tournaments } from '../../src/app/tournament.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { initEngine } from '../../src/engine/state.ts';
import type { ScoreRecord } from '../../src/model/record.ts';

const score = (minute: number, model: string, logScore: number, pz: number): ScoreRecord =>
  ({
    type: 'score', at: new Date(Date.UTC(2026, 0, 5, 8, minute)).toISOString(), model, venue: 'deribit', underlying: 'BTC',
    expiry: '2026-01-30T08:00:00.000Z', horizon_s: 1, n: 20, pz, b0: 0.01, b1: 0, b2: 0, pr: 0.7, inside_share: 0.9, age_s: 1,
    log_score: logScore,
  }) as unknown as ScoreRecord; // prettier-ignore

test('tournament while it runs: models that met, the best first, medians of the newest, unknown underlyings null', () => {
  const state = initEngine(DEFAULT_CONFIG);
  const desk = new TournamentDesk(() => state);
  assert.equal(desk.tournament('deribit:BTC'), null);
  for (let i = 0; i < 700; i++) {
    // PZ of svi was 5 for the first 200 batches, all of them forgotten by now.
    desk.onRecord(score(i, 'svi', 2, i < 200 ? 5 : 1));
    desk.onRecord(score(i, 'venue-mark', i % 4 === 0 ? 3 : 1, 2));
  }
  const rows = desk.tournament('deribit:BTC') ?? [];
  assert.deepEqual(
    rows.map((r) => [r.tenor, r.horizon, r.model, r.batches, r.wins, r.median_pz, r.level_points]),
    [
      ['8-31 d', '1 s', 'svi', 700, 0.75, 1, 1],
      ['8-31 d', '1 s', 'venue-mark', 700, 0.25, 2, 1],
    ],
  );
  const table = tournamentTable(rows, '');
  assert.deepEqual(table.rows[0].slice(2, 5), ['svi', 2, 75]);
  assert.deepEqual(tournamentTable(rows, '1 h').rows, []);
  assert.deepEqual(horizonsOf(rows), ['1 s']);
});

test('tournament of a log: underlyings never meet in one table', () => {
  const tables = new Tournaments();
  for (let i = 0; i < 4; i++)
    for (const underlying of ['BTC', 'ETH'])
      for (const model of ['svi', 'venue-mark'])
        tables.take({ ...score(i, model, underlying === 'BTC' && model === 'svi' ? 3 : 2, 1), underlying });
  const told = [...tables.entries()].map(([key, t]) => [key, t.rows().map((r) => [r.model, r.batches, r.logScore])]);
  assert.deepEqual(told, [
    ['deribit:BTC', [['svi', 4, 3], ['venue-mark', 4, 2]]],
    ['deribit:ETH', [['svi', 4, 2], ['venue-mark', 4, 2]]],
  ]); // prettier-ignore
});
