/**
 * Diebold and Mariano's test (1995, J. Business and Economic Statistics 13:253) that two hedges lose equally, with the
 * Newey-West long-run variance. Verified by `dm_test_expected.csv`.
 */
import { normalCdf } from '../numeric/normal.ts';

/** 97.5 % point of the normal. */
const Z_975 = 1.959963984540054;

/** Result of the test; the mean has the unit of the differences. */
export interface DieboldMariano {
  readonly mean: number;
  /** Bartlett-weighted sum of autocovariances (about the mean, over n). */
  readonly longRunVariance: number;
  readonly standardError: number;
  /** mean/se; normal under equal expected losses. */
  readonly statistic: number;
  /** Two-sided. */
  readonly pValue: number;
  /** 95 % interval of the mean. */
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/**
 * Test of loss differences in order of time, one a time step: sum a panel by time first. `lags` of at least two days of
 * data (8 for six-hourly steps). NaN fields when the variance vanishes or n < 2.
 */
export function dieboldMariano(differences: ArrayLike<number>, lags: number): DieboldMariano {
  const n = differences.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += differences[i];
  mean /= n;
  let variance = 0;
  for (let lag = 0; lag <= Math.min(lags, n - 1); lag++) {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += (differences[i] - mean) * (differences[i - lag] - mean);
    variance += (lag === 0 ? 1 : 2 * (1 - lag / (lags + 1))) * (sum / n);
  }
  const standardError = n >= 2 && variance > 0 ? Math.sqrt(variance / n) : NaN;
  const statistic = mean / standardError;
  return {
    mean,
    longRunVariance: variance,
    standardError,
    statistic,
    pValue: 2 * normalCdf(-Math.abs(statistic)),
    low: mean - Z_975 * standardError,
    high: mean + Z_975 * standardError,
    n,
  };
}
