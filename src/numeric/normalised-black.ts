/**
 * The Black-76 formula reduced to two numbers: log-moneyness and total volatility. On the out-of-the-money side, with
 * x = -|ln(F/K)| <= 0, s = sigma sqrt(T), h = x/s, t = s/2 and undiscounted price divided by sqrt(F K),
 *
 *     b(x, s) = e^(x/2) N(h + t) - e^(-x/2) N(h - t) = 1/2 e^(-(h^2 + t^2)/2) [erfcx(y - tau) - erfcx(y + tau)],
 *     y = -h/sqrt(2), tau = t/sqrt(2)          (Jaeckel 2015, Let's Be Rational, Wilmott 75, equations 2.1 and 6.10).
 *
 * The kernels (`assembly/`) repeat these expressions in the same order, so that both give the same bits.
 */
import { exp, expm1, log } from './exponential.ts';
import { erfcxDeficit, SQRT1_2 } from './normal.ts';

/** Below this exponent the kernels and their twins flush e^x to zero (e^-708 is the last comfortable normal double). */
const LOWEST_EXPONENT = -708;

/** e^x for x <= 0, flushed to zero below -708. */
export function decay(x: number): number {
  return x < LOWEST_EXPONENT ? 0 : exp(x);
}

/**
 * x = -|ln(F/K)| from the smaller and the larger of forward and strike (both positive, one unit). Near the money the
 * difference is exact and ln(1 + z) keeps it: rounding F/K first is where reference solvers lose their last digits.
 */
export function logMoneynessBelow(lower: number, higher: number): number {
  const near = lower > 0.5 * higher;
  const z = (lower - higher) / higher;
  const u = near ? 1 + z : lower / higher;
  const correction = near ? (z - (u - 1)) / u : 0;
  return log(u) + correction;
}

/** ln(forward/strike), accurate to the last digits near the money; NaN unless both are positive. */
export function logMoneyness(forward: number, strike: number): number {
  if (!(forward > 0 && strike > 0)) return NaN;
  return forward <= strike ? logMoneynessBelow(forward, strike) : -logMoneynessBelow(strike, forward);
}

/** Below this square, e^(a^2) - 1 has its own polynomial; see {@link normalisedBlack}. */
const SMALL_SQUARE = 0.3465;

/**
 * Normalised out-of-the-money Black price b(x, s), dimensionless, in [0, e^(x/2)). Written so that nothing cancels:
 * with a = |y - tau|, c = y + tau and E = 1 - (1 + a) erfcx(a) the deficit, below the inflexion (y >= tau)
 *
 *     erfcx(a) - erfcx(c) = [(1 + y)(E(c) - E(a)) + tau (2 - E(a) - E(c))] / ((1 + a)(1 + c)),
 *
 * above it b = g (e^(a^2) - 1 + [1 - erfcx(a)]/2 + [1 - erfcx(c)]/2) for small a, and e^(x/2) less the rest otherwise.
 * @param x log-moneyness -|ln(F/K)| <= 0
 * @param s total volatility sigma sqrt(T) > 0
 * @param rootRatio e^(x/2) = sqrt(min(F, K)/max(F, K))
 */
export function normalisedBlack(x: number, s: number, rootRatio: number): number {
  const h = x / s;
  const t = 0.5 * s;
  const y = -h * SQRT1_2;
  const tau = t * SQRT1_2;
  const a = Math.abs(y - tau);
  const c = y + tau;
  return combine(y, tau, a, c, erfcxDeficit(a), erfcxDeficit(c), decay(-0.5 * (h * h + t * t)), rootRatio);
}

/**
 * b from its parts: y, tau, a = |y - tau|, c = y + tau, the erfcx deficits pa and pc of a and c, and
 * g = e^(-(h^2 + t^2)/2). For callers that need the parts for derivatives too; see {@link normalisedBlack}.
 */
export function combine(
  y: number,
  tau: number,
  a: number,
  c: number,
  pa: number,
  pc: number,
  g: number,
  rootRatio: number,
): number {
  // prettier-ignore
  const ua = 1 + a;
  const uc = 1 + c;
  const inverse = 1 / (ua * uc);
  if (y >= tau) return g * (0.5 * ((1 + y) * (pc - pa) + tau * (2 - (pa + pc))) * inverse);
  const square = a * a;
  if (square < SMALL_SQUARE) return g * (expm1(square) + 0.5 * ((a + pa) * uc + (c + pc) * ua) * inverse);
  return rootRatio - g * (0.5 * ((1 - pa) * uc + (1 - pc) * ua) * inverse);
}
