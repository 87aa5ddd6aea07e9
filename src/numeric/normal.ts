/** The normal distribution and the error functions it is made of, accurate in relative terms to the far tails. */
import { exp, log, log1p } from './exponential.ts';

/** 1 / sqrt(2). */
export const SQRT1_2 = 0.7071067811865476;
/** 1 / sqrt(2 pi): the normal density at zero. */
export const INV_SQRT_2PI = 0.3989422804014327;

/**
 * 1 - (1 + a) erfcx(a) for a >= 0: how far erfcx falls short of 1/(1 + a); rises from 0 to 1 - 1/sqrt(pi). Relative error
 * below 4e-16, so that sums and differences of erfcx formed from it keep their accuracy where they cancel. Divided by
 * w = 2a/(a + 3.75) it is smooth in q = w - 1 on [-1, 1]; the polynomial of degree 23 interpolates it at Chebyshev nodes
 * (residual 2e-17). The kernels evaluate the same expression in the same order (`assembly/error-function.ts`).
 */
export function erfcxDeficit(a: number): number {
  const w = (a + a) / (a + 3.75);
  const q = w - 1;
  const q2 = q * q;
  const q4 = q2 * q2;
  const p0 =
    -0.05072695176008153 +
    q4 *
      (-0.0006582305169361236 +
        q4 * (-1.255484231615736e-5 + q4 * (-4.791606541840681e-8 + q4 * 1.0904484942660287e-10)));
  const p1 =
    -0.10161755890308019 +
    q4 *
      (0.03197595452742875 +
        q4 *
          (-0.00020681474149293152 +
            q4 * (4.454447736075579e-6 + q4 * (1.1278002683676083e-7 + q4 * 2.3393877212092577e-9))));
  const p2 =
    -0.013179182297962635 +
    q4 *
      (-0.014700867218673173 +
        q4 *
          (0.00013618925250833054 +
            q4 * (8.934706646810196e-7 + q4 * (1.0493747173971449e-9 + q4 * -8.020511555945772e-12))));
  const p3 =
    0.05382676081484997 +
    q4 *
      (0.004630039085787944 +
        q4 *
          (-1.5061610011741476e-5 +
            q4 * (-7.364080747597416e-7 + q4 * (-1.7173491740991564e-8 + q4 * -1.9804803567691737e-10))));
  return w * (0.30844882394356693 + (q * p1 + (q2 * (p2 + q * p3) + q4 * p0)));
}

/**
 * erfcx(a) = exp(a^2) erfc(a) for a >= 0, relative error below 4e-16. Meaningless for a < 0: use {@link erfcx}.
 * Verified by `golden/special_functions.csv`.
 */
export function erfcxPositive(a: number): number {
  return (1 - erfcxDeficit(a)) / (1 + a);
}

/**
 * factor x e^(-x^2/scale), with the square split exactly and the large part of the exponential applied as two equal
 * factors around the rest: the tail keeps full relative accuracy and a subnormal result is rounded once.
 */
function timesExpMinusSquare(factor: number, x: number, scale: 1 | 2): number {
  const coarse = Math.round(x * 16) / 16;
  const rest = ((x - coarse) * (x + coarse)) / scale;
  const root = exp((-0.5 * coarse * coarse) / scale);
  return root * (factor * exp(-rest)) * root;
}

/** e^(x^2), with the square split exactly. */
function expSquare(x: number): number {
  const coarse = Math.round(x * 16) / 16;
  return exp(coarse * coarse) * exp((x - coarse) * (x + coarse));
}

/**
 * Scaled complementary error function exp(x^2) erfc(x) for any real x; about 1/(x sqrt(pi)) at large x, Infinity
 * below about -26.7. Verified by `golden/special_functions.csv`.
 */
export function erfcx(x: number): number {
  if (x >= 0) return x < 1e18 ? erfcxPositive(x) : 0.5641895835477563 / x;
  if (x < -26.8) return Infinity;
  return 2 * expSquare(x) - erfcxPositive(-x);
}

/** Complementary error function 1 - erf(x), accurate in relative terms wherever the result is a normal double. */
export function erfc(x: number): number {
  if (x < 0) return x > -0.4 ? 1 - erf(x) : 2 - erfc(-x);
  if (x < 0.4) return 1 - erf(x);
  if (x > 27.3) return 0;
  return timesExpMinusSquare(erfcxPositive(x), x, 1);
}

/** Error function 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x; odd, in [-1, 1]. */
export function erf(x: number): number {
  const z = x * x;
  if (z > 0.5) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
  const tail =
    -0.3761263890318374 +
    z *
      (0.11283791670954227 +
        z *
          (-0.02686617064485022 +
            z *
              (0.005223977620934993 +
                z *
                  (-0.0008548326601313971 +
                    z *
                      (0.00012055308296795711 +
                        z *
                          (-1.4924721137472728e-5 +
                            z *
                              (1.6439551639371642e-6 + z * (-1.6022858870806116e-7 + z * 1.1800511424551558e-8))))))));
  return x * 1.1283791670955126 + x * (z * tail);
}

/** Normal density phi(x), per unit of x; 0 beyond |x| about 38.6. */
export function normalPdf(x: number): number {
  if (Math.abs(x) > 39) return 0;
  return timesExpMinusSquare(INV_SQRT_2PI, x, 2);
}

/**
 * Normal distribution function Phi(x): the probability of a standard normal below x. Relative accuracy is kept in the
 * lower tail down to subnormal results. NaN for NaN. Verified by `golden/special_functions.csv`.
 */
export function normalCdf(x: number): number {
  if (x >= 0) return x > 9 ? 1 : x < 0.6 ? 0.5 + 0.5 * erf(x * SQRT1_2) : 1 - normalCdf(-x);
  if (x > -0.6) return 0.5 - 0.5 * erf(-x * SQRT1_2);
  if (x < -39) return 0;
  return timesExpMinusSquare(0.5 * erfcxPositive(-x * SQRT1_2), x, 2);
}

/** ln Phi(x): finite for every finite x, accurate in relative terms on both sides. */
export function logNormalCdf(x: number): number {
  if (x > -0.6) return log1p(-normalCdf(-x));
  if (x < -1e9) return -0.5 * x * x;
  return log(0.5 * erfcxPositive(-x * SQRT1_2)) - 0.5 * x * x;
}

/**
 * Quantile of the standard normal, Phi^-1(p): -Infinity at 0, Infinity at 1, NaN outside [0, 1]. Wichura 1988, Applied
 * Statistics 37:477, algorithm AS 241 (PPND16), valid to the smallest subnormal p. Verified by `golden/norm_inv.csv`.
 */
export function inverseNormalCdf(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return quantileCentre(q);
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p));
  const size = r <= 5 ? quantileTail(r - 1.6) : quantileFarTail(r - 5);
  return q < 0 ? -size : size;
}

/** Value of a polynomial with coefficients in ascending order of power. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i];
  return sum;
}

const CENTRE_ABOVE = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
  33430.57558358813, 2509.0809287301227,
];
const CENTRE_BELOW = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
  5226.495278852546,
];
const TAIL_ABOVE = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
  0.022723844989269184, 0.0007745450142783414,
];
const TAIL_BELOW = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
];
const FAR_ABOVE = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
];
const FAR_BELOW = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
  1.421511758316446e-7, 2.0442631033899397e-15,
];

function quantileCentre(q: number): number {
  const r = 0.180625 - q * q;
  return (q * polynomial(CENTRE_ABOVE, r)) / polynomial(CENTRE_BELOW, r);
}

function quantileTail(r: number): number {
  return polynomial(TAIL_ABOVE, r) / polynomial(TAIL_BELOW, r);
}

function quantileFarTail(r: number): number {
  return polynomial(FAR_ABOVE, r) / polynomial(FAR_BELOW, r);
}

/** phi(x)/Phi(x), the inverse Mills ratio of the lower tail: finite for every finite x, about -x far below zero. */
export function inverseMillsRatio(x: number): number {
  if (x > -0.6) return normalPdf(x) / normalCdf(x);
  return 0.7978845608028654 / erfcxPositive(-x * SQRT1_2);
}
