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
  const weights = varianceWeights(problem);
  for (const vertex of VERTICES)
    for (const width of WIDTHS) {
      const c = Float64Array.of(0, 0, 0, low + vertex * range, width);
      grid.push({ c, cost: solveLinear(problem, weights, c) });
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

/** q^2 / (2 vol)^2: with them a variance residual stands for the volatility residual to first order. */
function varianceWeights(problem: SviProblem): Float64Array {
  return problem.vol.map((vol, i) => {
    const share = problem.weight[i] / (2 * vol);
    return share * share;
  });
}

/**
 * Fills base, u, v of c for its m and s: weighted least squares of variance on 1, L, R with slopes in
 * [0, steepest^2]; returns the cost. Faces of the box are tried when the free solution leaves it.
 */
function solveLinear(problem: SviProblem, weights: Float64Array, c: Float64Array): number {
  const { n, y, vol, upper } = problem;
  const m = c[3];
  const s = c[4];
  let n00 = 0, n01 = 0, n02 = 0, n11 = 0, n12 = 0, n22 = 0, r0 = 0, r1 = 0, r2 = 0, total = 0; // prettier-ignore
  for (let i = 0; i < n; i++) {
    const x = y[i] - m;
    const z = Math.sqrt(x * x + s * s);
    const l = 0.5 * (z - x);
    const r = 0.5 * (z + x);
    const t = weights[i];
    const w = vol[i] * vol[i];
    n00 += t;
    n01 += t * l;
    n02 += t * r;
    n11 += t * l * l;
    n12 += t * l * r;
    n22 += t * r * r; // prettier-ignore
    r0 += t * w;
    r1 += t * l * w;
    r2 += t * r * w;
    total += t * w * w; // prettier-ignore
  }
  // The intercept is always free: eliminate it and solve the 2 x 2 rest in the box.
  const a11 = n11 - (n01 * n01) / n00;
  const a12 = n12 - (n01 * n02) / n00;
  const a22 = n22 - (n02 * n02) / n00;
  const b1 = r1 - (n01 * r0) / n00;
  const b2 = r2 - (n02 * r0) / n00;
  const steepest = upper[1] * upper[1];
  const det = a11 * a22 - a12 * a12;
  let p = (b1 * a22 - b2 * a12) / det;
  let q = (b2 * a11 - b1 * a12) / det;
  const value = (p: number, q: number): number => a11 * p * p + 2 * a12 * p * q + a22 * q * q - 2 * (b1 * p + b2 * q);
  if (!(p >= 0 && p <= steepest && q >= 0 && q <= steepest)) {
    let best = Infinity;
    let [bestP, bestQ] = [0, 0];
    const offer = (tryP: number, tryQ: number): void => {
      const [inP, inQ] = [clamp(tryP, steepest), clamp(tryQ, steepest)];
      const cost = value(inP, inQ);
      if (cost < best) [best, bestP, bestQ] = [cost, inP, inQ];
    };
    for (const edge of [0, steepest]) {
      offer(edge, (b2 - a12 * edge) / a22);
      offer((b1 - a12 * edge) / a11, edge);
    }
    [p, q] = [bestP, bestQ];
  }
  const a = (r0 - n01 * p - n02 * q) / n00;
  c[1] = Math.sqrt(p);
  c[2] = Math.sqrt(q);
  c[0] = Math.max(0, a + s * c[1] * c[2]);
  return total - (r0 * r0) / n00 + value(p, q);
}

function clamp(value: number, upper: number): number {
  return value > 0 ? Math.min(value, upper) : 0;
}
