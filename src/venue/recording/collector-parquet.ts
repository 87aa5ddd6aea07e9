import { zstdDecompressSync } from 'node:zlib';
import { parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet';
import type { AsyncBuffer, Compressors, DecodedArray, FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { MarketEvent } from '../../market/event.ts';
import { deribitInstrument } from '../deribit-symbol.ts';
import type { ByteSource } from './byte-source.ts';
import type { RecordingInput } from './mapped-recording.ts';
import { MAX_PRICE, RowNumbers, isMarketTime, quoteEvent } from './quote-row.ts';
import { RecordingError } from './recording-error.ts';
import { SnapshotPerTime } from './row-order.ts';
import { ownText } from './symbol-table.ts';
import type { SymbolEntry } from './symbol-table.ts';
import { parseIsoTime } from './time-format.ts';

const VENUE = 'deribit';
/** Columns without which there is no quote. */
const NEEDED = ['snapshot_ts', 'instrument_name'] as const;
const OPTIONAL = [
  'bid_price',
  'ask_price',
  'mark_price',
  'underlying_price',
  'underlying_index',
  'mark_iv',
  'delta',
  'vega',
  'open_interest',
  'index_price',
] as const;
/** A row group is decoded at once; writers use some 100,000 rows, and memory must stay bounded. */
const MAX_GROUP_ROWS = 5_000_000;
const MAX_PAGE_BYTES = 256 * 1_048_576;

type Column = ArrayLike<unknown> | null;

/** Every parquet file starts, and ends, with these bytes. */
export function isParquet(head: Uint8Array): boolean {
  return head.length >= 4 && head[0] === 0x50 && head[1] === 0x41 && head[2] === 0x52 && head[3] === 0x31;
}

/** Node's own zstd is the fastest at hand; the other codecs come from the package. */
const CODECS: Compressors = {
  ...compressors,
  ZSTD: (page, length) => zstdDecompressSync(page, { maxOutputLength: Math.max(1, Math.min(length, MAX_PAGE_BYTES)) }),
};

/** Times as epoch ms, without a Date per row. */
const PARSERS = {
  timestampFromMilliseconds: (millis: bigint): number => Number(millis),
  timestampFromMicroseconds: (micros: bigint): number => Math.floor(Number(micros) / 1000),
  timestampFromNanoseconds: (nanos: bigint): number => Number(nanos / 1_000_000n),
};

/**
 * Chain snapshots as a columnar file: several snapshots of all coin options, one row group decoded at a time.
 * A file without a readable footer, or an unreadable row group, is a refusal; other row groups are still delivered.
 */
export async function* readCollectorParquet(input: RecordingInput): AsyncGenerator<readonly MarketEvent[]> {
  const { source, stream, onBytes } = input;
  const file = asyncBuffer(source);
  let metadata: FileMetaData;
  try {
    metadata = await parquetMetadataAsync(file);
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause;
    stream.refuse(VENUE, 'truncated-input', 'file', source.name);
    return;
  }
  const present = presentColumns(metadata, source.name);
  const rows = new QuoteRows(input);
  let first = 0;
  for (const [number, group] of metadata.row_groups.entries()) {
    const count = Number(group.num_rows);
    const columns = await decodeGroup(file, metadata, present, first, count);
    if (columns === null) stream.refuse(VENUE, 'corrupt-input', 'row-group', number);
    else {
      for (let i = 0; i < count; i++) {
        rows.row(columns, i);
        if (stream.ready === 0) continue;
        onBytes?.(Math.floor((source.byteLength * (first + i + 1)) / Math.max(1, Number(metadata.num_rows))));
        yield stream.take();
      }
    }
    first += count;
    onBytes?.(Math.round((source.byteLength * (number + 1)) / metadata.row_groups.length));
  }
  rows.finish();
  if (stream.ready > 0) yield stream.take();
}

function asyncBuffer(source: ByteSource): AsyncBuffer {
  return {
    byteLength: source.byteLength,
    async slice(start, end) {
      const bytes = await source.slice(start, end ?? source.byteLength);
      return new Uint8Array(bytes).buffer;
    },
  };
}

function presentColumns(metadata: FileMetaData, name: string): ReadonlySet<string> {
  let present: Set<string>;
  try {
    present = new Set(parquetSchema(metadata).children.map((column) => column.element.name));
  } catch (cause) {
    throw new RecordingError(name, 'unknown-dialect', 'has no readable parquet schema', { cause });
  }
  for (const column of NEEDED) {
    if (!present.has(column)) {
      const known = [...present].slice(0, 60).join(', ').slice(0, 1000);
      throw new RecordingError(name, 'unknown-dialect', `is parquet without the column "${column}"; it has: ${known}`);
    }
  }
  return present;
}

/** The columns of rows [first, first + count), in the order of NEEDED then OPTIONAL; null when they cannot be decoded. */
async function decodeGroup(
  file: AsyncBuffer,
  metadata: FileMetaData,
  present: ReadonlySet<string>,
  first: number,
  count: number,
): Promise<Column[] | null> {
  if (!(count >= 0 && count <= MAX_GROUP_ROWS)) return null;
  const names = [...NEEDED, ...OPTIONAL];
  const chunks = new Map<string, DecodedArray[]>();
  try {
    await parquetRead({
      file,
      metadata,
      columns: names.filter((name) => present.has(name)),
      rowStart: first,
      rowEnd: first + count,
      compressors: CODECS,
      // The declared result type is Date; the reader only passes the values through.
      parsers: PARSERS as unknown as NonNullable<Parameters<typeof parquetRead>[0]['parsers']>,
      onChunk: ({ columnName, columnData }) => {
        const known = chunks.get(columnName);
        if (known === undefined) chunks.set(columnName, [columnData]);
        else known.push(columnData);
      },
    });
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause;
    return null;
  }
  const columns: Column[] = [];
  for (const name of names) {
    const parts = chunks.get(name);
    const column =
      parts === undefined ? null : parts.length === 1 ? parts[0] : parts.flatMap((part) => Array.from(part));
    if (column === null ? present.has(name) && count > 0 : column.length < count) return null;
    columns.push(column);
  }
  return columns;
}

/** Rows of decoded columns into the stream. */
class QuoteRows {
  readonly #input: RecordingInput;
  readonly #order: SnapshotPerTime;
  readonly #numbers = new RowNumbers();
  readonly #known = new Map<string, SymbolEntry>();

  constructor(input: RecordingInput) {
    this.#input = input;
    this.#order = new SnapshotPerTime(input.stream, VENUE);
  }

  finish(): void {
    this.#order.finish();
  }

  row(columns: readonly Column[], i: number): void {
    const { stream } = this.#input;
    const numbers = this.#numbers;
    numbers.reset();
    const [time, symbol, bid, ask, mark, forward, forwardName, markIv, delta, vega, interest, index] = columns;
    const at = timeIn(time?.[i]);
    if (at === null) return stream.refuse(VENUE, 'not-a-time', 'snapshot_ts', time?.[i]);
    if (!stream.wants(at)) return;
    const entry = this.#entry(symbol?.[i]);
    if (entry === null) return stream.refuse(VENUE, 'unknown-symbol', 'instrument_name', symbol?.[i]);
    const name = forwardName?.[i];
    const quote = quoteEvent(
      at,
      VENUE,
      entry.instrument.symbol,
      bid === null ? null : numbers.quoted(bid[i], 'bid_price'),
      ask === null ? null : numbers.quoted(ask[i], 'ask_price'),
      null,
      null,
      mark === null ? null : numbers.price(mark[i], 'mark_price'),
      markIv === null ? null : numbers.volatility(markIv[i], 'mark_iv'),
      forward === null ? null : numbers.level(forward[i], 'underlying_price'),
      typeof name === 'string' && name !== '' ? stream.symbols.intern(name) : null,
      index === null ? null : numbers.level(index[i], 'index_price'),
      delta === null ? null : numbers.delta(delta[i], 'delta'),
      vega === null ? null : numbers.price(vega[i], 'vega'),
      interest === null ? null : numbers.size(interest[i], 'open_interest'),
    );
    if (numbers.faulty) stream.refuse(VENUE, numbers.fault.reason, numbers.fault.field, numbers.fault.value);
    else this.#order.row(entry, quote);
  }

  #entry(symbol: unknown): SymbolEntry | null {
    if (typeof symbol !== 'string') return null;
    const known = this.#known.get(symbol);
    if (known !== undefined) return known;
    const own = ownText(symbol);
    const instrument = deribitInstrument(own, VENUE);
    if (instrument === null || !isMarketTime(instrument.expiry) || instrument.strike > MAX_PRICE) return null;
    const entry = this.#input.stream.symbols.entry(instrument);
    if (entry !== null) this.#known.set(own, entry);
    return entry;
  }
}

function timeIn(value: unknown): number | null {
  const at = typeof value === 'number' ? value : typeof value === 'string' ? parseIsoTime(value) : null;
  return at !== null && isMarketTime(at) ? at : null;
}
