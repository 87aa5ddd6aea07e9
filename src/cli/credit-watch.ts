import { CsvError } from '../app/csv.ts';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { readCreditTerms, readQuoteStream, STREAM_COLUMNS } from '../app/credit/quote-stream.ts';
import type { simulatedCreditEvents } from '../app/credit/simulated-stream.ts';
import type { ReplayResult } from '../app/replay-market.ts';
import type { ReplayHooks } from '../app/replay-transport.ts';
import type { MarketEvent } from '../market/event.ts';
import { isoTime } from '../market/iso-time.ts';
import { whole } from './bench-options.ts';
import { Progress } from './progress.ts';
import { addServeOptions, serveOptions, type ServeFlags } from './serve-options.ts';
import { UsageError } from './usage-error.ts';

interface WatchFlags extends ServeFlags {
  quotes?: string;
  terms?: string;
  simulated?: boolean;
  seed: string;
  days: string;
  follow?: boolean;
  record?: string;
  serve?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** Pace of a served stream, times real time: an hourly update every second. */
const SERVED_SPEED = 3_600;

/** `vernier credit watch --quotes STREAM.csv --terms TERMS.yaml | --simulated` */
export function registerCreditWatch(credit: Command): void {
  const command = credit
    .command('watch')
    .description(
      `watch credit curves: quotes are scored before each curve is fitted to them; columns ${STREAM_COLUMNS.join(',')} and contributor,coupon,recovery (docs/credit.md)`,
    )
    .option('--quotes <csv>', 'quotes over time; what is appended is taken with --follow')
    .option('--terms <yaml>', 'recovery, conventions and discount curve of every curve of the file')
    .option('--simulated', 'instead of a file: a SYNTHETIC stream of four curves, with faults')
    .option('--seed <n>', 'of the simulated stream', '1')
    .option('--days <n>', 'of the simulated stream', '60')
    .option('--follow', 'go on when the file ends, until interrupted')
    .option('--record <dir>', 'write the session log there')
    .option('--serve', `serve the page and the API while it runs, and go on when it is over`)
    .option('--json', 'one JSON object a line on stdout (docs/ndjson.md)')
    .option('-q, --quiet', 'no progress');
  addServeOptions(command, 'with --serve any free one').action(async (flags: WatchFlags) => {
    const serving = serveOptions(flags, flags.serve === true ? 0 : null);
    if (serving !== null) {
      const speed = flags.follow === true ? Infinity : SERVED_SPEED;
      const { serveReplayRun } = await import('./replay-serve.ts');
      await serveReplayRun(serving, speed, flags.json === true, (hooks) => run(flags, hooks));
      return;
    }
    const { summary, elapsedMs } = await run(flags, null);
    const stamp = flags.simulated === true ? { stamp: 'SYNTHETIC' } : {};
    if (flags.json === true)
      process.stdout.write(`${JSON.stringify({ ...summary, elapsed_ms: Math.round(elapsedMs), ...stamp })}\n`);
    else process.stdout.write(`log_sha256 ${summary.log_sha256}, ${(elapsedMs / 1000).toFixed(1)} s\n`);
  });
}

/** Loads the engine only here: the calculating commands of the family start without it. */
async function run(flags: WatchFlags, hooks: ReplayHooks | null): Promise<ReplayResult> {
  const [{ replayMarket }, { DEFAULT_CONFIG }, { RecordPrinter }, stream] = await Promise.all([
    import('../app/replay-market.ts'),
    import('../engine/config.ts'),
    import('./record-printer.ts'),
    import('../app/credit/simulated-stream.ts'),
  ]);
  let stopped = false;
  const stop = (): void => void (stopped = true);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const progress = new Progress(flags.quiet === true);
  const stamp = flags.simulated === true ? 'SYNTHETIC' : null;
  const printer = new RecordPrinter(process.stdout, flags.json === true, stamp, () => progress.clear());
  let fraction = 0;
  try {
    return await replayMarket({
      files: [],
      source: sourceOf(
        flags,
        stream.simulatedCreditEvents,
        () => stopped,
        (f) => void (fraction = f),
      ),
      config: DEFAULT_CONFIG,
      speed: Infinity,
      ...(flags.record === undefined ? {} : { record: flags.record }),
      onRecord: (record) => {
        printer.print(record);
        hooks?.onRecord(record);
      },
      ...(hooks === null || flags.follow === true ? {} : { pacer: hooks.pacer }),
      onEvent: (event) => hooks?.onEvent(event),
      onSession: (session) => hooks?.onSession(session, false, stamp),
      onProgress: (_, at) => {
        hooks?.onProgress(fraction);
        // Whoever follows reads as it happens, not a buffer later.
        if (flags.follow === true) printer.flush();
        progress.show(`${(100 * fraction).toFixed(0).padStart(3)} %  ${Number.isFinite(at) ? isoTime(at) : ''}`);
      },
    });
  } catch (error) {
    throw error instanceof CsvError ? new UsageError(`${flags.quotes ?? ''}: ${error.message}`) : error;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    progress.clear();
    await printer.drained();
  }
}

function sourceOf(
  flags: WatchFlags,
  simulated: typeof simulatedCreditEvents,
  stopped: () => boolean,
  onProgress: (fraction: number) => void,
): AsyncIterable<readonly MarketEvent[]> {
  if (flags.simulated === true) {
    if (flags.quotes !== undefined || flags.terms !== undefined)
      throw new UsageError('--simulated brings its own quotes and terms');
    const seed = whole(flags.seed, '--seed', 0);
    return simulated({ seed, days: whole(flags.days, '--days', 1, 3650), stopped, onProgress });
  }
  const { quotes, terms } = flags;
  if (quotes === undefined || terms === undefined)
    throw new UsageError('--quotes and --terms are needed, or --simulated');
  if (!existsSync(quotes)) throw new UsageError(`${quotes}: no such file`);
  const read = readCreditTerms(terms);
  for (const [name, curve] of Object.entries(read.curves))
    if (!Object.hasOwn(read.discount, curve.discount))
      throw new UsageError(`${terms}: curve ${name} names discount ${curve.discount}, which the file does not have`);
  return readQuoteStream({ path: quotes, terms: read, follow: flags.follow === true, stopped, onProgress });
}
