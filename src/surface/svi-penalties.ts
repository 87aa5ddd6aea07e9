import type { WhitenedPrior } from './factor-prior.ts';
import { squareJacobian, squareShape } from './svi-coordinates.ts';

/** Rows of the least-squares problem that are no quotes. */
export interface PenaltyRows {
  /** Sum of their squares at coordinates c. */
  cost(c: Float64Array): number;
  /** As cost; adds the rows to the packed 5 x 5 Gauss-Newton matrix and to its right-hand side J'r. */
  linearise(c: Float64Array, gram: Float64Array, slope: Float64Array): number;
  /**
   * Adds the rows, expanded about c in the linear parameters (level, left slope, right slope) at fixed m and s, to their
   * normal equations: `normal` holds the packed 3 x 3 matrix and then the right-hand side. Absent: no such expansion.
   */
  addLinear?(c: Float64Array, normal: Float64Array): void;
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

  addLinear(c: Float64Array, normal: Float64Array): void {
    const { shape, factors, row } = this;
    const { inverseFactor } = this.prior;
    squareShape(c, 0, shape);
    this.rests();
    const [w, w1, w2] = shape;
    const root = Math.sqrt(Math.max(w, 1e-12));
    const x = -c[3];
    const z = Math.sqrt(x * x + c[4] * c[4]);
    const bend = (0.5 * c[4] * c[4]) / (z * z * z);
    // w, w', w'' at the money by level, left slope and right slope.
    const byLevel = [1, 0.5 * (z - x), 0.5 * (z + x)];
    const byTilt = [0, 0.5 * (x / z - 1), 0.5 * (x / z + 1)];
    const byBend = [0, bend, bend];
    const at = [c[0] - c[4] * c[1] * c[2], c[1] * c[1], c[2] * c[2]];
    for (let r = 0; r < 3; r++) {
      let target = -factors[r];
      for (let j = 0; j < 3; j++) {
        const dRoot = byLevel[j] / (2 * root);
        const dCurvature =
          0.5 * (dRoot * w2 + root * byBend[j]) - (w1 * byTilt[j]) / (2 * root) + (w1 * w1 * dRoot) / (4 * root * root);
        row[j] =
          this.reference *
          (inverseFactor[r * 3] * dRoot +
            inverseFactor[r * 3 + 1] * 0.5 * byTilt[j] +
            inverseFactor[r * 3 + 2] * dCurvature);
        target += row[j] * at[j];
      }
      for (let i = 0, p = 0; i < 3; i++) {
        for (let j = i; j < 3; j++) normal[p++] += row[i] * row[j];
        normal[6 + i] += row[i] * target;
      }
    }
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
 * Augmented-Lagrangian rows for constraints value_i(c) >= margin (Nocedal and Wright 2006, section 17.4):
 * stiffness max(0, margin - value + multiplier / stiffness)^2.
 */
export abstract class ConstraintRows implements PenaltyRows {
  margin: number;
  stiffness: number;
  protected points: number[];
  private readonly multipliers: number[];
  private readonly row = new Float64Array(5);

  constructor(points: ArrayLike<number>, margin: number, stiffness: number) {
    this.points = Array.from(points);
    this.multipliers = this.points.map(() => 0);
    this.margin = margin;
    this.stiffness = stiffness;
  }

  /** The constrained quantity at point i. */
  protected abstract value(c: Float64Array, i: number): number;
  /** As value; writes its derivatives by c into `row`. */
  protected abstract derive(c: Float64Array, i: number, row: Float64Array): void;

  cost(c: Float64Array): number {
    let sum = 0;
    for (let i = 0; i < this.points.length; i++) {
      const gap = this.margin - this.value(c, i) + this.multipliers[i] / this.stiffness;
      if (gap > 0) sum += gap * gap;
    }
    return sum * this.stiffness;
  }

  linearise(c: Float64Array, gram: Float64Array, slope: Float64Array): number {
    const { row } = this;
    const root = Math.sqrt(this.stiffness);
    let sum = 0;
    for (let i = 0; i < this.points.length; i++) {
      const gap = this.margin - this.value(c, i) + this.multipliers[i] / this.stiffness;
      if (!(gap > 0)) continue;
      sum += gap * gap;
      this.derive(c, i, row);
      for (let j = 0; j < 5; j++) row[j] *= -root;
      addRow(row, root * gap, gram, slope);
    }
    return sum * this.stiffness;
  }

  /** Adds a point, in units of the expiry. */
  addPoint(y: number): void {
    this.points.push(y);
    this.multipliers.push(0);
  }

  /** Multiplier step after an inner minimisation; returns the largest violation margin - value. */
  updateMultipliers(c: Float64Array): number {
    let worst = -Infinity;
    for (let i = 0; i < this.points.length; i++) {
      const gap = this.margin - this.value(c, i);
      if (gap > worst) worst = gap;
      this.multipliers[i] = Math.max(0, this.multipliers[i] + this.stiffness * gap);
    }
    return worst;
  }
}

/**
 * Durrleman's g at points y. In units of the expiry (length = sigma_ref sqrt T),
 * g = (1 - y w'/(2 w))^2 - w'^2/4 (1/w + length^2/4) + w''/2.
 */
export class ButterflyRows extends ConstraintRows {
  private readonly quarter: number;
  private readonly shape = new Float64Array(3);
  private readonly jacobian = new Float64Array(15);

  constructor(points: ArrayLike<number>, length: number, margin: number, stiffness: number) {
    super(points, margin, stiffness);
    this.quarter = 0.25 * length * length;
  }

  protected override value(c: Float64Array, i: number): number {
    const { shape } = this;
    squareShape(c, this.points[i], shape);
    const w = Math.max(shape[0], 1e-12);
    const half = 1 - (this.points[i] * shape[1]) / (2 * w);
    return half * half - 0.25 * shape[1] * shape[1] * (1 / w + this.quarter) + 0.5 * shape[2];
  }

  protected override derive(c: Float64Array, i: number, row: Float64Array): void {
    const { shape, jacobian } = this;
    const y = this.points[i];
    squareJacobian(c, y, shape, jacobian);
    const w = Math.max(shape[0], 1e-12);
    const w1 = shape[1];
    const half = 1 - (y * w1) / (2 * w);
    const byW = (half * y * w1) / (w * w) + (0.25 * w1 * w1) / (w * w);
    const byW1 = (-half * y) / w - 0.5 * w1 * (1 / w + this.quarter);
    for (let j = 0; j < 5; j++) row[j] = byW * jacobian[j] + byW1 * jacobian[5 + j] + 0.5 * jacobian[10 + j];
  }
}

/** Distance of total variance from that of a neighbouring expiry at points y, in units of this expiry, >= 0 when in order. */
export class CalendarRows extends ConstraintRows {
  private readonly neighbour: (y: number) => number;
  private readonly side: 1 | -1;
  private readonly shape = new Float64Array(3);
  private readonly jacobian = new Float64Array(15);

  /** `side` 1: the neighbour is nearer and bounds from below; -1: it is farther and bounds from above. */
  constructor(
    points: ArrayLike<number>,
    neighbour: (y: number) => number,
    side: 1 | -1,
    margin: number,
    stiffness: number,
  ) {
    super(points, margin, stiffness);
    this.neighbour = neighbour;
    this.side = side;
  }

  protected override value(c: Float64Array, i: number): number {
    squareShape(c, this.points[i], this.shape);
    return this.side * (this.shape[0] - this.neighbour(this.points[i]));
  }

  protected override derive(c: Float64Array, i: number, row: Float64Array): void {
    squareJacobian(c, this.points[i], this.shape, this.jacobian);
    for (let j = 0; j < 5; j++) row[j] = this.side * this.jacobian[j];
  }
}
