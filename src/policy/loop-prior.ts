import type { Features, FitJob } from '../model/contract.ts';
import { choleskyInPlace } from '../numeric/linear-solve.ts';

/** The step from the champion to its next fit: what is known before the quotes are looked at. */
export interface PriorStep {
  /** Features of the champion: ATM volatility, skew per x, curvature per x squared (volatility fractions). */
  readonly features: Features;
  /** T at the champion's fit and now, years. */
  readonly yearsAtFit: number;
  readonly years: number;
  readonly ageSeconds: number;
  /** s_R^2, learnt innovation variance of the level, (volatility fraction)^2 / s. */
  readonly variancePerSecond: number;
  /** Multiplies the process noise: 1 usually, {@link CHANGE} once after a change, 10 under stress. */
  readonly noise: number;
  /** Innovation (b0, b1, b2) of the batch that showed the change; null when there was none. */
  readonly innovation: readonly [number, number, number] | null;
  /** Largest share of an innovation that the fit may follow, in (0, 1]. */
  readonly gain: number;
}

/** The process noise after a change. Source: methods.md 6.2. */
export const CHANGE = 25;
/** Standard deviations of skew and curvature innovations as shares of the level's (curvature = 2 b2). */
const SHARES = [1, 0.45, 0.5] as const;
/** No coordinate is known better than this, volatility fraction. */
const LEAST_SD = 1e-4;
/** A coordinate known worse than this is not known. */
const MOST_SD = 5;

/**
 * N(phi, P + Q dt) for a fit one step on: one step of an extended Kalman filter in the identified coordinates. Under
 * sticky moneyness phi moves only because x does: skew by sqrt(T/T_fit), curvature by T/T_fit. Q is the learnt noise of
 * the horizon; after a change a coordinate's variance is at least its innovation squared, so that the prior does not
 * hold back what the market has shown. Null when the champion's covariance says nothing. Source: methods.md 6.2.
 */
export function priorOf(step: PriorStep): NonNullable<FitJob['prior']> | null {
  const { phi, covariance } = step.features;
  if (covariance.length !== 9 || ![0, 4, 8].every((i) => covariance[i] > 0)) return null;
  const root = Math.sqrt(step.years / step.yearsAtFit);
  const turn = [1, root, root * root];
  const scale = [0, 1, 2].map((i) => {
    const own = turn[i] * turn[i] * covariance[4 * i];
    const drift = SHARES[i] * SHARES[i] * step.variancePerSecond * step.ageSeconds * step.noise;
    const shown = step.innovation === null ? 0 : step.innovation[i] * (i === 2 ? 2 : 1);
    const wanted = Math.max(own + Math.max(drift, shown * shown), LEAST_SD * LEAST_SD);
    // K = P / (P + R), with the champion's own variance for the R of a batch like its own.
    return step.gain < 1
      ? Math.min(wanted, Math.max((own * step.gain) / (1 - step.gain), LEAST_SD * LEAST_SD))
      : wanted;
  });
  if (!scale.every((v) => v <= MOST_SD * MOST_SD)) return null;
  const own = [0, 1, 2].map((i) => Math.min(scale[i], turn[i] * turn[i] * covariance[4 * i]));
  const joint = (factor: number): number[] => {
    const p: number[] = [];
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) {
        const rho = covariance[3 * Math.min(i, j) + Math.max(i, j)] / Math.sqrt(covariance[4 * i] * covariance[4 * j]);
        p.push(i === j ? scale[i] : factor * rho * Math.sqrt(own[i] * own[j]));
      }
    return p;
  };
  const mean = phi.map((v, i) => v * turn[i]);
  // Nearly collinear factors can round to an indefinite matrix: then each is believed by itself.
  const p = joint(CORRELATION);
  return { mean, covariance: choleskyInPlace(Float64Array.from(p), 3) ? p : joint(0) };
}

/** Share of the correlations that is kept, so that no combination of factors is held tighter than its parts justify. */
const CORRELATION = 0.95;
