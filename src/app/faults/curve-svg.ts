/** A plain line chart as SVG text: a few series over one x axis. */

/** One labelled point. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  /** Written beside the point; empty for none. */
  readonly label: string;
}

/** One line. */
export interface Curve {
  readonly name: string;
  readonly points: readonly CurvePoint[];
}

/** What the axes say. */
export interface Axes {
  readonly x: string;
  readonly y: string;
  /** Top of the y axis. */
  readonly highest: number;
  /** How a value of y is written. */
  readonly yLabel: (y: number) => string;
}

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 60;
const BOTTOM = 50;
const TOP = 24;
const RIGHT = 150;
const COLOURS = ['#1f5fa8', '#b3261e', '#8a6d00', '#1a7f37', '#6b3fa0'];
/** The x axis is the square root of its value: what matters lies near zero. */
const bent = (v: number): number => Math.sqrt(Math.max(0, v));

/** The chart; the points of a line are joined in the order of x. */
export function curveSvg(axes: Axes, curves: readonly Curve[]): string {
  const widest = Math.max(1e-9, ...curves.flatMap((c) => c.points.map((p) => p.x)));
  const px = (x: number): number => LEFT + (bent(x) / bent(widest)) * (WIDTH - LEFT - RIGHT);
  const py = (y: number): number => HEIGHT - BOTTOM - Math.min(1, y / axes.highest) * (HEIGHT - BOTTOM - TOP);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
  ];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const y = share * axes.highest;
    parts.push(
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(y)}" y2="${py(y)}" stroke="#ddd"/><text x="${LEFT - 8}" y="${py(y) + 4}" text-anchor="end">${axes.yLabel(y)}</text>`,
    );
  }
  for (const share of [0, 0.04, 0.25, 0.5, 1]) {
    const x = share * widest;
    parts.push(
      `<text x="${px(x)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${Number(x.toPrecision(2))}</text>`,
    );
  }
  curves.forEach((curve, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const sorted = curve.points.toSorted((a, b) => a.x - b.x);
    const line = sorted.map((p) => `${px(p.x).toFixed(1)},${py(p.y).toFixed(1)}`).join(' ');
    parts.push(`<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const p of sorted) {
      const [x, y] = [px(p.x).toFixed(1), py(p.y).toFixed(1)];
      parts.push(`<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`);
      if (p.label !== '') parts.push(`<text x="${Number(x) + 5}" y="${Number(y) + 14}">${p.label}</text>`);
    }
    parts.push(`<text x="${WIDTH - RIGHT + 12}" y="${TOP + 18 * (i + 1)}" fill="${colour}">${curve.name}</text>`);
  });
  parts.push(
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${axes.x}</text>`,
    `<text x="${LEFT}" y="${TOP - 8}">${axes.y}</text>`,
    '</svg>',
    '',
  );
  return parts.join('\n');
}
