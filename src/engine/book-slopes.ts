import { bucketKey } from '../hedge/bucket.ts';
import type { BucketSlope, BucketSlopes } from '../portfolio/book-lines.ts';
import { slopeOf } from './hedge-contest.ts';
import type { EngineState, UnderlyingState } from './state.ts';

/** Whose slopes make a theoretical delta empirical: Black's delta is what exposures are told in. */
const REFERENCE = 'sticky-strike';
/** All hours, whatever their regime. */
export const ANY_REGIME = 'any';

/** Slopes that prices have shown in the buckets of an underlying, over the hours kept; of one regime where it is named. */
export function slopesIn(underlying: UnderlyingState, regime: string = ANY_REGIME): BucketSlopes {
  const { buckets, regimes } = underlying.hedge;
  const hours = regime === ANY_REGIME ? null : new Set(regimes.filter((r) => r.regime === regime).map((r) => r.hour));
  const out = new Map<string, BucketSlope>();
  for (const held of buckets.values()) {
    const slope = slopeOf(held, REFERENCE, hours);
    if (slope !== undefined) out.set(bucketKey(held.bucket), { beta: slope.beta, standardError: slope.standardError });
  }
  return out;
}

/** The same over everything watched, by regime: `any`, and every regime that has slopes of its own. */
export function slopesByRegime(state: EngineState): ReadonlyMap<string, BucketSlopes> {
  const out = new Map<string, Map<string, BucketSlope>>();
  for (const u of state.underlyings.values())
    for (const regime of new Set([ANY_REGIME, ...u.hedge.regimes.map((r) => r.regime)]))
      for (const [key, slope] of slopesIn(u, regime)) out.set(regime, (out.get(regime) ?? new Map()).set(key, slope));
  return out;
}
