/**
 * s_R^2, the innovation variance per second of the dynamics rule: what a healthy prediction's error grows by with its
 * horizon, beyond quote noise and parameter uncertainty. Learnt per scope from scored batches, winsorised so that one
 * jump does not deafen the score, and frozen by the caller under stress.
 *
 * Source: methods.md, correction 1 (z = e / sqrt(sigma_i^2 + v_i + s_R^2 h)).
 */
export interface HorizonNoise {
  /** Variance per second, (volatility fraction)^2 / s. */
  variancePerSecond: number;
  /** Effective number of batches behind it, capped; the prior counts as PRIOR_WEIGHT. */
  weight: number;
}

const PRIOR_WEIGHT = 6;
const MAX_WEIGHT = 60;
/** One batch moves the estimate by at most this multiple of itself. */
const WINSOR = 9;
/** The learnt standard deviation stays within this factor of the prior: a monitor must not learn its own misfit as noise. */
const CAP = 4;
const DAY_SECONDS = 86_400;

/**
 * Prior of s_R for a time to expiry in years: standard deviation in volatility (fraction) per sqrt(day). Measured on
 * real six-hourly chains by `tools/measure-baselines.ts`.
 */
export function priorHorizonSd(years: number): number {
  const days = years * 365;
  if (days < 2) return 0.1;
  if (days < 8) return 0.052;
  if (days < 31) return 0.021;
  if (days < 93) return 0.01;
  return 0.0045;
}

/** Prior variance per second for a time to expiry in years. */
export function priorVariancePerSecond(years: number): number {
  const sd = priorHorizonSd(years);
  return (sd * sd) / DAY_SECONDS;
}

/** Starts at the prior of the tenor. */
export function initHorizonNoise(years: number): HorizonNoise {
  return { variancePerSecond: priorVariancePerSecond(years), weight: PRIOR_WEIGHT };
}

/**
 * Learns from one scored batch: `excess` = mean over observations of e^2 - sigma^2 - v (volatility fraction squared),
 * `horizonSeconds` > 0 the age of the prediction. The tenor's own prior moves with `years`, so the cap follows it.
 */
export function updateHorizonNoise(state: HorizonNoise, excess: number, horizonSeconds: number, years: number): void {
  const raw = Math.max(0, excess) / horizonSeconds;
  const step = Math.min(raw, WINSOR * state.variancePerSecond);
  state.variancePerSecond += (step - state.variancePerSecond) / (state.weight + 1);
  if (state.weight < MAX_WEIGHT) state.weight++;
  const prior = priorVariancePerSecond(years);
  state.variancePerSecond = Math.min(Math.max(state.variancePerSecond, prior / (CAP * CAP)), prior * CAP * CAP);
}
