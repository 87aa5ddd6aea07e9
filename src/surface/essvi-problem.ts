import type { FitOptions, SliceQuotes } from './family.ts';

/**
 * Least squares of a whole eSSVI surface in coordinates where freedom from calendar arbitrage is a chain of
 * inequalities. Per slice: left = psi (1 - rho), right = psi (1 + rho) (twice the wing slopes) and width = 1/phi =
 * theta/psi. Then w = (psi width + (right - left) k / 2 + S) / 2 with psi = (left + right)/2 and
 * S^2 = (left + right)/4 (left (k - width)^2 + right (k + width)^2). The sufficient conditions of Corbetta, Cohort,
 * Laachir and Martini 2019 (theta, psi (1 +- rho) not falling and phi not rising with expiry) say exactly that left,
 * right and width do not fall; the butterfly conditions of Gatheral and Jacquier say left, right <= min(4, 4 width).
 * Unknowns are the increments of the three chains, so the calendar is a box: every increment >= 0.
 */
export class EssviProblem {
  readonly slices: number;
  readonly size: number;
  private readonly k: Float64Array[];
  private readonly vol: Float64Array[];
  private readonly weight: Float64Array[];
  private readonly rootYears: Float64Array;
  private readonly huber: number;
  /** Stiffness and multipliers of the butterfly rows left <= 4 width and right <= 4 width; null = not imposed. */
  stiffness = 0;
  readonly multipliers: Float64Array;
  /** left, right, width of every slice, of the last {@link expand}. */
  readonly levels: Float64Array;
  /** Per slice the packed upper triangle (6) of its 3 x 3 Gauss-Newton block, and its J'r (3). */
  private readonly blocks: Float64Array;
  private readonly slopes: Float64Array;
  private readonly gram: Float64Array;
  private readonly gradient: Float64Array;
  private readonly step: Float64Array;
  private readonly trial: Float64Array;
  private readonly free: Int32Array;
  private readonly factor: Float64Array;

  constructor(slices: readonly SliceQuotes[], options: FitOptions) {
    const weighted = options.objective === 'error-bars';
    const m = slices.length;
    this.slices = m;
    this.size = 3 * m;
    this.k = slices.map((s) => s.k);
    this.vol = slices.map((s) => s.sigma);
    this.weight = slices.map((s) => (weighted ? s.errorBar.map((e) => 1 / e) : new Float64Array(s.k.length).fill(1)));
    this.rootYears = Float64Array.from(slices, (s) => Math.sqrt(s.years));
    this.huber = weighted ? options.huber : 0;
    this.multipliers = new Float64Array(2 * m);
    this.levels = new Float64Array(3 * m);
    this.blocks = new Float64Array(6 * m);
    this.slopes = new Float64Array(3 * m);
    this.gram = new Float64Array(9 * m * m);
    this.gradient = new Float64Array(3 * m);
    this.step = new Float64Array(3 * m);
    this.trial = new Float64Array(3 * m);
    this.free = new Int32Array(3 * m);
    this.factor = new Float64Array(9 * m * m);
  }

  /** Cumulates the increments into `levels`. */
  expand(increments: Float64Array): Float64Array {
    const { levels } = this;
    for (let i = 0; i < this.size; i++) levels[i] = increments[i] + (i >= 3 ? levels[i - 3] : 0);
    for (let i = 0; i < this.size; i++) if (i % 3 !== 2 && levels[i] > 4) levels[i] = 4;
    return levels;
  }

  /** Sum of squared standardised volatility residuals and of the butterfly rows. */
  cost(increments: Float64Array): number {
    const levels = this.expand(increments);
    const { huber } = this;
    let cost = 0;
    for (let s = 0; s < this.slices; s++) {
      const left = levels[3 * s];
      const right = levels[3 * s + 1];
      const width = levels[3 * s + 2];
      const sum = left + right;
      const tilt = 0.5 * (right - left);
      const k = this.k[s];
      const vol = this.vol[s];
      const weight = this.weight[s];
      const perYear = 1 / this.rootYears[s];
      for (let i = 0; i < k.length; i++) {
        const away = k[i] - width;
        const near = k[i] + width;
        const root = Math.sqrt(0.25 * sum * (left * away * away + right * near * near));
        const w = 0.5 * (0.5 * sum * width + tilt * k[i] + root);
        const r = weight[i] * (Math.sqrt(w > 0 ? w : 0) * perYear - vol[i]);
        cost += huber > 0 && Math.abs(r) > huber ? huber * (2 * Math.abs(r) - huber) : r * r;
      }
      if (this.stiffness > 0) cost += this.butterflyCost(s);
    }
    return cost;
  }

  private butterflyCost(s: number): number {
    let sum = 0;
    for (let side = 0; side < 2; side++) {
      const gap =
        this.levels[3 * s + side] - 4 * this.levels[3 * s + 2] + this.multipliers[2 * s + side] / this.stiffness;
      if (gap > 0) sum += gap * gap;
    }
    return sum * this.stiffness;
  }

  /** Largest left - 4 width or right - 4 width, after a multiplier step. */
  updateMultipliers(): number {
    let worst = -Infinity;
    for (let i = 0; i < 2 * this.slices; i++) {
      const s = i >> 1;
      const gap = this.levels[3 * s + (i & 1)] - 4 * this.levels[3 * s + 2];
      worst = Math.max(worst, gap);
      this.multipliers[i] = Math.max(0, this.multipliers[i] + this.stiffness * gap);
    }
    return worst;
  }

  /** Blocks of the Gauss-Newton model in the levels, then carried to the increments by suffix sums. */
  linearise(increments: Float64Array): number {
    this.expand(increments);
    let cost = 0;
    for (let s = 0; s < this.slices; s++) cost += this.lineariseSlice(s);
    this.carryToIncrements();
    return cost;
  }

  private lineariseSlice(s: number): number {
    const { levels, huber, blocks, slopes } = this;
    const left = levels[3 * s];
    const right = levels[3 * s + 1];
    const width = levels[3 * s + 2];
    const sum = left + right;
    const tilt = 0.5 * (right - left);
    const k = this.k[s];
    const vol = this.vol[s];
    const weight = this.weight[s];
    const perYear = 1 / this.rootYears[s];
    let h0 = 0, h1 = 0, h2 = 0, h3 = 0, h4 = 0, h5 = 0, g0 = 0, g1 = 0, g2 = 0, cost = 0; // prettier-ignore
    for (let i = 0; i < k.length; i++) {
      const away = k[i] - width;
      const near = k[i] + width;
      const away2 = away * away;
      const near2 = near * near;
      const mass = left * away2 + right * near2;
      const root = Math.sqrt(0.25 * sum * mass);
      const w = Math.max(1e-300, 0.5 * (0.5 * sum * width + tilt * k[i] + root));
      const sigma = Math.sqrt(w) * perYear;
      let e = weight[i] * (sigma - vol[i]);
      let t = (0.25 * weight[i] * sigma) / w;
      if (huber > 0 && Math.abs(e) > huber) {
        const size = Math.abs(e);
        cost += huber * (2 * size - huber);
        const share = Math.sqrt(huber / size);
        e *= share;
        t *= share;
      } else cost += e * e;
      const inverse = root > 0 ? 0.125 / root : 0;
      const j0 = t * (0.5 * (width - k[i]) + (mass + sum * away2) * inverse);
      const j1 = t * (0.5 * (width + k[i]) + (mass + sum * near2) * inverse);
      const j2 = t * sum * (0.5 + 2 * (right * near - left * away) * inverse);
      h0 += j0 * j0;
      h1 += j0 * j1;
      h2 += j0 * j2;
      h3 += j1 * j1;
      h4 += j1 * j2;
      h5 += j2 * j2; // prettier-ignore
      g0 += j0 * e;
      g1 += j1 * e;
      g2 += j2 * e; // prettier-ignore
    }
    blocks[6 * s] = h0;
    blocks[6 * s + 1] = h1;
    blocks[6 * s + 2] = h2; // prettier-ignore
    blocks[6 * s + 3] = h3;
    blocks[6 * s + 4] = h4;
    blocks[6 * s + 5] = h5; // prettier-ignore
    slopes[3 * s] = g0;
    slopes[3 * s + 1] = g1;
    slopes[3 * s + 2] = g2; // prettier-ignore
    return this.stiffness > 0 ? cost + this.lineariseButterfly(s) : cost;
  }

  private lineariseButterfly(s: number): number {
    const { levels, blocks, slopes, stiffness } = this;
    let sum = 0;
    for (let side = 0; side < 2; side++) {
      const gap = levels[3 * s + side] - 4 * levels[3 * s + 2] + this.multipliers[2 * s + side] / stiffness;
      if (!(gap > 0)) continue;
      sum += gap * gap;
      blocks[6 * s + 3 * side] += stiffness;
      blocks[6 * s + 2 + 2 * side] -= 4 * stiffness;
      blocks[6 * s + 5] += 16 * stiffness;
      slopes[3 * s + side] += stiffness * gap;
      slopes[3 * s + 2] -= 4 * stiffness * gap;
    }
    return sum * stiffness;
  }

  /** H_inc[(i, a), (j, b)] = sum over slices l >= max(i, j) of H_l[a, b]: running sums from the last slice down. */
  private carryToIncrements(): void {
    const { size, gram, gradient, blocks, slopes } = this;
    const sums = new Float64Array(9);
    const run = new Float64Array(3);
    for (let i = this.slices - 1; i >= 0; i--) {
      for (let a = 0; a < 3; a++) {
        run[a] += slopes[3 * i + a];
        gradient[3 * i + a] = run[a];
        for (let b = a; b < 3; b++) {
          const at = 6 * i + PACKED[a * 3 + b];
          sums[a * 3 + b] += blocks[at];
          sums[b * 3 + a] = sums[a * 3 + b];
        }
      }
      for (let j = 0; j <= i; j++)
        for (let a = 0; a < 3; a++)
          for (let b = 0; b < 3; b++) {
            gram[(3 * i + a) * size + 3 * j + b] = sums[a * 3 + b];
            gram[(3 * j + b) * size + 3 * i + a] = sums[a * 3 + b];
          }
    }
  }

  /**
   * Levenberg-Marquardt over the increments (overwritten), all >= 0. Stops when an accepted step gains less than
   * `tolerance` of the cost.
   */
  descend(
    x: Float64Array,
    maxIterations: number,
    tolerance: number,
  ): { cost: number; iterations: number; converged: boolean } {
    const { size, step, trial } = this;
    let damping = 1e-3;
    let cost = this.linearise(x);
    let iterations = 0;
    while (iterations < maxIterations) {
      iterations++;
      if (!this.solve(x, damping)) {
        damping = damping * 10 + 1e-8;
        if (damping > 1e10) return { cost, iterations, converged: true };
        continue;
      }
      for (let i = 0; i < size; i++) trial[i] = Math.max(0, x[i] + step[i]);
      for (let i = 0; i < 3; i++) trial[i] = Math.max(0.1 * x[i], trial[i]);
      const next = this.cost(trial);
      if (next < cost) {
        const gain = (cost - next) / cost;
        x.set(trial);
        damping = Math.max(1e-12, damping * 0.1);
        if (gain < tolerance || next < 1e-28) return { cost: next, iterations, converged: true };
        cost = this.linearise(x);
      } else {
        if (damping > 1e8 || next - cost <= 1e-14 * cost) return { cost, iterations, converged: true };
        damping *= 6;
      }
    }
    return { cost, iterations, converged: false };
  }

  /** Damped step over the increments that are not held at zero. */
  private solve(x: Float64Array, damping: number): boolean {
    const { size, gram, gradient, step, free, factor } = this;
    let n = 0;
    for (let i = 0; i < size; i++) {
      step[i] = 0;
      if (!(x[i] <= 0 && gradient[i] >= 0)) free[n++] = i;
    }
    for (let i = 0; i < n; i++) {
      const row = free[i] * size;
      for (let j = 0; j <= i; j++) {
        let sum = gram[row + free[j]];
        if (i === j) sum = sum * (1 + damping) + 1e-300;
        for (let l = 0; l < j; l++) sum -= factor[i * size + l] * factor[j * size + l];
        if (i === j) {
          if (!(sum > 0)) return false;
          factor[i * size + i] = Math.sqrt(sum);
        } else factor[i * size + j] = sum / factor[j * size + j];
      }
    }
    const solution = this.trial;
    for (let i = 0; i < n; i++) {
      let sum = -gradient[free[i]];
      for (let l = 0; l < i; l++) sum -= factor[i * size + l] * solution[l];
      solution[i] = sum / factor[i * size + i];
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = solution[i];
      for (let l = i + 1; l < n; l++) sum -= factor[l * size + i] * solution[l];
      solution[i] = sum / factor[i * size + i];
      step[free[i]] = solution[i];
    }
    return true;
  }
}

/** Position of (a, b), a <= b, in a packed 3 x 3 upper triangle. */
const PACKED = Uint8Array.of(0, 1, 2, 1, 3, 4, 2, 4, 5);
