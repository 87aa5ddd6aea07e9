import { LogDigest } from './log-digest.ts';
import type { LogFile, LogFiles } from './log-files.ts';
import type { DamageItem, DamageReason, LogItem, RecordsItem, TornTailItem } from './log-item.ts';
import { isMetaFrame, RecordDecoder, type LogRecord } from './record-codec.ts';
import { RecordCorrupt } from './record-refused.ts';
import { scanSegment, type ScannedHole, type ScannedPart } from './segment-scan.ts';
import {
  PART_HEADER,
  parseHead,
  parsePartHeader,
  parseSeal,
  payloadMatches,
  sealLength,
  segmentName,
} from './segment.ts';
import type { DictionarySnapshot } from './string-dictionary.ts';

/** Reads segments in order, checking everything that one says about itself and about the one before. */
export class ChainReader {
  /** Number of the next record; null before the first segment. */
  sequence: number | null = null;
  /** Running digest; null where damage made it unknowable. */
  digest: LogDigest | null = null;
  /** Seal of the last segment read, when it had one. */
  seal: string | null = null;
  sealed = false;
  /** HEAD part of the segment being read. */
  head: Uint8Array | null = null;
  /** Offset of the first byte after the last whole part of the segment being read. */
  wholeUntil = 0;
  recordsInSegment = 0;
  /** Dictionary version after the last block, or more than it can be where names were lost. */
  versionAfter = 0;
  readonly decoder = new RecordDecoder();
  private segment = -1;
  private hole: { segment: number; offset: number; reason: DamageReason } | null = null;
  private damaged = false;
  private readonly files: LogFiles;
  private readonly decode: boolean;

  constructor(files: LogFiles, decode: boolean) {
    this.files = files;
    this.decode = decode;
  }

  /** Reads one segment; `last`: a torn end is what a crash leaves, not damage. */
  async *read(segment: number, last: boolean): AsyncGenerator<LogItem> {
    const previous = this.segment;
    this.segment = segment;
    if (previous >= 0 && segment !== previous + 1) {
      this.lose();
      yield this.damage('segment-missing', 0, null, previous + 1);
    }
    this.head = null;
    this.sealed = false;
    this.wholeUntil = 0;
    this.recordsInSegment = 0;
    this.damaged = false;
    const follows = previous === segment - 1;
    const file = await this.files.open(segmentName(segment), 'read');
    try {
      const size = await file.size();
      for await (const item of scanSegment(file, size)) {
        if (item.kind === 'hole') yield* this.onHole(item, last && item.until === size);
        else yield* this.onPart(item, file, size, follows);
      }
    } finally {
      await file.close();
    }
    if (!this.sealed && !last) {
      this.seal = null;
      yield this.damage('not-sealed', this.wholeUntil, null);
    }
  }

  /** Reports a hole whose size no later part could tell. */
  *finish(): Generator<DamageItem> {
    if (this.hole === null) return;
    const { segment, offset, reason } = this.hole;
    this.hole = null;
    yield { kind: 'damage', segment, offset, reason, recordsLost: null };
  }

  private damage(reason: DamageReason, offset: number, recordsLost: number | null, segment = this.segment): DamageItem {
    return { kind: 'damage', segment, offset, reason, recordsLost };
  }

  private lose(): void {
    this.digest = null;
    this.damaged = true;
  }

  private *onHole(hole: ScannedHole, tail: boolean): Generator<LogItem> {
    const { offset, reason } = hole;
    if (this.sealed) {
      this.sealed = false;
      yield this.damage('bytes-after-seal', offset, 0);
    } else if (tail) {
      const torn: TornTailItem = {
        kind: 'torn-tail',
        segment: this.segment,
        offset,
        bytes: hole.until - offset,
        reason,
      };
      yield torn;
    } else {
      yield* this.finish();
      this.lose();
      this.hole = { segment: this.segment, offset, reason };
    }
  }

  private async *onPart(item: ScannedPart, file: LogFile, size: number, follows: boolean): AsyncGenerator<LogItem> {
    const { header, offset } = item;
    const payload = item.bytes.subarray(PART_HEADER);
    if (this.sealed) {
      yield this.damage('bytes-after-seal', offset, 0);
      return;
    }
    if ((header.kind === 'head') !== (offset === 0) && this.hole === null)
      yield this.damage('unreadable', offset, null);
    yield* this.onSequence(header.sequence, offset);
    if (header.kind === 'head') yield* this.onHead(item, payload, follows);
    else if (header.kind === 'seal') yield* this.onSeal(payload, offset, header.records);
    else {
      if (this.decode && header.dictionaryVersion !== this.decoder.dictionary.version) {
        const found = await dictionaryAt(file, size, header.dictionaryVersion);
        if (found !== null) this.decoder.dictionary.restore(found);
      }
      yield* this.onBlock(item);
    }
    this.wholeUntil = offset + item.bytes.length;
  }

  private *onSequence(sequence: number, offset: number): Generator<DamageItem> {
    const lost = this.sequence === null ? 0 : sequence - this.sequence;
    if (this.hole !== null) {
      const { segment, offset: at, reason } = this.hole;
      this.hole = null;
      yield { kind: 'damage', segment, offset: at, reason, recordsLost: this.sequence === null ? null : lost };
    } else if (lost !== 0) {
      this.lose();
      yield this.damage('sequence-differs', offset, lost);
    }
    this.sequence = sequence;
  }

  private *onHead(item: ScannedPart, payload: Uint8Array, follows: boolean): Generator<DamageItem> {
    const head = parseHead(payload);
    if (head === null) {
      this.lose();
      yield this.damage('format', item.offset, null);
      return;
    }
    this.head = item.bytes.slice();
    if (head.segment !== this.segment || (follows && this.seal !== null && head.predecessor !== this.seal))
      yield this.damage('chain-broken', item.offset, 0);
    if (this.digest !== null && this.digest.value() !== head.digest) {
      this.digest = null;
      yield this.damage('digest-differs', item.offset, 0);
    }
    this.digest ??= new LogDigest(head.digest);
    this.damaged = false;
    const { dictionary } = this.decoder;
    if (dictionary.version !== head.dictionary.version) dictionary.restore(head.dictionary);
    this.versionAfter = head.dictionary.version;
  }

  private *onSeal(payload: Uint8Array, offset: number, records: number): Generator<DamageItem> {
    this.sealed = true;
    const parsed = parseSeal(payload, this.head);
    if (parsed === null || !parsed.holds) {
      this.seal = null;
      yield this.damage('chain-broken', offset, 0);
      return;
    }
    this.seal = parsed.seal.seal;
    if (!this.damaged && records !== this.recordsInSegment)
      yield this.damage('sequence-differs', offset, records - this.recordsInSegment);
    if (this.digest !== null && parsed.seal.digest !== null && parsed.seal.digest !== this.digest.value()) {
      this.digest = null;
      yield this.damage('digest-differs', offset, 0);
    }
    // Damage recorded when the segment was recovered: what follows starts its digest from the seal.
    if (parsed.seal.digest === null) this.digest = null;
  }

  private *onBlock(item: ScannedPart): Generator<LogItem> {
    const { header, bytes, offset } = item;
    const first = header.sequence;
    this.sequence = first + header.records;
    this.recordsInSegment += header.records;
    const known = !this.decode || header.dictionaryVersion === this.decoder.dictionary.version;
    const records: LogRecord[] = [];
    let failure: string | null = known ? null : 'dictionary';
    let position = PART_HEADER;
    let sliceFrom = position;
    let slice = 0;
    let count = 0;
    const digestUpTo = (end: number): void => {
      if (slice > 0) this.digest?.append(bytes.subarray(sliceFrom, end), slice);
      sliceFrom = end;
      slice = 0;
    };
    while (position < bytes.length) {
      const frame = frameAt(bytes, position);
      if (frame === null) break;
      if (isMetaFrame(bytes, frame.start)) {
        digestUpTo(position);
        this.digest?.link();
      }
      if (this.decode && failure === null) failure = this.decodeInto(records, bytes, frame.start, frame.end);
      count++;
      position = frame.end;
      if (++slice === (this.digest?.room ?? -1)) digestUpTo(position);
    }
    digestUpTo(position);
    const whole = position === bytes.length && count === header.records;
    if (!whole) this.lose();
    if (records.length > 0 || (!this.decode && whole)) {
      const found: RecordsItem = {
        kind: 'records',
        segment: this.segment,
        offset,
        firstSequence: first,
        records,
        count: this.decode ? records.length : count,
      };
      yield found;
    }
    // A record defines at most three names, and may clear a full dictionary before each.
    this.versionAfter =
      failure === null ? this.decoder.dictionary.version : header.dictionaryVersion + 6 * header.records + 1;
    if (failure !== null || !whole) {
      // The names defined in what could not be read are unknown now; a version that never occurs says so.
      if (failure !== null && known) this.decoder.dictionary.version = -1;
      yield this.damage(known ? 'undecodable' : 'dictionary-lost', offset, header.records - records.length);
    }
  }

  private decodeInto(records: LogRecord[], bytes: Uint8Array, start: number, end: number): string | null {
    try {
      records.push(this.decoder.decode(bytes, start, end));
      return null;
    } catch (error) {
      if (error instanceof RecordCorrupt) return error.message;
      throw error;
    }
  }
}

/** Bounds of the frame at `position`, its length left out; null where none begins. */
export function frameAt(bytes: Uint8Array, position: number): { start: number; end: number } | null {
  let size = 0;
  let at = position;
  for (let scale = 1; at < bytes.length && scale <= 268435456; scale *= 128) {
    const byte = bytes[at++];
    size += (byte & 127) * scale;
    if (byte < 128) return size > 0 && at + size <= bytes.length ? { start: at, end: at + size } : null;
  }
  return null;
}

/** The dictionary as it was at `version`, from the segment's seal: definitions are only ever added between two clearings. */
async function dictionaryAt(file: LogFile, size: number, version: number): Promise<DictionarySnapshot | null> {
  const tail = new Uint8Array(8);
  if (size < 8 || (await file.read(tail, size - 8)) < 8) return null;
  const length = sealLength(tail);
  if (length === null || length > size) return null;
  const bytes = new Uint8Array(length);
  await file.read(bytes, size - length);
  const header = parsePartHeader(bytes);
  if (header === null || header.kind !== 'seal' || !payloadMatches(header, bytes.subarray(PART_HEADER))) return null;
  const dictionary = parseSeal(bytes.subarray(PART_HEADER), null)?.seal.dictionary;
  if (!dictionary) return null;
  const cleared = dictionary.version - dictionary.strings.length;
  if (version < cleared || version > dictionary.version) return null;
  return { strings: dictionary.strings.slice(0, version - cleared), version };
}
