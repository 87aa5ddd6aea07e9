import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { Gunzip } from 'node:zlib';
import { RecordingError } from './recording-error.ts';

/** Where the bytes of one recording come from: a file, or memory in tests. */
export interface ByteSource {
  /** Base name, for messages. */
  readonly name: string;
  readonly byteLength: number;
  /** Bytes `start` (inclusive) to `end` (exclusive), fewer at the end of the file. */
  slice(start: number, end: number): Promise<Uint8Array>;
}

/** How the inflated bytes of a source ended. */
export type SourceEnd = 'complete' | 'truncated-input' | 'corrupt-input';

const CHUNK_BYTES = 65_536;

/** A source over a file on disk, opened anew for each read so that hundreds of files hold no descriptor. */
export async function fileSource(path: string): Promise<ByteSource> {
  const name = basename(path);
  let byteLength: number;
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new RecordingError(name, 'unreadable', 'is not a file');
    byteLength = info.size;
  } catch (cause) {
    throw asRecordingError(name, cause);
  }
  return {
    name,
    byteLength,
    async slice(start, end) {
      try {
        const handle = await open(path, 'r');
        try {
          const bytes = new Uint8Array(Math.max(0, Math.min(end, byteLength) - start));
          let filled = 0;
          while (filled < bytes.length) {
            const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
            if (bytesRead === 0) break;
            filled += bytesRead;
          }
          return bytes.subarray(0, filled);
        } finally {
          await handle.close();
        }
      } catch (cause) {
        throw asRecordingError(name, cause);
      }
    },
  };
}

/** A source over bytes in memory. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    byteLength: bytes.length,
    slice: (start, end) => Promise.resolve(bytes.slice(start, Math.min(end, bytes.length))),
  };
}

function asRecordingError(name: string, cause: unknown): RecordingError {
  if (cause instanceof RecordingError) return cause;
  const code = (cause as { code?: unknown }).code;
  return new RecordingError(name, 'unreadable', `cannot be read (${typeof code === 'string' ? code : 'unknown'})`, {
    cause,
  });
}

/** Gzip announces itself by its first two bytes, whatever the file is called. */
export function isGzip(head: Uint8Array): boolean {
  return head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * The bytes of a source, inflated when they are gzip, in order and with bounded memory.
 * Everything that can be inflated is yielded before the end is known; the return value says how it ended.
 * `onBytes` receives the position in the stored (compressed) file.
 */
export async function* inflatedChunks(
  source: ByteSource,
  onBytes?: (position: number) => void,
): AsyncGenerator<Uint8Array, SourceEnd> {
  const head = await source.slice(0, CHUNK_BYTES);
  const inflater = isGzip(head) ? new Inflater() : null;
  try {
    let chunk = head;
    for (let position = 0; chunk.length > 0;) {
      position += chunk.length;
      onBytes?.(position);
      if (inflater === null) yield chunk;
      else {
        yield* await inflater.push(chunk);
        if (inflater.failure !== null) return inflater.failure;
      }
      chunk = position < source.byteLength ? await source.slice(position, position + CHUNK_BYTES) : new Uint8Array(0);
    }
    if (inflater === null) return 'complete';
    yield* await inflater.finish();
    return inflater.failure ?? 'complete';
  } finally {
    inflater?.close();
  }
}

/**
 * Gunzip one stored chunk at a time. Node's stream drops what it has already inflated when an error follows, so the
 * output is collected as it appears and each write is awaited: what comes out depends on the bytes alone.
 */
class Inflater {
  failure: SourceEnd | null = null;
  readonly #gunzip: Gunzip = createGunzip();
  #inflated: Uint8Array[] = [];
  #settle: (() => void) | null = null;

  constructor() {
    this.#gunzip.on('data', (chunk: Uint8Array) => this.#inflated.push(chunk));
    this.#gunzip.on('error', (error: Error & { code?: string }) => {
      this.failure = error.code === 'Z_BUF_ERROR' ? 'truncated-input' : 'corrupt-input';
      this.#settle?.();
    });
    this.#gunzip.on('end', () => this.#settle?.());
  }

  async push(chunk: Uint8Array): Promise<Uint8Array[]> {
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
      this.#gunzip.write(chunk, () => resolve());
    });
    return this.#take();
  }

  async finish(): Promise<Uint8Array[]> {
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
      this.#gunzip.end();
    });
    return this.#take();
  }

  close(): void {
    this.#gunzip.destroy();
  }

  #take(): Uint8Array[] {
    const inflated = this.#inflated;
    this.#inflated = [];
    return inflated;
  }
}
