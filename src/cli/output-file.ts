import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../store/make-directory.ts';

/** The call is right and the place for its results is not: a full disk, no permission, no such directory. Exit code 1. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  readonly retryable = true;
  readonly exitCode = 1;
}

/** Runs what writes files to `place`, as an option named it; throws {@link OutputError} naming both when the file system refuses. */
export function writing(option: string, place: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new OutputError(`${option} ${place}: cannot be written (${code ?? 'unknown error'})`, { cause: error });
  }
}

/** Writes one file. Throws {@link OutputError}. */
export function writeOutput(option: string, file: string, text: string): void {
  writing(option, file, () => writeFileSync(file, text));
}

/** Writes files by name into a directory, which is made when it is not there. Throws {@link OutputError}. */
export function writeOutputs(option: string, directory: string, files: Readonly<Record<string, string>>): void {
  writing(option, directory, () => {
    makeDirectory(directory);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  });
}
