import uPlot from 'uplot';
import { moment, significant } from './format.ts';
import type { Palette } from './pen.ts';
import type { ScoreHistory } from './score-history.ts';
import type { ScoreRow } from './score-rows.ts';
import type { ScoreMark } from './wire.ts';
import { stripRange, type StripRange } from './strip-range.ts';

/** What a strip is drawn from besides its own numbers. */
export interface StripState {
  readonly history: ScoreHistory;
  readonly palette: Palette;
  /** The expiry drawn in full ink. */
  readonly scope: string;
  readonly asOf: number | null;
  /** Last strip of all: it carries the time axis. */
  readonly last: boolean;
  readonly first: boolean;
  /** From and to in ms; null follows the data. */
  readonly from: number | null;
  readonly to: number | null;
}

const SYNC = 'vernier-scores';
const AXIS_FONT = '10px "DejaVu Sans", system-ui, sans-serif';
const LEFT = 48;

/** Makes a strip. A drag brushes time, a click asks for that moment; both are told, the strip changes nothing itself. */
export function makeStrip(
  row: ScoreRow,
  scopes: readonly string[],
  data: uPlot.AlignedData,
  target: HTMLElement,
  state: () => StripState,
  onBrush: (from: number, to: number) => void,
  onClick: (at: number) => void,
): uPlot {
  const { palette, last } = state();
  const axis = {
    stroke: palette.muted,
    font: AXIS_FONT,
    ticks: { show: false },
    grid: { stroke: palette.rule, width: 1 },
  };
  const reach = (u: uPlot): StripRange => {
    const { history } = state();
    const thresholds = history.thresholds.filter((t) => t.score === row.column).map((t) => t.value * row.scale);
    return stripRange(row, inWindow(u), thresholds);
  };
  const options: uPlot.Options = {
    width: Math.max(120, target.clientWidth),
    height: stripHeight(last),
    padding: [7, 6, last ? 0 : 7, 0],
    legend: { show: false },
    tzDate: (ts) => uPlot.tzDate(new Date(ts * 1e3), 'Etc/UTC'),
    cursor: {
      sync: { key: SYNC },
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
      bind: { dblclick: () => () => null },
    },
    scales: {
      x: { time: true, range: () => windowOf(state()) },
      y: {
        range: (u) => {
          const { low, high } = reach(u);
          return [low, high];
        },
      },
    },
    axes: [
      { ...axis, show: last, size: 20, values: (u, at) => timeLabels(u, at) },
      {
        ...axis,
        size: LEFT,
        splits: (_u, _i, low, high) => [low, Math.min(row.ceiling ?? Infinity, high)],
        values: (u, at) => {
          const { over, under } = reach(u);
          return at.map((v, i) => `${i === 0 ? (under ? '<' : '') : over ? '>' : ''}${significant(v, 2)}`);
        },
      },
    ],
    series: [
      {},
      ...scopes.map((scope) => ({
        label: scope,
        spanGaps: true,
        points: { show: data[0].length < 3, size: 4 },
        width: scope === state().scope ? 1.6 : 1,
        stroke: () => (scope === state().scope ? state().palette.accent : state().palette.faint),
      })),
    ],
    hooks: {
      drawClear: [(u) => drawSpans(u, state())],
      draw: [(u) => drawOver(u, row, state())],
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          onBrush(1000 * u.posToVal(u.select.left, 'x'), 1000 * u.posToVal(u.select.left + u.select.width, 'x'));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      ready: [
        (u) => {
          let down = NaN;
          u.over.addEventListener('pointerdown', (e) => (down = e.clientX));
          u.over.addEventListener('click', (e) => {
            if (Math.abs(e.clientX - down) < 4) onClick(1000 * u.posToVal(e.offsetX, 'x'));
          });
        },
      ],
    },
  };
  return new uPlot(options, data, target);
}

/** Every value of the strip inside the window shown. */
function inWindow(u: uPlot): number[] {
  const { min, max } = u.scales['x'];
  const at = u.data[0];
  const values: number[] = [];
  for (let s = 1; s < u.data.length; s++)
    for (let i = 0; i < at.length; i++) {
      const v = u.data[s][i];
      if (typeof v === 'number' && at[i] >= (min ?? -Infinity) && at[i] <= (max ?? Infinity)) values.push(v);
    }
  return values;
}

/** Everything known, or what was brushed; seconds. */
function windowOf(state: StripState): [number, number] {
  const [oldest, newest] = state.history.extent;
  const from = (state.from ?? oldest) / 1000;
  const to = (state.to ?? newest) / 1000;
  return to > from ? [from, to] : Number.isFinite(from) ? [from - 1, from + 1] : [0, 1];
}

/** Height of a strip, CSS pixels; the last carries the time axis. */
export const stripHeight = (last: boolean): number => (last ? 74 : 54);

/** UTC to the second while the window is short, to the minute while it is a day, else with the date. */
function timeLabels(u: uPlot, at: readonly number[]): string[] {
  const { min = 0, max = 0 } = u.scales['x'];
  const seconds = (max ?? 0) - (min ?? 0);
  const [from, to] = seconds < 600 ? [11, 19] : seconds < 100_000 ? [11, 16] : [5, 16];
  return at.map((t) => moment(1000 * t).slice(from, to));
}

function drawSpans(u: uPlot, { history, palette }: StripState): void {
  const { ctx, bbox } = u;
  ctx.save();
  for (const span of history.incidents.values()) {
    const left = u.valToPos(Date.parse(span.opened) / 1000, 'x', true);
    const right =
      span.resolved === null ? bbox.left + bbox.width : u.valToPos(Date.parse(span.resolved) / 1000, 'x', true);
    const from = Math.max(bbox.left, left);
    const to = Math.min(bbox.left + bbox.width, right);
    if (to < from) continue;
    ctx.fillStyle =
      span.severity === 'critical' ? palette.stop : span.severity === 'warning' ? palette.widen : palette.quiet;
    ctx.globalAlpha = 0.16;
    ctx.fillRect(from, bbox.top, Math.max(1, to - from), bbox.height);
  }
  ctx.restore();
}

function drawOver(u: uPlot, row: ScoreRow, { history, palette, asOf, first }: StripState): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  for (const threshold of history.thresholds) {
    if (threshold.score !== row.column) continue;
    const y = u.valToPos(threshold.value * row.scale, 'y', true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = palette.stop;
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    stroke(ctx, bbox.left, y, bbox.left + bbox.width, y);
  }
  ctx.setLineDash([]);
  if (first)
    for (const mark of history.marks) {
      if (mark.type !== 'calibration') continue;
      const x = u.valToPos(Date.parse(mark.at) / 1000, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = mark.ok ? palette.accent : palette.stop;
      stroke(ctx, x, bbox.top, x, bbox.top + 6 * devicePixelRatio);
    }
  for (const mark of history.marks) if (mark.type === 'promotion') drawPromotion(u, mark, palette, first);
  if (asOf !== null) {
    const x = u.valToPos(asOf / 1000, 'x', true);
    ctx.strokeStyle = palette.ink;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    if (x >= bbox.left && x <= bbox.left + bbox.width) stroke(ctx, x, bbox.top, x, bbox.top + bbox.height);
  }
  ctx.restore();
}

/** A change of the serving model: a line through every strip, a flag on the first. */
function drawPromotion(u: uPlot, mark: ScoreMark, palette: Palette, first: boolean): void {
  const { ctx, bbox } = u;
  const x = u.valToPos(Date.parse(mark.at) / 1000, 'x', true);
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.strokeStyle = palette.challenger;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  stroke(ctx, x, bbox.top, x, bbox.top + bbox.height);
  ctx.setLineDash([]);
  if (!first) return;
  const r = 4 * devicePixelRatio;
  ctx.fillStyle = palette.challenger;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x + 2 * r, bbox.top + r);
  ctx.lineTo(x, bbox.top + 2 * r);
  ctx.fill();
}

function stroke(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}
