import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { WebSocketServer, type WebSocket } from 'ws';
import type { LeaseAnswer } from '../policy/lease.ts';

/** Someone opens the gate by hand, or (minutes null) ends that. */
export interface BreakGlass {
  readonly scope: string;
  /** At most 60. */
  readonly minutes: number | null;
  readonly note: string;
  /** Name of the token, never the token. */
  readonly actor: string;
}

/** What the routes ask of whoever keeps the gate. */
export interface GateSource {
  answer(nonce: string | null): LeaseAnswer;
  subscribe(listener: (answer: LeaseAnswer) => void): () => void;
  /** Null, or why it was refused. */
  override(request: BreakGlass): string | null;
}

/** Who is asking, as the server's own authentication knows it. */
export interface GateCaller {
  readonly name: string;
  readonly role: 'view' | 'acknowledge' | 'approve' | 'override';
}

/** How the routes are mounted. */
export interface GateRoutesOptions {
  readonly source: GateSource;
  /** Null: not known, 401. For a WebSocket the token may stand in `sec-websocket-protocol` as `bearer.TOKEN`. */
  readonly caller: (request: IncomingMessage) => GateCaller | null;
  /** Whether a browser's page of this origin may connect. Default: only pages of this host. */
  readonly origin?: (request: IncomingMessage) => boolean;
}

/** The path of the leases' own WebSocket. */
export const GATE_STREAM_PATH = '/api/v1/gate/stream';
const MAX_CLIENTS = 200;
const MAX_MESSAGE_BYTES = 1_024;
/** A reader that has let this much pile up is gone. */
const MAX_BUFFERED_BYTES = 4_000_000;
/** Questions a second that one connection may ask. */
const MAX_QUESTIONS = 20;
const NONCE = /^[\w.-]{1,64}$/;

/**
 * Fastify plugin: `GET /api/v1/gate/leases`, `POST` and `DELETE /api/v1/gate/overrides`. The WebSocket is served by
 * {@link GateStream}, which the server's one `upgrade` handler calls for {@link GATE_STREAM_PATH}.
 */
export async function gateRoutes(app: FastifyInstance, options: GateRoutesOptions): Promise<void> {
  const { source } = options;
  app.get('/api/v1/gate/leases', (request, reply) => {
    if (options.caller(request.raw) === null) return problem(reply, 401, 'a token is wanted');
    const nonce = (request.query as { nonce?: unknown }).nonce ?? null;
    if (nonce !== null && (typeof nonce !== 'string' || !NONCE.test(nonce)))
      return problem(reply, 400, 'nonce: at most 64 letters, digits and . _ -');
    return reply.header('cache-control', 'no-store').send(source.answer(nonce));
  });
  const overriding = (request: FastifyRequest, reply: FastifyReply, ends: boolean): FastifyReply => {
    const caller = options.caller(request.raw);
    if (caller === null) return problem(reply, 401, 'a token is wanted');
    if (caller.role !== 'override') return problem(reply, 403, `role ${caller.role}: override is wanted`);
    const read = readOverride(request.body, ends);
    if (typeof read === 'string') return problem(reply, 400, read);
    const refused = source.override({ ...read, actor: caller.name });
    if (refused !== null) return problem(reply, 409, refused);
    return reply.status(204).send();
  };
  app.post('/api/v1/gate/overrides', (request, reply) => overriding(request, reply, false));
  app.delete('/api/v1/gate/overrides', (request, reply) => overriding(request, reply, true));
}

function readOverride(body: unknown, ends: boolean): Omit<BreakGlass, 'actor'> | string {
  if (typeof body !== 'object' || body === null) return 'body: a JSON object is wanted';
  const { scope, minutes, note } = body as Record<string, unknown>;
  if (typeof scope !== 'string' || scope.length > 200) return 'scope: a text of at most 200 characters';
  if (ends) return { scope, minutes: null, note: typeof note === 'string' ? note.slice(0, 500) : '' };
  if (typeof minutes !== 'number' || !(minutes > 0)) return 'minutes: a number above 0';
  if (typeof note !== 'string' || note.trim() === '' || note.length > 500)
    return 'note: say why, in 1 to 500 characters';
  return { scope, minutes, note };
}

function problem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .status(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: status < 500 ? 'Refused' : 'Failed', status, detail });
}

/** The leases over WebSocket: answers `{op: "renew", nonce}` and tells every change unasked. */
export class GateStream {
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => (offered.has('vernier-gate') ? 'vernier-gate' : false),
  });
  private readonly options: GateRoutesOptions;
  private readonly unsubscribe: () => void;

  constructor(options: GateRoutesOptions) {
    this.options = options;
    this.unsubscribe = options.source.subscribe((answer) => {
      const text = JSON.stringify(answer);
      for (const socket of this.server.clients) this.send(socket, text);
    });
  }

  /** Takes over an upgrade request; false when it is for another path. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (new URL(request.url ?? '/', 'http://localhost').pathname !== GATE_STREAM_PATH) return false;
    const origin = this.options.origin ?? sameHost;
    const refused = !origin(request)
      ? '403 Forbidden'
      : this.options.caller(request) === null
        ? '401 Unauthorized'
        : this.server.clients.size >= MAX_CLIENTS
          ? '503 Service Unavailable'
          : null;
    if (refused === null) this.server.handleUpgrade(request, socket, head, (ws) => this.serve(ws));
    else socket.end(`HTTP/1.1 ${refused}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    return true;
  }

  /** Says goodbye to everyone. */
  close(): void {
    this.unsubscribe();
    for (const socket of this.server.clients) socket.close(1001, 'the server stops');
    this.server.close();
  }

  private serve(socket: WebSocket): void {
    let asked: number[] = [];
    // ws closes by itself on a protocol error; without a listener it would end the process.
    socket.on('error', () => socket.terminate());
    socket.on('message', (data, binary) => {
      const nonce = binary ? null : nonceOf((data as Buffer).toString('utf8'));
      if (nonce === null) return socket.close(4400, 'send {"op":"renew","nonce":TEXT}');
      const now = performance.now();
      asked = asked.filter((t) => now - t < 1_000);
      asked.push(now);
      if (asked.length > MAX_QUESTIONS) return socket.close(4429, 'too many questions');
      this.send(socket, JSON.stringify(this.options.source.answer(nonce)));
    });
  }

  private send(socket: WebSocket, text: string): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) return socket.terminate();
    socket.send(text);
  }
}

function nonceOf(text: string): string | null {
  try {
    const { op, nonce } = JSON.parse(text) as { op?: unknown; nonce?: unknown };
    return op === 'renew' && typeof nonce === 'string' && NONCE.test(nonce) ? nonce : null;
  } catch {
    return null;
  }
}

function sameHost(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}
