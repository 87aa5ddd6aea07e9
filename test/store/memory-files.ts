/**
 * A file system in memory that knows what is durable: `crash()` forgets what was not synced, and faults can be injected
 * by operation. SYNTHETIC disk.
 */
import type { LogFile, LogFiles } from '../../src/store/log-files.ts';

interface Content {
  data: Uint8Array;
  synced: Uint8Array;
}

export class MemoryFiles implements LogFiles {
  readonly names = new Map<string, Content>();
  private durableNames = new Map<string, Content>();
  /** Throws or waits before an operation; the default does nothing. */
  before: (operation: string, name: string, bytes: number) => void | Promise<void> = () => undefined;
  readonly operations: string[] = [];

  async prepare(): Promise<void> {}

  async list(): Promise<string[]> {
    return [...this.names.keys()];
  }

  private async step(operation: string, name: string, bytes = 0): Promise<void> {
    await this.before(operation, name, bytes);
    this.operations.push(`${operation} ${name}`);
  }

  async open(name: string, mode: 'read' | 'update' | 'create'): Promise<LogFile> {
    await this.step('open', name);
    let content = this.names.get(name);
    if (mode === 'create') {
      content = { data: new Uint8Array(0), synced: new Uint8Array(0) };
      this.names.set(name, content);
    }
    if (content === undefined) throw Object.assign(new Error(`no file ${name}`), { code: 'ENOENT' });
    return this.handle(name, content);
  }

  private handle(name: string, content: Content): LogFile {
    return {
      size: async () => content.data.length,
      read: async (into, position) => {
        const part = content.data.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      write: async (bytes, position) => {
        await this.step('write', name, bytes.length);
        const grown = new Uint8Array(Math.max(content.data.length, position + bytes.length));
        grown.set(content.data);
        grown.set(bytes, position);
        content.data = grown;
      },
      sync: async () => {
        await this.step('sync', name);
        content.synced = content.data.slice();
      },
      truncate: async (size) => {
        await this.step('truncate', name);
        content.data = content.data.slice(0, size);
      },
      close: async () => undefined,
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.step('rename', to);
    this.names.set(to, this.names.get(from)!);
    this.names.delete(from);
  }

  async remove(name: string): Promise<void> {
    await this.step('remove', name);
    this.names.delete(name);
  }

  async syncDirectory(): Promise<void> {
    await this.step('sync-directory', '.');
    this.durableNames = new Map(this.names);
  }

  /** What a power failure leaves: synced bytes under synced names. */
  crash(): MemoryFiles {
    const after = new MemoryFiles();
    for (const [name, { synced }] of this.durableNames) after.put(name, synced);
    return after;
  }

  /** The same files, as a killed process leaves them. */
  copy(): MemoryFiles {
    const after = new MemoryFiles();
    for (const [name, { data }] of this.names) after.put(name, data);
    return after;
  }

  put(name: string, bytes: Uint8Array): void {
    const content = { data: bytes.slice(), synced: bytes.slice() };
    this.names.set(name, content);
    this.durableNames.set(name, content);
  }

  bytes(name: string): Uint8Array {
    return this.names.get(name)!.data;
  }
}
