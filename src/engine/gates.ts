import { CAUSES, type Cause } from '../policy/causes.ts';
import { gateChange, judgeGate, type GateState } from '../policy/gate.ts';
import type { Incident } from '../policy/incident.ts';
import { loopReasons } from '../policy/loop.ts';
import { isSpared } from '../policy/spared.ts';
import type { ClosedExpiry } from './close.ts';
import type { Effect } from './effect.ts';
import type { ExpiryState, ModelTrack, UnderlyingState } from './state.ts';
import { newestVersion } from './versions.ts';

/**
 * Moves the gate of every model on the closed expiries and records the changes. An expiry that did not close has shown
 * nothing that could open its gate, but a fault in its data, a venue that is shut or a feed that is down shuts it.
 */
export function updateGates(underlying: UnderlyingState, closed: readonly ClosedExpiry[], at: number): Effect[] {
  const effects: Effect[] = shutUnseen(underlying, closed, at);
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
        dataCauses: [...outage(underlying), ...causes('data')],
        marketCauses: [
          ...moving(open, c.reading.expiry),
          ...loopReasons(machine, at),
          ...(track.whole.state === 'WIDEN' || isSuspected(underlying, c.reading.expiry) ? ['suspected'] : []),
        ],
        // Diagnosis watches the configured model: its faults are not those of the family that was promoted over it.
        modelCauses: [
          ...(trial?.mode === 'probation' && track.model === champion ? [] : causes('model')),
          ...ownFaults(underlying, c.reading.expiry, track.model),
          ...bookLimits(underlying),
          ...contradicted(c.reading.expiry, track, champion),
          ...(c.reading.expiry.loop.besides >= BESIDE_CLOSES ? ['forward-unquoted'] : []),
        ],
        quotesUsed: c.reading.facts.used,
        child: version?.fit.numbers['child'] === 1,
      });
      const record = gateChange(track.gate, after, `${track.model}@${c.reading.expiry.key}`, at);
      track.gate = after;
      if (record !== null) effects.push({ type: 'record', record });
    }
  }
  return effects;
}

/** Causes of incidents that name the model itself in their scope: those of a model that is pushed. */
function ownFaults(underlying: UnderlyingState, expiry: ExpiryState, model: string): string[] {
  const scopes = [`${model}@${underlying.key}`, `${model}@${expiry.key}`];
  return [...underlying.incidents.open.values()].filter((i) => scopes.includes(i.scope)).map((i) => i.cause);
}

function shutUnseen(underlying: UnderlyingState, closed: readonly ClosedExpiry[], at: number): Effect[] {
  const effects: Effect[] = [];
  const seen = new Set(closed.map((c) => c.reading.expiry));
  for (const expiry of underlying.expiries) {
    if (seen.has(expiry)) continue;
    const faults = openOn(underlying, expiry).filter((i) => i.kind === 'data');
    const reasons = [...outage(underlying), ...faults.map((i) => i.cause)];
    if (reasons.length === 0) continue;
    for (const track of expiry.models) {
      if (track.gate.state === 'DO_NOT_USE') continue;
      const after: GateState = { state: 'DO_NOT_USE', reasons };
      const record = gateChange(track.gate, after, `${track.model}@${expiry.key}`, at);
      track.gate = after;
      if (record !== null) effects.push({ type: 'record', record });
    }
  }
  return effects;
}

/** Why nothing of the underlying may be used whatever its models say. */
function outage(underlying: UnderlyingState): string[] {
  const reasons: string[] = [];
  if (underlying.platform !== 'open') reasons.push(`platform-${underlying.platform}`);
  if (underlying.feed === 'down') reasons.push('feed-down');
  return reasons;
}

/** Moves after which a model that has followed is as good as before; a crash and thin quotes stay what they are. */
const FOLLOWED: ReadonlySet<string> = new Set(['level-move', 'skew-move', 'curvature-move', 'term-move']);

/** Causes of the market that still make quotes unsafe: a move counts until a refit that answered it has been proved. */
function moving(open: readonly Incident[], expiry: ExpiryState): string[] {
  const followed = (i: Incident): boolean => FOLLOWED.has(i.cause) && i.verified && expiry.loop.warnings === 0;
  return open.filter((i) => i.kind === 'market' && !followed(i)).map((i) => i.cause);
}

/** Whether a diagnosis on the expiry or its underlying waits for another look: what it would close is careful until then. */
function isSuspected(underlying: UnderlyingState, expiry: ExpiryState): boolean {
  for (const key of underlying.incidents.waiting.keys()) {
    const bar = key.indexOf('|');
    const scope = key.slice(bar + 1);
    if (scope !== underlying.key && scope !== expiry.key) continue;
    if (CAUSES[key.slice(0, bar) as Cause]?.kind !== 'model') return true;
  }
  return false;
}

/** Closes in a row that contradict the serving calibration while nothing has replaced it: more than any answer needs. */
const UNANSWERED_CLOSES = 10;

/** Closes in a row with quotes on one side of the forward only, after which what is served at the money is a guess. */
const BESIDE_CLOSES = 3;

/** A model that the market has left behind, by far or for long, because refits are refused or nothing may be fitted, is not to be relied on. */
function contradicted(expiry: ExpiryState, track: ModelTrack, champion: string): string[] {
  const long = track.model === champion && expiry.loop.warnings >= UNANSWERED_CLOSES;
  return long || track.whole.state === 'HEDGE_ONLY' ? ['contradicted'] : [];
}

/** A book beyond its limits may be hedged and not added to; what is wrong with its positions gates the money alone. */
function bookLimits(underlying: UnderlyingState): string[] {
  return [...underlying.book.incidents.open.values()].filter((i) => i.cause === 'book-limit').map((i) => i.cause);
}

function openOn(underlying: UnderlyingState, expiry: ExpiryState): Incident[] {
  return [...underlying.incidents.open.values()].filter(
    (i) => i.scope === expiry.key || (i.scope === underlying.key && !isSpared(i, expiry.key)),
  );
}
