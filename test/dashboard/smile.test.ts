import { test } from 'node:test';
import assert from 'node:assert/strict';
import { blackPrice } from '../../src/numeric/black.ts';
import {
  acrossLabel,
  acrossOf,
  barsOf,
  callDelta,
  priceOfForward,
  upLabel,
  upOf,
  type Axes,
} from '../../dashboard/src/smile-axes.ts';
import { drawResiduals } from '../../dashboard/src/residual-drawing.ts';
import { drawSmile, scaleOf } from '../../dashboard/src/smile-drawing.ts';
import { frameOf, nearestBar, sceneOf, sharedFrame } from '../../dashboard/src/smile-frame.ts';
import { curveAt, insideCount, pictureOf, residual } from '../../dashboard/src/smile-picture.ts';
import { quotesTable } from '../../dashboard/src/smile-table.ts';
import { NAMED, recordingPen } from './recording-pen.ts';
import { FORWARD, sampleCurve, sampleSmile, sigmaAt, YEARS } from './sample-smile.ts';

const picture = pictureOf(sampleSmile());
const axes = (across: Axes['across'], up: Axes['up'] = 'volatility', unit: Axes['unit'] = 'usd'): Axes => ({
  across,
  up,
  unit,
});
const BOX = { left: 30, top: 6, width: 300, height: 200 };

test('between its nodes a curve is read to a millionth of volatility, beyond its ends it is nothing', () => {
  const curve = sampleCurve('champion', 41);
  for (let k = -0.39; k < 0.39; k += 0.0137) assert.ok(Math.abs(curveAt(curve, k) - sigmaAt(k)) < 1e-6, `k ${k}`);
  assert.equal(curveAt(curve, curve.k[7]), curve.sigma[7]);
  assert.ok(Number.isNaN(curveAt(curve, 0.41)));
  assert.ok(Number.isNaN(curveAt({ ...curve, k: [], sigma: [] }, 0)));
});

test('residuals are in half-spreads and count who is inside', () => {
  assert.ok(Math.abs(residual(picture.quotes[4]) - 2) < 1e-9);
  assert.ok(Number.isNaN(residual(picture.quotes[0])), 'one side has no half-spread');
  assert.deepEqual(insideCount(picture), { inside: 5, used: 6 });
});

test('prices and deltas of the axes are those of Black', () => {
  for (const k of [-0.3, -0.01, 0, 0.2]) {
    const side = k < 0 ? 'put' : 'call';
    const price = blackPrice({ side, forward: FORWARD, strike: FORWARD * Math.exp(k), years: YEARS, sigma: 0.45 });
    assert.ok(Math.abs(priceOfForward(k, 0.45, YEARS) * FORWARD - price) < 1e-6, `k ${k}`);
  }
  assert.ok(callDelta(-1, 0.45, YEARS) > 0.99 && callDelta(1, 0.45, YEARS) < 0.01);
  assert.ok(Number.isNaN(callDelta(0, 0, YEARS)));
  assert.equal(
    upOf(picture, axes('x', 'price', 'usd'), 0, 0.45),
    FORWARD * upOf(picture, axes('x', 'price', 'coin'), 0, 0.45),
  );
  assert.equal(upOf(picture, axes('x', 'variance'), 0, 0.4), 0.4 * 0.4 * YEARS);
});

test('every horizontal axis keeps strikes growing to the right and says what it is', () => {
  for (const across of ['x', 'k', 'strike', 'delta'] as const) {
    const places = [-0.2, -0.1, 0, 0.1, 0.2].map((k) => acrossOf(picture, axes(across), k, 0.45));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      across,
    );
  }
  assert.equal(acrossLabel(axes('delta'), 0.25, 2), '25P');
  assert.equal(acrossLabel(axes('delta'), 0.9, 2), '10C');
  assert.equal(acrossLabel(axes('strike'), 95_000, 0), '95k');
  assert.equal(upLabel(axes('x'), 0.45, 2), '45');
});

test('a wild ask of a used quote does not flatten the frame, refused ones do not count', () => {
  const smile = sampleSmile();
  const wild = {
    ...smile,
    quotes: { ...smile.quotes!, sigma_ask: smile.quotes!.sigma_ask.map((s, i) => (i === 7 ? 9 : s)) },
  };
  const frame = frameOf([sceneOf(pictureOf(wild), axes('x'))]);
  assert.ok(frame.up.high < 0.75 && frame.up.low > 0.3, JSON.stringify(frame.up));
  assert.deepEqual(frame.across, { low: -3, high: 3 });
});

test('the frame that smiles share holds each of them, but one broken slice does not flatten the others', () => {
  const scaled = (scope: string, factor: number, years = YEARS) => {
    const smile = sampleSmile(scope);
    const times = (of: readonly (number | null)[]) => of.map((v) => (v === null ? null : factor * v));
    const quotes = {
      ...smile.quotes!,
      sigma_bid: times(smile.quotes!.sigma_bid),
      sigma_ask: times(smile.quotes!.sigma_ask),
    };
    return sceneOf(pictureOf({ ...smile, years, quotes, curves: [] }), axes('k'));
  };
  const [a, b, c] = ['deribit:BTC:2026-03-27', 'deribit:BTC:2026-06-26', 'deribit:BTC:2026-09-25'];
  const usual = sharedFrame([scaled(a, 1), scaled(b, 1.2), scaled(c, 1.6)]);
  assert.deepEqual([...usual.own], []);
  assert.ok(usual.frame.up.high > 1.6 * 0.5, JSON.stringify(usual.frame));
  const broken = sharedFrame([scaled(a, 1), scaled(b, 1.2), scaled(c, 9)]);
  assert.deepEqual([...broken.own], [c]);
  assert.ok(broken.frame.up.high < 1, JSON.stringify(broken.frame));
  const dying = sharedFrame([scaled(a, 1), scaled(b, 1.2), scaled(c, 1.6, 0.2 / 365)]);
  assert.ok(dying.frame.up.high < usual.frame.up.high, 'the last hours set no scale');
  assert.ok(Number.isFinite(sharedFrame([]).frame.up.high));
});

test('a smile draws the band, the champion, a bar a used quote, a hollow circle a refused one, a tick a trade', () => {
  const scene = sceneOf(picture, axes('x'));
  const { pen, strokes } = recordingPen();
  drawSmile(pen, scene, frameOf([scene]), BOX, NAMED, { large: true, chosen: null });
  assert.ok(strokes.some((s) => s.verb === 'fill' && s.fill === 'band'));
  const lines = strokes.filter((s) => s.verb === 'lineTo' && s.stroke === 'accent');
  assert.equal(lines.length, sampleCurve().k.length - 1);
  assert.equal(strokes.filter((s) => s.verb === 'arc' && s.stroke === 'muted').length, 1);
  const bars = strokes.filter((s) => s.verb === 'moveTo' && s.stroke === 'ink').length;
  assert.equal(bars, 6 * 3 + 1, 'a bar and two ends each, one end where there is no bid');
  assert.equal(strokes.filter((s) => s.verb === 'lineTo' && s.stroke === 'buy').length, 1);
  assert.equal(
    strokes.filter((s) => s.verb === 'lineTo' && s.stroke === 'sell').length,
    0,
    'a trade without volatility has no place',
  );
  const far = strokes.filter((s) => s.verb === 'lineTo').flatMap((s) => s.at as number[]);
  assert.ok(far.every((v) => Number.isFinite(v)));
});

test('residuals beyond the bid-ask are drawn in the colour of trouble', () => {
  const scene = sceneOf(picture, axes('x'));
  const { pen, strokes } = recordingPen();
  drawResiduals(pen, scene, frameOf([scene]), BOX, NAMED, null);
  assert.equal(strokes.filter((s) => s.verb === 'arc' && s.fill === 'stop').length, 1);
  assert.equal(strokes.filter((s) => s.verb === 'arc' && s.fill === 'accent').length, 5);
});

test('the pointer finds the nearest quote, also a refused one, and nothing far away', () => {
  const scene = sceneOf(picture, axes('x'));
  const { px, py } = scaleOf(frameOf([scene]), BOX);
  for (const bar of barsOf(picture, axes('x'))) {
    const middle = Number.isFinite(bar.middle) ? bar.middle : bar.high;
    assert.equal(nearestBar(scene, px, py, px(bar.across) + 1, py(middle))?.quote.symbol, bar.quote.symbol);
  }
  assert.equal(nearestBar(scene, px, py, -500, 0), null);
});

test('the table behind a smile has every quote, also those that are not drawn', () => {
  const table = quotesTable(picture);
  assert.equal(table.rows.length, 8);
  const residuals = table.columns.findIndex((c) => c.name === 'residual');
  assert.equal(table.rows[0][residuals], null);
  assert.ok(Math.abs((table.rows[4][residuals] as number) - 2) < 1e-9);
  assert.equal(table.rows[7].at(-1), 'in-the-money');
}); // prettier-ignore
