import { open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from './make-directory.ts';

/** One open file. Positions and sizes in bytes. */
export interface LogFile {
  size(): Promise<number>;
  /** Fills `into` from `position`; returns the bytes read, fewer only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Returns when data and size are on the medium. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** The file operations the log needs, of one directory: the place where tests inject faults. */
export interface LogFiles {
  prepare(): Promise<void>;
  list(): Promise<string[]>;
  open(name: string, mode: 'read' | 'update' | 'create'): Promise<LogFile>;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Makes creations, renames and removals durable. */
  syncDirectory(): Promise<void>;
}

class NodeFile implements LogFile {
  private readonly handle: FileHandle;
  constructor(handle: FileHandle) {
    this.handle = handle;
  }
  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }
  async read(into: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await this.handle.read(into, done, into.length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }
  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }
  sync(): Promise<void> {
    return this.handle.datasync();
  }
  truncate(size: number): Promise<void> {
    return this.handle.truncate(size);
  }
  close(): Promise<void> {
    return this.handle.close();
  }
}

const FLAGS = { read: 'r', update: 'r+', create: 'w+' } as const;

/** The real file system under `directory`. */
export function nodeFiles(directory: string): LogFiles {
  return {
    async prepare() {
      makeDirectory(directory);
    },
    list: () => readdir(directory),
    open: async (name, mode) => new NodeFile(await open(join(directory, name), FLAGS[mode])),
    rename: (from, to) => rename(join(directory, from), join(directory, to)),
    remove: (name) => unlink(join(directory, name)),
    async syncDirectory() {
      // Windows cannot open a directory; its renames are durable without.
      if (process.platform === 'win32') return;
      const handle = await open(directory, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
}
