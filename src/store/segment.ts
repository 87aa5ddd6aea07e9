import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { canonicalJson } from './canonical-json.ts';
import { FORMAT } from './record-codec.ts';
import type { FrameBatch } from './record-stream.ts';
import type { DictionarySnapshot } from './string-dictionary.ts';

/**
 * A segment is a file of parts: one HEAD, any number of BLOCKs, at last a SEAL (docs/log-format.md, "Segments").
 * Every part has the same 32-byte header, so that one scanner reads, checks and finds its way again through all of them.
 * Checksums are CRC-32 (IEEE 802.3, `node:zlib`): native, and sure to find any burst of up to 32 bits in a part.
 */
export const PART_HEADER = 32;
/** A part that claims more was not written by us. */
export const LARGEST_PART = 1 << 28;
/** Last four bytes of a sealed segment; before them the length of the SEAL part. */
const END_MARK = 'VFIN';

/** What a part is. */
export type PartKind = 'head' | 'block' | 'seal';
const MAGIC: Readonly<Record<PartKind, number>> = {
  head: mark('VLOG'),
  block: mark('VBLK'),
  seal: mark('VEND'),
};
const KINDS = new Map<number, PartKind>((['head', 'block', 'seal'] as const).map((kind) => [MAGIC[kind], kind]));

function mark(text: string): number {
  return Buffer.from(text, 'latin1').readUInt32LE(0);
}

/** The fixed header of a part: `sequence` is that of its first record (SEAL: of the record after its last). */
export interface PartHeader {
  readonly kind: PartKind;
  readonly length: number;
  readonly records: number;
  readonly sequence: number;
  readonly dictionaryVersion: number;
  readonly payloadCrc: number;
}

/** Body of a HEAD. */
export interface SegmentHead {
  readonly format: number;
  readonly segment: number;
  /** Seal of the segment before, hex; null for the first. */
  readonly predecessor: string | null;
  /** `log_sha256` before the first record of this segment. */
  readonly digest: string;
  readonly dictionary: DictionarySnapshot;
}

/** Body of a SEAL. */
export interface SegmentSeal {
  readonly records: number;
  /** `log_sha256` after the last record; null when damage before it made that unknowable. */
  readonly digest: string | null;
  readonly dictionary: DictionarySnapshot | null;
  /** `receivedAt` of the last input event, epoch ms. */
  readonly lastReceivedAt: number | null;
  /** sha256 of the HEAD part and this body without it, hex: what the next segment names as its predecessor. */
  readonly seal: string;
}

/** Name of a segment's file. */
export function segmentName(segment: number): string {
  return `segment-${String(segment).padStart(8, '0')}.vlog`;
}

/** Number of a segment from its file's name; null for other files. */
export function segmentNumber(name: string): number | null {
  const match = /^segment-(\d{8,})\.vlog$/.exec(name);
  return match ? Number(match[1]) : null;
}

function part(kind: PartKind, payload: Uint8Array, records: number, sequence: number, version: number): Buffer {
  const bytes = Buffer.allocUnsafe(PART_HEADER + payload.length);
  bytes.writeUInt32LE(MAGIC[kind], 0);
  bytes.writeUInt32LE(payload.length, 4);
  bytes.writeUInt32LE(records, 8);
  bytes.writeDoubleLE(sequence, 12);
  bytes.writeUInt32LE(version, 20);
  bytes.writeUInt32LE(crc32(payload), 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  bytes.set(payload, PART_HEADER);
  return bytes;
}

/** The header at `bytes[offset]`; null when it is not one that we wrote. */
export function parsePartHeader(bytes: Uint8Array, offset = 0): PartHeader | null {
  if (bytes.length - offset < PART_HEADER) return null;
  const b = Buffer.from(bytes.buffer, bytes.byteOffset + offset, PART_HEADER);
  const kind = KINDS.get(b.readUInt32LE(0));
  if (kind === undefined || b.readUInt32LE(28) !== crc32(b.subarray(0, 28))) return null;
  const length = b.readUInt32LE(4);
  if (length > LARGEST_PART) return null;
  return {
    kind,
    length,
    records: b.readUInt32LE(8),
    sequence: b.readDoubleLE(12),
    dictionaryVersion: b.readUInt32LE(20),
    payloadCrc: b.readUInt32LE(24),
  };
}

/** True when `bytes` (fewer than a header) could be the beginning of one. */
export function beginsPart(bytes: Uint8Array): boolean {
  const seen = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  return ['VLOG', 'VBLK', 'VEND'].some((text) => text.startsWith(seen));
}

/** True when the payload is the one its header was written for. */
export function payloadMatches(header: PartHeader, payload: Uint8Array): boolean {
  return payload.length === header.length && crc32(payload) === header.payloadCrc;
}

/** HEAD part of a new segment. */
export function headPart(head: Omit<SegmentHead, 'format'>, sequence: number): Buffer {
  const body = canonicalJson({ ...head, format: FORMAT }, 'head');
  return part('head', Buffer.from(body, 'utf8'), 0, sequence, head.dictionary.version);
}

/** BLOCK part: the frames of one commit. */
export function blockPart(batch: FrameBatch): Buffer {
  return part('block', batch.frames, batch.records, batch.firstSequence, batch.dictionaryVersion);
}

/** SEAL part of the segment that begins with `head`; `sequence` is the number of the next record. */
export function sealPart(
  head: Uint8Array,
  body: Omit<SegmentSeal, 'seal'>,
  sequence: number,
  dictionaryVersion: number,
): { bytes: Buffer; seal: string } {
  const seal = sealOf(head, body);
  const text = Buffer.from(canonicalJson({ ...body, seal }, 'seal'), 'utf8');
  const payload = Buffer.alloc(text.length + 8);
  text.copy(payload);
  payload.writeUInt32LE(PART_HEADER + payload.length, text.length);
  payload.write(END_MARK, text.length + 4, 'latin1');
  return { bytes: part('seal', payload, body.records, sequence, dictionaryVersion), seal };
}

function sealOf(head: Uint8Array, body: Omit<SegmentSeal, 'seal'>): string {
  return createHash('sha256').update(head).update(canonicalJson(body, 'seal')).digest('hex');
}

/** Body of a HEAD payload whose checksum holds; null when it is of another format. */
export function parseHead(payload: Uint8Array): SegmentHead | null {
  const head = parseBody(payload) as SegmentHead | null;
  return head !== null && head.format === FORMAT ? head : null;
}

/** Body of a SEAL payload whose checksum holds. `head` is the whole HEAD part (null when damaged: the seal goes unchecked). */
export function parseSeal(payload: Uint8Array, head: Uint8Array | null): { seal: SegmentSeal; holds: boolean } | null {
  const body = parseBody(payload.subarray(0, -8)) as SegmentSeal | null;
  if (body === null) return null;
  const { seal, ...rest } = body;
  return { seal: body, holds: head === null || sealOf(head, rest) === seal };
}

/** Length of the SEAL part from a segment's last eight bytes; null when it has no end mark. */
export function sealLength(lastEight: Uint8Array): number | null {
  const b = Buffer.from(lastEight.buffer, lastEight.byteOffset, lastEight.length);
  if (b.length < 8 || b.toString('latin1', 4, 8) !== END_MARK) return null;
  return b.readUInt32LE(0);
}

function parseBody(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8'));
  } catch {
    return null;
  }
}
