/**
 * Implied volatility of a block of options, the twin of `src/numeric/total-volatility.ts` and of `normalise` in
 * `src/numeric/implied-volatility.ts`. Work is done in passes over the block, two options a vector: the vectors of
 * a pass do not depend on each other, so their latencies overlap.
 */
import { abs, add, addMul, all, atLeast, atMost, div, mul, neg, select, sqrt, sub } from './lanes';
import { log, logOr } from './exponential';
import { erfcxDeficit } from './error-function';
import { logMoneynessBelow } from './black-shape';
import { COLUMNS, STRIDE } from './columns';

const IS_CALL = COLUMNS;
const FORWARD = COLUMNS + STRIDE;
const STRIKE = COLUMNS + 2 * STRIDE;
const YEARS = COLUMNS + 3 * STRIDE;
const PRICE = COLUMNS + 4 * STRIDE;
const DISCOUNT = COLUMNS + 5 * STRIDE;
const START = COLUMNS + 6 * STRIDE;
const SIGMA = COLUMNS + 7 * STRIDE;
const STATUS = COLUMNS + 8 * STRIDE;

/** Bytes of a work column: 128 options, so that a block's work stays in the first-level cache. */
const BLOCK_BYTES: i32 = 1024;
const WORK: usize = memory.data(12 * 1024, 16);
const X = WORK;
const BETA = WORK + 1024;
const COMPLEMENT = WORK + 2 * 1024;
const ROOT_RATIO = WORK + 3 * 1024;
const ROOT_YEARS = WORK + 4 * 1024;
const S = WORK + 5 * 1024;
const IS_UPPER = WORK + 6 * 1024;
const TARGET = WORK + 7 * 1024;
const SETTLED = WORK + 8 * 1024;
const NEAR_DEFICIT = WORK + 9 * 1024;
const FAR_DEFICIT = WORK + 10 * 1024;
const MONEYNESS = WORK + 11 * 1024;

const SMALLEST: f64 = 2.2250738585072014e-308;
const SQRT1_2: f64 = 0.7071067811865476;
const HALF_SQRT_2_OVER_PI: f64 = 0.3989422804014327;
const NEAR_ONE: f64 = 0.29;
const LAST_STEP: f64 = 5e-5;
const MAX_STEPS: i32 = 8;
const MAX_WARM_STEPS: i32 = 3;

/** Inverts `count` quotes of the columns into sigma and status; a positive start is tried first. */
export function impliedVolatility(count: i32): void {
  const bytes = (count * 8 + 15) & ~15;
  for (let first = 0; first < bytes; first += BLOCK_BYTES) {
    const size = min(BLOCK_BYTES, bytes - first);
    if (normalise(first, size)) {
      iterate(size, MAX_WARM_STEPS);
      guess(size, true);
    } else {
      guess(size, false);
    }
    iterate(size, MAX_STEPS);
    finish(first, size);
  }
}

/** Fills the normalised quote and the status, and seeds the lanes that carry a start; true when one does. */
function normalise(first: i32, size: i32): bool {
  let seeded = all(0);
  for (let i = 0; i < size; i += 16) {
    const at = first + i;
    const isCall = f64x2.ne(v128.load(IS_CALL + at), all(0));
    const forward = v128.load(FORWARD + at);
    const strike = v128.load(STRIKE + at);
    const years = v128.load(YEARS + at);
    const price = v128.load(PRICE + at);
    const discount = v128.load(DISCOUNT + at);
    const size = add(add(add(add(abs(forward), abs(strike)), abs(years)), abs(price)), abs(discount));
    const undiscounted = div(price, discount);
    const below = f64x2.le(forward, strike);
    const lower = select(below, forward, strike);
    const higher = select(below, strike, forward);
    const inTheMoney = v128.xor(isCall, below);
    const intrinsic = sub(higher, lower);
    const lost = v128.and(inTheMoney, sub(sub(higher, intrinsic), lower));
    const timeValue = sub(undiscounted, v128.and(inTheMoney, intrinsic));
    const room = sub(select(isCall, forward, strike), undiscounted);
    const scale = mul(sqrt(forward), sqrt(strike));
    const beta = div(sub(timeValue, lost), scale);
    const complement = div(room, scale);

    const zero = all(0);
    const positive = v128.and(v128.and(f64x2.gt(forward, zero), f64x2.gt(strike, zero)), f64x2.gt(discount, zero));
    let status = v128.and(f64x2.lt(complement, all(SMALLEST)), all(3));
    status = select(f64x2.lt(beta, all(SMALLEST)), all(1), status);
    status = select(f64x2.lt(room, zero), all(4), status);
    status = select(f64x2.lt(timeValue, zero), all(2), status);
    status = select(f64x2.gt(years, zero), status, all(5));
    status = select(positive, status, all(6));
    status = select(f64x2.lt(size, all(Infinity)), status, all(7));
    v128.store(STATUS + at, status);

    // Quotes without a volatility ride along as an easy one at the money.
    const ok = f64x2.eq(status, zero);
    const x = v128.and(ok, logMoneynessBelow(lower, higher));
    const rootYears = sqrt(years);
    v128.store(X + i, x);
    v128.store(BETA + i, select(ok, beta, all(0.25)));
    v128.store(COMPLEMENT + i, select(ok, complement, all(0.75)));
    v128.store(ROOT_RATIO + i, select(ok, sqrt(div(lower, higher)), all(1)));
    v128.store(ROOT_YEARS + i, rootYears);

    const seed = mul(v128.load(START + at), rootYears);
    const tried = v128.and(
      v128.and(f64x2.ge(mul(seed, all(40)), neg(x)), f64x2.gt(seed, zero)),
      v128.and(f64x2.le(seed, all(100)), ok),
    );
    seeded = v128.or(seeded, tried);
    v128.store(S + i, select(tried, seed, all(-1)));
    v128.store(SETTLED + i, v128.not(tried));
    if (v128.any_true(tried)) storeBranch(i, x, f64x2.ge(seed, sqrt(mul(all(-2), x))));
  }
  return v128.any_true(seeded);
}

/** Stores which branch a lane is on and its objective's level at the quote. */
// @ts-ignore: decorator
@inline
function storeBranch(i: i32, x: v128, isUpper: v128): void {
  const beta = v128.load(BETA + i);
  const share = div(beta, v128.load(ROOT_RATIO + i));
  const near = v128.and(isUpper, f64x2.lt(share, all(NEAR_ONE)));
  const level = logOr(select(isUpper, v128.load(COMPLEMENT + i), beta), near, neg(share));
  v128.store(IS_UPPER + i, isUpper);
  v128.store(TARGET + i, select(near, add(mul(all(0.5), x), level), level));
}

// @ts-ignore: decorator
@inline
function bachelierDistance(r: v128): v128 {
  const w = log(add(r, all(1)));
  const v = sqrt(w);
  const above = addMul(
    all(0.39880466829784456), v,
    addMul(all(0.0019907468274626377), v, addMul(all(0.034628248420223114), v, all(0.018068715494746052))),
  );
  const below = addMul(
    all(1), v,
    addMul(all(-0.0011870363674572693), v,
    addMul(all(0.10719273888061112), v, addMul(all(0.022267798632623678), v, all(0.012849170798416876)))),
  );
  return div(mul(w, above), below);
}

/** Cold starts, for the lanes that have no confirmed root. */
function guess(size: i32, keepConfirmed: bool): void {
  for (let i = 0; i < size; i += 16) {
    const old = v128.load(S + i);
    const confirmed = keepConfirmed ? v128.and(v128.load(SETTLED + i), f64x2.gt(old, all(0))) : all(0);
    v128.store(SETTLED + i, confirmed);
    if (keepConfirmed && i64x2.all_true(confirmed)) continue;
    const x = v128.load(X + i);
    const beta = v128.load(BETA + i);
    const rootRatio = v128.load(ROOT_RATIO + i);
    const inflexion = sqrt(mul(all(-2), x));
    const c = sqrt(neg(x));
    const rise = div(add(c, erfcxDeficit(c)), add(all(1), c));
    const half = mul(mul(all(0.5), rootRatio), rise);
    const isUpper = f64x2.ge(beta, half);
    let s = old;
    if (v128.any_true(isUpper)) s = upperGuess(i, inflexion, rise, half, beta, rootRatio);
    if (!i64x2.all_true(isUpper)) s = select(isUpper, s, lowerGuess(x, beta, inflexion));
    v128.store(S + i, select(confirmed, old, s));
    storeBranch(i, x, isUpper);
  }
}

/** Bachelier's inverse, corrected once for the curvature of the lognormal model. */
// @ts-ignore: decorator
@inline
function lowerGuess(x: v128, beta: v128, inflexion: v128): v128 {
  const size = neg(x);
  const r = atMost(div(size, beta), all(1e308));
  const normal = div(size, bachelierDistance(r));
  const t2 = mul(mul(normal, normal), all(0.125));
  const corrected = div(r, addMul(all(1), t2, addMul(all(1), all(0.5), t2)));
  return atMost(div(size, bachelierDistance(corrected)), inflexion);
}

/** Winitzki's inverse error function of the way from the inflexion price to the upper bound. */
// @ts-ignore: decorator
@inline
function upperGuess(i: i32, inflexion: v128, rise: v128, half: v128, beta: v128, rootRatio: v128): v128 {
  const span = sub(rootRatio, half);
  const share = div(sub(beta, half), span);
  const square = mul(share, share);
  const rest = mul(div(v128.load(COMPLEMENT + i), span), add(all(1), share));
  const tail = logOr(rest, f64x2.lt(square, all(NEAR_ONE)), neg(square));
  const u = addMul(all(4.3307500730287525), all(0.5), tail);
  const v = mul(tail, all(-6.802721088435374));
  const root = sqrt(div(v, add(sqrt(addMul(v, u, u)), u)));
  const reach = add(inflexion, mul(mul(sub(all(2), rise), all(1.4142135623730951)), root));
  return atLeast(reach, mul(all(2.5066282746310002), beta));
}

/** Householder steps until every lane has settled or the steps are spent; a lane that failed ends with -s. */
function iterate(size: i32, maxSteps: i32): void {
  for (let step = 1; step <= maxSteps; step++) {
    for (let i = 0; i < size; i += 16) {
      if (i64x2.all_true(v128.load(SETTLED + i))) continue;
      deficits(i);
    }
    let open = all(0);
    for (let i = 0; i < size; i += 16) {
      const settled = v128.load(SETTLED + i);
      if (i64x2.all_true(settled)) continue;
      open = v128.or(open, advance(i, settled, step == maxSteps));
    }
    if (!v128.any_true(open)) return;
  }
}

// @ts-ignore: decorator
@inline
function deficits(i: i32): void {
  const s = v128.load(S + i);
  const h = div(v128.load(X + i), s);
  const y = mul(neg(h), all(SQRT1_2));
  const tau = mul(mul(all(0.5), s), all(SQRT1_2));
  v128.store(MONEYNESS + i, h);
  v128.store(NEAR_DEFICIT + i, erfcxDeficit(abs(sub(y, tau))));
  v128.store(FAR_DEFICIT + i, erfcxDeficit(add(y, tau)));
}

/** One step of the lanes that have not settled; the lanes still open after it. */
// @ts-ignore: decorator
@inline
function advance(i: i32, settled: v128, isLast: bool): v128 {
  const s = v128.load(S + i);
  const isUpper = v128.load(IS_UPPER + i);
  const inflexion = sqrt(mul(all(-2), v128.load(X + i)));
  const proposed = addMul(s, s, relativeStep(i, s, isUpper));
  const next = select(isUpper, atLeast(proposed, inflexion), atMost(proposed, inflexion));
  const converged = f64x2.le(abs(sub(proposed, s)), mul(all(LAST_STEP), s));
  const inside = f64x2.eq(next, proposed);
  const failed = isLast ? v128.not(v128.and(converged, inside)) : v128.andnot(converged, inside);
  const signed = select(failed, neg(next), next);
  v128.store(S + i, select(settled, s, signed));
  const nowSettled = v128.or(settled, converged);
  v128.store(SETTLED + i, nowSettled);
  return v128.not(nowSettled);
}

// @ts-ignore: decorator
@inline
function relativeStep(i: i32, s: v128, isUpper: v128): v128 {
  const h = v128.load(MONEYNESS + i);
  const target = v128.load(TARGET + i);
  const pa = v128.load(NEAR_DEFICIT + i);
  const pc = v128.load(FAR_DEFICIT + i);
  const t = mul(all(0.5), s);
  const y = mul(neg(h), all(SQRT1_2));
  const tau = mul(t, all(SQRT1_2));
  const h2 = mul(h, h);
  const t2 = mul(t, t);
  const a = abs(sub(y, tau));
  const c = add(y, tau);
  const ua = add(all(1), a);
  const uc = add(all(1), c);
  const inverse = div(all(1), mul(ua, uc));

  const lower = add(mul(add(all(1), y), sub(pc, pa)), mul(tau, sub(all(2), add(pa, pc))));
  const upper = add(mul(sub(all(1), pa), uc), mul(sub(all(1), pc), ua));
  const share = mul(mul(all(0.5), add(mul(add(a, pa), uc), mul(add(c, pc), ua))), inverse);
  const value = mul(mul(all(0.5), select(isUpper, upper, lower)), inverse);
  const near = v128.and(isUpper, f64x2.lt(share, all(NEAR_ONE)));
  const level = sub(logOr(value, near, neg(share)), mul(all(0.5), add(h2, t2)));

  const slope = div(mul(all(HALF_SQRT_2_OVER_PI), s), value);
  const second = sub(h2, t2);
  const third = sub(sub(mul(second, second), mul(all(3), h2)), t2);
  const inverseLevel = div(all(1), level);
  const bend = mul(slope, addMul(all(1), all(2), inverseLevel));
  const gap = select(
    isUpper,
    sub(level, target),
    mul(mul(sub(target, level), level), div(all(1), target)),
  );
  const newton = div(gap, slope);
  const curvature = select(isUpper, add(second, slope), sub(second, bend));
  const square = mul(all(2), mul(slope, slope));
  const jerkUpper = add(third, mul(slope, add(mul(all(2), slope), mul(all(3), second))));
  const jerkLower = sub(
    add(third, mul(square, addMul(all(1), mul(all(3), inverseLevel), add(all(1), inverseLevel)))),
    mul(mul(all(3), second), bend),
  );
  const jerk = select(isUpper, jerkUpper, jerkLower);

  const turn = mul(curvature, newton);
  const close = v128.and(f64x2.le(abs(newton), all(1)), f64x2.le(abs(turn), all(1)));
  const halley = mul(newton, addMul(all(1), all(0.5), turn));
  const bent = add(turn, mul(mul(mul(jerk, newton), newton), all(0.16666666666666666)));
  const householder = div(halley, add(all(1), bent));
  const bound = select(close, all(1), all(0.5));
  return atMost(atLeast(select(close, householder, newton), all(-0.5)), bound);
}

/** Divides by sqrt(T) and overwrites the lanes whose status has no volatility. */
function finish(first: i32, size: i32): void {
  for (let i = 0; i < size; i += 16) {
    const at = first + i;
    const status = v128.load(STATUS + at);
    const ok = f64x2.eq(status, all(0));
    let sigma = select(ok, div(abs(v128.load(S + i)), v128.load(ROOT_YEARS + i)), all(NaN));
    sigma = select(f64x2.eq(status, all(1)), all(0), sigma);
    sigma = select(f64x2.eq(status, all(3)), all(Infinity), sigma);
    v128.store(SIGMA + at, sigma);
  }
}
