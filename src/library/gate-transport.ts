/** The way to one monitor. Write your own for a bus: it only carries questions and answers. */
export interface GateTransport {
  /** For messages; must not contain a secret. */
  readonly name: string;
  /** Asks; resolves to the parsed JSON of a `LeaseAnswer` that carries the nonce. Rejects when aborted. */
  request(nonce: string, signal: AbortSignal): Promise<unknown>;
  /** Answers that came unasked (`nonce: null`); returns the way to stop. */
  subscribe?(listener: (answer: unknown) => void): () => void;
  close?(): void;
}

const MAX_ANSWER_CHARACTERS = 8_000_000;
/** A connection that could not be made is tried again after this, ms. */
const RECONNECT_MS = 500;

/** A token is checked here so that no platform's own complaint can repeat it. */
function checkToken(token: string): void {
  if (!/^[\w.~+-]{1,512}$/.test(token)) throw new TypeError('token: only letters, digits and . _ ~ + - are allowed');
}

/** Polls `GET /api/v1/gate/leases`. */
export function httpTransport(url: string, options: { readonly token?: string } = {}): GateTransport {
  const base = new URL(url);
  if (options.token !== undefined) checkToken(options.token);
  const headers: Record<string, string> =
    options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
  return {
    name: base.host,
    async request(nonce, signal) {
      const address = new URL(`/api/v1/gate/leases?nonce=${encodeURIComponent(nonce)}`, base);
      const response = await fetch(address, { headers, signal, cache: 'no-store', redirect: 'error' });
      if (!response.ok) throw new Error(`status ${response.status}`);
      return JSON.parse(await bounded(response)) as unknown;
    },
  };
}

async function bounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MAX_ANSWER_CHARACTERS) throw new Error('the answer is too long');
  }
  return text + decoder.decode();
}

/** Keeps a WebSocket to `/api/v1/gate/stream`: asks over it, and hears changes as they happen. Reconnects by itself. */
export function webSocketTransport(url: string, options: { readonly token?: string } = {}): GateTransport {
  const address = new URL('/api/v1/gate/stream', url);
  if (options.token !== undefined) checkToken(options.token);
  const protocols = options.token === undefined ? ['vernier-gate'] : ['vernier-gate', `bearer.${options.token}`];
  const waiting = new Map<string, (answer: unknown) => void>();
  const listeners = new Set<(answer: unknown) => void>();
  let socket: WebSocket | null = null;
  let lastTry = -Infinity;

  const connect = (): WebSocket => {
    lastTry = performance.now();
    const made = new WebSocket(address, protocols);
    made.addEventListener('message', (event) => {
      if (typeof event.data !== 'string' || event.data.length > MAX_ANSWER_CHARACTERS) return made.close();
      take(event.data);
    });
    made.addEventListener('close', () => {
      if (socket === made) socket = null;
    });
    // The close that follows says the same; without a listener Node would end the process.
    made.addEventListener('error', () => made.close());
    return made;
  };
  const take = (data: string): void => {
    let answer: unknown;
    try {
      answer = JSON.parse(data);
    } catch {
      return;
    }
    const nonce = (answer as { nonce?: unknown } | null)?.nonce;
    if (typeof nonce === 'string') {
      waiting.get(nonce)?.(answer);
      waiting.delete(nonce);
    } else for (const listener of listeners) listener(answer);
  };

  return {
    name: address.host,
    async request(nonce, signal) {
      if (socket === null && performance.now() - lastTry < RECONNECT_MS) throw new Error('not connected');
      socket ??= connect();
      const used = socket;
      try {
        return await new Promise<unknown>((resolve, reject) => {
          const fail = (): void => reject(new Error('the connection closed'));
          used.addEventListener('close', fail, { once: true, signal });
          signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
          waiting.set(nonce, resolve);
          const ask = (): void => used.send(JSON.stringify({ op: 'renew', nonce }));
          if (used.readyState === WebSocket.OPEN) ask();
          else used.addEventListener('open', ask, { once: true, signal });
        });
      } catch (error) {
        // What does not answer may be half open: begin anew.
        used.close();
        if (socket === used) socket = null;
        throw error;
      } finally {
        waiting.delete(nonce);
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      socket?.close();
      socket = null;
    },
  };
}
