import type { GateRecord, IncidentRecord } from '../model/record.ts';
import { conditionOfGate, conditionOfIncident, graver, SEVERITIES, splitGateScope } from './alert.ts';
import type { Condition, Severity } from './alert.ts';
import { planGroups } from './alert-group.ts';
import type { Notification } from './notification.ts';
import { count, type RouterState, type TrackedAlert } from './router-state.ts';
import type { Silence } from './silence.ts';

/** Bounds: more alerts than this are one alert, `alert-overflow`. */
const MAX_ALERTS = 500;
const MAX_SCOPES = 200;
const MAX_INCIDENTS = 20;
/** A gate that is shut on this many scopes of one underlying is critical. */
const MANY_SCOPES = 3;
const OVERFLOW: Condition = {
  kind: 'platform',
  cause: 'alert-overflow',
  says: `more than ${MAX_ALERTS} alerts at once; further ones are not told`,
  underlying: 'monitor',
  scope: 'monitor',
  severity: 'critical',
  firing: true,
  incident: null,
  evidence: {},
};

/** Takes an incident or a gate record; `at` in epoch ms. */
export function noteRecord(state: RouterState, record: IncidentRecord | GateRecord, at: number): void {
  if (record.type === 'incident') return noteCondition(state, conditionOfIncident(record), at);
  const { gateModels } = state.config;
  if (gateModels !== null && !gateModels.includes(splitGateScope(record.scope)[0])) return;
  noteCondition(state, conditionOfGate(record), at);
}

/** Takes a report of any kind: the platform's own troubles, an override. */
export function noteCondition(state: RouterState, condition: Condition, at: number): void {
  const key = `${condition.cause}|${condition.underlying}`;
  const tracked = state.alerts.get(key);
  if (!condition.firing) {
    if (tracked?.firing.delete(condition.scope)) settle(state, tracked, at);
    return;
  }
  if (tracked === undefined) {
    if (state.alerts.size > MAX_ALERTS && condition.cause !== OVERFLOW.cause) {
      count(state, 'overflow');
      return noteCondition(state, OVERFLOW, at);
    }
    const { kind, cause, says, underlying, evidence, severity } = condition;
    const scopes = [condition.scope];
    const incidents = condition.incident === null ? [] : [condition.incident];
    state.alerts.set(key, {
      alert: { key, kind, cause, says, severity, underlying, scopes, incidents, evidence, startsAt: at, endsAt: null },
      firing: new Map([[condition.scope, severity]]),
    });
    return;
  }
  const before = tracked.firing.get(condition.scope);
  if (before === condition.severity) count(state, 'duplicate');
  if (before === undefined && tracked.firing.size >= MAX_SCOPES) return count(state, 'overflow');
  tracked.firing.set(condition.scope, condition.severity);
  const { incidents } = tracked.alert;
  if (condition.incident !== null && !incidents.includes(condition.incident))
    tracked.alert = { ...tracked.alert, incidents: [...incidents, condition.incident].slice(-MAX_INCIDENTS) };
  tracked.alert = { ...tracked.alert, evidence: condition.evidence };
  settle(state, tracked, at);
}

/** Brings an alert to what fires behind it. One that ended and comes back before that was told has never ended. */
function settle(state: RouterState, tracked: TrackedAlert, at: number): void {
  const { alert, firing } = tracked;
  if (firing.size === 0) {
    tracked.alert = { ...alert, endsAt: at };
    state.acknowledged.delete(alert.key);
    return;
  }
  const severities = [...firing.values()];
  const many = alert.kind === 'gate' && severities.filter((s) => s !== 'info').length >= MANY_SCOPES;
  const severity = many ? 'critical' : severities.reduce(graver);
  tracked.alert = { ...alert, scopes: [...firing.keys()].sort(), severity, endsAt: null };
  const taken = state.acknowledged.get(alert.key);
  if (taken !== undefined && SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(taken.severity))
    state.acknowledged.delete(alert.key);
}

/** Takes over the silences that are in force at `at` (epoch ms), in place of those it had. */
export function noteSilences(state: RouterState, silences: ReadonlyMap<string, Silence>, at: number): void {
  state.silences.clear();
  for (const [id, silence] of silences) if (silence.until > at) state.silences.set(id, silence);
}

/**
 * Someone takes care of an incident (or of an alert, by its key): it is not repeated until it ends or grows graver than
 * it is now, or than `severity` where that is known. Returns null, or why not.
 */
export function noteAcknowledgement(
  state: RouterState,
  target: string,
  taken: { readonly by: string; readonly at: number; readonly severity?: Severity },
): string | null {
  const tracked = [...state.alerts.values()].find(
    (t) => t.alert.endsAt === null && (t.alert.key === target || t.alert.incidents.includes(target)),
  );
  if (tracked === undefined) return `target: nothing that fires is called ${target}`;
  const { key, kind, severity } = tracked.alert;
  if (kind === 'gate' || kind === 'override') return `target: ${kind} cannot be acknowledged away`;
  const known = taken.severity ?? severity;
  if (SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(known)) return `target: ${target} has grown graver since`;
  state.acknowledged.set(key, { by: taken.by, at: taken.at, severity: known });
  return null;
}

/** Moves time to `at` (epoch ms): what is due is returned for its receiver, once. Call it about every second. */
export function advanceRouter(state: RouterState, at: number): Notification[] {
  for (const [id, silence] of state.silences) if (silence.until <= at) state.silences.delete(id);
  if (state.alerts.size < MAX_ALERTS / 2) noteCondition(state, { ...OVERFLOW, firing: false }, at);
  const told = planGroups(state, at);
  for (const n of told) count(state, `told:${n.reason}`);
  const beat = heartbeat(state, at);
  return beat === null ? told : [...told, beat];
}

function heartbeat(state: RouterState, at: number): Notification | null {
  const { heartbeat: wanted } = state.config;
  // A clock set back must not stop the heart until it has caught up.
  if (wanted === null || (at >= state.heartbeatAt && at - state.heartbeatAt < wanted.everyMs)) return null;
  state.heartbeatAt = at;
  count(state, 'told:heartbeat');
  return {
    id: `${state.config.run}-${++state.sequence}`,
    at,
    reason: 'heartbeat',
    receiver: wanted.receiver,
    group: {},
    severity: 'info',
    firing: [],
    resolved: [],
    hidden: [],
    stamp: state.config.stamp,
    everyMs: wanted.everyMs,
  };
}
