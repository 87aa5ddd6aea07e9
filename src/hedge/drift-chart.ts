/**
 * The three classical charts on standardised hedge residuals, as desks know them; the tested detectors of the monitor are
 * in the detect room. Verified by `drift_detection.csv`.
 */

/** All three charts, updated together. */
export interface DriftChart {
  /** One-sided sums S <- max(0, S +- z - k) (Page 1954). */
  cusumUp: number;
  cusumDown: number;
  /** Exponentially weighted mean. */
  ewma: number;
  /** 3-sigma limit of that mean at this age, exact (not only asymptotic). */
  ewmaLimit: number;
  runningMean: number;
  /** Page-Hinkley: cumulated excess over the running mean above its own minimum. */
  pageHinkley: number;
  n: number;
  cumulated: number;
  minimum: number;
  decay: number;
}

/** Settings with their usual values. */
export interface DriftSettings {
  /** CUSUM allowance, standard deviations; 0.4. */
  readonly allowance: number;
  /** EWMA smoothing; 0.1. */
  readonly smoothing: number;
  /** Page-Hinkley tolerance, standard deviations; 0.05. */
  readonly tolerance: number;
}

/** CUSUM k = 0.4, EWMA 0.1, Page-Hinkley 0.05. */
export const USUAL_DRIFT_SETTINGS: DriftSettings = { allowance: 0.4, smoothing: 0.1, tolerance: 0.05 };

/** Charts before the first residual. */
export function initDriftChart(): DriftChart {
  return {
    cusumUp: 0,
    cusumDown: 0,
    ewma: 0,
    ewmaLimit: 0,
    runningMean: 0,
    pageHinkley: 0,
    n: 0,
    cumulated: 0,
    minimum: Infinity,
    decay: 1,
  };
}

/** Adds one standardised residual z. */
export function updateDriftChart(chart: DriftChart, z: number, settings: DriftSettings = USUAL_DRIFT_SETTINGS): void {
  const { allowance, smoothing, tolerance } = settings;
  chart.cusumUp = Math.max(0, chart.cusumUp + z - allowance);
  chart.cusumDown = Math.max(0, chart.cusumDown - z - allowance);
  chart.ewma = (1 - smoothing) * chart.ewma + smoothing * z;
  chart.decay *= (1 - smoothing) * (1 - smoothing);
  chart.ewmaLimit = 3 * Math.sqrt((smoothing / (2 - smoothing)) * (1 - chart.decay));
  chart.n++;
  chart.runningMean += (z - chart.runningMean) / chart.n;
  chart.cumulated += z - chart.runningMean - tolerance;
  chart.minimum = Math.min(chart.minimum, chart.cumulated);
  chart.pageHinkley = chart.cumulated - chart.minimum;
}
