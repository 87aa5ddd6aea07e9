/** AR(1) filter with learnt location, slope and scale of its innovations. */
export interface PrewhitenState {
  centre: number;
  slope: number;
  /** Mean absolute innovation, and that of the last two dozen. */
  scale: number;
  burst: number;
  last: number;
  variance: number;
  covariance: number;
  count: number;
}

const WARM = 30;
const SLOWEST = 1 / 2_000;
/** Observations after which the filter is what health is from then on: a ramp must not be filtered away. */
const LEARNT = 2_000;
/** Volatility comes in bursts: the scale of the last innovations, where it is the larger. */
const BURST_WEIGHT = 1 / 25;
const WINSOR = 4;
/** E|z| of a standard normal: sqrt(2/pi). */
const MEAN_ABSOLUTE = 0.7978845608028654;
const STEEPEST = 0.98;

/** A filter that has seen nothing. */
export function initPrewhiten(): PrewhitenState {
  return { centre: 0, slope: 0, scale: 0, burst: 0, last: NaN, variance: 0, covariance: 0, count: 0 };
}

/**
 * No test by itself: what stands in front of the tests, and the reason why their run lengths hold under AR(.6).
 * Takes x (any unit) and returns its innovation in standard deviations: (x_t - m - phi (x_{t-1} - m)) / s, with m, phi
 * and s the averages of winsorised values over the first 2,000 observations it may learn from, and frozen then: a filter
 * that went on learning would take a ramp for its location. NaN during the first thirty. `learn` = false returns the
 * innovation without learning from it (stress, open incidents). Where the last two dozen innovations were larger than
 * usual s is theirs: sums of values do not survive volatility that comes in bursts.
 */
export function prewhiten(state: PrewhitenState, x: number, learn: boolean): number {
  if (!Number.isFinite(x)) return NaN;
  const previous = state.last;
  state.last = x;
  if (state.count === 0) state.centre = x;
  const expected = Number.isFinite(previous) ? state.centre + state.slope * (previous - state.centre) : state.centre;
  const innovation = x - expected;
  const scale = Math.max(state.scale, state.burst);
  const z = scale > 0 ? (innovation * MEAN_ABSOLUTE) / scale : 0;
  state.burst += BURST_WEIGHT * (Math.min(Math.abs(innovation), WINSOR * scale || Infinity) - state.burst);
  if (learn && state.count < LEARNT) learnFrom(state, x, previous, innovation);
  return state.count <= WARM ? NaN : z;
}

function learnFrom(state: PrewhitenState, x: number, previous: number, innovation: number): void {
  state.count++;
  const weight = Math.max(SLOWEST, 1 / state.count);
  const bound = state.scale > 0 && state.count > WARM ? WINSOR * state.scale : Infinity;
  const held = Math.min(bound, Math.max(-bound, innovation));
  state.scale += weight * (Math.abs(held) - state.scale);
  state.centre += weight * Math.min(bound, Math.max(-bound, x - state.centre));
  if (!Number.isFinite(previous)) return;
  const d = Math.min(3 * bound, Math.max(-3 * bound, x - state.centre));
  const e = Math.min(3 * bound, Math.max(-3 * bound, previous - state.centre));
  state.variance += weight * (e * e - state.variance);
  state.covariance += weight * (d * e - state.covariance);
  state.slope = state.variance > 0 ? Math.min(STEEPEST, Math.max(-STEEPEST, state.covariance / state.variance)) : 0;
}
