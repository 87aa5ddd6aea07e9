import { createHash, type Hash } from 'node:crypto';

/** Records between two links of the digest chain. */
export const LINK_RECORDS = 1024;
/** The chain's first link: sha256 of this text. */
const ORIGIN = 'vernier log 1';

/**
 * `log_sha256`: a running SHA-256 over the canonical frames of records, independent of blocks, segments and files.
 * Link k is sha256(link k-1 || frames since it); a link closes after 1024 records and before every meta record, so that
 * a writer can resume from a link after a crash (a bare SHA-256 state cannot be stored). The value is the last link, or
 * what it would be if it closed now.
 */
export class LogDigest {
  private hash: Hash;
  private linked: string;
  private open = 0;

  /** Resumes from a link (hex), or starts. */
  constructor(link: string = createHash('sha256').update(ORIGIN).digest('hex')) {
    this.linked = link;
    this.hash = createHash('sha256').update(Buffer.from(link, 'hex'));
  }

  /** How many more records fit before the link closes. */
  get room(): number {
    return LINK_RECORDS - this.open;
  }

  /** True where a link has just closed: `value()` can be resumed from. */
  get atLink(): boolean {
    return this.open === 0;
  }

  /** Takes `records` whole frames, at most `room`. */
  append(frames: Uint8Array, records: number): void {
    if (records > this.room) throw new RangeError(`${records} records where the link has room for ${this.room}`);
    this.hash.update(frames);
    this.open += records;
    if (this.open === LINK_RECORDS) this.link();
  }

  /** Closes the open link; at a link it does nothing. */
  link(): void {
    if (this.open === 0) return;
    this.linked = this.hash.digest('hex');
    this.hash = createHash('sha256').update(Buffer.from(this.linked, 'hex'));
    this.open = 0;
  }

  /** Hex digest of everything so far; may be asked at any time. */
  value(): string {
    return this.open === 0 ? this.linked : this.hash.copy().digest('hex');
  }
}
