/**
 * The WebAssembly kernels: plain simd128, no fused operations, so that they give the bits of their TypeScript twins on
 * every machine. Compiled from `assembly/` by `tools/prepare.js`; instantiated at import, without any host API.
 */
import { KERNEL_BASE64 } from './kernel-bytes.ts';

/** The part of the host's WebAssembly global that is used: the core is compiled without DOM or Node types. */
declare const WebAssembly:
  | {
      validate(bytes: Uint8Array): boolean;
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object) => { readonly exports: object };
    }
  | undefined;

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly columns: () => number;
  readonly capacity: () => number;
  readonly impliedVolatility: (count: number) => void;
  readonly blackGreeks: (count: number) => void;
}

/** Instantiated kernels and the columns through which they are fed. */
export interface Kernels {
  /** Options a call may carry. */
  readonly capacity: number;
  /** Columns of `capacity` doubles shared with the kernels; their meaning is each kernel's own. */
  readonly columns: readonly Float64Array[];
  /** Columns 0-6: call (1 or 0), forward, strike, years, price, discount, start; fills 7 sigma and 8 status code. */
  readonly impliedVolatility: (count: number) => void;
  /** Columns 0-5: call (1 or 0), forward, strike, years, sigma, rate; fills 6-21 in the order of `BLACK_COLUMNS`. */
  readonly blackGreeks: (count: number) => void;
}

const COLUMN_COUNT = 22;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The kernels, or undefined where the host has no WebAssembly with simd128: callers then use the scalar twins. */
export const kernels: Kernels | undefined = instantiate(KERNEL_BASE64);

function instantiate(base64: string): Kernels | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  const bytes = decodeBase64(base64);
  if (!WebAssembly.validate(bytes)) return undefined;
  const exports = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as KernelExports;
  const capacity = exports.capacity();
  const base = exports.columns();
  const columns = Array.from(
    { length: COLUMN_COUNT },
    (_, c) => new Float64Array(exports.memory.buffer, base + c * capacity * 8, capacity),
  );
  const { impliedVolatility, blackGreeks } = exports;
  return { capacity, columns, impliedVolatility, blackGreeks };
}

/** Bytes of standard base64 with padding. */
function decodeBase64(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let word = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length - padding; i++) {
    word = ((word << 6) | ALPHABET.indexOf(text[i])) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (word >> bits) & 0xff;
    }
  }
  return bytes;
}
