import { z } from 'zod';
import { ALERT_KINDS, SEVERITIES } from '../policy/alert.ts';
import type { RouterConfig } from '../policy/router-state.ts';
import { SINKS } from '../sink/registry.ts';

const name = z.string().regex(/^[a-z][\w-]{0,39}$/i, 'a name of letters, digits, hyphens and underscores');
const seconds = (least: number, most: number, usual: number) => z.number().min(least).max(most).default(usual);

const sink = z.discriminatedUnion('kind', [
  SINKS.console.schema.extend({ kind: z.literal('console') }),
  SINKS.webhook.schema.extend({ kind: z.literal('webhook') }),
  SINKS.alertmanager.schema.extend({ kind: z.literal('alertmanager') }),
  SINKS.email.schema.extend({ kind: z.literal('email') }),
]);
const match = z.strictObject({
  kind: z.enum(ALERT_KINDS).optional(),
  cause: z.string().optional(),
  underlying: z.string().optional(),
  scope: z.string().optional(),
  severity: z.enum(SEVERITIES).optional(),
});

/** What an alerts file may say; documented with an example in `docs/alerts.md`. */
export const alertSettings = z
  .strictObject({
    sinks: z.record(name, sink),
    /** A receiver is a team: the sinks that reach it. */
    receivers: z.record(name, z.array(name).min(1).max(20)),
    routes: z
      .array(z.strictObject({ match, to: name, continue: z.boolean().default(false) }))
      .max(200)
      .default([]),
    /** Who gets what no route took, from `warning` on. */
    default: name,
    group_by: z.array(z.enum(['underlying', 'kind', 'cause', 'severity'])).default(['underlying']),
    group_wait_s: seconds(0, 3_600, 30),
    group_interval_s: seconds(0, 86_400, 300),
    repeat_s: seconds(60, 604_800, 14_400),
    heartbeat: z.strictObject({ to: name, every_s: z.number().min(5).max(3_600).default(60) }).optional(),
    gate_models: z.array(z.string()).optional(),
  })
  .superRefine((s, context) => {
    const receiver = (to: string, path: (string | number)[]): void => {
      if (!Object.hasOwn(s.receivers, to))
        context.addIssue({ code: 'custom', path, message: `${to} is no receiver of this file` });
    };
    for (const [team, sinks] of Object.entries(s.receivers))
      for (const [i, used] of sinks.entries())
        if (!Object.hasOwn(s.sinks, used))
          context.addIssue({
            code: 'custom',
            path: ['receivers', team, i],
            message: `${used} is no sink of this file`,
          });
    for (const [i, route] of s.routes.entries()) receiver(route.to, ['routes', i, 'to']);
    receiver(s.default, ['default']);
    if (s.heartbeat !== undefined) receiver(s.heartbeat.to, ['heartbeat', 'to']);
  });
/** A checked alerts file. */
export type AlertSettings = z.output<typeof alertSettings>;

/** The router's part of the settings; the models whose gates are told are null when the file names none. */
export function routerConfig(settings: AlertSettings, run: string, stamp: string | null): RouterConfig {
  return {
    run,
    rules: [
      ...settings.routes.map((r) => ({ match: r.match, receiver: r.to, continue: r.continue })),
      { match: { severity: 'warning' }, receiver: settings.default, continue: false },
    ],
    groupBy: settings.group_by,
    groupWaitMs: settings.group_wait_s * 1_000,
    groupIntervalMs: settings.group_interval_s * 1_000,
    repeatMs: settings.repeat_s * 1_000,
    heartbeat:
      settings.heartbeat === undefined
        ? null
        : { receiver: settings.heartbeat.to, everyMs: settings.heartbeat.every_s * 1_000 },
    gateModels: settings.gate_models ?? null,
    stamp,
  };
}
