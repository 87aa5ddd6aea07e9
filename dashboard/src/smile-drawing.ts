import { FONT, SMALL_FONT, type Palette, type Pen } from './pen.ts';
import { acrossLabel, upLabel, type Line } from './smile-axes.ts';
import type { Frame, SmileScene } from './smile-frame.ts';
import { niceStep, tickDecimals, ticks } from './ticks.ts';

/** Where a picture stands on its canvas, CSS pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Maps of the frame onto the box. */
export interface Scale {
  readonly px: (across: number) => number;
  readonly py: (up: number) => number;
}

/** The scale of a frame in a box. */
export function scaleOf(frame: Frame, box: Box): Scale {
  const kx = box.width / (frame.across.high - frame.across.low);
  const ky = box.height / (frame.up.high - frame.up.low);
  return {
    px: (a) => box.left + (a - frame.across.low) * kx,
    py: (u) => box.top + box.height - (u - frame.up.low) * ky,
  };
}

/** What may be said about how large and how quiet a smile is drawn. */
export interface Manner {
  readonly large: boolean;
  /** Symbol of the quote to point out. */
  readonly chosen: string | null;
}

/** Draws one smile: band, marks, champion, bars, refused, trades, in this order so that the data lie on top. */
export function drawSmile(pen: Pen, scene: SmileScene, frame: Frame, box: Box, palette: Palette, manner: Manner): void {
  const scale = scaleOf(frame, box);
  drawAxes(pen, scene, frame, box, palette, scale, manner.large);
  pen.save();
  pen.beginPath();
  pen.rect(box.left, box.top, box.width, box.height);
  pen.clip();
  if (scene.champion !== null) {
    pen.fillStyle = palette.band;
    band(pen, scene.champion.low, scene.champion.high, scale);
  }
  if (scene.mark !== null) stroke(pen, scene.mark, scale, palette.mark, 1, []);
  drawBars(pen, scene, scale, palette, manner);
  for (const line of scene.challengers) stroke(pen, line, scale, palette.challenger, 1.5, [5, 4]);
  if (scene.champion !== null) stroke(pen, scene.champion.line, scale, palette.accent, manner.large ? 2 : 1.5, []);
  drawTrades(pen, scene, scale, palette, manner.large);
  pen.restore();
}

function drawAxes(
  pen: Pen,
  scene: SmileScene,
  frame: Frame,
  box: Box,
  palette: Palette,
  scale: Scale,
  large: boolean,
): void {
  pen.font = large ? FONT : SMALL_FONT;
  pen.lineWidth = 1;
  pen.fillStyle = palette.muted;
  const upTicks = ticks(frame.up.low, frame.up.high, Math.max(2, Math.floor(box.height / (large ? 44 : 32))));
  const upDecimals = tickDecimals(upTicks.length > 1 ? upTicks[1] - upTicks[0] : 1);
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  pen.strokeStyle = palette.rule;
  for (const u of upTicks) {
    const y = crisp(scale.py(u));
    line(pen, box.left, y, box.left + box.width, y);
    pen.fillText(upLabel(scene.axes, u, upDecimals), box.left - 4, y);
  }
  const wanted = Math.max(2, Math.floor(box.width / (large ? 80 : 56)));
  const acrossTicks =
    scene.axes.across === 'delta' ? [0.1, 0.25, 0.5, 0.75, 0.9] : ticks(frame.across.low, frame.across.high, wanted);
  const decimals = tickDecimals(niceStep((frame.across.high - frame.across.low) / wanted));
  pen.textAlign = 'center';
  pen.textBaseline = 'top';
  for (const a of acrossTicks) {
    const x = crisp(scale.px(a));
    line(pen, x, box.top + box.height, x, box.top + box.height + 3);
    pen.fillText(acrossLabel(scene.axes, a, decimals), x, box.top + box.height + 4);
  }
  const middle = scene.axes.across === 'strike' ? scene.picture.forward : scene.axes.across === 'delta' ? 0.5 : 0;
  if (middle > frame.across.low && middle < frame.across.high) {
    pen.strokeStyle = palette.faint;
    const x = crisp(scale.px(middle));
    line(pen, x, box.top, x, box.top + box.height);
  }
}

function drawBars(pen: Pen, scene: SmileScene, scale: Scale, palette: Palette, manner: Manner): void {
  const half = manner.large ? 3 : 2;
  pen.strokeStyle = palette.ink;
  pen.lineWidth = manner.large ? 1.5 : 1;
  pen.globalAlpha = 0.8;
  pen.beginPath();
  for (const bar of scene.bars) {
    if (bar.quote.refused !== null) continue;
    const x = scale.px(bar.across);
    if (Number.isFinite(bar.low) && Number.isFinite(bar.high)) {
      pen.moveTo(x, scale.py(bar.low));
      pen.lineTo(x, scale.py(bar.high));
    }
    for (const end of [bar.low, bar.high])
      if (Number.isFinite(end)) {
        pen.moveTo(x - half, scale.py(end));
        pen.lineTo(x + half, scale.py(end));
      }
  }
  pen.stroke();
  pen.strokeStyle = palette.muted;
  pen.lineWidth = 1;
  pen.globalAlpha = manner.large ? 0.9 : 0.55;
  pen.beginPath();
  for (const bar of scene.bars) {
    if (bar.quote.refused === null) continue;
    const middle = Number.isFinite(bar.middle) ? bar.middle : Number.isFinite(bar.high) ? bar.high : bar.low;
    const x = scale.px(bar.across);
    const y = scale.py(middle);
    const r = manner.large ? 3 : 1.5;
    pen.moveTo(x + r, y);
    pen.arc(x, y, r, 0, 2 * Math.PI);
  }
  pen.stroke();
  pen.globalAlpha = 1;
  const chosen = scene.bars.find((b) => b.quote.symbol === manner.chosen);
  if (chosen !== undefined) {
    pen.strokeStyle = palette.accent;
    pen.lineWidth = 2;
    const middle = Number.isFinite(chosen.middle) ? chosen.middle : chosen.high;
    pen.beginPath();
    pen.arc(scale.px(chosen.across), scale.py(middle), 6, 0, 2 * Math.PI);
    pen.stroke();
  }
}

function drawTrades(pen: Pen, scene: SmileScene, scale: Scale, palette: Palette, large: boolean): void {
  pen.lineWidth = 2;
  const half = large ? 5 : 3;
  for (const buy of [true, false]) {
    pen.strokeStyle = buy ? palette.buy : palette.sell;
    pen.beginPath();
    for (const trade of scene.trades) {
      if (trade.buy !== buy || !Number.isFinite(trade.up)) continue;
      const x = scale.px(trade.across);
      const y = scale.py(trade.up);
      pen.moveTo(x - half, y);
      pen.lineTo(x + half, y);
    }
    pen.stroke();
  }
}

function stroke(pen: Pen, path: Line, scale: Scale, colour: string, width: number, dash: number[]): void {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  let open = false;
  for (let i = 0; i < path.up.length; i++) {
    const u = path.up[i];
    const a = path.across[i];
    if (!Number.isFinite(u) || !Number.isFinite(a)) {
      open = false;
      continue;
    }
    if (open) pen.lineTo(scale.px(a), scale.py(u));
    else pen.moveTo(scale.px(a), scale.py(u));
    open = true;
  }
  pen.stroke();
  pen.setLineDash([]);
}

function band(pen: Pen, low: Line, high: Line, scale: Scale): void {
  pen.beginPath();
  let first = true;
  const go = (path: Line, i: number): void => {
    if (!Number.isFinite(path.up[i]) || !Number.isFinite(path.across[i])) return;
    if (first) pen.moveTo(scale.px(path.across[i]), scale.py(path.up[i]));
    else pen.lineTo(scale.px(path.across[i]), scale.py(path.up[i]));
    first = false;
  };
  for (let i = 0; i < low.up.length; i++) go(low, i);
  for (let i = high.up.length - 1; i >= 0; i--) go(high, i);
  pen.closePath();
  pen.fill();
}

/** Half a pixel off, where a thin line is one pixel and not two grey ones. */
export const crisp = (v: number): number => Math.round(v) + 0.5;

/** A straight line. */
export function line(pen: Pen, x0: number, y0: number, x1: number, y1: number): void {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}
