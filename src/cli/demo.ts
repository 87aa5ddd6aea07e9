import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { serveWatch } from '../app/serve.ts';
import { startWatch, type Watch } from '../app/watch.ts';
import { startSimulatedDeribit } from '../server/simulated-deribit.ts';
import { DEFAULT_CONFIG } from '../engine/config.ts';
import { showAudience, tellAudience } from './live-audience.ts';
import { runUntilSignal, startOrRelease } from './live-run.ts';
import { LiveSummary } from './live-summary.ts';
import { openAlerts } from './open-alerts.ts';
import { Progress } from './progress.ts';
import { RecordPrinter } from './record-printer.ts';
import { addBookOptions, openBook, type BookFlags } from './book-options.ts';
import { addServeOptions, serveOptions, type ServeFlags } from './serve-options.ts';
import { UsageError } from './usage-error.ts';

interface DemoFlags extends ServeFlags, BookFlags {
  seed: string;
  dataDir?: string;
  alerts?: string;
  json?: boolean;
  quiet?: boolean;
  seconds?: string;
}

/** `vernier demo`: the simulated venue and a watch on it, in one process, without a network. */
export function registerDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('a SYNTHETIC market and the monitor at work on it; no network needed')
    .option('--seed <n>', 'seed of the market', '1')
    .option('--data-dir <dir>', 'keep the session log there (default: a temporary directory, removed at the end)')
    .option('--alerts <file>', 'who is told what, and how (docs/alerts.md); every notification is stamped SYNTHETIC')
    .option('--seconds <n>', 'stop by itself after so long')
    .option('--json', 'one JSON object a line on stdout, each with "stamp":"SYNTHETIC"')
    .option('-q, --quiet', 'no status line');
  addServeOptions(addBookOptions(command), 'any free one').action(async (flags: DemoFlags) => {
    const seed = whole('--seed', flags.seed);
    const seconds = flags.seconds === undefined ? null : whole('--seconds', flags.seconds);
    const book = openBook(flags, (text) => process.stderr.write(`vernier: ${text}\n`), true);
    const serving = serveOptions(flags, 0);
    const temporary = flags.dataDir === undefined ? mkdtempSync(join(tmpdir(), 'vernier-demo-')) : null;
    const home = temporary ?? flags.dataDir ?? '';
    const alerts = await startOrRelease(
      () => openAlerts(flags.alerts, home, 'SYNTHETIC'),
      async () => {
        if (temporary !== null) rmSync(temporary, { recursive: true, force: true });
      },
    );
    const served = serving === null ? null : await serveWatch(serving, true, alerts, {}, [book.room]);
    const venue = await startSimulatedDeribit({ seed, script: 'demo', underlyings: ['BTC'] });
    const progress = new Progress(flags.quiet === true || flags.json === true);
    const printer = new RecordPrinter(process.stdout, flags.json === true, 'SYNTHETIC', () => progress.clear());
    const summary = new LiveSummary(printer, DEFAULT_CONFIG.champion, flags.json === true, 'SYNTHETIC');
    const audience = { summary, book, served, alerts };
    const failed = Promise.withResolvers<number>();
    if (flags.json !== true) process.stdout.write(`SYNTHETIC market (seed ${seed}) at\n${venue.wsUrl}\n`);
    const release = async (): Promise<void> => {
      book.close();
      await Promise.all([venue.close(), alerts?.close()]);
      if (temporary !== null) rmSync(temporary, { recursive: true, force: true });
    };
    const directory = join(home, 'log');
    const start = (): Promise<Watch> =>
      startWatch({
        targets: [{ venue: 'deribit', underlying: 'BTC' }],
        endpoint: venue.wsUrl,
        directory,
        config: book.config,
        ...tellAudience(audience, failed.resolve),
        stamp: 'SYNTHETIC',
      });
    await served?.recall(directory);
    const watch = await startOrRelease(start, async () => {
      await Promise.all([served?.close(), release()]);
    });
    await showAudience(audience, watch, flags.json === true);
    if (seconds !== null) setTimeout(() => failed.resolve(0), seconds * 1_000).unref();
    try {
      await runUntilSignal(watch, {
        progress,
        label: 'SYNTHETIC  ',
        until: failed.promise,
        onDrained: () => summary.finish(watch),
        onSignal: () => served?.close() ?? Promise.resolve(),
      });
    } finally {
      await release();
    }
  });
}

function whole(option: string, text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0) throw new UsageError(`${option} ${text}: a whole number`);
  return n;
}
