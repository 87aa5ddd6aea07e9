/**
 * Weeks of the simulated venue (SYNTHETIC) through the loop and into a session log: replayed bit for bit, and checked with
 * single bytes changed.
 */
import type { EngineConfig } from '../../engine/config.ts';
import { runFit } from '../../engine/models.ts';
import { Random } from '../../numeric/random.ts';
import { simulatedEvents } from '../../simulator/market-events.ts';
import type { ScriptName } from '../../simulator/script.ts';
import { Simulation } from '../../simulator/simulation.ts';
import { checkLog } from '../../store/inspect.ts';
import type { LogFile, LogFiles } from '../../store/log-files.ts';
import { openLog } from '../../store/open-log.ts';
import { Session, sessionHeader } from '../session.ts';

/** What to record. */
export interface MonthOptions {
  readonly directory: string;
  readonly config: EngineConfig;
  readonly seed: number;
  readonly days: number;
  readonly script: ScriptName;
  readonly stepMs: number;
  readonly instrumentLimit: number | null;
  /** Epoch ms. */
  readonly startAt: number;
  readonly onProgress: (share: number) => void;
}

/** What was recorded. */
export interface RecordedMonth {
  readonly events: number;
  readonly records: number;
  readonly batches: number;
  /** Calibrations asked for. */
  readonly fits: number;
  readonly log_sha256: string;
}

const DAY_MS = 86_400_000;

/** Records a tape; calibrations run inline at the time of their job, as a replay of market files has them. */
export async function recordMonth(options: MonthOptions): Promise<RecordedMonth> {
  const { startAt, days, config } = options;
  const until = startAt + days * DAY_MS;
  const simulation = new Simulation({
    seed: options.seed,
    startAt,
    underlyings: ['BTC'],
    script: options.script,
    stepMs: options.stepMs,
    instrumentLimit: options.instrumentLimit,
    truthHistory: 10,
  });
  const log = await openLog(options.directory);
  const { writer } = log;
  let records = 0;
  try {
    writer.append(sessionHeader(config, 'SYNTHETIC'));
    const session = new Session(config, { target: writer, onRecord: () => void records++, onFit: runFit });
    let events = 0;
    for (const batch of simulatedEvents(simulation, { until })) {
      for (const event of batch) {
        session.push(event);
        events++;
        if (writer.full) await writer.room();
      }
      options.onProgress((simulation.at - startAt) / (until - startAt));
    }
    const { batches, fits } = session.state.counts;
    return { events, records, batches, fits, log_sha256: writer.digest() };
  } finally {
    await log.close();
  }
}

/** What changing single bytes came to. */
export interface FlipResult {
  readonly bytes: number;
  readonly flips: number;
  readonly found: number;
  /** `segment@offset` of changed bytes that went unseen. */
  readonly missed: readonly string[];
}

/** Changes one byte at a time at seeded random places, in what is read and not on the disk, and checks the log each time. */
export async function flipBytes(
  files: LogFiles,
  seed: number,
  flips: number,
  onProgress: (share: number) => void,
): Promise<FlipResult> {
  const random = new Random(seed, 'flips');
  const names = (await files.list()).filter((name) => name.endsWith('.vlog'));
  const sizes: number[] = [];
  for (const name of names) {
    const file = await files.open(name, 'read');
    sizes.push(await file.size());
    await file.close();
  }
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const missed: string[] = [];
  for (let i = 0; i < flips; i++) {
    let place = random.integer(bytes);
    let which = 0;
    while (place >= sizes[which]) place -= sizes[which++];
    const mask = 1 << random.integer(8);
    const check = await checkLog(withFlip(files, names[which], place, mask));
    if (check.verdict !== 'damaged') missed.push(`${names[which]}@${place}`);
    onProgress((i + 1) / flips);
  }
  return { bytes, flips, found: flips - missed.length, missed };
}

/** The same files, one bit of one of them read wrongly. */
function withFlip(files: LogFiles, name: string, place: number, mask: number): LogFiles {
  return {
    prepare: () => files.prepare(),
    list: () => files.list(),
    open: async (wanted, mode) => {
      const file = await files.open(wanted, mode);
      return wanted === name ? flipped(file, place, mask) : file;
    },
    rename: (from, to) => files.rename(from, to),
    remove: (one) => files.remove(one),
    syncDirectory: () => files.syncDirectory(),
  };
}

function flipped(file: LogFile, place: number, mask: number): LogFile {
  return {
    size: () => file.size(),
    read: async (into, position) => {
      const read = await file.read(into, position);
      if (place >= position && place < position + read) into[place - position] ^= mask;
      return read;
    },
    write: (bytes, position) => file.write(bytes, position),
    sync: () => file.sync(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  };
}
