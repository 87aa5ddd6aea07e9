/** A slow location and the scale of deviations from it. */
export interface LevelShiftState {
  /** Observations that the centre remembers. */
  readonly memory: number;
  centre: number;
  /** Mean absolute deviation from the centre. */
  scale: number;
  count: number;
  /** Observations in a row beyond the winsor bound. */
  beyond: number;
}

const WARM = 60;
/** The scale remembers longer than the centre: a quiet minute must not make the next one an alarm. */
const SCALE_WEIGHT = 1 / 400;
const WINSOR = 2.5;
const ABSORBED = 60;
const MEAN_ABSOLUTE = 0.7978845608028654;

/** A tracker that has seen nothing; `memory` in observations, forty unless said otherwise. */
export function initLevelShift(memory: number = 40): LevelShiftState {
  return { memory, centre: 0, scale: 0, count: 0, beyond: 0 };
}

/**
 * Deviation of x from a winsorised exponential mean of its past (`memory` observations), in standard deviations of such
 * deviations, never less than `floor` and never more than `cap` (units of x): what it has learnt must not deafen it.
 * Made for streams that wander: what the mean follows is no shift, what it cannot follow is. NaN during the first sixty.
 * A shift that has lasted sixty observations has been told: it is the new centre; `learn` = false (open incidents)
 * leaves the scale as it is. Designed for one false alarm of three in a row beyond 7.8 in a million observations;
 * measured (seeded; `test/detect/run-length-study.ts`): none in 16,773,120 under the normal, t4 and AR(.6), one in 532,920
 * under stochastic volatility; a step of 12 sd at once, steps of 4 sd and ramps not: those are what it forgives.
 */
export function levelShift(
  state: LevelShiftState,
  x: number,
  floor: number,
  learn: boolean = true,
  cap: number = Infinity,
): number {
  if (!Number.isFinite(x)) return NaN;
  if (state.count === 0) state.centre = x;
  const deviation = x - state.centre;
  const sd = Math.min(Math.max(floor, cap), Math.max(floor, state.scale / MEAN_ABSOLUTE));
  state.count++;
  const start = 1 / state.count;
  const bound = state.count > WARM ? WINSOR * sd : Infinity;
  state.beyond = Math.abs(deviation) > bound ? state.beyond + 1 : 0;
  if (state.beyond > ABSORBED) {
    state.centre = x;
    state.beyond = 0;
    return 0;
  }
  const held = Math.min(bound, Math.max(-bound, deviation));
  if (learn) state.scale += Math.max(SCALE_WEIGHT, start) * (Math.abs(held) - state.scale);
  state.centre += Math.max(1 / state.memory, start) * held;
  return state.count <= WARM ? NaN : deviation / sd;
}
