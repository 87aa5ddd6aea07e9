/**
 * Merton's jump diffusion (1976): price, delta, and the minimum-variance delta
 *
 *     Delta_MV = (sigma^2 F V_F + lambda E[(J - 1)(V(FJ) - V(F))]) / (F (sigma^2 + lambda E[(J - 1)^2])),
 *
 * the regression of dV on dF when both diffuse and jump (Cont, Tankov and Voltchkova 2007). ln J is normal; every
 * expectation is the same Poisson series under a shifted measure, so nothing is integrated numerically.
 * Verified by `model_mv_deltas.csv`.
 */
import { blackGreeks } from '../numeric/black.ts';
import { exp } from '../numeric/exponential.ts';

/** Parameters of the jump diffusion of a forward. */
export interface MertonParameters {
  /** Diffusive volatility, per root year, > 0. */
  readonly sigma: number;
  /** Jumps a year, >= 0. */
  readonly lambda: number;
  /** Mean of ln J. */
  readonly jumpMean: number;
  /** Standard deviation of ln J, >= 0. */
  readonly jumpDeviation: number;
}

/** Undiscounted price and deltas of one option, coin per coin. */
export interface MertonDeltas {
  readonly price: number;
  readonly partial: number;
  readonly minimumVariance: number;
}

interface OnForward {
  readonly side: 'call' | 'put';
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
}

/** Terms of the series: past them the Poisson weight of any sensible lambda T is below 1e-20 of the price. */
const MAX_TERMS = 200;

/** sum_n Poisson(n) Black(F_n, v_n) with the forward scaled and the total variance raised: price and dV/dF. */
function series(p: MertonParameters, o: OnForward, scale: number, extraVariance: number): [number, number] {
  const { sigma, lambda, jumpMean, jumpDeviation } = p;
  const jumpVariance = jumpDeviation * jumpDeviation;
  const logMean = jumpMean + 0.5 * jumpVariance;
  const compensator = exp(logMean) - 1;
  const mean = lambda * o.years;
  let weight = exp(-mean);
  let price = 0;
  let delta = 0;
  for (let n = 0; n < MAX_TERMS; n++) {
    if (n > 0) weight *= mean / n;
    const shift = exp(n * logMean - mean * compensator) * scale;
    const variance = sigma * sigma * o.years + n * jumpVariance + extraVariance;
    const black = blackGreeks({
      side: o.side,
      forward: o.forward * shift,
      strike: o.strike,
      years: 1,
      sigma: Math.sqrt(variance),
    });
    price += weight * black.price;
    delta += weight * black.delta * shift;
    if (n > mean && weight < 1e-18) break;
  }
  return [price, delta];
}

/** Price V, USD; undiscounted. */
export function mertonPrice(p: MertonParameters, option: OnForward): number {
  return series(p, option, 1, 0)[0];
}

/** Price, partial and minimum-variance delta; NaN outside the domain of the parameters. */
export function mertonDeltas(p: MertonParameters, option: OnForward): MertonDeltas {
  const [price, partial] = series(p, option, 1, 0);
  const jumpVariance = p.jumpDeviation * p.jumpDeviation;
  const meanJump = exp(p.jumpMean + 0.5 * jumpVariance);
  const secondMoment = exp(2 * p.jumpMean + 2 * jumpVariance);
  // E[V(FJ)], and E[J V(FJ)] = E[J] E'[V(FJ)] with ln J shifted by its variance under the measure of J.
  const after = series(p, option, meanJump, jumpVariance)[0];
  const tilted = meanJump * series(p, option, meanJump * exp(jumpVariance), jumpVariance)[0];
  const jumpCovariance = tilted - after - (meanJump - 1) * price;
  const jumpSquare = secondMoment - 2 * meanJump + 1;
  const diffusive = p.sigma * p.sigma;
  return {
    price,
    partial,
    minimumVariance:
      (diffusive * option.forward * partial + p.lambda * jumpCovariance) /
      (option.forward * (diffusive + p.lambda * jumpSquare)),
  };
}
