/** Calibrates Merton's jump diffusion to one expiry, for its minimum-variance delta. */
import { blackGreeks } from '../numeric/black.ts';
import { exp } from '../numeric/exponential.ts';
import { leastSquares } from '../numeric/least-squares.ts';
import type { SliceQuotes } from '../surface/family.ts';
import { mertonPrice, type MertonParameters } from './jump-delta.ts';

/** sigma, lambda, mean and deviation of ln J: wide enough for coins, narrow enough to keep the jumps jumps. */
const LOWER = [0.05, 0.1, -0.6, 0.01];
const UPPER = [3, 60, 0.6, 0.6];
const STEP = 1e-5;

/** A fitted model, or undefined where the search found nothing finite. Residuals are price over vega (volatility). */
export function fitMerton(slice: SliceQuotes, start: MertonParameters | undefined): MertonParameters | undefined {
  const n = slice.k.length;
  const options = Array.from(slice.k, (k, i) => {
    const side = k < 0 ? ('put' as const) : ('call' as const);
    const option = { side, forward: 1, strike: exp(k), years: slice.years };
    const black = blackGreeks({ ...option, sigma: slice.sigma[i] });
    return { option, price: black.price, vega: Math.max(black.vega, 1e-6) };
  });
  const residuals = (p: ArrayLike<number>, r: Float64Array): void => {
    const model = read(p);
    options.forEach(({ option, price, vega }, i) => (r[i] = (mertonPrice(model, option) - price) / vega));
  };
  const moved = new Float64Array(n);
  const fit = leastSquares(
    {
      parameters: 4,
      residuals: n,
      lower: LOWER,
      upper: UPPER,
      evaluate(p, r, jacobian) {
        residuals(p, r);
        if (jacobian === undefined) return true;
        const q = Float64Array.from(p);
        for (let j = 0; j < 4; j++) {
          const h = STEP * Math.max(0.01, Math.abs(p[j]));
          q[j] = p[j] + h;
          residuals(q, moved);
          for (let i = 0; i < n; i++) jacobian[i * 4 + j] = (moved[i] - r[i]) / h;
          q[j] = p[j];
        }
        return true;
      },
    },
    startOf(slice, start),
    { maxIterations: 15, costTolerance: 1e-4 },
  );
  return fit.cost < Infinity ? read(fit.p) : undefined;
}

function read(p: ArrayLike<number>): MertonParameters {
  return { sigma: p[0], lambda: p[1], jumpMean: p[2], jumpDeviation: p[3] };
}

function startOf(slice: SliceQuotes, start: MertonParameters | undefined): Float64Array {
  if (start !== undefined) return Float64Array.of(start.sigma, start.lambda, start.jumpMean, start.jumpDeviation);
  const middle = slice.sigma.reduce((least, v) => Math.min(least, v), Infinity);
  return Float64Array.of(0.85 * middle, 6, -0.05, 0.1);
}
