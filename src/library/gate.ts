/**
 * `vernier/gate`: may I rely on this model now? A few hundred lines without dependencies, for Node and browsers. Answers
 * are synchronous, from leases that lapse by themselves: a monitor that dies, hangs, restarts or cannot be reached
 * closes the gate within the time to live (5 s). Examples that run as tests: `test/library/gate.test.ts`.
 */
import { closed, evaluateLeases, holdAnswer } from '../policy/lease.ts';
import type { GateAnswer, HeldAnswer, LeaseAnswer, LeaseMode } from '../policy/lease.ts';
import { httpTransport, webSocketTransport } from './gate-transport.ts';
import type { GateTransport } from './gate-transport.ts';
import { readLeaseAnswer } from './lease-answer.ts';

export { httpTransport, webSocketTransport };
export type { GateAnswer, GateTransport, LeaseAnswer, LeaseMode };
export type { Lease, LeaseState } from '../policy/lease.ts';

/** The consumer's clocks, ms. */
export interface GateClock {
  /** Never set, never goes back. */
  monotonic(): number;
  /** Counts through a suspension of the machine; may be set at any time. */
  wall(): number;
}

/** How to reach the monitors. Give `url`, several of them for hot standby, or transports of your own. */
export interface GateOptions {
  /** Address of a monitor: `http(s)://host:port` polls, `ws(s)://host:port` keeps a connection and hears changes at once. */
  readonly url?: string | readonly string[];
  /** Bearer token, when the monitor wants one. Sent as a header over http; over ws as the subprotocol `bearer.TOKEN`. */
  readonly token?: string;
  readonly transport?: GateTransport | readonly GateTransport[];
  /** `enforcing`: `check` throws. Default: as the monitor says, else `advisory`. */
  readonly mode?: LeaseMode;
  /** Time between renewals, ms; default 1000. 0: only when `renew` is called. */
  readonly renewMs?: number;
  readonly clock?: GateClock;
  /** A monitor could not be asked or answered nonsense. Never contains the token. */
  readonly onTrouble?: (monitor: string, problem: string) => void;
  /** `check` said no in advisory mode: what would have been stopped. */
  readonly onRefused?: (answer: GateAnswer, use: GateUse) => void;
}

/** What one wants to do with the model. */
export type GateUse = 'quote' | 'hedge';

/** A gate. */
export interface Gate {
  /** What holds for the scope at this instant. `svi@deribit:BTC:2026-03-27`, or one wing of it: `...:put`. */
  state(scope: string): GateAnswer;
  /** OK or WIDEN. False whatever the mode whenever it is not known to be so. */
  mayQuote(scope: string): boolean;
  /** OK, WIDEN or HEDGE_ONLY. */
  mayHedge(scope: string): boolean;
  /** Enforcing: throws {@link GateClosed} when the use is not allowed. Advisory: calls `onRefused` and returns. */
  check(scope: string, use?: GateUse): void;
  /** Asks every monitor now; resolves when each has answered or failed. Never rejects. */
  renew(): Promise<void>;
  /** Stops renewing; every lease lapses at once. */
  close(): void;
}

/** The model may not be used this way now. */
export class GateClosed extends Error {
  override readonly name = 'GateClosed';
  readonly retryable = true;
  readonly answer: GateAnswer;

  constructor(answer: GateAnswer, use: GateUse) {
    super(`${answer.scope}: ${answer.state}, may not ${use} (${answer.reasons.join(', ') || 'no reason given'})`);
    this.answer = answer;
  }
}

const RENEW_MS = 1_000;
/** A question without an answer is given up after this, so that a lease can be asked for twice while it lives, ms. */
const ANSWER_MS = 2_000;
const REAL_CLOCK: GateClock = { monotonic: () => performance.now(), wall: () => Date.now() };

/** Opens a gate. It is closed (`no-lease`) until the first answer. Throws a `TypeError` when there is no monitor to ask. */
export function createGate(options: GateOptions): Gate {
  const clock = options.clock ?? REAL_CLOCK;
  const monitors = transportsOf(options).map((transport) => new Monitor(transport, clock, options.onTrouble));
  if (monitors.length === 0) throw new TypeError('createGate: give url or transport');
  let open = true;
  const renew = async (): Promise<void> => {
    if (open) await Promise.all(monitors.map((m) => m.renew()));
  };
  const every = options.renewMs ?? RENEW_MS;
  const timer = every > 0 ? setInterval(() => void renew(), every) : null;
  // In Node a gate must not keep a finished program alive.
  if (timer !== null && typeof timer === 'object') timer.unref();
  if (every > 0) void renew();
  const held = (): HeldAnswer[] => monitors.flatMap((m) => m.held ?? []);
  const state = (scope: string): GateAnswer =>
    open
      ? evaluateLeases(held(), scope, { monotonic: clock.monotonic(), wall: clock.wall() })
      : closed(scope, ['gate-closed-by-owner']);
  const allowed = (answer: GateAnswer, use: GateUse): boolean =>
    answer.state === 'OK' || answer.state === 'WIDEN' || (use === 'hedge' && answer.state === 'HEDGE_ONLY');
  return {
    state,
    mayQuote: (scope) => allowed(state(scope), 'quote'),
    mayHedge: (scope) => allowed(state(scope), 'hedge'),
    check(scope, use = 'quote') {
      const answer = state(scope);
      if (allowed(answer, use)) return;
      // The strictest of what its owner and every monitor heard so far wants; silence relaxes nothing.
      const enforcing = options.mode === 'enforcing' || held().some((h) => h.answer.mode === 'enforcing');
      if (enforcing) throw new GateClosed(answer, use);
      options.onRefused?.(answer, use);
    },
    renew,
    close() {
      open = false;
      if (timer !== null) clearInterval(timer);
      for (const m of monitors) m.close();
    },
  };
}

function transportsOf(options: GateOptions): GateTransport[] {
  const own = options.transport === undefined ? [] : [options.transport].flat();
  const urls = options.url === undefined ? [] : [options.url].flat();
  return [
    ...own,
    ...urls.map((url) => (/^wss?:/.test(url) ? webSocketTransport(url, options) : httpTransport(url, options))),
  ];
}

/** One monitor as this consumer sees it: at most one question is out, and an answer lives from the moment it was asked for. */
class Monitor {
  held: HeldAnswer | null = null;
  private readonly transport: GateTransport;
  private readonly clock: GateClock;
  private readonly onTrouble: GateOptions['onTrouble'];
  private readonly unsubscribe: (() => void) | undefined;
  private asking: Promise<void> | null = null;
  private questions = 0;
  private readonly salt = Math.random().toString(36).slice(2, 10);

  constructor(transport: GateTransport, clock: GateClock, onTrouble: GateOptions['onTrouble']) {
    this.transport = transport;
    this.clock = clock;
    this.onTrouble = onTrouble;
    this.unsubscribe = transport.subscribe?.((raw) => this.push(raw));
  }

  renew(): Promise<void> {
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  close(): void {
    this.unsubscribe?.();
    this.transport.close?.();
    this.held = null;
  }

  private async ask(): Promise<void> {
    const nonce = `${this.salt}-${++this.questions}`;
    const [monotonic, wall] = [this.clock.monotonic(), this.clock.wall()];
    try {
      const answer = readLeaseAnswer(await this.transport.request(nonce, AbortSignal.timeout(ANSWER_MS)));
      // An answer to another question may be of any age: it renews nothing.
      if (answer.nonce !== nonce) throw new TypeError('nonce: the answer belongs to another question');
      if (!this.isOlder(answer)) this.held = holdAnswer(answer, { monotonic, wall });
    } catch (error) {
      this.onTrouble?.(this.transport.name, error instanceof Error ? error.message : 'unknown failure');
    }
  }

  /** News between questions: it replaces what is held but does not prolong it, for it may have been on the way for long. */
  private push(raw: unknown): void {
    try {
      const answer = readLeaseAnswer(raw);
      if (this.held === null || this.held.answer.run !== answer.run || this.isOlder(answer)) return;
      this.held = holdAnswer(answer, this.held);
    } catch (error) {
      this.onTrouble?.(this.transport.name, error instanceof Error ? error.message : 'unknown failure');
    }
  }

  private isOlder(answer: LeaseAnswer): boolean {
    return this.held !== null && this.held.answer.run === answer.run && answer.sequence < this.held.answer.sequence;
  }
}
