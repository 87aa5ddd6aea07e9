import type { FitOptions, SliceQuotes } from './family.ts';
import { whitenPrior, type WhitenedPrior } from './factor-prior.ts';

/**
 * SVI calibration of one slice in coordinates where every bound is a box. With x = y - m, z = sqrt(x^2 + s^2),
 * L = (z - x)/2 and R = (z + x)/2 (so L R = s^2/4), raw SVI is a floor plus a square,
 *   w = base + u^2 L + v^2 R - s u v = base + (u sqrt(L) - v sqrt(R))^2,
 * where u^2 = b (1 - rho) and v^2 = b (1 + rho) are the wing slopes and base = a + b s sqrt(1 - rho^2) is the minimum
 * variance. Lee's bound is u, v <= sqrt 2; no negative variance is base >= 0; b >= 0 and |rho| <= 1 always hold.
 * Lengths are in units of sigma_ref sqrt T and variance in sigma_ref^2 T, so nothing depends on the expiry's size.
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
  readonly prior: WhitenedPrior | null;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Upper triangle of J'J by rows, and J'r, of the last call of {@link linearise}. */
  readonly gram = new Float64Array(15);
  readonly slope = new Float64Array(5);
  private readonly factor = new Float64Array(25);
  private readonly step = new Float64Array(5);
  private readonly trial = new Float64Array(5);
  private readonly fixed = new Uint8Array(5);
  private readonly priorRows = new Float64Array(15);
  private readonly priorRest = new Float64Array(3);

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
    this.prior = weighted && options.prior ? whitenPrior(options.prior) : null;
    this.y = new Float64Array(n);
    this.vol = new Float64Array(n);
    this.weight = new Float64Array(n);
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
    return this.prior === null ? cost : cost + this.linearisePrior(c, false);
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
    return this.prior === null ? cost : cost + this.linearisePrior(c, true);
  }

  /** The prior's three rows: penalty at c, added to `gram` and `slope` when asked. */
  private linearisePrior(c: Float64Array, accumulate: boolean): number {
    const { reference, priorRows, priorRest } = this;
    const { mean, inverseFactor } = this.prior!;
    const u = c[1], v = c[2], s = c[4], x = -c[3]; // prettier-ignore
    const z = Math.sqrt(x * x + s * s);
    const both = 0.5 * (u * u + v * v);
    const tilt = 0.5 * (v * v - u * u);
    const w = Math.max(1e-12, c[0] - s * u * v + tilt * x + both * z);
    const w1 = tilt + (both * x) / z;
    const bend = (s * s) / (z * z * z);
    const w2 = both * bend;
    const root = Math.sqrt(w);
    const factors = [root, 0.5 * w1, 0.5 * root * w2 - (w1 * w1) / (4 * root)];
    const dw = [1, u * (z - x) - s * v, v * (z + x) - s * u, -w1, (both * s) / z - u * v];
    const dw1 = [0, u * (x / z - 1), v * (x / z + 1), -w2, (-both * x * s) / (z * z * z)];
    const z5 = z * z * z * z * z;
    const dw2 = [
      0,
      u * bend,
      v * bend,
      (3 * both * x * s * s) / z5,
      both * ((2 * s) / (z * z * z) - (3 * s * s * s) / z5),
    ];
    let cost = 0;
    for (let r = 0; r < 3; r++) {
      let rest = 0;
      for (let f = 0; f <= r; f++) rest += inverseFactor[r * 3 + f] * (reference * factors[f] - mean[f]);
      priorRest[r] = rest;
      cost += rest * rest;
    }
    if (!accumulate) return cost;
    for (let j = 0; j < 5; j++) {
      const dRoot = dw[j] / (2 * root);
      const dCurvature = 0.5 * (dRoot * w2 + root * dw2[j]) - (w1 * dw1[j]) / (2 * root) + (w1 * w1 * dRoot) / (4 * w);
      const l = inverseFactor;
      priorRows[j] = reference * l[0] * dRoot;
      priorRows[5 + j] = reference * (l[3] * dRoot + l[4] * 0.5 * dw1[j]);
      priorRows[10 + j] = reference * (l[6] * dRoot + l[7] * 0.5 * dw1[j] + l[8] * dCurvature);
    }
    let at = 0;
    for (let i = 0; i < 5; i++) {
      for (let j = i; j < 5; j++, at++)
        for (let r = 0; r < 15; r += 5) this.gram[at] += priorRows[r + i] * priorRows[r + j];
      for (let r = 0; r < 3; r++) this.slope[i] += priorRows[r * 5 + i] * priorRest[r];
    }
    return cost;
  }

  /**
   * Levenberg-Marquardt from c (overwritten by the best point), bounds by projection with an active set. Stops when an
   * accepted step lowers the cost by less than `tolerance` of it, or no step does.
   */
  descend(
    c: Float64Array,
    maxIterations: number,
    tolerance: number,
  ): { cost: number; iterations: number; converged: boolean } {
    const { trial, step, lower, upper } = this;
    let damping = 1e-3;
    let cost = this.linearise(c);
    let iterations = 0;
    while (iterations < maxIterations) {
      iterations++;
      if (!this.solve(c, damping)) {
        damping = damping * 10 + 1e-8;
        if (damping > 1e10) return { cost, iterations, converged: true };
        continue;
      }
      for (let i = 0; i < 5; i++) trial[i] = Math.min(upper[i], Math.max(lower[i], c[i] + step[i]));
      if (trial[4] < 0.2 * c[4]) trial[4] = Math.max(lower[4], 0.2 * c[4]);
      else if (trial[4] > 5 * c[4]) trial[4] = Math.min(upper[4], 5 * c[4]);
      const next = this.cost(trial);
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
    return { cost, iterations, converged: false };
  }

  /** Damped Gauss-Newton step in the free subspace by Cholesky; false when not positive definite. */
  private solve(c: Float64Array, damping: number): boolean {
    const { gram, slope, factor, step, fixed, lower, upper } = this;
    for (let i = 0; i < 5; i++) {
      fixed[i] = (c[i] <= lower[i] && slope[i] > 0) || (c[i] >= upper[i] && slope[i] < 0) ? 1 : 0;
    }
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = fixed[i] || fixed[j] ? 0 : gram[INDEX[j * 5 + i]];
        if (i === j) sum = fixed[i] ? 1 : sum * (1 + damping) + 1e-300;
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
