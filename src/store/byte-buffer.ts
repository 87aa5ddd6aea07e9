import { RecordRefused } from './record-refused.ts';

/** Powers of ten that a packed decimal may be divided by; 10^8 is exact in a double, and so is every mantissa. */
const SCALES = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
/** Below it, 10^8 x is under 2^50, where rounding 10^8 x finds the mantissa exactly (docs/log-format.md, "Numbers"). */
const LARGEST_SCALED = 1e7;
const TWO_32 = 4294967296;
/** Header bytes of a packed number that are not a decimal. */
export const RAW_DOUBLE = 0xf0;
export const ABSOLUTE_DOUBLE = 0xf1;
export const NO_NUMBER = 0xff;

const encoder = new TextEncoder();

/**
 * Growing little-endian buffer. Numbers are written *packed*: a header byte (scale << 4 | sign << 3 | count) and `count`
 * bytes of the mantissa m, meaning m / 10^scale with the smallest scale that gives back the very same double; any other
 * double takes nine bytes. One value, one byte string.
 */
export class ByteBuffer {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;
  private view: DataView<ArrayBuffer>;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `more` bytes after `length`. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** Drops the first `count` bytes. */
  copyDown(count: number): void {
    this.bytes.copyWithin(0, count, this.length);
    this.length -= count;
  }

  /** The caller has reserved the byte. */
  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  /** LEB128 of an integer in [0, 2^31); the caller has reserved five bytes. */
  varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** A finite number or null; the caller has reserved nine bytes. `field` names it when it is refused. */
  number(value: number | null, field: string): void {
    if (value === null) {
      this.bytes[this.length++] = NO_NUMBER;
      return;
    }
    if (typeof value !== 'number') throw new RecordRefused(field, value, 'a finite number or null');
    if (value === 0) {
      if (1 / value < 0) throw new RecordRefused(field, value, '0, never -0');
      this.bytes[this.length++] = 0;
      return;
    }
    const size = value < 0 ? -value : value;
    const sign = value < 0 ? 8 : 0;
    if (size < LARGEST_SCALED) {
      if (Math.floor(size) === size) return this.mantissa(size, sign);
      if (Math.round(size * 1e8) / 1e8 === size) {
        let scale = 1;
        let mantissa = Math.round(size * 10);
        while (mantissa / SCALES[scale] !== size) mantissa = Math.round(size * SCALES[++scale]);
        return this.mantissa(mantissa, (scale << 4) | sign);
      }
    } else if (Math.floor(size) === size && size <= Number.MAX_SAFE_INTEGER) return this.mantissa(size, sign);
    this.double(value, RAW_DOUBLE, field);
  }

  /** A finite double in nine bytes, whatever its value. */
  double(value: number, header: number, field: string): void {
    if (!Number.isFinite(value)) throw new RecordRefused(field, value, 'a finite number');
    this.bytes[this.length] = header;
    this.view.setFloat64(this.length + 1, value, true);
    this.length += 9;
  }

  private mantissa(mantissa: number, header: number): void {
    const at = this.length;
    let count: number;
    if (mantissa < TWO_32) {
      this.view.setUint32(at + 1, mantissa, true);
      count = mantissa < 256 ? 1 : mantissa < 65536 ? 2 : mantissa < 16777216 ? 3 : 4;
    } else {
      const high = Math.floor(mantissa / TWO_32);
      this.view.setUint32(at + 1, mantissa - high * TWO_32, true);
      this.view.setUint32(at + 5, high, true);
      count = high < 256 ? 5 : high < 65536 ? 6 : 7;
    }
    this.bytes[at] = header | count;
    this.length = at + 1 + count;
  }

  /** UTF-8 with its byte length before it. A lone surrogate has no UTF-8 and is refused. Reserves for itself. */
  string(text: string, field: string): void {
    if (typeof text !== 'string') throw new RecordRefused(field, text, 'a string');
    this.reserve(text.length * 3 + 5);
    const count = text.length;
    if (count < 128 && this.ascii(text, count)) return;
    if (!text.isWellFormed()) throw new RecordRefused(field, text, 'well-formed Unicode');
    const bytes = encoder.encode(text);
    this.varint(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  private ascii(text: string, count: number): boolean {
    const at = this.length + 1;
    for (let i = 0; i < count; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      this.bytes[at + i] = code;
    }
    this.bytes[at - 1] = count;
    this.length = at + count;
    return true;
  }

  /** UTF-8 without a length: the rest of a frame. Reserves for itself. */
  text(text: string): void {
    this.reserve(text.length * 3);
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
  }
}
