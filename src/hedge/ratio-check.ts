/**
 * Whether the hedge ratios that somebody states are wrong, and how. The gap g = stated - reference (Black at the option's
 * own middle, the convention removed) is explained by one of a closed list of errors; and realised prices are asked
 * whether they followed the reference: e = b g dF/F + u, e the move that the reference leaves, b = 0 if it is right and
 * 1 if the statement is. A convention or an age is named when both speak, or
 * when it is nearly all of a large gap and prices do not object. A bias of one bucket is the paired difference to
 * the reference alone (methods note, correction 15): a bend that both share, a regime of spot and volatility, does not
 * enter it; prices that clearly side with the statement veto it, for then the reference is what is wrong.
 *
 * e is what is left under the slice's common volatility move: level, skew and curvature fitted WITHOUT the option's own strikes:
 * with them it would be a tautology (correction 16). Sums are clustered by time and forgotten exponentially.
 */
import { blackGreeks, blackPrice } from '../numeric/black.ts';
import { solveDense } from '../numeric/linear-solve.ts';
import { exp } from '../numeric/exponential.ts';
import { deltaClassOf, tenorOf, type Bucket } from './bucket.ts';
import type { HedgedBatch, HedgeStart } from './hedge-start.ts';

/** Ages at which a stale ratio is looked for, ms. */
export const STALE_LAGS_MS = [1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 57_600_000] as const;
/** Wrong conventions that are told apart, in the order of their sums. */
export const WRONG_CONVENTIONS = [
  'premium-adjusted stated as Black',
  'Black stated as premium-adjusted',
  'sign reversed',
  'delta of the other side',
  'percent stated as a fraction',
] as const;

const ALTERNATIVES = WRONG_CONVENTIONS.length + STALE_LAGS_MS.length;
/** u, v, g^2, rows, unchanged, moved, then (g - a)^2 of each alternative. */
const HEAD = 6;
/** u, v, g d, d^2, g^2, tolerance, rows. */
const BUCKET_WIDTH = 7;

/** Sums that forget: of a ratio of two clustered sums, plain and squared. */
interface Decayed {
  readonly sums: Float64Array;
  /** u^2, u v, v^2 by time. */
  readonly squares: Float64Array;
}

interface BucketCheck {
  readonly bucket: Bucket;
  readonly now: Float64Array;
  readonly realised: Decayed;
  readonly gap: Decayed;
}

/** What is known of one member's statements; plain data. */
export interface RatioCheck {
  /** Number of the five-minute slot under way; -1 before the first. */
  slot: number;
  readonly now: Float64Array;
  readonly realised: Decayed;
  /** Explanations, forgetting fast. */
  readonly gap: Float64Array;
  readonly buckets: Map<string, BucketCheck>;
  /** The ratio stated last, by symbol, with the reference then. */
  last: Map<string, readonly [number, number]>;
}

/** Nothing seen. */
export function initRatioCheck(): RatioCheck {
  return {
    slot: -1,
    now: new Float64Array(HEAD + ALTERNATIVES),
    realised: decayed(2),
    gap: new Float64Array(HEAD + ALTERNATIVES),
    buckets: new Map(),
    last: new Map(),
  };
}

function decayed(width: number): Decayed {
  return { sums: new Float64Array(width), squares: new Float64Array(3) };
}

const SLOT_MS = 300_000;
/** What a slot is worth after one slot: half-lives of twelve hours (realised), ten minutes (explanations), four hours (gaps of buckets). */
const keep = (hours: number): number => exp((-0.6931471805599453 * SLOT_MS) / (hours * 3_600_000));
const KEEP_REALISED = keep(12);
const KEEP_EXPLANATION = keep(1 / 6);
const KEEP_GAP = keep(4);
/** tau: how far b of a single slot may be from what prices follow in the long run. */
const SLOT_ERROR = 0.2;
/** Reference deltas that moved by less between two horizons say nothing about a ratio that stood still. */
const MOVED = 0.002;
/** Error of a volatility beside the quotes' own, fraction: what level and skew leave of a smile's move. */
const SMILE_ERROR = 0.0005;
const REACH = 4;

/** What a row's realised move left under the reference, over F, and its error; NaN where too few other strikes speak. */
export interface ReferenceErrors {
  readonly error: Float64Array;
  readonly deviation: Float64Array;
}

/** Class of a strike whichever side is looked at: its out-of-the-money side and delta class. */
function strikeClass(start: HedgeStart, o: number): number {
  const call = start.isCall[o] === 1 ? start.delta[o] : start.delta[o] + 1;
  const size = Math.min(call, 1 - call);
  const side = call <= 0.5 ? 0 : 1;
  return 4 * side + (size < 0.1 ? 0 : size < 0.25 ? 1 : 2);
}

/** Weighted moments of k and dsigma up to the fourth, and the count. */
const MOMENTS = 9;
/** Fewer strikes than this carry no curve, and no curvature. */
const LEAST_STRIKES = 6;
const CURVED_STRIKES = 10;

/** Level, skew and curvature of a smile's move from its moments; undefined with too few strikes. */
function smileMove(m: Float64Array): readonly [number, number, number] | undefined {
  const [s0, s1, s2, s3, s4, y0, y1, y2, count] = m;
  if (count < LEAST_STRIKES) return undefined;
  if (count >= CURVED_STRIKES) {
    const fit = solveDense(Float64Array.of(s0, s1, s2, s1, s2, s3, s2, s3, s4), Float64Array.of(y0, y1, y2), 3);
    if (fit !== undefined && fit.every((v) => Math.abs(v) < Infinity)) return [fit[0], fit[1], fit[2]];
  }
  const determinant = s0 * s2 - s1 * s1;
  if (!(determinant > 1e-12 * s0 * s2)) return undefined;
  const slope = (s0 * y1 - s1 * y0) / determinant;
  return [(y0 - slope * s1) / s0, slope, 0];
}

/** {@link ReferenceErrors} of a horizon; shared by all members. */
export function referenceErrors(batch: HedgedBatch): ReferenceErrors {
  const { start, row } = batch;
  const n = row.length;
  const strikes = Float64Array.from(row, (o) => strikeClass(start, o));
  const sums = Array.from({ length: 8 }, () => new Float64Array(MOMENTS));
  const total = new Float64Array(MOMENTS);
  const k = Float64Array.from(row, (o) => (start.strike[o] / start.forwards[o] - 1) / Math.sqrt(start.years));
  for (let i = 0; i < n; i++) {
    const vega = start.vega[row[i]] / start.forwards[row[i]];
    const sd = batch.noise[i] / vega;
    const w = 1 / (sd * sd + SMILE_ERROR * SMILE_ERROR);
    const y = batch.sigmaAfter[i] - start.sigma[row[i]];
    if (!(w > 0) || !(Math.abs(y) < Infinity)) continue;
    const [x, xx] = [k[i], k[i] * k[i]];
    [w, w * x, w * xx, w * xx * x, w * xx * xx, w * y, w * x * y, w * xx * y, 1].forEach((v, j) => {
      sums[strikes[i]][j] += v;
      total[j] += v;
    });
  }
  const curves = sums.map((own) => smileMove(total.map((v, j) => v - own[j])));
  const error = new Float64Array(n).fill(NaN);
  const deviation = new Float64Array(n).fill(NaN);
  for (let i = 0; i < n; i++) {
    const curve = curves[strikes[i]];
    if (curve === undefined) continue;
    const o = row[i];
    const sigma = start.sigma[o] + curve[0] + curve[1] * k[i] + curve[2] * k[i] * k[i];
    const side = start.isCall[o] === 1 ? ('call' as const) : ('put' as const);
    const f = start.forwards[o];
    const years = start.years - batch.elapsed;
    if (!(sigma > 0) || !(years > 0)) continue;
    const strike = start.strike[o];
    const before = blackPrice({ side, forward: f, strike, years: start.years, sigma: start.sigma[o] });
    const after = blackPrice({ side, forward: batch.forwardAfter[i], strike, years, sigma });
    const d = (SMILE_ERROR * start.vega[o]) / f;
    deviation[i] = Math.sqrt(batch.noise[i] * batch.noise[i] + d * d);
    const raw = batch.usd[i] - (after - before) / f;
    error[i] = Math.max(-REACH * deviation[i], Math.min(REACH * deviation[i], raw));
  }
  return { error, deviation };
}

/** Gaps that the closed list of errors would leave at one option: conventions, then ages. */
function alternatives(batch: HedgedBatch, o: number, pastMoves: readonly number[], out: Float64Array): void {
  const { start } = batch;
  const delta = start.delta[o];
  out[0] = -start.price[o];
  out[1] = start.price[o];
  out[2] = -2 * delta;
  out[3] = start.isCall[o] === 1 ? -1 : 1;
  out[4] = 99 * delta;
  const side = start.isCall[o] === 1 ? ('call' as const) : ('put' as const);
  pastMoves.forEach((ratio, j) => {
    const at = WRONG_CONVENTIONS.length + j;
    out[at] = NaN;
    if (!(ratio > 0)) return;
    const forward = start.forwards[o] * ratio;
    const option = { side, forward, strike: start.strike[o], years: start.years, sigma: start.sigma[o] };
    out[at] = blackGreeks(option).delta - delta;
  });
}

/**
 * Judges the ratios of member `member` (its place in the start) by a horizon that has ended. `pastMoves` is F then over F
 * at the start, for each of {@link STALE_LAGS_MS}; NaN where unknown.
 */
export function checkRatios(
  check: RatioCheck,
  batch: HedgedBatch,
  member: number,
  errors: ReferenceErrors,
  pastMoves: readonly number[],
  underlying: string,
): void {
  const slot = Math.floor(batch.at / SLOT_MS);
  if (slot !== check.slot) endSlot(check, slot);
  const { start, row } = batch;
  const width = start.members.length;
  const other = new Float64Array(ALTERNATIVES);
  const tenor = tenorOf(start.years);
  for (let i = 0; i < row.length; i++) {
    const o = row[i];
    const stated = start.ratios[o * width + member];
    if (!(Math.abs(stated) < Infinity)) continue;
    const delta = start.delta[o];
    const g = stated - delta;
    const x = batch.move[i] / start.forwards[o];
    alternatives(batch, o, pastMoves, other);
    const { now } = check;
    const w = 1 / (errors.deviation[i] * errors.deviation[i]);
    const isJudged = w > 0 && w < Infinity;
    const u = isJudged ? w * errors.error[i] * g * x : 0;
    const v = isJudged ? w * g * x * g * x : 0;
    now[0] += u;
    now[1] += v;
    now[2] += g * g;
    now[3]++;
    const before = check.last.get(start.symbols[o]);
    if (before !== undefined && Math.abs(delta - before[1]) > MOVED) {
      now[5]++;
      if (stated === before[0]) now[4]++;
    }
    for (let j = 0; j < ALTERNATIVES; j++) {
      const left = g - other[j];
      now[HEAD + j] += Math.abs(left) < Infinity ? left * left : g * g;
    }
    check.last.set(start.symbols[o], [stated, delta]);
    const side = start.isCall[o] === 1 ? ('call' as const) : ('put' as const);
    const cls = deltaClassOf(delta);
    if (cls === undefined) continue;
    const key = `${side} ${tenor} ${cls}`;
    let b = check.buckets.get(key);
    if (b === undefined) {
      const bucket = { underlying, side, tenor, delta: cls };
      b = { bucket, now: new Float64Array(BUCKET_WIDTH), realised: decayed(2), gap: decayed(BUCKET_WIDTH) };
      check.buckets.set(key, b);
    }
    const blur = (Math.abs(start.vanna[o]) * start.half[o] * start.forwards[o]) / start.vega[o];
    [u, v, g * delta, delta * delta, g * g, blur * Math.abs(delta), 1].forEach((value, j) => (b.now[j] += value));
  }
}

/** Most symbols whose last ratio is remembered; a chain holds fewer. */
const MOST_SYMBOLS = 5_000;

function endSlot(check: RatioCheck, slot: number): void {
  const { now } = check;
  // Slots without data pass too: what is remembered ages with time, not with what was seen.
  const passed = check.slot < 0 ? 1 : Math.max(1, Math.min(1000, slot - check.slot));
  const [u, v] = shared(now[0], now[1]);
  fold(check.realised, [u, v], u, v, power(KEEP_REALISED, passed));
  const fast = power(KEEP_EXPLANATION, passed);
  for (let j = 0; j < now.length; j++) check.gap[j] = fast * check.gap[j] + now[j];
  now.fill(0);
  for (const b of check.buckets.values()) {
    const [bu, bv] = shared(b.now[0], b.now[1]);
    fold(b.realised, [bu, bv], bu, bv, power(KEEP_REALISED, passed));
    fold(b.gap, b.now, b.now[2], b.now[3], power(KEEP_GAP, passed));
    b.now.fill(0);
  }
  if (check.last.size > MOST_SYMBOLS) check.last = new Map();
  check.slot = slot;
}

/**
 * Sums of one slot with the weight of a random effect, 1/(1/v + tau^2) in place of v: rows of a slot share its errors, so
 * that no slot, however large its move, says more than tau of b.
 */
function shared(u: number, v: number): readonly [number, number] {
  const scale = 1 / (1 + SLOT_ERROR * SLOT_ERROR * v);
  return [u * scale, v * scale];
}

function power(base: number, n: number): number {
  let out = 1;
  for (let i = 0; i < n; i++) out *= base;
  return out;
}

function fold(d: Decayed, values: ArrayLike<number>, u: number, v: number, kept: number): void {
  for (let j = 0; j < d.sums.length; j++) d.sums[j] = kept * d.sums[j] + values[j];
  [u * u, u * v, v * v].forEach((value, j) => (d.squares[j] = kept * d.squares[j] + value));
}

/** Ratio of two decayed sums with its error clustered by time, and the effective number of times behind it. */
function ratioOf(d: Decayed, u: number, v: number): { value: number; error: number; times: number } {
  const value = u / v;
  const [uu, uv, vv] = d.squares;
  const variance = (uu - 2 * value * uv + value * value * vv) / (v * v);
  const times = (v * v) / vv;
  return { value, error: Math.sqrt(Math.max(0, variance) * (times / Math.max(1, times - 1))), times };
}

/** A wrong statement with what says so. */
export interface RatioFault {
  readonly cause: 'convention-mismatch' | 'stale-hedge-ratio' | 'hedge-bias';
  /** Text key of the bucket, or null when the whole chain is meant. */
  readonly bucket: string | null;
  readonly detail: string;
  /** Share of the squared gap that the error named explains. */
  readonly explained: number;
  /** Size: rms gap in delta (whole chain), or gap over delta (bucket). */
  readonly size: number;
  /** b of realised moves on the gap, and (1/2 - b)/error: how surely prices follow the reference. */
  readonly followed: number;
  readonly z: number;
  readonly times: number;
}

/** Smallest gap that matters: rms delta of a chain, share of delta in a bucket (equivalence tolerance, methods note 3.2). */
const SMALLEST_GAP = 0.01;
const SMALLEST_BIAS = 0.03;
/** Share explained that names a convention, an age, a bias; of ratios that stood still. */
const CONVENTION_SHARE = 0.8;
const STALE_SHARE = 0.5;
const BIAS_SHARE = 0.5;
const STILL_SHARE = 0.8;
const STILL_ROWS = 30;
/** Share and rms gap from which the gaps name their cause without prices. */
const CERTAIN_SHARE = 0.95;
const CERTAIN_GAP = 0.02;
/** Standard errors asked for, and effective times behind them: chain, bucket. */
const SURE = 4;
const TIMES = 6;
const BUCKET_TIMES = 12;
const MOST_BUCKETS = 6;

/**
 * What is wrong with a member's statements, the whole chain first; empty = nothing that can be named. `open`: causes
 * already open need half the size to stay. `isRule`: the ratios follow a rule of their own, so that a gap in a bucket is
 * no bias by itself: that is what the competition is for.
 */
export function readRatioFaults(check: RatioCheck, isRule: boolean, open: (cause: string) => boolean): RatioFault[] {
  const { gap } = check;
  const rows = gap[3];
  const size = Math.sqrt(gap[2] / rows);
  const whole = ratioOf(check.realised, check.realised.sums[0], check.realised.sums[1]);
  const z = (0.5 - whole.value) / whole.error;
  const enough = (cause: string): number => (open(cause) ? 0.5 : 1);
  if (!(rows > 0)) return [];
  const base = { bucket: null, size, followed: whole.value, z, times: whole.times };
  const fault = explain(check, size, enough);
  // What explains the whole chain explains its buckets too: until it is sure, nothing else is said.
  if (fault !== null) return isSure(fault.explained, size, z, whole.times) ? [{ ...base, ...fault }] : [];
  return isRule ? [] : readBiases(check, enough('hedge-bias'));
}

/**
 * Prices have followed the reference, or the gaps of a whole chain ARE an error of the list (no error of the reference
 * looks like that) and prices do not speak against it: in a quiet hour they say nothing.
 */
function isSure(explained: number, size: number, z: number, times: number): boolean {
  if (z >= SURE && times >= TIMES) return true;
  return explained >= CERTAIN_SHARE && size >= CERTAIN_GAP && !(-z >= SURE);
}

/** The error of the closed list that explains the chain's gaps; null when none does or they are too small to matter. */
function explain(
  check: RatioCheck,
  size: number,
  enough: (cause: string) => number,
): Pick<RatioFault, 'cause' | 'detail' | 'explained'> | null {
  const { gap } = check;
  let best = 0;
  for (let j = 1; j < ALTERNATIVES; j++) if (gap[HEAD + j] < gap[HEAD + best]) best = j;
  const explained = 1 - gap[HEAD + best] / gap[2];
  const isConvention = best < WRONG_CONVENTIONS.length;
  const still = gap[5] >= STILL_ROWS ? gap[4] / gap[5] : 0;
  if (still >= STILL_SHARE && size >= SMALLEST_GAP * enough('stale-hedge-ratio'))
    return { cause: 'stale-hedge-ratio', detail: 'ratios stand still', explained: still };
  if (isConvention && explained >= CONVENTION_SHARE && size >= SMALLEST_GAP * enough('convention-mismatch'))
    return { cause: 'convention-mismatch', detail: WRONG_CONVENTIONS[best], explained };
  if (isConvention || explained < STALE_SHARE || size < SMALLEST_GAP * enough('stale-hedge-ratio')) return null;
  const minutes = STALE_LAGS_MS[best - WRONG_CONVENTIONS.length] / 60_000;
  return { cause: 'stale-hedge-ratio', detail: `ratios of about ${minutes} minutes ago`, explained };
}

function readBiases(check: RatioCheck, enough: number): RatioFault[] {
  const found: RatioFault[] = [];
  for (const [key, b] of check.buckets) {
    const s = b.gap.sums;
    const bias = ratioOf(b.gap, s[2], s[3]);
    const tolerance = (SMALLEST_BIAS + s[5] / s[3]) * enough;
    if (!(Math.abs(bias.value) - tolerance > SURE * bias.error * enough) || bias.times < BUCKET_TIMES) continue;
    const explained = (s[2] * s[2]) / (s[3] * s[4]);
    const realised = ratioOf(b.realised, b.realised.sums[0], b.realised.sums[1]);
    const z = (0.5 - realised.value) / realised.error;
    // Prices that side with the statement speak against the reference: then nothing is said.
    if (explained < BIAS_SHARE || -z >= SURE) continue;
    found.push({
      cause: 'hedge-bias',
      bucket: key,
      detail: `ratios ${bias.value > 0 ? 'above' : 'below'} the reference by ${(100 * Math.abs(bias.value)).toFixed(1)} %`,
      explained,
      size: bias.value,
      followed: realised.value,
      z,
      times: realised.times,
    });
  }
  found.sort((x, y) => Math.abs(y.size) - Math.abs(x.size));
  // Many buckets at once are one fault of the whole; the largest speaks for it.
  return found.length > MOST_BUCKETS
    ? [{ ...found[0], bucket: null, detail: `${found.length} buckets: ${found[0].detail}` }]
    : found;
}
