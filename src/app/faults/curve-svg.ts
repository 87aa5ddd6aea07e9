/** A plain line chart as SVG text: one series in [0, 1] against any x. */

/** One labelled point. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 60;
const BOTTOM = 50;
const TOP = 20;
const RIGHT = 20;

/** The chart; points are joined in the order of x. */
export function curveSvg(xTitle: string, yTitle: string, points: readonly CurvePoint[]): string {
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const widest = Math.max(1e-9, ...sorted.map((p) => p.x));
  const px = (x: number): number => LEFT + (x / widest) * (WIDTH - LEFT - RIGHT);
  const py = (y: number): number => HEIGHT - BOTTOM - y * (HEIGHT - BOTTOM - TOP);
  const line = sorted.map((p) => `${px(p.x).toFixed(1)},${py(p.y).toFixed(1)}`).join(' ');
  const marks = sorted.map(
    (p) =>
      `<circle cx="${px(p.x).toFixed(1)}" cy="${py(p.y).toFixed(1)}" r="3"/><text x="${(px(p.x) + 5).toFixed(1)}" y="${(py(p.y) + 14).toFixed(1)}">${p.label}</text>`,
  );
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (y) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(y)}" y2="${py(y)}" stroke="#ddd"/><text x="${LEFT - 40}" y="${py(y) + 4}">${100 * y} %</text>`,
  );
  const ticks = [0, 0.5, 1].map(
    (t) => `<text x="${px(t * widest)}" y="${HEIGHT - BOTTOM + 18}">${Number((t * widest).toPrecision(3))}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    ...grid,
    ...ticks,
    `<polyline points="${line}" fill="none" stroke="#1f5fa8" stroke-width="2"/>`,
    ...marks,
    `<text x="${WIDTH / 2 - 120}" y="${HEIGHT - 10}">${xTitle}</text>`,
    `<text x="${LEFT}" y="${TOP - 6}">${yTitle}</text>`,
    '</svg>',
    '',
  ].join('\n');
}
