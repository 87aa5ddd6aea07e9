/** Integrals of functions of one variable. */

/** Abscissae and weights of a rule on [-1, 1]. */
export interface QuadratureRule {
  /** Ascending abscissae in (-1, 1). */
  readonly nodes: Float64Array;
  /** Positive weights, summing to 2. */
  readonly weights: Float64Array;
}

/**
 * Gauss-Legendre rule of n nodes, exact for polynomials of degree 2n - 1: roots of the Legendre polynomial by Newton's
 * method from a rational start (Press et al., Numerical Recipes, section 4.6; start of Tricomi without a cosine).
 */
export function gaussLegendre(n: number): QuadratureRule {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < (n + 1) >> 1; i++) {
    let x = legendreStart(n, i, nodes);
    let slope = 0;
    for (let iteration = 0; iteration < 100; iteration++) {
      let [p, previous] = [1, 0];
      for (let k = 1; k <= n; k++) [p, previous] = [((2 * k - 1) * x * p - (k - 1) * previous) / k, p];
      slope = (n * (x * p - previous)) / (x * x - 1);
      // Deflation by the roots already found keeps Newton's method away from them.
      let repulsion = 0;
      for (let j = 0; j < i; j++) repulsion += 1 / (x + nodes[j]) + 1 / (x - nodes[j]);
      const step = p / (slope - p * repulsion);
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    nodes[i] = -x;
    nodes[n - 1 - i] = x;
    const weight = 2 / ((1 - x * x) * slope * slope);
    weights[i] = weight;
    weights[n - 1 - i] = weight;
  }
  if (n % 2 === 1) nodes[n >> 1] = 0;
  return { nodes, weights };
}

/** A start above the i-th largest root: just below 1 for the first, just below its predecessor for the others. */
function legendreStart(n: number, i: number, found: Float64Array): number {
  if (i === 0) return 1 - 2.89 / ((n + 0.5) * (n + 0.5) + 1);
  const last = -found[i - 1];
  const gap = i === 1 ? 1 - last : -found[i - 2] - last;
  return last - 1.2 * gap;
}

/** Integral of f over [a, b] by a rule on [-1, 1]; unit of f times unit of x. */
export function integrate(f: (x: number) => number, a: number, b: number, rule: QuadratureRule): number {
  const half = 0.5 * (b - a);
  const middle = 0.5 * (a + b);
  let sum = 0;
  for (let i = 0; i < rule.nodes.length; i++) sum += rule.weights[i] * f(middle + half * rule.nodes[i]);
  return half * sum;
}

/** An integral with an estimate of its error. */
export interface Integral {
  readonly value: number;
  /** Estimated absolute error. */
  readonly error: number;
  /** False when `maxIntervals` was reached before the tolerance. */
  readonly isConverged: boolean;
}

const COARSE = gaussLegendre(7);
const FINE = gaussLegendre(15);

interface Piece {
  readonly a: number;
  readonly b: number;
  readonly value: number;
  readonly error: number;
}

/**
 * Integral of f over a finite [a, b] by bisecting the worst interval until the summed difference between 7- and
 * 15-point Gauss-Legendre rules is below absolute + relative |value|. f may be steep but must be finite inside.
 */
export function integrateAdaptively(
  f: (x: number) => number,
  a: number,
  b: number,
  options: { readonly absolute?: number; readonly relative?: number; readonly maxIntervals?: number } = {},
): Integral {
  const { absolute = 0, relative = 1e-11, maxIntervals = 400 } = options;
  const pieces: Piece[] = [measure(f, a, b)];
  while (true) {
    let value = 0;
    let error = 0;
    let worst = 0;
    for (let i = 0; i < pieces.length; i++) {
      value += pieces[i].value;
      error += pieces[i].error;
      if (pieces[i].error > pieces[worst].error) worst = i;
    }
    const isConverged = error <= absolute + relative * Math.abs(value);
    if (isConverged || pieces.length >= maxIntervals) return { value, error, isConverged };
    const piece = pieces[worst];
    const middle = 0.5 * (piece.a + piece.b);
    pieces[worst] = measure(f, piece.a, middle);
    pieces.push(measure(f, middle, piece.b));
  }
}

function measure(f: (x: number) => number, a: number, b: number): Piece {
  const value = integrate(f, a, b, FINE);
  return { a, b, value, error: Math.abs(value - integrate(f, a, b, COARSE)) };
}
