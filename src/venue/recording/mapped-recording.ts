import type { MarketEvent } from '../../market/event.ts';
import type { ByteSource, SourceEnd } from './byte-source.ts';
import { inflatedChunks } from './byte-source.ts';
import { splitCsvLine } from './csv-line.ts';
import { readJsonPrefix } from './json-prefix.ts';
import type { Mapping } from './mapping.ts';
import { csvLayout, jsonLayout } from './mapping-cell.ts';
import { MappedRows } from './mapped-rows.ts';
import { RecordingError } from './recording-error.ts';
import { BATCH_EVENTS } from './recording-stream.ts';
import type { RecordingStream } from './recording-stream.ts';
import { textLines } from './text-lines.ts';

/** One file on its way through the stream. */
export interface RecordingInput {
  readonly source: ByteSource;
  readonly stream: RecordingStream;
  /** Called with the position in the stored file. */
  readonly onBytes?: ((position: number) => void) | undefined;
}

/** A whole JSON document has to be in memory; a recording above this belongs into JSON lines. */
const MAX_DOCUMENT_BYTES = 256 * 1_048_576;

/** Reads a file through a mapping: the events in batches. Refusals end up in the stream; see `RecordingStream`. */
export function readMapped(input: RecordingInput, mapping: Mapping): AsyncGenerator<readonly MarketEvent[]> {
  return mapping.format === 'json' ? readDocument(input, mapping) : readLines(input, mapping);
}

/** Takes the lines of one file; a line that the end of the file may have cut short is `unterminated`. */
interface LineReader {
  line(text: string, unterminated: boolean): void;
  finish(): void;
}

async function* readLines(input: RecordingInput, mapping: Mapping): AsyncGenerator<readonly MarketEvent[]> {
  const { source, stream, onBytes } = input;
  const reader = mapping.format === 'csv' ? new CsvReader(input, mapping) : new JsonLinesReader(input, mapping);
  const chunks = textLines(source, onBytes);
  for (;;) {
    const step = await chunks.next();
    if (step.done === true) {
      reader.finish();
      refuseEnd(step.value, source, mapping.venue, stream);
      if (stream.ready > 0) yield stream.take();
      return;
    }
    const { lines, ending } = step.value;
    // What a truncated archive cut in the middle is no row; the end of the input is reported once, below.
    if (ending === 'cut') continue;
    for (const line of lines) {
      reader.line(line, ending === 'unterminated');
      if (stream.ready >= BATCH_EVENTS) yield stream.take();
    }
  }
}

function refuseEnd(end: SourceEnd, source: ByteSource, venue: string, stream: RecordingStream): void {
  if (end !== 'complete') stream.refuse(venue, end, 'file', source.name);
}

class CsvReader implements LineReader {
  readonly #input: RecordingInput;
  readonly #mapping: Mapping;
  readonly #delimiter: string;
  readonly #fields: string[] = [];
  #columns = 0;
  #rows: MappedRows | null = null;

  constructor(input: RecordingInput, mapping: Mapping) {
    this.#input = input;
    this.#mapping = mapping;
    this.#delimiter = mapping.csv?.delimiter ?? ',';
  }

  line(text: string, unterminated: boolean): void {
    if (text === '' || text.trim() === '') return;
    // A leading # is a remark of the recorder; no instrument name or time starts with one.
    if (text.charCodeAt(0) === 35) return;
    const count = splitCsvLine(text, this.#delimiter, this.#fields);
    if (this.#rows === null) return this.#header(count);
    if (count === this.#columns) return this.#rows.row(this.#fields);
    const reason = unterminated ? 'truncated-input' : 'malformed-row';
    this.#input.stream.refuse(this.#mapping.venue, reason, 'row', text);
  }

  finish(): void {
    this.#rows?.finish();
  }

  #header(count: number): void {
    const { source, stream } = this.#input;
    if (count < 0) throw new RecordingError(source.name, 'unknown-dialect', 'has no readable header line');
    this.#columns = count;
    const header = this.#fields.slice(0, count);
    const layout = csvLayout(source.name, header, this.#mapping.csv?.header_strip ?? '');
    this.#rows = new MappedRows(this.#mapping, layout, stream);
  }
}

class JsonLinesReader implements LineReader {
  readonly #input: RecordingInput;
  readonly #venue: string;
  readonly #rows: MappedRows;

  constructor(input: RecordingInput, mapping: Mapping) {
    this.#input = input;
    this.#venue = mapping.venue;
    this.#rows = new MappedRows(mapping, jsonLayout(input.source.name, undefined), input.stream);
  }

  line(text: string, unterminated: boolean): void {
    if (text === '' || text.trim() === '') return;
    let row: unknown;
    try {
      row = JSON.parse(text);
    } catch {
      const reason = unterminated ? 'truncated-input' : 'malformed-json';
      return this.#input.stream.refuse(this.#venue, reason, 'row', text);
    }
    if (typeof row === 'object' && row !== null) this.#rows.row(row);
    else this.#input.stream.refuse(this.#venue, 'malformed-row', 'row', text);
  }

  finish(): void {
    this.#rows.finish();
  }
}

async function* readDocument(input: RecordingInput, mapping: Mapping): AsyncGenerator<readonly MarketEvent[]> {
  const { source, stream } = input;
  const { text, end } = await documentText(input);
  const document = readJsonPrefix(text);
  const rows = new MappedRows(mapping, jsonLayout(source.name, document.value), stream);
  for (const row of rowsAt(document.value, (mapping.rows ?? '').split('.'))) {
    // A row that was still open at the failure lacks members: it is not what its recorder wrote.
    if (typeof row === 'object' && row !== null) {
      if (!document.open.has(row)) rows.row(row);
    } else stream.refuse(mapping.venue, 'malformed-row', 'row', row);
    if (stream.ready >= BATCH_EVENTS) yield stream.take();
  }
  rows.finish();
  if (end !== 'complete') refuseEnd(end, source, mapping.venue, stream);
  else if (document.failure !== null) stream.refuse(mapping.venue, document.failure, 'file', source.name);
  if (stream.ready > 0) yield stream.take();
}

async function documentText(input: RecordingInput): Promise<{ text: string; end: SourceEnd }> {
  const decoder = new TextDecoder('utf-8', { fatal: false });
  const chunks = inflatedChunks(input.source, input.onBytes);
  const parts: string[] = [];
  let bytes = 0;
  for (;;) {
    const step = await chunks.next();
    if (step.done === true) return { text: parts.join('') + decoder.decode(), end: step.value };
    bytes += step.value.length;
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new RecordingError(input.source.name, 'too-large', 'is a JSON document above 256 MB; use JSON lines');
    }
    parts.push(decoder.decode(step.value, { stream: true }));
  }
}

/** The rows at a path; `*` stands for every element of an array or member of an object. */
function* rowsAt(value: unknown, path: readonly string[]): Generator {
  if (path.length === 0) {
    yield value;
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const [key, ...rest] = path;
  if (key === '*') for (const member of Object.values(value)) yield* rowsAt(member, rest);
  else if (Object.hasOwn(value, key)) yield* rowsAt((value as Record<string, unknown>)[key], rest);
}
