import { Worker } from 'node:worker_threads';
import type { FitOutcomeRecord } from '../market/event.ts';
import type { FitJob } from '../model/contract.ts';

/** A calibration that came back from a thread. */
export interface FitAnswer {
  readonly job: FitJob;
  readonly outcome: FitOutcomeRecord;
  /** Time in the thread, ms; a figure for metrics, never for the log. */
  readonly elapsedMs: number;
}

/** Bounds and figures of a pool. */
export interface FitPoolOptions {
  readonly threads: number;
  /** Jobs waiting beyond this are answered `overload` at once: the engine asks again when it still wants them. */
  readonly queueLimit: number;
  readonly onAnswer: (answer: FitAnswer) => void;
  /** A thread died on a job; the job is answered `worker-crash` and the thread replaced. */
  readonly onCrash?: (error: Error) => void;
}

interface Thread {
  worker: Worker;
  job: FitJob | null;
}

interface WorkerMessage {
  readonly jobId: string;
  readonly outcome: FitOutcomeRecord;
  readonly elapsedMs: number;
}

/** Threads that are replaced more often than this while working off one queue have a cause that replacing cannot cure. */
const MAX_CRASHES = 100;

/**
 * A bounded pool of calibration threads. It runs jobs in order and decides nothing: superseding is the engine's. Every
 * job gets exactly one answer, also when its thread dies or the pool closes.
 */
export class FitPool {
  private readonly options: FitPoolOptions;
  private readonly threads: Thread[] = [];
  private readonly queue: FitJob[] = [];
  private crashes = 0;
  private closing = false;
  private idle: (() => void)[] = [];

  constructor(options: FitPoolOptions) {
    this.options = options;
    for (let i = 0; i < options.threads; i++) this.threads.push(this.start());
  }

  /** Jobs waiting for a thread. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Jobs in threads. */
  get running(): number {
    return this.threads.filter((t) => t.job !== null).length;
  }

  /** Takes a job; its answer comes through `onAnswer`. */
  submit(job: FitJob): void {
    if (this.closing || this.queue.length >= this.options.queueLimit) {
      this.answer(
        job,
        { status: this.closing ? 'closing' : 'overload', parameters: [], covariance: [], numbers: {} },
        0,
      );
      return;
    }
    this.queue.push(job);
    this.dispatch();
  }

  /** Resolves when nothing waits and nothing runs. */
  settled(): Promise<void> {
    if (this.queue.length === 0 && this.running === 0) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  /** Stops the threads; jobs not yet answered are answered `closing`. */
  async close(): Promise<void> {
    this.closing = true;
    for (const job of this.queue.splice(0)) this.submit(job);
    for (const t of this.threads) if (t.job !== null) this.submit(t.job);
    await Promise.all(this.threads.map((t) => t.worker.terminate()));
  }

  private start(): Thread {
    const entry = import.meta.url.endsWith('.ts') ? './fit-worker.ts' : './fit-worker.js';
    const worker = new Worker(new URL(entry, import.meta.url));
    const thread: Thread = { worker, job: null };
    worker.unref();
    worker.on('message', (m: WorkerMessage) => {
      const { job } = thread;
      thread.job = null;
      if (job !== null) this.answer(job, m.outcome, m.elapsedMs);
      this.dispatch();
    });
    worker.on('error', (error) => this.replace(thread, error as Error));
    // A thread can end without an error: stopped from outside, or by an exit deep in its code.
    worker.on('exit', (code) => this.replace(thread, new Error(`a calibration thread ended with code ${code}`)));
    return thread;
  }

  private replace(thread: Thread, error: Error): void {
    const index = this.threads.indexOf(thread);
    if (this.closing || index < 0) return;
    if (++this.crashes > MAX_CRASHES)
      throw new Error(`calibration threads died ${this.crashes} times`, { cause: error });
    const { job } = thread;
    this.threads[index] = this.start();
    this.options.onCrash?.(error);
    if (job !== null) this.answer(job, { status: 'worker-crash', parameters: [], covariance: [], numbers: {} }, 0);
    this.dispatch();
  }

  private answer(job: FitJob, outcome: FitOutcomeRecord, elapsedMs: number): void {
    this.options.onAnswer({ job, outcome, elapsedMs });
    if (this.queue.length === 0 && this.running === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  private dispatch(): void {
    for (const thread of this.threads) {
      if (thread.job !== null) continue;
      const job = this.queue.shift();
      if (job === undefined) return;
      thread.job = job;
      thread.worker.postMessage(job);
    }
  }
}
