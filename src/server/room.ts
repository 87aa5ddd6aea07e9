import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { Identity } from './access-tokens.ts';

/** Where a room's figures go. */
export type MetricsRegistry = Registry;

/** A WebSocket of a room's own. */
export interface RoomStream {
  /** `/api/v1/...` */
  readonly path: string;
  /** Takes over an upgrade whose origin has been checked; null = the token is missing or wrong. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, identity: Identity | null): void;
  close(): void;
}

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
  readonly stream?: RoomStream;
  /** Whether there is anything in it, or anything can come; always when absent. An empty room is not told of. */
  offered?(): boolean;
}
