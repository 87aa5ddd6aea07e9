import type { ArbitrageReport, ArbitrageStrength } from './family.ts';

/**
 * Durrleman's g: non-negative at every k exactly when the slice has no butterfly arbitrage (with w > 0 and Lee's
 * bounds). g = (1 - k w'/(2 w))^2 - w'^2/4 (1/w + 1/4) + w''/2; `w`, `w1`, `w2` are total variance and its first two
 * derivatives by log-moneyness k. NaN when w <= 0. Gatheral and Jacquier 2014, equation 2.1.
 * Golden: svi_durrleman_g.csv.
 */
export function durrlemanG(k: number, w: number, w1: number, w2: number): number {
  if (!(w > 0)) return NaN;
  const half = 1 - (k * w1) / (2 * w);
  return half * half - 0.25 * w1 * w1 * (1 / w + 0.25) + 0.5 * w2;
}

/**
 * Risk-neutral density of ln(S_T/F) at k: g / sqrt(2 pi w) exp(-d2^2/2), d2 = -k/sqrt(w) - sqrt(w)/2, per unit of
 * log-moneyness. Negative where g < 0; NaN when w <= 0. Golden: svi_durrleman_g.csv.
 */
export function impliedDensity(k: number, w: number, w1: number, w2: number): number {
  if (!(w > 0)) return NaN;
  const root = Math.sqrt(w);
  const d2 = -k / root - 0.5 * root;
  return (durrlemanG(k, w, w1, w2) / Math.sqrt(2 * Math.PI * w)) * Math.exp(-0.5 * d2 * d2);
}

/** Writes w, w', w'' at k into `out[0..2]`: the part of a smile that arbitrage scans look at. */
export type SmileShape = (k: number, out: Float64Array) => void;

/** Lowest value of a scanned function and where it was found. */
export interface Minimum {
  readonly value: number;
  readonly at: number;
}

const GOLDEN = 0.6180339887498949;
const SCAN_STEPS = 48;
const REFINEMENTS = 24;

/**
 * Minimum of Durrleman's g over [kLow, kHigh] by an even grid, the `landmarks` (points around which the curve bends
 * faster than the grid can see, such as the vertex of SVI), and golden-section refinement around the lowest.
 * `value` is -Infinity where w <= 0 or the shape is not finite: no density exists there.
 */
export function minimumG(shape: SmileShape, kLow: number, kHigh: number, landmarks: ArrayLike<number> = []): Minimum {
  const out = new Float64Array(3);
  const gAt = (k: number): number => {
    shape(k, out);
    const g = durrlemanG(k, out[0], out[1], out[2]);
    return g === g ? g : -Infinity;
  };
  const step = (kHigh - kLow) / SCAN_STEPS;
  let value = Infinity;
  let at = kLow;
  let reach = step;
  for (let i = 0; i <= SCAN_STEPS; i++) {
    const k = i === SCAN_STEPS ? kHigh : kLow + i * step;
    const g = gAt(k);
    if (g < value) {
      value = g;
      at = k;
    }
  }
  for (let i = 0; i < landmarks.length; i++) {
    const k = landmarks[i];
    if (!(k > kLow && k < kHigh)) continue;
    const g = gAt(k);
    if (g < value) {
      value = g;
      at = k;
      reach = neighbourDistance(landmarks, i, step);
    }
  }
  if (value === -Infinity || !(reach > 0)) return { value, at };
  return refine(gAt, at, value, Math.max(kLow, at - reach), Math.min(kHigh, at + reach));
}

function neighbourDistance(points: ArrayLike<number>, i: number, largest: number): number {
  let distance = largest;
  if (i > 0) distance = Math.min(distance, Math.abs(points[i] - points[i - 1]));
  if (i + 1 < points.length) distance = Math.min(distance, Math.abs(points[i + 1] - points[i]));
  return distance;
}

function refine(f: (k: number) => number, at: number, value: number, low: number, high: number): Minimum {
  let left = high - GOLDEN * (high - low);
  let right = low + GOLDEN * (high - low);
  let fLeft = f(left);
  let fRight = f(right);
  for (let i = 0; i < REFINEMENTS && high - low > 1e-7 * (Math.abs(at) + 1e-3); i++) {
    if (fLeft < fRight) {
      high = right;
      right = left;
      fRight = fLeft;
      left = high - GOLDEN * (high - low);
      fLeft = f(left);
    } else {
      low = left;
      left = right;
      fLeft = fRight;
      right = low + GOLDEN * (high - low);
      fRight = f(right);
    }
  }
  if (fLeft < value) [value, at] = [fLeft, left];
  if (fRight < value) [value, at] = [fRight, right];
  return { value, at };
}

/**
 * Report of a slice whose freedom from arbitrage is known by scan: g over [kLow, kHigh], and over that range widened by
 * a quarter of its width on each side (1.5 times as wide). `wingSlope` = steepest |dw/dk| at infinity, supplied by the
 * family.
 */
export function scanArbitrage(
  shape: SmileShape,
  kLow: number,
  kHigh: number,
  wingSlope: number,
  landmarks: ArrayLike<number> = [],
  strength: ArbitrageStrength = 'scan',
): ArbitrageReport {
  const inside = minimumG(shape, kLow, kHigh, landmarks);
  const margin = 0.25 * (kHigh - kLow);
  const outside = minimumG(shape, kLow - margin, kHigh + margin, landmarks);
  return {
    minG: inside.value,
    minGAt: inside.at,
    minGExtrapolated: Math.min(inside.value, outside.value),
    wingSlope,
    strength,
  };
}

/** What a calendar check of two expiries found: where total variance falls most from the near to the far one. */
export interface CalendarCheck {
  /** min over the range of w_far(k) - w_near(k), total variance; < 0 = calendar arbitrage there. */
  readonly minimum: number;
  /** Where, log-moneyness. */
  readonly at: number;
  /** Grid points (of `points`) at which it is negative. */
  readonly violations: number;
  readonly points: number;
}

/**
 * Compares total variance of two expiries at equal log-moneyness (the condition for freedom from calendar arbitrage,
 * Gatheral and Jacquier 2014, lemma 2.1) on an even grid of `points` over [kLow, kHigh], refining the lowest.
 * A scan: it proves a violation, not its absence between grid points. Golden: essvi_calendar.csv.
 */
export function checkCalendar(
  near: (k: number) => number,
  far: (k: number) => number,
  kLow: number,
  kHigh: number,
  points = 65,
): CalendarCheck {
  const difference = (k: number): number => far(k) - near(k);
  const step = (kHigh - kLow) / (points - 1);
  let value = Infinity;
  let at = kLow;
  let violations = 0;
  for (let i = 0; i < points; i++) {
    const k = kLow + i * step;
    const d = difference(k);
    if (!(d >= 0)) violations++;
    if (!(d >= value)) [value, at] = [d, k];
  }
  const best = refine(difference, at, value, Math.max(kLow, at - step), Math.min(kHigh, at + step));
  return { minimum: best.value, at: best.at, violations, points };
}
