/** A book's report as tables for people. */
import type { BookReport, MarginLine, ScenarioLine } from '../portfolio/book-lines.ts';
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

/** Prints everything that there is to say. */
export function printBook(report: BookReport): void {
  say(`book at ${isoTime(report.at)}; dollars ${money(report.dollars)} USD`);
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
  const [reference] = buckets.map((b) => b.source);
  const own = buckets.filter((b) => b.source === reference);
  if (own.length > 0) {
    const sources = [...new Set(buckets.map((b) => b.source))];
    say(`\n${underlying}: Black delta by tenor, side and delta class, per source; vega under ${reference}`);
    printTable([
      ['bucket', 'positions', ...sources, 'vega USD/pt'],
      ...own.map((b) => [
        `${b.account === 'all' ? '' : `${b.account} `}${b.tenor} ${b.side} ${b.delta}`,
        String(b.positions),
        ...sources.map((source) => {
          const same = buckets.filter(
            (o) => o.source === source && o.account === b.account && o.tenor === b.tenor && o.side === b.side,
          );
          const cell = same.find((o) => o.delta === b.delta);
          return cell === undefined ? '-' : coins(cell.delta_black);
        }),
        money(b.vega_usd_per_point),
      ]),
    ]);
  }
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
  const initial = (m: MarginLine): string => (m.initial_margin_coin === null ? '-' : coins(m.initial_margin_coin));
  say(
    `\n${underlying}: margin (portfolio: the venue's grid; standard: position by position) and the spot move (index, USD) at which it is no longer covered, margin asked for anew at every move`,
  );
  printTable([
    ['source', 'account', 'rule', 'volatility', 'balance coin', 'initial coin', 'margin coin', 'margin USD', 'down', 'up'], // prettier-ignore
    ...margins.map((m) => [
      m.source,
      m.account,
      m.rule,
      m.volatility,
      coins(m.balance_coin),
      initial(m),
      coins(m.margin_coin),
      money(m.margin_usd),
      distance(m, m.liquidation_down, m.liquidation_down_usd),
      distance(m, m.liquidation_up, m.liquidation_up_usd),
    ]),
  ]);
}
