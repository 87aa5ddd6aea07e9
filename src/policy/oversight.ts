import type { OperatorEvent } from '../market/event.ts';
import { makeSilence, type Silence } from './silence.ts';
import { initVerdictBook, type VerdictBook } from './verdict.ts';

/** The longest break-glass, ms. */
export const MAX_OVERRIDE_MS = 3_600_000;
const MAX_OVERRIDES = 100;
const MAX_SILENCES = 200;
const MAX_ACKNOWLEDGED = 1_000;

/** One accepted break-glass. */
export interface Override {
  readonly scope: string;
  readonly by: string;
  readonly note: string;
  /** Epoch ms of our own clock. */
  readonly until: number;
}

/** Someone takes care of an incident. */
export interface Acknowledgement {
  readonly by: string;
  readonly note: string;
  /** Epoch ms of our own clock. */
  readonly at: number;
  /** How grave the incident was then; null when it was no longer open. */
  readonly severity: 'info' | 'warning' | 'critical' | null;
}

/**
 * What people have ordered and judged, as part of the engine's state: it comes out of the log, is in checkpoints and
 * survives a restart. Plain data. Manual mode is kept by the loop of each expiry that is listed. Times are our own clock's
 * (`receivedAt`): an override of ten minutes lapses after ten minutes whatever the venue's clock says.
 */
export interface Oversight {
  /** Break-glass in force, by scope. */
  readonly overrides: Map<string, Override>;
  /** By id. */
  readonly silences: Map<string, Silence>;
  /** By incident id, newest last, bounded. */
  readonly acknowledged: Map<string, Acknowledgement>;
  readonly verdicts: VerdictBook;
  /**
   * Expiries (`venue:underlying:day`) that an engine before this one left under manual control and that have not been
   * listed again: since when, epoch ms. Their loops begin in MANUAL.
   */
  readonly manual: Map<string, number>;
  /** Silences made so far: their ids count up. */
  silencesMade: number;
}

/** Nobody has ordered or judged anything. */
export function initOversight(): Oversight {
  return {
    overrides: new Map(),
    silences: new Map(),
    acknowledged: new Map(),
    verdicts: initVerdictBook(),
    manual: new Map(),
    silencesMade: 0,
  };
}

/**
 * What an engine under another configuration takes over: break-glass and silences in force, the expiries under manual
 * control, and the counts of verdicts. Its incidents are numbered anew, so what hangs on their
 * numbers stays behind.
 */
export function carriedOver(oversight: Oversight): Oversight {
  const { overrides, silences, verdicts, silencesMade } = oversight;
  return {
    overrides: new Map(overrides),
    silences: new Map(silences),
    acknowledged: new Map(),
    verdicts: { given: new Map(), tallies: verdicts.tallies },
    manual: new Map(oversight.manual),
    silencesMade,
  };
}

/**
 * Ends manual control, by `resume`, of expiries that are not listed (yet): one, or all of an underlying. Returns whether
 * there was any.
 */
export function handBack(oversight: Oversight, target: string): boolean {
  let any = false;
  for (const scope of oversight.manual.keys())
    if (scope === target || scope.startsWith(`${target}:`)) any = oversight.manual.delete(scope) || any;
  return any;
}

/** Forgets what has lapsed at `now`, epoch ms of our clock. */
export function lapse(oversight: Oversight, now: number): void {
  for (const [scope, { until }] of oversight.overrides) if (until <= now) oversight.overrides.delete(scope);
  for (const [id, { until }] of oversight.silences) if (until <= now) oversight.silences.delete(id);
}

/** `model@venue[:underlying[:day[:wing]]]`. */
const SCOPE = /^[\w-]+@[\w-]+(:[\w-]+(:\d{4}-\d\d-\d\d(:(put|centre|call))?)?)?$/;

/**
 * Why an operator's `override` (break-glass, until `event.until`), or the `resume` that ends it early, cannot be; null
 * when it can. Changes nothing. The caller has authenticated the actor.
 */
export function refuseOverride(oversight: Oversight, event: OperatorEvent): string | null {
  const { overrides } = oversight;
  const { action, target, note, until, receivedAt } = event;
  if (action === 'resume') {
    const held = overrides.get(target);
    return held !== undefined && held.until > receivedAt ? null : `target: no override on ${target}`;
  }
  if (action !== 'override') return `action: ${action} is no break-glass`;
  if (!SCOPE.test(target)) return `target: ${target} is not model@venue:underlying:day`;
  if (note.trim() === '') return 'note: say why';
  if (until === null || !(until > receivedAt)) return 'until: an override must lapse in the future';
  if (until - receivedAt > MAX_OVERRIDE_MS)
    return `until: at most ${MAX_OVERRIDE_MS / 60_000} minutes, ${(until - receivedAt) / 60_000} asked`;
  const inForce = [...overrides.values()].filter((o) => o.until > receivedAt).length;
  if (!overrides.has(target) && inForce >= MAX_OVERRIDES) return `target: ${MAX_OVERRIDES} overrides are open already`;
  return null;
}

/** Takes a break-glass or its end. Returns null, or why it was refused. */
export function applyOverride(oversight: Oversight, event: OperatorEvent): string | null {
  lapse(oversight, event.receivedAt);
  const refused = refuseOverride(oversight, event);
  if (refused !== null) return refused;
  const { target: scope, actor: by, note, until } = event;
  if (event.action === 'resume') oversight.overrides.delete(scope);
  else if (until !== null) oversight.overrides.set(scope, { scope, by, note, until });
  return null;
}

/** The silence that an operator's event asks for, or why there is none. Changes nothing. */
export function silenceOf(oversight: Oversight, event: OperatorEvent): Silence | string {
  const { target, actor: by, note, receivedAt: at, until } = event;
  const inForce = [...oversight.silences.values()].filter((s) => s.until > at).length;
  if (inForce >= MAX_SILENCES) return `target: ${MAX_SILENCES} silences are in force already`;
  return makeSilence(`s-${oversight.silencesMade + 1}`, { target, by, note, at }, until);
}

/** Takes a `silence`, or the `resume` that ends one (target its id). Returns null, or why it was refused. */
export function applySilence(oversight: Oversight, event: OperatorEvent): string | null {
  lapse(oversight, event.receivedAt);
  if (event.action === 'resume')
    return oversight.silences.delete(event.target) ? null : `target: there is no silence ${event.target}`;
  const silence = silenceOf(oversight, event);
  if (typeof silence === 'string') return silence;
  oversight.silencesMade++;
  oversight.silences.set(silence.id, silence);
  return null;
}

/** Notes who takes care of an incident; `severity` is what it has now. The oldest is forgotten past the bound. */
export function acknowledge(oversight: Oversight, event: OperatorEvent, severity: Acknowledgement['severity']): void {
  const { acknowledged } = oversight;
  acknowledged.delete(event.target);
  acknowledged.set(event.target, { by: event.actor, note: event.note, at: event.receivedAt, severity });
  if (acknowledged.size <= MAX_ACKNOWLEDGED) return;
  const oldest = acknowledged.keys().next().value;
  if (oldest !== undefined) acknowledged.delete(oldest);
}
