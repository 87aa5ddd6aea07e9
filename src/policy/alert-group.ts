import { graver, SEVERITIES } from './alert.ts';
import type { Alert, Severity } from './alert.ts';
import { inhibitedBy } from './inhibition.ts';
import type { Notification, NotificationReason } from './notification.ts';
import { count, type AlertGroup, type RouterConfig, type RouterState } from './router-state.ts';
import { matches, mayBeHidden } from './silence.ts';

interface Gathered {
  readonly firing: Alert[];
  readonly hidden: { readonly key: string; readonly because: string }[];
}

/** One turn: gathers what fires into groups, tells what is due, forgets what is over. */
export function planGroups(state: RouterState, at: number): Notification[] {
  const gathered = gather(state, at);
  const told: Notification[] = [];
  for (const [key, group] of state.groups) {
    const notification = turn(state, group, gathered.get(key) ?? { firing: [], hidden: [] }, at);
    if (notification !== null) told.push(notification);
    if (group.told.size === 0 && !gathered.has(key)) state.groups.delete(key);
  }
  forget(state);
  return told;
}

function gather(state: RouterState, at: number): Map<string, Gathered> {
  const firing = [...state.alerts.values()].map((t) => t.alert).filter((a) => a.endsAt === null);
  const gathered = new Map<string, Gathered>();
  for (const alert of firing) {
    const because = hiddenBecause(state, alert, firing, at);
    for (const receiver of receiversOf(state.config, alert)) {
      const labels = Object.fromEntries(state.config.groupBy.map((name) => [name, alert[name]]));
      const key = [receiver, ...Object.values(labels)].join('|');
      if (!state.groups.has(key))
        state.groups.set(key, { receiver, labels, told: new Map(), pendingSince: null, lastAt: null });
      const group = gathered.get(key) ?? { firing: [], hidden: [] };
      gathered.set(key, group);
      if (because === null) group.firing.push(alert);
      else group.hidden.push({ key: alert.key, because });
    }
  }
  return gathered;
}

/** Receivers of an alert by the routing table, each once. */
export function receiversOf(config: RouterConfig, alert: Alert): string[] {
  const found: string[] = [];
  for (const rule of config.rules) {
    if (!matches(rule.match, alert)) continue;
    if (!found.includes(rule.receiver)) found.push(rule.receiver);
    if (!rule.continue) break;
  }
  return found;
}

/** Why an alert is not told: its silence or its inhibitor; null = it is told. */
export function hiddenBecause(state: RouterState, alert: Alert, firing: readonly Alert[], at: number): string | null {
  if (!mayBeHidden(alert)) return null;
  for (const silence of state.silences.values())
    if (silence.startsAt <= at && matches(silence.match, alert)) return `silence ${silence.id}`;
  const inhibitor = inhibitedBy(alert, firing);
  return inhibitor === null ? null : `inhibited by ${inhibitor.key}`;
}

function turn(state: RouterState, group: AlertGroup, now: Gathered, at: number): Notification | null {
  const { groupWaitMs, groupIntervalMs, repeatMs } = state.config;
  const fresh = now.firing.filter((a) => !group.told.has(a.key));
  const raised = now.firing.filter((a) => isGraver(a.severity, group.told.get(a.key)));
  const ended = [...group.told.keys()].filter((key) => state.alerts.get(key)?.alert.endsAt !== null);
  const news = fresh.length + raised.length + ended.length > 0;
  group.pendingSince = news ? Math.min(group.pendingSince ?? at, at) : null;
  if (group.pendingSince !== null) {
    const urgent = [...fresh, ...raised].some((a) => a.severity === 'critical');
    const waited = at - group.pendingSince >= groupWaitMs;
    const spaced = group.lastAt === null || fresh.length + raised.length === 0 || since(group, at) >= groupIntervalMs;
    if (!urgent && !(waited && spaced)) return null;
    const reason =
      raised.length > 0 ? 'graver' : fresh.length === 0 ? 'resolved' : group.lastAt === null ? 'first' : 'new-alerts';
    return tell(state, group, now, ended, reason, at);
  }
  const open = now.firing.filter((a) => !state.acknowledged.has(a.key));
  if (open.length === 0 || group.lastAt === null || since(group, at) < repeatMs) return null;
  return tell(state, group, now, [], 'repeat', at);
}

/** Time since the group was last told; a clock set back counts as long enough. */
function since(group: AlertGroup, at: number): number {
  return group.lastAt === null || at < group.lastAt ? Infinity : at - group.lastAt;
}

function tell(
  state: RouterState,
  group: AlertGroup,
  now: Gathered,
  ended: readonly string[],
  reason: NotificationReason,
  at: number,
): Notification {
  const resolved = ended.map((key) => state.alerts.get(key)?.alert).filter((a) => a !== undefined);
  const hidden = [...now.hidden];
  const firing = now.firing.filter((a) => {
    const taken = state.acknowledged.get(a.key);
    if (reason !== 'repeat' || taken === undefined) return true;
    hidden.push({ key: a.key, because: `acknowledged by ${taken.by}` });
    return false;
  });
  for (const key of ended) group.told.delete(key);
  for (const a of firing) group.told.set(a.key, a.severity);
  for (const h of hidden) count(state, h.because.replace(/ .*/, ''));
  group.pendingSince = null;
  group.lastAt = at;
  const severity = (firing.length > 0 ? firing : resolved).map((a) => a.severity).reduce(graver, 'info');
  const id = `${state.config.run}-${++state.sequence}`;
  const { receiver, labels } = group;
  const { stamp } = state.config;
  return { id, at, reason, receiver, group: labels, severity, firing, resolved, hidden, stamp, everyMs: null };
}

function isGraver(now: Severity, told: Severity | undefined): boolean {
  return told !== undefined && SEVERITIES.indexOf(now) > SEVERITIES.indexOf(told);
}

/** Ended alerts that nobody still has to be told of are dropped; one that nobody heard of at all is counted. */
function forget(state: RouterState): void {
  for (const [key, { alert }] of state.alerts) {
    if (alert.endsAt === null) continue;
    if ([...state.groups.values()].some((g) => g.told.has(key))) continue;
    state.alerts.delete(key);
    state.acknowledged.delete(key);
  }
}
