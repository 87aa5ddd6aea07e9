import { ChainReader } from './chain-reader.ts';
import { LogDigest } from './log-digest.ts';
import type { LogFile, LogFiles } from './log-files.ts';
import type { DamageItem, TornTailItem } from './log-item.ts';
import { segmentsOf } from './log-reader.ts';
import type { StreamStart } from './record-stream.ts';
import {
  PART_HEADER,
  parsePartHeader,
  parseSeal,
  payloadMatches,
  sealLength,
  sealPart,
  segmentName,
  type SegmentSeal,
} from './segment.ts';

/** What was found when a log was opened for writing: what the new session needs to go on, and to record its gap honestly. */
export interface Recovery {
  /** Records in the log so far; 0 for a new one. */
  readonly sequence: number;
  /** `receivedAt` of the last input event, epoch ms: where the gap begins. Null when there was none. */
  readonly lastReceivedAt: number | null;
  /** The last session did not close the log: it was killed, or the machine failed. */
  readonly crashed: boolean;
  /** The unfinished end that was cut off and kept beside the segment as `.cut`. */
  readonly torn: TornTailItem | null;
  /** Damage seen on the way (the last segment in full, sealed ones by their seals only; `verify` reads everything). */
  readonly damage: readonly DamageItem[];
  readonly next: NextSegment;
}

/** Where writing goes on. */
export interface NextSegment {
  readonly segment: number;
  readonly predecessor: string | null;
  readonly start: StreamStart;
}

/** What the end of a sealed segment says. */
export interface SealedEnd {
  readonly seal: SegmentSeal;
  readonly sequence: number;
  readonly version: number;
}

const ORIGIN: NextSegment = {
  segment: 0,
  predecessor: null,
  start: { sequence: 0, digest: new LogDigest().value(), dictionaryVersion: 0 },
};

/**
 * Makes a log ready to be written on: checks seals, reads the last segment if it was left open, cuts its torn end off
 * (the bytes are kept in a `.cut` file) and seals it. Idempotent: killed half-way, it does the same again.
 */
export async function recover(files: LogFiles): Promise<Recovery> {
  for (const name of await files.list()) if (/^segment-.*\.tmp$/.test(name)) await files.remove(name);
  const segments = await segmentsOf(files);
  const damage: DamageItem[] = [];
  for (const segment of segments.slice(0, -1))
    if ((await readSealed(files, segment)) === null)
      damage.push({ kind: 'damage', segment, offset: 0, reason: 'not-sealed', recordsLost: null });
  const last = segments.at(-1);
  if (last === undefined)
    return { sequence: 0, lastReceivedAt: null, crashed: false, torn: null, damage, next: ORIGIN };
  const end = await readSealed(files, last);
  if (end !== null) return { ...nextAfter(last, end), crashed: false, torn: null, damage };
  return recoverOpen(files, last, damage);
}

function nextAfter(segment: number, end: SealedEnd): Pick<Recovery, 'sequence' | 'lastReceivedAt' | 'next'> {
  const { seal, sequence, version } = end;
  // After damage the digest of what came before is unknowable; the seal stands for it.
  const start = { sequence, digest: seal.digest ?? seal.seal, dictionaryVersion: version };
  return {
    sequence,
    lastReceivedAt: seal.lastReceivedAt,
    next: { segment: segment + 1, predecessor: seal.seal, start },
  };
}

/** The seal at the end of a segment; null when there is none that holds. Reads HEAD and SEAL only. */
export async function readSealed(files: LogFiles, segment: number): Promise<SealedEnd | null> {
  const file = await files.open(segmentName(segment), 'read');
  try {
    const size = await file.size();
    const tail = await bytesAt(file, size - 8, 8);
    const length = tail === null ? null : sealLength(tail);
    const part = length === null ? null : await bytesAt(file, size - length, length);
    const header = part === null ? null : parsePartHeader(part);
    if (part === null || header?.kind !== 'seal' || !payloadMatches(header, part.subarray(PART_HEADER))) return null;
    const parsed = parseSeal(part.subarray(PART_HEADER), await readHead(file));
    return parsed?.holds ? { seal: parsed.seal, sequence: header.sequence, version: header.dictionaryVersion } : null;
  } finally {
    await file.close();
  }
}

/** Number of records that a log holds, or that were ever in it; null when its end is not sealed. */
export async function recordsOf(files: LogFiles): Promise<number | null> {
  const last = (await segmentsOf(files)).at(-1);
  return last === undefined ? 0 : ((await readSealed(files, last))?.sequence ?? null);
}

async function readHead(file: LogFile): Promise<Uint8Array | null> {
  const start = await bytesAt(file, 0, PART_HEADER);
  const header = start === null ? null : parsePartHeader(start);
  if (header?.kind !== 'head') return null;
  const head = await bytesAt(file, 0, PART_HEADER + header.length);
  return head !== null && payloadMatches(header, head.subarray(PART_HEADER)) ? head : null;
}

async function bytesAt(file: LogFile, position: number, length: number): Promise<Uint8Array | null> {
  if (position < 0) return null;
  const bytes = new Uint8Array(length);
  return (await file.read(bytes, position)) === length ? bytes : null;
}

async function recoverOpen(files: LogFiles, segment: number, damage: DamageItem[]): Promise<Recovery> {
  const reader = new ChainReader(files, true);
  let torn: TornTailItem | null = null;
  let lastReceivedAt: number | null = null;
  for await (const item of reader.read(segment, true)) {
    if (item.kind === 'damage') damage.push(item);
    else if (item.kind === 'torn-tail') torn = item;
    else if (item.kind === 'records')
      for (const record of item.records) if (record.kind === 'input') lastReceivedAt = record.event.receivedAt;
  }
  damage.push(...reader.finish());
  if (reader.wholeUntil === 0) return dropEmpty(files, segment, torn, damage);
  const file = await files.open(segmentName(segment), 'update');
  let end: SealedEnd;
  try {
    const size = await file.size();
    if (size > reader.wholeUntil) await keepCut(files, file, segment, reader.wholeUntil, size);
    await file.truncate(reader.wholeUntil);
    const { dictionary } = reader.decoder;
    const known = dictionary.version === reader.versionAfter;
    const body = {
      records: reader.recordsInSegment,
      digest: reader.digest?.value() ?? null,
      dictionary: known ? dictionary.snapshot() : null,
      lastReceivedAt: lastReceivedAt ?? (await lastReceivedBefore(files, segment)),
    };
    const sequence = reader.sequence ?? 0;
    const { bytes, seal } = sealPart(reader.head ?? new Uint8Array(0), body, sequence, reader.versionAfter);
    await file.write(bytes, reader.wholeUntil);
    await file.sync();
    end = { seal: { ...body, seal }, sequence, version: reader.versionAfter };
  } finally {
    await file.close();
  }
  return { ...nextAfter(segment, end), crashed: true, torn, damage };
}

/** A segment killed before its HEAD was whole holds nothing: its file is set aside and the one before it is the last. */
async function dropEmpty(
  files: LogFiles,
  segment: number,
  torn: TornTailItem | null,
  damage: DamageItem[],
): Promise<Recovery> {
  await files.rename(segmentName(segment), cutName(segment));
  await files.syncDirectory();
  const before = await recover(files);
  return { ...before, crashed: true, torn: torn ?? before.torn, damage: [...damage, ...before.damage] };
}

/** The last input time that an earlier segment's seal tells: a segment may hold outputs alone. */
async function lastReceivedBefore(files: LogFiles, segment: number): Promise<number | null> {
  const before = (await segmentsOf(files)).filter((n) => n < segment).at(-1);
  return before === undefined ? null : ((await readSealed(files, before))?.seal.lastReceivedAt ?? null);
}

async function keepCut(files: LogFiles, file: LogFile, segment: number, from: number, size: number): Promise<void> {
  const bytes = await bytesAt(file, from, size - from);
  const cut = await files.open(cutName(segment), 'create');
  try {
    if (bytes !== null) await cut.write(bytes, 0);
    await cut.sync();
  } finally {
    await cut.close();
  }
  await files.syncDirectory();
}

function cutName(segment: number): string {
  return segmentName(segment).replace(/vlog$/, 'cut');
}
