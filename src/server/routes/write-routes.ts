import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { mayActAs, ROLES, type Identity } from '../access-tokens.ts';
import type { Admission } from '../admission.ts';
import type { AuditTrail } from '../audit-trail.ts';
import type { MonitorView, ReplayControls } from '../monitor-view.ts';
import { pageOf, pageQuery, takePage, unnumbered } from '../paging.ts';
import { Problem } from '../problem.ts';
import { epochMs, wantedTime } from '../wire/scalars.ts';
import { auditEntry, replay, session } from '../wire/system.ts';
import { incident } from '../wire/watch.ts';
import { known } from './read-routes.ts';

/** Wrong tokens and logins of one address in a minute. */
const LOGINS_A_MINUTE = 10;

const replayAction = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('play') }),
  z.strictObject({ action: z.literal('pause') }),
  z.strictObject({ action: z.literal('speed'), speed: z.number().min(0.1).max(10_000) }),
  z.strictObject({ action: z.literal('seek'), to: wantedTime }),
  z.strictObject({ action: z.literal('next-incident') }),
]);

/** What people may do, and who did. */
export function writeRoutes(server: FastifyInstance, view: MonitorView, audit: AuditTrail): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const tags = ['actions'];
  app.post(
    '/incidents/:id/acknowledge',
    {
      config: { role: 'acknowledge' },
      schema: {
        tags,
        params: z.object({ id: z.string().max(120) }),
        body: z.strictObject({
          note: z
            .string()
            .max(500)
            .regex(/^[^\p{Cc}]*$/u, 'no control characters')
            .default(''),
        }),
        response: { 200: incident },
      },
    },
    (request) => {
      const { id } = request.params;
      known(view.incident(id), id);
      const refused = view.acknowledge(id, request.identity.name, request.body.note);
      if (refused !== null) throw new Problem(409, refused);
      const { pictures: _, ...acknowledged } = known(view.incident(id), id);
      return acknowledged;
    },
  );
  app.get(
    '/audit',
    {
      config: { role: 'approve' },
      schema: { tags, querystring: z.object(pageQuery), response: { 200: pageOf(auditEntry) } },
    },
    (request) => {
      const page = takePage(audit.all(), request.query.limit, request.query.cursor, (e) => String(e.number));
      return { ...page, items: page.items.map(unnumbered) };
    },
  );
  if (view.replay !== null) replayRoutes(server, view.replay);
}

function replayRoutes(server: FastifyInstance, controls: ReplayControls): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const tags = ['replay'];
  app.get('/replay', { schema: { tags, response: { 200: replay } } }, () => controls.state());
  app.post(
    '/replay',
    { config: { role: 'acknowledge' }, schema: { tags, body: replayAction, response: { 200: replay } } },
    (request) => {
      const { body } = request;
      let refused: string | null = null;
      if (body.action === 'play') controls.play();
      else if (body.action === 'pause') controls.pause();
      else if (body.action === 'speed') controls.setSpeed(body.speed);
      else if (body.action === 'seek') refused = controls.seek(epochMs(body.to));
      else refused = controls.nextIncident();
      if (refused !== null) throw new Problem(409, refused);
      return controls.state();
    },
  );
}

/** Who one is, and browser sessions. */
export function sessionRoutes(server: FastifyInstance, admission: Admission, secure: boolean): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const tags = ['session'];
  const of = ({ name, role }: Identity): z.infer<typeof session> => ({
    name,
    role,
    can: ROLES.filter((r) => mayActAs(role, r)),
    secured: admission.secured,
  });
  app.get('/session', { schema: { tags, response: { 200: session } } }, (request) => of(request.identity));
  app.post(
    '/session',
    {
      config: { open: true, rateLimit: { max: LOGINS_A_MINUTE, timeWindow: 60_000 } },
      schema: { tags, body: z.strictObject({ token: z.string().min(1).max(512) }), response: { 200: session } },
    },
    (request, reply) => {
      const opened = admission.open(request.body.token, secure);
      if (opened === null) throw new Problem(401, 'the token is not known');
      void reply.header('set-cookie', opened.cookie);
      return of(opened.identity);
    },
  );
  app.delete(
    '/session',
    { config: { open: true }, schema: { tags, response: { 204: z.null() } } },
    (request, reply) => {
      void reply.header('set-cookie', admission.close(request.headers, secure)).code(204).send(null);
    },
  );
}
