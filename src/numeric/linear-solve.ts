/**
 * Small dense linear algebra. A matrix is a Float64Array in row-major order with its size passed beside it; sizes here
 * are those of model parameters (up to a few tens). Nothing allocates unless it says so.
 */

/**
 * Cholesky factor of a symmetric positive definite n x n matrix: overwrites the lower triangle of `a` (and zeroes the
 * upper) with L, L L' = A. Returns false, leaving `a` partly overwritten, when a pivot falls to `floor` times the
 * matrix's largest diagonal element or below (not positive definite to working accuracy).
 */
export function choleskyInPlace(a: Float64Array, n: number, floor: number = 1e-15): boolean {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, a[i * n + i]);
  const smallest = floor * largest;
  for (let j = 0; j < n; j++) {
    let pivot = a[j * n + j];
    for (let k = 0; k < j; k++) pivot -= a[j * n + k] * a[j * n + k];
    if (!(pivot > smallest && pivot < Infinity)) return false;
    const root = Math.sqrt(pivot);
    a[j * n + j] = root;
    for (let i = j + 1; i < n; i++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = sum / root;
      a[j * n + i] = 0;
    }
  }
  return true;
}

/** Solves L L' x = b for a factor from {@link choleskyInPlace}, overwriting b with x. */
export function choleskySolveInPlace(factor: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= factor[i * n + k] * b[k];
    b[i] = sum / factor[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i];
    for (let k = i + 1; k < n; k++) sum -= factor[k * n + i] * b[k];
    b[i] = sum / factor[i * n + i];
  }
}

/** Inverse of a symmetric positive definite matrix (new array), or undefined when it is not positive definite. */
export function symmetricInverse(a: Float64Array, n: number): Float64Array | undefined {
  const factor = Float64Array.from(a);
  if (!choleskyInPlace(factor, n)) return undefined;
  const inverse = new Float64Array(n * n);
  const column = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    column.fill(0);
    column[j] = 1;
    choleskySolveInPlace(factor, n, column);
    for (let i = 0; i < n; i++) inverse[i * n + j] = column[i];
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = 0.5 * (inverse[i * n + j] + inverse[j * n + i]);
      inverse[i * n + j] = mean;
      inverse[j * n + i] = mean;
    }
  }
  return inverse;
}

/**
 * Solves the square system A x = b by elimination with partial pivoting (new array; inputs untouched), or undefined
 * when a pivot is zero or not finite.
 */
export function solveDense(a: Float64Array, b: Float64Array, n: number): Float64Array | undefined {
  const m = Float64Array.from(a);
  const x = Float64Array.from(b);
  for (let j = 0; j < n; j++) {
    let best = j;
    for (let i = j + 1; i < n; i++) if (Math.abs(m[i * n + j]) > Math.abs(m[best * n + j])) best = i;
    const pivot = m[best * n + j];
    if (!(Math.abs(pivot) > 0 && Math.abs(pivot) < Infinity)) return undefined;
    if (best !== j) swapRows(m, x, n, j, best);
    for (let i = j + 1; i < n; i++) {
      const ratio = m[i * n + j] / pivot;
      if (ratio === 0) continue;
      for (let k = j + 1; k < n; k++) m[i * n + k] -= ratio * m[j * n + k];
      x[i] -= ratio * x[j];
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i];
    for (let k = i + 1; k < n; k++) sum -= m[i * n + k] * x[k];
    x[i] = sum / m[i * n + i];
  }
  return x;
}

function swapRows(m: Float64Array, x: Float64Array, n: number, i: number, j: number): void {
  for (let k = 0; k < n; k++) [m[i * n + k], m[j * n + k]] = [m[j * n + k], m[i * n + k]];
  [x[i], x[j]] = [x[j], x[i]];
}

/**
 * Least-squares solution of an over-determined system A x = b, A of `rows` x `columns` with rows >= columns, by
 * Householder reflections (Golub and Van Loan, Matrix Computations, algorithm 5.3.2). Overwrites both inputs; x is in
 * the first `columns` entries of b, and the root sum of squares of the others is the residual norm. Returns false when
 * a column is dependent on those before it to a relative 1e-13.
 */
export function leastSquaresInPlace(a: Float64Array, b: Float64Array, rows: number, columns: number): boolean {
  const diagonal = new Float64Array(columns);
  let largest = 0;
  for (let j = 0; j < columns; j++) {
    let square = 0;
    for (let i = j; i < rows; i++) square += a[i * columns + j] * a[i * columns + j];
    const norm = Math.sqrt(square);
    largest = Math.max(largest, norm);
    if (!(norm > 1e-13 * largest)) return false;
    const head = a[j * columns + j];
    const alpha = head > 0 ? -norm : norm;
    const scale = 1 / (alpha * (alpha - head));
    a[j * columns + j] = head - alpha;
    diagonal[j] = alpha;
    for (let k = j + 1; k < columns; k++) {
      let dot = 0;
      for (let i = j; i < rows; i++) dot += a[i * columns + j] * a[i * columns + k];
      dot *= scale;
      for (let i = j; i < rows; i++) a[i * columns + k] -= dot * a[i * columns + j];
    }
    let dot = 0;
    for (let i = j; i < rows; i++) dot += a[i * columns + j] * b[i];
    dot *= scale;
    for (let i = j; i < rows; i++) b[i] -= dot * a[i * columns + j];
  }
  for (let i = columns - 1; i >= 0; i--) {
    let sum = b[i];
    for (let k = i + 1; k < columns; k++) sum -= a[i * columns + k] * b[k];
    b[i] = sum / diagonal[i];
  }
  return true;
}

/** Eigenvalues, ascending, and eigenvectors of a symmetric matrix. */
export interface SymmetricEigen {
  /** Eigenvalues in ascending order, in the unit of the matrix. */
  readonly values: Float64Array;
  /** Column j (row-major, stride n) is the unit eigenvector of values[j]. */
  readonly vectors: Float64Array;
}

/**
 * Eigen-decomposition of a symmetric n x n matrix by cyclic Jacobi rotations (Golub and Van Loan, section 8.5), which
 * keeps small eigenvalues of a positive definite matrix accurate. Input untouched.
 */
export function symmetricEigen(a: Float64Array, n: number): SymmetricEigen {
  const m = Float64Array.from(a);
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) rotated = rotate(m, v, n, p, q) || rotated;
    }
    if (!rotated) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => m[i * n + i] - m[j * n + j] || i - j);
  const values = Float64Array.from(order, (i) => m[i * n + i]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let i = 0; i < n; i++) vectors[i * n + to] = v[i * n + from];
  });
  return { values, vectors };
}

/** One Jacobi rotation that annihilates m[p][q]; false when the element is already negligible. */
function rotate(m: Float64Array, v: Float64Array, n: number, p: number, q: number): boolean {
  const apq = m[p * n + q];
  const app = m[p * n + p];
  const aqq = m[q * n + q];
  if (!(Math.abs(apq) > 1e-17 * Math.sqrt(Math.abs(app)) * Math.sqrt(Math.abs(aqq))) || Math.abs(apq) < 1e-300)
    return false;
  const theta = (aqq - app) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const kp = m[k * n + p];
    const kq = m[k * n + q];
    m[k * n + p] = c * kp - s * kq;
    m[k * n + q] = s * kp + c * kq;
  }
  for (let k = 0; k < n; k++) {
    const pk = m[p * n + k];
    const qk = m[q * n + k];
    m[p * n + k] = c * pk - s * qk;
    m[q * n + k] = s * pk + c * qk;
    const vp = v[k * n + p];
    const vq = v[k * n + q];
    v[k * n + p] = c * vp - s * vq;
    v[k * n + q] = s * vp + c * vq;
  }
  m[p * n + q] = 0;
  m[q * n + p] = 0;
  return true;
}

/**
 * Spectral condition number (largest over smallest eigenvalue) of a symmetric positive semi-definite matrix;
 * Infinity when the smallest eigenvalue is not positive, NaN when an element is.
 */
export function conditionNumber(a: Float64Array, n: number): number {
  for (let i = 0; i < n * n; i++) if (!(Math.abs(a[i]) < Infinity)) return NaN;
  const { values } = symmetricEigen(a, n);
  return values[0] > 0 ? values[n - 1] / values[0] : Infinity;
}
