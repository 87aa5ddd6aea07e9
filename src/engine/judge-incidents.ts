import { isoTime } from '../market/iso-time.ts';
import type { OperatorEvent } from '../market/event.ts';
import { median } from '../numeric/robust.ts';
import type { Incident } from '../policy/incident.ts';
import {
  closeVerdict,
  giveVerdict,
  judgeByRule,
  VERDICT_RULES,
  type GivenVerdict,
  type VerdictBook,
} from '../policy/verdict.ts';
import type { ClosedExpiry } from './close.ts';
import type { Effect } from './effect.ts';
import { countRefused, type EngineState, type ModelTrack, type UnderlyingState } from './state.ts';
import { newestVersion } from './versions.ts';
import { placeOf } from './judge-pushed.ts';

/** What ended so recently on the same scope that its return is the same incident again, ms. */
const AGAIN_MS = 600_000;
/** A loss reported so long before an incident opened is still its own, ms. */
const REPORTED_BEFORE_MS = 60_000;

/** Remembers how badly the serving calibrations missed while incidents are open on what has closed. */
export function notePeaks(underlying: UnderlyingState, closed: readonly ClosedExpiry[]): void {
  if (underlying.incidents.open.size === 0) return;
  for (const incident of underlying.incidents.open.values()) {
    const inScope = closed.filter((c) => incident.scope === underlying.key || incident.scope === c.reading.expiry.key);
    const pz = median(inScope.map((c) => servingPz(c)).filter(Number.isFinite));
    if (!(pz <= incident.peakPz) && Number.isFinite(pz)) incident.peakPz = pz;
  }
}

function servingPz(c: ClosedExpiry): number {
  const { champion } = c.reading.expiry.loop;
  return c.scores.find((s) => s.track.model === champion)?.primary?.pz ?? NaN;
}

/** Gives every incident that has ended its verdict: the person's, if one was given, else that of the first rule that applies. */
export function judgeEnded(state: EngineState): Effect[] {
  const effects: Effect[] = [];
  for (const underlying of state.underlyings.values()) {
    if (underlying.incidents.ended.length === 0) continue;
    for (const { incident, at } of underlying.incidents.ended.splice(0)) {
      const book = state.oversight.verdicts;
      if (book.given.has(incident.id)) {
        closeVerdict(book, incident.id, at);
        continue;
      }
      const rule = ruleFor(underlying, book, incident, at);
      const { id, cause, scope } = incident;
      const { verdict, says } = VERDICT_RULES[rule];
      const given: GivenVerdict = {
        incident: id,
        cause,
        scope,
        verdict,
        by: 'rule',
        rule,
        note: says,
        at,
        endedAt: at,
      };
      giveVerdict(book, given);
      effects.push(verdictEffect(given));
    }
  }
  return effects;
}

function ruleFor(underlying: UnderlyingState, book: VerdictBook, incident: Incident, at: number) {
  const { cause, kind, scope, openedAt, verified, peakPz } = incident;
  const covers = (wide: string): boolean => wide === scope || wide === underlying.key;
  const openElsewhere = [...underlying.incidents.open.values()].some(
    (i) => i.cause === cause && covers(i.scope) && i.openedAt <= openedAt,
  );
  // A move that goes on is another move (`src/policy/incident.ts`); a fault that comes back is the same fault.
  const endedJustBefore =
    kind !== 'market' &&
    [...book.given.values()].some(
      (g) =>
        g.cause === cause &&
        covers(g.scope) &&
        g.endedAt !== null &&
        g.endedAt <= openedAt &&
        openedAt - g.endedAt <= AGAIN_MS,
    );
  const serving = servingOn(underlying, scope);
  return judgeByRule({
    cause,
    kind,
    openSeconds: (at - openedAt) / 1000,
    repeated: openElsewhere || endedJustBefore,
    alive: placeOf(scope) === underlying.key || underlying.expiries.some((e) => e.key === placeOf(scope)),
    verified,
    lineReported:
      underlying.feedHealth.lostAt >= openedAt - REPORTED_BEFORE_MS ||
      underlying.feed !== 'live' ||
      underlying.platform !== 'open',
    refitted: serving.some((t) => (newestVersion(t)?.liveAt ?? -Infinity) > openedAt),
    endPz: median(serving.map((t) => t.pz).filter(Number.isFinite)),
    peakPz,
  });
}

/** The tracks that serve on a scope: one per expiry. */
function servingOn(underlying: UnderlyingState, scope: string): ModelTrack[] {
  return underlying.expiries
    .filter((e) => scope === underlying.key || scope === e.key)
    .flatMap((e) => e.models.filter((t) => t.model === e.loop.champion));
}

/** Whether a verdict can be given on an incident: it is open, or among the last that ended. */
export function canBeJudged(state: EngineState, id: string): boolean {
  return openIncident(state, id) !== null || state.oversight.verdicts.given.has(id);
}

/** A person says what an incident was. It replaces what a rule or somebody else said; on an open one it waits for the end. */
export function onVerdict(state: EngineState, event: OperatorEvent): Effect[] {
  const book = state.oversight.verdicts;
  const open = openIncident(state, event.target);
  const known = open ?? book.given.get(event.target);
  if (known === undefined || event.verdict === undefined) {
    countRefused(state, known === undefined ? 'verdict-unknown-incident' : 'verdict-missing');
    return [];
  }
  const given: GivenVerdict = {
    incident: event.target,
    cause: known.cause,
    scope: known.scope,
    verdict: event.verdict,
    by: event.actor,
    rule: null,
    note: event.note,
    at: event.at,
    endedAt: book.given.get(event.target)?.endedAt ?? null,
  };
  giveVerdict(book, given);
  return [verdictEffect(given)];
}

/** The open incident of an id; null when there is none. */
export function openIncident(state: EngineState, id: string): Incident | null {
  for (const { incidents } of state.underlyings.values())
    for (const incident of incidents.open.values()) if (incident.id === id) return incident;
  return null;
}

function verdictEffect({ at, incident, cause, scope, verdict, by, rule, note }: GivenVerdict): Effect {
  const automatic = rule !== null;
  return {
    type: 'record',
    record: { type: 'verdict', at: isoTime(at), incident, cause, scope, verdict, by, automatic, rule, note },
  };
}
