import { z } from 'zod';
import { isoTime } from '../market/iso-time.ts';
import type { Alert } from '../policy/alert.ts';
import type { Notification } from '../policy/notification.ts';
import { checkedUrl, postJson } from './http-post.ts';
import { evidenceLine } from './notification-text.ts';
import { secretPlace } from './secret-place.ts';
import { SinkError, type SinkDefinition } from './sink.ts';

const schema = z.strictObject({
  /** Address of Alertmanager, without `/api/v2/alerts`. */
  url: z.string(),
  /** Bearer token, when a proxy in front wants one. */
  token: secretPlace.optional(),
});

/** An alert that is not posted again within this resolves in Alertmanager: also when this monitor has died. */
const HOLD_MS = 300_000;
const REFRESH_MS = 60_000;
const MAX_HELD = 1_000;
const HEARTBEAT_PERIODS = 3;

/** One alert of Alertmanager's API v2. */
interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

/**
 * Posts to Alertmanager's API v2 and posts again every minute what still fires, because Alertmanager resolves what it
 * does not hear of. What changes over an alert's life is an annotation; only its severity is a label, for routing, and
 * the alert under the former severity is ended when it moves.
 */
export const definition: SinkDefinition<typeof schema> = {
  kind: 'alertmanager',
  schema,
  create(name, settings, readSecret) {
    const url = new URL('api/v2/alerts', withSlash(checkedUrl(name, settings.url)));
    const headers: Record<string, string> = {};
    if (settings.token !== undefined) headers['authorization'] = `Bearer ${token(name, readSecret(settings.token))}`;
    const held = new Map<string, Alert>();
    let stamp: string | null = null;
    const post = (alerts: readonly PostedAlert[], signal: AbortSignal): Promise<void> =>
      postJson(name, url, JSON.stringify(alerts), headers, signal);
    const refresh = setInterval(() => {
      if (held.size === 0) return;
      // A refresh that fails is made good by the next: five fit into the time that Alertmanager waits.
      post(
        [...held.values()].map((a) => firing(a, stamp)),
        AbortSignal.timeout(REFRESH_MS / 2),
      ).catch(() => undefined);
    }, REFRESH_MS).unref();
    return {
      name,
      kind: 'alertmanager',
      async send(notification, signal) {
        stamp = notification.stamp;
        const moved = notification.firing.flatMap((a) => {
          const before = held.get(a.key);
          return before === undefined || before.severity === a.severity ? [] : [posted(before, Date.now(), stamp)];
        });
        await post([...moved, ...postedAlerts(notification)], signal);
        for (const a of notification.firing) if (held.size < MAX_HELD || held.has(a.key)) held.set(a.key, a);
        for (const a of notification.resolved) held.delete(a.key);
      },
      async close() {
        clearInterval(refresh);
      },
    };
  },
};

/** A notification as Alertmanager's alerts. */
export function postedAlerts(n: Notification): PostedAlert[] {
  if (n.everyMs !== null)
    return [
      {
        labels: { alertname: 'vernier-heartbeat', severity: 'none', ...stamped(n.stamp) },
        annotations: { summary: 'always firing while vernier lives; its end is the alarm' },
        startsAt: isoTime(n.at),
        endsAt: isoTime(Date.now() + HEARTBEAT_PERIODS * n.everyMs),
      },
    ];
  return [
    ...n.firing.map((a) => firing(a, n.stamp)),
    ...n.resolved.map((a) => posted(a, Math.max(a.endsAt ?? n.at, a.startsAt + 1), n.stamp)),
  ];
}

function firing(a: Alert, stamp: string | null): PostedAlert {
  return posted(a, Date.now() + HOLD_MS, stamp);
}

/** A label, so that routes tell a simulated market from a real one. */
function stamped(stamp: string | null): Record<string, string> {
  return stamp === null ? {} : { stamp };
}

function posted(a: Alert, endsAt: number, stamp: string | null): PostedAlert {
  return {
    labels: { alertname: a.cause, kind: a.kind, underlying: a.underlying, severity: a.severity, ...stamped(stamp) },
    annotations: {
      summary: a.says,
      scopes: a.scopes.join(', '),
      incidents: a.incidents.join(', '),
      evidence: evidenceLine(a),
    },
    startsAt: isoTime(a.startsAt),
    endsAt: isoTime(endsAt),
  };
}

function withSlash(url: URL): URL {
  return url.pathname.endsWith('/') ? url : new URL(`${url.href.replace(/[?#].*$/, '')}/`);
}

function token(name: string, text: string): string {
  if (!/^[\x21-\x7e]{1,4096}$/.test(text))
    throw new SinkError('configuration', `${name}: the token cannot be a header`);
  return text;
}
