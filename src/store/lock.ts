import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileFailure, LogError } from './log-error.ts';

const LOCK = 'lock';

/** What the lock file says: a process, when it began (to tell it from a later one of the same number), and one acquisition. */
interface Owner {
  readonly pid: number;
  /** Ticks after boot at which the process began; null where the system does not tell. */
  readonly processStart: string | null;
  readonly lockedAt: string;
  readonly nonce: string;
}

/**
 * Makes this process the only one that writes in a directory. A lock whose process is dead is taken over; exactly one of
 * several takers wins, because a takeover needs a file named after the dead lock's nonce and looks at the lock again.
 * Throws `LogError`: `locked` (retryable) naming the process that holds it. Only processes that see each other's numbers
 * are told apart: not two containers on one volume.
 */
export async function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  const path = join(directory, LOCK);
  const self: Owner = {
    pid: process.pid,
    processStart: await processStart(process.pid),
    lockedAt: new Date().toISOString(),
    nonce: randomBytes(8).toString('hex'),
  };
  const draft = join(directory, `${LOCK}.${self.nonce}.tmp`);
  try {
    await writeWhole(draft, JSON.stringify(self));
    try {
      if (!(await linked(draft, path))) await takeOver(directory, path, draft);
    } finally {
      await removeIfThere(draft);
    }
  } catch (cause) {
    throw fileFailure('locking the log', cause);
  }
  return {
    async release() {
      if ((await readOwner(path))?.nonce === self.nonce) await removeIfThere(path);
    },
  };
}

async function takeOver(directory: string, path: string, draft: string): Promise<void> {
  const owner = await readOwner(path);
  if (owner === null) {
    // Released, or not yet whole, since we looked: one more honest try.
    if (await linked(draft, path)) return;
    throw new LogError('locked', 'another process is locking the log', true);
  }
  if (await isAlive(owner)) throw heldBy(owner);
  const right = join(directory, `${LOCK}.takeover-${owner.nonce}`);
  if (!(await linked(draft, right)))
    throw new LogError(
      'locked',
      `another process takes over the lock of process ${owner.pid}; if it died, delete ${LOCK}.takeover-*`,
      true,
    );
  try {
    const now = await readOwner(path);
    if (now !== null && now.nonce !== owner.nonce) throw heldBy(now);
    await rename(draft, path);
  } finally {
    await removeIfThere(right);
  }
}

function heldBy(owner: Owner): LogError {
  return new LogError('locked', `the log is in use by process ${owner.pid} since ${owner.lockedAt}`, true);
}

async function writeWhole(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A hard link is made whole or not at all, and never over another: false when `to` exists. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
}

async function readOwner(path: string): Promise<Owner | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { pid, processStart, lockedAt, nonce } = JSON.parse(text) as Owner;
    if (Number.isInteger(pid) && /^[0-9a-f]{16}$/.test(nonce))
      return { pid, processStart: processStart ?? null, lockedAt, nonce };
  } catch {
    // Fall through: a lock that nobody can read is nobody's to break.
  }
  throw new LogError(
    'locked',
    `the file ${LOCK} of the log is not one of ours; delete it if no process uses the log`,
    false,
  );
}

async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code === 'ESRCH') return false;
  }
  const start = await processStart(owner.pid);
  return start === null || owner.processStart === null || start === owner.processStart;
}

/** Field 22 of Linux's process status, `zombie` for a process that only waits to be reaped; null elsewhere. */
async function processStart(pid: number): Promise<string | null> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'zombie' : (fields[19] ?? null);
  } catch {
    return null;
  }
}
