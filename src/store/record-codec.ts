import type { IndexEvent, MarketEvent, QuoteEvent, TradeEvent, TradeKind } from '../market/event.ts';
import { ABSOLUTE_DOUBLE, ByteBuffer } from './byte-buffer.ts';
import { ByteCursor } from './byte-cursor.ts';
import { canonicalJson, type JsonObject } from './canonical-json.ts';
import { RecordCorrupt, RecordRefused } from './record-refused.ts';
import { StringDictionary } from './string-dictionary.ts';

/** Version of the bytes below; a reader refuses any other. */
export const FORMAT = 1;

/** Something that happened to the engine. */
export interface InputRecord {
  readonly kind: 'input';
  readonly event: MarketEvent;
}
/** Something the engine said: `record.type` names it (`score`, `incident`, ...). */
export interface OutputRecord {
  readonly kind: 'output';
  readonly record: JsonObject;
}
/** A session begins: which code with which engine configuration wrote what follows. Never a clock, host or path. */
export interface MetaRecord {
  readonly kind: 'meta';
  readonly format: number;
  readonly code: string;
  readonly configuration: JsonObject;
  /** `SYNTHETIC` where the market is simulated: whoever shows the session says so. Absent otherwise. */
  readonly stamp?: string;
}
/** One entry of a session's log. */
export type LogRecord = InputRecord | OutputRecord | MetaRecord;

const QUOTE = 1;
const TRADE = 2;
const INDEX = 3;
const INPUT_JSON = 16;
const OUTPUT_JSON = 17;
const META_JSON = 18;

const TRADE_KINDS: readonly TradeKind[] = ['screen', 'liquidation', 'block', 'combo', 'rfq'];
const SELL = 8;
const LATE = 16;
const IN_PACKAGE = 32;
/** A larger record is refused: it is a mistake, and a reader must bound its memory. */
export const LARGEST_RECORD = 1 << 24;
/** Tag, two times, three references and eleven numbers at their widest. */
const WIDEST_FIXED = 1 + 13 * 9 + 3 * 5 + 16;

/**
 * Canonical bytes of records (docs/log-format.md; golden bytes in test/store/record-golden.test.ts): equal values give equal
 * bytes at equal places of a session, and decoding gives back the value. Frames are `varint(length) bytes`, back to back.
 * The dictionary is part of the state and starts empty at every meta record. Fields beyond an event's type are not kept.
 */
export class RecordEncoder {
  readonly dictionary = new StringDictionary();
  readonly out: ByteBuffer;

  constructor(capacity = 1 << 18) {
    this.out = new ByteBuffer(capacity);
  }

  /** Appends one frame to `out`; throws `RecordRefused` and leaves no trace when a value has no canonical form. */
  append(record: LogRecord): void {
    const { out, dictionary } = this;
    const start = out.length;
    const { strings, version } = dictionary;
    const known = strings.length;
    try {
      out.reserve(WIDEST_FIXED);
      out.length = start + 1;
      this.body(record);
      if (out.length - start > LARGEST_RECORD)
        throw new RecordRefused('record', out.length - start, `at most ${LARGEST_RECORD} bytes`);
    } catch (error) {
      out.length = start;
      if (dictionary.version !== version) dictionary.restore({ strings: strings.slice(0, known), version });
      throw error;
    }
    this.closeFrame(start);
  }

  private closeFrame(start: number): void {
    const { out } = this;
    const size = out.length - start - 1;
    if (size < 128) {
      out.bytes[start] = size;
      return;
    }
    const width = size < 1 << 14 ? 2 : size < 1 << 21 ? 3 : size < 1 << 28 ? 4 : 5;
    out.reserve(width);
    out.bytes.copyWithin(start + width, start + 1, out.length);
    out.length = start;
    out.varint(size);
    out.length = start + width + size;
  }

  private body(record: LogRecord): void {
    if (record.kind === 'input') this.event(record.event);
    else if (record.kind === 'output') {
      if (typeof record.record?.['type'] !== 'string')
        throw new RecordRefused('record.type', record.record?.['type'], 'a string');
      this.json(OUTPUT_JSON, record.record, 'record');
    } else if (record.kind === 'meta') {
      if (record.format !== FORMAT) throw new RecordRefused('format', record.format, String(FORMAT));
      const { code, configuration, format, stamp } = record;
      const stamped = stamp === undefined ? {} : { stamp };
      this.json(META_JSON, { code, configuration, format, ...stamped }, 'meta');
      this.dictionary.clear();
    } else throw new RecordRefused('kind', (record as { kind: unknown }).kind, 'input, output or meta');
  }

  private event(event: MarketEvent): void {
    if (event.type === 'quote') this.quote(event);
    else if (event.type === 'trade') this.trade(event);
    else if (event.type === 'index') this.index(event);
    else {
      if (typeof event.type !== 'string')
        throw new RecordRefused('event.type', (event as { type: unknown }).type, 'a string');
      this.json(INPUT_JSON, event, 'event');
    }
  }

  private json(tag: number, value: object, path: string): void {
    const text = canonicalJson(value, path);
    this.out.byte(tag);
    this.out.text(text);
  }

  private quote(event: QuoteEvent): void {
    const { out } = this;
    out.byte(QUOTE);
    this.times(event);
    this.reference(event.venue, 'event.venue');
    this.reference(event.symbol, 'event.symbol');
    if (event.forwardName === null) out.byte(0);
    else this.reference(event.forwardName, 'event.forwardName');
    out.number(event.bid, 'event.bid');
    out.number(event.ask, 'event.ask');
    out.number(event.bidSize, 'event.bidSize');
    out.number(event.askSize, 'event.askSize');
    out.number(event.mark, 'event.mark');
    out.number(event.markIv, 'event.markIv');
    out.number(event.forward, 'event.forward');
    out.number(event.index, 'event.index');
    out.number(event.delta, 'event.delta');
    out.number(event.vega, 'event.vega');
    out.number(event.openInterest, 'event.openInterest');
  }

  private trade(event: TradeEvent): void {
    const { out } = this;
    const kind = TRADE_KINDS.indexOf(event.kind);
    if (kind < 0) throw new RecordRefused('event.kind', event.kind, TRADE_KINDS.join(', '));
    if (event.direction !== 'buy' && event.direction !== 'sell')
      throw new RecordRefused('event.direction', event.direction, 'buy or sell');
    if (typeof event.late !== 'boolean') throw new RecordRefused('event.late', event.late, 'true or false');
    out.byte(TRADE);
    this.times(event);
    this.reference(event.venue, 'event.venue');
    this.reference(event.symbol, 'event.symbol');
    const flags = (event.direction === 'sell' ? SELL : 0) | (event.late ? LATE : 0);
    out.byte(kind | flags | (event.packageId === null ? 0 : IN_PACKAGE));
    out.string(event.tradeId, 'event.tradeId');
    if (event.packageId !== null) out.string(event.packageId, 'event.packageId');
    out.reserve(WIDEST_FIXED);
    this.present(event.price, 'event.price');
    this.present(event.amount, 'event.amount');
    out.number(event.iv, 'event.iv');
    out.number(event.mark, 'event.mark');
    out.number(event.index, 'event.index');
  }

  private index(event: IndexEvent): void {
    this.out.byte(INDEX);
    this.times(event);
    this.reference(event.venue, 'event.venue');
    this.reference(event.underlying, 'event.underlying');
    this.reference(event.name, 'event.name');
    this.present(event.price, 'event.price');
  }

  /** The second time is the difference to the first, wherever that gives the second back exactly. */
  private times(event: { readonly at: number; readonly receivedAt: number }): void {
    const { at, receivedAt } = event;
    this.present(at, 'event.at');
    if (typeof receivedAt !== 'number' || !Number.isFinite(receivedAt) || Object.is(receivedAt, -0))
      throw new RecordRefused('event.receivedAt', receivedAt, 'a finite number');
    const lag = receivedAt - at;
    if (at + lag === receivedAt) this.out.number(lag, 'event.receivedAt');
    else this.out.double(receivedAt, ABSOLUTE_DOUBLE, 'event.receivedAt');
  }

  private present(value: number, field: string): void {
    if (value === null) throw new RecordRefused(field, value, 'a finite number');
    this.out.number(value, field);
  }

  private reference(text: string, field: string): void {
    const { dictionary, out } = this;
    const known = dictionary.find(text);
    if (known > 0) {
      out.varint(known);
      return;
    }
    out.varint(dictionary.strings.length + 1);
    out.string(text, field);
    dictionary.define(text);
    out.reserve(WIDEST_FIXED);
  }
}

/** What a frame that begins with this tag holds as canonical JSON; null for the market's own binary records. */
export function taggedJson(tag: number): 'input' | 'output' | 'meta' | null {
  return tag === INPUT_JSON ? 'input' : tag === OUTPUT_JSON ? 'output' : tag === META_JSON ? 'meta' : null;
}

/** True when the record at `bytes[start]` (a frame without its length) begins a session. */
export function isMetaFrame(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === META_JSON;
}

/** Reads what `RecordEncoder` wrote; one decoder per session stream, fed in order. */
export class RecordDecoder {
  readonly dictionary = new StringDictionary();
  private readonly cursor = new ByteCursor();

  /** Decodes the record in `bytes[start, end)` (a frame without its length); throws `RecordCorrupt`. */
  decode(bytes: Uint8Array, start: number, end: number): LogRecord {
    const { cursor } = this;
    cursor.over(bytes, start, end);
    const tag = cursor.byte();
    const record =
      tag === QUOTE ? this.quote() : tag === TRADE ? this.trade() : tag === INDEX ? this.index() : this.jsonRecord(tag);
    if (cursor.position !== end) throw new RecordCorrupt(`${end - cursor.position} bytes too many in a record`);
    return record;
  }

  private jsonRecord(tag: number): LogRecord {
    if (tag !== INPUT_JSON && tag !== OUTPUT_JSON && tag !== META_JSON)
      throw new RecordCorrupt(`record tag ${tag} is unknown`);
    let value: JsonObject;
    try {
      value = JSON.parse(this.cursor.rest()) as JsonObject;
    } catch (cause) {
      throw new RecordCorrupt('record is not JSON', { cause });
    }
    if (tag === INPUT_JSON) return { kind: 'input', event: value as unknown as MarketEvent };
    if (tag === OUTPUT_JSON) return { kind: 'output', record: value };
    this.dictionary.clear();
    const { format, code, configuration, stamp } = value as unknown as MetaRecord;
    if (format !== FORMAT) throw new RecordCorrupt(`session has format ${String(format)}, this reader knows ${FORMAT}`);
    return { kind: 'meta', format, code, configuration, ...(stamp === undefined ? {} : { stamp }) };
  }

  private quote(): LogRecord {
    const { cursor } = this;
    const at = cursor.presentNumber('at');
    const receivedAt = cursor.timeAfter(at);
    const venue = this.reference();
    const symbol = this.reference();
    const forwardName = this.optionalReference();
    const bid = cursor.number();
    const ask = cursor.number();
    const bidSize = cursor.number();
    const askSize = cursor.number();
    const mark = cursor.number();
    const markIv = cursor.number();
    const forward = cursor.number();
    const index = cursor.number();
    const delta = cursor.number();
    const vega = cursor.number();
    const openInterest = cursor.number();
    return {
      kind: 'input',
      event: {
        type: 'quote', at, receivedAt, venue, symbol, bid, ask, bidSize, askSize, mark, markIv,
        forward, forwardName, index, delta, vega, openInterest,
      },
    }; // prettier-ignore
  }

  private trade(): LogRecord {
    const { cursor } = this;
    const at = cursor.presentNumber('at');
    const receivedAt = cursor.timeAfter(at);
    const venue = this.reference();
    const symbol = this.reference();
    const flags = cursor.byte();
    const kind = TRADE_KINDS[flags & 7];
    if (kind === undefined || flags > 63) throw new RecordCorrupt(`trade flags ${flags} are unknown`);
    const tradeId = cursor.string();
    const packageId = flags & IN_PACKAGE ? cursor.string() : null;
    const price = cursor.presentNumber('price');
    const amount = cursor.presentNumber('amount');
    const iv = cursor.number();
    const mark = cursor.number();
    const index = cursor.number();
    const direction = flags & SELL ? 'sell' : 'buy';
    const late = (flags & LATE) !== 0;
    const event: TradeEvent = {
      type: 'trade', at, receivedAt, venue, symbol, tradeId, price, amount, direction, kind, packageId, iv, mark, index, late,
    }; // prettier-ignore
    return { kind: 'input', event };
  }

  private index(): LogRecord {
    const { cursor } = this;
    const at = cursor.presentNumber('at');
    const receivedAt = cursor.timeAfter(at);
    const venue = this.reference();
    const underlying = this.reference();
    const name = this.reference();
    const price = cursor.presentNumber('price');
    return { kind: 'input', event: { type: 'index', at, receivedAt, venue, underlying, name, price } };
  }

  private reference(): string {
    const text = this.optionalReference();
    if (text === null) throw new RecordCorrupt('a name is missing');
    return text;
  }

  private optionalReference(): string | null {
    const { cursor, dictionary } = this;
    const reference = cursor.varint();
    if (reference === 0) return null;
    const known = dictionary.strings.length;
    if (reference <= known) return dictionary.strings[reference - 1];
    if (reference > known + 1) throw new RecordCorrupt(`name ${reference} was never defined`);
    const text = cursor.string();
    dictionary.define(text);
    return text;
  }
}
