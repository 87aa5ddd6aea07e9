import type { FitJob, FitReason } from '../model/contract.ts';
import { isoTime } from '../market/iso-time.ts';
import type { ClosedExpiry } from './close.ts';
import type { Effect } from './effect.ts';
import { modelNamed } from './models.ts';
import type { EngineState, ExpiryState, ModelTrack, UnderlyingState } from './state.ts';
import { newestVersion } from './versions.ts';

/** Asks for the calibrations that a close calls for. A data incident on the scope or above it vetoes them. */
export function requestFits(
  state: EngineState,
  underlying: UnderlyingState,
  closed: readonly ClosedExpiry[],
  at: number,
): Effect[] {
  const effects: Effect[] = [];
  for (const c of closed) {
    const { expiry } = c.reading;
    const open = [...underlying.incidents.open.values()].filter(
      (i) => i.scope === underlying.key || i.scope === expiry.key,
    );
    const vetoed = open.some((i) => i.kind === 'data');
    const asking =
      open.find((i) => i.kind !== 'data' && i.openedAt === at) ?? open.find((i) => i.kind === 'model') ?? null;
    for (const track of expiry.models) {
      const model = modelNamed(track.model);
      if (!model.calibrated) continue;
      const reason = whyFit(state, track, at, asking !== null);
      if (reason === null || (vetoed && track.versions.length > 0)) continue;
      if (asking !== null && !underlying.awaitingProof.has(asking.id)) {
        underlying.awaitingProof.set(asking.id, { scope: asking.scope, since: at });
        effects.push({
          type: 'record',
          record: { type: 'action', at: isoTime(at), incident: asking.id, kind: 'recalibrate', outcome: 'requested' },
        });
      }
      effects.push({ type: 'fit', job: newJob(state, c, expiry, track, at, reason, asking?.id ?? null) });
    }
  }
  return effects;
}

function whyFit(state: EngineState, track: ModelTrack, at: number, asked: boolean): FitReason | null {
  const waited = (at - track.lastJobAt) / 1000;
  // A result that has not come by then never will (its thread died, its process was killed): ask again.
  if (track.pending !== null && waited < LOST_SECONDS) return null;
  const version = newestVersion(track);
  if (version === null) return waited >= state.config.minRefitSeconds ? 'first' : null;
  if (asked) return waited >= 1 ? 'threshold' : null;
  const age = (at - version.fit.at) / 1000;
  return age >= state.config.maxAgeSeconds && waited >= state.config.minRefitSeconds ? 'age' : null;
}

const LOST_SECONDS = 30;

function newJob(
  state: EngineState,
  c: ClosedExpiry,
  expiry: ExpiryState,
  track: ModelTrack,
  at: number,
  reason: FitReason,
  incident: string | null,
): FitJob {
  const job: FitJob = {
    id: `${track.model}@${expiry.key}#${track.fits++}`,
    model: track.model,
    scope: expiry.scope,
    at,
    reason,
    observations: c.reading.selection.observations,
    start: newestVersion(track)?.fit.parameters ?? null,
    prior: null,
    options: { huber: 1.345, arbitrageFree: 0 },
  };
  if (track.pending !== null) state.pendingJobs.delete(track.pending);
  track.lastJobAt = at;
  track.pending = job.id;
  state.counts.fits++;
  const refused = Object.fromEntries([...c.reading.selection.refused].toSorted((a, b) => (a[0] < b[0] ? -1 : 1)));
  const refusedTotal = Object.values(refused).reduce((s, n) => s + n, 0);
  state.pendingJobs.set(job.id, { job, refused, refusedTotal, incident });
  return job;
}
