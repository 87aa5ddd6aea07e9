import { watchedModels } from './watched-models.ts';
import { existsSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { replayLog } from '../app/replay-log.ts';
import { isoTime } from '../market/iso-time.ts';
import type { ReplayHooks } from '../app/replay-transport.ts';
import { replayMarket, type ReplayResult } from '../app/replay-market.ts';
import type { OutputRecord } from '../model/record.ts';
import { logDirectory } from './log-directory.ts';
import { Progress } from './progress.ts';
import { RecordPrinter } from './record-printer.ts';
import { addServeOptions, serveOptions, type ServeFlags } from './serve-options.ts';
import { serveReplayRun } from './replay-serve.ts';
import { parseTime, UsageError } from './usage-error.ts';

interface ReplayFlags extends ServeFlags {
  serve?: boolean;
  speed: string;
  from?: string;
  to?: string;
  map?: string;
  models?: string;
  record?: string;
  json?: boolean;
  quiet?: boolean;
}

/** `vernier replay FILE...` */
export function registerReplay(program: Command): void {
  const command = program
    .command('replay')
    .description('feed recorded market data, or a session log, through the monitor')
    .argument(
      '<file...>',
      'chain snapshots (parquet, CSV, JSON), trade tapes, or the directory of a session log; gz accepted',
    )
    .option('--speed <x>', 'max, or how many times real time', 'max')
    .option('--from <time>', 'first event, ISO-8601 UTC (market files)')
    .option('--to <time>', 'last event, ISO-8601 UTC (market files)')
    .option('--map <yaml>', 'mapping file for a dialect that is not built in (docs/mapping-files.md)')
    .option('--models <list>', 'scored side by side (market files): svi, essvi, sabr, spline, venue-mark')
    .option('--record <dir>', 'write the session log there; without it nothing is written or locked')
    .option('--json', 'one JSON object a line on stdout (docs/ndjson.md)')
    .option('--serve', `serve it with transport controls (then --speed is 60 unless given), and go on when it is over`)
    .option('-q, --quiet', 'no progress');
  addServeOptions(command, 'with --serve any free one').action(
    async (files: string[], flags: ReplayFlags, given: Command) => {
      const serving = serveOptions(flags, flags.serve === true ? 0 : null);
      if (serving !== null) {
        const paced = given.getOptionValueSource('speed') === 'default' ? SERVED_SPEED : parseSpeed(flags.speed);
        await serveReplayRun(serving, paced, flags.json === true, (hooks) => run(files, flags, hooks));
        return;
      }
      let stamped: { stamp?: string } = {};
      const result = await run(files, flags, null, (stamp) => (stamped = { stamp }));
      if (result.summary.events === 0) process.stderr.write(`vernier: ${files.join(', ')}: no event in it\n`);
      if (result.passedOver !== undefined)
        process.stderr.write(
          `vernier: passed over ${result.passedOver.records} records of sessions ${result.passedOver.says}\n`,
        );
      if (flags.json === true)
        process.stdout.write(
          `${JSON.stringify({ ...result.summary, elapsed_ms: Math.round(result.elapsedMs), ...stamped })}\n`,
        );
      else printSummary(result);
    },
  );
}

/** Pace of a served replay, times real time; long pauses of the recording are cut short. */
const SERVED_SPEED = 60;

async function run(
  files: readonly string[],
  flags: ReplayFlags,
  hooks: ReplayHooks | null = null,
  onStamp: (stamp: string) => void = () => undefined,
): Promise<ReplayResult> {
  for (const f of files) if (!existsSync(f)) throw new UsageError(`${f}: no such file`);
  const speed = parseSpeed(flags.speed);
  const progress = new Progress(flags.quiet === true);
  const printer = new RecordPrinter(process.stdout, flags.json === true, null, () => progress.clear());
  const onRecord = (record: OutputRecord): void => {
    printer.print(record);
    hooks?.onRecord(record);
  };
  try {
    if (await isSessionLog(files)) {
      if (flags.from ?? flags.to ?? flags.map ?? flags.record ?? flags.models)
        throw new UsageError(
          'a session log replays whole: --from, --to, --map, --models and --record are for market files',
        );
      hooks?.log(files[0]);
      return await replayLog({
        directory: files[0],
        speed,
        onRecord,
        pacer: hooks?.pacer,
        onEvent: hooks?.onEvent,
        onSession: (session, stamp) => {
          if (stamp !== null) {
            printer.stampAll(stamp);
            onStamp(stamp);
          }
          hooks?.onSession(session, true, stamp);
        },
        onProgress: (sequence, at, fraction) => {
          if (fraction !== null) hooks?.onProgress(fraction);
          progress.show(`${isoTime(at)}  record ${sequence}`);
        },
      });
    }
    return await replayMarket({
      files,
      config: watchedModels(flags.models),
      map: flags.map,
      ...parseRange(flags),
      speed,
      record: hooks?.log(flags.record ?? null) ?? flags.record,
      onRecord,
      pacer: hooks?.pacer,
      onEvent: hooks?.onEvent,
      onSession: (session) => hooks?.onSession(session, false, null),
      onProgress: (fraction, at) => {
        hooks?.onProgress(fraction);
        progress.show(`${(100 * fraction).toFixed(0).padStart(3)} %  ${Number.isFinite(at) ? isoTime(at) : ''}`);
      },
    });
  } finally {
    progress.clear();
    await printer.drained();
  }
}

function parseRange(flags: ReplayFlags): { from?: number; to?: number } {
  const from = flags.from === undefined ? undefined : parseTime('--from', flags.from);
  const to = flags.to === undefined ? undefined : parseTime('--to', flags.to);
  if (from !== undefined && to !== undefined && from > to)
    throw new UsageError(`--from ${flags.from} is after --to ${flags.to}`);
  return { from, to };
}

function parseSpeed(text: string): number {
  if (text === 'max') return Infinity;
  const speed = Number(text);
  if (!(speed > 0) || !Number.isFinite(speed)) throw new UsageError(`--speed ${text}: max, or a positive number`);
  return speed;
}

async function isSessionLog(files: readonly string[]): Promise<boolean> {
  const directories = files.filter((f) => statSync(f).isDirectory());
  if (directories.length === 0) return false;
  if (files.length > 1) throw new UsageError('give one session log, or market files, not both');
  await logDirectory(files[0]);
  return true;
}

function printSummary({ summary, elapsedMs }: ReplayResult): void {
  const percent = (v: number | null): string => (v === null ? 'none' : `${(100 * v).toFixed(1)} %`);
  const points = (v: number | null): string => (v === null ? 'none' : `${(100 * v).toFixed(2)} vol points`);
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .toSorted((a, b) => b[1] - a[1])
      .map(([k, n]) => `${k} ${n}`)
      .join(', ') || 'none';
  const lines = [
    [
      'events',
      `${summary.events} (${summary.instruments} options, ${summary.expiries} expiries) in ${(elapsedMs / 1000).toFixed(1)} s`,
    ],
    [
      'calibrations',
      `${summary.calibrations}, median error ${points(summary.median_rmse_vol)}, ${percent(summary.median_inside_share)} inside bid-ask`,
    ],
    [
      'next observation',
      `PZ ${summary.median_pz?.toFixed(2) ?? 'none'}, ${percent(summary.median_next_inside_share)} inside bid-ask`,
    ],
    ['incidents', counts(summary.incidents_by_cause)],
    ['refused', counts(summary.refused_by_reason)],
    ['log sha256', summary.log_sha256],
  ];
  process.stdout.write(`\n${lines.map(([k, v]) => `${k.padEnd(17)} ${v}`).join('\n')}\n`);
}
