/** Exponential and logarithm, the twins of `src/numeric/exponential.ts`: same operations, same order, same bits. */
import { add, addMul, all, div, mul, select, sub } from './lanes';

const LOG2_E: f64 = 1.4426950408889634;
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const ROUNDER: f64 = 6755399441055744;

/** e^r - 1 on |r| <= ln(2)/2. */
// @ts-ignore: decorator
@inline
export function expm1Reduced(r: v128): v128 {
  const r2 = mul(r, r);
  const r4 = mul(r2, r2);
  const q0 = addMul(
    addMul(all(0.5000000000000001), r, all(0.16666666666666669)),
    r2, addMul(all(0.04166666666662399), r, all(0.008333333333330051)),
  );
  const q1 = addMul(
    addMul(all(0.0013888888917281794), r, all(0.00019841269863105968)),
    r2, addMul(all(2.480152119021773e-5), r, all(2.7557268378684192e-6)),
  );
  const q2 = addMul(all(2.7620138719733994e-7), r, all(2.5100424157005067e-8));
  return addMul(r, r2, addMul(q0, r4, addMul(q1, r4, q2)));
}

/** e^x for -708 <= x < 709. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const shifted = addMul(all(ROUNDER), x, all(LOG2_E));
  const k = sub(shifted, all(ROUNDER));
  const y = add(all(1), expm1Reduced(sub(sub(x, mul(k, all(LN2_HIGH))), mul(k, all(LN2_LOW)))));
  return i64x2.add(y, i64x2.shl(shifted, 52));
}

/** e^x for x <= 0, flushed to zero below -708. */
// @ts-ignore: decorator
@inline
export function decay(x: v128): v128 {
  const low = f64x2.lt(x, all(-708));
  return v128.andnot(exp(select(low, all(0), x)), low);
}

/** k ln 2 + ln(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)). */
// @ts-ignore: decorator
@inline
function logReduced(f: v128, k: v128): v128 {
  const s = div(f, add(all(2), f));
  const z = mul(s, s);
  const w = mul(z, z);
  const even = mul(w, addMul(all(0.3999999999940942), w, addMul(all(0.22222198432149784), w, all(0.15313837699209373))));
  const odd = mul(
    z,
    addMul(all(0.6666666666666735), w, addMul(all(0.2857142874366239), w, addMul(all(0.1818357216161805), w, all(0.14798198605116586)))),
  );
  const halfSquare = mul(mul(all(0.5), f), f);
  const tail = add(mul(s, add(halfSquare, add(odd, even))), mul(k, all(LN2_LOW)));
  return sub(mul(k, all(LN2_HIGH)), sub(sub(halfSquare, tail), f));
}

/** Bits of 2^52, whose lowest bit counts ones. */
const COUNTER: i64 = 0x4330000000000000;
/** sqrt(1/2) to its upper word, less an exponent bias of 1023: keeps the shifted exponent positive. */
const HALF_ROOT: i64 = 0x3fe6a09e00000000 - (1023 << 52);

/** ln x where `near` is clear, for positive normal x (NaN otherwise); ln(1 + z) for small z where it is set. */
// @ts-ignore: decorator
@inline
export function logOr(x: v128, near: v128, z: v128): v128 {
  const biased = i64x2.shr_u(i64x2.sub(x, i64x2.splat(HALF_ROOT)), 52);
  const mantissa = i64x2.add(i64x2.sub(x, i64x2.shl(biased, 52)), i64x2.splat(1023 << 52));
  const k = sub(v128.or(biased, i64x2.splat(COUNTER)), all(4503599627370496 + 1023));
  const f = select(near, z, sub(mantissa, all(1)));
  const result = logReduced(f, v128.andnot(k, near));
  return select(v128.or(near, f64x2.gt(x, all(0))), result, all(NaN));
}

/** ln x for positive normal x; NaN otherwise. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const none = all(0);
  return logOr(x, none, none);
}
