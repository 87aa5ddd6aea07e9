import { createHash } from 'node:crypto';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { mayActAs, type AccessTokens, type Identity } from './access-tokens.ts';
import { Admission } from './admission.ts';
import { alertRoutes, type AlertSource } from './alert-routes.ts';
import { AuditTrail } from './audit-trail.ts';
import { gateRoutes, type GateSource } from './gate-routes.ts';
import { metricsOf } from './metrics.ts';
import type { MonitorView } from './monitor-view.ts';
import { servePage } from './page-files.ts';
import { Problem, problemHandler, sendProblem } from './problem.ts';
import { healthRoute, pulseRoutes } from './routes/pulse-routes.ts';
import type { ServerRoom } from './room.ts';
import { readRoutes } from './routes/read-routes.ts';
import { sessionRoutes, writeRoutes } from './routes/write-routes.ts';
import { StreamHub } from './stream/hub.ts';
import { acceptStreams } from './stream/upgrade.ts';
import type { Role } from './wire/scalars.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Needs no token. */
    open?: boolean;
    /** Needs this role; `view` when absent. */
    role?: Role;
  }
  interface FastifyRequest {
    identity: Identity;
  }
}

/** How to serve. */
export interface ServerOptions {
  readonly view: MonitorView;
  /** Leases for trading engines; none of a replay. */
  readonly gate?: GateSource | null;
  /** Who is told what; null when nobody is. */
  readonly alerts?: AlertSource | null;
  /** What other rooms bring. */
  readonly rooms?: readonly ServerRoom[];
  /** 0 = any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Wanted on every address but the loopback's. */
  readonly tokens?: AccessTokens | null;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | null;
  /** Directory of the built page; null = none. */
  readonly page: string | null;
  /** An error of ours that a client met as status 500. */
  readonly onTrouble: (error: Error) => void;
  /** Requests an address may make in a minute. */
  readonly requestsPerMinute?: number;
  /** Checks every answer against its schema: for tests, it costs time. */
  readonly checkAnswers?: boolean;
}

/** A running server. */
export interface MonitorServer {
  /** `http://127.0.0.1:8080/`. */
  readonly address: string;
  readonly hub: StreamHub;
  close(): Promise<void>;
}

/** The server may not start as asked; nothing was opened. */
export class ServerRefused extends Error {
  override readonly name = 'ServerRefused';
  readonly retryable = false;
  readonly exitCode = 2;
}

const BODY_BYTES = 16 * 1024;
const CONNECTIONS = 2_000;
const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Whether an address reaches this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Opens the server. Throws {@link ServerRefused} for an address that others reach when there are no tokens. */
export async function startServer(options: ServerOptions): Promise<MonitorServer> {
  const host = options.host ?? '127.0.0.1';
  const tokens = options.tokens ?? null;
  if (tokens === null && !isLoopback(host))
    throw new ServerRefused(
      `--host ${host}: others reach this address; give --token-file (docs/api.md), or stay on 127.0.0.1`,
    );
  const secure = (options.tls ?? null) !== null;
  const admission = new Admission(tokens);
  const audit = new AuditTrail();
  const hub = new StreamHub(options.view, options.onTrouble);
  const app = newApp(options);
  app.setErrorHandler(problemHandler(options.onTrouble));
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, 'there is nothing at this path'));
  await protect(app, secure, options.requestsPerMinute ?? 3_000);
  admit(app, admission, audit);
  await describe(app, options.view.status().version);
  addEtags(app);
  const registry = metricsOf(options.view, () => hub.size, () => hub.dropped); // prettier-ignore
  for (const room of options.rooms ?? []) room.metrics?.(registry);
  pulseRoutes(app, options.view, registry);
  await app.register(
    (api, _none, done) => {
      readRoutes(api, options.view);
      writeRoutes(api, options.view, audit);
      sessionRoutes(api, admission, secure);
      healthRoute(api, options.view, hub);
      if (options.gate !== undefined && options.gate !== null) gateRoutes(api, options.gate);
      if (options.alerts !== undefined && options.alerts !== null) alertRoutes(api, options.alerts);
      for (const room of options.rooms ?? []) room.routes(api);
      done();
    },
    { prefix: '/api/v1' },
  );
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await servePage(app, options.page);
  const end = acceptStreams(
    app.server,
    admission,
    hub,
    options.gate ?? null,
    (options.rooms ?? []).flatMap((r) => (r.stream === undefined ? [] : [r.stream])),
  );
  try {
    await app.listen({ host, port: options.port });
  } catch (cause) {
    end();
    const code = (cause as NodeJS.ErrnoException).code ?? '?';
    const why = code === 'EADDRINUSE' ? 'the port is taken' : code === 'EACCES' ? 'the port is not ours to take' : code;
    throw new ServerRefused(`--port ${options.port} on ${host}: ${why}`, { cause });
  }
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port;
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    address: `${secure ? 'https' : 'http'}://${shown}:${port}/`,
    hub,
    close: async () => {
      end();
      await app.close();
    },
  };
}

function newApp(options: ServerOptions): FastifyInstance {
  const tls = options.tls ?? null;
  const common = {
    logger: false,
    bodyLimit: BODY_BYTES,
    requestTimeout: 10_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  } as const;
  const app = (tls === null
    ? fastify(common)
    : fastify({
        ...common,
        https: { cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' },
      })) as unknown as FastifyInstance;
  // JSON or nothing: a form of another site cannot send it without asking first.
  app.removeContentTypeParser('text/plain');
  app.server.maxConnections = CONNECTIONS;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(options.checkAnswers === true ? serializerCompiler : () => JSON.stringify);
  return app;
}

/** Headers that keep a page to itself, and a bound on requests. Only TLS may ask for TLS. */
async function protect(app: FastifyInstance, secure: boolean, requestsPerMinute: number): Promise<void> {
  await app.register(helmet, {
    strictTransportSecurity: secure,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'"],
        fontSrc: ["'self'", 'data:'],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        objectSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        ...(secure ? { upgradeInsecureRequests: [] } : {}),
      },
    },
  });
  // The description's own page styles itself inline; ours does not.
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.url.startsWith('/docs')) {
      const policy = String(reply.getHeader('content-security-policy') ?? '');
      void reply.header(
        'content-security-policy',
        policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
      );
    }
    return payload;
  });
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, context) =>
      new Problem(429, `more than ${context.max} requests a minute; wait ${Math.ceil(context.ttl / 1000)} s`),
  });
}

/** Who may ask what; every write is noted, done or refused. */
function admit(app: FastifyInstance, admission: Admission, audit: AuditTrail): void {
  app.decorateRequest('identity', null as unknown as Identity);
  app.addHook('onRequest', async (request: FastifyRequest) => {
    if (WRITES.has(request.method)) {
      const foreign = admission.foreignOrigin(request.headers);
      if (foreign !== null) throw new Problem(foreign.status, foreign.detail);
    }
    const identity = admission.identify(request.headers);
    const { open, role } = request.routeOptions.config;
    if ('status' in identity) {
      if (open === true && identity.status === 401) return;
      throw new Problem(identity.status, identity.detail);
    }
    request.identity = identity;
    if (role !== undefined && !mayActAs(identity.role, role))
      throw new Problem(403, `${identity.name} has the role ${identity.role}; this takes ${role}`);
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (WRITES.has(request.method)) noteWrite(audit, request, reply);
    done();
  });
}

function noteWrite(audit: AuditTrail, request: FastifyRequest, reply: FastifyReply): void {
  const identity = request.identity as Identity | null;
  audit.add({
    actor: identity?.name ?? '?',
    role: identity?.role ?? '?',
    action: `${request.method} ${request.routeOptions.url ?? '?'}`,
    target: request.url.split('?')[0].slice(0, 200),
    outcome: reply.statusCode < 400 ? 'done' : 'refused',
    status: reply.statusCode,
    remote: request.ip,
  });
}

async function describe(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Vernier', version, description: 'What a running monitor knows, and what people may do to it.' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }, {}],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: false, uiConfig: { validatorUrl: null } });
}

/** A weak ETag on every read, so that a poll costs nothing when nothing changed. */
function addEtags(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const cacheable = request.method === 'GET' && reply.statusCode === 200 && request.url.startsWith('/api/');
    if (!cacheable || typeof payload !== 'string') return payload;
    const tag = `W/"${createHash('sha1').update(payload).digest('base64url')}"`;
    void reply.header('etag', tag).header('cache-control', 'no-cache');
    if (request.headers['if-none-match'] !== tag) return payload;
    void reply.code(304).removeHeader('content-length');
    return '';
  });
}
