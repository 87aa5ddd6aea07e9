import { ChainReader } from './chain-reader.ts';
import { fileFailure, LogError } from './log-error.ts';
import type { LogFile, LogFiles } from './log-files.ts';
import type { LogItem } from './log-item.ts';
import type { LogRecord } from './record-codec.ts';
import { PART_HEADER, parsePartHeader, segmentName, segmentNumber } from './segment.ts';

/** How to read. */
export interface ReadOptions {
  /** First record wanted; reading starts at the segment that holds it. Default 0. */
  readonly from?: number;
  /** False: check every byte and yield counts only. Default true. */
  readonly decode?: boolean;
}

/** A record with its number in the log. */
export interface NumberedRecord {
  readonly kind: 'record';
  readonly sequence: number;
  readonly segment: number;
  readonly record: LogRecord;
}

/** Numbers of a log's segments, ascending. Throws `LogError` (`not-a-log`) when the directory cannot be listed. */
export async function segmentsOf(files: LogFiles): Promise<number[]> {
  let names: string[];
  try {
    names = await files.list();
  } catch (cause) {
    throw new LogError('not-a-log', 'the log directory cannot be read', false, cause);
  }
  return names
    .map(segmentNumber)
    .filter((n) => n !== null)
    .sort((a, b) => a - b);
}

/**
 * Streams a log commit by commit, checking checksums, sequence, seals and digest on the way. Damage and a torn tail are
 * items, never throws; what lies behind them is read on. Memory is bounded by the largest commit.
 */
export async function* readLog(files: LogFiles, options: ReadOptions = {}): AsyncGenerator<LogItem> {
  const segments = await segmentsOf(files);
  const wanted = options.from ?? 0;
  const start = wanted > 0 ? await segmentHolding(files, segments, wanted) : 0;
  const reader = new ChainReader(files, options.decode ?? true);
  for (let i = start; i < segments.length; i++) {
    try {
      for await (const item of reader.read(segments[i], i === segments.length - 1)) {
        const kept = item.kind === 'records' ? fromSequence(item, wanted) : item;
        if (kept !== null) yield kept;
      }
    } catch (cause) {
      throw fileFailure(`reading segment ${segments[i]}`, cause);
    }
  }
  yield* reader.finish();
  const { digest, sequence, sealed } = reader;
  yield { kind: 'end', segments: segments.length, sequence: sequence ?? 0, digest: digest?.value() ?? null, sealed };
}

/** The same, record by record. */
export async function* readRecords(
  files: LogFiles,
  options: { readonly from?: number } = {},
): AsyncGenerator<NumberedRecord | Exclude<LogItem, { kind: 'records' }>> {
  for await (const item of readLog(files, options)) {
    if (item.kind !== 'records') yield item;
    else
      for (let i = 0; i < item.records.length; i++)
        yield { kind: 'record', sequence: item.firstSequence + i, segment: item.segment, record: item.records[i] };
  }
}

/** Number of the first record that a log still has; 0 of an empty one. */
export async function beginningOf(files: LogFiles): Promise<number> {
  const [first] = await segmentsOf(files);
  return first === undefined ? 0 : ((await firstSequence(files, first)) ?? 0);
}

function fromSequence(item: Extract<LogItem, { kind: 'records' }>, wanted: number): LogItem | null {
  const skip = wanted - item.firstSequence;
  if (skip <= 0) return item;
  if (skip >= item.count) return null;
  return { ...item, firstSequence: wanted, records: item.records.slice(skip), count: item.count - skip };
}

/** Index of the last segment that begins at or before `wanted`. */
async function segmentHolding(files: LogFiles, segments: readonly number[], wanted: number): Promise<number> {
  for (let i = segments.length - 1; i > 0; i--) {
    const first = await firstSequence(files, segments[i]);
    if (first !== null && first <= wanted) return i;
  }
  return 0;
}

/** Number of a segment's first record; null when its HEAD is damaged. */
async function firstSequence(files: LogFiles, segment: number): Promise<number | null> {
  let file: LogFile | null = null;
  try {
    file = await files.open(segmentName(segment), 'read');
    const bytes = new Uint8Array(PART_HEADER);
    await file.read(bytes, 0);
    const header = parsePartHeader(bytes);
    return header?.kind === 'head' ? header.sequence : null;
  } catch (cause) {
    throw fileFailure(`reading segment ${segment}`, cause);
  } finally {
    await file?.close();
  }
}
