import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { bookChains, type BookChains } from '../app/book-chain.ts';
import { bookReport, GRID_VOLATILITIES } from '../app/book-report.ts';
import type { BookReport, BucketSlopes, ScenarioLine } from '../app/book-report.ts';
import { CsvError } from '../app/csv.ts';
import { readPositions, type PositionFile } from '../app/position-file.ts';
import { isoTime } from '../market/iso-time.ts';
import { RecordingError } from '../venue/recording/recording-error.ts';
import { Progress } from './progress.ts';
import { UsageError, parseTime } from './usage-error.ts';

interface PortfolioFlags {
  chain: string[];
  slopes?: string;
  to?: string;
  map?: string;
  json?: boolean;
}

/** `vernier portfolio FILE --chain CHAINS` */
export function registerPortfolio(program: Command): void {
  program
    .command('portfolio')
    .description('a book against the last snapshot of recorded chains: exposures by source, vega, scenarios, margin')
    .argument('<file>', 'positions: CSV with instrument,size[,entry][,account], or JSON with the same fields')
    .requiredOption('--chain <files...>', 'recorded chains of coin-settled options (parquet, CSV, JSON; gz accepted)')
    .option('--slopes <ndjson>', 'slopes by bucket from `vernier hedge backtest --json`: adds the empirical exposure')
    .option('--to <time>', 'take the last snapshot up to this time, ISO-8601 UTC')
    .option('--map <yaml>', 'mapping file for a dialect that is not built in (docs/mapping-files.md)')
    .option('--json', 'one JSON object a line on stdout')
    .action(portfolio);
}

async function portfolio(file: string, flags: PortfolioFlags): Promise<void> {
  const book = readBook(file);
  for (const reason of book.refused.slice(0, 5)) process.stderr.write(`${file}: ${reason}\n`);
  if (book.refused.length > 5) process.stderr.write(`${file}: ${book.refused.length} rows left out in all\n`);
  if (book.positions.length === 0) throw new UsageError(`${file}: no usable position`);
  const slopes = flags.slopes === undefined ? null : readSlopes(flags.slopes);
  const chains = await readChains(flags);
  const report = bookReport(book.positions, chains, slopes);
  for (const { instrument, reason } of report.unvalued) process.stderr.write(`${instrument}: ${reason}\n`);
  if (flags.json === true) printJson(report);
  else print(report);
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
  const slopes = new Map<string, number>();
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
    slopes.set([s['underlying'], s['side'], s['tenor'], s['delta']].join(' '), s['beta']);
  }
  if (slopes.size === 0) throw new UsageError(`${file}: no slopes of sticky-strike by tenor in it`);
  return slopes;
}

async function readChains(flags: PortfolioFlags): Promise<BookChains> {
  for (const file of flags.chain) if (!existsSync(file)) throw new UsageError(`${file}: no such file`);
  const progress = new Progress(flags.json === true);
  const to = flags.to === undefined ? undefined : parseTime('--to', flags.to);
  const onProgress = (share: number): void => progress.show(`${(100 * share).toFixed(0)} %`);
  try {
    const chains = await bookChains(flags.chain, { map: flags.map, to, onProgress }, new Map());
    if (chains.snapshots.size === 0)
      throw new UsageError(`${flags.chain.join(', ')}: no snapshot of coin-settled options`);
    return chains;
  } catch (error) {
    if (error instanceof RecordingError) throw new UsageError(error.message, { cause: error });
    throw error;
  } finally {
    progress.clear();
  }
}

function printJson(report: BookReport): void {
  const lines = [
    { type: 'book', at: isoTime(report.at), dollars: report.dollars, unvalued: report.unvalued },
    ...report.exposures,
    ...report.vegas,
    ...report.scenarios,
    ...report.margins,
  ];
  for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
}

const money = (v: number): string => v.toFixed(2);
const coins = (v: number): string => v.toFixed(6);
const share = (v: number | null): string => (v === null ? 'none' : `${(100 * v).toFixed(1)} %`);

function table(rows: readonly (readonly string[])[]): void {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((r) => r[c].length)));
  for (const r of rows)
    process.stdout.write(
      `  ${r.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  ')}\n`,
    );
}

function print(report: BookReport): void {
  process.stdout.write(`book at ${isoTime(report.at)}; dollars ${money(report.dollars)} USD\n`);
  for (const underlying of new Set(report.exposures.map((e) => e.underlying))) {
    process.stdout.write(`\n${underlying}: exposures by source (USD delta = equity + net delta; deltas in coins)\n`);
    table([
      ['source', 'value coin', 'value USD', 'Black delta', 'net delta', 'USD delta', 'gamma USD/1%', 'vega USD/pt', 'vega 30d', 'theta USD/d'], // prettier-ignore
      ...report.exposures
        .filter((e) => e.underlying === underlying)
        .map((e) => [
          e.source,
          coins(e.value_coin),
          money(e.value_usd),
          coins(e.delta_black),
          coins(e.delta_net),
          coins(e.delta_usd),
          money(e.gamma_usd_per_percent),
          money(e.vega_usd_per_point),
          money(e.vega_usd_per_point_30d),
          money(e.theta_usd_per_day),
        ]),
    ]);
    const vegas = report.vegas.filter((v) => v.underlying === underlying);
    if (vegas.length > 0) {
      process.stdout.write(`\n${underlying}: vega by expiry, USD per point of level, skew and curvature\n`);
      table([
        ['expiry', 'level', 'skew', 'convexity'],
        ...vegas.map((v) => [v.expiry, money(v.level), money(v.skew), money(v.convexity)]),
      ]);
    }
    printGrid(
      underlying,
      report.scenarios.filter((s) => s.underlying === underlying),
    );
    process.stdout.write(
      `\n${underlying}: venue-style margin, and the spot move at which equity no longer covers it\n`,
    );
    table([
      ['source', 'margin coin', 'margin USD', 'down', 'up'],
      ...report.margins
        .filter((m) => m.underlying === underlying)
        .map((m) => [m.source, coins(m.margin_coin), money(m.margin_usd), share(m.liquidation_down), share(m.liquidation_up)]), // prettier-ignore
    ]);
  }
}

function printGrid(underlying: string, cells: readonly ScenarioLine[]): void {
  process.stdout.write(`\n${underlying}: profit and loss by spot and volatility move, USD\n`);
  const spots = [...new Set(cells.map((c) => c.spot))];
  table([
    ['spot', ...GRID_VOLATILITIES.map((v) => `vol ${v >= 0 ? '+' : ''}${(100 * v).toFixed(0)} pt`)],
    ...spots.map((spot) => [
      `${spot >= 0 ? '+' : ''}${(100 * spot).toFixed(0)} %`,
      ...cells.filter((c) => c.spot === spot).map((c) => money(c.pnl_usd)),
    ]),
  ]);
}
