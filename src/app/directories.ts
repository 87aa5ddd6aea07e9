import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where data lives unless `--data-dir` says otherwise: VERNIER_DATA_DIR, else the XDG data directory. */
export function defaultDataDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['VERNIER_DATA_DIR'];
  if (own !== undefined && own !== '') return own;
  const xdg = env['XDG_DATA_HOME'];
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.local', 'share'), 'vernier');
}
