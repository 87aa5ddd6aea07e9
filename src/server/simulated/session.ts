/** One WebSocket connection to the simulated venue: its subscriptions, heartbeat and login. */
import type { WebSocket } from 'ws';
import type { Credits } from './credit-bucket.ts';

/** Bytes a slow reader may leave unread before the venue cuts it. */
const BUFFER_LIMIT = 256 * 1024 * 1024;

/** A connected client. */
export class Session {
  readonly socket: WebSocket;
  readonly credits: Credits;
  readonly channels = new Set<string>();
  /** The venue's time up to which the login holds, epoch ms; 0 = never logged in. */
  authenticatedUntil = 0;
  #heartbeat: NodeJS.Timeout | null = null;
  #awaitingTest = false;

  constructor(socket: WebSocket, credits: Credits) {
    this.socket = socket;
    this.credits = credits;
  }

  /** Sends text unless the connection is closing; cuts a reader that lets too much pile up. */
  send(text: string): void {
    if (this.socket.readyState !== 1) return;
    if (this.socket.bufferedAmount > BUFFER_LIMIT) this.socket.terminate();
    else this.socket.send(text);
  }

  /** From now on a heartbeat and a test request every `seconds`; an unanswered test request ends the session. */
  startHeartbeat(seconds: number): void {
    this.stopHeartbeat();
    this.#heartbeat = setInterval(() => {
      if (this.#awaitingTest) {
        this.socket.close(1001, 'heartbeat');
        return;
      }
      this.#awaitingTest = true;
      this.send('{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}}');
      this.send('{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}');
    }, seconds * 1000);
    this.#heartbeat.unref();
  }

  stopHeartbeat(): void {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    this.#awaitingTest = false;
  }

  /** The client called `public/test`. */
  answered(): void {
    this.#awaitingTest = false;
  }
}
