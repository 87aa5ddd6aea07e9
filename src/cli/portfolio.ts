import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { bookChains, chainHistory, chainSources } from '../app/book-chain.ts';
import { engineSources, heldPositions, termPoints } from '../app/book-engine.ts';
import { CsvError } from '../app/csv.ts';
import { readPositions, type PositionFile } from '../app/position-file.ts';
import { LogWalk } from '../app/state-at.ts';
import { isoTime } from '../market/iso-time.ts';
import type { BookReport, BucketSlopes, BookSources } from '../portfolio/book-lines.ts';
import { bookReport } from '../portfolio/book-report.ts';
import type { Position } from '../portfolio/position.ts';
import { historicalWindows, type NamedScenario, type TermPoint } from '../portfolio/stress.ts';
import { RecordingError } from '../venue/recording/recording-error.ts';
import { printBook } from './book-tables.ts';
import { logDirectory } from './log-directory.ts';
import { Progress } from './progress.ts';
import { UsageError, parseTime } from './usage-error.ts';

interface PortfolioFlags {
  chain?: string[];
  log?: string;
  at?: string;
  history?: string[];
  window: string;
  slopes?: string;
  to?: string;
  map?: string;
  json?: boolean;
}

/** `vernier portfolio [FILE] --chain CHAINS` and `vernier portfolio [FILE] --log LOG [--at T]` */
export function registerPortfolio(program: Command): void {
  program
    .command('portfolio')
    .description('a book at a moment: exposures three ways, vega, scenarios, margin and money')
    .argument('[file]', 'positions: CSV with instrument,size[,entry][,account], or JSON; default: those in the log')
    .option('--chain <files...>', 'value it at the last snapshot of recorded chains (parquet, CSV, JSON; gz accepted)')
    .option('--log <dir>', 'value it with the models and markets of a session log')
    .option('--at <time>', 'of the log: as it was then, ISO-8601 UTC (default: its end)')
    .option('--history <files...>', 'recorded chains, or `log` for the log itself: the worst windows as scenarios')
    .option('--window <hours>', 'length of a window of history', '24')
    .option('--slopes <ndjson>', 'slopes by bucket from `vernier hedge backtest --json`: adds the empirical exposure')
    .option('--to <time>', 'of the chains: take the last snapshot up to this time, ISO-8601 UTC')
    .option('--map <yaml>', 'mapping file for a dialect that is not built in (docs/mapping-files.md)')
    .option('--json', 'one JSON object a line on stdout')
    .action(portfolio);
}

async function portfolio(file: string | undefined, flags: PortfolioFlags): Promise<void> {
  if ((flags.chain === undefined) === (flags.log === undefined)) throw new UsageError('give either --chain or --log');
  if (flags.log === undefined && flags.at !== undefined) throw new UsageError('--at is for --log; chains take --to');
  if (file === undefined && flags.log === undefined) throw new UsageError('--chain needs a file of positions');
  const book = file === undefined ? null : ownBook(file);
  if (file !== undefined && flags.json === true) tellRefused(file, book?.refused ?? []);
  const own = book?.positions ?? null;
  const slopes = flags.slopes === undefined ? null : readSlopes(flags.slopes);
  const progress = new Progress(flags.json === true);
  try {
    const history = await readHistory(flags, progress);
    const { positions, sources } =
      flags.log === undefined
        ? await fromChains(own ?? [], flags, history, progress)
        : await fromLog(own, flags, history);
    if (positions.length === 0) throw new UsageError('nothing is held at that time');
    const report = bookReport(positions, sources, slopes);
    progress.clear();
    if (flags.json === true) for (const h of report.unvalued) process.stderr.write(`${h.instrument}: ${h.reason}\n`);
    if (flags.json === true) printJson(report, book?.refused ?? []);
    else printBook(report, book?.refused ?? []);
  } catch (error) {
    if (error instanceof RecordingError) throw new UsageError(error.message, { cause: error });
    throw error;
  } finally {
    progress.clear();
  }
}

/** Positions of a file; what it cannot use is told on stderr. */
export function ownPositions(file: string): readonly Position[] {
  const book = ownBook(file);
  tellRefused(file, book.refused);
  return book.positions;
}

function tellRefused(file: string, refused: readonly string[]): void {
  for (const reason of refused.slice(0, MOST_TOLD)) process.stderr.write(`${file}: ${reason}\n`);
  if (refused.length > MOST_TOLD) process.stderr.write(`${file}: ${refused.length} rows left out in all\n`);
}

const MOST_TOLD = 5;

function ownBook(file: string): PositionFile {
  const book = readBook(file);
  if (book.positions.length === 0) {
    const why = book.refused.length === 0 ? '' : `: ${book.refused.slice(0, MOST_TOLD).join('; ')}`;
    throw new UsageError(`${file}: no usable position${why}`);
  }
  return book;
}

interface Valued {
  readonly positions: readonly Position[];
  readonly sources: BookSources;
}

type History = ReadonlyMap<string, readonly NamedScenario[]>;

async function fromLog(own: readonly Position[] | null, flags: PortfolioFlags, history: History): Promise<Valued> {
  const walk = new LogWalk(await logDirectory(flags.log ?? ''));
  const to = flags.at === undefined ? Infinity : parseTime('--at', flags.at);
  const recorded = flags.history?.includes(LOG_HISTORY) === true ? await walkHistory(walk, to, hoursOf(flags)) : null;
  const reached = recorded === null ? await walk.until(to) : recorded.reached;
  if (!reached && to !== Infinity)
    process.stderr.write(`${flags.log ?? ''}: ends at ${isoTime(walk.at)}, before --at\n`);
  const { state } = walk;
  const positions = own ?? heldPositions(state);
  const windows = recorded === null ? history : joined(history, recorded.windows);
  return { positions, sources: engineSources(state, positions, walk.at, windows) };
}

async function fromChains(
  positions: readonly Position[],
  flags: PortfolioFlags,
  history: History,
  progress: Progress,
): Promise<Valued> {
  const files = filesOf(flags.chain ?? []);
  const to = flags.to === undefined ? undefined : parseTime('--to', flags.to);
  const onProgress = (done: number): void => progress.show(`${(100 * done).toFixed(0)} %`);
  const chains = await bookChains(files, { map: flags.map, to, onProgress }, new Map());
  if (chains.snapshots.size === 0) throw new UsageError(`${files.join(', ')}: no snapshot of coin-settled options`);
  return { positions, sources: chainSources(chains, history) };
}

async function readHistory(flags: PortfolioFlags, progress: Progress): Promise<History> {
  const files = (flags.history ?? []).filter((f) => f !== LOG_HISTORY);
  const hours = hoursOf(flags);
  if (files.length === 0) return new Map();
  const onProgress = (done: number): void => progress.show(`history ${(100 * done).toFixed(0)} %`);
  return chainHistory(filesOf(files), hours, { map: flags.map, onProgress }, new Map());
}

/** `--history log`: the log itself, up to the moment asked for. */
const LOG_HISTORY = 'log';
/** Points of a log's history in one window. */
const POINTS = 4;
const MOST_POINTS = 15_000;

function hoursOf({ window }: PortfolioFlags): number {
  const hours = Number(window);
  if (!(hours > 0 && hours <= 8_760)) throw new UsageError(`--window ${window}: hours, up to 8760`);
  return hours;
}

/** Walks a log to `to`, and what its markets did in every window on the way. */
async function walkHistory(walk: LogWalk, to: number, hours: number): Promise<{ reached: boolean; windows: History }> {
  const points = new Map<string, TermPoint[]>();
  const step = (hours * 3_600_000) / POINTS;
  let more = await walk.untilFirst();
  for (let next = walk.at; more && next < to; next += step) {
    more = await walk.until(Math.min(next, to));
    for (const [coin, point] of termPoints(walk.state, walk.at)) {
      const held = points.get(coin) ?? [];
      points.set(coin, held);
      if (held.at(-1)?.at !== point.at) held.push(point);
      if (held.length > MOST_POINTS) held.shift();
    }
  }
  const reached = more && (await walk.until(to));
  return { reached, windows: new Map([...points].map(([coin, p]) => [coin, historicalWindows(p, hours)])) };
}

function joined(a: History, b: History): History {
  return new Map([...new Set([...a.keys(), ...b.keys()])].map((k) => [k, [...(a.get(k) ?? []), ...(b.get(k) ?? [])]]));
}

function filesOf(files: readonly string[]): readonly string[] {
  for (const file of files) if (!existsSync(file)) throw new UsageError(`${file}: no such file`);
  return files;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

function readBook(file: string): PositionFile {
  try {
    return readPositions(textOf(file));
  } catch (error) {
    if (error instanceof CsvError) throw new UsageError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Slopes of the reference family over everything, by bucket. */
function readSlopes(file: string): BucketSlopes {
  const slopes = new Map<string, { beta: number; standardError: number }>();
  for (const line of textOf(file).split('\n')) {
    if (!line.includes('"type":"slope"')) continue;
    let s: Record<string, unknown>;
    try {
      s = JSON.parse(line) as Record<string, unknown>;
    } catch (error) {
      throw new UsageError(`${file}: a line is no JSON`, { cause: error });
    }
    const isWhole = s['window'] === 'all' && s['regime'] === 'any' && s['family'] === 'sticky-strike';
    if (!isWhole || s['tenor'] === 'all' || typeof s['beta'] !== 'number') continue;
    const standardError = typeof s['se'] === 'number' ? s['se'] : NaN;
    slopes.set([s['underlying'], s['side'], s['tenor'], s['delta']].join(' '), { beta: s['beta'], standardError });
  }
  if (slopes.size === 0) throw new UsageError(`${file}: no slopes of sticky-strike by tenor in it`);
  return slopes;
}

function printJson(report: BookReport, refused: readonly string[]): void {
  const { exposures, buckets, vegas, scenarios, margins, money } = report;
  const book = {
    type: 'book',
    at: isoTime(report.at),
    dollars: report.dollars,
    refused,
    unvalued: report.unvalued,
    unlisted: report.unlisted,
  };
  for (const line of [book, ...exposures, ...buckets, ...vegas, ...scenarios, ...margins, ...money])
    process.stdout.write(`${JSON.stringify(line)}\n`);
}
