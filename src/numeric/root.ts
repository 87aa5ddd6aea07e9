/** Roots of a continuous function of one variable inside a bracket. */

/** What a bracketed search returned, and why it stopped. */
export interface Root {
  /** `converged`: within tolerance; `no-bracket`: the ends have one sign or are not finite; `max-iterations`. */
  readonly status: 'converged' | 'no-bracket' | 'max-iterations';
  /** Best abscissa found; NaN for `no-bracket`. */
  readonly x: number;
  /** Function value at x. */
  readonly value: number;
  /** Number of function evaluations spent. */
  readonly evaluations: number;
}

/** Tolerances of {@link findRoot}; both default to about the resolution of a double. */
export interface RootOptions {
  /** Absolute tolerance on x, in the unit of x; default 1e-18 of the bracket, for roots at zero. */
  readonly absolute?: number;
  /** Relative tolerance on x; default 4 eps. */
  readonly relative?: number;
  /** Limit on function evaluations; default 200. */
  readonly maxEvaluations?: number;
}

/**
 * Root of f between a and b, where f changes sign: Brent's method (inverse quadratic interpolation, secant, bisection;
 * Brent 1973, Algorithms for Minimization without Derivatives, chapter 4, `zero`). Never leaves the bracket, and
 * deterministic: it stops on tolerance or count, never on a clock.
 */
export function findRoot(f: (x: number) => number, a: number, b: number, options: RootOptions = {}): Root {
  const { absolute = 1e-18 * Math.abs(b - a), relative = 4 * Number.EPSILON, maxEvaluations = 200 } = options;
  let previous = a;
  let best = b;
  let fPrevious = f(previous);
  let fBest = f(best);
  let evaluations = 2;
  if (fPrevious === 0) return { status: 'converged', x: previous, value: 0, evaluations };
  if (fBest === 0) return { status: 'converged', x: best, value: 0, evaluations };
  if (!(fPrevious < 0 ? fBest > 0 : fPrevious > 0 && fBest < 0)) {
    return { status: 'no-bracket', x: NaN, value: NaN, evaluations };
  }
  let contra = previous;
  let fContra = fPrevious;
  let step = best - previous;
  let stepBefore = step;
  while (true) {
    if (Math.abs(fContra) < Math.abs(fBest)) {
      [previous, best, contra] = [best, contra, best];
      [fPrevious, fBest, fContra] = [fBest, fContra, fBest];
    }
    const tolerance = 0.5 * (relative * Math.abs(best) + absolute);
    const half = 0.5 * (contra - best);
    if (fBest === 0 || Math.abs(half) <= tolerance) return { status: 'converged', x: best, value: fBest, evaluations };
    if (evaluations >= maxEvaluations) return { status: 'max-iterations', x: best, value: fBest, evaluations };
    const trial = interpolate(best, previous, contra, fBest, fPrevious, fContra);
    const accepted =
      Math.abs(stepBefore) > tolerance &&
      trial * half > 0 &&
      2 * Math.abs(trial) < Math.min(3 * Math.abs(half) - tolerance, Math.abs(stepBefore));
    stepBefore = accepted ? step : half;
    step = accepted ? trial : half;
    previous = best;
    fPrevious = fBest;
    best += Math.abs(step) > tolerance ? step : half > 0 ? tolerance : -tolerance;
    fBest = f(best);
    evaluations++;
    if (fBest > 0 === fContra > 0) {
      contra = previous;
      fContra = fPrevious;
      step = best - previous;
      stepBefore = step;
    }
  }
}

/** Step from `best` by secant, or by inverse quadratic interpolation when three distinct points are known. */
function interpolate(
  best: number,
  previous: number,
  contra: number,
  fBest: number,
  fPrevious: number,
  fContra: number,
): number {
  const s = fBest / fPrevious;
  if (previous === contra) return ((contra - best) * s) / (s - 1);
  const q = fPrevious / fContra;
  const r = fBest / fContra;
  const p = s * ((contra - best) * q * (q - r) - (best - previous) * (r - 1));
  return -p / ((q - 1) * (r - 1) * (s - 1));
}

/**
 * Widens [a, b] geometrically about its centre until f changes sign, at most `maxSteps` times, staying inside
 * [lowest, highest]. Returns the bracket, or undefined when none was found.
 */
export function bracketRoot(
  f: (x: number) => number,
  a: number,
  b: number,
  limits: { readonly lowest?: number; readonly highest?: number; readonly maxSteps?: number } = {},
): readonly [number, number] | undefined {
  const { lowest = -Infinity, highest = Infinity, maxSteps = 60 } = limits;
  let low = Math.max(lowest, Math.min(a, b));
  let high = Math.min(highest, Math.max(a, b));
  let fLow = f(low);
  let fHigh = f(high);
  for (let i = 0; i < maxSteps; i++) {
    if (fLow === 0 || fHigh === 0 || fLow > 0 !== fHigh > 0) return [low, high];
    const reach = 0.8 * (high - low);
    if (Math.abs(fLow) < Math.abs(fHigh) && low > lowest) fLow = f((low = Math.max(lowest, low - reach)));
    else if (high < highest) fHigh = f((high = Math.min(highest, high + reach)));
    else if (low > lowest) fLow = f((low = Math.max(lowest, low - reach)));
    else return undefined;
  }
  return undefined;
}
