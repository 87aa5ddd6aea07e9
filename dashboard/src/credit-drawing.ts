import { yearsTo, type CreditCurve } from './credit-reading.ts';
import { FONT, type Palette, type Pen } from './pen.ts';
import { roundedRange, tickDecimals, ticks } from './ticks.ts';

const LEFT = 52;
const RIGHT = 10;
const BOTTOM = 26;

interface Frame {
  readonly x: (v: number) => number;
  readonly y: (v: number) => number;
}

/** Axes with round numbers; returns the way from values to the picture. */
function frame(
  pen: Pen,
  size: { readonly width: number; readonly height: number; readonly top: number },
  across: readonly [number, number],
  up: readonly [number, number],
  units: readonly [string, string],
  palette: Palette,
): Frame {
  const { width, height, top } = size;
  const x = (v: number): number => LEFT + ((v - across[0]) / (across[1] - across[0])) * (width - LEFT - RIGHT);
  const y = (v: number): number => height - BOTTOM - ((v - up[0]) / (up[1] - up[0])) * (height - BOTTOM - top);
  pen.font = FONT;
  pen.lineWidth = 1;
  const rows = ticks(up[0], up[1], 4);
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  for (const v of rows) {
    pen.strokeStyle = palette.rule;
    pen.beginPath();
    pen.moveTo(LEFT, y(v));
    pen.lineTo(width - RIGHT, y(v));
    pen.stroke();
    pen.fillStyle = palette.muted;
    pen.fillText(v.toFixed(tickDecimals(rows.length > 1 ? rows[1] - rows[0] : 1)), LEFT - 6, y(v));
  }
  pen.textAlign = 'center';
  pen.textBaseline = 'top';
  for (const v of ticks(across[0], across[1], 6)) pen.fillText(String(v), x(v), height - BOTTOM + 6);
  pen.textAlign = 'right';
  pen.fillText(units[0], width - RIGHT, height - 12);
  pen.textAlign = 'left';
  pen.fillText(units[1], 4, 2);
  return { x, y };
}

/** Draws the forward hazards in force as steps with their band of two standard errors. */
export function drawHazards(pen: Pen, curve: CreditCurve, width: number, height: number, palette: Palette): void {
  const steps = curve.hazards
    .map((h) => ({ until: yearsTo(h.maturity, curve.at), hazard: 100 * h.hazard, band: 200 * h.se }))
    .filter((s) => s.until > 0);
  if (steps.length === 0) return;
  const high = Math.max(...steps.map((s) => s.hazard + s.band));
  const low = Math.min(0, ...steps.map((s) => s.hazard - s.band));
  const end = steps[steps.length - 1].until;
  const size = { width, height, top: 18 };
  const { x, y } = frame(pen, size, [0, end], roundedRange(low, high), ['years', '% a year'], palette);
  pen.fillStyle = palette.band;
  let from = 0;
  for (const s of steps) {
    pen.fillRect(x(from), y(s.hazard + s.band), x(s.until) - x(from), y(s.hazard - s.band) - y(s.hazard + s.band));
    from = s.until;
  }
  pen.strokeStyle = palette.accent;
  pen.lineWidth = 2;
  pen.beginPath();
  from = 0;
  for (const s of steps) {
    pen.lineTo(x(from), y(s.hazard));
    pen.lineTo(x(s.until), y(s.hazard));
    from = s.until;
  }
  pen.stroke();
}

/** Draws what each next quote did against its prediction, in half-spreads; the band is bid to ask. */
export function drawInnovations(pen: Pen, curve: CreditCurve, width: number, height: number, palette: Palette): void {
  const bars = curve.nodes.filter((n) => n.innovation_half_spreads !== null);
  if (bars.length === 0) return;
  const reach = Math.max(1.5, ...bars.map((b) => Math.min(8, Math.abs(b.innovation_half_spreads ?? 0))));
  const middle = (height - BOTTOM + 14) / 2;
  const scale = (middle - 14) / reach;
  pen.fillStyle = palette.band;
  pen.fillRect(LEFT, middle - scale, width - LEFT - RIGHT, 2 * scale);
  pen.strokeStyle = palette.rule;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(LEFT, middle);
  pen.lineTo(width - RIGHT, middle);
  pen.stroke();
  pen.font = FONT;
  pen.textBaseline = 'middle';
  pen.textAlign = 'right';
  pen.fillStyle = palette.muted;
  pen.fillText('ask', LEFT - 6, middle - scale);
  pen.fillText('bid', LEFT - 6, middle + scale);
  pen.textAlign = 'left';
  pen.fillText('half-spreads', 4, 6);
  const step = (width - LEFT - RIGHT) / bars.length;
  bars.forEach((b, i) => {
    const value = Math.max(-reach, Math.min(reach, b.innovation_half_spreads ?? 0));
    const x = LEFT + (i + 0.5) * step;
    pen.fillStyle = Math.abs(value) <= 1 ? palette.accent : palette.stop;
    const y = value > 0 ? middle - value * scale : middle;
    pen.fillRect(x - Math.min(14, step / 4), y, 2 * Math.min(14, step / 4), Math.max(1, Math.abs(value) * scale));
    pen.fillStyle = palette.muted;
    pen.textAlign = 'center';
    pen.fillText(b.node, x, height - 10);
  });
}

/** Draws the error of each prediction over time, in half-spreads, with the line of one. */
export function drawCreditHistory(pen: Pen, curve: CreditCurve, width: number, height: number, palette: Palette): void {
  const points = curve.history.map((p) => ({ at: Date.parse(p.at), v: Math.min(6, p.rms_half_spreads) }));
  if (points.length < 2) return;
  const [first, last] = [points[0].at, points[points.length - 1].at];
  const days = (last - first) / 86_400_000;
  const up = roundedRange(0, Math.max(1.2, ...points.map((p) => p.v)));
  const size = { width, height, top: 18 };
  const { x, y } = frame(pen, size, [0, Math.max(days, 1e-6)], [0, up[1]], ['days', 'half-spreads'], palette);
  pen.strokeStyle = palette.muted;
  pen.setLineDash([4, 4]);
  pen.beginPath();
  pen.moveTo(LEFT, y(1));
  pen.lineTo(width - RIGHT, y(1));
  pen.stroke();
  pen.setLineDash([]);
  pen.strokeStyle = palette.accent;
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (const p of points) pen.lineTo(x((p.at - first) / 86_400_000), y(p.v));
  pen.stroke();
}
