/**
 * Slopes of realised on predicted moves computed a second time, from the recorded rows, by plain loops that share no code
 * with the product: own reader loop, own Black greeks, own regression with cluster-robust errors.
 *
 *     node bench/hedge-slopes-reference.ts [PARQUET...]     (default: the two recorded months beside the repository)
 *
 * One line a side, delta class and window: venue delta, all tenors, options of one underlying.
 * `test/hedge/slopes-reference.test.ts` compares these lines with `vernier hedge backtest`'s own figures.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** One recorded option at one time. */
interface Row {
  readonly snapshot_ts: string | Date;
  readonly instrument_name: string;
  readonly mark_price: number;
  readonly mark_iv: number;
  readonly underlying_price: number;
  readonly delta: number;
}

/** One option over one step, ready to regress. */
interface Pair {
  readonly time: number;
  readonly underlying: string;
  readonly side: string;
  readonly deltaClass: string;
  readonly x: number;
  readonly y: number;
}

/** One regression. */
export interface ReferenceSlope {
  readonly underlying: string;
  readonly side: string;
  readonly deltaClass: string;
  readonly window: string;
  readonly beta: number;
  readonly se: number;
  readonly n: number;
  readonly clusters: number;
}

/** Windows by name: half-open, UTC. The crash is 4 to 8 February 2026. */
export const REFERENCE_WINDOWS: Readonly<Record<string, (t: number) => boolean>> = {
  all: () => true,
  'mid-january': (t) => t >= Date.UTC(2026, 0, 8) && t < Date.UTC(2026, 0, 21),
  february: (t) => t >= Date.UTC(2026, 1, 1) && t < Date.UTC(2026, 2, 1),
  crash: (t) => t >= Date.UTC(2026, 1, 4) && t < Date.UTC(2026, 1, 8),
  'without-crash': (t) => t < Date.UTC(2026, 1, 4) || t >= Date.UTC(2026, 1, 8),
};

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const YEAR_MS = 365 * 24 * 3600 * 1000;
const TWELVE_HOURS = 12 * 3600 * 1000;

function normalDensity(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/** Abramowitz and Stegun 7.1.26 is too coarse for a delta; this integrates the density by Simpson's rule. */
function normalDistribution(x: number): number {
  if (x > 8) return 1;
  if (x < -8) return 0;
  const steps = 200;
  const h = x / steps;
  let sum = normalDensity(0) + normalDensity(x);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * normalDensity(i * h);
  return 0.5 + (sum * h) / 3;
}

/** `BTC-27MAR26-90000-C` taken apart; expiries settle at 08:00 UTC. */
function parseName(name: string): { underlying: string; expiry: number; strike: number; side: string } | null {
  const match = /^([A-Z]+)-(\d{1,2})([A-Z]{3})(\d\d)-(\d+)-([CP])$/.exec(name);
  if (match === null) return null;
  const [, underlying, day, month, year, strike, letter] = match;
  const expiry = Date.UTC(2000 + Number(year), MONTHS.indexOf(month), Number(day), 8);
  return { underlying, expiry, strike: Number(strike), side: letter === 'C' ? 'call' : 'put' };
}

function pairOf(name: string, time0: number, a: Row, time1: number, b: Row): Pair | null {
  const option = parseName(name);
  if (option === null || option.expiry <= time1) return null;
  const sigma = a.mark_iv;
  const years = (option.expiry - time0) / YEAR_MS;
  if (!(sigma > 0 && a.mark_price > 0 && b.mark_price >= 0)) return null;
  const forward0 = a.underlying_price;
  const forward1 = b.underlying_price;
  const root = sigma * Math.sqrt(years);
  const d1 = Math.log(forward0 / option.strike) / root + root / 2;
  const black = option.side === 'call' ? normalDistribution(d1) : normalDistribution(d1) - 1;
  const size = Math.abs(black);
  const deltaClass = size < 0.02 || size > 0.98 ? '' : size < 0.1 ? '2-10' : size < 0.25 ? '10-25' : size < 0.5 ? '25-50' : '50-98'; // prettier-ignore
  if (deltaClass === '') return null;
  const gamma = normalDensity(d1) / (forward0 * root);
  const theta = (-forward0 * normalDensity(d1) * sigma) / (2 * Math.sqrt(years));
  const move = forward1 - forward0;
  const change = b.mark_price * forward1 - a.mark_price * forward0;
  const y = (change - theta * ((time1 - time0) / YEAR_MS) - 0.5 * gamma * move * move) / forward0;
  return {
    time: time1,
    underlying: option.underlying,
    side: option.side,
    deltaClass,
    x: (a.delta * move) / forward0,
    y,
  };
}

function regress(pairs: readonly Pair[]): { beta: number; se: number; clusters: number } {
  const n = pairs.length;
  let meanX = 0;
  let meanY = 0;
  for (const p of pairs) {
    meanX += p.x / n;
    meanY += p.y / n;
  }
  let sxx = 0;
  let sxy = 0;
  for (const p of pairs) {
    sxx += (p.x - meanX) ** 2;
    sxy += (p.x - meanX) * (p.y - meanY);
  }
  const beta = sxy / sxx;
  const scores = new Map<number, number>();
  for (const p of pairs) {
    const residual = p.y - meanY - beta * (p.x - meanX);
    scores.set(p.time, (scores.get(p.time) ?? 0) + (p.x - meanX) * residual);
  }
  let meat = 0;
  for (const s of scores.values()) meat += s * s;
  const groups = scores.size;
  return { beta, se: Math.sqrt((meat * groups) / (groups - 1)) / sxx, clusters: groups };
}

async function readRows(files: readonly string[]): Promise<Map<number, Map<string, Row>>> {
  const columns = ['snapshot_ts', 'instrument_name', 'mark_price', 'mark_iv', 'underlying_price', 'delta'];
  const snapshots = new Map<number, Map<string, Row>>();
  for (const path of files) {
    const file = await asyncBufferFromFile(path);
    for (const row of (await parquetReadObjects({ file, columns, compressors })) as unknown as Row[]) {
      const time = typeof row.snapshot_ts === 'string' ? Date.parse(row.snapshot_ts) : row.snapshot_ts.getTime();
      let snapshot = snapshots.get(time);
      if (snapshot === undefined) snapshots.set(time, (snapshot = new Map()));
      snapshot.set(row.instrument_name, row);
    }
  }
  return snapshots;
}

/** All regressions over recorded files. */
export async function referenceSlopes(files: readonly string[]): Promise<ReferenceSlope[]> {
  const snapshots = await readRows(files);
  const times = [...snapshots.keys()].sort((a, b) => a - b);
  const pairs: Pair[] = [];
  for (let i = 1; i < times.length; i++) {
    if (times[i] - times[i - 1] > TWELVE_HOURS) continue;
    const before = snapshots.get(times[i - 1]) as Map<string, Row>;
    const after = snapshots.get(times[i]) as Map<string, Row>;
    for (const [name, row] of before) {
      const later = after.get(name);
      const pair = later === undefined ? null : pairOf(name, times[i - 1], row, times[i], later);
      if (pair !== null) pairs.push(pair);
    }
  }
  const out: ReferenceSlope[] = [];
  for (const underlying of ['BTC', 'ETH'])
    for (const side of ['call', 'put'])
      for (const deltaClass of ['2-10', '10-25', '25-50', '50-98'])
        for (const [window, inside] of Object.entries(REFERENCE_WINDOWS)) {
          const own = pairs.filter(
            (p) => p.underlying === underlying && p.side === side && p.deltaClass === deltaClass && inside(p.time),
          );
          if (own.length > 60) out.push({ underlying, side, deltaClass, window, n: own.length, ...regress(own) });
        }
  return out;
}

/** The two recorded months, where they are. */
export const REFERENCE_FILES: readonly string[] = [
  '../../shared/data/chains/deribit_chain_4xdaily_2025-12-30_2026-01-20.parquet',
  '../../shared/data/chains/deribit_chain_4xdaily_2026-01-28_2026-02-28_crash.parquet',
].map((path) => fileURLToPath(new URL(path, import.meta.url)));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const given = process.argv.slice(2);
  const files = given.length > 0 ? given : REFERENCE_FILES;
  if (files.some((f) => !existsSync(f))) throw new Error(`recorded chains are absent: ${files.join(', ')}`);
  for (const s of await referenceSlopes(files))
    process.stdout.write(
      `${s.underlying} ${s.side} ${s.deltaClass} ${s.window} ${s.beta.toFixed(4)} +- ${(1.96 * s.se).toFixed(4)} n ${s.n} times ${s.clusters}\n`,
    );
}
