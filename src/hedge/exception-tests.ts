/**
 * Tests of the number and the clustering of exceptions: days on which a loss exceeded its predicted quantile.
 * At 250 days and 1 % the likelihood-ratio test rejects a correct model in 9.5 % of cases instead of 5 and finds a
 * doubled rate in 24 %: the exact binomial tail and the e-process of `e-backtest.ts` stand beside it.
 */
import { erfc } from '../numeric/normal.ts';
import { exp, log, log1p } from '../numeric/exponential.ts';

/** A likelihood ratio with its asymptotic p-value. */
export interface LikelihoodRatio {
  readonly statistic: number;
  readonly pValue: number;
}

/** x ln y with 0 ln 0 = 0. */
function xLog(x: number, y: number): number {
  return x === 0 ? 0 : x * log(y);
}

/** Upper tail of chi-squared with 1 or 2 degrees of freedom. */
function chiSquaredTail(x: number, degrees: 1 | 2): number {
  const value = Math.max(0, x);
  return degrees === 1 ? erfc(Math.sqrt(0.5 * value)) : exp(-0.5 * value);
}

/** Kupiec's proportion-of-failures test (1995, J. Derivatives 3:73): x exceptions in n at probability p. */
export function kupiec(exceptions: number, n: number, probability: number): LikelihoodRatio {
  const share = exceptions / n;
  const free = xLog(exceptions, share) + xLog(n - exceptions, 1 - share);
  const bound = xLog(exceptions, probability) + xLog(n - exceptions, 1 - probability);
  const statistic = 2 * (free - bound);
  return { statistic, pValue: chiSquaredTail(statistic, 1) };
}

/** Christoffersen's tests (1998, International Economic Review 39:841) on a sequence of exceptions in order of time. */
export interface Christoffersen {
  /** Do exceptions follow exceptions? */
  readonly independence: LikelihoodRatio;
  /** Rate and independence together. */
  readonly conditionalCoverage: LikelihoodRatio;
  readonly exceptions: number;
  readonly n: number;
}

/** Both tests; a sequence without transitions from an exception gives an independence statistic of 0. */
export function christoffersen(hits: readonly boolean[], probability: number): Christoffersen {
  let [n00, n01, n10, n11, exceptions] = [0, 0, 0, 0, 0];
  hits.forEach((hit, i) => {
    if (hit) exceptions++;
    if (i === 0) return;
    const before = hits[i - 1];
    if (before && hit) n11++;
    else if (before) n10++;
    else if (hit) n01++;
    else n00++;
  });
  const from0 = n00 + n01 > 0 ? n01 / (n00 + n01) : 0;
  const from1 = n10 + n11 > 0 ? n11 / (n10 + n11) : 0;
  const pooled = (n01 + n11) / (n00 + n01 + n10 + n11);
  const free = xLog(n00, 1 - from0) + xLog(n01, from0) + xLog(n10, 1 - from1) + xLog(n11, from1);
  const bound = xLog(n00 + n10, 1 - pooled) + xLog(n01 + n11, pooled);
  const statistic = Math.max(0, 2 * (free - bound));
  const both = statistic + kupiec(exceptions, hits.length, probability).statistic;
  return {
    independence: { statistic, pValue: chiSquaredTail(statistic, 1) },
    conditionalCoverage: { statistic: both, pValue: chiSquaredTail(both, 2) },
    exceptions,
    n: hits.length,
  };
}

/** P(X >= x) of a binomial, exactly: one-sided evidence that exceptions are too many. */
export function binomialTail(exceptions: number, n: number, probability: number): number {
  if (exceptions <= 0) return 1;
  let logTerm = n * log1p(-probability);
  const odds = log(probability) - log1p(-probability);
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    if (k > 0) logTerm += log((n - k + 1) / k) + odds;
    if (k >= exceptions) sum += exp(logTerm);
  }
  return Math.min(1, sum);
}

/** Basel's colour and multiplier of exceptions in 250 days at 1 % (MAR32.9): 0-4 green, 5-9 amber, 10 and more red. */
export function baselMultiplier(exceptions: number): {
  readonly zone: 'green' | 'amber' | 'red';
  readonly multiplier: number;
} {
  const zone = exceptions <= 4 ? 'green' : exceptions <= 9 ? 'amber' : 'red';
  const amber = [1.7, 1.76, 1.83, 1.88, 1.92];
  return { zone, multiplier: zone === 'green' ? 1.5 : zone === 'amber' ? amber[exceptions - 5] : 2 };
}
