import { gateChange, judgeGate } from '../policy/gate.ts';
import type { Incident } from '../policy/incident.ts';
import { loopReasons } from '../policy/loop.ts';
import { contributorScope } from './read-credit-signs.ts';
import type { CreditContributor, CreditCurveState } from './credit-state.ts';
import type { Effect } from './effect.ts';
import { newestVersion } from './versions.ts';

/** Quotes of a contributor under an open fault of its own teach nobody anything. */
export function distrusted(curve: CreditCurveState, contributor: CreditContributor): boolean {
  if (curve.contributors.size === 1) return false;
  const scope = contributorScope(curve, contributor.name);
  for (const i of curve.incidents.open.values()) if (i.scope === scope && i.kind === 'data') return true;
  return false;
}

/** Moves the gate of a curve's model by its open incidents; those of single contributors close nothing while others agree. */
export function moveCreditGate(curve: CreditCurveState, at: number, effects: Effect[]): void {
  const { track } = curve;
  const open = [...curve.incidents.open.values()].filter((i) => i.scope === curve.key);
  const causes = (kind: Incident['kind']): string[] => open.filter((i) => i.kind === kind).map((i) => i.cause);
  const live = newestVersion(track)?.fit ?? null;
  const trusted = [...curve.contributors.values()].some((c) => !distrusted(curve, c));
  const after = judgeGate({
    hasFit: live !== null,
    proven: track.proven,
    ageSeconds: live === null ? Infinity : (at - live.at) / 1000,
    dataCauses: [...causes('data'), ...(trusted ? [] : ['no-trusted-contributor'])],
    marketCauses: [...causes('market'), ...loopReasons(curve.loop, at)],
    modelCauses: causes('model'),
    // A hazard curve needs no quorum of strikes: every node stands for itself.
    quotesUsed: Infinity,
  });
  const record = gateChange(track.gate, after, `${track.model}@${curve.key}`, at);
  track.gate = after;
  if (record !== null) effects.push({ type: 'record', record });
}
