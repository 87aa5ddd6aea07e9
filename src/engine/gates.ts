import { gateChange, judgeGate } from '../policy/gate.ts';
import type { Incident } from '../policy/incident.ts';
import { loopReasons } from '../policy/loop.ts';
import type { ClosedExpiry } from './close.ts';
import type { Effect } from './effect.ts';
import type { ExpiryState, UnderlyingState } from './state.ts';
import { newestVersion } from './versions.ts';

/** Moves the gate of every model on the closed expiries and records the changes. */
export function updateGates(underlying: UnderlyingState, closed: readonly ClosedExpiry[], at: number): Effect[] {
  const effects: Effect[] = [];
  for (const c of closed) {
    const open = openOn(underlying, c.reading.expiry);
    const { machine, trial, champion } = c.reading.expiry.loop;
    for (const { track, primary } of c.scores) {
      // A challenger on trial is nobody's to use.
      if (trial?.mode === 'shadow' && trial.rivals.includes(track.model)) continue;
      const version = newestVersion(track);
      const causes = (kind: Incident['kind']): string[] => open.filter((i) => i.kind === kind).map((i) => i.cause);
      const after = judgeGate({
        hasFit: version !== null,
        proven: primary !== null,
        ageSeconds: version === null ? Infinity : (at - version.fit.at) / 1000,
        dataCauses: causes('data'),
        marketCauses: [...causes('market'), ...loopReasons(machine, at)],
        // Diagnosis watches the configured model: its faults are not those of the family that was promoted over it.
        modelCauses: trial?.mode === 'probation' && track.model === champion ? [] : causes('model'),
        quotesUsed: c.reading.facts.used,
      });
      const record = gateChange(track.gate, after, `${track.model}@${c.reading.expiry.key}`, at);
      track.gate = after;
      if (record !== null) effects.push({ type: 'record', record });
    }
  }
  return effects;
}

function openOn(underlying: UnderlyingState, expiry: ExpiryState): Incident[] {
  return [...underlying.incidents.open.values()].filter((i) => i.scope === underlying.key || i.scope === expiry.key);
}
