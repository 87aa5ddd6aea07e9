import type { FitOptions, SliceQuotes } from './family.ts';
import { whitenPrior } from './factor-prior.ts';
import { PriorRows, type PenaltyRows } from './svi-penalties.ts';

/**
 * SVI calibration of one slice in the coordinates of `svi-coordinates.ts`, where every bound is a box. Lengths are in
 * units of sigma_ref sqrt T and variance in sigma_ref^2 T, so that nothing depends on the size of the expiry.
 */
export class SviProblem {
  readonly n: number;
  readonly y: Float64Array;
  readonly vol: Float64Array;
  /** Weight of each scaled volatility residual: 1 under `equal`, sigma_ref / error bar under `error-bars`. */
  readonly weight: Float64Array;
  readonly weighted: boolean;
  readonly reference: number;
  readonly length: number;
  readonly huber: number;
  /** Rows beside the quotes: a prior, or constraints. */
  readonly penalties: PenaltyRows[] = [];
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Upper triangle of J'J by rows, and J'r, of the last call of {@link linearise}. */
  readonly gram: Float64Array;
  readonly slope = new Float64Array(5);
  private readonly factor: Float64Array;
  private readonly step = new Float64Array(5);
  private readonly trial = new Float64Array(5);
  private readonly fixed = new Uint8Array(5);
  private readonly plain = new Float64Array(5);
  /** Volatilities about which {@link solveLinear} expands. */
  readonly about: Float64Array;
  /** Weights of {@link solveLinear}: `weight` times the root of Huber's share at `about`. */
  readonly pull: Float64Array;

  constructor(slice: SliceQuotes, options: FitOptions) {
    const { k, sigma, errorBar, years } = slice;
    const n = k.length;
    const weighted = options.objective === 'error-bars';
    let nearest = 0;
    for (let i = 1; i < n; i++) if (Math.abs(k[i]) < Math.abs(k[nearest])) nearest = i;
    this.n = n;
    this.weighted = weighted;
    this.reference = sigma[nearest];
    this.length = this.reference * Math.sqrt(years);
    this.huber = weighted ? options.huber : 0;
    const prior = weighted && options.prior ? whitenPrior(options.prior) : null;
    if (prior) this.penalties.push(new PriorRows(prior, this.reference));
    // One allocation: the arrays of a fit cost as much as two of its iterations.
    const storage = new Float64Array(5 * n + 40);
    const part = (from: number, size: number): Float64Array => storage.subarray(from, from + size);
    this.y = part(0, n);
    this.vol = part(n, n);
    this.weight = part(2 * n, n);
    this.about = part(3 * n, n);
    this.pull = part(4 * n, n);
    this.gram = part(5 * n, 15);
    this.factor = part(5 * n + 15, 25);
    for (let i = 0; i < n; i++) {
      this.y[i] = k[i] / this.length;
      this.vol[i] = sigma[i] / this.reference;
      this.weight[i] = weighted ? this.reference / errorBar[i] : 1;
    }
    const low = this.y[0];
    const high = this.y[n - 1];
    const range = Math.max(high - low, 0.1);
    const steepest = Math.sqrt(2 / this.length);
    this.lower = Float64Array.of(0, 0, 0, low - range, 1e-3 * Math.min(1, range));
    this.upper = Float64Array.of(1e6, steepest, steepest, high + range, 20 * Math.max(1, range));
  }

  /** Sum of squared scaled residuals (Huber's where set) and of the prior at coordinates c. */
  cost(c: Float64Array): number {
    const { n, y, vol, weight, huber } = this;
    const base = c[0];
    const u2 = 0.5 * c[1] * c[1];
    const v2 = 0.5 * c[2] * c[2];
    const m = c[3];
    const s2 = c[4] * c[4];
    const both = u2 + v2;
    const tilt = v2 - u2;
    const level = base - c[4] * c[1] * c[2];
    let cost = 0;
    for (let i = 0; i < n; i++) {
      const x = y[i] - m;
      const w = level + tilt * x + both * Math.sqrt(x * x + s2);
      const r = weight[i] * (Math.sqrt(w > 0 ? w : 0) - vol[i]);
      const square = r * r;
      cost += huber > 0 && square > huber * huber ? 2 * huber * Math.abs(r) - huber * huber : square;
    }
    for (const rows of this.penalties) cost += rows.cost(c);
    return cost;
  }

  /** As {@link cost}, and fills `gram` and `slope` of the Gauss-Newton model. */
  linearise(c: Float64Array): number {
    const { n, y, vol, weight, huber, gram, slope } = this;
    const u = c[1];
    const v = c[2];
    const m = c[3];
    const s = c[4];
    const s2 = s * s;
    const both = 0.5 * (u * u + v * v);
    const tilt = 0.5 * (v * v - u * u);
    const level = c[0] - s * u * v;
    const uv = u * v;
    const su = s * u;
    const sv = s * v;
    let h00 = 0, h01 = 0, h02 = 0, h03 = 0, h04 = 0, h11 = 0, h12 = 0, h13 = 0; // prettier-ignore
    let h14 = 0, h22 = 0, h23 = 0, h24 = 0, h33 = 0, h34 = 0, h44 = 0; // prettier-ignore
    let g0 = 0, g1 = 0, g2 = 0, g3 = 0, g4 = 0; // prettier-ignore
    let cost = 0;
    for (let i = 0; i < n; i++) {
      const x = y[i] - m;
      const z = Math.sqrt(x * x + s2);
      const w = level + tilt * x + both * z;
      const root = Math.sqrt(w > 1e-12 ? w : 1e-12);
      const q = weight[i];
      const r = q * (root - vol[i]);
      let t = (0.5 * q) / root;
      let e = r;
      if (huber > 0 && r * r > huber * huber) {
        const size = Math.abs(r);
        cost += 2 * huber * size - huber * huber;
        const share = Math.sqrt(huber / size);
        t *= share;
        e *= share;
      } else cost += r * r;
      const j1 = t * (u * (z - x) - sv);
      const j2 = t * (v * (z + x) - su);
      const inverse = 1 / z;
      const j3 = -t * (tilt + both * x * inverse);
      const j4 = t * (both * s * inverse - uv);
      h00 += t * t;
      h01 += t * j1;
      h02 += t * j2;
      h03 += t * j3;
      h04 += t * j4; // prettier-ignore
      h11 += j1 * j1;
      h12 += j1 * j2;
      h13 += j1 * j3;
      h14 += j1 * j4;
      h22 += j2 * j2; // prettier-ignore
      h23 += j2 * j3;
      h24 += j2 * j4;
      h33 += j3 * j3;
      h34 += j3 * j4;
      h44 += j4 * j4; // prettier-ignore
      g0 += t * e;
      g1 += j1 * e;
      g2 += j2 * e;
      g3 += j3 * e;
      g4 += j4 * e; // prettier-ignore
    }
    gram[0] = h00;
    gram[1] = h01;
    gram[2] = h02;
    gram[3] = h03;
    gram[4] = h04; // prettier-ignore
    gram[5] = h11;
    gram[6] = h12;
    gram[7] = h13;
    gram[8] = h14;
    gram[9] = h22; // prettier-ignore
    gram[10] = h23;
    gram[11] = h24;
    gram[12] = h33;
    gram[13] = h34;
    gram[14] = h44; // prettier-ignore
    slope[0] = g0;
    slope[1] = g1;
    slope[2] = g2;
    slope[3] = g3;
    slope[4] = g4; // prettier-ignore
    for (const rows of this.penalties) cost += rows.linearise(c, gram, slope);
    return cost;
  }

  /**
   * Levenberg-Marquardt from c (overwritten by the best point), bounds by projection with an active set. Stops when an
   * accepted step lowers the cost by less than `tolerance` of it, or no step does. A descent that lasts is on the flat
   * ridge of SVI (the linear parameters trade against m and s): from then on each trial (m, s) gets its linear
   * parameters solved anew (Ruhe and Wedin 1980), which follows the ridge.
   */
  descend(c: Float64Array, maxIterations: number, tolerance: number): Descent {
    const { trial, step, plain } = this;
    let damping = 1e-3;
    let cost = this.linearise(c);
    let iterations = 0;
    let late = Infinity;
    while (iterations < maxIterations) {
      if (++iterations === maxIterations - LATE) late = cost;
      const ridge = iterations > RIDGE && this.penalties.every((rows) => 'addLinear' in rows);
      if (!this.solve(c, damping, ridge ? 1e-12 : damping)) {
        damping = damping * 10 + 1e-8;
        if (damping > 1e10) return { cost, iterations, converged: true };
        continue;
      }
      for (let i = 0; i < 5; i++) trial[i] = c[i] + step[i];
      trial[4] = Math.min(5 * c[4], Math.max(0.2 * c[4], trial[4]));
      this.clamp(trial);
      if (ridge) {
        plain.set(trial);
        this.expandAbout(trial);
        if (!(this.solveLinear(trial, true) < Infinity)) trial.set(plain);
      }
      let next = this.cost(trial);
      if (ridge && !(next < cost)) {
        trial.set(plain);
        next = this.cost(trial);
      }
      if (next < cost) {
        const gain = (cost - next) / cost;
        c.set(trial);
        damping = Math.max(1e-12, damping * 0.1);
        if (gain < tolerance || next < 1e-28 * this.n) return { cost: next, iterations, converged: true };
        cost = this.linearise(c);
      } else {
        if (damping > 1e8 || next - cost <= 1e-14 * cost) return { cost, iterations, converged: true };
        damping *= 8;
      }
    }
    return { cost, iterations, converged: late - cost < LATE_GAIN * cost };
  }

  private clamp(c: Float64Array): void {
    for (let i = 0; i < 5; i++) c[i] = Math.min(this.upper[i], Math.max(this.lower[i], c[i]));
  }

  /** Sets `about` to the quotes themselves and `pull` to the plain weights: the expansion of a cold start. */
  expandAboutQuotes(): void {
    this.about.set(this.vol);
    this.pull.set(this.weight);
  }

  /** Sets `about` to the model's volatilities at c. */
  private expandAbout(c: Float64Array): void {
    const { n, y, about, pull, weight, vol, huber } = this;
    const both = 0.5 * (c[1] * c[1] + c[2] * c[2]);
    const tilt = 0.5 * (c[2] * c[2] - c[1] * c[1]);
    const level = c[0] - c[4] * c[1] * c[2];
    for (let i = 0; i < n; i++) {
      const x = y[i] - c[3];
      about[i] = Math.sqrt(Math.max(1e-6, level + tilt * x + both * Math.sqrt(x * x + c[4] * c[4])));
      const size = Math.abs(weight[i] * (about[i] - vol[i]));
      pull[i] = huber > 0 && size > huber ? weight[i] * Math.sqrt(huber / size) : weight[i];
    }
  }

  /**
   * Fills base, u, v of c for its m and s by bounded least squares (Zeliade 2009, the quasi-explicit step): volatility
   * residuals expanded to first order in variance about `about`, slopes u^2 and v^2 in their box, base >= 0 clamped.
   * Returns the quotes' part of the cost of the expansion before that clamp; NaN when the columns are linearly dependent.
   * `withPenalties` adds the rows beside the quotes, expanded about c.
   */
  solveLinear(c: Float64Array, withPenalties = false): number {
    const { n, y, vol, pull, about } = this;
    const m = c[3];
    const s2 = c[4] * c[4];
    let n00 = 0, n01 = 0, n02 = 0, n11 = 0, n12 = 0, n22 = 0, r0 = 0, r1 = 0, r2 = 0, total = 0; // prettier-ignore
    for (let i = 0; i < n; i++) {
      const x = y[i] - m;
      const z = Math.sqrt(x * x + s2);
      const l = 0.5 * (z - x);
      const r = 0.5 * (z + x);
      const share = (0.5 * pull[i]) / about[i];
      const t = share * share;
      const w = about[i] * (2 * vol[i] - about[i]);
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
    if (withPenalties && this.penalties.length > 0) {
      const normal = Float64Array.of(n00, n01, n02, n11, n12, n22, r0, r1, r2);
      for (const rows of this.penalties) rows.addLinear?.(c, normal);
      [n00, n01, n02, n11, n12, n22, r0, r1, r2] = normal;
    }
    // The intercept is free: eliminate it and solve the 2 x 2 rest in its box.
    const a11 = n11 - (n01 * n01) / n00;
    const a12 = n12 - (n01 * n02) / n00;
    const a22 = n22 - (n02 * n02) / n00;
    const slopes = solveInBox(
      a11,
      a12,
      a22,
      r1 - (n01 * r0) / n00,
      r2 - (n02 * r0) / n00,
      this.upper[1] * this.upper[1],
    );
    const a = (r0 - n01 * slopes.p - n02 * slopes.q) / n00;
    c[1] = Math.sqrt(slopes.p);
    c[2] = Math.sqrt(slopes.q);
    c[0] = Math.max(0, a + c[4] * c[1] * c[2]);
    return total - (r0 * r0) / n00 + slopes.value;
  }

  /** Damped Gauss-Newton step in the free subspace by Cholesky; false when not positive definite. */
  private solve(c: Float64Array, damping: number, linearDamping: number): boolean {
    const { gram, slope, factor, step, fixed, lower, upper } = this;
    for (let i = 0; i < 5; i++) {
      fixed[i] = (c[i] <= lower[i] && slope[i] > 0) || (c[i] >= upper[i] && slope[i] < 0) ? 1 : 0;
    }
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = fixed[i] || fixed[j] ? 0 : gram[INDEX[j * 5 + i]];
        if (i === j) sum = fixed[i] ? 1 : sum * (1 + (i > 2 ? damping : linearDamping)) + 1e-300;
        for (let l = 0; l < j; l++) sum -= factor[i * 5 + l] * factor[j * 5 + l];
        if (i === j) {
          if (!(sum > 0)) return false;
          factor[i * 6] = Math.sqrt(sum);
        } else factor[i * 5 + j] = sum / factor[j * 6];
      }
    }
    for (let i = 0; i < 5; i++) {
      let sum = fixed[i] ? 0 : -slope[i];
      for (let l = 0; l < i; l++) sum -= factor[i * 5 + l] * step[l];
      step[i] = sum / factor[i * 6];
    }
    for (let i = 4; i >= 0; i--) {
      let sum = step[i];
      for (let l = i + 1; l < 5; l++) sum -= factor[l * 5 + i] * step[l];
      step[i] = sum / factor[i * 6];
    }
    return true;
  }

  /** Coordinates of raw parameters [a, b, rho, m, sigma], moved inside the bounds. */
  fromRaw(raw: ArrayLike<number>): Float64Array {
    const variance = this.length * this.length;
    const perLength = this.length / variance;
    const b = Math.max(0, raw[1]);
    const rho = Math.min(1, Math.max(-1, raw[2]));
    const base = (raw[0] + b * raw[4] * Math.sqrt(1 - rho * rho)) / variance;
    const u = Math.sqrt(b * (1 - rho) * perLength);
    const v = Math.sqrt(b * (1 + rho) * perLength);
    const c = Float64Array.of(base, u, v, raw[3] / this.length, raw[4] / this.length);
    for (let i = 0; i < 5; i++) c[i] = Math.min(this.upper[i], Math.max(this.lower[i], c[i]));
    return c;
  }

  /** Raw parameters [a, b, rho, m, sigma] of coordinates c. */
  toRaw(c: Float64Array): Float64Array {
    const variance = this.length * this.length;
    const left = c[1] * c[1];
    const right = c[2] * c[2];
    const sum = left + right;
    const b = 0.5 * sum * this.length;
    const rho = sum > 0 ? (right - left) / sum : 0;
    return Float64Array.of((c[0] - c[4] * c[1] * c[2]) * variance, b, rho, c[3] * this.length, c[4] * this.length);
  }
}

/** Position of (row, column), row <= column, in the packed upper triangle; symmetric lookup. */
const INDEX = Uint8Array.of(0, 1, 2, 3, 4, 1, 5, 6, 7, 8, 2, 6, 9, 10, 11, 3, 7, 10, 12, 13, 4, 8, 11, 13, 14);

/** Iterations after which a descent is taken to be on the ridge. */
const RIDGE = 8;

/** A descent that gained less than this share of the cost in its last `LATE` iterations has found its minimum. */
const LATE = 30;
const LATE_GAIN = 1e-3;

/** Where a descent ended. */
export interface Descent {
  readonly cost: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Minimum of a11 p^2 + 2 a12 p q + a22 q^2 - 2 (b1 p + b2 q) over [0, top]^2. */
function solveInBox(
  a11: number,
  a12: number,
  a22: number,
  b1: number,
  b2: number,
  top: number,
): { p: number; q: number; value: number } {
  const value = (p: number, q: number): number => a11 * p * p + 2 * a12 * p * q + a22 * q * q - 2 * (b1 * p + b2 * q);
  const determinant = a11 * a22 - a12 * a12;
  const p = (b1 * a22 - b2 * a12) / determinant;
  const q = (b2 * a11 - b1 * a12) / determinant;
  if (p >= 0 && p <= top && q >= 0 && q <= top) return { p, q, value: value(p, q) };
  let best = { p: 0, q: 0, value: NaN };
  for (const edge of [0, top]) {
    const onP = { p: edge, q: inside((b2 - a12 * edge) / a22, top), value: 0 };
    const onQ = { p: inside((b1 - a12 * edge) / a11, top), q: edge, value: 0 };
    for (const candidate of [onP, onQ]) {
      candidate.value = value(candidate.p, candidate.q);
      if (!(candidate.value >= best.value)) best = candidate;
    }
  }
  return best;
}

function inside(value: number, top: number): number {
  return value > 0 ? Math.min(value, top) : 0;
}
