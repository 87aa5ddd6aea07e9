import { isoTime } from '../market/iso-time.ts';
import type { OperatorEvent } from '../market/event.ts';
import { median } from '../numeric/robust.ts';
import type { Incident, IncidentBook } from '../policy/incident.ts';
import {
  closeVerdict,
  giveVerdict,
  judgeByRule,
  VERDICT_RULES,
  type GivenVerdict,
  type VerdictBook,
  type VerdictFacts,
  type VerdictRule,
} from '../policy/verdict.ts';
import type { ClosedExpiry } from './close.ts';
import type { CreditCurveState } from './credit-state.ts';
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

/** A book of incidents with what it is about: smiles, hedges or the book held of an underlying, or a credit curve. */
interface JudgedBook {
  readonly incidents: IncidentBook;
  readonly rule: (incident: Incident, at: number) => VerdictRule;
}

function judgedBooks(state: EngineState): JudgedBook[] {
  const { verdicts } = state.oversight;
  const books: JudgedBook[] = [];
  for (const underlying of state.underlyings.values()) {
    const { incidents, hedge, book } = underlying;
    books.push({ incidents, rule: (incident, at) => ruleFor(underlying, verdicts, incident, at) });
    for (const other of [hedge.incidents, book.incidents])
      books.push({ incidents: other, rule: (incident, at) => plainRule(other, verdicts, incident, at, UNSCORED) });
  }
  for (const curve of state.credits.values())
    books.push({
      incidents: curve.incidents,
      rule: (incident, at) => plainRule(curve.incidents, verdicts, incident, at, creditFacts(curve, incident)),
    });
  return books;
}

/** Gives every incident that has ended its verdict: the person's, if one was given, else that of the first rule that applies. */
export function judgeEnded(state: EngineState): Effect[] {
  if (!hasEnded(state)) return [];
  const effects: Effect[] = [];
  const book = state.oversight.verdicts;
  for (const { incidents, rule: ruleOf } of judgedBooks(state))
    for (const { incident, at } of incidents.ended.splice(0)) {
      if (book.given.has(incident.id)) {
        closeVerdict(book, incident.id, at);
        continue;
      }
      const rule = ruleOf(incident, at);
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
  return effects;
}

/** Asked after every event: nothing is made where nothing has ended. */
function hasEnded(state: EngineState): boolean {
  for (const { incidents, hedge, book } of state.underlyings.values())
    if (incidents.ended.length > 0 || hedge.incidents.ended.length > 0 || book.incidents.ended.length > 0) return true;
  for (const { incidents } of state.credits.values()) if (incidents.ended.length > 0) return true;
  return false;
}

type Scored = Pick<VerdictFacts, 'refitted' | 'endPz'>;
/** Hedges and limits of a book have no calibration of their own that could speak for or against them. */
const UNSCORED: Scored = { refitted: true, endPz: NaN };

/** What the curve says at the end; of one contributor among several it says nothing. */
function creditFacts(curve: CreditCurveState, incident: Incident): Scored {
  if (incident.scope !== curve.key) return UNSCORED;
  const live = newestVersion(curve.track)?.liveAt ?? -Infinity;
  return { refitted: live > incident.openedAt, endPz: curve.reading?.pz ?? NaN };
}

/** The rule for incidents that no line reports and that outlive no expiry. */
function plainRule(
  incidents: IncidentBook,
  book: VerdictBook,
  { cause, kind, scope, openedAt, verified, peakPz }: Incident,
  at: number,
  scored: Scored,
): VerdictRule {
  const covers = (wide: string): boolean => wide === scope || scope.startsWith(`${wide}/`);
  const openElsewhere = [...incidents.open.values()].some(
    (i) => i.cause === cause && covers(i.scope) && i.openedAt <= openedAt,
  );
  const repeated = openElsewhere || (kind !== 'market' && endedJustBefore(book, cause, openedAt, covers));
  const openSeconds = (at - openedAt) / 1000;
  return judgeByRule({
    cause, kind, openSeconds, repeated, alive: true, verified, lineReported: false, peakPz, ...scored,
  }); // prettier-ignore
}

/** A fault that comes back within ten minutes is the same fault. */
function endedJustBefore(
  book: VerdictBook,
  cause: string,
  openedAt: number,
  covers: (scope: string) => boolean,
): boolean {
  return [...book.given.values()].some(
    (g) =>
      g.cause === cause &&
      covers(g.scope) &&
      g.endedAt !== null &&
      g.endedAt <= openedAt &&
      openedAt - g.endedAt <= AGAIN_MS,
  );
}

function ruleFor(underlying: UnderlyingState, book: VerdictBook, incident: Incident, at: number) {
  const { cause, kind, scope, openedAt, verified, peakPz } = incident;
  const covers = (wide: string): boolean => wide === scope || wide === underlying.key;
  const openElsewhere = [...underlying.incidents.open.values()].some(
    (i) => i.cause === cause && covers(i.scope) && i.openedAt <= openedAt,
  );
  // A move that goes on is another move (`src/policy/incident.ts`); a fault that comes back is the same fault.
  const again = kind !== 'market' && endedJustBefore(book, cause, openedAt, covers);
  const serving = servingOn(underlying, scope);
  return judgeByRule({
    cause,
    kind,
    openSeconds: (at - openedAt) / 1000,
    repeated: openElsewhere || again,
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

/** The open incident of an id, of whatever kind; null when there is none. */
export function openIncident(state: EngineState, id: string): Incident | null {
  for (const { incidents } of judgedBooks(state))
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
