import type { ArbitrageReport, ArbitrageStrength } from './family.ts';

/**
 * Durrleman's g: non-negative at every k exactly when the slice has no butterfly arbitrage (with w > 0 and Lee's
 * bounds). g = (1 - k w'/(2 w))^2 - w'^2/4 (1/w + 1/4) + w''/2; `w`, `w1`, `w2` are total variance and its first two
 * derivatives by log-moneyness k. NaN when w <= 0. Gatheral and Jacquier 2014, equation 2.1.
 * Golden: svi_durrleman_g.csv.
 */
export function durrlemanG(k: number, w: number, w1: number, w2: number): number {
  if (!(w > 0)) return NaN;
  const inverse = 1 / w;
  const half = 1 - 0.5 * k * w1 * inverse;
  return half * half - 0.25 * w1 * w1 * (inverse + 0.25) + 0.5 * w2;
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
const MARGIN_STEPS = 12;
const REFINEMENTS = 24;

/**
 * Minimum of Durrleman's g over [kLow, kHigh]: an even grid joined by the `landmarks` (ascending points around which the
 * curve bends faster than the grid can see, such as the vertex of SVI), then refinement of every local minimum that could
 * be the lowest. `value` is -Infinity where w <= 0 or the shape is not finite: no density there.
 */
export function minimumG(shape: SmileShape, kLow: number, kHigh: number, landmarks: ArrayLike<number> = []): Minimum {
  return lowestG(shape, kLow, kHigh, landmarks, SCAN_STEPS, scanStorage(landmarks));
}

/** Room for the points of a scan and the values there. */
function scanStorage(landmarks: ArrayLike<number>): Float64Array {
  return new Float64Array(2 * (SCAN_STEPS + 1 + landmarks.length));
}

function lowestG(
  shape: SmileShape,
  kLow: number,
  kHigh: number,
  landmarks: ArrayLike<number>,
  steps: number,
  storage: Float64Array,
): Minimum {
  const out = new Float64Array(3);
  const gAt = (k: number): number => {
    shape(k, out);
    const g = durrlemanG(k, out[0], out[1], out[2]);
    return g === g ? g : -Infinity;
  };
  const half = storage.length >> 1;
  const points = storage.subarray(0, half);
  const values = storage.subarray(half);
  const last = fillPoints(points, kLow, kHigh, landmarks, steps) - 1;
  let best = 0;
  for (let i = 0; i <= last; i++) {
    values[i] = gAt(points[i]);
    if (values[i] < values[best]) best = i;
  }
  let lowest: Minimum = { value: values[best], at: points[best] };
  for (let i = 0; i <= last && lowest.value > -Infinity; i++) {
    const left = i > 0 ? values[i - 1] : Infinity;
    const right = i < last ? values[i + 1] : Infinity;
    if (values[i] > left || values[i] > right) continue;
    // A smooth dip between grid points is no deeper than the rise to the neighbours.
    const rise = Math.max(left < Infinity ? left - values[i] : 0, right < Infinity ? right - values[i] : 0);
    if (values[i] - rise > lowest.value) continue;
    const found = refine(gAt, points[i], values[i], points[Math.max(0, i - 1)], points[Math.min(last, i + 1)]);
    if (found.value < lowest.value) lowest = found;
  }
  return lowest;
}

/** Writes the grid and the landmarks inside it in ascending order; returns how many. */
function fillPoints(
  points: Float64Array,
  kLow: number,
  kHigh: number,
  landmarks: ArrayLike<number>,
  steps: number,
): number {
  const step = (kHigh - kLow) / steps;
  let n = 0;
  let next = 0;
  for (let i = 0; i <= steps; i++) {
    const k = i === steps ? kHigh : kLow + i * step;
    for (; next < landmarks.length && landmarks[next] < k; next++)
      if (landmarks[next] > kLow) points[n++] = landmarks[next];
    points[n++] = k;
  }
  return n;
}

/**
 * Lowest of f on [low, high] around `at`, where f is known to be `value`, no higher than at the ends: Brent's parabolic
 * steps with golden sections where the parabola is no use (Brent 1973, chapter 5, shortened). When `at` is an end of the
 * interval and f rises away from it, that end is the answer.
 */
function refine(f: (k: number) => number, at: number, value: number, low: number, high: number): Minimum {
  const width = high - low;
  if (!(width > 0)) return { value, at };
  if (at <= low || at >= high) {
    const inwards = at <= low ? at + 1e-3 * width : at - 1e-3 * width;
    const near = f(inwards);
    if (!(near < value)) return { value, at };
    [at, value] = [inwards, near];
  }
  let [second, third] = [at, at];
  let [fSecond, fThird] = [value, value];
  let step = 0;
  let before = 0;
  for (let i = 0; i < REFINEMENTS; i++) {
    const tolerance = 1e-6 * width;
    const r = (at - second) * (value - fThird);
    const q = (at - third) * (value - fSecond);
    const p = (at - third) * q - (at - second) * r;
    const denominator = 2 * (q - r);
    const parabola = denominator === 0 ? Infinity : -p / denominator;
    const useful = at + parabola > low && at + parabola < high && Math.abs(parabola) < 0.5 * Math.abs(before);
    before = useful ? step : at < 0.5 * (low + high) ? high - at : low - at;
    step = useful ? parabola : (1 - GOLDEN) * before;
    if (Math.abs(step) < tolerance) break;
    const next = at + step;
    const fNext = f(next);
    if (fNext <= value) {
      if (next < at) high = at;
      else low = at;
      [third, fThird, second, fSecond] = [second, fSecond, at, value];
      [at, value] = [next, fNext];
    } else {
      if (next < at) low = next;
      else high = next;
      [third, fThird, second, fSecond] = [second, fSecond, next, fNext];
    }
  }
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
  const storage = scanStorage(landmarks);
  const inside = lowestG(shape, kLow, kHigh, landmarks, SCAN_STEPS, storage);
  const margin = 0.25 * (kHigh - kLow);
  const left = lowestG(shape, kLow - margin, kLow, landmarks, MARGIN_STEPS, storage);
  const right = lowestG(shape, kHigh, kHigh + margin, landmarks, MARGIN_STEPS, storage);
  return {
    minG: inside.value,
    minGAt: inside.at,
    minGExtrapolated: Math.min(inside.value, left.value, right.value),
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
