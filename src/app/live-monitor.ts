import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { EngineConfig } from '../engine/config.ts';
import type { EngineState } from '../engine/state.ts';
import type { MarketEvent, OperatorEvent } from '../market/event.ts';
import type { OutputRecord } from '../model/record.ts';
import { openLog, type OpenLog } from '../store/open-log.ts';
import type { WriterOptions } from '../store/log-writer.ts';
import { FitPool } from '../worker/fit-pool.ts';
import { loadEngine, saveEngine } from './engine-checkpoint.ts';
import { RecentValues, type LiveFigures } from './live-figures.ts';
import { recoverSession } from './recover-session.ts';
import { fitResult, Session, sessionHeader } from './session.ts';
import { VenueClock } from './venue-clock.ts';

/** How to run live. */
export interface LiveOptions {
  readonly directory: string;
  readonly config: EngineConfig;
  /** Calibration threads. */
  readonly threads: number;
  /** Called with every output record once it, and all it rests on, is durable. */
  readonly onRecord: (record: OutputRecord) => void;
  /** Called with every event once the engine has taken it. */
  readonly onEvent?: (event: MarketEvent) => void;
  /** The log can take no more: the monitor must stop. */
  readonly onFailure: (error: Error) => void;
  /** Something failed that costs time and not data: a checkpoint could not be written. */
  readonly onTrouble?: (error: Error) => void;
  /** Room again after `accept` had answered false. */
  readonly onRoom: () => void;
  /** `SYNTHETIC` where the market is simulated: it stays with the log. */
  readonly stamp?: string;
  readonly log?: WriterOptions;
  /** Wall clock, epoch ms. */
  readonly now?: () => number;
}

interface Unreleased {
  readonly sequence: number;
  readonly record: OutputRecord;
}

const TICK_MS = 1_000;
/** The engine's state is saved this often, so that recovery reads only the log behind it, ms. */
const CHECKPOINT_MS = 60_000;
/** Output records waiting for the disk beyond this stop the intake. */
const MAX_UNRELEASED = 50_000;
const FIT_QUEUE = 1_000;

/**
 * The engine, live: events in, log first, calibrations on threads, effects released only when durable. It takes up
 * where an earlier process left the directory, killed or not.
 */
export class LiveMonitor {
  readonly session: Session;
  /** Epoch ms of the last event kept by an earlier run; null on a new log. */
  readonly resumedFrom: number | null;
  private readonly options: LiveOptions;
  private readonly log: OpenLog;
  private readonly pool: FitPool;
  private readonly unreleased: Unreleased[] = [];
  private readonly applied = new RecentValues();
  private readonly closes = new RecentValues(1_024);
  private readonly fits = new RecentValues(1_024);
  private readonly loop = monitorEventLoopDelay({ resolution: 5 });
  private readonly timer: NodeJS.Timeout;
  private releasing = false;
  private waitingForRoom = false;
  private readonly venueClock = new VenueClock();
  private lastPush = 0;
  private checkpointed = performance.now();
  private checkpointing: Promise<void> = Promise.resolve();
  private stopped = false;

  /** Locks the directory, recovers what is there, records the gap, and is ready for events. */
  static async open(options: LiveOptions): Promise<LiveMonitor> {
    const log = await openLog(options.directory, options.log);
    try {
      const start = await loadEngine(options.directory, options.config, log.recovery.sequence);
      const recovered =
        log.recovery.sequence === 0 ? null : await recoverSession(options.directory, options.config, start);
      if (recovered?.damage !== undefined && recovered.damage !== null)
        options.onTrouble?.(new Error(`the log is damaged (${recovered.damage}): warming up anew instead of going on`));
      if (recovered?.otherCode !== undefined && recovered.otherCode !== null)
        options.onTrouble?.(
          new Error(
            `the last session in the log was ${recovered.otherCode}: warming up anew; break-glass, silences and counts of verdicts stay`,
          ),
        );
      return new LiveMonitor(options, log, recovered);
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  private constructor(
    options: LiveOptions,
    log: OpenLog,
    recovered: { state: EngineState; unsaid: readonly OutputRecord[] } | null,
  ) {
    this.options = options;
    this.log = log;
    this.resumedFrom = log.recovery.lastReceivedAt;
    this.loop.enable();
    this.pool = new FitPool({
      threads: options.threads,
      queueLimit: FIT_QUEUE,
      onAnswer: (answer) => {
        this.fits.add(answer.elapsedMs);
        if (!this.stopped) this.take(fitResult(answer.job, answer.outcome, this.venueNow()));
      },
    });
    log.writer.append(sessionHeader(options.config, options.stamp ?? null));
    this.session = new Session(
      options.config,
      {
        target: log.writer,
        onRecord: (record, sequence) => this.unreleased.push({ sequence, record }),
        onFit: (job) => {
          this.pool.submit(job);
          return null;
        },
      },
      recovered?.state ?? null,
    );
    for (const record of recovered?.unsaid ?? []) this.session.repeat(record);
    for (const { job } of this.session.state.pendingJobs.values()) this.pool.submit(job);
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.release();
  }

  /** Takes events in order. False: they were taken, but no more until `onRoom`. */
  accept(events: readonly MarketEvent[]): boolean {
    for (const event of events) this.take(event);
    this.release();
    if (!this.log.writer.full && this.unreleased.length < MAX_UNRELEASED) return true;
    this.waitForRoom();
    return false;
  }

  /** What the monitor says of itself. */
  figures(): LiveFigures {
    const { counts, underlyings } = this.session.state;
    const health = this.log.writer.health;
    return {
      events: counts.events,
      quotes: counts.quotes,
      trades: counts.trades,
      appliedP99Ms: this.applied.quantile(0.99),
      closeP99Ms: this.closes.quantile(0.99),
      fitP99Ms: this.fits.quantile(0.99),
      loopLagP99Ms: this.loop.percentile(99) / 1e6,
      logPendingRecords: health.pendingRecords,
      logState: health.state,
      fitsWaiting: this.pool.waiting,
      openIncidents: [...underlyings.values()].reduce((n, u) => n + u.incidents.open.size, 0),
    };
  }

  /** Forgets the timings so far, as after a warm-up. */
  clearFigures(): void {
    for (const values of [this.applied, this.closes, this.fits]) values.clear();
    this.loop.reset();
  }

  /** `symbol|tradeId` of the prints that an earlier run kept near its end. */
  knownTrades(venue: string): string[] {
    return [...this.session.state.underlyings.values()]
      .filter((u) => u.venue === venue)
      .flatMap((u) => [...u.recentTrades]);
  }

  /** Takes what a person did, at the venue's time, through the log like any other event. */
  operate(action: Omit<OperatorEvent, 'type' | 'at' | 'receivedAt'>): void {
    this.take({ type: 'operator', at: this.venueNow(), receivedAt: this.now(), ...action });
    this.release();
  }

  /** Records of the log that are durable. */
  get records(): number {
    return this.log.writer.committedSequence;
  }

  /** `log_sha256` so far. */
  digest(): string {
    return this.log.writer.digest();
  }

  /** Lets running calibrations finish (at most `waitMs`), writes everything, seals and unlocks. */
  async close(waitMs: number = 2_000): Promise<void> {
    clearInterval(this.timer);
    await Promise.race([this.pool.settled(), new Promise((r) => setTimeout(r, waitMs).unref())]);
    this.stopped = true;
    await this.pool.close();
    this.loop.disable();
    await this.checkpointing;
    await this.log.writer.flush();
    this.hand();
    await this.log.close();
  }

  private take(event: MarketEvent): void {
    const started = performance.now();
    const batches = this.session.state.counts.batches;
    try {
      this.session.push(event);
    } catch (error) {
      if (!isLogFailure(error)) throw error;
      this.options.onFailure(error);
      return;
    }
    this.lastPush = performance.now();
    this.venueClock.onEvent(event);
    if (event.type === 'quote') this.applied.add(Math.max(0, this.now() - event.receivedAt));
    if (this.session.state.counts.batches > batches) this.closes.add(this.lastPush - started);
    this.options.onEvent?.(event);
  }

  private now(): number {
    return this.options.now?.() ?? Date.now();
  }

  /** The venue's clock as far as we know it: its newest time plus what has passed here since. */
  private venueNow(): number {
    return this.venueClock.isKnown ? this.venueClock.now() : this.now();
  }

  private tick(): void {
    if (performance.now() - this.lastPush > TICK_MS && this.venueClock.isKnown) {
      const at = this.venueNow();
      this.take({ type: 'timer', at, receivedAt: this.now() });
    }
    this.release();
    const { health } = this.log.writer;
    if (health.state === 'failed' && health.error !== null) this.options.onFailure(health.error);
    if (performance.now() - this.checkpointed >= CHECKPOINT_MS) this.checkpoint();
  }

  private checkpoint(): void {
    this.checkpointed = performance.now();
    this.checkpointing = this.checkpointing
      .then(() => saveEngine(this.options.directory, this.session.state, this.log.writer))
      .catch((error: Error) => this.options.onTrouble?.(error));
  }

  /** Hands records over once they are durable, in order. */
  private release(): void {
    if (this.releasing || this.unreleased.length === 0) return;
    this.releasing = true;
    const last = this.unreleased[this.unreleased.length - 1].sequence;
    this.log.writer.committed(last).then(
      () => {
        this.releasing = false;
        this.hand();
        this.release();
      },
      (error: Error) => this.options.onFailure(error),
    );
  }

  private hand(): void {
    const durable = this.log.writer.committedSequence;
    let n = 0;
    while (n < this.unreleased.length && this.unreleased[n].sequence < durable) n++;
    for (const { record } of this.unreleased.splice(0, n)) this.options.onRecord(record);
  }

  private waitForRoom(): void {
    if (this.waitingForRoom) return;
    this.waitingForRoom = true;
    this.log.writer.room().then(
      () => {
        this.waitingForRoom = false;
        this.options.onRoom();
      },
      (error: Error) => this.options.onFailure(error),
    );
  }
}

function isLogFailure(error: unknown): error is Error {
  return error instanceof Error && error.name === 'LogError';
}
