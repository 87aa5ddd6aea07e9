import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { WebSocketServer, type WebSocket } from 'ws';
import { z } from 'zod';
import type { LeaseAnswer } from '../policy/lease.ts';
import { Problem } from './problem.ts';
import { gateState, optional, optionalTime, time } from './wire/scalars.ts';

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

/** The path of the leases' own WebSocket. */
export const GATE_STREAM_PATH = '/api/v1/gate/stream';
const MAX_CLIENTS = 200;
const MAX_MESSAGE_BYTES = 1_024;
/** A reader that has let this much pile up is gone. */
const MAX_BUFFERED_BYTES = 4_000_000;
/** Questions a second that one connection may ask. */
const MAX_QUESTIONS = 20;
const NONCE = /^[\w.-]{1,64}$/;

const lease = z.object({
  scope: z.string(),
  state: gateState,
  multiplier: optional,
  model_id: z.string().nullable(),
  as_of: optionalTime,
  uncertainty_multiplier: optional,
  reasons: z.array(z.string()),
  standing: z.enum(['verdict', 'abstains']),
  override: z.object({ by: z.string(), until: time, note: z.string() }).nullable(),
  issued_at: time,
  ttl_ms: z.number(),
  expires_at: time,
  sequence: z.number(),
});
const leaseAnswer = z.object({
  monitor: z.string(),
  run: z.string(),
  nonce: z.string().nullable(),
  mode: z.enum(['advisory', 'enforcing']),
  issued_at: time,
  ttl_ms: z.number(),
  sequence: z.number(),
  leases: z.array(lease),
});
const scope = z.string().min(3).max(200);
const note = z
  .string()
  .max(500)
  .regex(/^[^\p{Cc}]*$/u, 'no control characters');
const opening = z.strictObject({ scope, minutes: z.number().positive().max(60), note: note.min(1) });
const ending = z.strictObject({ scope, note: note.default('') });

/** `GET /gate/leases`, `POST` and `DELETE /gate/overrides`, under the prefix of the API. Source: `docs/gate.md`. */
export function gateRoutes(server: FastifyInstance, source: GateSource): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const tags = ['gate'];
  app.get(
    '/gate/leases',
    {
      schema: {
        tags,
        querystring: z.object({ nonce: z.string().regex(NONCE, 'letters, digits and . _ -').optional() }),
        response: { 200: leaseAnswer },
      },
    },
    // The schema's types are mutable; nobody changes an answer.
    (request) => source.answer(request.query.nonce ?? null) as z.output<typeof leaseAnswer>,
  );
  const act = (request: BreakGlass): null => {
    const refused = source.override(request);
    if (refused !== null) throw new Problem(409, refused);
    return null;
  };
  app.post(
    '/gate/overrides',
    { config: { role: 'override' }, schema: { tags, body: opening, response: { 204: z.null() } } },
    (request, reply) => {
      void reply.code(204);
      return act({ ...request.body, actor: request.identity.name });
    },
  );
  app.delete(
    '/gate/overrides',
    { config: { role: 'override' }, schema: { tags, body: ending, response: { 204: z.null() } } },
    (request, reply) => {
      void reply.code(204);
      return act({ ...request.body, minutes: null, actor: request.identity.name });
    },
  );
}

/** A token that came as the subprotocol `bearer.TOKEN`, since pages cannot set headers on a WebSocket. */
export function withProtocolToken(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const found = /(?:^|,)\s*bearer\.([\w.~+-]{1,512})\s*(?:,|$)/.exec(headers['sec-websocket-protocol'] ?? '');
  return found === null || headers.authorization !== undefined
    ? headers
    : { ...headers, authorization: `Bearer ${found[1]}` };
}

/** The leases over WebSocket: answers `{op: "renew", nonce}` and tells every change unasked. */
export class GateStream {
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has('vernier-gate') ? 'vernier-gate' : false),
  });
  private readonly source: GateSource;
  private readonly unsubscribe: () => void;

  constructor(source: GateSource) {
    this.source = source;
    this.unsubscribe = source.subscribe((answer) => {
      const text = JSON.stringify(answer);
      for (const socket of this.server.clients) this.send(socket, text);
    });
  }

  /** Takes over an upgrade whose origin has been checked; `known`: whether its token is good. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, known: boolean): void {
    this.server.handleUpgrade(request, socket, head, (ws) => {
      // ws closes by itself on a protocol error; without a listener it would end the process.
      ws.on('error', () => ws.terminate());
      if (!known) ws.close(4401, 'a token is wanted');
      else if (this.server.clients.size > MAX_CLIENTS) ws.close(4429, 'too many clients');
      else this.serve(ws);
    });
  }

  /** Says goodbye to everyone. */
  close(): void {
    this.unsubscribe();
    for (const socket of this.server.clients) socket.close(1001, 'the server stops');
    this.server.close();
  }

  private serve(socket: WebSocket): void {
    let asked: number[] = [];
    socket.on('message', (data, binary) => {
      const nonce = binary ? null : nonceOf((data as Buffer).toString('utf8'));
      if (nonce === null) return socket.close(4400, 'send {"op":"renew","nonce":TEXT}');
      const now = performance.now();
      asked = asked.filter((t) => now - t < 1_000);
      asked.push(now);
      if (asked.length > MAX_QUESTIONS) return socket.close(4429, 'too many questions');
      this.send(socket, JSON.stringify(this.source.answer(nonce)));
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
