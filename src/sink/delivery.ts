import { performance } from 'node:perf_hooks';
import type { Notification } from '../policy/notification.ts';
import { SinkError, type Sink } from './sink.ts';

/** How hard to try. */
export interface DeliveryOptions {
  /** One attempt may take this long, ms. */
  readonly timeoutMs?: number;
  /** First pause and longest pause between attempts, ms. */
  readonly baseMs?: number;
  readonly capMs?: number;
  /** After this long since its first attempt a notification is given up, ms. */
  readonly giveUpMs?: number;
  /** Notifications that may wait. */
  readonly queueLimit?: number;
  readonly random?: () => number;
  /** Takes what could not be delivered. */
  readonly onDead: (sink: string, notification: Notification, why: string, attempts: number) => void;
  /** An attempt failed (`retrying`), or the sink works again (null). */
  readonly onTrouble?: (sink: string, error: SinkError | null) => void;
}

const DEFAULTS = {
  timeoutMs: 10_000,
  baseMs: 1_000,
  capMs: 60_000,
  giveUpMs: 900_000,
  queueLimit: 200,
  random: Math.random,
};

/** What one sink's delivery has done. */
export interface DeliveryFigures {
  readonly sink: string;
  readonly kind: string;
  readonly sent: number;
  readonly failedAttempts: number;
  readonly dead: number;
  readonly waiting: number;
  readonly failing: boolean;
}

/**
 * The queue in front of one sink: in order, one at a time, with a time-out for each attempt and jittered, growing pauses
 * between them. What is refused for good, too old, or more than fits goes to the dead letters, and the next one's turn
 * comes. A heartbeat is worth nothing later: it is tried once and never waits behind its like.
 */
export class Delivery {
  private readonly sink: Sink;
  private readonly options: Required<Omit<DeliveryOptions, 'onTrouble'>> & Pick<DeliveryOptions, 'onTrouble'>;
  private queue: Notification[] = [];
  private working: Promise<void> | null = null;
  private readonly stop = new AbortController();
  private sent = 0;
  private failedAttempts = 0;
  private dead = 0;
  private failing = false;

  constructor(sink: Sink, options: DeliveryOptions) {
    this.sink = sink;
    this.options = { ...DEFAULTS, ...options };
  }

  /** Takes a notification; returns at once. */
  push(notification: Notification): void {
    if (this.stop.signal.aborted) return this.bury(notification, 'the monitor stops', 0);
    if (notification.reason === 'heartbeat') this.queue = this.queue.filter((n) => n.reason !== 'heartbeat');
    else if (this.queue.length >= this.options.queueLimit) this.makeRoom();
    this.queue.push(notification);
    this.working ??= this.work().finally(() => {
      this.working = null;
    });
  }

  /** Figures for people and metrics. */
  figures(): DeliveryFigures {
    const { sent, failedAttempts, dead, failing } = this;
    return {
      sink: this.sink.name,
      kind: this.sink.kind,
      sent,
      failedAttempts,
      dead,
      waiting: this.queue.length,
      failing,
    };
  }

  /** Lets what waits go out for at most `waitMs`; the rest goes to the dead letters. */
  async close(waitMs: number): Promise<void> {
    const patience = setTimeout(() => this.stop.abort(), waitMs);
    await this.working;
    clearTimeout(patience);
    this.stop.abort();
    await this.sink.close?.();
  }

  private async work(): Promise<void> {
    for (let n = this.queue.shift(); n !== undefined; n = this.queue.shift()) await this.deliver(n);
  }

  private async deliver(notification: Notification): Promise<void> {
    const { baseMs, capMs, giveUpMs, random } = this.options;
    const began = performance.now();
    for (let attempt = 1; ; attempt++) {
      const error = this.stop.signal.aborted
        ? new SinkError('refused', 'the monitor stops')
        : await this.attempt(notification);
      if (error === null) return;
      const heartbeat = notification.reason === 'heartbeat';
      // 2^20 is beyond any cap: the factor stays finite however long the outage.
      const range = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 20));
      const pause = Math.max(range / 2 + (range / 2) * random(), error.retryAfterMs ?? 0);
      if (!error.retryable || heartbeat || performance.now() - began + pause > giveUpMs)
        return this.bury(notification, error.message, attempt);
      await this.sleep(pause);
    }
  }

  private async attempt(notification: Notification): Promise<SinkError | null> {
    const signal = AbortSignal.any([AbortSignal.timeout(this.options.timeoutMs), this.stop.signal]);
    try {
      await this.sink.send(notification, signal);
    } catch (error) {
      // Anything else is a bug of the sink; it must not take the monitor down, nor be told with what it may hold.
      const known = error instanceof SinkError ? error : new SinkError('refused', `${this.sink.name}: failed inside`);
      this.failedAttempts++;
      this.failing = true;
      this.options.onTrouble?.(this.sink.name, known);
      return known;
    }
    this.sent++;
    if (this.failing) this.options.onTrouble?.(this.sink.name, null);
    this.failing = false;
    return null;
  }

  /** The oldest of the least grave goes. */
  private makeRoom(): void {
    const i = Math.max(
      0,
      this.queue.findIndex((n) => n.severity !== 'critical'),
    );
    const [victim] = this.queue.splice(i, 1);
    this.bury(victim, 'too many notifications waited', 0);
  }

  private bury(notification: Notification, why: string, attempts: number): void {
    this.dead++;
    // A missed heartbeat is told by its absence.
    if (notification.reason !== 'heartbeat') this.options.onDead(this.sink.name, notification, why, attempts);
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.stop;
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms).unref();
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
