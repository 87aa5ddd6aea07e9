import { acrossOf, barsOf, lineOf, upOf, type Axes, type Bar, type Line } from './smile-axes.ts';
import { curveOf, type SmilePicture } from './smile-picture.ts';
import { quantile, roundedRange } from './ticks.ts';

/** Everything of one smile in the chosen axes, before it has a size. */
export interface SmileScene {
  readonly picture: SmilePicture;
  readonly axes: Axes;
  readonly bars: readonly Bar[];
  readonly champion: { readonly line: Line; readonly low: Line; readonly high: Line } | null;
  readonly challengers: readonly Line[];
  readonly mark: Line | null;
  readonly trades: readonly { readonly across: number; readonly up: number; readonly buy: boolean }[];
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** The frame that smiles share: where the axes begin and end. */
export interface Frame {
  readonly across: Range;
  readonly up: Range;
}

const MAX_TRADES = 200;

/** A picture on the chosen axes. */
export function sceneOf(picture: SmilePicture, axes: Axes): SmileScene {
  const champion = curveOf(picture, 'champion');
  const mark = curveOf(picture, 'venue-mark');
  const scene = {
    picture,
    axes,
    bars: barsOf(picture, axes),
    champion:
      champion === null
        ? null
        : {
            line: lineOf(picture, axes, champion, 'sigma'),
            low: lineOf(picture, axes, champion, 'low'),
            high: lineOf(picture, axes, champion, 'high'),
          },
    challengers: picture.curves.filter((c) => c.role === 'challenger').map((c) => lineOf(picture, axes, c, 'sigma')),
    mark: mark === null ? markLine(picture, axes) : lineOf(picture, axes, mark, 'sigma'),
    trades: [] as { across: number; up: number; buy: boolean }[],
  };
  for (const trade of picture.trades.slice(0, MAX_TRADES)) {
    if (trade.k === null || trade.sigma === null) continue;
    scene.trades.push({
      across: acrossOf(picture, axes, trade.k, trade.sigma),
      up: upOf(picture, axes, trade.k, trade.sigma),
      buy: trade.direction === 'buy',
    });
  }
  return scene;
}

/** The venue's marks joined by strike, where no curve of them is sent: one point a strike, out of the money. */
function markLine(picture: SmilePicture, axes: Axes): Line | null {
  const marks = picture.quotes
    .filter((q) => Number.isFinite(q.venueMark) && Number.isFinite(q.k) && (q.side === 'put') === q.k < 0)
    .toSorted((a, b) => a.k - b.k);
  if (marks.length < 2) return null;
  return {
    across: Float64Array.from(marks, (q) => acrossOf(picture, axes, q.k, q.venueMark)),
    up: Float64Array.from(marks, (q) => upOf(picture, axes, q.k, q.venueMark)),
  };
}

const FIXED_ACROSS: Partial<Record<Axes['across'], Range>> = {
  x: { low: -3, high: 3 },
  delta: { low: 0.02, high: 0.98 },
};

/**
 * The frame that holds these scenes. Horizontally x and delta have fixed ends, so that expiries line up; strike and k
 * end where quotes do. Vertically the used quotes decide, less the outermost hundredth: a single wild ask must not
 * flatten the smile.
 */
export function frameOf(scenes: readonly SmileScene[]): Frame {
  const axes = scenes[0]?.axes;
  const across = axes === undefined ? { low: 0, high: 1 } : (FIXED_ACROSS[axes.across] ?? reach(scenes));
  const up: number[] = [];
  const inside = (a: number): boolean => a >= across.low && a <= across.high;
  for (const scene of scenes) {
    for (const bar of scene.bars) {
      if (bar.quote.refused !== null || !inside(bar.across)) continue;
      if (Number.isFinite(bar.low)) up.push(bar.low);
      if (Number.isFinite(bar.high)) up.push(bar.high);
    }
    const line = scene.champion?.line;
    if (line !== undefined)
      for (let i = 0; i < line.up.length; i += 2)
        if (inside(line.across[i]) && Number.isFinite(line.up[i])) up.push(line.up[i]);
  }
  const [low, high] = roundedRange(quantile(up, 0.01), quantile(up, 0.99), 0.06);
  return { across, up: { low: axes?.up === 'volatility' ? Math.max(0, low) : low, high } };
}

/** A smile that reaches this many times higher than the middle one is broken or in another world. */
const OWN_SCALE_FACTOR = 2;
const HALF_A_DAY = 0.5 / 365;

/**
 * The frame that all smiles share: the ends of every smile's own, so that a short one in a crash is not cut off. One
 * that reaches far beyond the others would flatten them all: it gets a scale of its own and its scope is named.
 * Expiries in their last half day do not set the frame: their hours are wild.
 */
export function sharedFrame(scenes: readonly SmileScene[]): {
  readonly frame: Frame;
  readonly own: ReadonlySet<string>;
} {
  const drawn = scenes.filter((s) => s.bars.length > 0 || s.champion !== null);
  const calm = drawn.filter((s) => s.picture.years > HALF_A_DAY);
  const frames = (calm.length > 0 ? calm : drawn).map((s) => ({ scope: s.picture.scope, frame: frameOf([s]) }));
  if (frames.length === 0) return { frame: frameOf(scenes), own: new Set() };
  const limit =
    OWN_SCALE_FACTOR *
    quantile(
      frames.map((f) => f.frame.up.high),
      0.5,
    );
  const like = frames.filter((f) => f.frame.up.high <= limit);
  return {
    frame: unionOf(like.map((f) => f.frame)),
    own: new Set(frames.filter((f) => f.frame.up.high > limit).map((f) => f.scope)),
  };
}

/** The frame that holds all of these. */
function unionOf(frames: readonly Frame[]): Frame {
  const over = (part: 'across' | 'up'): Range => ({
    low: Math.min(...frames.map((f) => f[part].low)),
    high: Math.max(...frames.map((f) => f[part].high)),
  });
  return { across: over('across'), up: over('up') };
}

function reach(scenes: readonly SmileScene[]): Range {
  const all: number[] = [];
  for (const scene of scenes) for (const bar of scene.bars) if (bar.quote.refused === null) all.push(bar.across);
  const [low, high] = roundedRange(quantile(all, 0), quantile(all, 1), 0.03);
  return { low, high };
}

/** The bar nearest to a point, in pixels: hollow ones too; null when none is within `within` pixels horizontally. */
export function nearestBar(
  scene: SmileScene,
  px: (across: number) => number,
  py: (up: number) => number,
  x: number,
  y: number,
  within = 14,
): Bar | null {
  let best: Bar | null = null;
  let distance = Infinity;
  for (const bar of scene.bars) {
    const dx = px(bar.across) - x;
    if (Math.abs(dx) > within) continue;
    const middle = Number.isFinite(bar.middle) ? bar.middle : Number.isFinite(bar.high) ? bar.high : bar.low;
    const dy = py(middle) - y;
    const d = dx * dx + 0.15 * dy * dy;
    if (d < distance) {
      distance = d;
      best = bar;
    }
  }
  return best;
}
