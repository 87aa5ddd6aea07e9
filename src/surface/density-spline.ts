/**
 * A risk-neutral density of y = S_T/F as a non-negative cubic B-spline between two power-law tails. Prices are fifth-
 * degree splines in strike, in closed form; every density of this form is free of butterfly arbitrage by construction,
 * and its wings obey Lee's bounds because moments beyond the first and below zero exist.
 */

/** Knots of the spline; the cubic basis functions lie between each five neighbours. */
export const KNOTS = 27;
/** Basis functions of the spline: unit mass each, so that coefficients are probabilities. */
export const BODY = KNOTS - 4;
/** All basis functions: the spline's and one tail on each side. */
export const BASIS = BODY + 2;
/** Index of the left tail among the basis functions. */
export const LEFT_TAIL = BODY;
/** Index of the right tail. */
export const RIGHT_TAIL = BODY + 1;
/** The tails begin this many knots inside the ends, vanishing there like a cubic. */
const TAIL_KNOT = 3;
const MIDDLE = (KNOTS - 1) / 2;

/** Where the density lives. */
export interface DensityGeometry {
  /** One standard deviation of ln y at the forward, about sigma_atm sqrt T: sets the spacing of the central knots. */
  readonly scale: number;
  /** The first knot is at ln y = -reachLeft, the last at +reachRight. */
  readonly reachLeft: number;
  readonly reachRight: number;
  /** q > 0: the left tail's moments of order above -q exist, density ~ y^(q - 1). */
  readonly decayLeft: number;
  /** q > 0: the right tail's moments of order below 1 + q exist, density ~ y^-(q + 2). */
  readonly decayRight: number;
}

/** Knots and weights of one geometry, ready for pricing. */
export interface DensityBasis {
  readonly geometry: DensityGeometry;
  readonly knots: Float64Array;
  /** 1/prod_(l != m)(t_m - t_l) of basis i at [5 i + m]: the divided difference behind each B-spline. */
  readonly weights: Float64Array;
  /** Mean of y under each basis function. */
  readonly means: Float64Array;
}

/** Spacing of the central knots in standard deviations, unless the reach is too short for it. */
const CENTRAL_SPACING = 0.4;

/** x_j = h sinh(eta j)/sinh(eta): even near zero, geometric far out; the last one is `reach`. */
function writeSide(knots: Float64Array, sign: number, reach: number, scale: number): void {
  const ratio = reach / (CENTRAL_SPACING * scale);
  if (!(ratio > MIDDLE * 1.0001)) {
    for (let j = 1; j <= MIDDLE; j++) knots[MIDDLE + sign * j] = (sign * reach * j) / MIDDLE;
    return;
  }
  // sinh(12 eta)/sinh(eta) is a polynomial in z = e^eta, increasing: bisection in eta.
  const stretch = (eta: number): number => sinh(MIDDLE * eta) / sinh(eta);
  let low = 0;
  let high = 3;
  for (let i = 0; i < 60; i++) {
    const middle = 0.5 * (low + high);
    if (stretch(middle) < ratio) low = middle;
    else high = middle;
  }
  const eta = 0.5 * (low + high);
  const total = sinh(MIDDLE * eta);
  for (let j = 1; j <= MIDDLE; j++) knots[MIDDLE + sign * j] = (sign * reach * sinh(j * eta)) / total;
}

function sinh(x: number): number {
  return 0.5 * (Math.exp(x) - Math.exp(-x));
}

/** Knots, divided-difference weights and means of a geometry; undefined when it is not one. */
export function densityBasis(geometry: DensityGeometry): DensityBasis | undefined {
  const { scale, reachLeft, reachRight, decayLeft, decayRight } = geometry;
  if (!(scale > 0 && reachLeft > 0 && reachRight > 0 && decayLeft > 0 && decayRight > 0)) return undefined;
  if (!(scale + reachLeft + reachRight + decayLeft + decayRight < Infinity)) return undefined;
  const knots = new Float64Array(KNOTS);
  writeSide(knots, -1, reachLeft, scale);
  writeSide(knots, 1, reachRight, scale);
  for (let j = 0; j < KNOTS; j++) knots[j] = Math.exp(knots[j]);
  const weights = new Float64Array(5 * BODY);
  const means = new Float64Array(BASIS);
  for (let i = 0; i < BODY; i++) {
    let sum = 0;
    for (let m = 0; m < 5; m++) {
      let product = 1;
      for (let l = 0; l < 5; l++) if (l !== m) product *= knots[i + m] - knots[i + l];
      weights[5 * i + m] = 1 / product;
      sum += knots[i + m];
    }
    means[i] = sum / 5;
  }
  means[LEFT_TAIL] = (knots[TAIL_KNOT] * decayLeft) / (decayLeft + 4);
  means[RIGHT_TAIL] = (knots[KNOTS - 1 - TAIL_KNOT] * (decayRight + 4)) / decayRight;
  return { geometry, knots, weights, means };
}

/** Binomial coefficients of (1 - r)^3. */
const CUBIC: readonly number[] = [1, -3, 3, -1];

/**
 * Out-of-the-money side of one basis function at strike y (in units of the forward), written to out[0..2]: price, its
 * derivative by y, and the density. `put` chooses E[(y - Y)+] or E[(Y - y)+].
 */
function writeBasis(b: DensityBasis, i: number, y: number, put: boolean, out: Float64Array): void {
  if (i === LEFT_TAIL) writeTail(b.knots[TAIL_KNOT], b.geometry.decayLeft, b.means[i], y, put, true, out);
  else if (i === RIGHT_TAIL) {
    writeTail(b.knots[KNOTS - 1 - TAIL_KNOT], b.geometry.decayRight, b.means[i], y, put, false, out);
  } else writeSpline(b, i, y, put, out);
}

/** Truncated fifth powers from the side of the wing: the first interval has one term, so small prices lose no digits. */
function writeSpline(b: DensityBasis, i: number, y: number, put: boolean, out: Float64Array): void {
  const { knots, weights } = b;
  const low = knots[i];
  const high = knots[i + 4];
  out[2] = 0;
  if (put ? y <= low : y >= high) {
    out[0] = 0;
    out[1] = 0;
    return;
  }
  if (put ? y >= high : y <= low) {
    out[0] = put ? y - b.means[i] : b.means[i] - y;
    out[1] = put ? 1 : -1;
    return;
  }
  let price = 0;
  let slope = 0;
  let density = 0;
  for (let m = 0; m < 5; m++) {
    const d = put ? y - knots[i + m] : knots[i + m] - y;
    if (!(d > 0)) continue;
    const d3 = weights[5 * i + m] * d * d * d;
    price += d3 * d * d;
    slope += d3 * d;
    density += d3;
  }
  out[0] = 0.2 * price;
  out[1] = put ? slope : -slope;
  out[2] = 4 * density;
}

/**
 * Tail of unit mass that vanishes like (1 - r)^3 at `edge`. Left: density ~ r^(q-1) (1-r)^3, r = y/edge < 1.
 * Right: density ~ r^(q+2) (1-r)^3, r = edge/y < 1.
 */
function writeTail(
  edge: number,
  q: number,
  mean: number,
  y: number,
  put: boolean,
  left: boolean,
  out: Float64Array,
): void {
  const r = left ? y / edge : edge / y;
  const own = left === put;
  out[2] = 0;
  if (r >= 1) {
    // Beyond the edge the whole tail is in, or out of, the money.
    out[0] = own ? Math.abs(y - mean) : 0;
    out[1] = own ? (put ? 1 : -1) : 0;
    return;
  }
  const norm = (b: number): number => (b * (b + 1) * (b + 2) * (b + 3)) / 6;
  // 1/B(q, 4) on the left, 1/B(q + 1, 4) on the right.
  const scale = norm(left ? q : q + 1);
  const power = Math.exp(q * Math.log(r));
  let price = 0;
  let slope = 0;
  let rm = 1;
  for (let m = 0; m < 4; m++) {
    price += (CUBIC[m] * rm) / ((q + m) * (q + m + 1));
    slope += (CUBIC[m] * rm) / (left ? q + m : q + m + 1);
    rm *= r;
  }
  const rest = (1 - r) * (1 - r) * (1 - r);
  const wing = left ? edge * r * power * price * scale : edge * power * price * scale;
  const tailSlope = left ? power * slope * scale : -(power * r * slope * scale);
  out[2] = left ? (scale * power * rest) / y : (scale * power * r * r * rest) / edge;
  // Put-call parity within the basis function: put - call = y - mean.
  out[0] = own ? wing : put ? wing + y - mean : wing + mean - y;
  out[1] = own ? tailSlope : put ? tailSlope + 1 : tailSlope - 1;
}

/** Sums over all basis functions at one strike. */
export interface DensityValue {
  /** Out-of-the-money price over forward, before normalisation. */
  price: number;
  /** Its derivative by strike. */
  slope: number;
  /** Density of y. */
  density: number;
}

const scratch = new Float64Array(3);

/** Price, slope and density of the mixture with coefficients `c[offset..]` at strike y; put or call side. */
export function densityAt(
  b: DensityBasis,
  c: ArrayLike<number>,
  offset: number,
  y: number,
  put: boolean,
  out: DensityValue,
): void {
  out.price = 0;
  out.slope = 0;
  out.density = 0;
  for (let i = 0; i < BASIS; i++) {
    const weight = c[offset + i];
    // Knots ascend: a spline function wholly out of the money adds nothing.
    if (weight === 0 || (i < BODY && (put ? y <= b.knots[i] : y >= b.knots[i + 4]))) continue;
    writeBasis(b, i, y, put, scratch);
    out.price += weight * scratch[0];
    out.slope += weight * scratch[1];
    out.density += weight * scratch[2];
  }
}

/** Writes the out-of-the-money price of every basis function at strike y to `out[at..]`. */
export function basisPrices(b: DensityBasis, y: number, put: boolean, out: Float64Array, at: number): void {
  for (let i = 0; i < BASIS; i++) {
    writeBasis(b, i, y, put, scratch);
    out[at + i] = scratch[0];
  }
}

/** Sum of coefficients and of coefficient times mean: probability and forward of the mixture before normalisation. */
export function densityMoments(b: DensityBasis, c: ArrayLike<number>, offset: number): { mass: number; mean: number } {
  let mass = 0;
  let mean = 0;
  for (let i = 0; i < BASIS; i++) {
    mass += c[offset + i];
    mean += c[offset + i] * b.means[i];
  }
  return { mass, mean };
}

/** Mass of the support of basis function i over one unit of density: width that turns a density into a coefficient. */
export function basisWidth(b: DensityBasis, i: number): number {
  return (b.knots[i + 4] - b.knots[i]) / 4;
}

/** Strike, in units of the forward, at which the tail on that side begins. */
export function tailEdge(b: DensityBasis, side: 'left' | 'right'): number {
  return side === 'left' ? b.knots[TAIL_KNOT] : b.knots[KNOTS - 1 - TAIL_KNOT];
}
