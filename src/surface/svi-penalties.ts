import { durrlemanG } from './arbitrage.ts';
import type { WhitenedPrior } from './factor-prior.ts';
import { squareJacobian, squareShape } from './svi-coordinates.ts';

/** Rows of the least-squares problem that are no quotes. */
export interface PenaltyRows {
  /** Sum of their squares at coordinates c. */
  cost(c: Float64Array): number;
  /** As cost; adds the rows to the packed 5 x 5 Gauss-Newton matrix and to its right-hand side J'r. */
  linearise(c: Float64Array, gram: Float64Array, slope: Float64Array): number;
}

function addRow(row: Float64Array, rest: number, gram: Float64Array, slope: Float64Array): void {
  let at = 0;
  for (let i = 0; i < 5; i++) {
    for (let j = i; j < 5; j++) gram[at++] += row[i] * row[j];
    slope[i] += row[i] * rest;
  }
}

/** |L^-1 (phi - mean)|^2 for phi = (ATM vol, skew, curvature); `reference` is the volatility unit of c. */
export class PriorRows implements PenaltyRows {
  private readonly prior: WhitenedPrior;
  private readonly reference: number;
  private readonly shape = new Float64Array(3);
  private readonly jacobian = new Float64Array(15);
  private readonly factors = new Float64Array(3);
  private readonly row = new Float64Array(5);

  constructor(prior: WhitenedPrior, reference: number) {
    this.prior = prior;
    this.reference = reference;
  }

  cost(c: Float64Array): number {
    squareShape(c, 0, this.shape);
    return this.rests();
  }

  /** Fills `factors` with the whitened residuals and returns their sum of squares. */
  private rests(): number {
    const { shape, reference, factors } = this;
    const { mean, inverseFactor } = this.prior;
    const root = Math.sqrt(Math.max(shape[0], 1e-12));
    const d0 = reference * root - mean[0];
    const d1 = reference * 0.5 * shape[1] - mean[1];
    const d2 = reference * (0.5 * root * shape[2] - (shape[1] * shape[1]) / (4 * root)) - mean[2];
    factors[0] = inverseFactor[0] * d0;
    factors[1] = inverseFactor[3] * d0 + inverseFactor[4] * d1;
    factors[2] = inverseFactor[6] * d0 + inverseFactor[7] * d1 + inverseFactor[8] * d2;
    return factors[0] * factors[0] + factors[1] * factors[1] + factors[2] * factors[2];
  }

  linearise(c: Float64Array, gram: Float64Array, slope: Float64Array): number {
    const { shape, jacobian, reference, row, factors } = this;
    const { inverseFactor } = this.prior;
    squareJacobian(c, 0, shape, jacobian);
    const cost = this.rests();
    const [w, w1, w2] = shape;
    const root = Math.sqrt(Math.max(w, 1e-12));
    for (let r = 0; r < 3; r++) {
      for (let j = 0; j < 5; j++) {
        const dRoot = jacobian[j] / (2 * root);
        const dw1 = jacobian[5 + j];
        const dCurvature =
          0.5 * (dRoot * w2 + root * jacobian[10 + j]) -
          (w1 * dw1) / (2 * root) +
          (w1 * w1 * dRoot) / (4 * root * root);
        row[j] =
          reference *
          (inverseFactor[r * 3] * dRoot + inverseFactor[r * 3 + 1] * 0.5 * dw1 + inverseFactor[r * 3 + 2] * dCurvature);
      }
      addRow(row, factors[r], gram, slope);
    }
    return cost;
  }
}

/**
 * Augmented-Lagrangian rows for g(y) >= margin at fixed points (Nocedal and Wright 2006, section 17.4):
 * stiffness max(0, margin - g + multiplier / stiffness)^2. In units of the expiry,
 * g = (1 - y w'/(2 w))^2 - w'^2/4 (1/w + length^2/4) + w''/2.
 */
export class ButterflyRows implements PenaltyRows {
  readonly points: Float64Array;
  readonly multipliers: Float64Array;
  margin: number;
  stiffness: number;
  private readonly quarter: number;
  private readonly shape = new Float64Array(3);
  private readonly jacobian = new Float64Array(15);
  private readonly row = new Float64Array(5);

  constructor(points: Float64Array, length: number, margin: number, stiffness: number) {
    this.points = points;
    this.multipliers = new Float64Array(points.length);
    this.margin = margin;
    this.stiffness = stiffness;
    this.quarter = 0.25 * length * length;
  }

  private g(y: number): number {
    const { shape } = this;
    const w = Math.max(shape[0], 1e-12);
    const half = 1 - (y * shape[1]) / (2 * w);
    return half * half - 0.25 * shape[1] * shape[1] * (1 / w + this.quarter) + 0.5 * shape[2];
  }

  cost(c: Float64Array): number {
    let sum = 0;
    for (let i = 0; i < this.points.length; i++) {
      squareShape(c, this.points[i], this.shape);
      const gap = this.margin - this.g(this.points[i]) + this.multipliers[i] / this.stiffness;
      if (gap > 0) sum += gap * gap;
    }
    return sum * this.stiffness;
  }

  linearise(c: Float64Array, gram: Float64Array, slope: Float64Array): number {
    const { shape, jacobian, row, points, quarter } = this;
    const root = Math.sqrt(this.stiffness);
    let sum = 0;
    for (let i = 0; i < points.length; i++) {
      const y = points[i];
      squareShape(c, y, shape);
      const gap = this.margin - this.g(y) + this.multipliers[i] / this.stiffness;
      if (!(gap > 0)) continue;
      sum += gap * gap;
      squareJacobian(c, y, shape, jacobian);
      const w = Math.max(shape[0], 1e-12);
      const w1 = shape[1];
      const half = 1 - (y * w1) / (2 * w);
      const byW = (half * y * w1) / (w * w) + (0.25 * w1 * w1) / (w * w);
      const byW1 = (-half * y) / w - 0.5 * w1 * (1 / w + quarter);
      for (let j = 0; j < 5; j++) {
        row[j] = -root * (byW * jacobian[j] + byW1 * jacobian[5 + j] + 0.5 * jacobian[10 + j]);
      }
      addRow(row, root * gap, gram, slope);
    }
    return sum * this.stiffness;
  }

  /** Multiplier step after an inner minimisation; returns the largest violation margin - g. */
  updateMultipliers(c: Float64Array): number {
    let worst = -Infinity;
    for (let i = 0; i < this.points.length; i++) {
      squareShape(c, this.points[i], this.shape);
      const gap = this.margin - this.g(this.points[i]);
      if (gap > worst) worst = gap;
      this.multipliers[i] = Math.max(0, this.multipliers[i] + this.stiffness * gap);
    }
    return worst;
  }
}

/** g in units of the expiry at y for coordinates c; see {@link ButterflyRows}. */
export function squareG(c: Float64Array, y: number, length: number, shape: Float64Array): number {
  squareShape(c, y, shape);
  const variance = length * length;
  return durrlemanG(y * length, shape[0] * variance, shape[1] * length, shape[2]);
}
