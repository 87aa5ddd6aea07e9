/**
 * Exponential and logarithm from + - * / alone, so that every machine, every V8 and the WebAssembly kernels
 * (`assembly/exponential.ts`, the same operations in the same order) give the same bits.
 * Errors stay below one unit in the last place; the tests compare with an arbitrary-precision reference.
 */

/** 1/ln 2. */
const LOG2_E = 1.4426950408889634;
/** High part of ln 2, with 21 trailing zero bits: k LN2_HIGH is exact for every exponent k (fdlibm, e_exp.c). */
const LN2_HIGH = 0.6931471803691238;
/** ln 2 - LN2_HIGH. */
const LN2_LOW = 1.9082149292705877e-10;
/** 1.5 x 2^52: adding and subtracting it rounds to the nearest integer. */
const ROUNDER = 6755399441055744;

const LOWEST_EXPONENT = -1074;
const POWERS_OF_TWO = powersOfTwo();

function powersOfTwo(): Float64Array {
  const table = new Float64Array(1023 - LOWEST_EXPONENT + 1);
  let power = 1;
  for (let k = 0; k <= 1023; k++, power *= 2) table[k - LOWEST_EXPONENT] = power;
  power = 1;
  for (let k = 0; k >= LOWEST_EXPONENT; k--, power /= 2) table[k - LOWEST_EXPONENT] = power;
  return table;
}

/** 2^k for an integer k in [-1074, 1023], exact; NaN outside. */
export function powerOfTwo(k: number): number {
  return POWERS_OF_TWO[k - LOWEST_EXPONENT] ?? NaN;
}

/** e^r - 1 on |r| <= ln(2)/2: r + r^2 q(r), q of degree 9 interpolating at Chebyshev nodes (residual 1.3e-17). */
function expm1Reduced(r: number): number {
  const r2 = r * r;
  const r4 = r2 * r2;
  const q0 = 0.5000000000000001 + r * 0.16666666666666669 + r2 * (0.04166666666662399 + r * 0.008333333333330051);
  const q1 =
    0.0013888888917281794 + r * 0.00019841269863105968 + r2 * (2.480152119021773e-5 + r * 2.7557268378684192e-6);
  const q2 = 2.7620138719733994e-7 + r * 2.5100424157005067e-8;
  return r + r2 * (q0 + r4 * (q1 + r4 * q2));
}

/**
 * e^x. Result 0 below about -745.13, Infinity above about 709.78, correct for subnormal results, NaN for NaN.
 * Verified by `golden/special_functions.csv` and an arbitrary-precision test.
 */
export function exp(x: number): number {
  if (!(x < 709.79)) return x !== x ? NaN : Infinity;
  if (x < -745.2) return 0;
  const k = x * LOG2_E + ROUNDER - ROUNDER;
  const y = 1 + expm1Reduced(x - k * LN2_HIGH - k * LN2_LOW);
  if (k > 1023) return y * 2 * POWERS_OF_TWO[1023 - LOWEST_EXPONENT];
  if (k < -1022) return y * POWERS_OF_TWO[k + 64 - LOWEST_EXPONENT] * POWERS_OF_TWO[-64 - LOWEST_EXPONENT];
  return y * POWERS_OF_TWO[k - LOWEST_EXPONENT];
}

/** Above this size e^x - 1 is formed by subtraction. */
const EXPM1_REDUCED = 0.3465;

/** e^x - 1 without cancellation near zero; -1 and Infinity at the ends, NaN for NaN. */
export function expm1(x: number): number {
  return Math.abs(x) < EXPM1_REDUCED ? expm1Reduced(x) : exp(x) - 1;
}

const scratch = new Float64Array(1);
const scratchWords = new Int32Array(scratch.buffer);
/** Upper word of sqrt(1/2): mantissas are reduced to [sqrt(1/2), sqrt(2)). */
const HALF_ROOT_WORD = 0x3fe6a09e;

/**
 * Natural logarithm. -Infinity at 0, NaN below 0, Infinity at Infinity; subnormal arguments are exact inputs.
 * Reduction and coefficients of fdlibm's e_log.c (Sun Microsystems 1993, freely usable).
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  let shift = 0;
  let scaled = x;
  if (x < 2.2250738585072014e-308) {
    scaled = x * 18014398509481984;
    shift = -54;
  }
  scratch[0] = scaled;
  const word = scratchWords[1];
  const exponent = (word - HALF_ROOT_WORD) >> 20;
  scratchWords[1] = word - (exponent << 20);
  return logReduced(scratch[0] - 1, exponent + shift);
}

/** k ln 2 + ln(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)). */
function logReduced(f: number, k: number): number {
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const odd = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const halfSquare = 0.5 * f * f;
  return k * LN2_HIGH - (halfSquare - (s * (halfSquare + (odd + even)) + k * LN2_LOW) - f);
}

/** ln(1 + x) without cancellation near zero; -Infinity at -1, NaN below. */
export function log1p(x: number): number {
  if (x > -0.29 && x < 0.41) return logReduced(x, 0);
  const u = 1 + x;
  if (!(u > 0 && u < Infinity)) return log(u);
  return log(u) + (x - (u - 1)) / u;
}

/**
 * x^y = exp(y ln x) for x >= 0: the core's replacement of the language's own power, which differs between V8 versions.
 * The relative error grows with |y ln x| (about |y ln x| eps). Integer powers are better multiplied out.
 */
export function power(x: number, y: number): number {
  if (y === 0) return 1;
  return exp(y * log(x));
}
