import { ABSOLUTE_DOUBLE, NO_NUMBER, RAW_DOUBLE } from './byte-buffer.ts';
import { RecordCorrupt } from './record-refused.ts';

const SCALES = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
const TWO_32 = 4294967296;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads what `ByteBuffer` wrote, within [position, end); bytes that it cannot have written throw `RecordCorrupt`. */
export class ByteCursor {
  position = 0;
  end = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));

  /** Reads from `bytes[start, end)` from now on. */
  over(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.position = start;
    this.end = end;
  }

  byte(): number {
    if (this.position >= this.end) throw new RecordCorrupt('record ends early');
    return this.bytes[this.position++];
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * (1 << shift);
      if (byte < 128) {
        if (value > 0x7fffffff || (byte === 0 && shift > 0)) break;
        return value;
      }
    }
    throw new RecordCorrupt('length or reference is not a minimal 31-bit varint');
  }

  /** A packed number; null where none was written. */
  number(): number | null {
    const header = this.byte();
    if (header === NO_NUMBER) return null;
    if (header === RAW_DOUBLE) return this.double();
    const scale = header >> 4;
    if (scale > 8) throw new RecordCorrupt(`number header ${header} is unknown`);
    const size = this.mantissa(header & 7) / SCALES[scale];
    return header & 8 ? -size : size;
  }

  /** A packed number that cannot be null. */
  presentNumber(field: string): number {
    const value = this.number();
    if (value === null) throw new RecordCorrupt(`${field} is missing`);
    return value;
  }

  /** The second time of an event: packed difference to the first, or absolute. */
  timeAfter(first: number): number {
    if (this.position < this.end && this.bytes[this.position] === ABSOLUTE_DOUBLE) {
      this.position++;
      return this.double();
    }
    return first + this.presentNumber('receivedAt');
  }

  private double(): number {
    if (this.position + 8 > this.end) throw new RecordCorrupt('record ends within a number');
    const value = this.view.getFloat64(this.position, true);
    this.position += 8;
    if (!Number.isFinite(value)) throw new RecordCorrupt('number is not finite');
    return value;
  }

  private mantissa(count: number): number {
    const at = this.position;
    if (at + count > this.end) throw new RecordCorrupt('record ends within a number');
    this.position = at + count;
    let low = 0;
    for (let i = Math.min(count, 4) - 1; i >= 0; i--) low = low * 256 + this.bytes[at + i];
    let high = 0;
    for (let i = count - 1; i >= 4; i--) high = high * 256 + this.bytes[at + i];
    return high * TWO_32 + low;
  }

  string(): string {
    const count = this.varint();
    const start = this.position;
    if (start + count > this.end) throw new RecordCorrupt('record ends within a string');
    this.position = start + count;
    return this.utf8(start, start + count);
  }

  /** The rest of the record as text. */
  rest(): string {
    const start = this.position;
    this.position = this.end;
    return this.utf8(start, this.end);
  }

  private utf8(start: number, end: number): string {
    if (end - start < 24) {
      let text = '';
      for (let i = start; i < end; i++) {
        if (this.bytes[i] > 127) return this.strictUtf8(start, end);
        text += String.fromCharCode(this.bytes[i]);
      }
      return text;
    }
    return this.strictUtf8(start, end);
  }

  private strictUtf8(start: number, end: number): string {
    try {
      return decoder.decode(this.bytes.subarray(start, end));
    } catch (cause) {
      throw new RecordCorrupt('text is not UTF-8', { cause });
    }
  }
}
