import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

/** Where a room's figures go. */
export type MetricsRegistry = Registry;

/**
 * A part of the interface that another room brings: its routes under `/api/v1`, checked by their own schemas and so in
 * `/openapi.json`. Roles, tokens, audit, problems and ETags are the server's. Its name is told in `status.rooms`, which
 * the page looks at before it offers a view. Source: `docs/page.md`.
 */
export interface ServerRoom {
  readonly name: string;
  routes(api: FastifyInstance): void;
  /** Adds its figures to `/metrics`. */
  metrics?(registry: MetricsRegistry): void;
}
