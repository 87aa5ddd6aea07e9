import { runLengthWithin } from '../detect/page-budget.ts';
import { median } from '../numeric/robust.ts';
import type { ClosedExpiry } from './close.ts';
import type { CommonInnovation } from './read-innovations.ts';
import type { EngineState, UnderlyingState } from './state.ts';
import { watchFactors } from './watch-factors.ts';
import { STREAM_MS } from './watch-silence.ts';

/**
 * An innovation is material from this many standard deviations of the horizon on, and on an expiry also from this many
 * standard errors of its median quote: nobody is told of what lies within the quotes.
 */
const COMMON_MATERIAL = 3;
const OWN_MATERIAL = 2;

/**
 * Gives the sequential tests of the underlying what its expiries have in common, and those of every sound expiry what it
 * has of its own, one page budget over all of them. Returns by scope key which of level, skew and
 * curvature are told of; nothing outside streams.
 */
export function watchInnovations(
  state: EngineState,
  underlying: UnderlyingState,
  closed: readonly ClosedExpiry[],
  sound: readonly ClosedExpiry[],
  innovation: CommonInnovation,
  at: number,
): ReadonlyMap<string, readonly boolean[]> {
  const told = new Map<string, readonly boolean[]>();
  if (!(at - underlying.closedAt < STREAM_MS)) return told;
  const stressed = underlying.incidents.open.size > 0;
  const runLength = runLengthWithin(state.config.pageBudgetPerWeek, underlying.expiries.length + 1);
  const common = innovation.z;
  const large = common.map((z) => Math.abs(z) >= COMMON_MATERIAL);
  told.set(underlying.key, watchFactors(underlying.factors, common, large, runLength, at, stressed));
  for (const c of closed) {
    const { expiry, selection } = c.reading;
    const z = innovation.byExpiry.get(expiry.key);
    const factors = c.scores.find((s) => s.track.model === state.config.champion)?.primary?.factors ?? null;
    if (z === undefined || factors === null || !sound.includes(c)) continue;
    const own = z.map((v, i) => v - (Number.isFinite(common[i]) ? common[i] : 0));
    const quote = median(selection.observations.noise);
    const material = factors.b.map((b, i) => Math.abs(b) > OWN_MATERIAL * quote && Math.abs(own[i]) >= COMMON_MATERIAL);
    told.set(expiry.key, watchFactors(expiry.factors, own, material, runLength, at, stressed));
  }
  return told;
}
