/** Bounded non-linear least squares with an analytic Jacobian. */
import { choleskyInPlace, choleskySolveInPlace } from './linear-solve.ts';

/** A sum of squares 1/2 |r(p)|^2 to be minimised over a box. */
export interface LeastSquaresProblem {
  /** Number of parameters p. */
  readonly parameters: number;
  /** Number of residuals r. */
  readonly residuals: number;
  /**
   * Fills `r` with the residuals at `p`, and `jacobian` with dr_i/dp_j at [i * parameters + j] when it is given.
   * Returning false refuses the point (outside the model's domain); so does any non-finite residual.
   */
  evaluate(p: Float64Array, r: Float64Array, jacobian: Float64Array | undefined): boolean;
  /** Lower bounds, in the unit of each parameter; default none. */
  readonly lower?: ArrayLike<number>;
  /** Upper bounds, in the unit of each parameter; default none. */
  readonly upper?: ArrayLike<number>;
}

/** When to stop; iterations and relative changes only, never a clock. */
export interface LeastSquaresOptions {
  /** Limit on accepted and refused steps together; default 100. */
  readonly maxIterations?: number;
  /** Stop when a step lowers the cost by less than this fraction, predicted and actual; default 1e-12. */
  readonly costTolerance?: number;
  /** Stop when every scaled component of a step is below this fraction; default 1e-12. */
  readonly stepTolerance?: number;
  /** Stop when the largest cosine between residual and free Jacobian column is below this; default 1e-12. */
  readonly gradientTolerance?: number;
  /** First damping, relative to the diagonal of J'J; default 1e-3. */
  readonly damping?: number;
}

/** Why the search stopped. */
export type LeastSquaresReason =
  | 'cost'
  | 'step'
  | 'gradient'
  | 'zero-residual'
  | 'max-iterations'
  | 'refused-start'
  | 'stuck';

/** Outcome of {@link leastSquares}. */
export interface LeastSquaresFit {
  /** Parameters at the best point found. */
  readonly p: Float64Array;
  /** Residuals at p. */
  readonly r: Float64Array;
  /** Jacobian dr_i/dp_j at p, row-major, residuals x parameters. */
  readonly jacobian: Float64Array;
  /** 1/2 |r|^2 at p; NaN for `refused-start`. */
  readonly cost: number;
  /** Steps tried. */
  readonly iterations: number;
  /** `cost`, `step`, `gradient`, `zero-residual`: converged; the others are not. */
  readonly reason: LeastSquaresReason;
  /** True for the converging reasons. */
  readonly converged: boolean;
  /** For each parameter -1 at its lower bound, 1 at its upper bound, 0 inside. */
  readonly atBound: Int8Array;
}

/**
 * Minimises 1/2 |r(p)|^2 inside bounds: Levenberg-Marquardt on the free parameters with Marquardt's scaling and
 * Nielsen's damping rule (Madsen, Nielsen and Tingleff 2004, Methods for Non-Linear Least Squares Problems,
 * algorithm 3.16); bounds by projection, a parameter being held while it sits at a bound that the gradient pushes on.
 * Deterministic. The start is clipped into the box.
 */
export function leastSquares(
  problem: LeastSquaresProblem,
  start: ArrayLike<number>,
  options: LeastSquaresOptions = {},
): LeastSquaresFit {
  const search = new Search(problem, start);
  if (!search.evaluateStart()) return search.outcome('refused-start', 0);
  const { maxIterations = 100, costTolerance = 1e-12, stepTolerance = 1e-12, gradientTolerance = 1e-12 } = options;
  let damping = options.damping ?? 1e-3;
  let growth = 2;
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    if (search.cost === 0) return search.outcome('zero-residual', iteration - 1);
    if (search.steepness() <= gradientTolerance) return search.outcome('gradient', iteration - 1);
    if (!search.propose(damping)) {
      if (damping > 1e15) return search.outcome('stuck', iteration);
      damping *= growth;
      growth *= 2;
      continue;
    }
    const small = search.stepSize() <= stepTolerance;
    const before = search.cost;
    const predicted = search.predictedDecrease();
    const actual = search.tryStep();
    if (actual > 0) {
      const gain = predicted > 0 ? actual / predicted : 1;
      const cubic = 2 * gain - 1;
      damping = Math.max(1e-15, damping * Math.max(1 / 3, 1 - cubic * cubic * cubic));
      growth = 2;
      search.accept();
      if (actual <= costTolerance * before && predicted <= costTolerance * before)
        return search.outcome('cost', iteration);
    } else {
      if (Math.abs(predicted) <= costTolerance * before) return search.outcome('cost', iteration);
      damping *= growth;
      growth *= 2;
    }
    if (small) return search.outcome('step', iteration);
    if (damping > 1e20) return search.outcome('stuck', iteration);
  }
  return search.outcome('max-iterations', maxIterations);
}

/** Working storage of one minimisation. */
class Search {
  cost: number = NaN;
  readonly #problem: LeastSquaresProblem;
  readonly #n: number;
  readonly #p: Float64Array;
  readonly #lower: Float64Array;
  readonly #upper: Float64Array;
  readonly #r: Float64Array;
  readonly #jacobian: Float64Array;
  readonly #trialP: Float64Array;
  readonly #trialR: Float64Array;
  #trialCost = NaN;
  readonly #gradient: Float64Array;
  readonly #normal: Float64Array;
  readonly #free: Int32Array;
  #freeCount = 0;
  readonly #step: Float64Array;
  readonly #factor: Float64Array;
  readonly #reduced: Float64Array;

  constructor(problem: LeastSquaresProblem, start: ArrayLike<number>) {
    const n = problem.parameters;
    const m = problem.residuals;
    this.#problem = problem;
    this.#n = n;
    this.#lower = problem.lower ? Float64Array.from(problem.lower) : new Float64Array(n).fill(-Infinity);
    this.#upper = problem.upper ? Float64Array.from(problem.upper) : new Float64Array(n).fill(Infinity);
    this.#p = new Float64Array(n);
    for (let j = 0; j < n; j++) this.#p[j] = Math.min(this.#upper[j], Math.max(this.#lower[j], start[j]));
    this.#r = new Float64Array(m);
    this.#jacobian = new Float64Array(m * n);
    this.#trialP = new Float64Array(n);
    this.#trialR = new Float64Array(m);
    this.#gradient = new Float64Array(n);
    this.#normal = new Float64Array(n * n);
    this.#free = new Int32Array(n);
    this.#step = new Float64Array(n);
    this.#factor = new Float64Array(n * n);
    this.#reduced = new Float64Array(n);
  }

  evaluateStart(): boolean {
    if (!this.#problem.evaluate(this.#p, this.#r, this.#jacobian)) return false;
    const cost = halfSquare(this.#r);
    if (!(cost < Infinity)) return false;
    this.cost = cost;
    this.#formNormal();
    return true;
  }

  /** J'J and J'r at the current point, and the list of parameters that are free to move. */
  #formNormal(): void {
    const n = this.#n;
    const jacobian = this.#jacobian;
    this.#gradient.fill(0);
    this.#normal.fill(0);
    for (let i = 0; i < this.#r.length; i++) {
      const row = i * n;
      for (let j = 0; j < n; j++) {
        const value = jacobian[row + j];
        this.#gradient[j] += value * this.#r[i];
        for (let k = 0; k <= j; k++) this.#normal[j * n + k] += value * jacobian[row + k];
      }
    }
    this.#freeCount = 0;
    for (let j = 0; j < n; j++) {
      const held =
        (this.#p[j] <= this.#lower[j] && this.#gradient[j] >= 0) ||
        (this.#p[j] >= this.#upper[j] && this.#gradient[j] <= 0);
      if (!held && this.#normal[j * n + j] > 0) this.#free[this.#freeCount++] = j;
    }
  }

  /** Largest |cosine| between the residual vector and a free column of the Jacobian. */
  steepness(): number {
    const norm = Math.sqrt(2 * this.cost);
    let largest = 0;
    for (let a = 0; a < this.#freeCount; a++) {
      const j = this.#free[a];
      largest = Math.max(largest, Math.abs(this.#gradient[j]) / (Math.sqrt(this.#normal[j * this.#n + j]) * norm));
    }
    return largest;
  }

  /** Solves the damped normal equations on the free parameters and projects the step; false when they are singular. */
  propose(damping: number): boolean {
    const n = this.#n;
    const f = this.#freeCount;
    for (let a = 0; a < f; a++) {
      const j = this.#free[a];
      for (let b = 0; b <= a; b++) this.#factor[a * f + b] = this.#normal[j * n + this.#free[b]];
      this.#factor[a * f + a] *= 1 + damping;
      this.#reduced[a] = -this.#gradient[j];
    }
    if (!choleskyInPlace(this.#factor, f, 0)) return false;
    choleskySolveInPlace(this.#factor, f, this.#reduced);
    this.#step.fill(0);
    this.#trialP.set(this.#p);
    for (let a = 0; a < f; a++) {
      const j = this.#free[a];
      const next = Math.min(this.#upper[j], Math.max(this.#lower[j], this.#p[j] + this.#reduced[a]));
      this.#trialP[j] = next;
      this.#step[j] = next - this.#p[j];
    }
    return this.#step.every((s) => Math.abs(s) < Infinity);
  }

  /** Largest step component relative to its parameter (or to the residual scale for a parameter at zero). */
  stepSize(): number {
    let largest = 0;
    for (let j = 0; j < this.#n; j++) {
      const curvature = this.#normal[j * this.#n + j];
      const scale = Math.abs(this.#p[j]) + (curvature > 0 ? Math.sqrt((2 * this.cost) / curvature) : 0);
      if (this.#step[j] !== 0) largest = Math.max(largest, Math.abs(this.#step[j]) / scale);
    }
    return largest;
  }

  /** Decrease of the linearised cost over the projected step. */
  predictedDecrease(): number {
    const n = this.#n;
    let decrease = 0;
    for (let j = 0; j < n; j++) {
      let curvature = 0;
      for (let k = 0; k < n; k++) curvature += this.#normal[j >= k ? j * n + k : k * n + j] * this.#step[k];
      decrease -= this.#step[j] * (this.#gradient[j] + 0.5 * curvature);
    }
    return decrease;
  }

  /** Evaluates the proposed point; the decrease of the cost, or -Infinity when the point is refused. */
  tryStep(): number {
    if (!this.#problem.evaluate(this.#trialP, this.#trialR, undefined)) return -Infinity;
    this.#trialCost = halfSquare(this.#trialR);
    return this.#trialCost < Infinity ? this.cost - this.#trialCost : -Infinity;
  }

  accept(): void {
    this.#p.set(this.#trialP);
    this.#problem.evaluate(this.#p, this.#r, this.#jacobian);
    this.cost = this.#trialCost;
    this.#formNormal();
  }

  outcome(reason: LeastSquaresReason, iterations: number): LeastSquaresFit {
    const atBound = new Int8Array(this.#n);
    for (let j = 0; j < this.#n; j++) {
      atBound[j] = this.#p[j] <= this.#lower[j] ? -1 : this.#p[j] >= this.#upper[j] ? 1 : 0;
    }
    const converged = reason === 'cost' || reason === 'step' || reason === 'gradient' || reason === 'zero-residual';
    return {
      p: this.#p,
      r: this.#r,
      jacobian: this.#jacobian,
      cost: this.cost,
      iterations,
      reason,
      converged,
      atBound,
    };
  }
}

function halfSquare(r: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < r.length; i++) sum += r[i] * r[i];
  return 0.5 * sum;
}
