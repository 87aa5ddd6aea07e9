import { test } from 'node:test';
import assert from 'node:assert/strict';
import { heatColour, meshOf, turned } from '../../dashboard/src/surface-mesh.ts';
import { drawHeat, drawMesh } from '../../dashboard/src/surface-drawing.ts';
import type { SurfaceGrid } from '../../dashboard/src/wire.ts';
import { niceStep, quantile, roundedRange, tickDecimals, ticks } from '../../dashboard/src/ticks.ts';
import { NAMED, recordingPen } from './recording-pen.ts';

const grid = (hole = false): SurfaceGrid => ({
  key: 'deribit:BTC',
  at: '2026-02-05T21:29:00.000Z',
  live: true,
  model: 'svi',
  x: [-1, 0, 1],
  expiries: [0.4, 0.5, 0.6].map((level, i) => ({
    scope: `s${i}`,
    expiry: `2026-0${i + 3}-27T08:00:00.000Z`,
    years: 0.1 * (i + 1),
    forward: 1,
    atm_vol: level,
    k: [-0.1, 0, 0.1],
    sigma: [level + 0.1, hole && i === 1 ? null : level, level + 0.05],
  })),
});

test('cells are painted from far to near and a cell with a missing corner is left out', () => {
  const { facets, low, high } = meshOf(grid(), { yaw: 0.3, pitch: 0.5 });
  assert.equal(facets.length, 4);
  assert.deepEqual([low, high], [0.4, 0.7]);
  const depths = facets.map((f) => f.depth);
  assert.deepEqual(
    depths,
    depths.toSorted((a, b) => b - a),
  );
  assert.ok(facets.every((f) => f.level >= 0 && f.level <= 1));
  assert.equal(meshOf(grid(true), { yaw: 0.3, pitch: 0.5 }).facets.length, 0);
});

test('turning is a rotation: lengths stay, a full turn comes back', () => {
  const a = turned(0.3, 0.2, -0.5, { yaw: 1.1, pitch: 0.4 });
  assert.ok(Math.abs(Math.hypot(a.x, a.y, a.depth) - Math.hypot(0.3, 0.2, 0.5)) < 1e-12);
  const b = turned(0.3, 0.2, -0.5, { yaw: 1.1 + 2 * Math.PI, pitch: 0.4 });
  assert.ok(Math.abs(a.x - b.x) < 1e-12 && Math.abs(a.y - b.y) < 1e-12);
  assert.ok(turned(0, 1, 0, { yaw: 0, pitch: 0 }).y < 0, 'up is up');
});

test('the scale of colours grows lighter throughout, so that it reads in grey', () => {
  const light = (level: number): number => {
    const [r, g, b] = heatColour(level).match(/\d+/g)!.map(Number) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (let i = 1; i <= 50; i++) assert.ok(light(i / 50) > light((i - 1) / 50), `level ${i / 50}`);
  assert.equal(heatColour(-3), heatColour(0));
});

test('mesh and heat map draw every cell and label their axes', () => {
  const mesh = recordingPen();
  drawMesh(mesh.pen, grid(), { yaw: 0.3, pitch: 0.5 }, 800, 500, NAMED);
  assert.equal(mesh.strokes.filter((s) => s.verb === 'fill').length, 4);
  const heat = recordingPen();
  drawHeat(heat.pen, grid(true), 800, 500, NAMED);
  assert.equal(heat.strokes.filter((s) => s.verb === 'fillRect').length, 8 + 100);
  for (const { strokes } of [mesh, heat]) {
    const words = strokes.filter((s) => s.verb === 'fillText').map((s) => s.at[0]);
    assert.ok(words.includes('27 Mar 26') && words.includes('40.0 % volatility'), words.join());
  }
});

test('ticks are round, inside, and as precise as they must be', () => {
  assert.deepEqual(ticks(0.31, 0.62, 3), [0.4, 0.6000000000000001]);
  assert.deepEqual(ticks(5, 5, 3), [5]);
  assert.deepEqual([0.013, 0.2, 3, 7].map(niceStep), [0.02, 0.2, 5, 10]);
  assert.deepEqual([0.02, 0.5, 1, 50].map(tickDecimals), [2, 1, 0, 0]);
  const [low, high] = roundedRange(0.42, 0.61);
  assert.ok(low <= 0.42 && high >= 0.61 && low > 0.35 && high < 0.68);
  assert.deepEqual(roundedRange(NaN, NaN), [0, 1]);
  assert.equal(quantile([1, NaN, 3], 0.5), 2);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});
