import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Problem } from './problem.ts';
import { optionalTime, severity, time } from './wire/scalars.ts';

const alert = z.object({
  key: z.string(),
  kind: z.string(),
  cause: z.string(),
  says: z.string(),
  severity,
  underlying: z.string(),
  scopes: z.array(z.string()),
  incidents: z.array(z.string()),
  starts_at: time,
  ends_at: optionalTime,
  acknowledged_by: z.string().nullable(),
  /** Why nobody is told: a silence or an inhibition; null = it is told. */
  hidden: z.string().nullable(),
});
const silence = z.object({
  id: z.string(),
  match: z.record(z.string(), z.string()),
  by: z.string(),
  note: z.string(),
  starts_at: time,
  until: time,
});
const sink = z.object({
  sink: z.string(),
  kind: z.string(),
  sent: z.number(),
  failed_attempts: z.number(),
  dead: z.number(),
  waiting: z.number(),
  failing: z.boolean(),
});
const overview = z.object({ items: z.array(alert), silences: z.array(silence), sinks: z.array(sink) });

/** Alerts, silences and sinks as they are shown. */
export type AlertOverview = z.output<typeof overview>;

/** Someone asks not to be told for a while, or (minutes null) ends the silence `target`. */
export interface SilenceRequest {
  /** A matcher, `cause=level-move,underlying=deribit:BTC`, or the id of a silence. */
  readonly target: string;
  readonly minutes: number | null;
  readonly note: string;
  readonly actor: string;
}

/** What the routes ask of whoever tells people. */
export interface AlertSource {
  overview(): AlertOverview;
  /** Null, or why it was refused. */
  silence(request: SilenceRequest): string | null;
}

const target = z.string().min(1).max(300);
const note = z
  .string()
  .max(500)
  .regex(/^[^\p{Cc}]*$/u, 'no control characters');

/** `GET /alerts`, `POST` and `DELETE /silences`, under the prefix of the API. Source: `docs/alerts.md`. */
export function alertRoutes(server: FastifyInstance, source: AlertSource): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const tags = ['alerts'];
  app.get('/alerts', { schema: { tags, response: { 200: overview } } }, () => source.overview());
  const act = (request: SilenceRequest): AlertOverview => {
    const refused = source.silence(request);
    if (refused !== null) throw new Problem(409, refused);
    return source.overview();
  };
  app.post(
    '/silences',
    {
      config: { role: 'acknowledge' },
      schema: {
        tags,
        body: z.strictObject({ target, minutes: z.number().positive().max(10_080), note: note.min(1) }),
        response: { 200: overview },
      },
    },
    (request) => act({ ...request.body, actor: request.identity.name }),
  );
  app.delete(
    '/silences',
    {
      config: { role: 'acknowledge' },
      schema: { tags, body: z.strictObject({ target, note: note.default('') }), response: { 200: overview } },
    },
    (request) => act({ ...request.body, minutes: null, actor: request.identity.name }),
  );
}
