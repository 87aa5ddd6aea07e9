import { scenarioGrid, short, signed, type Book, type BookHistory } from './book-reading.ts';
import { FONT, SMALL_FONT, type Palette, type Pen } from './pen.ts';
import type { Maybe } from './wire.ts';

const LEFT = 72;
const TOP = 22;

/** Draws profit and loss by spot (across) and volatility (up): gain and loss in two colours, deeper the larger, with the number. */
export function drawScenarios(pen: Pen, book: Book, width: number, height: number, palette: Palette): void {
  const grid = scenarioGrid(book);
  if (grid.length === 0) return;
  const largest = Math.max(1e-9, ...grid.flat().map((c) => Math.abs(c.usd)).filter(Number.isFinite)); // prettier-ignore
  const w = (width - LEFT - 4) / grid[0].length;
  const h = (height - TOP - 20) / grid.length;
  pen.textBaseline = 'middle';
  grid.forEach((row, r) => {
    const y = TOP + r * h;
    pen.font = FONT;
    pen.textAlign = 'right';
    pen.fillStyle = palette.muted;
    pen.fillText(`vol ${signed(row[0].points, ' pt')}`, LEFT - 6, y + h / 2);
    row.forEach((cell, c) => {
      const x = LEFT + c * w;
      pen.globalAlpha = 0.1 + 0.6 * Math.sqrt(Math.abs(cell.usd) / largest);
      pen.fillStyle = cell.usd >= 0 ? palette.buy : palette.sell;
      if (Number.isFinite(cell.usd)) pen.fillRect(x + 1, y + 1, w - 2, h - 2);
      pen.globalAlpha = 1;
      pen.fillStyle = palette.ink;
      pen.textAlign = 'center';
      pen.font = w < 44 ? SMALL_FONT : FONT;
      // A narrow cell keeps its colour; its number stands in the table.
      if (w >= 28) pen.fillText(short(cell.usd), x + w / 2, y + h / 2);
    });
  });
  pen.font = w < 44 ? SMALL_FONT : FONT;
  pen.fillStyle = palette.muted;
  pen.textAlign = 'center';
  const every = w < 34 ? 2 : 1;
  grid[0].forEach((cell, c) => {
    if (c % every === 0) pen.fillText(signed(100 * cell.spot, '%'), LEFT + (c + 0.5) * w, TOP / 2);
  });
  pen.fillText('spot move across, volatility move up; USD', LEFT + (width - LEFT) / 2, height - 8);
}

/** Draws drift over time as a line about zero, the reserve as a band around it, jumps as ticks. */
export function drawDrift(pen: Pen, h: BookHistory, width: number, height: number, palette: Palette): void {
  const known = (v: Maybe | undefined): v is number => v !== null && v !== undefined && Number.isFinite(v);
  const values = [...h.drift_usd, ...h.reserve_usd, ...h.jump_usd].filter(known).map(Math.abs);
  if (h.at.length < 2 || values.length === 0) return;
  const top = Math.max(1, ...values) * 1.1;
  const box = { left: LEFT, top: 6, width: width - LEFT - 8, height: height - 28 };
  const [from, to] = [h.at[0], h.at[h.at.length - 1]];
  const x = (at: number): number => box.left + (box.width * (at - from)) / Math.max(1, to - from);
  const y = (v: number): number => box.top + box.height / 2 - (box.height / 2) * (v / top);
  pen.fillStyle = palette.band;
  pen.beginPath();
  h.at.forEach((at, i) => pen.lineTo(x(at), y(h.reserve_usd[i] ?? 0)));
  for (let i = h.at.length - 1; i >= 0; i--) pen.lineTo(x(h.at[i]), y(-(h.reserve_usd[i] ?? 0)));
  pen.closePath();
  pen.fill();
  pen.lineWidth = 1;
  pen.strokeStyle = palette.rule;
  pen.beginPath();
  pen.moveTo(box.left, y(0));
  pen.lineTo(box.left + box.width, y(0));
  pen.stroke();
  pen.strokeStyle = palette.challenger;
  h.at.forEach((at, i) => {
    const jump = h.jump_usd[i];
    if (!known(jump) || jump === 0) return;
    pen.beginPath();
    pen.moveTo(x(at), y(0));
    pen.lineTo(x(at), y(jump));
    pen.stroke();
  });
  pen.strokeStyle = palette.accent;
  pen.lineWidth = 1.6;
  pen.beginPath();
  let drawing = false;
  h.at.forEach((at, i) => {
    const v = h.drift_usd[i];
    if (!known(v)) {
      drawing = false;
      return;
    }
    if (drawing) pen.lineTo(x(at), y(v));
    else pen.moveTo(x(at), y(v));
    drawing = true;
  });
  pen.stroke();
  pen.font = FONT;
  pen.fillStyle = palette.muted;
  pen.textBaseline = 'middle';
  pen.textAlign = 'right';
  for (const v of [top / 1.1, 0, -top / 1.1]) pen.fillText(short(v), box.left - 6, y(v));
  pen.textAlign = 'left';
  pen.fillText(new Date(from).toISOString().slice(11, 19), box.left, height - 8);
  pen.textAlign = 'right';
  pen.fillText(`${new Date(to).toISOString().slice(11, 19)} UTC`, box.left + box.width, height - 8);
}
