import { FONT, type Palette, type Pen } from './pen.ts';
import { crisp, line, scaleOf, type Box } from './smile-drawing.ts';
import type { Frame, SmileScene } from './smile-frame.ts';
import { residual } from './smile-picture.ts';

/** Half-spreads shown above and below zero; what lies beyond stands at the edge as a triangle. */
export const RESIDUAL_REACH = 3;

/** Residuals of the used quotes in half-spreads under the smile; the strip between -1 and 1 is the bid-ask. */
export function drawResiduals(
  pen: Pen,
  scene: SmileScene,
  frame: Frame,
  box: Box,
  palette: Palette,
  chosen: string | null,
): void {
  const scale = scaleOf({ across: frame.across, up: { low: -RESIDUAL_REACH, high: RESIDUAL_REACH } }, box);
  pen.font = FONT;
  pen.fillStyle = palette.raised;
  pen.fillRect(box.left, scale.py(1), box.width, scale.py(-1) - scale.py(1));
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  pen.lineWidth = 1;
  for (const level of [-2, -1, 0, 1, 2]) {
    const y = crisp(scale.py(level));
    pen.strokeStyle = level === 0 ? palette.faint : palette.rule;
    line(pen, box.left, y, box.left + box.width, y);
    pen.fillStyle = palette.muted;
    pen.fillText(level > 0 ? `+${level}` : String(level), box.left - 4, y);
  }
  for (const bar of scene.bars) {
    if (bar.quote.refused !== null) continue;
    const r = residual(bar.quote);
    const x = scale.px(bar.across);
    if (!Number.isFinite(r) || x < box.left || x > box.left + box.width) continue;
    const out = Math.abs(r) > 1;
    pen.strokeStyle = out ? palette.stop : palette.accent;
    pen.fillStyle = out ? palette.stop : palette.accent;
    pen.lineWidth = bar.quote.symbol === chosen ? 3 : 1.5;
    const shown = Math.max(-RESIDUAL_REACH, Math.min(RESIDUAL_REACH, r));
    line(pen, x, scale.py(0), x, scale.py(shown));
    if (Math.abs(r) > RESIDUAL_REACH) triangle(pen, x, scale.py(shown), r > 0 ? 1 : -1);
    else {
      pen.beginPath();
      pen.arc(x, scale.py(shown), 2.5, 0, 2 * Math.PI);
      pen.fill();
    }
  }
}

function triangle(pen: Pen, x: number, y: number, up: 1 | -1): void {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x - 4, y + 7 * up);
  pen.lineTo(x + 4, y + 7 * up);
  pen.closePath();
  pen.fill();
}
