/** The connection under a feed: WebSocket in production, anything with these methods in a test. */
import { WebSocket } from 'ws';

export interface SocketHandlers {
  open(): void;
  /** `bytes` are valid until the call returns. */
  frame(bytes: Uint8Array): void;
  /** Once, whatever the cause. `retryAfterMs`: the server named a time before which it wants no new attempt. */
  closed(detail: string, retryAfterMs: number | null): void;
}

export interface FeedSocket {
  send(text: string): void;
  /** A polite close; `closed` follows. */
  close(): void;
  /** An immediate one, for a connection that no longer answers. */
  terminate(): void;
  /** Stop reading: the peer's sending window fills. */
  pause(): void;
  resume(): void;
}

export type SocketFactory = (endpoint: string, handlers: SocketHandlers) => FeedSocket;

/** The largest message we take: a currency's whole instrument list is under 2 MB. */
const MAX_PAYLOAD_BYTES = 32 * 1024 * 1024;

/** `endpoint`: ws:// or wss:// address. Compression is off: it costs more time than it saves for short messages. */
export const webSocket: SocketFactory = (endpoint, handlers) => {
  const socket = new WebSocket(endpoint, { perMessageDeflate: false, maxPayload: MAX_PAYLOAD_BYTES });
  let detail = '';
  let retryAfterMs: number | null = null;
  let closed = false;
  const close = (why: string): void => {
    if (closed) return;
    closed = true;
    handlers.closed(detail === '' ? why : detail, retryAfterMs);
  };
  socket.on('open', () => handlers.open());
  socket.on('message', (data) => {
    if (data instanceof Uint8Array) handlers.frame(data);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    detail ||= error.code ?? error.message;
  });
  socket.on('unexpected-response', (request, response) => {
    const seconds = Number(response.headers['retry-after']);
    if (seconds > 0) retryAfterMs = seconds * 1000;
    detail = `HTTP ${response.statusCode}`;
    response.resume();
    request.destroy();
    close(detail);
  });
  socket.on('close', (code, reason) => close(`closed ${code} ${reason.toString().slice(0, 64)}`.trim()));
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => socket.close(1000),
    terminate: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
};
