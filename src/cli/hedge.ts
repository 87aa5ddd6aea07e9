import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { CsvError } from '../app/csv.ts';
import { hedgeChains, logChains } from '../app/hedge-chains.ts';
import { hedgeReport, recordingSegments, REFERENCE_FAMILY } from '../app/hedge-report.ts';
import { hedgeSvg } from '../app/hedge-svg.ts';
import { readPositions } from '../app/position-file.ts';
import { LogError } from '../store/log-error.ts';
import type { BookLine, FamilyLine, HedgeReport, ReportWindow, SlopeLine, WinnerLine } from '../app/hedge-report.ts';
import { BACKTEST_FAMILIES, DEFAULT_BACKTEST, HedgeBacktest } from '../hedge/backtest.ts';
import { RecordingError } from '../venue/recording/recording-error.ts';
import { logDirectory } from './log-directory.ts';
import { printEvidence } from './hedge-evidence-tables.ts';
import { writeOutput } from './output-file.ts';
import { Progress } from './progress.ts';
import { table } from './table.ts';
import { UsageError, parseTime } from './usage-error.ts';

interface BacktestFlags {
  families?: string;
  slopes: string;
  window: string[];
  without: string[];
  hedgeWith: string;
  feeBp: string;
  lags: string;
  map?: string;
  positions?: string;
  every: string;
  chart?: string;
  from?: string;
  to?: string;
  json?: boolean;
}

const collect = (value: string, before: string[]): string[] => [...before, value];

/** `vernier hedge backtest CHAINS...|LOG [--positions FILE] [--chart FILE.svg]` */
export function registerHedge(program: Command): void {
  program
    .command('hedge')
    .description('hedging models against what prices then did')
    .command('backtest')
    .description('hedge every recorded option over every step with every family, knowing only the past')
    .argument('<chains...>', 'recorded chains of coin-settled options (parquet, CSV; gz accepted), or one session log')
    .option('--positions <file>', 'also hedge this book (CSV or JSON, docs/portfolio.md)')
    .option('--every <minutes>', 'a streamed session log becomes a snapshot this often; at least 5', '5')
    .option('--chart <svg>', 'write the variance saved by every family as a picture')
    .option('--families <list>', `comma-separated, of ${BACKTEST_FAMILIES.join(', ')}; all without it`)
    .option('--slopes <list>', 'families whose slopes are listed', `venue,${REFERENCE_FAMILY}`)
    .option('--window <name=FROM/TO>', 'also report this span, ISO-8601 UTC; repeatable', collect, [])
    .option('--without <FROM/TO>', 'also report all but this span; repeatable', collect, [])
    .option('--hedge-with <price>', 'forward of the expiry, or index (a perpetual at the spot index)', 'forward')
    .option('--fee-bp <bp>', 'taker fee of the hedge, basis points of notional', '5')
    .option('--lags <n>', 'Newey-West lags of slopes, in steps; 0 = clustered by time alone', '0')
    .option('--from <time>', 'leave out what is earlier')
    .option('--to <time>', 'leave out what is later')
    .option('--map <yaml>', 'mapping file for a dialect that is not built in (docs/mapping-files.md)')
    .option('--json', 'one JSON object a line on stdout')
    .action(backtest);
}

async function backtest(files: readonly string[], flags: BacktestFlags): Promise<void> {
  for (const file of files) if (!existsSync(file)) throw new UsageError(`${file}: no such file`);
  const families = namesOf('--families', flags.families ?? BACKTEST_FAMILIES.join(','));
  const slopeFamilies = namesOf('--slopes', flags.slopes);
  const hedgeWith = flags.hedgeWith;
  if (hedgeWith !== 'forward' && hedgeWith !== 'index')
    throw new UsageError(`--hedge-with ${hedgeWith}: forward or index`);
  const fee = numberOf('--fee-bp', flags.feeBp) / 1e4;
  const lags = numberOf('--lags', flags.lags);
  const given = [...flags.window.map(namedWindow), ...flags.without.map(excludedWindow)];
  const every = numberOf('--every', flags.every) * 60_000;
  if (!(every >= 300_000))
    throw new UsageError(
      `--every ${flags.every}: at least 5 minutes (over less, option and forward are seen too far apart)`,
    );
  const book = flags.positions === undefined ? undefined : bookOf(flags.positions);
  const sizes = book?.sizes;
  const isLog = files.length === 1 && statSync(files[0]).isDirectory();
  if (isLog) await logDirectory(files[0]);
  // Costly models are refitted hourly on a streamed log, daily on six-hourly chains.
  const refitEvery = isLog ? Math.max(1, Math.round(3_600_000 / every)) : DEFAULT_BACKTEST.refitEvery;
  const options = {
    ...DEFAULT_BACKTEST,
    hedgeWith,
    fee,
    families,
    refitEvery,
    ...(sizes === undefined ? {} : { sizes }),
  } as const;
  const run = new HedgeBacktest(options);
  const refused = new Map<string, number>();
  const progress = new Progress(flags.json === true);
  const recording = {
    map: flags.map,
    from: flags.from === undefined ? undefined : parseTime('--from', flags.from),
    to: flags.to === undefined ? undefined : parseTime('--to', flags.to),
    onProgress: (share: number): void => progress.show(`${(100 * share).toFixed(0)} %`),
  };
  try {
    const { from, to } = recording;
    const chains = isLog ? logChains(files[0], { from, to, every }, refused) : hedgeChains(files, recording, refused);
    for await (const snapshot of chains) run.add(snapshot);
  } catch (error) {
    if (error instanceof RecordingError || error instanceof LogError)
      throw new UsageError(error.message, { cause: error });
    throw error;
  } finally {
    progress.clear();
  }
  const leftOut = [...refused].map(([reason, n]) => `${reason} ${n}`).join(', ');
  if (leftOut !== '') process.stderr.write(`rows left out: ${leftOut}\n`);
  if (run.returns.length === 0)
    throw new UsageError(
      `${files.join(', ')}: no two snapshots of coin-settled options within 12 hours${isLog ? ` (a stream is taken every ${flags.every} minutes)` : ''}`,
    );
  const windows = [...recordingSegments(run), ...given];
  const report = hedgeReport(run, { windows, slopeFamilies, lags });
  if (sizes !== undefined && report.book.length === 0)
    throw new UsageError(`--positions ${flags.positions}: none of its options was quoted at both ends of a step`);
  if (flags.chart !== undefined) writeOutput('--chart', flags.chart, hedgeSvg(report, 'Hedge backtest'));
  const unhedged = book === undefined ? [] : [...book.unhedged, ...neverQuoted(book.sizes, run)];
  if (flags.json === true) printJson(report, unhedged);
  else printTables(report, unhedged);
}

/** A holding of the book that no figure contains, and why. */
interface Unhedged {
  readonly type: 'book-unhedged';
  readonly instrument: string;
  readonly size: number;
  readonly reason: string;
}

function neverQuoted(sizes: ReadonlyMap<string, number>, run: HedgeBacktest): Unhedged[] {
  return [...sizes].flatMap(([instrument, size]): Unhedged[] => {
    if (run.hedgedSteps.has(instrument)) return [];
    const reason = size === 0 ? 'its rows add up to nothing' : 'not quoted at both ends of any step';
    return [{ type: 'book-unhedged', instrument, size, reason }];
  });
}

/** Coins of each coin-settled option in a file of positions, and what else is in it. */
function bookOf(path: string): { readonly sizes: ReadonlyMap<string, number>; readonly unhedged: readonly Unhedged[] } {
  if (!existsSync(path)) throw new UsageError(`--positions ${path}: no such file`);
  try {
    const { positions, refused } = readPositions(readFileSync(path, 'utf8'));
    for (const why of refused) process.stderr.write(`--positions ${path}: ${why}\n`);
    const sizes = new Map<string, number>();
    const unhedged: Unhedged[] = [];
    for (const p of positions) {
      if (p.kind === 'option' && p.settlement === 'inverse') {
        sizes.set(p.symbol, (sizes.get(p.symbol) ?? 0) + p.size);
        continue;
      }
      const reason = p.kind === 'option' ? 'not settled in the coin' : 'no option: nothing to hedge';
      const instrument = p.kind === 'equity' ? p.currency : p.symbol;
      unhedged.push({ type: 'book-unhedged', instrument, size: p.size, reason });
    }
    if (sizes.size === 0) throw new UsageError(`--positions ${path}: no coin-settled option in it`);
    return { sizes, unhedged };
  } catch (error) {
    if (error instanceof CsvError) throw new UsageError(`--positions ${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

function namesOf(option: string, list: string): string[] {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  for (const name of names)
    if (!BACKTEST_FAMILIES.includes(name))
      throw new UsageError(`${option} ${name}: one of ${BACKTEST_FAMILIES.join(', ')}`);
  if (names.length === 0) throw new UsageError(`${option}: no family named`);
  return names;
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1000)) throw new UsageError(`${option} ${text}: a number from 0 to 1000`);
  return value;
}

function spanOf(option: string, text: string): { from: number; to: number } {
  const [from, to, more] = text.split('/');
  if (to === undefined || more !== undefined) throw new UsageError(`${option} ${text}: FROM/TO, ISO-8601`);
  const span = { from: parseTime(option, from), to: parseTime(option, to) };
  if (!(span.from < span.to)) throw new UsageError(`${option} ${text}: ends before it starts`);
  return span;
}

function namedWindow(text: string): ReportWindow {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--window ${text}: name=FROM/TO`);
  return { name: text.slice(0, at), ...spanOf('--window', text.slice(at + 1)) };
}

function excludedWindow(text: string): ReportWindow {
  return { name: `without ${text}`, ...spanOf('--without', text), outside: true };
}

function printJson(report: HedgeReport, unhedged: readonly Unhedged[]): void {
  const lines = [
    ...report.families,
    ...report.book,
    ...unhedged,
    ...report.slopes,
    ...report.winners,
    ...report.evidence,
  ];
  for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
}

const percent = (v: number | null, digits: number = 1): string => (v === null ? '-' : (100 * v).toFixed(digits));
const fixed = (v: number | null, digits: number): string => (v === null ? '-' : v.toFixed(digits));

function printTables(report: HedgeReport, unhedged: readonly Unhedged[]): void {
  for (const underlying of new Set(report.families.map((f) => f.underlying))) {
    const families = report.families.filter((f) => f.underlying === underlying);
    for (const window of report.windows)
      for (const set of ['otm', 'all'])
        printFamilies(
          `${underlying}, ${window.name}, ${set === 'otm' ? '|delta| 2-50 %' : 'all options'}`,
          families.filter((f) => f.window === window.name && f.set === set),
        );
    printSlopes(
      underlying,
      report.slopes.filter(
        (s) =>
          s.underlying === underlying &&
          s.tenor === 'all' &&
          s.beta !== null &&
          (s.window === 'all' || s.regime === 'any'),
      ),
    );
    printBook(
      underlying,
      report.book.filter((b) => b.underlying === underlying),
    );
    printWinners(
      underlying,
      report.winners.filter((w) => w.underlying === underlying),
    );
    printEvidence(underlying, report.evidence);
  }
  if (unhedged.length > 0) process.stdout.write('\n');
  for (const { instrument, size, reason } of unhedged)
    process.stdout.write(`${size} ${instrument} is in no figure of the book: ${reason}\n`);
  process.stdout.write(
    `\nA slope of 1 means prices moved as predicted. Slopes belong to their window and regime; the reference of gains,\n` +
      `tests and paired differences is ${REFERENCE_FAMILY} (Black in the right convention of each currency).\n` +
      `Slopes of every tenor are in --json.\n`,
  );
}

function printFamilies(title: string, lines: readonly FamilyLine[]): void {
  if (lines.every((f) => f.n === 0)) return;
  process.stdout.write(`\n${title}: variance reduction, gain and Diebold-Mariano against ${REFERENCE_FAMILY}\n`);
  table([
    ['family', 'n', 'own %', 'coin %', 'usd %', 'gain coin %', 'gain usd %', 'DM coin', 'DM usd', 'cost bp'],
    ...lines.map((f) => [
      f.family,
      String(f.n),
      percent(f.answered, 0),
      percent(f.variance_reduction_coin),
      percent(f.variance_reduction_usd),
      percent(f.gain_coin),
      percent(f.gain_usd),
      fixed(f.dm_coin, 2),
      fixed(f.dm_usd, 2),
      fixed(f.cost_bp, 3),
    ]),
  ]);
}

function printSlopes(underlying: string, lines: readonly SlopeLine[]): void {
  if (lines.length === 0) return;
  process.stdout.write(`\n${underlying}: slope of realised on predicted moves, 95 % interval clustered by time\n`);
  table([
    ['side delta', 'window', 'regime', 'family', 'slope', '+-', 'naive +-', 'n', 'times', 'minus reference'],
    ...lines.map((s) => [
      `${s.side} ${s.delta}`,
      s.window,
      s.regime,
      s.family,
      fixed(s.beta, 3),
      fixed(s.se === null ? null : 1.96 * s.se, 3),
      fixed(s.naive_se === null ? null : 1.96 * s.naive_se, 3),
      String(s.n),
      String(s.clusters),
      s.minus_reference === null
        ? '-'
        : `${fixed(s.minus_reference, 3)} +- ${fixed(1.96 * (s.minus_reference_se ?? NaN), 3)}`,
    ]),
  ]);
}

function printBook(underlying: string, lines: readonly BookLine[]): void {
  if (lines.length === 0) return;
  process.stdout.write(
    `\n${underlying}, the positions given: standard deviation of a step's change, coin and USD over the forward\n`,
  );
  table([
    ['family', 'steps', 'coin', 'hedged', 'saved %', 'usd', 'hedged', 'saved %', 'cost coin'],
    ...lines.map((b) => [
      b.family,
      String(b.steps),
      b.unhedged_coin.toPrecision(4),
      b.hedged_coin.toPrecision(4),
      percent(b.variance_reduction_coin),
      b.unhedged_usd.toPrecision(4),
      b.hedged_usd.toPrecision(4),
      percent(b.variance_reduction_usd),
      b.cost_coin.toPrecision(4),
    ]),
  ]);
}

function printWinners(underlying: string, lines: readonly WinnerLine[]): void {
  if (lines.length === 0) return;
  process.stdout.write(`\n${underlying}: best single-instrument family of each bucket\n`);
  table([
    ['side tenor delta', 'currency', 'family', 'gain %', 'DM', 'p', 'E decades', 'n'],
    ...lines.map((w) => [
      `${w.side} ${w.tenor} ${w.delta}`,
      w.currency,
      w.family,
      percent(w.gain),
      fixed(w.dm, 2),
      fixed(w.p, 3),
      fixed(w.evidence, 2),
      String(w.n),
    ]),
  ]);
}
