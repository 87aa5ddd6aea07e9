import type { Command } from 'commander';
import { explainPnl, type ExplainedStretch, type ExplainedUnderlying } from '../app/explain-pnl.ts';
import { isoTime } from '../market/iso-time.ts';
import { EXPLAIN_TERMS, type ExplainedBook } from '../portfolio/book-explain.ts';
import { printTable } from './book-tables.ts';
import { logDirectory } from './log-directory.ts';
import { ownPositions } from './portfolio.ts';
import { Progress } from './progress.ts';
import { parseTime, UsageError } from './usage-error.ts';

interface ExplainFlags {
  from?: string;
  to?: string;
  step: string;
  source: string;
  positions?: string;
  json?: boolean;
}

/** `vernier explain-pnl LOG --from T --to T` */
export function registerExplainPnl(program: Command): void {
  program
    .command('explain-pnl')
    .description('what a book earned over a stretch of a session log, term by term, in coin and USD')
    .argument('<log>', 'directory of a session log')
    .option('--from <time>', 'start, ISO-8601 UTC (default: where something is held and priced)')
    .option('--to <time>', 'end, ISO-8601 UTC (default: the end of the log)')
    .option('--step <s>', 'positions and greeks are taken anew this often, seconds of market time', '3600')
    .option('--source <name>', 'whose volatilities value it: champion, venue, or a watched model', 'champion')
    .option('--positions <file>', 'explain this book instead of the one in the log')
    .option('--json', 'one JSON object a line on stdout')
    .action(explain);
}

async function explain(log: string, flags: ExplainFlags): Promise<void> {
  const step = Number(flags.step);
  if (!(step >= 1 && step < Infinity)) throw new UsageError(`--step ${flags.step}: seconds, at least 1`);
  if (!/^[a-z][\w-]{0,39}$/.test(flags.source)) throw new UsageError(`--source ${flags.source}: the name of a model`);
  const progress = new Progress(flags.json === true);
  const stretch = await explainPnl({
    files: await logDirectory(log),
    from: flags.from === undefined ? -Infinity : parseTime('--from', flags.from),
    to: flags.to === undefined ? Infinity : parseTime('--to', flags.to),
    stepMs: 1_000 * step,
    source: flags.source,
    positions: flags.positions === undefined ? null : ownPositions(flags.positions),
    onProgress: (at) => progress.show(isoTime(at)),
  }).finally(() => progress.clear());
  if (flags.json === true)
    for (const [symbol, steps] of stretch.unpriced)
      process.stderr.write(`${symbol}: no price in ${steps} of ${stretch.steps} steps\n`);
  if (flags.json === true) printJson(stretch, flags.source);
  else print(stretch, flags.source);
}

function printJson(stretch: ExplainedStretch, source: string): void {
  const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  const { from, to, steps, jumpUsd } = stretch;
  say({
    type: 'stretch',
    from: isoTime(from),
    to: isoTime(to),
    steps,
    source,
    recalibration_jump_usd: jumpUsd,
    unpriced_steps: Object.fromEntries(stretch.unpriced),
  });
  for (const u of stretch.underlyings)
    for (const [numeraire, book] of [
      ['usd', u.usd],
      ['coin', u.coin],
    ] as const)
      // prettier-ignore
      say({
        type: 'explain',
        underlying: u.underlying,
        numeraire,
        value_before: book.valueBefore,
        value_after: book.valueAfter,
        pnl: book.pnl,
        ...book.terms,
        residual: book.residual,
        vega_predicted: book.vegaPredicted,
        vega_unpredicted: book.vegaUnpredicted,
        step_time: book.stepTime,
        step_forward: book.stepForward,
        step_volatility: book.stepVolatility,
        observed: numeraire === 'coin' ? u.observedCoin : null,
      });
}

function print(stretch: ExplainedStretch, source: string): void {
  const { from, to, steps, jumpUsd } = stretch;
  process.stdout.write(`${isoTime(from)} to ${isoTime(to)}, ${steps} steps, valued by ${source}\n`);
  for (const [symbol, n] of stretch.unpriced)
    process.stdout.write(`not in any figure of ${n} of ${steps} steps: ${symbol} has no price\n`);
  for (const u of stretch.underlyings) {
    chart(`${u.underlying}, USD`, u.usd, 2);
    chart(`${u.underlying}, coin-margined holdings in ${u.underlying}`, u.coin, 6);
    revaluation(u);
  }
  process.stdout.write(`\nrecalibration jumps recorded in the stretch (already in vega): ${jumpUsd.toFixed(2)} USD\n`);
}

const WIDTH = 40;

/** A waterfall: each bar begins where the one before ended. */
function chart(title: string, book: ExplainedBook, digits: number): void {
  const rows: [string, number][] = [...EXPLAIN_TERMS.map((t): [string, number] => [t, book.terms[t]]), ['residual', book.residual]]; // prettier-ignore
  const shown = rows.filter(([, v]) => v !== 0);
  let [level, low, high] = [0, 0, 0];
  for (const [, v] of shown) {
    level += v;
    [low, high] = [Math.min(low, level), Math.max(high, level)];
  }
  const cell = (v: number): number => (high > low ? Math.round(((v - low) / (high - low)) * WIDTH) : 0);
  const bar = (from: number, to: number): string => {
    const [a, b] = [Math.min(cell(from), cell(to)), Math.max(cell(from), cell(to))];
    return `${' '.repeat(a)}${(to >= from ? '+' : '-').repeat(Math.max(1, b - a))}`;
  };
  process.stdout.write(`\n${title}: ${book.valueBefore.toFixed(digits)} to ${book.valueAfter.toFixed(digits)}\n`);
  level = 0;
  printTable([
    ['term', 'amount', ''],
    ...shown.map(([name, v]) => {
      const row = [name, v.toFixed(digits), bar(level, level + v).padEnd(WIDTH + 1)];
      level += v;
      return row;
    }),
    ['total', book.pnl.toFixed(digits), bar(0, book.pnl).padEnd(WIDTH + 1)],
  ]);
}

function revaluation(u: ExplainedUnderlying): void {
  const { usd, coin } = u;
  const row = (name: string, a: number, b: number): string[] => [name, a.toFixed(2), b.toFixed(6)];
  process.stdout.write(`\n${u.underlying}: options by exact revaluation, and vega by what the model had predicted\n`);
  printTable([
    ['step', 'USD', 'coin'],
    row('time', usd.stepTime, coin.stepTime),
    row('forward', usd.stepForward, coin.stepForward),
    row('volatility', usd.stepVolatility, coin.stepVolatility),
    row('vega, predicted with the forward', usd.vegaPredicted, coin.vegaPredicted),
    row('vega, beyond it', usd.vegaUnpredicted, coin.vegaUnpredicted),
  ]);
  if (u.observedCoin !== null)
    process.stdout.write(
      `${u.underlying}: the venue's own equity changed by ${u.observedCoin.toFixed(6)}, explained ${coin.pnl.toFixed(6)}\n`,
    );
}
