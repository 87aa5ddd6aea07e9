/**
 * Skew-stickiness ratio: the slope of d sigma_atm on ln-forward moves over the ATM skew d sigma/dk (Bergomi 2009;
 * Friz and Gatheral 2024). Verified by `ssr_expected.csv`.
 */
import { classicalErrors, linearRegression, robustErrors, type Dependence } from './linear-regression.ts';

/** One step of the ATM volatility of one tenor. */
export interface SkewStep {
  /** dlnF over the step. */
  readonly logForwardChange: number;
  /** Change of ATM volatility, per root year. */
  readonly atmChange: number;
  /** d sigma/dk at the money at the start, per unit log-moneyness. */
  readonly skew: number;
}

/** Estimated ratio. */
export interface SkewStickiness {
  /** d sigma_atm per unit dlnF, no intercept, with classical and robust errors. */
  readonly beta: number;
  readonly classicalError: number;
  readonly robustError: number;
  /** Ratio: the slope of d sigma_atm on skew x dlnF (beta/skew where the skew is constant), and its errors. */
  readonly ratio: number;
  readonly ratioClassicalError: number;
  readonly ratioRobustError: number;
  readonly n: number;
}

/** Both slopes without intercept; undefined with fewer than 3 steps or no variation. */
export function skewStickiness(steps: readonly SkewStep[], dependence: Dependence = {}): SkewStickiness | undefined {
  if (steps.length < 3) return undefined;
  const y = Float64Array.from(steps, (s) => s.atmChange);
  const plain = Float64Array.from(steps, (s) => s.logForwardChange);
  const scaled = Float64Array.from(steps, (s) => s.logForwardChange * s.skew);
  const level = linearRegression(plain, y, 1);
  const ratio = linearRegression(scaled, y, 1);
  if (level === undefined || ratio === undefined) return undefined;
  return {
    beta: level.coefficients[0],
    classicalError: classicalErrors(level)[0],
    robustError: robustErrors(level, plain, dependence)[0],
    ratio: ratio.coefficients[0],
    ratioClassicalError: classicalErrors(ratio)[0],
    ratioRobustError: robustErrors(ratio, scaled, dependence)[0],
    n: steps.length,
  };
}
