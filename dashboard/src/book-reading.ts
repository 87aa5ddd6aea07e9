import { age, moment, NONE, words } from './format.ts';
import type { Column, Row, Table } from './table.ts';
import type { Maybe } from './wire.ts';

type Status = 'ok' | 'position-stale' | 'reconciliation-break';
type Line = Readonly<Record<string, unknown>>;

/** One underlying's book, as `GET /book/KEY` answers. */
export interface Book {
  readonly key: string;
  readonly at: string | null;
  readonly status: Status;
  readonly faults: readonly string[];
  readonly records: readonly Line[];
  readonly exposures: readonly Line[];
  readonly buckets: readonly Line[];
  readonly vegas: readonly Line[];
  readonly scenarios: readonly Line[];
  readonly money: readonly Line[];
  readonly unvalued: readonly { readonly instrument: string; readonly reason: string }[];
  readonly history: BookHistory;
}

/** Champion's figures over time, oldest first. */
export interface BookHistory {
  readonly at: readonly number[];
  readonly drift_usd: readonly Maybe[];
  readonly jump_usd: readonly Maybe[];
  readonly reserve_usd: readonly Maybe[];
  readonly delta_usd: readonly Maybe[];
  readonly vega_usd_per_point: readonly Maybe[];
}

/** Accounts and the state of every book, as `GET /book` answers. */
export interface BookOverview {
  readonly at: string | null;
  readonly accounts: readonly {
    readonly account: string;
    readonly source: string;
    readonly speaks: boolean;
    readonly at: string | null;
    readonly age_s: Maybe;
    readonly valid_s: number;
    readonly lapsed: boolean;
    readonly holdings: number;
    readonly refused_rows: number;
    readonly breaks: readonly { readonly symbol: string; readonly expected: number; readonly found: number }[];
  }[];
  readonly underlyings: readonly { readonly key: string; readonly status: Status; readonly positions: number }[];
}

const number = (v: unknown): Maybe => (typeof v === 'number' && Number.isFinite(v) ? v : null);
const text = (v: unknown): string => (typeof v === 'string' ? v : '');

const EXPOSURES: readonly (readonly [string, Column])[] = [
  ['value_usd', { name: 'value', unit: 'USD', decimals: 0 }],
  ['value_coin', { name: 'value', unit: 'coin', decimals: 4 }],
  ['delta_black', { name: 'Black delta', unit: 'coin', decimals: 3 }],
  ['delta_net', { name: 'net delta', unit: 'coin', decimals: 3 }],
  ['delta_usd', { name: 'USD delta', unit: 'coin', decimals: 3 }],
  ['gamma_usd_per_percent', { name: 'gamma', unit: 'USD/1 %', decimals: 0 }],
  ['vega_usd_per_point', { name: 'vega', unit: 'USD/pt', decimals: 0 }],
  ['vega_usd_per_point_30d', { name: 'vega 30 d', unit: 'USD/pt', decimals: 0 }],
  ['theta_usd_per_day', { name: 'theta', unit: 'USD/d', decimals: 0 }],
];

/** Exposures of every source and account: theoretical, the venue's, and what prices have shown. */
export function exposureTable(book: Book | null): Table {
  return {
    caption: 'Exposures by source; USD delta = equity + net delta',
    columns: [{ name: 'source' }, { name: 'account' }, ...EXPOSURES.map(([, c]) => c)],
    rows: (book?.exposures ?? []).map((e) => [
      text(e['source']),
      text(e['account']),
      ...EXPOSURES.map(([field]) => number(e[field])),
    ]),
  };
}

/** Tenor x side x delta class: Black delta under every source, vega under the first. */
export function bucketTable(book: Book | null): Table {
  const lines = book?.buckets ?? [];
  const sources = [...new Set(lines.map((b) => text(b['source'])))];
  const own = lines.filter((b) => b['source'] === sources[0]);
  const name = (b: Line): string => {
    const account = b['account'] === 'all' ? '' : `${text(b['account'])} `;
    return `${account}${text(b['tenor'])} ${text(b['side'])} ${text(b['delta'])}`;
  };
  return {
    caption: 'Options by tenor, side and |Black delta| in %; delta under every source, in coins',
    columns: [
      { name: 'bucket' },
      { name: 'positions', decimals: 0 },
      ...sources.map((s) => ({ name: s, unit: 'coin', decimals: 3 })),
      { name: 'vega', unit: 'USD/pt', decimals: 0 },
      { name: 'gamma', unit: 'USD/1 %', decimals: 0 },
      { name: 'slope', decimals: 2 },
      { name: '± s.e.', decimals: 2 },
    ],
    rows: own.map((b) => {
      const same = lines.filter((o) => name(o) === name(b));
      const empirical = same.find((o) => o['source'] === 'empirical');
      return [
        name(b),
        number(b['positions']),
        ...sources.map((s) => number(same.find((o) => o['source'] === s)?.['delta_black'])),
        number(b['vega_usd_per_point']),
        number(b['gamma_usd_per_percent']),
        number(empirical?.['beta']),
        number(empirical?.['beta_se']),
      ];
    }),
  };
}

/** Vega in the coordinates of the scores. */
export function vegaTable(book: Book | null): Table {
  const of = (name: string): Column => ({ name, unit: 'USD/pt', decimals: 0 });
  return {
    caption: 'Vega by expiry per point of level, skew and curvature: the coordinates of the scores',
    columns: [{ name: 'expiry' }, of('level'), of('skew'), of('convexity')],
    rows: (book?.vegas ?? []).map((v) => [
      text(v['expiry']),
      number(v['level']),
      number(v['skew']),
      number(v['convexity']),
    ]),
  };
}

/** One cell of the grid of scenarios. */
export interface GridCell {
  readonly spot: number;
  readonly points: number;
  readonly usd: number;
}

/** The grid of spot and volatility moves: rows by volatility (highest first), columns by spot. */
export function scenarioGrid(book: Book | null): readonly (readonly GridCell[])[] {
  const cells = (book?.scenarios ?? [])
    .filter((s) => s['set'] === 'grid')
    .map((s) => ({
      spot: number(s['spot']) ?? 0,
      points: number(s['volatility_points']) ?? 0,
      usd: number(s['pnl_usd']) ?? NaN,
    }));
  const rows = [...new Set(cells.map((c) => c.points))].toSorted((a, b) => b - a);
  return rows.map((points) => cells.filter((c) => c.points === points).toSorted((a, b) => a.spot - b.spot));
}

/** The same as numbers. */
export function scenarioTable(book: Book | null): Table {
  const grid = scenarioGrid(book);
  return {
    caption: 'Profit and loss in USD by spot move (columns) and volatility move in points (rows)',
    columns: [
      { name: 'volatility', unit: 'pt', decimals: 0 },
      ...(grid[0] ?? []).map((c) => ({ name: signed(100 * c.spot, ' %'), decimals: 0 })),
    ],
    rows: grid.map((row) => [row[0].points, ...row.map((c) => c.usd)]),
  };
}

/** Joint stresses, and the margin grid's extended moves. */
export function stressTable(book: Book | null): Table {
  const row = (s: Line): Row => [
    text(s['name']),
    text(s['set']),
    (number(s['spot']) ?? NaN) * 100,
    number(s['pnl_usd']),
    number(s['pnl_coin']),
  ];
  return {
    caption: 'Joint stresses: spot and the whole term structure move together',
    columns: [
      { name: 'scenario' },
      { name: 'set' },
      { name: 'spot', unit: '%', decimals: 0 },
      { name: 'P&L', unit: 'USD', decimals: 0 },
      { name: 'P&L', unit: 'coin', decimals: 4 },
    ],
    rows: (book?.scenarios ?? []).filter((s) => s['set'] === 'stress' || s['set'] === 'history').map(row),
  };
}

/** One figure of money with what it means. */
export interface MoneyFact {
  readonly name: string;
  readonly says: string;
  readonly value: Maybe;
  readonly unit: string;
  readonly decimals: number;
  /** What stands there when there is no number. */
  readonly none: string;
}

/** What is at stake beside the value, from the champion's last record. */
export function moneyFacts(book: Book | null): readonly MoneyFact[] {
  const champion = book?.records.find((r) => r['source'] === 'champion');
  const venue = book?.records.find((r) => r['source'] === 'venue');
  const fact = (
    name: string,
    says: string,
    value: unknown,
    unit = 'USD',
    decimals = 0,
    none = 'not stated',
  ): MoneyFact => {
    return { name, says, value: number(value), unit, decimals, none };
  };
  const percent = (v: unknown): Maybe => (number(v) === null ? null : 100 * (number(v) ?? NaN));
  return [
    fact('drift not yet booked', 'residual × vega × position', champion?.['drift_usd']),
    fact('venue marks: drift', 'the same against the venue’s marks', venue?.['drift_usd']),
    fact('recalibration jump', 'by new fits, the market held still', champion?.['jump_usd']),
    fact('model reserve', '90 % point over models and draws that bid and ask admit', champion?.['reserve_usd']),
    fact('close-out', 'closing the options at the touch', champion?.['close_out_usd']),
    fact('hedge bias', 'delta beyond what prices have shown, per 1 %', champion?.['hedge_bias_usd_per_percent'], 'USD', 0, 'not measured yet'), // prettier-ignore
    fact('margin', 'venue-style grid under the champion', champion?.['margin_coin'], 'coin', 4),
    fact('margin gap', 'against the venue’s marks', percent(champion?.['margin_gap']), '%', 2),
    fact('liquidation down', 'spot move at which equity no longer covers it', percent(champion?.['liquidation_down']), '%', 1, 'beyond reach'), // prettier-ignore
    fact('liquidation up', 'the same upward', percent(champion?.['liquidation_up']), '%', 1, 'beyond reach'), // prettier-ignore
    fact('nearer liquidation', 'in standard deviations of a day', champion?.['liquidation_daily_sd'], 'days’ sd', 1),
    fact('hedging delta', 'by the hedging models that are relied on', champion?.['delta_hedge'], 'coin', 3),
  ];
}

/** The facts as a table. */
export function moneyTable(book: Book | null): Table {
  return {
    caption: `Money at stake${book?.status === 'ok' ? '' : ': not stated while positions are stale or broken'}`,
    columns: [{ name: 'figure' }, { name: 'amount' }, { name: 'unit' }, { name: 'meaning' }],
    rows: moneyFacts(book).map((f) => [f.name, f.value, f.unit, f.says]),
  };
}

/** Drift, jump and reserve over time. */
export function historyTable(book: Book | null): Table {
  const h = book?.history;
  return {
    caption: 'Champion’s money over time',
    columns: [
      { name: 'at' },
      { name: 'drift', unit: 'USD', decimals: 2 },
      { name: 'jump', unit: 'USD', decimals: 2 },
      { name: 'reserve', unit: 'USD', decimals: 2 },
      { name: 'USD delta', unit: 'coin', decimals: 4 },
    ],
    rows: (h?.at ?? []).map((at, i) => [
      moment(at),
      h?.drift_usd[i] ?? null,
      h?.jump_usd[i] ?? null,
      h?.reserve_usd[i] ?? null,
      h?.delta_usd[i] ?? null,
    ]),
  };
}

/** Accounts with the age of their word. */
export function accountTable(overview: BookOverview | null): Table {
  return {
    caption: 'Who says what is held, and since when',
    columns: [
      { name: 'account' },
      { name: 'source' },
      { name: 'holdings', decimals: 0 },
      { name: 'age' },
      { name: 'state' },
    ],
    rows: (overview?.accounts ?? []).map((a) => [
      a.account,
      a.source,
      a.holdings,
      a.age_s === null ? NONE : age(a.age_s),
      accountState(a),
    ]),
  };
}

function accountState(a: BookOverview['accounts'][number]): string {
  if (a.refused_rows > 0) return `${a.refused_rows} rows refused`;
  const [first] = a.breaks;
  if (first !== undefined) return `${first.symbol}: ${first.expected} by fills, ${first.found} held`;
  if (a.lapsed) return `lapsed after ${age(a.valid_s)}`;
  return a.speaks ? 'believed' : 'another source is believed';
}

/** The state of a book in words: money is stated or why not. */
export function bookState(book: Book | null): { readonly word: string; readonly ok: boolean } {
  if (book === null) return { word: '', ok: true };
  if (book.status === 'ok') return { word: 'positions confirmed', ok: true };
  return { word: `${words(book.status)}: ${book.faults.join(', ')}; money is not stated`, ok: false };
}

/** +4 %, -12 %. */
export function signed(value: number, unit: string): string {
  return `${value >= 0 ? '+' : '-'}${Math.abs(value).toFixed(0)}${unit}`;
}

/** 1.2M, -340k, 12: short enough for a cell. */
export function short(value: number): string {
  const size = Math.abs(value);
  const sign = value < 0 ? '-' : '';
  if (!Number.isFinite(value)) return NONE;
  if (size >= 1e6) return `${sign}${(size / 1e6).toFixed(size >= 1e7 ? 0 : 1)}M`;
  if (size >= 1e3) return `${sign}${(size / 1e3).toFixed(size >= 1e4 ? 0 : 1)}k`;
  return `${sign}${size.toFixed(0)}`;
}
