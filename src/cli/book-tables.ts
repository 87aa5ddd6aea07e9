/** A book's report as tables for people. */
import type { BookReport, BucketLine, MarginLine, ScenarioLine } from '../portfolio/book-lines.ts';
import { GRID_VOLATILITIES } from '../portfolio/book-report.ts';
import { isoTime } from '../market/iso-time.ts';

const money = (v: number): string => v.toFixed(2);
const coins = (v: number): string => v.toFixed(6);
const share = (v: number | null): string => (v === null ? 'none' : `${(100 * v).toFixed(1)} %`);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Rows of text in aligned columns, the first row their names. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((r) => r[c].length)));
  for (const r of rows)
    say(`  ${r.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  ')}`);
}

const REASONS: Readonly<Record<string, string>> = {
  expired: 'has expired',
  'no-mark': 'is not priced: no quote, smile or mark of its expiry',
  'no-index': 'is not priced: no index of its underlying',
};

/** Prints everything that there is to say; `refused`: rows of the file that could not be used, and why. */
export function printBook(report: BookReport, refused: readonly string[]): void {
  say(`book at ${isoTime(report.at)}; dollar cash ${money(report.dollars)} USD`);
  const held = (h: { readonly instrument: string; readonly account: string; readonly size: number }): string =>
    `${h.size} ${h.instrument} (account ${h.account})`;
  for (const reason of refused) say(`left out, ${reason}`);
  for (const h of report.unvalued) say(`not in any figure: ${held(h)} ${REASONS[h.reason] ?? h.reason}`);
  for (const h of report.unlisted) say(`not listed, valued on its expiry's smile: ${held(h)}`);
  for (const underlying of new Set(report.exposures.map((e) => e.underlying))) printUnderlying(report, underlying);
}

function printUnderlying(report: BookReport, underlying: string): void {
  const of = <T extends { readonly underlying: string }>(lines: readonly T[]): T[] =>
    lines.filter((l) => l.underlying === underlying);
  say(`\n${underlying}: exposures by source (USD delta = equity + net delta; deltas in coins)`);
  printTable([
    ['source', 'account', 'value coin', 'value USD', 'Black delta', 'net delta', 'USD delta', 'gamma USD/1%', 'vega USD/pt', 'vega 30d', 'theta USD/d'], // prettier-ignore
    ...of(report.exposures).map((e) => [
      e.source,
      e.account,
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
  const buckets = of(report.buckets);
  if (buckets.length > 0) printBuckets(underlying, buckets);
  const vegas = of(report.vegas);
  if (vegas.length > 0) {
    say(`\n${underlying}: vega by expiry, USD per point of level, skew and curvature`);
    printTable([
      ['expiry', 'level', 'skew', 'convexity'],
      ...vegas.map((v) => [v.expiry, money(v.level), money(v.skew), money(v.convexity)]),
    ]);
  }
  printScenarios(underlying, of(report.scenarios));
  printMoney(report, underlying);
}

/** A line a bucket that any source has; the sources differ in which delta class an option is in. */
function printBuckets(underlying: string, buckets: readonly BucketLine[]): void {
  const sources = [...new Set(buckets.map((b) => b.source))];
  const nameOf = (b: BucketLine): string => `${b.account === 'all' ? '' : `${b.account} `}${b.tenor} ${b.side} ${b.delta}`; // prettier-ignore
  const rows = new Map<string, Map<string, BucketLine>>();
  for (const b of buckets) {
    const row = rows.get(nameOf(b)) ?? new Map<string, BucketLine>();
    rows.set(nameOf(b), row.set(b.source, b));
  }
  const cell = (b: BucketLine | undefined, read: (b: BucketLine) => string): string =>
    b === undefined ? '-' : read(b);
  say(
    `\n${underlying}: options by tenor, side and |Black delta| %, per source: how many, Black delta (coins), vega (USD/pt)`,
  );
  printTable([
    ['bucket', ...sources.flatMap((s) => [s, 'delta', 'vega'])],
    ...[...rows].map(([name, row]) => [
      name,
      ...sources.flatMap((s) => {
        const b = row.get(s);
        return [cell(b, (x) => String(x.positions)), cell(b, (x) => coins(x.delta_black)), cell(b, (x) => money(x.vega_usd_per_point))]; // prettier-ignore
      }),
    ]),
  ]);
}

function printScenarios(underlying: string, all: readonly ScenarioLine[]): void {
  const cells = all.filter((s) => s.set === 'grid');
  say(`\n${underlying}: profit and loss by spot and volatility move, USD`);
  printTable([
    ['spot', ...GRID_VOLATILITIES.map((v) => `vol ${v >= 0 ? '+' : ''}${(100 * v).toFixed(0)} pt`)],
    ...[...new Set(cells.map((c) => c.spot))].map((spot) => [
      `${spot >= 0 ? '+' : ''}${(100 * spot).toFixed(0)} %`,
      ...cells.filter((c) => c.spot === spot).map((c) => money(c.pnl_usd)),
    ]),
  ]);
  const named = all.filter((s) => s.set === 'stress' || s.set === 'history');
  say(`\n${underlying}: joint stresses${named.some((s) => s.set === 'history') ? ' and the worst windows of history' : ''}, profit and loss`); // prettier-ignore
  printTable([
    ['scenario', 'spot', 'USD', 'coin'],
    ...named.map((s) => [s.name, share(s.spot), money(s.pnl_usd), coins(s.pnl_coin)]),
  ]);
}

function printMoney(report: BookReport, underlying: string): void {
  printMargins(underlying, report.margins.filter((m) => m.underlying === underlying)); // prettier-ignore
  const line = report.money.find((m) => m.underlying === underlying);
  if (line === undefined) return;
  const unquoted = line.unquoted === 0 ? '' : ` (${line.unquoted} options have no two-sided quote)`;
  say(`\n${underlying}: closing the options at the touch costs ${money(line.close_out_usd)} USD${unquoted}`);
  if (line.hedge_bias_usd !== null)
    say(
      `${underlying}: delta beyond what prices have shown ${money(line.hedge_bias_usd)} USD, ${money(line.hedge_bias_usd_per_percent ?? NaN)} per 1 %, ${share(line.hedge_bias_share)} of gross`,
    );
}

const DISTANCE: Readonly<Record<MarginLine['status'], string | null>> = {
  covered: null,
  short: null,
  'cash-not-stated': 'no cash stated',
  'nothing-at-risk': 'no coin margin',
};

/** A move and the index price it leads to. */
function distance(m: MarginLine, move: number | null, priceUsd: number | null): string {
  const said = DISTANCE[m.status];
  if (said !== null) return said;
  if (move === null || priceUsd === null) return 'none';
  return move === 0 ? 'already' : `${share(move)} (${priceUsd.toFixed(0)})`;
}

function printMargins(underlying: string, margins: readonly MarginLine[]): void {
  const or = (v: number | null, text: (v: number) => string): string => (v === null ? '-' : text(v));
  const moves = [...new Set(margins.map((m) => m.volatility))];
  const rows = new Map<string, MarginLine[]>();
  for (const m of margins) {
    const key = `${m.source}|${m.account}|${m.rule}`;
    rows.set(key, [...(rows.get(key) ?? []), m]);
  }
  say(`\n${underlying}: margin now (portfolio: the venue's grid; standard: position by position; maintenance, and initial where the rule has one)`); // prettier-ignore
  printTable([
    ['source', 'account', 'rule', 'balance coin', 'initial coin', 'margin coin', 'initial USD', 'margin USD'],
    ...[...rows.values()].map(([m]) => [
      m.source,
      m.account,
      m.rule,
      coins(m.balance_coin),
      or(m.initial_margin_coin, coins),
      coins(m.margin_coin),
      or(m.initial_margin_usd, money),
      money(m.margin_usd),
    ]),
  ]);
  say(`\n${underlying}: spot move (index, USD) at which the balance no longer covers it, margin asked for anew at every move, by volatility move`); // prettier-ignore
  printTable([
    ['source', 'account', 'rule', ...moves.flatMap((v) => [`vol ${v}: down`, 'up'])],
    ...[...rows.values()].map((of) => [
      of[0].source,
      of[0].account,
      of[0].rule,
      ...of.flatMap((m) => [
        distance(m, m.liquidation_down, m.liquidation_down_usd),
        distance(m, m.liquidation_up, m.liquidation_up_usd),
      ]),
    ]),
  ]);
}
