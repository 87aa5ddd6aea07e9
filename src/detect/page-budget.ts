/** Observations a sequential test takes in a week: one a minute, so that a reference covers days and not minutes. */
export const OBSERVATIONS_PER_WEEK = 10_080;

/**
 * Sequential tests that watch one scope (an expiry, or the underlying as a whole): a Shewhart chart and a CUSUM on each of
 * level, skew and curvature, one MEWMA on the three, one rank e-detector on the shape error.
 */
export const TESTS_PER_SCOPE = 8;

/**
 * Designed run length of each test, observations, that gives `scopes` scopes together `pagesPerWeek` false alarms a week:
 * alarms of many tests add up at most (Boole), so the budget is split evenly. No false-discovery rate is claimed.
 */
export function runLengthWithin(pagesPerWeek: number, scopes: number): number {
  return (scopes * TESTS_PER_SCOPE * OBSERVATIONS_PER_WEEK) / pagesPerWeek;
}
