import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { packCheckpoint, readWhole, unpackCheckpoint, type Checkpoint } from './checkpoint.ts';
import { fileFailure } from './log-error.ts';
import type { LogFiles } from './log-files.ts';

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** A kept state of the engine: from it any later moment is remade by feeding the inputs behind it. */
export interface MilestoneName {
  /** The state is that before this record. */
  readonly sequence: number;
  /** The market's time then, epoch ms. */
  readonly at: number;
  readonly file: string;
}

/** Milestones of one log: at one a minute a day and a half, then thinner and thinner. */
export const MILESTONES_KEPT = 2_000;
const NAME = /^milestone-(\d{16})-(\d{13,16})\.state\.gz$/;

/** Milestones of a log, oldest first. */
export async function milestonesOf(files: LogFiles): Promise<MilestoneName[]> {
  const all: MilestoneName[] = [];
  for (const file of await files.list()) {
    const match = NAME.exec(file);
    if (match !== null) all.push({ sequence: Number(match[1]), at: Number(match[2]), file });
  }
  return all.sort((a, b) => a.sequence - b.sequence);
}

/**
 * Keeps a checkpoint for good, compressed, under the market's time `at`. Past {@link MILESTONES_KEPT} every second one of
 * the older half goes, and so do those of which the log behind them was deleted (`firstSequence`). It speeds up looking
 * back and is never needed for recovery. Throws `LogError`.
 */
export async function saveMilestone(
  files: LogFiles,
  at: number,
  checkpoint: Checkpoint,
  firstSequence: number,
): Promise<void> {
  const digits = (n: number): string => String(Math.max(0, Math.floor(n)));
  const name = `milestone-${digits(checkpoint.sequence).padStart(16, '0')}-${digits(at).padStart(13, '0')}.state.gz`;
  try {
    // Left by a process that was killed while it wrote one: there is one writer.
    for (const left of await files.list()) if (/^milestone-.*\.tmp$/.test(left)) await files.remove(left);
    const bytes = await compress(packCheckpoint(checkpoint), { level: 1 });
    const file = await files.open(`${name}.tmp`, 'create');
    try {
      await file.write(bytes, 0);
    } finally {
      await file.close();
    }
    await files.rename(`${name}.tmp`, name);
    for (const old of thinned(await milestonesOf(files), firstSequence)) await files.remove(old.file);
  } catch (cause) {
    throw fileFailure('saving a milestone', cause);
  }
}

/** The checkpoint of a milestone; null when the file is not whole. */
export async function loadMilestone(files: LogFiles, { file }: MilestoneName): Promise<Checkpoint | null> {
  try {
    return unpackCheckpoint(await expand(await readWhole(files, file)));
  } catch {
    return null;
  }
}

function thinned(all: readonly MilestoneName[], firstSequence: number): MilestoneName[] {
  const orphans = all.filter((m) => m.sequence < firstSequence);
  const rest = all.filter((m) => m.sequence >= firstSequence);
  if (rest.length <= MILESTONES_KEPT) return orphans;
  return [...orphans, ...rest.slice(0, rest.length >> 1).filter((_, i) => i % 2 === 1)];
}
