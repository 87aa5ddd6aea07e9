import { median } from '../numeric/robust.ts';
import { hazardParameters } from '../credit/hazard-model.ts';
import type { LeaseVerdict } from '../policy/lease-desk.ts';
import type { EngineState } from './state.ts';
import { newestVersion } from './versions.ts';

/** Error of a fresh curve that none is believed to be below, log spread. */
const LEAST_ERROR = 0.003;

/**
 * What the engine says now of every credit curve: `hazard@source:curve`. Uncertainty grows with the age of the fit as
 * sqrt(1 + s^2 tau / v), s^2 the learnt variance of the log spread per second and v the squared error of the quotes.
 */
export function creditLeases(state: EngineState): LeaseVerdict[] {
  return [...state.credits.values()].map((curve): LeaseVerdict => {
    const { track } = curve;
    const fit = newestVersion(track)?.fit ?? null;
    const ownerOf: Record<string, string> = {};
    for (const incident of curve.incidents.open.values())
      if (incident.scope === curve.key && track.gate.reasons.includes(incident.cause))
        ownerOf[incident.cause] = curve.key;
    const scope = `${track.model}@${curve.key}`;
    if (fit === null) return { scope, gate: track.gate, ownerOf, modelId: null, asOf: null, uncertainty: null };
    const error = Math.max(LEAST_ERROR, median([...hazardParameters(fit.parameters).errors]));
    const seconds = Math.max(0, curve.closedAt - fit.at) / 1000;
    const uncertainty = Math.sqrt(1 + (track.variancePerSecond * seconds) / (error * error));
    return { scope, gate: track.gate, ownerOf, modelId: fit.id, asOf: fit.at, uncertainty };
  });
}
