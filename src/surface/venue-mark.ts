import type { Features, Fit, MonitoredModel, Observations, Predictions } from '../model/contract.ts';
import { atmVolatility } from './selection.ts';

/**
 * The venue's own mark volatilities as a monitored model: a benchmark, never the truth. A version is the table
 * [k_0, sigma_0, k_1, sigma_1, ...] of one batch, k ascending; it predicts the next batch by linear interpolation at
 * unchanged k (sticky moneyness, the same dynamics rule as the calibrated smiles), flat beyond the ends.
 */
export const venueMark: MonitoredModel = {
  name: 'venue-mark',
  kind: 'surface',
  calibrated: false,
  parameterNames: [],
  predict: predictFromTable,
  features: tableFeatures,
  fit: () => ({ status: 'not-calibrated-here', parameters: [], covariance: [], numbers: {} }),
  guard: () => [],
};

/** The table of one batch; null with fewer than two marks. */
export function venueMarkParameters(batch: Observations): number[] | null {
  const table: number[] = [];
  let last = -Infinity;
  for (let i = 0; i < batch.k.length; i++) {
    if (!(batch.venueValue[i] > 0) || !(batch.k[i] > last)) continue;
    last = batch.k[i];
    table.push(batch.k[i], batch.venueValue[i]);
  }
  return table.length >= 4 ? table : null;
}

/**
 * Predicts from a fit whose parameters are a table [k_0, sigma_0, k_1, sigma_1, ...], k ascending (fractions), of at
 * least one point: linear between the points at unchanged k, flat beyond them, with no error of its own.
 */
export function predictFromTable(fit: Fit, batch: Observations, out: Predictions): void {
  const t = fit.parameters;
  const n = t.length / 2;
  let j = 0;
  for (let i = 0; i < batch.k.length; i++) {
    const k = batch.k[i];
    while (j < n && t[2 * j] < k) j++;
    out.sd[i] = 0;
    if (j === 0) out.mean[i] = t[1];
    else if (j === n) out.mean[i] = t[2 * n - 1];
    else {
      const weight = (k - t[2 * j - 2]) / (t[2 * j] - t[2 * j - 2]);
      out.mean[i] = t[2 * j - 1] + weight * (t[2 * j + 1] - t[2 * j - 1]);
    }
  }
}

/** ATM volatility (fraction) of such a table: all that it identifies without a model of its shape. */
export function tableFeatures(fit: Fit): Features {
  const k = fit.parameters.filter((_, i) => i % 2 === 0);
  const sigma = fit.parameters.filter((_, i) => i % 2 === 1);
  return { names: ['atm_vol'], phi: [atmVolatility(k, sigma)], covariance: [] };
}
