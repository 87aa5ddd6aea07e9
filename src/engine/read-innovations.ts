import { median } from '../numeric/robust.ts';
import type { ClosedExpiry } from './close.ts';

/** Level, skew and curvature innovations of an underlying's expiries in standard deviations. */
export interface CommonInnovation {
  /** What the expiries have in common; NaN with fewer than three of them. */
  readonly z: readonly [number, number, number];
  /** Smaller of the short and the long end's level z where their signs differ, 0 where they agree; NaN when unknown. */
  readonly term: number;
  /** By scope key. */
  readonly byExpiry: ReadonlyMap<string, readonly [number, number, number]>;
  /** Median shift against the recent past of the expiries closed, standard deviations; NaN with fewer than three. */
  readonly shift: readonly number[];
  /** Shape error PR by scope key. */
  readonly pr: ReadonlyMap<string, number>;
}

/**
 * The horizon's standard deviation of level, skew and curvature innovations as shares of the level's, by tenor in days:
 * measured on recorded six-hourly chains by `tools/measure-baselines.ts`.
 */
const SHARES: readonly (readonly [number, readonly [number, number, number]])[] = [
  [2, [1, 0.22, 0.1]],
  [8, [1, 0.25, 0.11]],
  [31, [1, 0.33, 0.15]],
  [93, [1, 0.45, 0.21]],
  [Infinity, [1, 0.7, 0.4]],
];

function sharesOf(years: number): readonly [number, number, number] {
  return (SHARES.find(([end]) => years * 365 < end) ?? SHARES[0])[1];
}

const SHORT_YEARS = 15 / 365;

/**
 * z_f = b_f / sqrt(se_f^2 + (share_f s_R)^2 h) per expiry, and their mean weighted by 1 / s_R: the statistic that has
 * unit variance when the expiries move together in proportion to s_R, as they do, and that a parallel move of the
 * quiet long end drives up.
 */
export function readInnovations(
  champion: string,
  closed: readonly ClosedExpiry[],
  sound: readonly ClosedExpiry[],
): CommonInnovation {
  const byExpiry = new Map<string, readonly [number, number, number]>();
  const pr = new Map<string, number>();
  const total = [0, 0, 0];
  let weights = 0;
  let count = 0;
  const ends = { short: [0, 0], long: [0, 0] };
  for (const c of closed) {
    const scores = c.scores.find((s) => s.track.model === champion);
    if (scores === undefined || scores.primary === null) continue;
    pr.set(c.reading.expiry.key, scores.primary.pr);
    if (scores.primary.factors === null) continue;
    const { b, se } = scores.primary.factors;
    const horizon = Math.sqrt(scores.track.noise.variancePerSecond * scores.ageSeconds);
    const share = sharesOf(c.reading.facts.years);
    const z = [0, 1, 2].map((i) => b[i] / Math.sqrt(se[i] * se[i] + share[i] * share[i] * horizon * horizon));
    byExpiry.set(c.reading.expiry.key, [z[0], z[1], z[2]]);
    if (!sound.includes(c)) continue;
    const weight = 1 / Math.sqrt(se[0] * se[0] + horizon * horizon);
    for (let i = 0; i < 3; i++) total[i] += weight * z[i];
    weights += weight;
    count++;
    const end = c.reading.facts.years < SHORT_YEARS ? ends.short : ends.long;
    end[0] += weight * z[0];
    end[1] += weight;
  }
  const known = count >= 3;
  const short = ends.short[0] / ends.short[1];
  const long = ends.long[0] / ends.long[1];
  const apart = short * long < 0 ? Math.min(Math.abs(short), Math.abs(long)) : 0;
  return {
    z: known ? [total[0] / weights, total[1] / weights, total[2] / weights] : [NaN, NaN, NaN],
    term: known && Number.isFinite(short * long) ? apart : NaN,
    byExpiry,
    shift: [0, 1, 2].map((i) => commonShift(sound, i)),
    pr,
  };
}

function commonShift(sound: readonly ClosedExpiry[], i: number): number {
  const known = sound.map((c) => c.shift[i]).filter(Number.isFinite);
  return known.length < 3 ? NaN : median(known);
}
