/**
 * Moments of an exponential decay over an interval, e_n(x) = integral over u from 0 to 1 of u^(n-1) e^(-x u):
 * e1 = (1 - e^-x)/x, e2 = (1 - (1+x) e^-x)/x^2. What an interval of flat hazard and flat interest pays is B0 dh e1(x), what
 * accrues on default in it B0 dh dt e2(x), with x = dh + dr of either sign.
 */
import { expm1 } from '../numeric/exponential.ts';

/** Below this |x| the closed forms lose digits (the market's code switches at 1e-5, far too late). */
const SERIES = 0.1;

/** Slots of the output of {@link decayMoments}. */
export const DECAY = 0;
/** Slot of e1. */
export const E1 = 1;
/** Slot of e2 = -de1/dx. */
export const E2 = 2;
/** Slot of e3 = -de2/dx. */
export const E3 = 3;

/**
 * Writes e^-x, e1, e2, e3 into `out`; relative error below 1e-14 (of e3, a slope, below 1e-13). Inside |x| < 0.1 the third moment is its
 * power series to the last bit (coefficients (-1)^k / (k! (k + 3))) and the others follow from the recurrences
 * e1 = x e2 + e^-x and 2 e2 = x e3 + e^-x, which lose nothing there.
 */
export function decayMoments(x: number, out: Float64Array): void {
  if (x < SERIES && x > -SERIES) {
    const xx = x * x;
    const even =
      1 / 3 + xx * (0.1 + xx * (0.005952380952380952 + xx * (1.5432098765432098e-4 + xx * 2.2546897546897547e-6)));
    const odd =
      0.25 +
      xx *
        (0.027777777777777776 + xx * (0.0010416666666666667 + xx * (1.984126984126984e-5 + xx * 2.296443268665491e-7)));
    const e3 = even - x * odd;
    const e1 = (1 + x * 0.5 + 0.5 * xx * e3) / (1 + x + 0.5 * xx);
    const decay = 1 - x * e1;
    out[DECAY] = decay;
    out[E1] = e1;
    out[E2] = 0.5 * (x * e3 + decay);
    out[E3] = e3;
    return;
  }
  const fall = expm1(-x);
  const decay = 1 + fall;
  const e1 = -fall / x;
  const e2 = (e1 - decay) / x;
  out[DECAY] = decay;
  out[E1] = e1;
  out[E2] = e2;
  out[E3] = (2 * e2 - decay) / x;
}
