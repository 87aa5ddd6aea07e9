import type { SviProblem } from './svi-problem.ts';

/** Vertices tried, as shares of the quoted range, and widths, in standard deviations of the expiry. */
const VERTICES = [-0.1, 0.15, 0.35, 0.5, 0.65, 0.85, 1.1];
const WIDTHS = [0.1, 0.4, 1.2, 4];
const KEPT = 3;

/**
 * Starts of a cold SVI fit, best first, at most three: each (m, s) of a small grid gets its linear parameters by
 * bounded weighted least squares on variance (Zeliade 2009, the quasi-explicit step); grid points that beat their
 * neighbours are kept.
 */
export function sviStarts(problem: SviProblem): Float64Array[] {
  const { y, n } = problem;
  const low = y[0];
  const range = y[n - 1] - low;
  const columns = WIDTHS.length;
  const grid: { c: Float64Array; cost: number }[] = [];
  problem.expandAboutQuotes();
  for (const vertex of VERTICES)
    for (const width of WIDTHS) {
      const c = Float64Array.of(0, 0, 0, low + vertex * range, width);
      grid.push({ c, cost: problem.solveLinear(c) });
    }
  const minima = grid.filter((point, i) => {
    const row = Math.floor(i / columns);
    const column = i % columns;
    const beats = (r: number, q: number): boolean =>
      r < 0 || q < 0 || r >= VERTICES.length || q >= columns || point.cost <= grid[r * columns + q].cost;
    return beats(row - 1, column) && beats(row + 1, column) && beats(row, column - 1) && beats(row, column + 1);
  });
  return minima
    .sort((p, q) => p.cost - q.cost)
    .slice(0, KEPT)
    .map((point) => point.c);
}
