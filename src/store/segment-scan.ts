import type { LogFile } from './log-files.ts';
import { beginsPart, PART_HEADER, parsePartHeader, payloadMatches, type PartHeader } from './segment.ts';

const WINDOW = 1 << 20;

/** A part whose checksums hold. `bytes` is header and payload; valid until the next item is asked for. */
export interface ScannedPart {
  readonly kind: 'part';
  readonly offset: number;
  readonly header: PartHeader;
  readonly bytes: Uint8Array;
}
/** Bytes that are no whole part, up to `until`. `records`: how many they held, where their header still says so. */
export interface ScannedHole {
  readonly kind: 'hole';
  readonly offset: number;
  readonly until: number;
  /** `short`: the file ends within a part, as a crash leaves it. */
  readonly reason: 'short' | 'checksum' | 'unreadable';
  readonly records: number | null;
}

/** Reads a file through one growing window, so that memory is bounded by the largest part. */
class FileWindow {
  private buffer: Uint8Array<ArrayBuffer>;
  private start = 0;
  private filled = 0;
  private readonly file: LogFile;

  constructor(file: LogFile, size: number) {
    this.file = file;
    this.buffer = new Uint8Array(Math.min(WINDOW, size));
  }

  /** `length` bytes from `offset`, or fewer at the end of the file. Valid until the next call. */
  async at(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.start || offset + length > this.start + this.filled) await this.fill(offset, length);
    const from = offset - this.start;
    return this.buffer.subarray(from, Math.min(from + length, this.filled));
  }

  private async fill(offset: number, length: number): Promise<void> {
    if (length > this.buffer.length) this.buffer = new Uint8Array(length + WINDOW);
    this.start = offset;
    this.filled = await this.file.read(this.buffer, offset);
  }
}

/** Walks the parts of a segment of `size` bytes from `from` on; after unreadable bytes it goes on at the next whole header. */
export async function* scanSegment(file: LogFile, size: number, from = 0): AsyncGenerator<ScannedPart | ScannedHole> {
  const window = new FileWindow(file, size);
  let offset = from;
  while (offset < size) {
    const head = await window.at(offset, Math.min(PART_HEADER, size - offset));
    const header = parsePartHeader(head);
    if (header === null) {
      const short = size - offset < PART_HEADER && beginsPart(head);
      const until = await nextHeader(window, offset + 1, size);
      yield { kind: 'hole', offset, until, reason: short ? 'short' : 'unreadable', records: null };
      offset = until;
      continue;
    }
    const until = offset + PART_HEADER + header.length;
    if (until > size) {
      yield { kind: 'hole', offset, until: size, reason: 'short', records: header.records };
      return;
    }
    const bytes = await window.at(offset, PART_HEADER + header.length);
    if (payloadMatches(header, bytes.subarray(PART_HEADER))) yield { kind: 'part', offset, header, bytes };
    else
      yield {
        kind: 'hole',
        offset,
        until,
        reason: 'checksum',
        records: header.kind === 'block' ? header.records : null,
      };
    offset = until;
  }
}

/** Offset of the next whole part header at or after `from`; `size` when there is none. */
async function nextHeader(window: FileWindow, from: number, size: number): Promise<number> {
  let offset = from;
  while (size - offset >= PART_HEADER) {
    const bytes = await window.at(offset, Math.min(WINDOW, size - offset));
    const last = bytes.length - PART_HEADER;
    for (let i = bytes.indexOf(0x56); i >= 0 && i <= last; i = bytes.indexOf(0x56, i + 1))
      if (parsePartHeader(bytes, i) !== null) return offset + i;
    offset += last + 1;
  }
  return size;
}
