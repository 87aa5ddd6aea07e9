import { log } from '../numeric/exponential.ts';

/** What a positive metric is usually like: a slow level of its logarithm. Plain data. */
export interface UsualLevel {
  /** ln of the usual value at an average hour; the prior's before the first value. */
  level: number;
  prior: number;
  /** Values behind it, and when the last was taken (epoch ms). */
  count: number;
  takenAt: number;
}

/** How much above its average (logarithm) a metric is usually at each hour of the week, 0 = Monday 00:00 UTC. */
export type HourOfWeek = number[];

const HOUR_MS = 3_600_000;
const HOURS = 168;
/** 1970-01-01 was a Thursday. */
const THURSDAY = 72;
/** A level remembers four days, an hour of the week eight weeks. */
const LEVEL_MS = 4 * 86_400_000;
const VISITS = 8;
/** At most a value a minute: a stream would otherwise forget yesterday in half a minute. */
const EVERY_MS = 60_000;
/** One value moves what is usual as if it were at most this far away, and nothing moves it further than the caps. */
const WINSOR = 0.5;
const LEVEL_CAP = 1.3862943611198906;
const SEASON_CAP = 0.6931471805599453;

/** Starts from a prior value (> 0, unit of the metric); with NaN, where nobody knows the scale, the first value is the prior. */
export function initUsualLevel(prior: number): UsualLevel {
  const level = prior > 0 ? log(prior) : NaN;
  return { level, prior: level, count: 0, takenAt: -Infinity };
}

/** Hour of the week of an instant (epoch ms), 0 to 167. */
export function hourOfWeek(at: number): number {
  return (((Math.floor(at / HOUR_MS) + THURSDAY) % HOURS) + HOURS) % HOURS;
}

/** ln(value / usual value at this hour of the week); NaN for a value that is not positive or nothing to compare with. */
export function unusual(usual: UsualLevel, season: HourOfWeek, value: number, at: number): number {
  return value > 0 ? log(value) - usual.level - season[hourOfWeek(at)] : NaN;
}

/**
 * Learns a value of a metric at `at` (epoch ms), at most one a minute: the level with a memory of four days, within a
 * factor of four of its prior; the hour of the week with one of eight weeks, within a factor of two. The caller leaves
 * out values under stress: a fault must not become what is usual.
 */
export function learnUsual(usual: UsualLevel, season: HourOfWeek, value: number, at: number): void {
  const elapsed = at - usual.takenAt;
  if (!(value > 0 && value < Infinity) || !(elapsed >= EVERY_MS)) return;
  usual.takenAt = at;
  const hour = hourOfWeek(at);
  if (Number.isNaN(usual.level)) usual.level = usual.prior = log(value) - season[hour];
  const off = log(value) - usual.level - season[hour];
  const held = Math.min(WINSOR, Math.max(-WINSOR, off));
  usual.count++;
  usual.level += Math.max(1 / (usual.count + 1), Math.min(1, elapsed / LEVEL_MS)) * held;
  usual.level = Math.min(usual.prior + LEVEL_CAP, Math.max(usual.prior - LEVEL_CAP, usual.level));
  const visit = Math.min(HOUR_MS, elapsed) / HOUR_MS / VISITS;
  season[hour] = Math.min(SEASON_CAP, Math.max(-SEASON_CAP, season[hour] + visit * held));
}
