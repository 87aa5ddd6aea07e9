import { readFileSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { BookDesk } from '../app/book-desk.ts';
import { demoBook } from '../app/demo-book.ts';
import { PositionWatch } from '../app/position-watch.ts';
import { loadRules } from '../app/rules-file.ts';
import type { Watch } from '../app/watch.ts';
import { DEFAULT_CONFIG, type EngineConfig } from '../engine/config.ts';
import type { MarketEvent } from '../market/event.ts';
import type { OutputRecord } from '../model/record.ts';
import type { BookJumpLimits } from '../policy/book-jump.ts';
import type { Rule } from '../policy/rules.ts';
import { bookRoom } from '../server/book-room.ts';
import type { ServerRoom } from '../server/room.ts';
import { UsageError } from './usage-error.ts';

/** Flags of every command that watches a book. */
export interface BookFlags {
  positions?: string;
  positionsValid: string;
  limits?: string;
}

/** Adds the flags. */
export function addBookOptions(command: Command): Command {
  return command
    .option('--positions <file>', 'what is held: CSV or JSON, read again whenever it is written (docs/portfolio.md)')
    .option('--positions-valid <s>', 'the file vouches for its positions for so long after it was written', '86400')
    .option('--limits <file>', 'rules over `record: book` (docs/monitor.md): a book beyond one may only be hedged');
}

/** The book of a watch: what engine, server and command need of it. */
export interface WatchedBook {
  /** The engine's configuration with the limits in it. */
  readonly config: EngineConfig;
  readonly room: ServerRoom;
  onEvent(event: MarketEvent): void;
  onRecord(record: OutputRecord): void;
  /** The watch has begun: from here on the file is followed and pushes are taken. */
  attach(watch: Watch): Promise<void>;
  close(): void;
}

/**
 * Makes the book that the flags ask for; throws {@link UsageError} for flags that cannot work. `synthetic`: without a file
 * the demo's own book is held as soon as its options are listed.
 */
export function openBook(flags: BookFlags, say: (text: string) => void, synthetic = false): WatchedBook {
  const validSeconds = Number(flags.positionsValid);
  if (!(validSeconds > 0 && validSeconds < Infinity))
    throw new UsageError(`--positions-valid ${flags.positionsValid}: seconds above 0`);
  if (flags.positions !== undefined && !isFile(flags.positions))
    throw new UsageError(`--positions ${flags.positions}: no such file`);
  const rules = flags.limits === undefined ? [] : loadRules(flags.limits).rules;
  const bookLimits = rules.filter((r) => r.record === 'book');
  if (flags.limits !== undefined && bookLimits.length === 0)
    throw new UsageError(`--limits ${flags.limits}: no rule over record: book in it`);
  let watch: Watch | null = null;
  let wanting = synthetic && flags.positions === undefined;
  const accept = (events: readonly MarketEvent[]): void => void watch?.monitor.accept(events);
  const desk = new BookDesk({ state: () => watch?.monitor.session.state ?? null, accept });
  const { positions: path } = flags;
  const file =
    path === undefined
      ? null
      : new PositionWatch({ path, validSeconds, accept, venueNow: () => desk.clock.now(), onTrouble: say });
  return {
    config: { ...DEFAULT_CONFIG, bookLimits, bookJump: bookJumpOf(rules) },
    room: bookRoom(desk),
    onEvent: (event) => {
      desk.onEvent(event);
      if (!wanting || event.type !== 'index' || watch === null) return;
      const { at, receivedAt } = event;
      const made = demoBook(watch.monitor.session.state, { at, receivedAt });
      if (made === null) return;
      wanting = false;
      setImmediate(() => accept([made]));
    },
    onRecord: (record) => desk.onRecord(record),
    attach: async (started) => {
      watch = started;
      await file?.start();
    },
    close: () => file?.close(),
  };
}

/** The bound on a calibration's jump of the book: rules over `book_jump_vol` and `book_jump_usd` of calibrations set it. */
function bookJumpOf(rules: readonly Rule[]): BookJumpLimits {
  const limit = (field: string): number | undefined =>
    rules.find((r) => r.record === 'calibration' && r.field === field)?.limit;
  const { vol, usd } = DEFAULT_CONFIG.bookJump;
  return { vol: limit('book_jump_vol') ?? vol, usd: limit('book_jump_usd') ?? usd };
}

/** Credentials for read-only private data. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * From the environment (VERNIER_DERIBIT_ID and VERNIER_DERIBIT_SECRET) or from a file with the two on a line each; null
 * where there are none. What is wrong is told by place, never by what stands there.
 */
export function readCredentials(file: string | undefined, env: NodeJS.ProcessEnv): Credentials | null {
  if (file === undefined) {
    const [clientId, clientSecret] = [env['VERNIER_DERIBIT_ID'], env['VERNIER_DERIBIT_SECRET']];
    return clientId === undefined || clientSecret === undefined ? null : { clientId, clientSecret };
  }
  let text: string;
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      throw new UsageError(`--credentials ${file}: others may read it; chmod 600 first`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--credentials ${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? '?'})`);
  }
  const [clientId, clientSecret, ...more] = text.split('\n').map((l) => l.trim()).filter((l) => l !== ''); // prettier-ignore
  if (clientId === undefined || clientSecret === undefined || more.length > 0)
    throw new UsageError(`--credentials ${file}: wants two lines, the client's id and its secret`);
  return { clientId, clientSecret };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
