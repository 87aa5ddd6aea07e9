import { blockPart, headPart, sealPart, segmentName } from './segment.ts';
import { fileFailure, LogError } from './log-error.ts';
import type { LogFile, LogFiles } from './log-files.ts';
import type { LogRecord } from './record-codec.ts';
import { RecordStream, type FrameBatch } from './record-stream.ts';
import { recover, type NextSegment, type Recovery } from './recover.ts';
import type { DictionarySnapshot } from './string-dictionary.ts';

/** Limits of a writer. Sizes in bytes, times in ms. */
export interface WriterOptions {
  /** A commit waits this long for more records (default 5). */
  readonly commitDelayMs?: number;
  /** A block is committed at once when it has grown to this (default 256 KiB). */
  readonly blockBytes?: number;
  /** A segment is sealed at the next digest link after it has grown to this (default 32 MiB) ... */
  readonly segmentBytes?: number;
  /** ... or become this old (default one hour). */
  readonly segmentAgeMs?: number;
  /** Most bytes that may wait for the disk (default 32 MiB); beyond it `append` throws `backlog`. */
  readonly backlogBytes?: number;
  /** First wait before a retryable failure is tried again (default 100); doubles up to 5 s. */
  readonly retryDelayMs?: number;
  /** The first failed write is the last, retryable or not: for a run that can be begun again (default false). */
  readonly failFast?: boolean;
  /** Monotonic clock for the segment's age, ms. */
  readonly now?: () => number;
}

/** How the disk is doing. `retrying`: nothing is lost, commits wait. `failed`: nothing more will be written. */
export interface WriterHealth {
  readonly state: 'ok' | 'retrying' | 'failed' | 'closed';
  readonly error: LogError | null;
  readonly pendingBytes: number;
  readonly pendingRecords: number;
  readonly lastCommitMs: number;
}

/** The state of the log at the end of a segment. */
interface Roll {
  readonly segment: number;
  readonly records: number;
  readonly sequence: number;
  readonly digest: string;
  readonly dictionary: DictionarySnapshot;
  readonly lastReceivedAt: number | null;
}
interface Commit {
  readonly batch: FrameBatch | null;
  readonly roll: Roll | null;
  readonly bytes: number;
  readonly settled: PromiseWithResolvers<void>;
}

const LONGEST_RETRY_MS = 5000;

/**
 * Appends records to a log. `append` is synchronous and gives the record its number; the record is durable once
 * `committed(number)` resolves, which happens in order. One block is one commit: written, synced, acknowledged, then the next.
 * The first record of a session is its meta record.
 */
export class LogWriter {
  private readonly files: LogFiles;
  private readonly options: Required<WriterOptions>;
  private readonly stream: RecordStream;
  private readonly queue: Commit[] = [];
  private readonly roomWaiters: PromiseWithResolvers<void>[] = [];
  private open: PromiseWithResolvers<void> = deferred();
  private queuedBytes = 0;
  private durable: number;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private active = false;
  private state: WriterHealth['state'] = 'ok';
  private failure: LogError | null = null;
  private lastCommitMs = 0;
  private closing: Promise<void> | null = null;
  private wakeRetry: (() => void) | null = null;
  private begun = false;
  private lastReceivedAt: number | null;
  // The segment as `append` sees it, ahead of the one on disk.
  private segment: number;
  private segmentFirst: number;
  private segmentFilled = 0;
  private segmentSince: number;
  // The segment on disk.
  private file: LogFile | null = null;
  private head: Uint8Array = new Uint8Array(0);
  private offset = 0;

  private constructor(files: LogFiles, next: NextSegment, lastReceivedAt: number | null, options: WriterOptions) {
    this.files = files;
    this.options = {
      commitDelayMs: 5,
      blockBytes: 1 << 18,
      segmentBytes: 1 << 25,
      segmentAgeMs: 3_600_000,
      backlogBytes: 1 << 25,
      retryDelayMs: 100,
      failFast: false,
      now: () => performance.now(),
      ...options,
    };
    this.stream = new RecordStream({ start: next.start, keepFrames: true, capacity: this.options.blockBytes * 2 });
    this.durable = next.start.sequence;
    this.segment = next.segment;
    this.segmentFirst = next.start.sequence;
    this.segmentSince = this.options.now();
    this.lastReceivedAt = lastReceivedAt;
  }

  /** Recovers the log and begins a new segment. The caller holds the directory's lock (`openLog` does both). */
  static async open(files: LogFiles, options: WriterOptions = {}): Promise<{ writer: LogWriter; recovery: Recovery }> {
    try {
      await files.prepare();
      const recovery = await recover(files);
      const writer = new LogWriter(files, recovery.next, recovery.lastReceivedAt, options);
      const { segment, predecessor, start } = recovery.next;
      const dictionary = { strings: [], version: start.dictionaryVersion };
      await writer.create({ segment, predecessor, digest: start.digest, dictionary }, start.sequence);
      return { writer, recovery };
    } catch (cause) {
      throw fileFailure('opening the log', cause);
    }
  }

  /** Number of the next record. */
  get sequence(): number {
    return this.stream.sequence;
  }
  /** Records durable so far: every number below it is. */
  get committedSequence(): number {
    return this.durable;
  }
  /** True when half the backlog is used: await `room()` before appending more. */
  get full(): boolean {
    return this.queuedBytes + this.stream.pendingBytes > this.options.backlogBytes / 2;
  }
  get health(): WriterHealth {
    return {
      state: this.state,
      error: this.failure,
      pendingBytes: this.queuedBytes + this.stream.pendingBytes,
      pendingRecords: this.stream.sequence - this.durable,
      lastCommitMs: this.lastCommitMs,
    };
  }
  /** `log_sha256` of everything appended, durable or not. */
  digest(): string {
    return this.stream.digest();
  }

  /**
   * Takes a record and returns its number. Throws `RecordRefused` for a value without canonical form, `LogError` when the
   * writer is closed or failed (not retryable) or the disk is too far behind (`backlog`, retryable); nothing has changed then.
   */
  append(record: LogRecord): number {
    if (this.state === 'failed') throw this.failure!;
    if (this.closing !== null) throw new LogError('closed', 'the log is closed', false);
    if (!this.begun && record.kind !== 'meta')
      throw new LogError('usage', 'a session begins with its meta record', false);
    if (this.queuedBytes + this.stream.pendingBytes >= this.options.backlogBytes) throw this.backlog();
    const sequence = this.stream.append(record);
    this.begun = true;
    if (record.kind === 'input') this.lastReceivedAt = record.event.receivedAt;
    const roll = this.stream.atLink && this.segmentIsDue();
    if (roll || this.stream.pendingBytes >= this.options.blockBytes) this.closeBatch(roll);
    else this.timer ??= setTimeout(() => this.closeBatch(false), this.options.commitDelayMs);
    return sequence;
  }

  private backlog(): LogError {
    const { pendingBytes, pendingRecords } = this.health;
    const cause = this.failure === null ? 'the disk is slow' : this.failure.message;
    return new LogError(
      'backlog',
      `${pendingRecords} records (${pendingBytes} bytes) wait to be written: ${cause}`,
      true,
      this.failure,
    );
  }

  /** Resolves when record `sequence` is durable; rejects with `LogError` when it never will be. */
  committed(sequence: number): Promise<void> {
    if (sequence < this.durable) return Promise.resolve();
    for (const commit of this.queue) {
      const { batch } = commit;
      if (batch !== null && sequence < batch.firstSequence + batch.records) return commit.settled.promise;
    }
    if (sequence >= this.stream.sequence) throw new RangeError(`record ${sequence} has not been appended`);
    return this.state === 'failed' ? Promise.reject(this.failure!) : this.open.promise;
  }

  /** Commits what was appended so far without waiting for more. */
  flush(): Promise<void> {
    const last = this.stream.sequence - 1;
    this.closeBatch(false);
    return this.committed(last);
  }

  /** Resolves when less than half the backlog is used. */
  room(): Promise<void> {
    if (!this.full) return Promise.resolve();
    if (this.state === 'failed') return Promise.reject(this.failure!);
    this.closeBatch(false);
    const waiter = deferred();
    this.roomWaiters.push(waiter);
    return waiter.promise;
  }

  /** Commits, seals and closes; rejects with `LogError` when a last attempt fails. */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    this.closeBatch(false);
    if (this.state !== 'failed')
      this.queue.push({ batch: null, roll: this.rollState(), bytes: 0, settled: deferred() });
    this.start();
    this.wakeRetry?.();
    while (this.active) await this.running;
    await this.file?.close().catch(() => undefined);
    if (this.failure !== null) throw this.failure;
    this.state = 'closed';
  }

  private segmentIsDue(): boolean {
    const { segmentBytes, segmentAgeMs, now } = this.options;
    const age = now() - this.segmentSince;
    return this.segmentFilled + this.stream.pendingBytes >= segmentBytes || age >= segmentAgeMs;
  }

  private rollState(): Roll {
    const { sequence, encoder } = this.stream;
    return {
      segment: this.segment,
      records: sequence - this.segmentFirst,
      sequence,
      digest: this.stream.digest(),
      dictionary: encoder.dictionary.snapshot(),
      lastReceivedAt: this.lastReceivedAt,
    };
  }

  private closeBatch(rolls: boolean): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.stream.pendingBytes === 0) return;
    const batch = this.stream.take();
    const roll = rolls ? this.rollState() : null;
    this.queue.push({ batch, roll, bytes: batch.frames.length, settled: this.open });
    this.open = deferred();
    this.queuedBytes += batch.frames.length;
    this.segmentFilled += batch.frames.length;
    if (roll !== null) {
      this.segment++;
      this.segmentFirst = roll.sequence;
      this.segmentFilled = 0;
      this.segmentSince = this.options.now();
    }
    this.start();
  }

  private start(): void {
    if (this.active || this.state === 'failed') return;
    this.active = true;
    this.running = this.run();
  }

  private async run(): Promise<void> {
    while (await this.commitNext());
  }

  /** Takes the first commit of the queue to the disk; false when there is none, or no disk. */
  private async commitNext(): Promise<boolean> {
    const commit = this.queue[0];
    if (commit === undefined || this.state === 'failed') {
      this.active = false;
      return false;
    }
    const { batch, roll } = commit;
    if (batch !== null) {
      const since = performance.now();
      const block = blockPart(batch);
      if (!(await this.persist('writing the log', () => this.write(block)))) return true;
      this.offset += block.length;
      this.lastCommitMs = performance.now() - since;
      this.durable = batch.firstSequence + batch.records;
    }
    this.queuedBytes -= commit.bytes;
    this.queue.shift();
    commit.settled.resolve();
    this.admit();
    if (roll !== null) await this.roll(roll, batch !== null);
    return true;
  }

  private admit(): void {
    if (!this.full) for (const waiter of this.roomWaiters.splice(0)) waiter.resolve();
  }

  /** Seals the segment on disk and, mid-session, begins the next. */
  private async roll(roll: Roll, goesOn: boolean): Promise<void> {
    const { segment, sequence, ...rest } = roll;
    const { records, digest, dictionary, lastReceivedAt } = rest;
    const { bytes, seal } = sealPart(
      this.head,
      { records, digest, dictionary, lastReceivedAt },
      sequence,
      dictionary.version,
    );
    if (!(await this.persist('sealing a segment', () => this.write(bytes))) || !goesOn) return;
    const next = { segment: segment + 1, predecessor: seal, digest, dictionary };
    await this.persist('beginning a segment', () => this.create(next, sequence));
  }

  private async write(bytes: Uint8Array): Promise<void> {
    await this.file!.write(bytes, this.offset);
    await this.file!.sync();
  }

  /** A segment appears under its name only with a whole HEAD in it. */
  private async create(head: Parameters<typeof headPart>[0], sequence: number): Promise<void> {
    const bytes = headPart(head, sequence);
    const name = segmentName(head.segment);
    const file = await this.files.open(`${name}.tmp`, 'create');
    try {
      await file.write(bytes, 0);
      await file.sync();
      await this.files.rename(`${name}.tmp`, name);
      await this.files.syncDirectory();
    } catch (cause) {
      await file.close();
      throw cause;
    }
    await this.file?.close().catch(() => undefined);
    this.file = file;
    this.head = bytes;
    this.offset = bytes.length;
  }

  /** Does `work` until it succeeds (true), or fails for good (false). Every work may be repeated from its beginning. */
  private async persist(doing: string, work: () => Promise<void>): Promise<boolean> {
    for (let wait = this.options.retryDelayMs; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
      const lastAttempt = this.closing !== null || this.options.failFast;
      try {
        await work();
        this.state = 'ok';
        this.failure = null;
        return true;
      } catch (cause) {
        this.failure = fileFailure(doing, cause);
      }
      if (!this.failure.retryable || lastAttempt) {
        this.fail();
        return false;
      }
      this.state = 'retrying';
      await this.retryAfter(wait);
    }
  }

  private async retryAfter(ms: number): Promise<void> {
    if (this.closing !== null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeRetry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeRetry = null;
  }

  private fail(): void {
    this.state = 'failed';
    const error = this.failure!;
    for (const commit of this.queue.splice(0)) commit.settled.reject(error);
    for (const waiter of this.roomWaiters.splice(0)) waiter.reject(error);
    this.open.reject(error);
  }
}

/** A promise whose rejection may go unheard: whoever asked for it hears it. */
function deferred(): PromiseWithResolvers<void> {
  const created = Promise.withResolvers<void>();
  created.promise.catch(() => undefined);
  return created;
}
