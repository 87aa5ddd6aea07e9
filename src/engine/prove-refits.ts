import { isoTime } from '../market/iso-time.ts';
import { median } from '../numeric/robust.ts';
import type { ClosedExpiry } from './close.ts';
import type { Effect } from './effect.ts';
import type { ExpiryState, UnderlyingState } from './state.ts';

/** A healthy prediction scores about 1; twice that still proves that the refit took. */
export const PROVED_PZ = 2;
/** An answer that has not been scored by then has proved nothing, ms. */
const PROOF_MS = 60_000;
const BY_SCORE = 'score@';

/** Under which name a refit waits for its proof: the incident that asked for it, or the expiry whose score did. */
export function proofKey(expiry: ExpiryState, incident: string | null): string {
  return incident ?? `${BY_SCORE}${expiry.key}`;
}

/** A refit of `scope` is to be proved by the next batch; told as requested unless one under the same name waits already. */
export function awaitProof(
  underlying: UnderlyingState,
  expiry: ExpiryState,
  incident: string | null,
  scope: string,
  at: number,
): Effect[] {
  const key = proofKey(expiry, incident);
  if (underlying.awaitingProof.has(key)) return [];
  underlying.awaitingProof.set(key, { scope, since: at });
  return [told(key, scope, 'requested', at)];
}

/** Refits that answered something are proved, or not, by the first batch that judges the serving model after them. */
export function proveRefits(underlying: UnderlyingState, closed: readonly ClosedExpiry[], at: number): Effect[] {
  const effects: Effect[] = [];
  for (const [key, awaited] of underlying.awaitingProof) {
    if (awaited.since >= at) continue;
    const pz: number[] = [];
    for (const c of closed) {
      const { key: expiry, loop } = c.reading.expiry;
      if (awaited.scope !== underlying.key && awaited.scope !== expiry) continue;
      const scores = c.scores.find((s) => s.track.model === loop.champion);
      // The version that answered, not the one that was still live when the horizon began.
      if (scores === undefined || scores.fit === null || scores.fit.at < awaited.since) continue;
      if (scores.primary !== null) pz.push(scores.primary.pz);
    }
    if (pz.length === 0 && at - awaited.since < PROOF_MS) continue;
    underlying.awaitingProof.delete(key);
    const outcome = pz.length > 0 && median(pz) <= PROVED_PZ ? 'verified' : 'not-verified';
    for (const open of underlying.incidents.open.values())
      if (open.id === key && outcome === 'verified') open.verified = true;
    effects.push(told(key, awaited.scope, outcome, at));
  }
  return effects;
}

/** A guard refused the refit that answers something of this expiry alone: one refusal does not undo what its neighbours answered. */
export function refuseProof(
  underlying: UnderlyingState,
  expiry: ExpiryState,
  incident: string | null,
  at: number,
): Effect[] {
  const key = proofKey(expiry, incident);
  if (underlying.awaitingProof.get(key)?.scope !== expiry.key) return [];
  underlying.awaitingProof.delete(key);
  return [told(key, expiry.key, 'refused', at)];
}

function told(key: string, scope: string, outcome: string, at: number): Effect {
  const incident = key.startsWith(BY_SCORE) ? null : key;
  return { type: 'record', record: { type: 'action', at: isoTime(at), incident, kind: 'recalibrate', outcome, scope } };
}
