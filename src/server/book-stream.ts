import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { mayActAs, type Identity } from './access-tokens.ts';
import type { BookSource } from './book-room.ts';
import type { RoomStream } from './room.ts';
import { pushed } from './wire/book.ts';

/** The path of the push stream. */
export const BOOK_STREAM_PATH = '/api/v1/book/stream';
const MAX_CLIENTS = 50;
const MAX_MESSAGE_BYTES = 4_000_000;
/** Messages a second that one connection may push. */
const MAX_MESSAGES = 200;

/**
 * Positions, fills, orders and equity pushed over WebSocket: one JSON message `{op, ...}` as the bodies of the POST routes,
 * each answered with `{ok, taken, refused}` or `{ok: false, detail}`. Wants the role `approve`.
 */
export class BookStream implements RoomStream {
  readonly path = BOOK_STREAM_PATH;
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has('vernier-book') ? 'vernier-book' : false),
  });
  private readonly source: BookSource;

  constructor(source: BookSource) {
    this.source = source;
  }

  /** Takes over an upgrade whose origin has been checked; `identity` null = the token is missing or wrong. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, identity: Identity | null): void {
    this.server.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => ws.terminate());
      if (identity === null) ws.close(4401, 'a token is wanted');
      else if (!mayActAs(identity.role, 'approve')) ws.close(4403, `the role ${identity.role} may not push`);
      else if (this.server.clients.size > MAX_CLIENTS) ws.close(4429, 'too many clients');
      else this.serve(ws);
    });
  }

  /** Says goodbye to everyone. */
  close(): void {
    for (const socket of this.server.clients) socket.close(1001, 'the server stops');
    this.server.close();
  }

  private serve(socket: WebSocket): void {
    let since = performance.now();
    let messages = 0;
    socket.on('message', (data, binary) => {
      const now = performance.now();
      if (now - since >= 1_000) [since, messages] = [now, 0];
      if (++messages > MAX_MESSAGES) return socket.close(4429, 'too many messages');
      if (socket.readyState === socket.OPEN)
        socket.send(JSON.stringify(binary ? failed('send text') : this.answer((data as Buffer).toString('utf8'))));
    });
  }

  private answer(text: string): object {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return failed('the message is no JSON');
    }
    const checked = pushed.safeParse(message);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      return failed(`${issue.path.map(String).join('.')}: ${issue.message}`);
    }
    const answer = this.source.push(checked.data);
    return typeof answer === 'string' ? failed(answer) : { ok: true, ...answer };
  }
}

function failed(detail: string): object {
  return { ok: false, detail };
}
