import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { isoTime } from '../market/iso-time.ts';
import type { Alert } from '../policy/alert.ts';
import type { Notification } from '../policy/notification.ts';
import { checkedUrl, postJson } from './http-post.ts';
import { headline } from './notification-text.ts';
import { secretPlace } from './secret-place.ts';
import { SinkError, type SinkDefinition } from './sink.ts';

const schema = z.strictObject({
  url: z.string(),
  /** Where the signing secret is kept: `whsec_` and 24 to 64 bytes in base64. */
  secret: secretPlace,
});

/** Posts JSON, signed as the Standard Webhooks specification says: receivers check it with any of its libraries. */
export const definition: SinkDefinition<typeof schema> = {
  kind: 'webhook',
  schema,
  create(name, settings, readSecret) {
    const url = checkedUrl(name, settings.url);
    const key = signingKey(name, readSecret(settings.secret));
    return {
      name,
      kind: 'webhook',
      send(notification, signal) {
        const body = JSON.stringify(webhookBody(notification));
        // The time of the attempt: receivers refuse what is older than minutes, and a retry may be.
        const timestamp = Math.floor(Date.now() / 1_000);
        const headers = {
          'webhook-id': notification.id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signature(key, notification.id, timestamp, body),
        };
        return postJson(name, url, body, headers, signal);
      },
    };
  },
};

/** `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. `timestamp`: epoch seconds. */
export function signature(key: Buffer, id: string, timestamp: number, body: string): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

function signingKey(name: string, secret: string): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  if (!/^whsec_[A-Za-z0-9+/]+=*$/.test(secret) || key.length < 24 || key.length > 64)
    throw new SinkError('configuration', `${name}: the secret is not whsec_ and 24 to 64 bytes in base64`);
  return key;
}

/** What receivers get: documented in `docs/alerts.md`. */
export function webhookBody(n: Notification): object {
  const type = n.reason === 'heartbeat' ? 'heartbeat' : n.firing.length > 0 ? 'alert.firing' : 'alert.resolved';
  const { id, reason, receiver, group, severity, hidden, stamp } = n;
  return {
    type: `vernier.${type}`,
    timestamp: isoTime(n.at),
    data: {
      id,
      reason,
      receiver,
      group,
      severity,
      hidden,
      stamp,
      headline: headline(n),
      firing: n.firing.map(wireAlert),
      resolved: n.resolved.map(wireAlert),
      next_within_s: n.everyMs === null ? null : n.everyMs / 1_000,
    },
  };
}

function wireAlert(a: Alert): object {
  const { startsAt, endsAt, ...rest } = a;
  return { ...rest, starts_at: isoTime(startsAt), ends_at: endsAt === null ? null : isoTime(endsAt) };
}
