/**
 * Linear least squares with the standard errors that dependent market data need: classical, robust to
 * heteroskedasticity, clustered by time, and Newey-West over the clusters. Verified by `hw_regression_expected.csv`,
 * `ssr_expected.csv` and constructed panels.
 */
import { symmetricInverse } from '../numeric/linear-solve.ts';

/** y = X b + u. */
export interface LinearRegression {
  /** b, in the unit of y per unit of each column. */
  readonly coefficients: Float64Array;
  /** u = y - X b. */
  readonly residuals: Float64Array;
  /** (X'WX)^-1, row-major. */
  readonly inverse: Float64Array;
  /** Weighted sum of squared residuals. */
  readonly squares: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Weighted least squares of y on the columns of `design` (row-major, `columns` wide; an intercept is a column of ones).
 * Undefined when there are fewer rows than columns or the columns are collinear.
 */
export function linearRegression(
  design: ArrayLike<number>,
  y: ArrayLike<number>,
  columns: number,
  weights?: ArrayLike<number>,
): LinearRegression | undefined {
  const rows = y.length;
  if (rows < columns) return undefined;
  const gram = new Float64Array(columns * columns);
  const moment = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const w = weights === undefined ? 1 : weights[i];
    for (let r = 0; r < columns; r++) {
      const xw = w * design[i * columns + r];
      moment[r] += xw * y[i];
      for (let c = 0; c <= r; c++) gram[r * columns + c] += xw * design[i * columns + c];
    }
  }
  for (let r = 0; r < columns; r++) for (let c = r + 1; c < columns; c++) gram[r * columns + c] = gram[c * columns + r];
  const inverse = scaledInverse(gram, columns);
  if (inverse === undefined) return undefined;
  const coefficients = times(inverse, moment, columns);
  const residuals = new Float64Array(rows);
  const correction = new Float64Array(columns);
  for (let pass = 0; pass < 2; pass++) {
    // One step of iterative refinement takes back what squaring the condition number lost.
    correction.fill(0);
    for (let i = 0; i < rows; i++) {
      let fitted = 0;
      for (let c = 0; c < columns; c++) fitted += design[i * columns + c] * coefficients[c];
      residuals[i] = y[i] - fitted;
      const w = weights === undefined ? 1 : weights[i];
      for (let c = 0; c < columns; c++) correction[c] += w * design[i * columns + c] * residuals[i];
    }
    if (pass === 1) break;
    const step = times(inverse, correction, columns);
    for (let c = 0; c < columns; c++) coefficients[c] += step[c];
  }
  let squares = 0;
  for (let i = 0; i < rows; i++) squares += (weights === undefined ? 1 : weights[i]) * residuals[i] * residuals[i];
  return { coefficients, residuals, inverse, squares, rows, columns };
}

/** Inverse of a Gram matrix after scaling its diagonal to one: columns of very different units stay solvable. */
function scaledInverse(gram: Float64Array, n: number): Float64Array | undefined {
  const scale = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    if (!(gram[j * n + j] > 0)) return undefined;
    scale[j] = 1 / Math.sqrt(gram[j * n + j]);
  }
  const inverse = symmetricInverse(
    gram.map((v, i) => v * scale[Math.floor(i / n)] * scale[i % n]),
    n,
  );
  return inverse?.map((v, i) => v * scale[Math.floor(i / n)] * scale[i % n]);
}

function times(matrix: Float64Array, vector: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n);
  for (let r = 0; r < n; r++) for (let c = 0; c < n; c++) out[r] += matrix[r * n + c] * vector[c];
  return out;
}

/** Classical standard errors: sqrt of the diagonal of s^2 (X'X)^-1, s^2 = squares/(rows - columns). */
export function classicalErrors(fit: LinearRegression): Float64Array {
  const variance = fit.squares / (fit.rows - fit.columns);
  return Float64Array.from({ length: fit.columns }, (_, j) =>
    Math.sqrt(Math.max(0, variance * fit.inverse[j * fit.columns + j])),
  );
}

/** How rows depend on each other. */
export interface Dependence {
  /** Cluster of each row, 0, 1, 2, ... in order of time; absent = every row is its own. */
  readonly clusters?: ArrayLike<number> | undefined;
  /** Newey-West lags over consecutive clusters (Bartlett weights 1 - l/(lags + 1)); 0 = clusters are independent. */
  readonly lags?: number | undefined;
  /** Multiply by G/(G-1) (N-1)/(N-k), the usual correction for few clusters; default false. */
  readonly smallSample?: boolean | undefined;
}

/**
 * Robust standard errors: White's HC0 without clusters, Liang-Zeger with clusters, and with lags the errors of Newey and
 * West (1987) on the scores summed by cluster (Driscoll and Kraay 1998), which serve panels that share a time axis.
 */
export function robustErrors(
  fit: LinearRegression,
  design: ArrayLike<number>,
  dependence: Dependence = {},
  weights?: ArrayLike<number>,
): Float64Array {
  const { columns, rows, residuals, inverse } = fit;
  const { clusters, lags = 0, smallSample = false } = dependence;
  let groups = rows;
  if (clusters !== undefined) {
    groups = 0;
    for (let i = 0; i < rows; i++) groups = Math.max(groups, clusters[i] + 1);
  }
  const scores = new Float64Array(groups * columns);
  for (let i = 0; i < rows; i++) {
    const g = clusters === undefined ? i : clusters[i];
    const u = residuals[i] * (weights === undefined ? 1 : weights[i]);
    for (let c = 0; c < columns; c++) scores[g * columns + c] += u * design[i * columns + c];
  }
  const meat = longRunSum(scores, groups, columns, lags);
  const scale = smallSample ? ((groups / (groups - 1)) * (rows - 1)) / (rows - columns) : 1;
  return Float64Array.from({ length: columns }, (_, j) => {
    let sum = 0;
    for (let r = 0; r < columns; r++)
      for (let c = 0; c < columns; c++)
        sum += inverse[j * columns + r] * meat[r * columns + c] * inverse[c * columns + j];
    return Math.sqrt(Math.max(0, scale * sum));
  });
}

/** sum_l w_l sum_g (s_g s_{g-l}' + s_{g-l} s_g'), Bartlett weights; row-major. */
function longRunSum(scores: Float64Array, groups: number, columns: number, lags: number): Float64Array {
  const meat = new Float64Array(columns * columns);
  for (let lag = 0; lag <= lags; lag++) {
    const weight = 1 - lag / (lags + 1);
    for (let g = lag; g < groups; g++)
      for (let r = 0; r < columns; r++)
        for (let c = 0; c < columns; c++) {
          const product = scores[g * columns + r] * scores[(g - lag) * columns + c];
          meat[r * columns + c] += weight * product;
          if (lag > 0) meat[c * columns + r] += weight * product;
        }
  }
  return meat;
}
