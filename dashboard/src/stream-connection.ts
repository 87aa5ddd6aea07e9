/** The socket that a connection needs: the browser's own, or a test's. */
export interface Socket {
  binaryType: string;
  addEventListener(type: 'message', run: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', run: (event: { readonly code: number; readonly reason: string }) => void): void;
  send(text: string): void;
  close(): void;
}

/** What a connection is made of; everything that has a clock or a wire is given. */
export interface ConnectionParts {
  readonly open: () => Socket;
  readonly now: () => number;
  readonly after: (ms: number, run: () => void) => () => void;
  readonly onText: (message: StreamMessage) => void;
  readonly onFrame: (buffer: ArrayBuffer) => void;
  readonly onState: (state: ConnectionState) => void;
}

export interface ConnectionState {
  readonly state: 'connecting' | 'live' | 'lost' | 'refused';
  /** Epoch ms since when. */
  readonly since: number;
  readonly detail: string;
}

/** Every text message of the stream (docs/api.md). */
export interface StreamMessage {
  readonly type: 'hello' | 'snapshot' | 'delta' | 'layout' | 'resumed' | 'error' | 'pong';
  readonly stream?: string;
  readonly topic?: string;
  readonly topics?: readonly string[];
  readonly seq?: number;
  readonly layout?: number;
  readonly data?: unknown;
  readonly detail?: string;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
/** With a ping every 5 s, so long without a word means the wire is dead although nobody said so. */
const SILENCE_MS = 12_000;
const PING_MS = 5_000;

/**
 * One stream that comes back by itself: after a break it asks to go on behind the last sequence number of each topic,
 * and the page never reloads. A refusal for want of a token (4401) is not retried: somebody must sign in.
 */
export class StreamConnection {
  private socket: Socket | null = null;
  private stream: string | null = null;
  private readonly seq = new Map<string, number>();
  private topics: string[] = [];
  private wait = FIRST_WAIT_MS;
  private heard = 0;
  private stopTimer: () => void = () => {};
  private stopPulse: () => void = () => {};
  private readonly parts: ConnectionParts;

  constructor(parts: ConnectionParts) {
    this.parts = parts;
  }

  /** Opens the wire; again after a refusal. */
  start(): void {
    this.stopTimer();
    this.parts.onState({ state: 'connecting', since: this.parts.now(), detail: '' });
    const socket = this.parts.open();
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', (event) => {
      this.heard = this.parts.now();
      if (typeof event.data === 'string') this.text(JSON.parse(event.data) as StreamMessage);
      else this.parts.onFrame(event.data as ArrayBuffer);
    });
    socket.addEventListener('close', (event) => this.lost(socket, event.code, event.reason));
    this.heard = this.parts.now();
    this.pulse();
  }

  /** The topics wanted from now on; what is new is subscribed, what is gone is let go. */
  want(topics: readonly string[]): void {
    const gone = this.topics.filter((t) => !topics.includes(t));
    const fresh = topics.filter((t) => !this.topics.includes(t));
    this.topics = [...topics];
    for (const t of gone) this.seq.delete(t);
    if (this.stream === null) return;
    if (gone.length > 0) this.send({ op: 'unsubscribe', topics: gone });
    if (fresh.length > 0) this.send({ op: 'subscribe', topics: fresh });
  }

  /** A topic whose last message could not be used: asks for it from the beginning. */
  refresh(topic: string): void {
    this.seq.delete(topic);
    this.send({ op: 'unsubscribe', topics: [topic] });
    this.send({ op: 'subscribe', topics: [topic] });
  }

  /** The sequence number of a binary frame, which has its own head. */
  saw(topic: string, seq: number): void {
    if (this.topics.includes(topic)) this.seq.set(topic, seq);
  }

  private text(message: StreamMessage): void {
    if (message.type === 'hello') {
      this.wait = FIRST_WAIT_MS;
      const before = this.stream;
      this.stream = message.stream ?? null;
      this.parts.onState({ state: 'live', since: this.parts.now(), detail: '' });
      const resume =
        before !== null && this.seq.size > 0 ? { stream: before, seq: Object.fromEntries(this.seq) } : null;
      if (this.topics.length > 0)
        this.send({ op: 'subscribe', topics: this.topics, ...(resume === null ? {} : { resume }) });
    }
    if (message.topic !== undefined && message.seq !== undefined && message.type !== 'layout')
      this.saw(message.topic, message.seq);
    this.parts.onText(message);
  }

  private send(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }

  private pulse(): void {
    this.stopPulse();
    this.stopPulse = this.parts.after(PING_MS, () => {
      const socket = this.socket;
      if (socket === null) return;
      if (this.parts.now() - this.heard > SILENCE_MS) {
        this.lost(socket, 0, `nothing heard for ${SILENCE_MS / 1000} s`);
        socket.close();
        return;
      }
      if (this.stream !== null) this.send({ op: 'ping' });
      this.pulse();
    });
  }

  private lost(socket: Socket, code: number, reason: string): void {
    if (socket !== this.socket) return;
    this.socket = null;
    this.stopPulse();
    const refused = code === 4401 || code === 4403;
    const detail = reason === '' ? (code === 0 || code === 1006 ? 'no answer' : `closed with ${code}`) : reason;
    this.parts.onState({ state: refused ? 'refused' : 'lost', since: this.parts.now(), detail });
    if (refused) return;
    this.stopTimer = this.parts.after(this.wait, () => this.start());
    this.wait = Math.min(LONGEST_WAIT_MS, 2 * this.wait);
  }
}
