/**
 * Fit of Hull and White's minimum-variance delta: y = dV - Delta dF regressed on vega dF/(F sqrt T) {1, Delta, Delta^2}
 * without intercept, calls and puts apart (Hull and White 2017, J. Banking and Finance 82:180, eqs 5-6).
 * Verified by `hw_regression_expected.csv`.
 */
import { HUBER_95, MAD_TO_SD, huberWeight, median } from '../numeric/robust.ts';
import { exp } from '../numeric/exponential.ts';
import { classicalErrors, linearRegression, robustErrors } from './linear-regression.ts';
import type { HullWhiteCoefficients } from './smile-delta.ts';

/** One option over one step. */
export interface HullWhiteObservation {
  /** Epoch ms of the end of the step. */
  readonly at: number;
  /** F at the start, USD, > 0. */
  readonly forward: number;
  /** dF over the step, USD. */
  readonly forwardChange: number;
  /** Black's Delta at the start, signed. */
  readonly delta: number;
  /** Black's vega at the start, USD per 1.00. */
  readonly vega: number;
  /** T at the start, years, > 0. */
  readonly years: number;
  /** y = dV - Delta dF, USD. */
  readonly unexplained: number;
}

/** How to fit. */
export interface HullWhiteOptions {
  /** Huber's threshold in robust standard deviations of the residual; 0 = least squares. */
  readonly huber?: number;
  /** Age at which an observation counts half, ms; absent = all equal. */
  readonly halfLife?: number;
  /** Fewer observations than this give no fit; default 50. */
  readonly minimum?: number;
}

/** Fitted coefficients with their errors, or why there are none. */
export type HullWhiteFit =
  | {
      readonly status: 'fitted';
      readonly coefficients: HullWhiteCoefficients;
      /** Classical and HC0 standard errors of a, b, c. */
      readonly standardErrors: readonly number[];
      readonly robustErrors: readonly number[];
      /** Sums of squares with Black's delta and with the fitted one, USD squared (unweighted). */
      readonly squaresBlack: number;
      readonly squaresMinimumVariance: number;
      /** 1 - SSE_MV/SSE_Black, in the sample of the fit. */
      readonly gain: number;
      readonly n: number;
    }
  | { readonly status: 'too-few-observations' | 'collinear'; readonly n: number };

/** Rounds of reweighting; the scale of the residuals is settled in the first of them. */
const ROUNDS = 20;
const SCALE_ROUNDS = 4;

/** Fits one side. Observations in any order; those with a number that is not finite are the caller's to leave out. */
export function fitHullWhite(
  observations: readonly HullWhiteObservation[],
  options: HullWhiteOptions = {},
): HullWhiteFit {
  const n = observations.length;
  if (n < Math.max(4, options.minimum ?? 50)) return { status: 'too-few-observations', n };
  const design = new Float64Array(3 * n);
  const y = new Float64Array(n);
  let newest = -Infinity;
  observations.forEach((o, i) => {
    const x = (o.vega * o.forwardChange) / (o.forward * Math.sqrt(o.years));
    design[3 * i] = x;
    design[3 * i + 1] = x * o.delta;
    design[3 * i + 2] = x * o.delta * o.delta;
    y[i] = o.unexplained;
    newest = Math.max(newest, o.at);
  });
  const recency = new Float64Array(n).fill(1);
  const { halfLife, huber = 0 } = options;
  if (halfLife !== undefined)
    observations.forEach((o, i) => (recency[i] = exp((-(newest - o.at) * 0.6931471805599453) / halfLife)));
  const weights = Float64Array.from(recency);
  const rounds = huber > 0 ? ROUNDS : 0;
  let fit = linearRegression(design, y, 3, weights);
  let scale = 0;
  for (let round = 0; round < rounds && fit !== undefined; round++) {
    if (round < SCALE_ROUNDS) scale = MAD_TO_SD * median(fit.residuals.map(Math.abs));
    if (!(scale > 0)) break;
    const before = fit.coefficients;
    for (let i = 0; i < n; i++) weights[i] = recency[i] * huberWeight(fit.residuals[i] / scale, huber);
    const next = linearRegression(design, y, 3, weights);
    fit = next;
    if (next !== undefined && next.coefficients.every((v, j) => Math.abs(v - before[j]) < 1e-8)) break;
  }
  if (fit === undefined) return { status: 'collinear', n };
  let squaresBlack = 0;
  let squaresMinimumVariance = 0;
  for (let i = 0; i < n; i++) {
    squaresBlack += y[i] * y[i];
    squaresMinimumVariance += fit.residuals[i] * fit.residuals[i];
  }
  const [a, b, c] = fit.coefficients;
  return {
    status: 'fitted',
    coefficients: { a, b, c },
    standardErrors: [...classicalErrors(fit)],
    robustErrors: [...robustErrors(fit, design, {}, weights)],
    squaresBlack,
    squaresMinimumVariance,
    gain: 1 - squaresMinimumVariance / squaresBlack,
    n,
  };
}

/**
 * Rolling fits of both sides: feed it in order of time, read coefficients that know only the past. Holds at most
 * `capacity` observations a side (oldest leave first) and forgets those older than the window.
 */
export class RollingHullWhite {
  readonly #sides = { call: [] as HullWhiteObservation[], put: [] as HullWhiteObservation[] };
  readonly #windowMs: number;
  readonly #capacity: number;
  readonly #options: HullWhiteOptions;

  /** `windowMs` of history a fit may use; options as of {@link fitHullWhite}. */
  constructor(windowMs: number, options: HullWhiteOptions = { huber: HUBER_95 }, capacity: number = 10_000) {
    this.#windowMs = windowMs;
    this.#options = options;
    this.#capacity = capacity;
  }

  /** Adds a step that has ended. */
  add(side: 'call' | 'put', observation: HullWhiteObservation): void {
    this.#sides[side].push(observation);
  }

  /** The fit of a side from what ended at or before `at`, epoch ms. */
  fit(side: 'call' | 'put', at: number): HullWhiteFit {
    const held = this.#sides[side];
    let first = 0;
    while (first < held.length && held[first].at < at - this.#windowMs) first++;
    first = Math.max(first, held.length - this.#capacity);
    if (first > 0) held.splice(0, first);
    return fitHullWhite(
      held.filter((o) => o.at <= at),
      this.#options,
    );
  }
}
