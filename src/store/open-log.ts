import { fileFailure } from './log-error.ts';
import { lockDirectory } from './lock.ts';
import { nodeFiles } from './log-files.ts';
import { LogWriter, type WriterOptions } from './log-writer.ts';
import { makeDirectory } from './make-directory.ts';
import type { Recovery } from './recover.ts';

/** A log held by this process. */
export interface OpenLog {
  readonly writer: LogWriter;
  /** What the last session left: record a gap from `recovery.lastReceivedAt` when there was one. */
  readonly recovery: Recovery;
  /** Commits, seals, closes and unlocks. */
  readonly close: () => Promise<void>;
}

/** Locks `directory` (made if absent), recovers the log in it and begins a new segment. Throws `LogError`. */
export async function openLog(directory: string, options: WriterOptions = {}): Promise<OpenLog> {
  try {
    makeDirectory(directory);
  } catch (cause) {
    throw fileFailure('making the log directory', cause);
  }
  const lock = await lockDirectory(directory);
  try {
    const { writer, recovery } = await LogWriter.open(nodeFiles(directory), options);
    const close = async (): Promise<void> => {
      try {
        await writer.close();
      } finally {
        await lock.release();
      }
    };
    return { writer, recovery, close };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
