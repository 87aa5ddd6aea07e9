/** What the Credit view reads and draws, without a browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawCreditHistory, drawHazards, drawInnovations } from '../../dashboard/src/credit-drawing.ts';
import {
  contributorTable, creditHistoryTable, curveName, hazardTable, nodeTable, quoteText, yearsTo, type CreditCurve, type CreditNode,
} from '../../dashboard/src/credit-reading.ts'; // prettier-ignore
import { NAMED, recordingPen } from './recording-pen.ts';

const node = (name: string, mid: number, innovation: number | null): CreditNode => ({
  node: name, maturity: '2031-01-05', quote_type: 'par', mid, half_spread: 0.0005, predicted: mid - 0.0001,
  innovation_half_spreads: innovation, contributors: 3, residual_half_spreads: 0, survival: 0.9, survival_se: 0.01,
  to_arbitrage_half_spreads: 6, without_it_half_spreads: 0.2,
}); // prettier-ignore

const CURVE: CreditCurve = {
  key: 'desk:acme',
  model: 'hazard',
  at: '2026-01-05T00:00:00.000Z',
  gate: { state: 'OK', reasons: [] },
  loop: 'HEALTHY',
  incidents: [],
  pz: 0.8,
  inside_share: 1,
  fit_at: null,
  unexplained_move_se: 0,
  contributors: 3,
  terms: null,
  hazards: [
    { maturity: '2027-01-05', hazard: 0.02, se: 0.001 },
    { maturity: '2031-01-04', hazard: 0.03, se: 0.002 },
  ],
  nodes: [node('1Y', 0.012, 0.5), node('5Y', 0.015, -2)],
  contributors_known: [
    { name: 'a', said_at: '2026-01-05T00:00:00.000Z', nodes: 2, offset: 0.01, sd: 0.012, incidents: ['flat-line'] },
  ],
  certificate: null,
  history: [
    { at: '2026-01-04T00:00:00.000Z', pz: 1, rms_half_spreads: 0.5, hazard_5y: 0.03, quote_5y: 0.015 },
    { at: '2026-01-05T00:00:00.000Z', pz: 1, rms_half_spreads: 1.5, hazard_5y: 0.03, quote_5y: 0.015 },
  ],
};

test('a curve as tables: units in the head, spreads in basis points, upfronts in points', () => {
  const table = nodeTable(CURVE);
  assert.deepEqual(table.rows.map((r) => [r[0], r[3], r[6]]), [['1Y', 120, 0.5], ['5Y', 150, -2]]); // prettier-ignore
  assert.equal(table.columns[3].unit, 'bp');
  const upfront = nodeTable({ ...CURVE, nodes: [{ ...node('5Y', 0.12, 0), quote_type: 'upfront' }] });
  assert.deepEqual([upfront.columns[3].unit, upfront.rows[0][3]], ['pt', 12]);
  assert.deepEqual(hazardTable(CURVE).rows[1], ['2031-01-04', 3, 0.2]);
  assert.equal(contributorTable(CURVE).rows[0][5], 'flat-line');
  assert.equal(creditHistoryTable(CURVE).rows.length, 2);
  assert.equal(nodeTable(null).rows.length, 0);
});

test('words: names without their source, quotes as their market says them, years ACT/365', () => {
  assert.equal(curveName('desk:acme'), 'acme');
  assert.equal(quoteText(0.0125, 'par'), '125.0 bp');
  assert.equal(quoteText(-0.0125, 'upfront'), '-1.25 pt');
  assert.equal(quoteText(null, 'par'), '–');
  assert.equal(yearsTo('2027-01-05', CURVE.at), 1);
});

test('drawn: a band per segment, one bar per node, red outside bid and ask, the line of history', () => {
  const hazards = recordingPen();
  drawHazards(hazards.pen, CURVE, 600, 200, NAMED);
  assert.equal(hazards.strokes.filter((s) => s.verb === 'fillRect').length, 2);
  const bars = recordingPen();
  drawInnovations(bars.pen, CURVE, 600, 200, NAMED);
  const rects = bars.strokes.filter((s) => s.verb === 'fillRect');
  assert.equal(rects.length, 3, 'the band and two bars');
  const history = recordingPen();
  drawCreditHistory(history.pen, CURVE, 600, 200, NAMED);
  assert.ok(history.strokes.filter((s) => s.verb === 'lineTo').length >= 2);
  const nothing = recordingPen();
  drawHazards(nothing.pen, { ...CURVE, hazards: [] }, 600, 200, NAMED);
  drawInnovations(nothing.pen, { ...CURVE, nodes: [] }, 600, 200, NAMED);
  drawCreditHistory(nothing.pen, { ...CURVE, history: [] }, 600, 200, NAMED);
  assert.deepEqual(nothing.strokes.filter((s) => s.verb.startsWith('fill')), []); // prettier-ignore
});
