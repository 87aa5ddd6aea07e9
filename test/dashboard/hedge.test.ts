/** What the Hedge view reads and draws, without a browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawSlopes, drawWaterfall, slopesHeight } from '../../dashboard/src/hedge-drawing.ts';
import {
  championTable, contestTable, explainTable, fundingTable, slopeTable, targetTable, type Hedge, type HedgeMember,
} from '../../dashboard/src/hedge-reading.ts'; // prettier-ignore
import { NAMED, recordingPen } from './recording-pen.ts';

const member = (model: string, beta: number | null, reduction: number): HedgeMember => ({
  model, n: 900, answered: 1, reduction_coin: reduction, reduction_usd: reduction - 0.1, turnover: 0.02, cost_bp: 0.1,
  better: model === 'bartlett' ? null : -0.5, worse: null,
  slopes: beta === null ? [] : [
    { regime: 'any', beta, se: 0.05, naive_se: 0.01, hours: 48, n: 900 },
    { regime: 'stress', beta: 3, se: 0.1, naive_se: 0.02, hours: 20, n: 300 },
  ],
}); // prettier-ignore

const HEDGE: Hedge = {
  key: 'deribit:BTC', at: '2026-02-05T21:29:00.000Z', judged_at: '2026-02-05T21:25:00.000Z', regime: 'unclear',
  gate: { state: 'OK', reasons: [] }, open: [], minimum: { hours: 15, rows: 60 },
  funding: [{ symbol: 'BTC-PERPETUAL', rate_8h: 0.0001, usual_8h: null, basis: 0.002, usual_basis: 0.001 }],
  buckets: [
    {
      side: 'call', tenor: '8-31d', delta: '25-50', champion: 'bartlett', former: 'sticky-strike', since: null, proposed: 'sabr',
      saved: 1e-6, cost: 1e-5, members: [member('sabr', 0.9, 0.8), member('bartlett', 0.95, 0.9), member('venue', null, 0.7)],
    },
    {
      side: 'put', tenor: '8-31d', delta: '25-50', champion: 'sticky-strike', former: null, since: null, proposed: null,
      saved: null, cost: null, members: [member('sticky-strike', null, 0.9)],
    },
  ],
  explained: {
    basis: 'chain', from: null, to: null,
    terms: [{ name: 'delta', coin: 2 }, { name: 'gamma', coin: -0.5 }, { name: 'residual', coin: 0.1 }, { name: 'total', coin: 1.6 }],
  },
}; // prettier-ignore

test('tables: the model relied on first where it is best, intervals from clustered errors, nothing invented', () => {
  assert.deepEqual(contestTable(HEDGE).rows.map((r) => r[1]), ['bartlett (relied on)', 'sabr (proposed)', 'venue', 'sticky-strike (relied on)']); // prettier-ignore
  const [any, stress] = slopeTable(HEDGE).rows;
  assert.deepEqual([any[2], any[3], any[6], stress[2]], ['any', 0.95, 0.05, 'stress']);
  assert.ok(Math.abs(Number(any[4]) - 0.852) < 1e-12 && Math.abs(Number(any[5]) - 1.048) < 1e-12);
  assert.deepEqual(championTable(HEDGE).rows[1].slice(1), ['sticky-strike', '', 'the beginning', '', null, null]);
  assert.deepEqual(fundingTable(HEDGE).rows, [['BTC-PERPETUAL', 0.01, null, 0.2, 0.1]]);
  assert.equal(explainTable(HEDGE).rows.length, 4);
  for (const t of [
    contestTable(null),
    slopeTable(null),
    championTable(null),
    fundingTable(null),
    explainTable(null),
    targetTable(null),
  ])
    assert.deepEqual(t.rows, []);
});

test('slopes: an interval a regime inside the picture, and a word where there is none yet', () => {
  const { pen, strokes } = recordingPen();
  drawSlopes(pen, HEDGE, 500, slopesHeight(2), NAMED);
  const dots = strokes.filter((s) => s.verb === 'arc');
  assert.deepEqual(dots.map((d) => d.fill), ['accent', 'stop']); // prettier-ignore
  for (const d of dots)
    assert.ok(Number(d.at[0]) >= 128 && Number(d.at[0]) <= 490, 'a slope beyond the scale ends at its edge');
  assert.ok(strokes.some((s) => s.verb === 'fillText' && s.at[0] === 'too early: needs 15 hours'));
});

test('waterfall: each bar begins where the last ended and the whole stands on zero', () => {
  const { pen, strokes } = recordingPen();
  drawWaterfall(pen, HEDGE, 400, 200, NAMED);
  const bars = strokes.filter((s) => s.verb === 'fillRect').map((s) => s.at.map(Number));
  assert.equal(bars.length, 4);
  const [delta, gamma, , total] = bars;
  assert.ok(Math.abs(gamma[1] - delta[1]) < 1e-9, 'a loss hangs from where the gain ended');
  assert.ok(Math.abs(total[1] + total[3] - (delta[1] + delta[3])) < 1e-9, 'gain and whole stand on the same line');
  const empty = recordingPen();
  drawWaterfall(empty.pen, { ...HEDGE, explained: { ...HEDGE.explained, terms: [] } }, 400, 200, NAMED);
  assert.deepEqual(empty.strokes, []);
});
