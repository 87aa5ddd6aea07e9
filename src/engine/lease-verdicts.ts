import type { LeaseVerdict } from '../policy/lease-desk.ts';
import type { GateState } from '../policy/gate.ts';
import { loopNoise } from '../policy/loop.ts';
import { wingGate } from '../policy/wing-gate.ts';
import { WINGS } from '../score/wing-score.ts';
import { creditLeases } from './credit-leases.ts';
import { hedgeLeases } from './hedge-target.ts';
import type { EngineState, ExpiryState, ModelTrack, UnderlyingState } from './state.ts';
import { newestVersion } from './versions.ts';

/** Error at zero age that no fit is believed to be below, volatility fraction: a tenth of a point. */
const LEAST_ERROR = 0.001;

/**
 * What the engine says now of every model on every expiry, for the lease desk, at each underlying's own
 * watermark. A cause that is open on the whole underlying is attributed to it: only an override of that scope lifts it.
 */
export function leaseVerdicts(state: EngineState): LeaseVerdict[] {
  const verdicts: LeaseVerdict[] = [];
  for (const underlying of state.underlyings.values())
    for (const expiry of underlying.expiries)
      if (expiry.expiry > underlying.watermark)
        for (const track of expiry.models) {
          const verdict = verdictOn(underlying, expiry, track);
          verdicts.push(verdict, ...wingVerdicts(expiry, track, verdict));
        }
  return [...verdicts, ...hedgeLeases(state), ...creditLeases(state)];
}

function verdictOn(underlying: UnderlyingState, expiry: ExpiryState, track: ModelTrack): LeaseVerdict {
  const version = newestVersion(track);
  const ownerOf: Record<string, string> = {};
  for (const incident of [...underlying.incidents.open.values(), ...underlying.book.incidents.open.values()])
    if (incident.scope === underlying.key && track.gate.reasons.includes(incident.cause))
      ownerOf[incident.cause] = underlying.key;
  return {
    scope: `${track.model}@${expiry.key}`,
    gate: version === null ? (withoutFit(underlying, expiry, track) ?? track.gate) : track.gate,
    ownerOf,
    modelId: version === null ? null : version.fit.id,
    asOf: version === null ? null : version.fit.at,
    widen: track.whole.meanSquare > 1 ? Math.sqrt(track.whole.meanSquare) : 1,
    uncertainty:
      version === null ? null : uncertaintyAt(track, version.fit, underlying.watermark, loopNoise(expiry.loop.machine)),
  };
}

/** Answers without a calibration after which its absence is knowledge and no longer a warm-up. */
const TRIED = 3;

/** Why there will be no calibration, where that is known: nothing is quoted on both sides, or what is has been tried and is too little. */
function withoutFit(underlying: UnderlyingState, expiry: ExpiryState, track: ModelTrack): GateState | null {
  if (!Number.isFinite(underlying.closedAt)) return null;
  const quoted = expiry.entries.some((e) => e.quote !== null && e.quote.bid !== null && e.quote.ask !== null);
  const reason = !quoted ? 'no-quotes' : track.fits >= TRIED && track.pending === null ? 'no-fit' : null;
  return reason === null ? null : { state: 'DO_NOT_USE', reasons: [reason] };
}

/** The parts of the smile of the model that serves an expiry, each at most as open as the whole. */
function wingVerdicts(expiry: ExpiryState, track: ModelTrack, whole: LeaseVerdict): LeaseVerdict[] {
  if (track.model !== expiry.loop.champion || whole.modelId === null) return [];
  const ownerOf: Record<string, string> = {};
  for (const reason of whole.gate.reasons) ownerOf[reason] = whole.ownerOf[reason] ?? expiry.key;
  return track.wings.map((wing, i) => ({
    ...whole,
    ...wingGate(whole.gate, wing, whole.widen),
    scope: `${whole.scope}:${WINGS[i]}`,
    ownerOf,
  }));
}

/** U(tau) / U(0) = sqrt(1 + m s_R^2 tau / v_0), m = 10 under stress, v_0 the squared error of the fit on its own data. Source: methods.md 5.3. */
function uncertaintyAt(
  track: ModelTrack,
  fit: { at: number; numbers: Readonly<Record<string, number>> },
  at: number,
  noise: number,
): number {
  const error = Math.max(LEAST_ERROR, fit.numbers['rmseVol'] ?? 0);
  const ageSeconds = Math.max(0, at - fit.at) / 1000;
  return Math.sqrt(1 + (noise * track.noise.variancePerSecond * ageSeconds) / (error * error));
}
