/**
 * A clock that runs at the speed at which variance arrives: hour-of-week weights and dated events, as data. Variance
 * accrued between two instants is sigma^2 times the clock's years between them.
 */

const HOUR_MS = 3_600_000;
const HOURS_PER_WEEK = 168;
const YEAR_MS = 365 * 24 * HOUR_MS;
/** 1970-01-01 was a Thursday: hours from Monday 00:00 UTC to the epoch. */
const EPOCH_HOUR_OF_WEEK = 72;

/** Extra variance that a dated event brings (a rate decision, a large expiry). */
export interface VarianceEvent {
  /** Start, epoch ms UTC. */
  readonly at: number;
  /** How long its variance takes to arrive, evenly, in ms; 0 is a jump at the instant itself. */
  readonly durationMs: number;
  /** Variance it adds, in average hours: 12 is half an ordinary day's. May be negative (a holiday) within reason. */
  readonly hours: number;
}

/** Data of a clock. */
export interface VarianceClockData {
  /** 168 weights from Monday 00:00 UTC, non-negative; only their proportions count. */
  readonly hourWeights: readonly number[];
  /** In any order. */
  readonly events: readonly VarianceEvent[];
}

/** A clock ready for use. */
export interface VarianceClock {
  readonly events: readonly VarianceEvent[];
  /** Weights scaled to a mean of 1, from Monday 00:00 UTC. */
  readonly hourWeights: Float64Array;
  /** Weighted hours from Monday 00:00 to each hour of the week; 169 entries, the last 168. */
  readonly cumulated: Float64Array;
}

/** The calendar itself: every hour weighs 1, no events. */
export const CALENDAR_CLOCK: VarianceClock = varianceClock({
  hourWeights: Array.from({ length: HOURS_PER_WEEK }, () => 1),
  events: [],
});

/** A clock from its data. Throws a RangeError unless there are 168 finite non-negative weights with a positive sum. */
export function varianceClock(data: VarianceClockData): VarianceClock {
  const weights = data.hourWeights;
  const total = weights.reduce((sum, w) => sum + w, 0);
  const isValid = weights.length === HOURS_PER_WEEK && weights.every((w) => w >= 0) && total > 0 && total < Infinity;
  if (!isValid) throw new RangeError('a variance clock needs 168 non-negative weights with a positive sum');
  const hourWeights = Float64Array.from(weights, (w) => (w * HOURS_PER_WEEK) / total);
  const cumulated = new Float64Array(HOURS_PER_WEEK + 1);
  for (let h = 0; h < HOURS_PER_WEEK; h++) cumulated[h + 1] = cumulated[h] + hourWeights[h];
  cumulated[HOURS_PER_WEEK] = HOURS_PER_WEEK;
  const events = [...data.events].sort((a, b) => a.at - b.at || a.durationMs - b.durationMs || a.hours - b.hours);
  return { events, hourWeights, cumulated };
}

/**
 * Variance time between two instants (epoch ms UTC), in years of 365 days; negative when `to` is before `from`.
 * Equals calendar time over whole weeks without events, and adds up: (a, b) + (b, c) = (a, c) to rounding.
 */
export function varianceYears(clock: VarianceClock, from: number, to: number): number {
  let ms = (weightedHours(clock, to) - weightedHours(clock, from)) * HOUR_MS;
  for (const event of clock.events) ms += event.hours * HOUR_MS * (arrived(event, to) - arrived(event, from));
  return ms / YEAR_MS;
}

/** Speed of the clock at an instant: variance years per calendar year; jumps (events of no duration) are left out. */
export function varianceSpeed(clock: VarianceClock, at: number): number {
  const hour = Math.floor(at / HOUR_MS) + EPOCH_HOUR_OF_WEEK;
  let speed = clock.hourWeights[((hour % HOURS_PER_WEEK) + HOURS_PER_WEEK) % HOURS_PER_WEEK];
  for (const event of clock.events) {
    if (event.durationMs > 0 && at >= event.at && at < event.at + event.durationMs) {
      speed += (event.hours * HOUR_MS) / event.durationMs;
    }
  }
  return speed;
}

/** Weighted hours from the Monday before the epoch to an instant. */
function weightedHours(clock: VarianceClock, at: number): number {
  const hours = at / HOUR_MS + EPOCH_HOUR_OF_WEEK;
  const week = Math.floor(hours / HOURS_PER_WEEK);
  const inWeek = hours - week * HOURS_PER_WEEK;
  const hour = Math.min(Math.floor(inWeek), HOURS_PER_WEEK - 1);
  return week * HOURS_PER_WEEK + clock.cumulated[hour] + (inWeek - hour) * clock.hourWeights[hour];
}

/** Share of an event's variance that has arrived by an instant, in [0, 1]. */
function arrived(event: VarianceEvent, at: number): number {
  if (event.durationMs <= 0) return at >= event.at ? 1 : 0;
  return Math.min(1, Math.max(0, (at - event.at) / event.durationMs));
}
