import type { SurfaceGrid } from './wire.ts';

/** Where the reader stands: turned about the vertical axis and tilted, radians. */
export interface Turn {
  readonly yaw: number;
  readonly pitch: number;
}

export const FIRST_TURN: Turn = { yaw: -0.5, pitch: 0.42 };

/** A corner on the screen, in units of the box, and its depth: greater is farther. */
export interface Corner {
  readonly x: number;
  readonly y: number;
  readonly depth: number;
}

/** One cell of the mesh, ready to be painted; `level` in [0, 1] is where its volatility stands between low and high. */
export interface Facet {
  readonly corners: readonly [Corner, Corner, Corner, Corner];
  readonly depth: number;
  readonly level: number;
}

/** The grid in a unit cube: x across, rank of the expiry back, volatility up. */
export interface Mesh {
  readonly facets: readonly Facet[];
  readonly low: number;
  readonly high: number;
}

/** Turns a point of the cube [-1, 1]^3, `v` upward, and looks at it along the depth axis without perspective. */
export function turned(u: number, v: number, w: number, turn: Turn): Corner {
  const c = Math.cos(turn.yaw);
  const s = Math.sin(turn.yaw);
  const side = u * c - w * s;
  const back = u * s + w * c;
  const cp = Math.cos(turn.pitch);
  const sp = Math.sin(turn.pitch);
  return { x: side, y: -(v * cp + back * sp), depth: back * cp - v * sp };
}

/** Lowest and highest volatility of the grid within its x range. */
export function levelsOf(grid: SurfaceGrid): { readonly low: number; readonly high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (const e of grid.expiries)
    for (const s of e.sigma) {
      if (s === null || !Number.isFinite(s)) continue;
      low = Math.min(low, s);
      high = Math.max(high, s);
    }
  return { low, high };
}

/** Cells from the farthest to the nearest (painter's order); cells with a missing corner are left out. */
export function meshOf(grid: SurfaceGrid, turn: Turn): Mesh {
  const { low, high } = levelsOf(grid);
  const rows = grid.expiries.length;
  const n = grid.x.length;
  const facets: Facet[] = [];
  const height = high > low ? high - low : 1;
  const corner = (row: number, i: number): { readonly at: Corner; readonly level: number } | null => {
    const sigma = grid.expiries[row].sigma[i];
    if (sigma === null || sigma === undefined) return null;
    const u = (2 * (grid.x[i] - grid.x[0])) / (grid.x[n - 1] - grid.x[0]) - 1;
    const level = (sigma - low) / height;
    return { at: turned(u, 1.2 * level - 0.6, depthOf(row, rows), turn), level };
  };
  for (let row = 0; row + 1 < rows; row++)
    for (let i = 0; i + 1 < n; i++) {
      const a = corner(row, i);
      const b = corner(row, i + 1);
      const c = corner(row + 1, i + 1);
      const d = corner(row + 1, i);
      if (a === null || b === null || c === null || d === null) continue;
      facets.push({
        corners: [a.at, b.at, c.at, d.at],
        depth: (a.at.depth + b.at.depth + c.at.depth + d.at.depth) / 4,
        level: (a.level + b.level + c.level + d.level) / 4,
      });
    }
  facets.sort((p, q) => q.depth - p.depth);
  return { facets, low, high };
}

/** Depth of an expiry in the cube: by rank, because tenors from a day to a year would crowd at the front. */
export function depthOf(row: number, rows: number): number {
  return rows < 2 ? 0 : (2 * row) / (rows - 1) - 1;
}

/**
 * A sequential scale that reads the same to all eyes and in grey: dark blue over teal to pale yellow, lightness rising
 * throughout. `level` in [0, 1].
 */
export function heatColour(level: number): string {
  const l = Math.max(0, Math.min(1, level)) * (STOPS.length - 1);
  const i = Math.min(STOPS.length - 2, Math.floor(l));
  const mix = STOPS[i].map((c, j) => Math.round(c + (l - i) * (STOPS[i + 1][j] - c)));
  return `rgb(${mix.join(',')})`;
}

const STOPS = [
  [28, 38, 92],
  [38, 90, 140],
  [56, 146, 150],
  [140, 197, 128],
  [250, 236, 140],
];
