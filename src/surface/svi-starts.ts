import type { SviProblem } from './svi-problem.ts';

/** Vertices tried, as shares of the quoted range, and widths, in standard deviations of the expiry. */
const VERTICES = [-0.1, 0.15, 0.35, 0.5, 0.65, 0.85, 1.1];
const WIDTHS = [0.1, 0.4, 1.2, 4];
const KEPT = 3;

/** A start and the cost of the expansion about the quotes there. */
interface GridPoint {
  readonly c: Float64Array;
  readonly cost: number;
}

/** Each (m, s) of a small grid with its linear parameters by bounded least squares on variance (Zeliade 2009). */
function scan(problem: SviProblem): GridPoint[] {
  const low = problem.y[0];
  const range = problem.y[problem.n - 1] - low;
  problem.expandAboutQuotes();
  const grid: GridPoint[] = [];
  for (const vertex of VERTICES)
    for (const width of WIDTHS) {
      const c = Float64Array.of(0, 0, 0, low + vertex * range, width);
      grid.push({ c, cost: problem.solveLinear(c) });
    }
  return grid;
}

/** Starts of a cold SVI fit, best first, at most three: the points of the scan that beat their neighbours. */
export function sviStarts(problem: SviProblem): Float64Array[] {
  const columns = WIDTHS.length;
  const grid = scan(problem);
  const minima = grid.filter((point, i) => {
    const row = Math.floor(i / columns);
    const column = i % columns;
    const beats = (r: number, q: number): boolean =>
      r < 0 || q < 0 || r >= VERTICES.length || q >= columns || !(point.cost > grid[r * columns + q].cost);
    return beats(row - 1, column) && beats(row + 1, column) && beats(row, column - 1) && beats(row, column + 1);
  });
  return minima
    .sort((p, q) => p.cost - q.cost)
    .slice(0, KEPT)
    .map((point) => point.c);
}

/** Every point of the scan: the starts of a search for all minima. */
export function everySviStart(problem: SviProblem): Float64Array[] {
  return scan(problem).map((point) => point.c);
}
