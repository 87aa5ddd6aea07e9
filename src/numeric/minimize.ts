/** Minimisation without derivatives. */

/** What a minimisation returned, and why it stopped. */
export interface Minimum<X> {
  /** `converged`: within tolerance; `max-evaluations`; `not-finite`: the function was not finite anywhere it was tried. */
  readonly status: 'converged' | 'max-evaluations' | 'not-finite';
  /** Best abscissa found. */
  readonly x: X;
  /** Function value at x. */
  readonly value: number;
  /** Function evaluations spent. */
  readonly evaluations: number;
}

/** (3 - sqrt 5)/2: golden section. */
const GOLDEN = 0.3819660112501051;

/**
 * Minimum of a function of one variable on [a, b], local if there are several: golden section with parabolic steps
 * (Brent 1973, chapter 5, `localmin`). Tolerance on x: relative about sqrt(eps) unless set, plus `absolute`.
 */
export function minimizeOnInterval(
  f: (x: number) => number,
  a: number,
  b: number,
  options: { readonly relative?: number; readonly absolute?: number; readonly maxEvaluations?: number } = {},
): Minimum<number> {
  const { relative = 1.5e-8, absolute = 1e-12, maxEvaluations = 200 } = options;
  let low = Math.min(a, b);
  let high = Math.max(a, b);
  let x = low + GOLDEN * (high - low);
  let [w, v] = [x, x];
  let fx = finite(f(x));
  let [fw, fv] = [fx, fx];
  let step = 0;
  let before = 0;
  let evaluations = 1;
  while (true) {
    const middle = 0.5 * (low + high);
    const tolerance = relative * Math.abs(x) + absolute;
    const isClose = Math.abs(x - middle) <= 2 * tolerance - 0.5 * (high - low);
    if (isClose || evaluations >= maxEvaluations) {
      const status = fx === Infinity ? 'not-finite' : isClose ? 'converged' : 'max-evaluations';
      return { status, x, value: fx, evaluations };
    }
    const parabola = parabolicStep(x, w, v, fx, fw, fv);
    const isUseful =
      Math.abs(before) > tolerance &&
      Math.abs(parabola) < Math.abs(0.5 * before) &&
      x + parabola > low + tolerance &&
      x + parabola < high - tolerance;
    before = isUseful ? step : x < middle ? high - x : low - x;
    step = isUseful ? parabola : GOLDEN * before;
    const u = x + (Math.abs(step) >= tolerance ? step : step > 0 ? tolerance : -tolerance);
    const fu = finite(f(u));
    evaluations++;
    if (fu <= fx) {
      if (u < x) high = x;
      else low = x;
      [v, w, x] = [w, x, u];
      [fv, fw, fx] = [fw, fx, fu];
    } else {
      if (u < x) low = u;
      else high = u;
      if (fu <= fw || w === x) {
        [v, w] = [w, u];
        [fv, fw] = [fw, fu];
      } else if (fu <= fv || v === x || v === w) {
        v = u;
        fv = fu;
      }
    }
  }
}

/** Step from x to the vertex of the parabola through three points; Infinity when they have none. */
function parabolicStep(x: number, w: number, v: number, fx: number, fw: number, fv: number): number {
  const r = (x - w) * (fx - fv);
  const q = (x - v) * (fx - fw);
  const below = 2 * (q - r);
  return below === 0 || !(Math.abs(below) < Infinity) ? Infinity : ((x - w) * r - (x - v) * q) / below;
}

function finite(value: number): number {
  return value < Infinity ? value : Infinity;
}

/**
 * Minimum of a function of several variables from a start, by the simplex of Nelder and Mead (1965, Computer Journal
 * 7:308) with the dimension-dependent coefficients of Gao and Han (2012). Values that are not finite count as Infinity,
 * so a function may refuse points. Deterministic; converged when the simplex's values agree to `tolerance` (relative
 * to their size, or squared relative to the first simplex's spread) and its points to `tolerance` of the first steps.
 * @param steps first displacement along each axis, in the unit of each variable; none may be 0
 */
export function minimizeSimplex(
  f: (x: Float64Array) => number,
  start: ArrayLike<number>,
  steps: ArrayLike<number>,
  options: { readonly tolerance?: number; readonly maxEvaluations?: number } = {},
): Minimum<Float64Array> {
  const n = start.length;
  const { tolerance = 1e-10, maxEvaluations = 400 * n } = options;
  let evaluations = 0;
  const at = (x: Float64Array): Vertex => {
    evaluations++;
    return { x, value: finite(f(x)) };
  };
  const simplex: Vertex[] = [at(Float64Array.from(start))];
  for (let j = 0; j < n; j++) {
    const x = Float64Array.from(start);
    x[j] += steps[j];
    simplex.push(at(x));
  }
  const values = simplex.map((vertex) => vertex.value).filter((value) => value < Infinity);
  const spread = values.length > 0 ? Math.max(...values) - Math.min(...values) : 0;
  while (true) {
    simplex.sort((a, b) => a.value - b.value);
    const [best] = simplex;
    const isClose = isCollapsed(simplex, steps, tolerance, spread);
    if (isClose || evaluations >= maxEvaluations) {
      const status = best.value === Infinity ? 'not-finite' : isClose ? 'converged' : 'max-evaluations';
      return { status, x: best.x, value: best.value, evaluations };
    }
    const worst = simplex[n];
    const centre = centroid(simplex, n);
    const towards = (scale: number): Vertex => at(centre.map((c, j) => c + scale * (c - worst.x[j])));
    const reflected = towards(1);
    if (reflected.value < best.value) {
      const expanded = towards(1 + 2 / n);
      simplex[n] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < simplex[n - 1].value) {
      simplex[n] = reflected;
    } else {
      const contraction = 0.75 - 1 / (2 * n);
      const inward = reflected.value < worst.value ? towards(contraction) : towards(-contraction);
      if (inward.value < Math.min(reflected.value, worst.value)) simplex[n] = inward;
      else {
        const shrink = n === 1 ? 0.5 : 1 - 1 / n;
        for (let k = 1; k <= n; k++) simplex[k] = at(simplex[k].x.map((c, j) => best.x[j] + shrink * (c - best.x[j])));
      }
    }
  }
}

interface Vertex {
  readonly x: Float64Array;
  readonly value: number;
}

function centroid(simplex: readonly Vertex[], n: number): Float64Array {
  const centre = new Float64Array(n);
  for (let k = 0; k < n; k++) for (let j = 0; j < n; j++) centre[j] += simplex[k].x[j] / n;
  return centre;
}

function isCollapsed(simplex: readonly Vertex[], steps: ArrayLike<number>, tolerance: number, spread: number): boolean {
  const best = simplex[0];
  const worst = simplex[simplex.length - 1];
  if (!(worst.value - best.value <= tolerance * (Math.abs(best.value) + tolerance * spread))) return false;
  return simplex.every((vertex) =>
    vertex.x.every((c, j) => Math.abs(c - best.x[j]) <= tolerance * (Math.abs(best.x[j]) + Math.abs(steps[j]))),
  );
}
