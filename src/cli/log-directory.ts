import { nodeFiles, type LogFiles } from '../store/log-files.ts';
import { segmentsOf } from '../store/log-reader.ts';
import { UsageError } from './usage-error.ts';

/** The files of a log that an argument names; throws {@link UsageError} when there is no log there. */
export async function logDirectory(path: string): Promise<LogFiles> {
  const files = nodeFiles(path);
  const segments = await segmentsOf(files).catch(() => []);
  if (segments.length === 0) throw new UsageError(`${path}: not a log (a directory with segment-*.vlog files)`);
  return files;
}
