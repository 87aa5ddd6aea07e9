/** What the Book view reads and draws, without a browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawDrift, drawScenarios } from '../../dashboard/src/book-drawing.ts';
import {
  accountTable, bookState, bucketTable, exposureTable, moneyFacts, moneyTable, scenarioGrid, scenarioTable, short, stressTable,
  vegaTable, type Book,
} from '../../dashboard/src/book-reading.ts'; // prettier-ignore
import { NAMED, recordingPen, type Stroke } from './recording-pen.ts';

const texts = (strokes: readonly Stroke[]): string[] =>
  strokes.filter((s) => s.verb === 'fillText').map((s) => String(s.at[0]));

const exposure = (source: string, delta: number) => ({
  type: 'exposure', source, account: 'all', underlying: 'BTC', value_usd: 100, value_coin: 1, delta_black: delta, delta_net: delta,
  delta_usd: delta + 1, gamma_usd_per_percent: 3, vega_usd_per_point: 4, vega_usd_per_point_30d: 5, theta_usd_per_day: -6,
}); // prettier-ignore
const bucket = (source: string, delta: number, beta: number | null) => ({
  type: 'bucket', account: 'all', source, side: 'call', tenor: '8-31d', delta: '25-50', positions: 2, delta_black: delta,
  vega_usd_per_point: 7, gamma_usd_per_percent: 8, beta, beta_se: beta === null ? null : 0.02,
}); // prettier-ignore
const scenario = (set: string, spot: number, points: number | null, usd: number) => ({
  type: 'scenario', set, name: set, spot, volatility_points: points, pnl_usd: usd, pnl_coin: usd / 100,
}); // prettier-ignore

const BOOK: Book = {
  key: 'deribit:BTC',
  at: '2026-02-05T21:29:00.000Z',
  status: 'ok',
  faults: [],
  records: [
    { source: 'champion', drift_usd: -12, reserve_usd: 30, margin_gap: 0.05, margin_coin: 1.5, liquidation_down: -0.4 },
    { source: 'venue', drift_usd: 3 },
  ],
  exposures: [exposure('champion', 2), exposure('venue', 2.1), exposure('empirical', 1.8)],
  buckets: [bucket('champion', 2, null), bucket('venue', 2.1, null), bucket('empirical', 1.8, 0.9)],
  vegas: [{ expiry: '2026-03-27', level: 1, skew: 2, convexity: 3 }],
  scenarios: [
    scenario('grid', 0.04, 10, 50),
    scenario('grid', -0.04, 10, -40),
    scenario('grid', 0.04, -10, 60),
    scenario('grid', -0.04, -10, -70),
    scenario('stress', -0.32, null, -900),
    scenario('venue-margin', -0.16, null, -5),
  ],
  money: [],
  unvalued: [],
  history: {
    at: [1, 2, 3],
    drift_usd: [5, null, -5],
    jump_usd: [null, 2, 0],
    reserve_usd: [10, 10, 10],
    delta_usd: [1, 1, 1],
    vega_usd_per_point: [1, 1, 1],
  },
};

test('tables: every source beside the others, the slope behind the empirical one, percent where the unit says so', () => {
  assert.deepEqual(exposureTable(BOOK).rows.map((r) => [r[0], r[4], r[6]]), [
    ['champion', 2, 3],
    ['venue', 2.1, 3.1],
    ['empirical', 1.8, 2.8],
  ]); // prettier-ignore
  assert.deepEqual(bucketTable(BOOK).rows, [['8-31d call 25-50', 2, 2, 2.1, 1.8, 7, 8, 0.9, 0.02]]);
  assert.deepEqual(bucketTable(BOOK).columns.map((c) => c.name).slice(2, 5), ['champion', 'venue', 'empirical']); // prettier-ignore
  assert.deepEqual(vegaTable(BOOK).rows, [['2026-03-27', 1, 2, 3]]);
  const gap = moneyFacts(BOOK).find((f) => f.name === 'margin gap');
  assert.deepEqual([gap?.value, gap?.unit], [5, '%']);
  assert.equal(moneyFacts(BOOK).find((f) => f.name === 'recalibration jump')?.value, null);
  assert.deepEqual(stressTable(BOOK).rows, [['stress', 'stress', -32, -900, -9]]);
  for (const table of [
    exposureTable(null),
    bucketTable(null),
    scenarioTable(null),
    accountTable(null),
    moneyTable(null),
  ])
    assert.ok(table.rows.every((r) => r.length === table.columns.length));
});

test('a book in doubt says why its money is not stated', () => {
  assert.deepEqual(bookState(BOOK), { word: 'positions confirmed', ok: true });
  const stale: Book = { ...BOOK, status: 'position-stale', faults: ['main'] };
  assert.deepEqual(bookState(stale), { word: 'position stale: main; money is not stated', ok: false });
  assert.match(moneyTable(stale).caption, /not stated/);
});

test('the grid: volatility from the highest row down, spot across; the picture has every number once', () => {
  assert.deepEqual(
    scenarioGrid(BOOK).map((row) => row.map((c) => [c.points, c.spot, c.usd])),
    [[[10, -0.04, -40], [10, 0.04, 50]], [[-10, -0.04, -70], [-10, 0.04, 60]]],
  ); // prettier-ignore
  const { pen, strokes } = recordingPen();
  drawScenarios(pen, BOOK, 400, 200, NAMED);
  const said = texts(strokes);
  for (const text of ['-40', '50', '-70', '60', '+4%', '-4%', 'vol +10 pt', 'vol -10 pt'])
    assert.ok(said.includes(text), text);
  assert.equal(said.filter((t) => t === '50').length, 1);
});

test('drift over time breaks where it is not known, and draws nothing of an empty book', () => {
  const { pen, strokes } = recordingPen();
  drawDrift(pen, BOOK.history, 400, 150, NAMED);
  assert.ok(texts(strokes).includes('10') && texts(strokes).includes('0'));
  const line = strokes.filter((s) => s.stroke === 'accent' && s.verb === 'moveTo');
  assert.equal(line.length, 2, 'the gap is no line');
  const none = recordingPen();
  drawDrift(
    none.pen,
    { at: [], drift_usd: [], jump_usd: [], reserve_usd: [], delta_usd: [], vega_usd_per_point: [] },
    400,
    150,
    NAMED,
  );
  assert.deepEqual(texts(none.strokes), []);
});

test('short numbers keep two figures and their sign', () => {
  assert.deepEqual([0, -12, 999, 1_234, -45_678, 1_200_000, -23_456_789].map(short), ['0', '-12', '999', '1.2k', '-46k', '1.2M', '-23M']); // prettier-ignore
});
