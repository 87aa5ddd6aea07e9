import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory and those above it. Throws the file system's own error. In place of the platform's recursive one,
 * which never returns where a parent exists and still refuses children with ENOENT, as /proc does.
 */
export function makeDirectory(path: string): void {
  const wanted = resolve(path);
  try {
    makeOne(wanted);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const parent = dirname(wanted);
    // A parent that is there and still has no room for a child will not have it after another try.
    if (code !== 'ENOENT' || parent === wanted || statSync(parent, { throwIfNoEntry: false }) !== undefined)
      throw error;
    makeDirectory(parent);
    makeOne(wanted);
  }
}

function makeOne(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === 'EEXIST' && statSync(path).isDirectory();
    if (!there) throw error;
  }
}
