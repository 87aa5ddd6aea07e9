/** A reader of the WebSocket stream: keeps what it gets, decodes tables, and can stop reading. */
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { Answer } from './served-market.ts';

/** A decoded binary frame. */
export interface Table {
  readonly header: Answer;
  readonly columns: Readonly<Record<string, Float32Array>>;
}

/** Decodes a table as docs/api.md says. */
export function decodeTable(bytes: Buffer): Table {
  const length = bytes.readUInt32LE(0);
  const header: Answer = JSON.parse(bytes.toString('utf8', 4, 4 + length));
  const columns: Record<string, Float32Array> = {};
  let offset = 4 + length;
  for (const name of header.columns) {
    const copy = bytes.subarray(offset, offset + 4 * header.rows);
    columns[name] = new Float32Array(copy.buffer.slice(copy.byteOffset, copy.byteOffset + copy.length));
    offset += 4 * header.rows;
  }
  if (offset !== bytes.length) throw new Error(`${bytes.length - offset} bytes left over`);
  return { header, columns };
}

export class StreamClient {
  readonly socket: WebSocket;
  readonly messages: Answer[] = [];
  readonly tables: Table[] = [];
  closed: { code: number; reason: string } | null = null;
  private readonly waiting: (() => void)[] = [];

  private constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, { headers });
    this.socket.on('message', (data, binary) => {
      if (binary) this.tables.push(decodeTable(data as Buffer));
      else this.messages.push(JSON.parse((data as Buffer).toString('utf8')));
      this.wake();
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.wake();
    });
    this.socket.on('error', () => undefined);
  }

  /** Connects; rejects with the status of a refused handshake. */
  static async open(t: TestContext, base: string, headers: Record<string, string> = {}): Promise<StreamClient> {
    const client = new StreamClient(`${base.replace('http', 'ws')}/api/v1/stream`, headers);
    t.after(() => client.socket.terminate());
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.once('unexpected-response', (_, answer) => reject(new Error(`status ${answer.statusCode}`)));
    });
    return client;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Waits until something holds of what has come. */
  async until<T>(found: () => T | null | undefined | false, waitMs: number = 5_000): Promise<T> {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const value = found();
      if (value !== null && value !== undefined && value !== false) return value;
      if (Date.now() > deadline) throw new Error(`not within ${waitMs} ms; closed: ${JSON.stringify(this.closed)}`);
      await Promise.race([
        new Promise<void>((resolve) => this.waiting.push(resolve)),
        new Promise((resolve) => setTimeout(resolve, 50)),
      ]);
    }
  }

  /** The newest message of a type and topic. */
  last(type: string, topic?: string): Answer {
    return this.messages.findLast((m) => m.type === type && (topic === undefined || m.topic === topic));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
