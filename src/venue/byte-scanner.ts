/**
 * Reads chosen fields out of the UTF-8 bytes of one JSON message, without building the rest.
 * What it accepts is valid JSON of plain ASCII, and every value equals JSON.parse's bit for bit; at the first thing out of the
 * ordinary (escapes, other scripts, a third level of wanted fields, more than 15 digits handled by Number) it answers false,
 * and the caller parses the message the ordinary way.
 */

/** A JSON scalar; undefined = the field was not there. */
export type Scalar = number | string | boolean | null | undefined;

export interface ScannerShape {
  /** The message up to the text that varies: `...{"channel":"ticker.` */
  readonly prefix: string;
  /** What follows that text: `","data":` and then the object to read. */
  readonly infix: string;
  /** What follows the object, to the end of the message. */
  readonly suffix: string;
  /** Names to read, at most one level deep: `best_bid_price`, `greeks.delta`. */
  readonly fields: readonly string[];
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** 10^0 to 10^22 are exact doubles, so mantissa x or / one of them rounds once, as the decimal itself does. */
const POWERS = Float64Array.from({ length: 23 }, (_, n) => Number(`1e${n}`));
const EXACT_DIGITS = 15;
const MAX_DEPTH = 16;
const INTERNED_BYTES = 64;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Which field a key means: a slot, an object to enter (`child`), or neither. */
interface Key {
  readonly bytes: Uint8Array;
  readonly slot: number;
  readonly child: KeyTable | null;
}

/** Hash of the keys wanted in one object. */
class KeyTable {
  /** Where the values of this object and of those inside it go. */
  readonly slots: readonly number[];
  readonly #keys: (Key | null)[] = Array.from({ length: 128 }, () => null);

  constructor(fields: readonly { readonly path: readonly string[]; readonly slot: number }[]) {
    this.slots = fields.map((f) => f.slot);
    const names = [...new Set(fields.map((f) => f.path[0]))];
    for (const name of names) {
      const inside = fields.filter((f) => f.path[0] === name && f.path.length > 1);
      const slot = fields.find((f) => f.path[0] === name && f.path.length === 1)?.slot ?? -1;
      const child =
        inside.length === 0 ? null : new KeyTable(inside.map((f) => ({ path: f.path.slice(1), slot: f.slot })));
      const bytes = bytesOf(name);
      let hash = 0;
      for (const byte of bytes) hash = nextHash(hash, byte);
      let place = hash & 127;
      while (this.#keys[place] !== null) place = (place + 1) & 127;
      this.#keys[place] = { bytes, slot, child };
    }
  }

  find(text: Uint8Array, start: number, end: number, hash: number): Key | null {
    for (let place = hash & 127; ; place = (place + 1) & 127) {
      const key = this.#keys[place]!;
      if (key === null) return null;
      if (key.bytes.length === end - start && sameBytes(key.bytes, text, start)) return key;
    }
  }
}

function nextHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

function sameBytes(expected: Uint8Array, text: Uint8Array, start: number): boolean {
  for (let i = 0; i < expected.length; i++) if (text[start + i] !== expected[i]) return false;
  return true;
}

/** Strings seen before, by their bytes, so that a name that repeats a thousand times a second is made once. Bounded. */
class Interner {
  readonly #capacity: number;
  readonly #strings = new Map<number, string>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  text(bytes: Uint8Array, start: number, end: number, hash: number): string {
    const known = this.#strings.get(hash);
    if (known !== undefined && known.length === end - start) {
      let i = 0;
      while (i < known.length && known.charCodeAt(i) === bytes[start + i]) i++;
      if (i === known.length) return known;
    }
    let made = '';
    for (let i = start; i < end; i++) made += String.fromCharCode(bytes[i]);
    if (end - start <= INTERNED_BYTES) {
      if (this.#strings.size >= this.#capacity) this.#strings.clear();
      this.#strings.set(hash, made);
    }
    return made;
  }
}

export class ByteScanner {
  /** The values of the last accepted message, in the order of `shape.fields`. */
  readonly values: Scalar[];
  readonly #prefix: Uint8Array;
  readonly #infix: Uint8Array;
  readonly #suffix: Uint8Array;
  readonly #keys: KeyTable;
  readonly #interner = new Interner(16_384);
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #hash = 0;

  constructor(shape: ScannerShape) {
    this.values = shape.fields.map(() => undefined);
    this.#prefix = bytesOf(shape.prefix);
    this.#infix = bytesOf(shape.infix);
    this.#suffix = bytesOf(shape.suffix);
    this.#keys = new KeyTable(shape.fields.map((name, slot) => ({ path: name.split('.'), slot })));
  }

  /** Does the message begin as the shape says? Cheap: one comparison of bytes. */
  matches(bytes: Uint8Array): boolean {
    return bytes.length > this.#prefix.length && sameBytes(this.#prefix, bytes, 0);
  }

  /** True: `values` hold the message. False: parse it the ordinary way; `values` are void. */
  scan(bytes: Uint8Array): boolean {
    if (!this.matches(bytes)) return false;
    this.#bytes = bytes;
    this.values.fill(undefined);
    // The text that varies ends where the next quote stands.
    this.#at = this.#prefix.length;
    if (!this.#stringEnd()) return false;
    this.#at -= 1;
    if (!this.#expect(this.#infix) || !this.#object(this.#keys, 0)) return false;
    return this.#expect(this.#suffix) && this.#at === bytes.length;
  }

  #expect(text: Uint8Array): boolean {
    if (!sameBytes(text, this.#bytes, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** From inside a string to past its closing quote; its hash in `#hash`. */
  #stringEnd(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    let hash = 0;
    for (;;) {
      const byte = bytes[at++];
      if (byte === QUOTE) break;
      // The comparison fails for undefined as well: the end of the message.
      if (!(byte >= 0x20 && byte < 0x7f) || byte === BACKSLASH) return false;
      hash = nextHash(hash, byte);
    }
    this.#at = at;
    this.#hash = hash;
    return true;
  }

  #space(): void {
    const bytes = this.#bytes;
    let byte = bytes[this.#at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++this.#at];
  }

  /** An object; `keys` null = nothing in it is wanted, but it must be valid. */
  #object(keys: KeyTable | null, depth: number): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#at] <= 0x20) this.#space();
    if (bytes[this.#at] !== OPEN_BRACE || depth > MAX_DEPTH) return false;
    this.#at += 1;
    if (bytes[this.#at] <= 0x20) this.#space();
    if (bytes[this.#at] === CLOSE_BRACE) {
      this.#at += 1;
      return true;
    }
    for (;;) {
      if (bytes[this.#at] <= 0x20) this.#space();
      if (bytes[this.#at] !== QUOTE) return false;
      const start = ++this.#at;
      if (!this.#stringEnd()) return false;
      const key = keys === null ? null : keys.find(bytes, start, this.#at - 1, this.#hash);
      if (bytes[this.#at] <= 0x20) this.#space();
      if (bytes[this.#at] !== COLON) return false;
      this.#at += 1;
      if (bytes[this.#at] <= 0x20) this.#space();
      if (!this.#member(key, depth)) return false;
      if (bytes[this.#at] <= 0x20) this.#space();
      const next = bytes[this.#at++];
      if (next === CLOSE_BRACE) return true;
      if (next !== COMMA) return false;
    }
  }

  #member(key: Key | null, depth: number): boolean {
    if (key === null) return this.#value(-1, depth);
    if (key.child === null) return this.#value(key.slot, depth);
    // Anything but an object in its place, and the same object twice, is for the ordinary parser to judge.
    if (this.#bytes[this.#at] !== OPEN_BRACE) return false;
    for (const slot of key.child.slots) if (this.values[slot] !== undefined) return false;
    return this.#object(key.child, depth + 1);
  }

  /** A value into `slot`; -1 = skip it. A wanted object or array is for the ordinary parser. */
  #value(slot: number, depth: number): boolean {
    const bytes = this.#bytes;
    const byte = bytes[this.#at];
    if (byte === QUOTE) {
      const start = ++this.#at;
      if (!this.#stringEnd()) return false;
      if (slot >= 0) this.values[slot] = this.#interner.text(bytes, start, this.#at - 1, this.#hash);
      return true;
    }
    if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return this.#number(slot);
    if (byte === OPEN_BRACE) return slot < 0 && this.#object(null, depth + 1);
    if (byte === OPEN_BRACKET) return slot < 0 && this.#array(depth + 1);
    return this.#literal(slot);
  }

  #array(depth: number): boolean {
    const bytes = this.#bytes;
    if (depth > MAX_DEPTH) return false;
    this.#at += 1;
    if (bytes[this.#at] <= 0x20) this.#space();
    if (bytes[this.#at] === CLOSE_BRACKET) {
      this.#at += 1;
      return true;
    }
    for (;;) {
      if (bytes[this.#at] <= 0x20) this.#space();
      if (!this.#value(-1, depth)) return false;
      if (bytes[this.#at] <= 0x20) this.#space();
      const next = bytes[this.#at++];
      if (next === CLOSE_BRACKET) return true;
      if (next !== COMMA) return false;
    }
  }

  #literal(slot: number): boolean {
    for (const [text, value] of LITERALS) {
      if (!sameBytes(text, this.#bytes, this.#at)) continue;
      this.#at += text.length;
      if (slot >= 0) this.values[slot] = value;
      return true;
    }
    return false;
  }

  #number(slot: number): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    const negative = bytes[at] === MINUS;
    if (negative) at += 1;
    let byte = bytes[at];
    if (!(byte >= ZERO && byte <= NINE)) return false;
    let mantissa = 0;
    const whole = at;
    do {
      mantissa = mantissa * 10 + (byte - ZERO);
      byte = bytes[++at]!;
    } while (byte >= ZERO && byte <= NINE);
    // JSON has no leading zeros.
    if (bytes[whole] === ZERO && at - whole > 1) return false;
    let digits = at - whole;
    let scale = 0;
    if (byte === POINT) {
      const fraction = at + 1;
      byte = bytes[++at]!;
      if (!(byte >= ZERO && byte <= NINE)) return false;
      do {
        mantissa = mantissa * 10 + (byte - ZERO);
        byte = bytes[++at]!;
      } while (byte >= ZERO && byte <= NINE);
      scale = at - fraction;
      digits += scale;
    }
    const exponent = byte === 0x65 || byte === 0x45;
    if (exponent) {
      byte = bytes[++at]!;
      if (byte === MINUS || byte === 0x2b) byte = bytes[++at]!;
      if (!(byte >= ZERO && byte <= NINE)) return false;
      do byte = bytes[++at]!;
      while (byte >= ZERO && byte <= NINE);
    }
    this.#at = at;
    if (slot < 0) return true;
    if (exponent || digits > EXACT_DIGITS || scale > 22) this.values[slot] = slowNumber(bytes, start, at);
    else {
      const magnitude = scale === 0 ? mantissa : mantissa / POWERS[scale];
      this.values[slot] = negative ? -magnitude : magnitude;
    }
    return true;
  }
}

const LITERALS: readonly (readonly [Uint8Array, Scalar])[] = [
  [bytesOf('null'), null],
  [bytesOf('true'), true],
  [bytesOf('false'), false],
];

/** A number of many digits or with an exponent: the bytes are a valid JSON number already. */
function slowNumber(bytes: Uint8Array, start: number, end: number): number {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return Number(text);
}
