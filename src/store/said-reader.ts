import type { GapEvent, OperatorEvent } from '../market/event.ts';
import { frameAt } from './chain-reader.ts';
import type { JsonObject } from './canonical-json.ts';
import { fileFailure } from './log-error.ts';
import type { LogFiles } from './log-files.ts';
import { taggedJson } from './record-codec.ts';
import { scanSegment } from './segment-scan.ts';
import { PART_HEADER, segmentName } from './segment.ts';

/** What the engine said, what people did, where the line broke, where sessions begin. */
export type Said =
  | { readonly kind: 'output'; readonly sequence: number; readonly record: JsonObject }
  | { readonly kind: 'event'; readonly sequence: number; readonly event: OperatorEvent | GapEvent }
  | { readonly kind: 'session'; readonly sequence: number; readonly configuration: JsonObject }
  | { readonly kind: 'hole'; readonly sequence: number };

/**
 * Reads what a log says and passes over the market's data undecoded, which is nearly all of it: checksums of commits are
 * checked, the chain of digests is not (`vernier verify` does that). A part that cannot be read is a `hole`. Throws
 * `LogError` when a file cannot be read at all.
 */
export async function* readSaid(files: LogFiles, segments: readonly number[]): AsyncGenerator<Said> {
  for (const segment of segments) {
    try {
      const file = await files.open(segmentName(segment), 'read');
      try {
        for await (const item of scanSegment(file, await file.size())) {
          if (item.kind === 'part' && item.header.kind === 'block') yield* framesOf(item.bytes, item.header.sequence);
          else if (item.kind === 'hole' && item.reason !== 'short') yield { kind: 'hole', sequence: -1 };
        }
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw fileFailure(`reading segment ${segment}`, cause);
    }
  }
}

const EVENT_MARKS = ['"type":"operator"', '"type":"gap"'].map((text) => Buffer.from(text, 'latin1'));

function* framesOf(bytes: Uint8Array, first: number): Generator<Said> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let sequence = first;
  for (let frame = frameAt(bytes, PART_HEADER); frame !== null; frame = frameAt(bytes, frame.end), sequence++) {
    const { start, end } = frame;
    const kind = taggedJson(bytes[start]);
    if (kind === null) continue;
    const text = whole.subarray(start + 1, end);
    if (kind === 'input' && !EVENT_MARKS.some((mark) => text.includes(mark))) continue;
    const said = saidIn(kind, text, sequence);
    if (said !== null) yield said;
  }
}

function saidIn(kind: 'input' | 'output' | 'meta', text: Buffer, sequence: number): Said | null {
  let value: JsonObject;
  try {
    value = JSON.parse(text.toString('utf8')) as JsonObject;
  } catch {
    return { kind: 'hole', sequence };
  }
  if (kind === 'output') return { kind, sequence, record: value };
  if (kind === 'meta')
    return {
      kind: 'session',
      sequence,
      configuration: value['configuration'] as JsonObject,
    };
  const event = value as unknown as OperatorEvent | GapEvent;
  return event.type === 'operator' || event.type === 'gap' ? { kind: 'event', sequence, event } : null;
}
