import { join } from 'node:path';
import type { Command } from 'commander';
import { defaultDataDirectory } from '../app/directories.ts';
import { serveWatch, type GateAppearance } from '../app/serve.ts';
import { startWatch, type Watch, type WatchTarget } from '../app/watch.ts';
import { VENUE_NAMES } from '../app/venues.ts';
import { DEFAULT_CONFIG } from '../engine/config.ts';
import { openAlerts } from './open-alerts.ts';
import { showAudience, tellAudience } from './live-audience.ts';
import { runUntilSignal, startOrRelease } from './live-run.ts';
import { LiveSummary } from './live-summary.ts';
import { Progress } from './progress.ts';
import { RecordPrinter } from './record-printer.ts';
import { addBookOptions, openBook, readCredentials, type BookFlags } from './book-options.ts';
import { addServeOptions, serveOptions, type ServeFlags } from './serve-options.ts';
import { UsageError } from './usage-error.ts';

interface WatchFlags extends ServeFlags, BookFlags {
  credentials?: string;
  account?: string;
  endpoint?: string;
  dataDir?: string;
  alerts?: string;
  gate: string;
  monitorName: string;
  json?: boolean;
  quiet?: boolean;
}

/** `vernier watch deribit:BTC ...` */
export function registerWatch(program: Command): void {
  const command = program
    .command('watch')
    .description('watch live markets; records to the data directory')
    .argument('<target...>', `venue:underlying, e.g. deribit:BTC deribit:ETH (venues: ${VENUE_NAMES.join(', ')})`)
    .option('--endpoint <address>', 'ws:// or wss:// address instead of the venue itself')
    .option('--data-dir <dir>', 'where the session log lives (default: XDG data directory)')
    .option('--alerts <file>', 'who is told what, and how (docs/alerts.md)')
    .option('--gate <mode>', 'advisory, or enforcing: consumers refuse by themselves (docs/gate.md)', 'advisory')
    .option('--monitor-name <name>', 'name of this monitor in its leases, to tell it from its standby', 'vernier')
    .option('--credentials <file>', 'client id and secret on a line each, instead of the environment')
    .option('--account <name>', 'follow what the account behind the credentials holds, under this name')
    .option('--json', 'one JSON object a line on stdout (docs/ndjson.md)')
    .option('-q, --quiet', 'no status line');
  addServeOptions(addBookOptions(command), 'nothing is served')
    .addHelpText('after', '\nCredentials for read-only private data: VERNIER_DERIBIT_ID and VERNIER_DERIBIT_SECRET.')
    .action(async (names: string[], flags: WatchFlags) => {
      const targets = names.map(parseTarget);
      if (flags.endpoint !== undefined && !/^wss?:\/\//.test(flags.endpoint))
        throw new UsageError(`--endpoint ${flags.endpoint}: a ws:// or wss:// address`);
      const gate = gateAppearance(flags);
      const book = openBook(flags, (text) => process.stderr.write(`vernier: ${text}\n`));
      const directory = flags.dataDir ?? defaultDataDirectory();
      const alerts = await openAlerts(flags.alerts, directory);
      const credentials = readCredentials(flags.credentials, process.env) ?? undefined;
      if (flags.account !== undefined && credentials === undefined)
        throw new UsageError(
          '--account wants credentials: --credentials FILE, or the two variables of the environment',
        );
      const serving = serveOptions(flags, null);
      const served = serving === null ? null : await serveWatch(serving, false, alerts, gate, [book.room]);
      const progress = new Progress(flags.quiet === true || flags.json === true);
      const printer = new RecordPrinter(process.stdout, flags.json === true, null, () => progress.clear());
      const summary = new LiveSummary(printer, DEFAULT_CONFIG.champion, flags.json === true, null);
      const audience = { summary, book, served, alerts };
      const failed = Promise.withResolvers<number>();
      const release = async (): Promise<void> => {
        book.close();
        await Promise.all([served?.close(), alerts?.close()]);
      };
      const start = (): Promise<Watch> =>
        startWatch({
          targets,
          endpoint: flags.endpoint,
          directory: join(directory, 'log'),
          config: book.config,
          credentials,
          account: flags.account,
          ...tellAudience(audience, failed.resolve),
        });
      await served?.recall(join(directory, 'log'));
      const watch = await startOrRelease(start, release);
      await showAudience(audience, watch, flags.json === true);
      await runUntilSignal(watch, {
        progress,
        label: '',
        until: failed.promise,
        onDrained: () => summary.finish(watch),
        onSignal: release,
      });
    });
}

function gateAppearance({ gate, monitorName }: WatchFlags): GateAppearance {
  if (gate !== 'advisory' && gate !== 'enforcing') throw new UsageError(`--gate ${gate}: advisory or enforcing`);
  if (!/^[\w.-]{1,64}$/.test(monitorName))
    throw new UsageError(`--monitor-name ${monitorName}: letters, digits, dots, hyphens and underscores`);
  return { monitor: monitorName, mode: gate };
}

/** `venue:underlying`; throws {@link UsageError} naming what is wrong. */
export function parseTarget(text: string): WatchTarget {
  const match = /^([a-z0-9-]+):([A-Z0-9_]+)$/.exec(text);
  if (match === null) throw new UsageError(`${text}: give venue:underlying, e.g. deribit:BTC`);
  if (!VENUE_NAMES.includes(match[1]))
    throw new UsageError(`${text}: no venue ${match[1]}; there is ${VENUE_NAMES.join(', ')}`);
  return { venue: match[1], underlying: match[2] };
}
