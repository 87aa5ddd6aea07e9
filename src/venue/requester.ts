/** Requests over one connection: ids, credits, time-outs, retries by the venue's own classification. */
import type { ErrorOutcome, VenueAdapter, VenueRequest } from './adapter.ts';
import { VenueError } from './adapter.ts';
import type { FeedClock } from './feed-clock.ts';
import type { TokenBucket } from './token-bucket.ts';
import { createTokenBucket } from './token-bucket.ts';

/** Codes of our own failures, where the venue gave none. */
export const DISCONNECTED = -1;
export const NO_ANSWER = -2;
export const TOO_MANY_WAITING = -3;

export interface RequesterLimits {
  readonly answerTimeoutMs: number;
  readonly attempts: number;
  /** Requests waiting for credits or an answer. */
  readonly waiting: number;
}

/** What came back, and the venue's clock when it answered (epoch ms), where it said so. */
export interface Answer {
  readonly result: unknown;
  readonly at: number | null;
}

interface Waiting {
  readonly request: VenueRequest;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: VenueError) => void;
  attempts: number;
  cancelTimer: () => void;
}

/** The network bunches what we space out, and the venue counts by its own clock: stay inside its limits by this much. */
const CAPACITY_SHARE = 0.8;
const REFILL_SHARE = 0.95;
const RETRY_BASE_MS = 250;
const RATE_LIMIT_BASE_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export class Requester {
  readonly #adapter: VenueAdapter;
  readonly #clock: FeedClock;
  readonly #limits: RequesterLimits;
  readonly #send: (text: string) => void;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #queues = new Map<string, Waiting[]>();
  readonly #pumping = new Map<string, () => void>();
  readonly #sent = new Map<number, Waiting>();
  readonly #retrying = new Set<Waiting>();
  #nextId = 1;
  #connected = false;

  constructor(adapter: VenueAdapter, clock: FeedClock, limits: RequesterLimits, send: (text: string) => void) {
    this.#adapter = adapter;
    this.#clock = clock;
    this.#limits = limits;
    this.#send = send;
    for (const [name, { capacity, refillPerSecond }] of Object.entries(adapter.rateLimits)) {
      const held = { capacity: capacity * CAPACITY_SHARE, refillPerSecond: refillPerSecond * REFILL_SHARE };
      this.#buckets.set(name, createTokenBucket(held));
    }
  }

  /** Requests sent and not answered. */
  get unanswered(): number {
    return this.#sent.size;
  }

  connect(): void {
    this.#connected = true;
  }

  /** The result, or a rejection with a `VenueError`. Retryable errors have been retried by then. */
  async ask(request: VenueRequest): Promise<unknown> {
    return (await this.askTimed(request)).result;
  }

  /** As {@link ask}, with the venue's time of the answer. */
  askTimed(request: VenueRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { request, resolve, reject, attempts: 0, cancelTimer: () => undefined };
      if (!this.#connected) reject(new VenueError(request.method, DISCONNECTED, 'not connected', 'retry'));
      else if (this.#waitingCount() >= this.#limits.waiting)
        reject(new VenueError(request.method, TOO_MANY_WAITING, 'too many requests wait', 'retry'));
      else this.#enqueue(waiting);
    });
  }

  /** Sends at once, past queue and credits, and wants no answer: replies to the venue's own questions. */
  reply(request: VenueRequest): void {
    this.#send(this.#adapter.encode(this.#nextId++, request));
  }

  /** An answer has come. False when nobody waits for it. */
  result(id: number, result: unknown, at: number | null = null): boolean {
    const waiting = this.#take(id);
    waiting?.resolve({ result, at });
    return waiting !== null;
  }

  /** An error has come. False when nobody waits for it. */
  error(id: number, code: number, reason: string): boolean {
    const outcome = this.#adapter.outcome(code);
    // A rate-limit error without an id ends the session; the credits are gone all the same.
    if (outcome === 'rate-limited') for (const bucket of this.#buckets.values()) bucket.drain(this.#clock.monotonic());
    const waiting = this.#take(id);
    if (waiting !== null) this.#failed(waiting, code, reason, outcome);
    return waiting !== null;
  }

  /** The connection is gone: everything that waits fails as retryable. */
  disconnect(): void {
    this.#connected = false;
    const all = [...this.#sent.values(), ...this.#retrying, ...[...this.#queues.values()].flat()];
    this.#sent.clear();
    this.#retrying.clear();
    this.#queues.clear();
    for (const cancel of this.#pumping.values()) cancel();
    this.#pumping.clear();
    for (const waiting of all) {
      waiting.cancelTimer();
      waiting.reject(new VenueError(waiting.request.method, DISCONNECTED, 'disconnected', 'retry'));
    }
  }

  #waitingCount(): number {
    let count = this.#sent.size + this.#retrying.size;
    for (const queue of this.#queues.values()) count += queue.length;
    return count;
  }

  #take(id: number): Waiting | null {
    const waiting = this.#sent.get(id);
    if (waiting === undefined) return null;
    this.#sent.delete(id);
    waiting.cancelTimer();
    return waiting;
  }

  #enqueue(waiting: Waiting): void {
    const name = waiting.request.bucket;
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    queue.push(waiting);
    this.#pump(name);
  }

  /** Sends what the credits of one bucket allow, and comes back when there will be more. */
  #pump(name: string): void {
    const queue = this.#queues.get(name);
    if (queue === undefined || this.#pumping.has(name)) return;
    while (queue.length > 0) {
      const wait = this.#buckets.get(name)?.take(queue[0].request.cost, this.#clock.monotonic()) ?? 0;
      if (wait > 0) {
        const again = (): void => {
          this.#pumping.delete(name);
          this.#pump(name);
        };
        this.#pumping.set(name, this.#clock.setTimer(again, wait));
        return;
      }
      this.#dispatch(queue.shift()!);
    }
  }

  #dispatch(waiting: Waiting): void {
    const id = this.#nextId++;
    waiting.attempts += 1;
    this.#sent.set(id, waiting);
    waiting.cancelTimer = this.#clock.setTimer(() => {
      this.#sent.delete(id);
      this.#failed(waiting, NO_ANSWER, 'no answer in time', 'retry');
    }, this.#limits.answerTimeoutMs);
    this.#send(this.#adapter.encode(id, waiting.request));
  }

  #failed(waiting: Waiting, code: number, reason: string, outcome: ErrorOutcome): void {
    const again = outcome === 'retry' || outcome === 'rate-limited';
    if (!again || waiting.attempts >= this.#limits.attempts) {
      waiting.reject(new VenueError(waiting.request.method, code, reason, outcome));
      return;
    }
    const base = outcome === 'rate-limited' ? RATE_LIMIT_BASE_MS : RETRY_BASE_MS;
    this.#retrying.add(waiting);
    waiting.cancelTimer = this.#clock.setTimer(
      () => {
        this.#retrying.delete(waiting);
        this.#enqueue(waiting);
      },
      Math.min(LONGEST_WAIT_MS, base * 2 ** waiting.attempts),
    );
  }
}
