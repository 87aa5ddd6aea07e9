import type { MarketEvent } from '../../market/event.ts';
import { fileSource, inflatedChunks } from './byte-source.ts';
import type { ByteSource } from './byte-source.ts';
import { isParquet, readCollectorParquet } from './collector-parquet.ts';
import { COLLECTOR_CSV, COLLECTOR_CSV_COLUMNS } from './collector-csv.ts';
import { splitCsvLine } from './csv-line.ts';
import { DAILY_CSV, DAILY_CSV_COLUMNS } from './daily-csv.ts';
import { readMapped } from './mapped-recording.ts';
import type { RecordingInput } from './mapped-recording.ts';
import type { Mapping } from './mapping.ts';
import { cleanHeader } from './mapping-cell.ts';
import { loadMapping } from './mapping-file.ts';
import { RecordingError } from './recording-error.ts';
import { RecordingStream, printable } from './recording-stream.ts';
import { TRADE_TAPE, TRADE_TAPE_MEMBERS } from './trade-tape.ts';

/** Dialects that need no mapping file. */
export type Dialect = 'collector-parquet' | 'collector-csv' | 'daily-csv' | 'trade-tape';

/** How to read recordings. Times are epoch ms, inclusive; events outside [from, to] are skipped. */
export interface RecordingOptions {
  /** Path of a mapping file (YAML) that all files are read with. */
  readonly map?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Called with the share of all stored bytes read so far, 0 to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

const MAPPINGS: Readonly<Record<Exclude<Dialect, 'collector-parquet'>, Mapping>> = {
  'collector-csv': COLLECTOR_CSV,
  'daily-csv': DAILY_CSV,
  'trade-tape': TRADE_TAPE,
};

/** The built-in dialect of a file, judged by its content; a RecordingError when it is none. */
export async function detectDialect(file: string): Promise<Dialect> {
  return detectSource(await fileSource(file));
}

/**
 * The events of recorded files, in batches, in order of time. Several files are joined in the order of their first
 * event; a row older than what an earlier file delivered is refused. Gzip is recognised by content.
 * Bad rows become `refused` events and cost nothing else; a file that cannot be used at all is a RecordingError,
 * thrown before the first event.
 */
export async function* openRecording(
  files: readonly string[],
  options: RecordingOptions = {},
): AsyncGenerator<readonly MarketEvent[]> {
  const sources = await Promise.all(files.map(fileSource));
  yield* readSources(sources, options);
}

/** `openRecording` over sources that are already open (memory, in tests). */
export async function* readSources(
  sources: readonly ByteSource[],
  options: RecordingOptions = {},
): AsyncGenerator<readonly MarketEvent[]> {
  const mapping = options.map === undefined ? null : await loadMapping(options.map);
  const recordings: Recording[] = [];
  for (const source of sources) {
    const dialect = mapping ?? (await detectSource(source));
    recordings.push({ source, dialect, first: null });
  }
  const ordered = recordings.length > 1 ? await inTimeOrder(recordings) : recordings;
  const total = sources.reduce((bytes, source) => bytes + source.byteLength, 0);
  const stream = new RecordingStream(options.from, options.to);
  let before = 0;
  for (const { source, dialect } of ordered) {
    const onBytes = (position: number): void => options.onProgress?.(total === 0 ? 1 : (before + position) / total);
    yield* read({ source, stream, onBytes }, dialect);
    before += source.byteLength;
    stream.endFile();
    if (stream.ready > 0) yield stream.take();
  }
  const last = stream.finish();
  if (last.length > 0) yield last;
}

interface Recording {
  readonly source: ByteSource;
  readonly dialect: Dialect | Mapping;
  first: number | null;
}

function read(input: RecordingInput, dialect: Dialect | Mapping): AsyncGenerator<readonly MarketEvent[]> {
  if (typeof dialect !== 'string') return readMapped(input, dialect);
  return dialect === 'collector-parquet' ? readCollectorParquet(input) : readMapped(input, MAPPINGS[dialect]);
}

/** Recordings by the time of their first event, ties and files without any as given, the latter last. */
async function inTimeOrder(recordings: readonly Recording[]): Promise<Recording[]> {
  for (const recording of recordings) recording.first = await firstTime(recording);
  return recordings.toSorted((a, b) => (a.first ?? Infinity) - (b.first ?? Infinity) || 0);
}

async function firstTime({ source, dialect }: Recording): Promise<number | null> {
  const stream = new RecordingStream();
  for await (const events of read({ source, stream }, dialect)) {
    for (const event of events) if (event.type !== 'refused') return event.at;
  }
  return null;
}

/** Enough of a file to see its first line or the first JSON object. */
const HEAD_BYTES = 65_536;

/** First bytes of what people pack files with and we do not unpack. */
const PACKED: readonly (readonly [string, readonly number[]])[] = [
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
];

async function detectSource(source: ByteSource): Promise<Dialect> {
  const head = await headOf(source);
  if (isParquet(head)) return 'collector-parquet';
  const packed = PACKED.find(([, magic]) => magic.every((byte, i) => head[i] === byte));
  if (packed !== undefined)
    throw new RecordingError(
      source.name,
      'unknown-dialect',
      `is packed by ${packed[0]}: unpack it (gzip is read as it is)`,
    );
  const text = new TextDecoder().decode(head);
  const line = text.split(/\r\n?|\n/).find((candidate) => candidate.trim() !== '' && !candidate.startsWith('#')) ?? '';
  if (line === '') throw new RecordingError(source.name, 'unknown-dialect', 'is empty or no text');
  if (/^\s*(\{|\[\s*([[{"\d-]|$))/.test(line)) return detectJson(source.name, line);
  const fields: string[] = [];
  const count = splitCsvLine(line, ',', fields);
  const columns = fields.slice(0, Math.max(0, count)).map((name) => cleanHeader(name, ''));
  const has = (needed: readonly string[]): boolean => needed.every((name) => columns.includes(name));
  if (has(COLLECTOR_CSV_COLUMNS)) return 'collector-csv';
  if (has(DAILY_CSV_COLUMNS)) return 'daily-csv';
  throw unknownDialect(source.name, `its first line is "${printable(line)}"`);
}

function detectJson(name: string, line: string): Dialect {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    throw unknownDialect(name, 'it looks like a JSON document');
  }
  const isTrade = typeof row === 'object' && row !== null && TRADE_TAPE_MEMBERS.every((key) => Object.hasOwn(row, key));
  if (isTrade) return 'trade-tape';
  throw unknownDialect(name, `its first row has: ${printable(Object.keys(Object(row) as object).join(', '))}`);
}

function unknownDialect(name: string, detail: string): RecordingError {
  return new RecordingError(
    name,
    'unknown-dialect',
    `is in no built-in dialect (${detail}); describe it by a mapping file`,
  );
}

async function headOf(source: ByteSource): Promise<Uint8Array> {
  for await (const chunk of inflatedChunks(source)) return chunk.subarray(0, HEAD_BYTES);
  return new Uint8Array(0);
}
