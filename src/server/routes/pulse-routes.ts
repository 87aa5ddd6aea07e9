import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { MonitorView } from '../monitor-view.ts';
import type { StreamHub } from '../stream/hub.ts';
import { health, readiness } from '../wire/system.ts';

/** `/healthz`, `/readyz`, `/metrics`. */
export function pulseRoutes(server: FastifyInstance, view: MonitorView, registry: Registry): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const tags = ['health'];
  app.get(
    '/healthz',
    { config: { open: true }, schema: { tags, response: { 200: z.object({ status: z.literal('ok') }) } } },
    () => ({ status: 'ok' as const }),
  );
  app.get('/readyz', { schema: { tags, response: { 200: readiness, 503: readiness } } }, (_request, reply) => {
    const found = view.readiness();
    reply.code(found.ready ? 200 : 503);
    return found;
  });
  app.get(
    '/metrics',
    { schema: { tags, response: { 200: z.string() } }, serializerCompiler: () => String },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  );
}

/** `/api/v1/health`. */
export function healthRoute(server: FastifyInstance, view: MonitorView, hub: StreamHub): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  app.get('/health', { schema: { tags: ['health'], response: { 200: health } } }, () => hub.health(view));
}
