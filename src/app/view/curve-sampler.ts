import { modelNamed } from '../../engine/models.ts';
import type { Fit, Observations, Predictions } from '../../model/contract.ts';

/** A model's volatilities on a grid of k, with one standard error of the fit. */
export interface SampledCurve {
  readonly k: Float64Array;
  readonly sigma: Float64Array;
  readonly sd: Float64Array;
}

/** Points of a drawn curve. */
export const CURVE_POINTS = 61;

/** Evaluates a fit at the given log-moneynesses through the model contract; the fit's own forward gives the strikes. */
export function sampleFit(fit: Fit, k: Float64Array): SampledCurve {
  const out: Predictions = { mean: new Float64Array(k.length), sd: new Float64Array(k.length) };
  modelNamed(fit.model).predict(fit, gridAt(fit, k), out);
  return { k, sigma: out.mean, sd: out.sd };
}

/** Range of k that the fit's own data covered; null when it does not say. */
export function quotedRange(fit: Fit): { readonly low: number; readonly high: number } | null {
  if (fit.model === 'venue-mark') {
    const { parameters } = fit;
    return parameters.length < 4 ? null : { low: parameters[0], high: parameters[parameters.length - 2] };
  }
  const { kLow, kHigh } = fit.numbers;
  return Number.isFinite(kLow) && kHigh > kLow ? { low: kLow, high: kHigh } : null;
}

/** An even grid, both ends included. */
export function evenGrid(low: number, high: number, points: number): Float64Array {
  return Float64Array.from({ length: points }, (_, i) => low + ((high - low) * i) / (points - 1));
}

/** Nothing was observed on a grid: what has no value is NaN. */
function gridAt(fit: Fit, k: Float64Array): Observations {
  const none = new Float64Array(k.length).fill(NaN);
  return {
    at: fit.at,
    years: fit.years,
    forward: fit.forward,
    k,
    x: none,
    strike: k.map((v) => fit.forward * Math.exp(v)),
    value: none,
    noise: none,
    low: none,
    high: none,
    venueValue: none,
  };
}
