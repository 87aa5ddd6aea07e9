/**
 * The simulated venue behind the wire protocol of Deribit: JSON-RPC 2.0 over WebSocket and HTTP on 127.0.0.1.
 * Everything it serves is SYNTHETIC and says so (version strings, status, HTTP header); instrument names are Deribit-like.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { Random } from '../numeric/random.ts';
import { strength } from '../simulator/distortion.ts';
import type { ScheduledFault } from '../simulator/fault.ts';
import type { SimulatedOutput } from '../simulator/output.ts';
import type { Script, ScriptName } from '../simulator/script.ts';
import { Simulation } from '../simulator/simulation.ts';
import { ACCOUNT_CURRENCIES, SimulatedAccount, type AccountPosition } from './simulated/account.ts';
import { Board } from './simulated/board.ts';
import { Broadcast } from './simulated/broadcast.ts';
import { Credits, VENUE_RATE_LIMITS, type RateLimits } from './simulated/credit-bucket.ts';
import { RequestHandler } from './simulated/requests.ts';
import { Session } from './simulated/session.ts';

/** How to start the simulated venue. */
export interface SimulatedDeribitOptions {
  /** Default 1. */
  readonly seed?: number;
  /** TCP port on 127.0.0.1; 0 or absent = any free one. */
  readonly port?: number;
  /** Virtual ms per wall ms, or as fast as readers read. Default 1. */
  readonly paced?: number | 'max';
  /** Virtual start, epoch ms; default now. */
  readonly startAt?: number;
  readonly script?: ScriptName | Script;
  readonly faults?: readonly ScheduledFault[];
  readonly underlyings?: readonly string[];
  /** Options per underlying; default all. */
  readonly instrumentLimit?: number | null;
  /** Multiplies quote updates and trades. */
  readonly activity?: number;
  /** Length of a step, virtual ms; default 100. */
  readonly stepMs?: number;
  /** Default the venue's own; null = none. */
  readonly rateLimits?: RateLimits | null;
  /** Dummy credentials that `public/auth` accepts. */
  readonly credentials?: { readonly clientId: string; readonly clientSecret: string };
  readonly positions?: readonly AccountPosition[];
  /** Life of a login, s; default 900. */
  readonly tokenSeconds?: number;
}

/** A running simulated venue. */
export interface SimulatedDeribit {
  readonly port: number;
  /** `ws://127.0.0.1:PORT/ws/api/v2` */
  readonly wsUrl: string;
  /** `http://127.0.0.1:PORT/api/v2` */
  readonly httpUrl: string;
  /** Truth, script and answer key. */
  readonly simulation: Simulation;
  /** Notifications sent so far. */
  readonly sent: number;
  /** Sessions open now. */
  readonly sessions: number;
  /** The account behind the login. */
  readonly account: SimulatedAccount;
  /** Cuts every connection, as a fault would. */
  disconnectAll(): void;
  close(): Promise<void>;
}

/** Most virtual time one turn of the event loop may catch up, steps. */
const CATCH_UP = 20;
/** Unread bytes at which `max` pace waits for its readers. */
const HIGH_WATER = 8 * 1024 * 1024;
const SYNTHETIC_HEADERS = { 'x-market-data': 'SYNTHETIC' };

class Venue implements SimulatedDeribit {
  readonly simulation: Simulation;
  readonly account: SimulatedAccount;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #board = new Board();
  readonly #broadcast: Broadcast;
  readonly #requests: RequestHandler;
  readonly #sessions = new Set<Session>();
  readonly #limits: RateLimits | null;
  readonly #httpCredits: Credits;
  readonly #pace: number | 'max';
  readonly #wire: Random;
  readonly #held = new Map<Session, string>();
  #timer: NodeJS.Timeout | NodeJS.Immediate | null = null;
  #closed = false;
  #wallStart = 0;
  #virtualStart = 0;
  #cut = false;

  constructor(options: SimulatedDeribitOptions) {
    const seed = options.seed ?? 1;
    this.simulation = new Simulation({
      seed,
      startAt: options.startAt ?? Date.now(),
      script: options.script ?? 'calm',
      faults: options.faults,
      underlyings: options.underlyings,
      instrumentLimit: options.instrumentLimit,
      activity: options.activity,
      stepMs: options.stepMs,
      truthHistory: 20_000,
    });
    this.#pace = options.paced ?? 1;
    if (this.#pace !== 'max' && !(this.#pace > 0)) throw new RangeError(`paced: ${this.#pace} is not positive`);
    this.#limits = options.rateLimits === undefined ? VENUE_RATE_LIMITS : options.rateLimits;
    this.#httpCredits = new Credits(this.#limits);
    this.#wire = new Random(seed, 'wire');
    this.account = new SimulatedAccount(
      this.#board,
      () => this.simulation.at,
      options.positions ?? [],
      (data) => this.#broadcast.changed(data),
    );
    this.#broadcast = new Broadcast(
      this.#board,
      (session, message) => this.#deliver(session, message),
      (currency) =>
        currency === 'any'
          ? ACCOUNT_CURRENCIES.map((c) => this.account.summary(c))
          : [this.account.summary(currency.toUpperCase())],
      80_000_000_000,
    );
    this.#requests = new RequestHandler({
      board: this.#board,
      broadcast: this.#broadcast,
      now: () => this.simulation.at,
      credentials: options.credentials ?? { clientId: 'synthetic', clientSecret: 'synthetic' },
      account: this.account,
      tokenSeconds: options.tokenSeconds ?? 900,
    });
    this.#server = createServer((request, response) => void this.#http(request, response));
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
    this.#sockets.on('headers', (headers) => headers.push('x-market-data: SYNTHETIC'));
    this.#server.on('upgrade', (request, socket, head) => {
      if (this.#wireFault('refuse') > 0 || !(request.url ?? '').startsWith('/ws/api/v2')) {
        socket.destroy();
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#connect(ws));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }
  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}/ws/api/v2`;
  }
  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}/api/v2`;
  }
  get sent(): number {
    return this.#broadcast.sent;
  }
  get sessions(): number {
    return this.#sessions.size;
  }

  async listen(port: number): Promise<void> {
    this.#step();
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    this.#wallStart = performance.now();
    this.#virtualStart = this.simulation.at;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#closed) return;
    const { stepMs } = this.simulation;
    if (this.#pace === 'max') {
      const blocked = [...this.#sessions].some((s) => s.socket.bufferedAmount > HIGH_WATER);
      this.#timer =
        blocked || this.#sessions.size === 0 ? setTimeout(() => this.#run(), 1) : setImmediate(() => this.#run());
      return;
    }
    const due = this.#wallStart + (this.simulation.at + stepMs - this.#virtualStart) / this.#pace;
    this.#timer = setTimeout(() => this.#run(), Math.max(0, due - performance.now()));
  }

  #run(): void {
    if (this.#pace === 'max') {
      if (this.#sessions.size > 0) this.#step();
    } else {
      const { stepMs } = this.simulation;
      const target = this.#virtualStart + (performance.now() - this.#wallStart) * this.#pace;
      let steps = 0;
      while (this.simulation.at + stepMs <= target && steps++ < CATCH_UP) this.#step();
    }
    this.#schedule();
  }

  #step(): void {
    const outputs: SimulatedOutput[] = [];
    this.simulation.step(outputs);
    for (const output of outputs) this.#board.apply(output);
    const cut = this.#wireFault('disconnect') > 0 || this.#wireFault('refuse') > 0;
    if (cut && !this.#cut) this.disconnectAll();
    this.#cut = cut;
    this.#broadcast.publish(outputs, this.simulation.at);
  }

  #wireFault(kind: 'gap' | 'duplicate' | 'out-of-order' | 'silence' | 'disconnect' | 'refuse'): number {
    return strength(this.simulation.active(), kind, '', null);
  }

  #deliver(session: Session, message: string): void {
    const active = this.simulation.active();
    if (active.length === 0) {
      session.send(message);
      return;
    }
    if (this.#wireFault('silence') > 0 || this.#wire.chance(this.#wireFault('gap'))) return;
    const held = this.#held.get(session);
    if (held === undefined && this.#wire.chance(this.#wireFault('out-of-order'))) {
      this.#held.set(session, message);
      return;
    }
    session.send(message);
    if (this.#wire.chance(this.#wireFault('duplicate'))) session.send(message);
    if (held !== undefined) {
      this.#held.delete(session);
      session.send(held);
    }
  }

  #connect(socket: WebSocket): void {
    const session = new Session(socket, new Credits(this.#limits));
    this.#sessions.add(session);
    socket.on('message', (data) => {
      if (this.#wireFault('silence') > 0) return;
      const reply = this.#requests.answer(session, (data as Buffer).toString('utf8'), performance.now());
      session.send(reply.text);
      if (reply.terminate) socket.close(1008, 'too_many_requests');
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      session.stopHeartbeat();
      this.#broadcast.leave(session);
      this.#held.delete(session);
      this.#sessions.delete(session);
    });
  }

  async #http(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#wireFault('refuse') > 0) {
      request.destroy();
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
      size += (chunk as Buffer).length;
      if (size > 1024 * 1024) break;
      chunks.push(chunk as Buffer);
    }
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const body = Buffer.concat(chunks).toString('utf8');
    const reply = this.#requests.answerHttp(url, request.method ?? 'GET', body, this.#httpCredits, performance.now());
    response.writeHead(reply.status, { 'content-type': 'application/json', ...SYNTHETIC_HEADERS });
    response.end(reply.text);
  }

  disconnectAll(): void {
    for (const session of this.#sessions) session.socket.terminate();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) {
      clearTimeout(this.#timer as NodeJS.Timeout);
      clearImmediate(this.#timer as NodeJS.Immediate);
    }
    this.disconnectAll();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** Starts the simulated venue; resolves when it listens. */
export async function startSimulatedDeribit(options: SimulatedDeribitOptions = {}): Promise<SimulatedDeribit> {
  const venue = new Venue(options);
  await venue.listen(options.port ?? 0);
  return venue;
}
