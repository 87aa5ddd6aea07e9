/**
 * How often something happens at each hour of the week, learnt from the weeks before: what its absence means depends on
 * the hour. Plain data.
 */
export interface HourlyHabit {
  /** Decayed counts by hour of the week, 0 = Monday 00:00 UTC: occasions, and those at which it happened. */
  readonly seen: number[];
  readonly happened: number[];
  /** The same over all hours: what an hour is believed to be like before it has been seen. */
  allSeen: number;
  allHappened: number;
}

const HOURS = 168;
const HOUR_MS = 3_600_000;
/** 1970-01-01 was a Thursday. */
const THURSDAY = 72;
/** An hour remembers about so many occasions. */
const MEMORY = 12;
/** The overall share counts as so many occasions of the hour itself, and is itself believed after so many. */
const PRIOR = 2;
const PRIOR_ALL = 8;
/** Never believed to be surer than this. */
const LARGEST = 0.95;

/** A habit of which nothing is known: half of all occasions. */
export function initHourlyHabit(): HourlyHabit {
  return {
    seen: Array.from({ length: HOURS }, () => 0),
    happened: Array.from({ length: HOURS }, () => 0),
    allSeen: PRIOR_ALL,
    allHappened: PRIOR_ALL / 2,
  };
}

/** Hour of the week of an instant (epoch ms), 0 = Monday 00:00 UTC. */
export function weekHour(at: number): number {
  return (((Math.floor(at / HOUR_MS) + THURSDAY) % HOURS) + HOURS) % HOURS;
}

/** Learns one occasion at an instant (epoch ms). */
export function learnHour(habit: HourlyHabit, at: number, happened: boolean): void {
  const h = weekHour(at);
  const keep = 1 - 1 / MEMORY;
  const full = habit.seen[h] >= MEMORY - 1 ? keep : 1;
  habit.seen[h] = habit.seen[h] * full + 1;
  habit.happened[h] = habit.happened[h] * full + (happened ? 1 : 0);
  const all = habit.allSeen >= MEMORY * HOURS ? 1 - 1 / (MEMORY * HOURS) : 1;
  habit.allSeen = habit.allSeen * all + 1;
  habit.allHappened = habit.allHappened * all + (happened ? 1 : 0);
}

/** Probability that it happens on an occasion at an instant (epoch ms), at most 0.95. */
export function chanceAt(habit: HourlyHabit, at: number): number {
  const h = weekHour(at);
  const overall = habit.allHappened / habit.allSeen;
  return Math.min(LARGEST, (habit.happened[h] + PRIOR * overall) / (habit.seen[h] + PRIOR));
}

/** As {@link chanceAt}, but an hour that has hardly been seen is believed to be quiet. */
export function leastChanceAt(habit: HourlyHabit, at: number): number {
  const h = weekHour(at);
  return Math.min(LARGEST, habit.happened[h] / (habit.seen[h] + PRIOR));
}
