/** A table off the wire: a JSON head and Float32 columns (docs/api.md, binary frames). */
export interface QuoteFrame {
  readonly topic: string;
  readonly seq: number;
  readonly type: 'snapshot' | 'delta';
  readonly layout: number;
  /** Epoch ms. */
  readonly at: number;
  readonly rows: number;
  readonly columns: Readonly<Record<string, Float32Array>>;
  readonly scopes: readonly ScopeFacts[];
}

export interface ScopeFacts {
  readonly forward: number | null;
  readonly atm_vol: number | null;
  readonly years: number;
}

interface Head {
  readonly topic: string;
  readonly seq: number;
  readonly type: 'snapshot' | 'delta';
  readonly layout: number;
  readonly at: number;
  readonly rows: number;
  readonly columns: readonly string[];
  readonly scopes: readonly ScopeFacts[];
}

/** A frame that does not hold together; the stream answers it with a fresh snapshot. */
export class FrameError extends Error {
  readonly retryable = true;
}

/** Reads a binary frame; throws {@link FrameError} when its length and its head disagree. */
export function decodeFrame(buffer: ArrayBuffer): QuoteFrame {
  if (buffer.byteLength < 4) throw new FrameError(`a frame of ${buffer.byteLength} bytes`);
  const length = new DataView(buffer).getUint32(0, true);
  if (length % 4 !== 0 || 4 + length > buffer.byteLength)
    throw new FrameError(`a head of ${length} bytes in a frame of ${buffer.byteLength}`);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))) as Head;
  const wanted = 4 + length + 4 * head.rows * head.columns.length;
  if (wanted !== buffer.byteLength) throw new FrameError(`${wanted} bytes announced, ${buffer.byteLength} came`);
  const columns: Record<string, Float32Array> = {};
  head.columns.forEach((name, i) => {
    columns[name] = new Float32Array(buffer, 4 + length + 4 * head.rows * i, head.rows);
  });
  return { ...head, columns };
}
