/**
 * A family's record on one portfolio, in the figures that auditors, desks and supervisors ask for: effectiveness,
 * attribution lights, exceptions of the stated band, classical drift charts. Descriptions; nothing alarms on them.
 */
import { log } from '../numeric/exponential.ts';
import { attributionTest, type Attribution } from './attribution-lights.ts';
import { dieboldMariano, type DieboldMariano } from './diebold-mariano.ts';
import { initDriftChart, updateDriftChart } from './drift-chart.ts';
import { initEBacktest, quantileEValue, updateEBacktest } from './e-backtest.ts';
import { effectiveness, type Effectiveness } from './effectiveness.ts';
import { binomialTail, christoffersen, kupiec } from './exception-tests.ts';
import { BLOCK_MS, type PortfolioSeries } from './portfolio-ledger.ts';

/** Fewer blocks than this say nothing. */
export const MINIMUM_BLOCKS = 15;
/** Share of errors outside the stated band if it is right: two-sided 95 %. */
export const BAND_MISS = 0.05;
/** Half-width of that band in stated deviations. */
const BAND_WIDTH = 1.959963984540054;
/** Bound of the cumulated sums of a drift chart, standard deviations (allowance 0.4). */
export const CUSUM_BOUND = 5;
/** Data that a Diebold-Mariano test lets depend on each other, ms. */
const DEPENDENT_MS = 2 * 86_400_000;

/** Exceptions: blocks whose prediction error was outside the band stated before. */
export interface Exceptions {
  /** Blocks with a band. */
  readonly n: number;
  readonly exceptions: number;
  readonly expected: number;
  /** p of: the rate is right; an exception does not make the next likelier; both. Asymptotic. */
  readonly kupiec: number;
  readonly independence: number;
  readonly coverage: number;
  /** p of as many or more, exact. */
  readonly binomial: number;
  /** log10 of the evidence that there are too many, now and at its highest: one decade and a third is 1 in 20. */
  readonly decades: number;
  readonly peakDecades: number;
}

/** Drift charts of standardised prediction errors. */
export interface Drift {
  readonly n: number;
  /** Highest cumulated sums, and when either first passed {@link CUSUM_BOUND}; epoch ms. */
  readonly cusumUp: number;
  readonly cusumDown: number;
  readonly cusumFirst: number | undefined;
  /** Weighted mean now, its limit, and when it first passed it. */
  readonly ewma: number;
  readonly ewmaLimit: number;
  readonly ewmaFirst: number | undefined;
  /** Highest Page-Hinkley sum. */
  readonly pageHinkley: number;
}

/** Everything about one family on one portfolio in one currency. */
export interface HedgeEvidence {
  readonly n: number;
  readonly effectiveness: Effectiveness;
  /** Against the reference, on squared changes left; undefined for the reference itself. */
  readonly versus: DieboldMariano | undefined;
  readonly attribution: Attribution;
  /** Undefined where no band was stated on enough blocks. */
  readonly exceptions: Exceptions | undefined;
  readonly drift: Drift | undefined;
}

/** Newey-West lags of blocks: two days of data, at most an eighth of them. */
function lagsOf(series: PortfolioSeries): number {
  const block = Math.max(series.stepMs, BLOCK_MS);
  return Math.max(1, Math.min(Math.round(DEPENDENT_MS / block), Math.floor(series.at.length / 8)));
}

/**
 * Evidence of family `f` against family `reference` (an index, -1 = none); `isBanded` = the stated deviations are this
 * family's. Undefined below {@link MINIMUM_BLOCKS} or when the portfolio never moved.
 */
export function hedgeEvidence(
  series: PortfolioSeries,
  f: number,
  reference: number,
  currency: 'coin' | 'usd',
  isBanded: boolean,
): HedgeEvidence | undefined {
  const n = series.at.length;
  if (n < MINIMUM_BLOCKS) return undefined;
  const change = series.change[currency];
  const left = series.left[currency][f];
  const measures = effectiveness(
    change,
    left.map((v, i) => v - change[i]),
  );
  if (measures === undefined) return undefined;
  const errors = left.map((v, i) => v - series.expected[f][i]);
  const rival = reference < 0 || reference === f ? undefined : series.left[currency][reference];
  const z = errors.map((e, i) => (isBanded ? e / series.deviation[i] : NaN));
  const stated = z.reduce((count, v) => (Number.isNaN(v) ? count : count + 1), 0);
  return {
    n,
    effectiveness: measures,
    versus:
      rival &&
      dieboldMariano(
        left.map((v, i) => rival[i] * rival[i] - v * v),
        lagsOf(series),
      ),
    attribution: attributionTest(
      change,
      change.map((v, i) => v - errors[i]),
    ),
    exceptions: stated < MINIMUM_BLOCKS ? undefined : exceptionsOf(z),
    drift: stated < MINIMUM_BLOCKS ? undefined : driftOf(z, series.at),
  };
}

/** Tests of standardised errors in order of time; NaN = no band was stated. */
function exceptionsOf(z: Float64Array): Exceptions {
  const sizes = z.filter((v) => !Number.isNaN(v)).map((v) => Math.abs(v));
  const hits = Array.from(sizes, (v) => v > BAND_WIDTH);
  const tests = christoffersen(hits, BAND_MISS);
  const evidence = initEBacktest();
  for (const size of sizes) updateEBacktest(evidence, quantileEValue(size, BAND_WIDTH, 1 - BAND_MISS));
  const { n, exceptions } = tests;
  return {
    n,
    exceptions,
    expected: BAND_MISS * n,
    kupiec: kupiec(exceptions, n, BAND_MISS).pValue,
    independence: tests.independence.pValue,
    coverage: tests.conditionalCoverage.pValue,
    binomial: binomialTail(exceptions, n, BAND_MISS),
    decades: evidence.logEvidence / log(10),
    peakDecades: evidence.peak / log(10),
  };
}

function driftOf(z: Float64Array, at: readonly number[]): Drift {
  const chart = initDriftChart();
  let [up, down, pageHinkley] = [0, 0, 0];
  let cusumFirst: number | undefined;
  let ewmaFirst: number | undefined;
  z.forEach((v, i) => {
    if (Number.isNaN(v)) return;
    updateDriftChart(chart, v);
    up = Math.max(up, chart.cusumUp);
    down = Math.max(down, chart.cusumDown);
    pageHinkley = Math.max(pageHinkley, chart.pageHinkley);
    if (Math.max(chart.cusumUp, chart.cusumDown) > CUSUM_BOUND) cusumFirst ??= at[i];
    if (Math.abs(chart.ewma) > chart.ewmaLimit) ewmaFirst ??= at[i];
  });
  return {
    n: chart.n,
    cusumUp: up,
    cusumDown: down,
    cusumFirst,
    ewma: chart.ewma,
    ewmaLimit: chart.ewmaLimit,
    ewmaFirst,
    pageHinkley,
  };
}
