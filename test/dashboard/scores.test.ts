import { test } from 'node:test';
import assert from 'node:assert/strict';
import { POINT_LIMIT, ScoreHistory, STRIP_COLUMNS } from '../../dashboard/src/score-history.ts';
import { SCORE_ROWS } from '../../dashboard/src/score-rows.ts';
import { stripRange } from '../../dashboard/src/strip-range.ts';
import type { Scores } from '../../dashboard/src/wire.ts';

const A = 'deribit:BTC:2026-03-27';
const B = 'deribit:BTC:2026-06-26';
const scores = (at: number[], extra: Partial<Scores> = {}): Scores => ({
  key: 'deribit:BTC',
  model: 'svi',
  horizon_s: 1,
  from: null,
  to: null,
  series: [
    { scope: A, at, pz: at.map((t) => t / 1000), level: at.map(() => null) },
    { scope: B, at: at.map((t) => t + 500), pz: at.map(() => 2) },
  ],
  quality: [{ scope: A, at, half_spread: at.map(() => 0.01) }],
  thresholds: [{ score: 'pz', value: 1.5, says: 'refit' }],
  marks: at.map((t) => ({
    at: new Date(t).toISOString(),
    scope: A,
    type: 'calibration' as const,
    label: 'x',
    ok: true,
  })),
  incidents: [],
  ...extra,
});

test('what comes again is not kept twice, what is new goes behind', () => {
  const history = new ScoreHistory();
  history.take(scores([1000, 2000]));
  history.take(scores([2000, 3000]));
  assert.deepEqual(history.tracks.series.get(A)!.at, [1000, 2000, 3000]);
  assert.deepEqual(history.tracks.series.get(A)!.columns.get('pz'), [1, 2, 3]);
  assert.equal(history.marks.length, 3);
  assert.deepEqual(history.extent, [1000, 3500]);
  assert.equal(history.newest, 3500);
});

test('strips share one time axis; a scope without a point there is a gap, not a zero', () => {
  const history = new ScoreHistory();
  history.take(scores([1000, 2000]));
  const { at, values } = history.aligned('series', { column: 'pz', scale: 100 }, [A, B, 'unknown']);
  assert.deepEqual(at, [1, 1.5, 2, 2.5]);
  assert.deepEqual(values, [[100, null, 200, null], [null, 200, null, 200], [null, null, null, null]]); // prettier-ignore
  assert.deepEqual(history.aligned('series', { column: 'level', scale: 1 }, [A]).values, [[null, null]]);
  assert.deepEqual(history.aligned('series', { column: 'pz', scale: 1 }, [A], [1500, 2200]).at, [2]);
});

test('more moments than pixels are gathered, and the worst of each stretch is what is drawn', () => {
  const history = new ScoreHistory();
  const at = Array.from({ length: POINT_LIMIT }, (_, i) => i * 1000);
  const spike = at.map((_, i) => (i === 777 ? 50 : i === 1333 ? -60 : 1));
  history.take(scores(at, { series: [{ scope: A, at, pz: spike }, { scope: B, at: at.map((t) => t + 1), pz: spike }] })); // prettier-ignore
  const far = history.aligned('series', { column: 'pz', scale: 1 }, [A, B]);
  assert.ok(far.at.length <= STRIP_COLUMNS && far.at.length > 0.9 * STRIP_COLUMNS, `${far.at.length}`);
  for (const values of far.values) assert.ok(values.includes(50) && values.includes(-60));
  const low = history.aligned('series', { column: 'pz', scale: 1, worse: 'low' }, [A]);
  assert.ok(low.values[0].includes(-60) && !low.values[0].includes(50));
  history.take(scores([...at, at.length * 1000], { series: [{ scope: A, at: [at.length * 1000], pz: [1] }] }));
  const kept = history.tracks.series.get(A)!;
  assert.ok(kept.at.length < POINT_LIMIT && kept.columns.get('pz')!.includes(50), 'thinning loses no peak');
});

test('another model begins anew, and a long day is thinned while its end stays whole', () => {
  const history = new ScoreHistory();
  history.take(scores(Array.from({ length: POINT_LIMIT + 1 }, (_, i) => i * 1000)));
  const track = history.tracks.series.get(A)!;
  assert.ok(track.at.length <= 0.76 * POINT_LIMIT && track.at.length >= 0.74 * POINT_LIMIT, `${track.at.length}`);
  assert.deepEqual(track.at.slice(-2), [(POINT_LIMIT - 1) * 1000, POINT_LIMIT * 1000]);
  assert.equal(track.columns.get('pz')!.length, track.at.length);
  history.take(scores([5000], { model: 'venue-mark' }));
  assert.deepEqual(history.tracks.series.get(A)!.at, [5000]);
});

test('time is stepped from one recorded moment to the next', () => {
  const history = new ScoreHistory();
  assert.equal(history.momentBeside(Infinity, -1), null);
  history.take(scores([1000, 2000]));
  assert.equal(history.momentBeside(Infinity, -1), 2500);
  assert.equal(history.momentBeside(2000, -1), 1500);
  assert.equal(history.momentBeside(2000, 1), 2500);
  assert.equal(history.momentBeside(2500, 1), null);
});

test('every strip says its unit and how it is read', () => {
  for (const row of SCORE_ROWS) assert.ok(row.unit.length > 0 && row.says.length > 10, row.column);
  assert.equal(new Set(SCORE_ROWS.map((r) => r.column)).size, SCORE_ROWS.length);
});

test('half a minute of a fault does not flatten the strip of a day, and what is cut off is said', () => {
  const row = (column: string) => SCORE_ROWS.find((r) => r.column === column)!;
  const calm = Array.from({ length: 200 }, (_, i) => 0.7 + 0.002 * i);
  const usual = stripRange(row('pz'), calm, [1]);
  assert.ok(usual.low === 0 && usual.high > 1.1 && usual.high < 1.25 && !usual.over, JSON.stringify(usual));
  const fault = stripRange(row('pz'), [...calm, 140, 151], [1, 2]);
  assert.ok(fault.over && fault.high > 2.2 && fault.high < 3, JSON.stringify(fault));
  const below = stripRange(row('level'), [...calm, -90], []);
  assert.ok(below.under && below.low > -1, JSON.stringify(below));
  assert.deepEqual(stripRange(row('inside_share'), [90, 100], []).low, 0);
  assert.ok(stripRange(row('inside_share'), [90, 100], []).high >= 100);
  assert.deepEqual(stripRange(row('pz'), [], [1]), { low: 0, high: 1, over: false, under: false });
  assert.ok(stripRange(row('silent_share'), [0, 0], []).high >= 100);
});
