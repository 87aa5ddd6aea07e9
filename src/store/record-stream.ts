import { LogDigest } from './log-digest.ts';
import { RecordEncoder, type LogRecord } from './record-codec.ts';

/** Frames to be written as one block, and the state of the stream where they begin. */
export interface FrameBatch {
  readonly frames: Uint8Array;
  readonly records: number;
  readonly firstSequence: number;
  /** Dictionary version before the first frame. */
  readonly dictionaryVersion: number;
}

/** Where a stream resumes: number of records before it and their digest, which must be a link. */
export interface StreamStart {
  readonly sequence: number;
  readonly digest: string;
  readonly dictionaryVersion: number;
}

/**
 * Records in, canonical frames and `log_sha256` out. A replay without files uses it alone (frames beyond the buffer are
 * dropped once digested); the log writer takes the frames. A resumed stream must begin with a meta record.
 */
export class RecordStream {
  readonly encoder: RecordEncoder;
  /** Sequence number of the next record = records so far. */
  sequence: number;
  private readonly running: LogDigest;
  private batchStart: number;
  private batchVersion: number;
  /** Bytes and records of `encoder.out` that the digest has not taken yet. */
  private undigestedFrom = 0;
  private undigested = 0;
  private readonly keep: boolean;

  constructor(
    options: { readonly start?: StreamStart; readonly keepFrames?: boolean; readonly capacity?: number } = {},
  ) {
    this.encoder = new RecordEncoder(options.capacity);
    this.sequence = options.start?.sequence ?? 0;
    this.running = new LogDigest(options.start?.digest);
    this.encoder.dictionary.version = options.start?.dictionaryVersion ?? 0;
    this.batchStart = this.sequence;
    this.batchVersion = this.encoder.dictionary.version;
    this.keep = options.keepFrames ?? false;
  }

  /** Appends one record and returns its sequence number. Throws `RecordRefused`; nothing has changed then. */
  append(record: LogRecord): number {
    const frameStart = this.encoder.out.length;
    this.encoder.append(record);
    if (record.kind === 'meta') {
      this.digestUpTo(frameStart);
      this.running.link();
    }
    this.undigested++;
    if (this.undigested === this.running.room) this.digestUpTo(this.encoder.out.length);
    return this.sequence++;
  }

  /** Bytes of frames that `take` would hand over. */
  get pendingBytes(): number {
    return this.encoder.out.length;
  }

  /** True when the digest up to here can be resumed from: the places where a segment may end. */
  get atLink(): boolean {
    return this.undigested === 0 && this.running.atLink;
  }

  /** `log_sha256` of all records so far (hex). */
  digest(): string {
    this.digestUpTo(this.encoder.out.length);
    return this.running.value();
  }

  /** Hands over the frames since the last call as their own copy. */
  take(): FrameBatch {
    this.digestUpTo(this.encoder.out.length);
    const { out, dictionary } = this.encoder;
    const batch: FrameBatch = {
      frames: out.bytes.slice(0, out.length),
      records: this.sequence - this.batchStart,
      firstSequence: this.batchStart,
      dictionaryVersion: this.batchVersion,
    };
    this.batchStart = this.sequence;
    this.batchVersion = dictionary.version;
    out.length = 0;
    this.undigestedFrom = 0;
    return batch;
  }

  private digestUpTo(end: number): void {
    const { out } = this.encoder;
    if (this.undigested > 0) this.running.append(out.bytes.subarray(this.undigestedFrom, end), this.undigested);
    this.undigested = 0;
    this.undigestedFrom = end;
    if (this.keep) return;
    out.copyDown(end);
    this.undigestedFrom = 0;
  }
}
