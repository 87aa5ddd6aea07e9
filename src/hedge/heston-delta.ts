/**
 * Minimum-variance delta of Heston's model: C_S + rho xi C_v0 / S (dv and dS are correlated: the regression of dC on dS).
 * Verified by `model_mv_deltas.csv` (13 digits).
 */
import { exp } from '../numeric/exponential.ts';
import { logMoneyness, normalisedBlack } from '../numeric/normalised-black.ts';
import { normalCdf } from '../numeric/normal.ts';
import type { HestonParameters } from '../surface/heston-characteristic.ts';
import {
  convergedWeights,
  nodeWeights,
  quadraturePlan,
  strikeSumWithGradient,
  type NodeWeights,
} from '../surface/heston.ts';

/** Undiscounted price and deltas of one option on a forward, coin per coin; NaN outside the model's domain. */
export interface HestonDeltas {
  /** V, USD. */
  readonly price: number;
  /** dV/dF at fixed variance. */
  readonly partial: number;
  /** dV/dv0, USD per unit of variance. */
  readonly varianceVega: number;
  /** dV/dF + rho sigma dV/dv0 / F, sigma the volatility of variance. */
  readonly minimumVariance: number;
}

/** Truncation and spacing (standard deviations between images of the density) of the quick grid. */
const QUICK_TRUNCATION = 1e-9;
const QUICK_SPREAD = 16;

/** One expiry of a Heston model, good for strikes up to |k| <= reach: one integral serves them all. */
export class HestonExpiry {
  readonly #p: HestonParameters;
  readonly #weights: NodeWeights | undefined;
  readonly #reach: number;
  readonly #gradient = new Float64Array(5);

  /**
   * `years` > 0; `reach` is the largest |ln(K/F)| that will be asked for. `exact` converges the integral to 1e-15 of the
   * forward; `quick` takes one planned grid (about 1e-8), enough for a hedge ratio and several times faster.
   */
  constructor(p: HestonParameters, years: number, reach: number, precision: 'exact' | 'quick' = 'exact') {
    this.#p = p;
    this.#reach = reach;
    if (precision === 'exact')
      this.#weights = convergedWeights(p, years, [-reach, -0.5 * reach, 0, 0.5 * reach, reach], true);
    else {
      const plan = quadraturePlan(p, years, reach, QUICK_TRUNCATION, QUICK_SPREAD);
      this.#weights = plan === undefined ? undefined : nodeWeights(p, years, plan, true);
    }
  }

  /** Price and deltas at one strike; forward and strike in USD. */
  deltas(side: 'call' | 'put', forward: number, strike: number): HestonDeltas {
    const w = this.#weights;
    const k = -logMoneyness(forward, strike);
    if (w === undefined || !(Math.abs(k) <= this.#reach)) {
      return { price: NaN, partial: NaN, varianceVega: NaN, minimumVariance: NaN };
    }
    const distance = Math.abs(k);
    const s = Math.sqrt(w.variance);
    const scale = exp(0.5 * k);
    const integral = strikeSumWithGradient(w, k, this.#gradient, 0);
    const beta = normalisedBlack(-distance, s, exp(-0.5 * distance));
    const outside = scale * (beta - integral);
    // d/dk of e^(k/2) (b - I): out-of-the-money price over forward.
    const slope = 0.5 * outside + scale * (normalisedSlope(k, s) - integralSlope(w, k));
    const isCallOutside = k >= 0;
    const outsideDelta = outside - slope;
    let partial = outsideDelta;
    let unit = outside;
    if (isCallOutside && side === 'put') {
      partial = outsideDelta - 1;
      unit = outside - 1 + exp(k);
    } else if (!isCallOutside && side === 'call') {
      partial = outsideDelta + 1;
      unit = outside + 1 - exp(k);
    }
    const varianceVega = -forward * scale * this.#gradient[4];
    return {
      price: forward * unit,
      partial,
      varianceVega,
      minimumVariance: partial + (this.#p.rho * this.#p.sigma * varianceVega) / forward,
    };
  }
}

/** db/dk of the normalised out-of-the-money Black price. */
function normalisedSlope(k: number, s: number): number {
  const x = -Math.abs(k);
  const slope = 0.5 * (exp(0.5 * x) * normalCdf(x / s + 0.5 * s) + exp(-0.5 * x) * normalCdf(x / s - 0.5 * s));
  return k >= 0 ? -slope : slope;
}

/** dI/dk of the Lewis integral I(k) = sum Re(e^(-iuk) w). */
function integralSlope(w: NodeWeights, k: number): number {
  let sum = 0;
  for (let j = 0; j <= w.count; j++) {
    const u = j * w.step;
    sum += u * (Math.cos(u * k) * w.im[j] - Math.sin(u * k) * w.re[j]);
  }
  return sum;
}

/** Price and deltas of one option under Heston's model on a forward. */
export function hestonDeltas(
  p: HestonParameters,
  option: {
    readonly side: 'call' | 'put';
    readonly forward: number;
    readonly strike: number;
    readonly years: number;
  },
): HestonDeltas {
  const k = Math.abs(logMoneyness(option.forward, option.strike));
  return new HestonExpiry(p, option.years, Math.max(k, 0.01)).deltas(option.side, option.forward, option.strike);
}
