/**
 * Marginals of an option market: spreads, missing sides, smile shape and its moves, spot-volatility slope.
 *
 *   node tools/measure-marginals.ts real [--currency BTC]              the developers' chains beside the checkout
 *   node tools/measure-marginals.ts simulated [--currency BTC] [--seed 1] [--days 35] [--script month]
 *   node tools/measure-marginals.ts sizes                              best sizes of the full tickers (BTC)
 *
 * Prints JSON of aggregates only. Snapshots are six hours apart in both; volatility points are 0.01 per sqrt(year).
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet/src/node.js';
import { compressors } from 'hyparquet-compressors';
import { DELTA_EDGES, TENOR_EDGES } from '../src/simulator/microstructure.ts';
import type { SimulatedOutput } from '../src/simulator/output.ts';
import { SCRIPT_NAMES, type ScriptName } from '../src/simulator/script.ts';
import { Simulation } from '../src/simulator/simulation.ts';

const DATA = new URL('../../shared/data/', import.meta.url).pathname;
const DAY = 86_400_000;

/** What is measured of one option in one snapshot. Prices in coin, volatilities as fractions. */
interface Row {
  readonly expiry: number;
  readonly strike: number;
  readonly isCall: boolean;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly mark: number;
  readonly markIv: number;
  readonly forward: number;
  readonly index: number;
  readonly delta: number;
  readonly vega: number;
}

/** One chain at one instant. */
interface Snapshot {
  readonly at: number;
  readonly rows: readonly Row[];
}

const positive = (x: unknown): number | null => (typeof x === 'number' && x > 0 ? x : null);

async function realSnapshots(currency: string): Promise<Snapshot[]> {
  const folder = join(DATA, 'chains');
  if (!existsSync(folder)) throw new Error(`${folder}: the developers' chains are not here`);
  const found = new Map<number, Row[]>();
  for (const name of readdirSync(folder).filter((n) => n.endsWith('.parquet'))) {
    const file = await asyncBufferFromFile(join(folder, name));
    for (const r of await parquetReadObjects({ file, compressors })) {
      if (r['currency'] !== currency) continue;
      const at = (r['snapshot_ts'] as Date).getTime();
      const rows = found.get(at) ?? [];
      found.set(at, rows);
      rows.push({
        expiry: (r['expiry'] as Date).getTime(),
        strike: r['strike'] as number,
        isCall: r['option_type'] === 'call',
        bid: positive(r['bid_price']),
        ask: positive(r['ask_price']),
        mark: r['mark_price'] as number,
        markIv: r['mark_iv'] as number,
        forward: r['underlying_price'] as number,
        index: r['index_price'] as number,
        delta: r['delta'] as number,
        vega: r['vega'] as number,
      });
    }
  }
  return [...found].map(([at, rows]) => ({ at, rows })).sort((a, b) => a.at - b.at);
}

function simulatedSnapshots(currency: string, seed: number, days: number, script: ScriptName): Snapshot[] {
  const startAt = Date.UTC(2026, 0, 5, 3);
  const stepMs = 600_000;
  const simulation = new Simulation({ seed, startAt, underlyings: [currency], script, stepMs });
  const found: Snapshot[] = [];
  for (let i = 1; i * stepMs <= days * DAY; i++) {
    const out: SimulatedOutput[] = [];
    simulation.step(out);
    if (i % 36 !== 6) continue;
    const rows: Row[] = [];
    for (const o of out)
      if (o.type === 'quote') {
        const { expiry, strike, side } = o.option.instrument;
        const { bid, ask, mark, markIv, forward, index, delta, vega } = o;
        rows.push({ expiry, strike, isCall: side === 'call', bid, ask, mark, markIv, forward, index, delta, vega });
      }
    found.push({ at: simulation.at, rows });
  }
  return found;
}

const bucket = (edges: readonly number[], x: number): number => {
  const i = edges.findIndex((e) => x <= e);
  return i < 0 ? edges.length - 1 : i;
};
const quantile = (list: number[], q: number): number | null => {
  if (list.length === 0) return null;
  const sorted = list.sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
};
const mean = (x: readonly number[]): number => x.reduce((s, v) => s + v, 0) / x.length;
const sd = (x: readonly number[]): number => Math.sqrt(mean(x.map((v) => v * v)) - mean(x) * mean(x));
const round = (x: number | null, digits: number = 3): number | null =>
  x === null || !Number.isFinite(x) ? null : Number(x.toFixed(digits));

function autocorrelation(x: readonly number[]): number {
  const m = mean(x);
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < x.length; i++) {
    bottom += (x[i] - m) * (x[i] - m);
    if (i > 0) top += (x[i] - m) * (x[i - 1] - m);
  }
  return top / bottom;
}

function kurtosis(x: readonly number[]): number {
  const m = mean(x);
  const v = mean(x.map((a) => (a - m) * (a - m)));
  return mean(x.map((a) => (a - m) * (a - m) * (a - m) * (a - m))) / (v * v);
}

/** The mark volatility at a call delta, linear in delta between the nearest marks; NaN outside. */
function volAtDelta(rows: readonly Row[], target: number): number {
  const points = rows
    .filter((r) => r.isCall === r.strike >= r.forward && r.markIv > 0)
    .map((r) => [r.isCall ? r.delta : 1 + r.delta, r.markIv] as const)
    .sort((a, b) => a[0] - b[0]);
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1];
    const [x1, y1] = points[i];
    if (x0 <= target && x1 >= target && x1 > x0) return y0 + ((y1 - y0) * (target - x0)) / (x1 - x0);
  }
  return NaN;
}

interface Cell {
  readonly halfSpread: number[];
  readonly ticks: number[];
  readonly misplacement: number[];
  options: number;
  noBid: number;
  noAsk: number;
}

const grid = (): Cell[][] =>
  TENOR_EDGES.map(() =>
    DELTA_EDGES.map(() => ({ halfSpread: [], ticks: [], misplacement: [], options: 0, noBid: 0, noAsk: 0 })),
  );

function quoteMarginals(snapshots: readonly Snapshot[]): Record<string, unknown> {
  const sides = { outOfMoney: grid(), inTheMoney: grid() };
  for (const { at, rows } of snapshots)
    for (const r of rows) {
      const days = (r.expiry - at) / DAY;
      if (days < 0.05) continue;
      const size = Math.min(Math.abs(r.delta), 1 - Math.abs(r.delta));
      const out = r.isCall === r.strike >= r.forward;
      const cell = sides[out ? 'outOfMoney' : 'inTheMoney'][bucket(TENOR_EDGES, days)][bucket(DELTA_EDGES, size)];
      cell.options++;
      if (r.bid === null) cell.noBid++;
      if (r.ask === null) cell.noAsk++;
      if (r.bid === null || r.ask === null || !(r.vega > 0)) continue;
      const half = (0.5 * (r.ask - r.bid) * r.forward) / r.vega;
      cell.halfSpread.push(half);
      cell.ticks.push((r.ask - r.bid) / (r.ask > 0.005 ? 0.0005 : 0.0001));
      cell.misplacement.push((0.5 * (r.ask + r.bid) - r.mark) / (0.5 * (r.ask - r.bid)));
    }
  const table = (cells: Cell[][], read: (c: Cell) => number | null): (number | null)[][] =>
    cells.map((row) => row.map((c) => round(read(c))));
  const all = [...sides.outOfMoney.flat(), ...sides.inTheMoney.flat()];
  const total = (read: (c: Cell) => number): number => all.reduce((s, c) => s + read(c), 0);
  return {
    columns: `delta to ${DELTA_EDGES.join(', ')}`,
    rows: `days to ${TENOR_EDGES.join(', ')}`,
    halfSpreadVolPointsMedian: table(sides.outOfMoney, (c) => quantile(c.halfSpread, 0.5)),
    halfSpreadVolPointsP90: table(sides.outOfMoney, (c) => quantile(c.halfSpread, 0.9)),
    spreadTicksMedian: table(sides.outOfMoney, (c) => quantile(c.ticks, 0.5)),
    spreadTicksMedianInTheMoney: table(sides.inTheMoney, (c) => quantile(c.ticks, 0.5)),
    missingBid: table(sides.outOfMoney, (c) => c.noBid / c.options),
    missingAsk: table(sides.outOfMoney, (c) => c.noAsk / c.options),
    missingBidInTheMoney: table(sides.inTheMoney, (c) => c.noBid / c.options),
    missingAskInTheMoney: table(sides.inTheMoney, (c) => c.noAsk / c.options),
    middleMinusMarkInHalfSpreadsSd: table(sides.outOfMoney, (c) => sd(c.misplacement)),
    markInsideQuote: table(
      sides.outOfMoney,
      (c) => c.misplacement.filter((x) => Math.abs(x) <= 1).length / c.misplacement.length,
    ),
    missingBidAll: round(total((c) => c.noBid) / total((c) => c.options), 4),
    missingAskAll: round(total((c) => c.noAsk) / total((c) => c.options), 4),
    optionsPerSnapshot: round(total((c) => c.options) / snapshots.length, 0),
  };
}

/** Half spreads by time, relative to the median of their bucket: UTC hours of weekdays, and weekends. */
function spreadsByTime(snapshots: readonly Snapshot[]): Record<string, number | null> {
  const cells = new Map<string, number[]>();
  const samples: (readonly [string, string, number])[] = [];
  for (const { at, rows } of snapshots) {
    const date = new Date(at);
    const weekend = date.getUTCDay() % 6 === 0;
    const hour = date.getUTCHours();
    const when = weekend ? 'weekend' : hour < 8 ? '00-08' : hour < 13 ? '08-13' : hour < 20 ? '13-20' : '20-24';
    for (const r of rows) {
      const days = (r.expiry - at) / DAY;
      if (r.bid === null || r.ask === null || days < 1 || Math.abs(r.delta) > 0.5 || Math.abs(r.delta) < 0.05) continue;
      const key = `${bucket(TENOR_EDGES, days)}/${bucket(DELTA_EDGES, Math.abs(r.delta))}`;
      const half = (0.5 * (r.ask - r.bid) * r.forward) / r.vega;
      const cell = cells.get(key) ?? [];
      cells.set(key, cell);
      cell.push(half);
      samples.push([when, key, half]);
    }
  }
  const medians = new Map([...cells].map(([key, list]) => [key, quantile(list, 0.5)!]));
  const ratios = Map.groupBy(samples, (s) => s[0]);
  return Object.fromEntries(
    [...ratios].sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([when, list]) => [when, round(quantile(list.map(([, key, half]) => half / medians.get(key)!), 0.5))]), // prettier-ignore
  );
}

/** At-the-money volatility at a constant tenor (days), linear in total variance between expiries; NaN when not spanned. */
function constantTenor(atm: readonly (readonly [number, number])[], days: number): number {
  for (let i = 1; i < atm.length; i++) {
    const [t0, v0] = atm[i - 1];
    const [t1, v1] = atm[i];
    if (t0 <= days && t1 >= days)
      return Math.sqrt((v0 * v0 * t0 + ((v1 * v1 * t1 - v0 * v0 * t0) * (days - t0)) / (t1 - t0)) / days);
  }
  return NaN;
}

interface Factors {
  readonly at: number;
  readonly spot: number;
  readonly byTenor: ReadonlyMap<number, number>;
}

const CONSTANT_TENORS = [7, 30, 90, 180] as const;

function smileMarginals(snapshots: readonly Snapshot[]): Record<string, unknown> {
  const shape = TENOR_EDGES.map(() => ({
    atm: [] as number[],
    rr25: [] as number[],
    bf25: [] as number[],
    bf10: [] as number[],
    basis: [] as number[],
  }));
  const series: Factors[] = [];
  for (const { at, rows } of snapshots) {
    const byExpiry = Map.groupBy(rows, (r) => r.expiry);
    const atm: [number, number][] = [];
    for (const [expiry, slice] of [...byExpiry].sort((a, b) => a[0] - b[0])) {
      const days = (expiry - at) / DAY;
      if (days < 0.3) continue;
      const v = [0.1, 0.25, 0.5, 0.75, 0.9].map((d) => 100 * volAtDelta(slice, d));
      if (v.some((x) => Number.isNaN(x))) continue;
      atm.push([days, 0.01 * v[2]]);
      const cell = shape[bucket(TENOR_EDGES, days)];
      cell.atm.push(v[2]);
      cell.rr25.push(v[1] - v[3]);
      cell.bf25.push(0.5 * (v[1] + v[3]) - v[2]);
      cell.bf10.push(0.5 * (v[0] + v[4]) - v[2]);
      if (days > 2) cell.basis.push((Math.log(slice[0].forward / slice[0].index) * 365) / days);
    }
    series.push({
      at,
      spot: rows[0].index,
      byTenor: new Map(CONSTANT_TENORS.map((t) => [t, 100 * constantTenor(atm, t)])),
    });
  }
  const rows = shape.map((c) => ({
    atm: round(quantile(c.atm, 0.5), 1), riskReversal25: round(quantile(c.rr25, 0.5), 2), butterfly25: round(quantile(c.bf25, 0.5), 2),
    butterfly10: round(quantile(c.bf10, 0.5), 2), riskReversal25Sd: round(sd(c.rr25), 2), basisAnnual: round(quantile(c.basis, 0.5), 4),
  })); // prettier-ignore
  return { smileByTenor: rows, moves: moves(series) };
}

function moves(series: readonly Factors[]): Record<string, unknown> {
  const returns: number[] = [];
  const level: Record<number, number[]> = {};
  for (let i = 1; i < series.length; i++) {
    const hours = (series[i].at - series[i - 1].at) / 3_600_000;
    if (hours < 4 || hours > 9) continue;
    returns.push(100 * Math.log(series[i].spot / series[i - 1].spot));
    for (const t of CONSTANT_TENORS) (level[t] ??= []).push(series[i].byTenor.get(t)! - series[i - 1].byTenor.get(t)!);
  }
  const describe = (x: readonly number[]): Record<string, number | null> => ({
    sd: round(sd(x)), kurtosis: round(kurtosis(x), 1), acf1: round(autocorrelation(x), 2), acf1OfAbsolute: round(autocorrelation(x.map(Math.abs)), 2), n: x.length,
  }); // prettier-ignore
  const slopes: Record<string, number | null> = {};
  for (const t of CONSTANT_TENORS) {
    const pairs = level[t].map((y, i) => [returns[i], y] as const).filter(([, y]) => Number.isFinite(y));
    const mx = mean(pairs.map((p) => p[0]));
    const my = mean(pairs.map((p) => p[1]));
    slopes[`${t}d`] = round(
      mean(pairs.map(([x, y]) => (x - mx) * (y - my))) / mean(pairs.map(([x]) => (x - mx) * (x - mx))),
    );
  }
  return {
    returnPercent: describe(returns),
    levelVolPoints: Object.fromEntries(
      CONSTANT_TENORS.map((t) => [`${t}d`, describe(level[t].filter(Number.isFinite))]),
    ),
    spotVolSlope: slopes,
  };
}

function sizeMarginals(): Record<string, unknown> {
  const folder = join(DATA, 'chains/deribit_full_ticker_BTC');
  const sizes = TENOR_EDGES.map(() => DELTA_EDGES.map(() => [] as number[]));
  for (const name of readdirSync(folder).filter((n) => n.includes('options_raw'))) {
    const [head, ...lines] = gunzipSync(readFileSync(join(folder, name)))
      .toString('utf8')
      .trim()
      .split('\n');
    const columns = head.split(',');
    const at = (key: string): number => columns.indexOf(key);
    for (const line of lines) {
      const f = line.split(',');
      const days = (Number(f[at('expiration_timestamp')]) - Number(f[at('timestamp')])) / DAY;
      const delta = Math.abs(Number(f[at('greeks_delta')]));
      const cell = sizes[bucket(TENOR_EDGES, days)][bucket(DELTA_EDGES, Math.min(delta, 1 - delta))];
      for (const key of ['best_bid_amount', 'best_ask_amount'])
        if (Number(f[at(key)]) > 0) cell.push(Number(f[at(key)]));
    }
  }
  return {
    sizeMedian: sizes.map((row) => row.map((c) => round(quantile(c, 0.5), 1))),
    logSizeSd: sizes.map((row) => row.map((c) => round(sd(c.map(Math.log)), 2))),
  };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    currency: { type: 'string', default: 'BTC' },
    seed: { type: 'string', default: '1' },
    days: { type: 'string', default: '35' },
    script: { type: 'string', default: 'month' },
  },
});
const [source] = positionals;
if (source === 'sizes') console.log(JSON.stringify(sizeMarginals()));
else if (source === 'real' || source === 'simulated') {
  const script = SCRIPT_NAMES.find((n) => n === values.script);
  if (script === undefined) throw new Error(`--script ${values.script}: one of ${SCRIPT_NAMES.join(', ')}`);
  const snapshots =
    source === 'real'
      ? await realSnapshots(values.currency)
      : simulatedSnapshots(values.currency, Number(values.seed), Number(values.days), script);
  const result = {
    source,
    currency: values.currency,
    snapshots: snapshots.length,
    ...quoteMarginals(snapshots),
    halfSpreadByTime: spreadsByTime(snapshots),
    ...smileMarginals(snapshots),
  };
  console.log(
    JSON.stringify(result, null, 1).replaceAll(
      /\[\s+([^[\]]*?)\s+\]/g,
      (_, inner: string) => `[${inner.replaceAll(/\s+/g, ' ')}]`,
    ),
  );
} else throw new Error('say real, simulated or sizes');
