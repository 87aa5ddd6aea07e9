/** A SYNTHETIC Deribit for feed tests: answers requests, keeps subscriptions, and misbehaves on demand. */
import type { FeedSocket, SocketFactory, SocketHandlers } from '../../src/venue/feed-socket.ts';
import type { FakeClock } from './fake-clock.ts';
import { CALL, PUT, bookData, instrumentRow, notification, tickerData } from './deribit-messages.ts';

export interface RpcRequest {
  readonly id: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

const encoder = new TextEncoder();

export class FakeDeribit {
  readonly clock: FakeClock;
  /** How far the venue's clock is behind ours, ms. */
  behindMs = 40;
  options: string[] = [CALL, PUT];
  futures: string[] = ['BTC-PERPETUAL'];
  trades: Record<string, unknown>[] = [];
  /** Requests seen, in order, over all connections. */
  readonly requests: RpcRequest[] = [];
  /** Method -> error codes to answer with, one each. */
  readonly errors = new Map<string, number[]>();
  /** Methods that get no answer. */
  readonly mute = new Set<string>();
  readonly refusedChannels = new Set<string>();
  readonly channels = new Set<string>();
  /** The server is gone: connections fail. */
  down = false;
  /** The peer is gone without a word: nothing arrives, nothing is answered. */
  frozen = false;
  paused = false;
  #held: string[] = [];
  #handlers: SocketHandlers | null = null;
  /** The clock reading at each connection attempt. */
  readonly attempts: number[] = [];

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  get venueNow(): number {
    return this.clock.truth() - this.behindMs;
  }
  get connected(): boolean {
    return this.#handlers !== null;
  }
  asked(method: string): RpcRequest[] {
    return this.requests.filter((r) => r.method === method);
  }

  readonly factory: SocketFactory = (_endpoint, handlers) => {
    this.attempts.push(this.clock.monotonic());
    let ended = false;
    const end = (detail: string): void => {
      if (ended) return;
      ended = true;
      if (this.#handlers === handlers) this.#handlers = null;
      this.clock.soon(() => handlers.closed(detail, null));
    };
    const socket: FeedSocket = {
      send: (text) => {
        if (this.#handlers === handlers && !this.frozen) this.#receive(JSON.parse(text) as RpcRequest);
      },
      close: () => end('closed 1000'),
      terminate: () => end('closed 1006'),
      pause: () => {
        this.paused = true;
      },
      resume: () => {
        this.paused = false;
        const held = this.#held;
        this.#held = [];
        for (const text of held) this.say(text);
      },
    };
    this.clock.soon(() => {
      if (this.down) return end('ECONNREFUSED');
      this.channels.clear();
      this.paused = false;
      this.#held = [];
      this.#handlers = handlers;
      handlers.open();
    });
    this.#end = end;
    return socket;
  };
  #end: (detail: string) => void = () => undefined;

  /** The server closes the connection. */
  disconnect(): void {
    this.#end('closed 1006');
  }

  say(text: string): void {
    if (this.frozen || this.#handlers === null) return;
    if (this.paused) this.#held.push(text);
    else this.#handlers.frame(encoder.encode(text));
  }

  /** A notification, if the channel is subscribed to. */
  publish(channel: string, data: unknown): void {
    if (this.channels.has(channel)) this.say(notification(channel, data));
  }

  publishIndex(price = 90_000): void {
    this.publish('deribit_price_index.btc_usd', { timestamp: this.venueNow, price, index_name: 'btc_usd' });
  }

  /** Data each `everyMs` for `ms`. */
  async run(ms: number, everyMs = 500): Promise<void> {
    for (let passed = 0; passed < ms; passed += everyMs) {
      this.publishIndex(90_000 + passed / 1000);
      await this.clock.advance(Math.min(everyMs, ms - passed));
    }
  }

  #receive(request: RpcRequest): void {
    this.requests.push(request);
    const { id, method, params } = request;
    const code = this.errors.get(method)?.shift();
    if (this.mute.has(method)) return;
    const answer =
      code === undefined ? { result: this.#result(method, params) } : { error: { code, message: 'synthetic' } };
    this.clock.soon(() => {
      this.say(
        JSON.stringify({
          jsonrpc: '2.0',
          id,
          ...answer,
          usIn: this.venueNow * 1000,
          usOut: this.venueNow * 1000,
          usDiff: 0,
          testnet: false,
        }),
      );
      if (method === 'public/subscribe' && code === undefined) this.#snapshots(params['channels'] as string[]);
    });
  }

  #result(method: string, params: Record<string, unknown>): unknown {
    switch (method) {
      case 'public/get_instruments':
        return params['kind'] === 'option'
          ? this.options.map((n) => instrumentRow(n))
          : this.futures.map((n) => ({ instrument_name: n, kind: 'future', state: 'open' }));
      case 'public/get_book_summary_by_currency':
        return this.options.map((n) => ({
          instrument_name: n,
          creation_timestamp: this.venueNow,
          bid_price: 0.03,
          ask_price: 0.04,
          mark_price: 0.035,
          mark_iv: 60,
        }));
      case 'public/status':
        return { locked: 'false', locked_indices: [] };
      case 'public/subscribe': {
        const accepted = (params['channels'] as string[]).filter((c) => !this.refusedChannels.has(c));
        for (const channel of accepted) this.channels.add(channel);
        return accepted;
      }
      case 'public/unsubscribe':
        for (const channel of params['channels'] as string[]) this.channels.delete(channel);
        return params['channels'];
      case 'public/get_last_trades_by_currency_and_time': {
        const [from, to] = [params['start_timestamp'] as number, params['end_timestamp'] as number];
        return {
          trades: this.trades.filter((t) => (t['timestamp'] as number) >= from && (t['timestamp'] as number) <= to),
          has_more: false,
        };
      }
      case 'public/auth':
        return {
          access_token: 'token',
          refresh_token: `refresh-${this.requests.length}`,
          expires_in: 900,
          token_type: 'bearer',
          scope: 'connection',
        };
      case 'private/get_positions':
        return [{ instrument_name: CALL, size: 2, average_price: 0.03 }];
      default:
        return 'ok';
    }
  }

  #snapshots(channels: readonly string[]): void {
    for (const channel of channels) {
      const name = channel.split('.')[1];
      if (channel.startsWith('ticker.')) this.publish(channel, tickerData(name, this.venueNow));
      if (channel.startsWith('book.')) this.publish(channel, bookData(name, this.venueNow, 100));
    }
  }
}
