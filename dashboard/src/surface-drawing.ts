import { day } from './format.ts';
import { FONT, type Palette, type Pen } from './pen.ts';
import type { Box } from './smile-drawing.ts';
import { depthOf, heatColour, levelsOf, meshOf, turned, type Turn } from './surface-mesh.ts';
import type { SurfaceGrid } from './wire.ts';

/** Draws the mesh as seen from where the reader turned it, with x along the front and expiries going back. */
export function drawMesh(
  pen: Pen,
  grid: SurfaceGrid,
  turn: Turn,
  width: number,
  height: number,
  palette: Palette,
): void {
  const mesh = meshOf(grid, turn);
  const unit = Math.min(width / 3.2, height / 2.75);
  const place = (c: { readonly x: number; readonly y: number }): [number, number] => [
    width / 2 + unit * c.x,
    0.46 * height + unit * c.y,
  ];
  pen.lineWidth = 0.6;
  for (const facet of mesh.facets) {
    pen.beginPath();
    facet.corners.forEach((c, i) => {
      const [x, y] = place(c);
      if (i === 0) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    });
    pen.closePath();
    pen.fillStyle = heatColour(facet.level);
    pen.fill();
    pen.strokeStyle = palette.paper;
    pen.stroke();
  }
  pen.font = FONT;
  pen.fillStyle = palette.muted;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  const label = (text: string, u: number, v: number, w: number): void => {
    const [x, y] = place(turned(u, v, w, turn));
    pen.fillText(text, x, y);
  };
  const n = grid.x.length;
  for (const i of [0, (n - 1) >> 1, n - 1])
    label(`x ${grid.x[i].toFixed(1)}`, (2 * (grid.x[i] - grid.x[0])) / (grid.x[n - 1] - grid.x[0]) - 1, -0.72, -1.14);
  pen.textAlign = 'left';
  const { low, high } = mesh;
  drawScale(pen, { left: 12, top: height - 22, width: 180, height: 8 }, low, high, palette);
  pen.textAlign = 'center';
  const rows = grid.expiries.length;
  const every = Math.max(1, Math.ceil(rows / 6));
  for (let row = 0; row < rows; row += every) label(day(grid.expiries[row].expiry), 1.26, -0.66, depthOf(row, rows));
}

/** Where the heat map stands on its canvas. */
export function heatBox(width: number, height: number): Box {
  return { left: 74, top: 8, width: width - 90, height: height - 62 };
}

/** Draws the same numbers flat: a row an expiry, a column an x, with the scale of colours below. */
export function drawHeat(pen: Pen, grid: SurfaceGrid, width: number, height: number, palette: Palette): void {
  const { low, high } = levelsOf(grid);
  const box = heatBox(width, height);
  const rows = grid.expiries.length;
  const n = grid.x.length;
  const w = box.width / n;
  const h = box.height / rows;
  pen.font = FONT;
  pen.textBaseline = 'middle';
  grid.expiries.forEach((e, row) => {
    pen.textAlign = 'right';
    pen.fillStyle = palette.muted;
    pen.fillText(day(e.expiry), box.left - 6, box.top + (row + 0.5) * h);
    e.sigma.forEach((s, i) => {
      if (s === null) return;
      pen.fillStyle = heatColour(high > low ? (s - low) / (high - low) : 0.5);
      pen.fillRect(box.left + i * w, box.top + row * h, w + 0.5, h - 1);
    });
  });
  pen.textAlign = 'center';
  pen.fillStyle = palette.muted;
  const every = Math.max(1, Math.round(n / 8));
  for (let i = 0; i < n; i += every)
    pen.fillText(grid.x[i].toFixed(1), box.left + (i + 0.5) * w, box.top + box.height + 10);
  drawScale(pen, { left: box.left, top: box.top + box.height + 26, width: box.width, height: 8 }, low, high, palette);
}

/** The scale of colours with its two ends in words. */
function drawScale(pen: Pen, box: Box, low: number, high: number, palette: Palette): void {
  for (let i = 0; i < 100; i++) {
    pen.fillStyle = heatColour(i / 99);
    pen.fillRect(box.left + (i * box.width) / 100, box.top, box.width / 100 + 0.5, box.height);
  }
  pen.fillStyle = palette.muted;
  pen.textAlign = 'left';
  pen.fillText(`${(100 * low).toFixed(1)} % volatility`, box.left, box.top + 16);
  pen.textAlign = 'right';
  pen.fillText(`${(100 * high).toFixed(1)} %`, box.left + box.width, box.top + 16);
}
