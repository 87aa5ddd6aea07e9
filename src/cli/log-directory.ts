import { join } from 'node:path';
import { nodeFiles, type LogFiles } from '../store/log-files.ts';
import { segmentsOf } from '../store/log-reader.ts';
import { UsageError } from './usage-error.ts';

/** The files of a log that an argument names; throws {@link UsageError} when there is no log there. */
export async function logDirectory(path: string): Promise<LogFiles> {
  const files = nodeFiles(path);
  const segments = await segmentsOf(files).catch(() => []);
  if (segments.length === 0) throw new UsageError(await notLog(path));
  return files;
}

/** Why `path` is no log; a data directory holds its log one level down. */
async function notLog(path: string): Promise<string> {
  const inner = join(path, 'log');
  const within = await segmentsOf(nodeFiles(inner)).catch(() => []);
  const hint = within.length > 0 ? `; the log is ${inner}` : '';
  return `${path}: not a log (a directory with segment-*.vlog files)${hint}`;
}
