/**
 * Errors of competing hedges, summed by bucket and time: what slopes, variance reductions and paired tests are read from.
 * Memory is buckets x times x families cells, never rows.
 */
import { bucketKey, type Bucket } from './bucket.ts';
import { dieboldMariano, type DieboldMariano } from './diebold-mariano.ts';
import type { SlopeCell } from './slope.ts';

/**
 * One option over one step under every family; arrays in the order of the ledger's families. A family without an answer
 * hedges as Black and says so, so that all are judged on the same rows.
 */
export interface HedgedStep {
  /** Epoch ms of the end of the step. */
  readonly at: number;
  readonly bucket: Bucket;
  /** Change of the option's value: coin, and USD over the forward at the start. */
  readonly coin: number;
  readonly usd: number;
  /** Change left after the hedge, in the same units. */
  readonly coinErrors: Float64Array;
  readonly usdErrors: Float64Array;
  /** Predicted moves x and the realised move y of the slope test (theta and gamma taken out), over the forward. */
  readonly predicted: Float64Array;
  readonly realised: Float64Array;
  /** 1 where the family itself answered, 0 where Black stood in. */
  readonly answered: Uint8Array;
  /** Cost of rebalancing into this step's hedge, coin. */
  readonly costs: Float64Array;
}

/** Fields of a family in a cell. */
const WIDTH = 12;
const [N, COIN, COIN2, USD, USD2, COST, X, Y, XX, XY, YY, ANSWERED] = Array.from({ length: WIDTH }, (_, i) => i);
/** Fields before the families: unhedged count, coin, coin^2, usd, usd^2. */
const HEAD = 5;

interface Cell {
  readonly at: number;
  readonly sums: Float64Array;
}

interface BucketCells {
  readonly bucket: Bucket;
  readonly cells: Cell[];
}

/** Which steps to read: by bucket and by time. */
export interface LedgerFilter {
  readonly bucket?: ((b: Bucket) => boolean) | undefined;
  readonly at?: ((epochMs: number) => boolean) | undefined;
}

/** One family's hedge over the steps chosen. */
export interface HedgeScore {
  readonly family: string;
  readonly n: number;
  /** Rows the family itself hedged; Black stood in on the others. */
  readonly answered: number;
  /** 1 - Var(hedged)/Var(unhedged), coin and USD. */
  readonly coinReduction: number;
  readonly usdReduction: number;
  /** Mean squared hedged change, coin squared and (USD over forward) squared. */
  readonly coinSquare: number;
  readonly usdSquare: number;
  /** Mean rebalancing cost a step, coin. */
  readonly cost: number;
}

/** The ledger. */
export class HedgeLedger {
  readonly families: readonly string[];
  readonly #buckets = new Map<string, BucketCells>();

  constructor(families: readonly string[]) {
    this.families = families;
  }

  /** Adds one step; steps must come in order of time. */
  add(step: HedgedStep): void {
    const key = bucketKey(step.bucket);
    let held = this.#buckets.get(key);
    if (held === undefined) this.#buckets.set(key, (held = { bucket: step.bucket, cells: [] }));
    let cell = held.cells.at(-1);
    if (cell === undefined || cell.at !== step.at) {
      cell = { at: step.at, sums: new Float64Array(HEAD + 2 * WIDTH * this.families.length) };
      held.cells.push(cell);
    }
    const { sums } = cell;
    sums[0]++;
    sums[1] += step.coin;
    sums[2] += step.coin * step.coin;
    sums[3] += step.usd;
    sums[4] += step.usd * step.usd;
    for (let f = 0; f < this.families.length; f++) {
      const coin = step.coinErrors[f];
      const usd = step.usdErrors[f];
      if (!(Math.abs(coin) < Infinity && Math.abs(usd) < Infinity)) continue;
      const o = HEAD + 2 * WIDTH * f;
      const x = step.predicted[f];
      const y = step.realised[f];
      sums[o + N]++;
      sums[o + ANSWERED] += step.answered[f];
      sums[o + COIN] += coin;
      sums[o + COIN2] += coin * coin;
      sums[o + USD] += usd;
      sums[o + USD2] += usd * usd;
      sums[o + COST] += Math.abs(step.costs[f]) < Infinity ? step.costs[f] : 0;
      sums[o + X] += x;
      sums[o + Y] += y;
      sums[o + XX] += x * x;
      sums[o + XY] += x * y;
      sums[o + YY] += y * y;
      // The unhedged change of the same rows.
      const u = o + WIDTH;
      sums[u + COIN] += step.coin;
      sums[u + COIN2] += step.coin * step.coin;
      sums[u + USD] += step.usd;
      sums[u + USD2] += step.usd * step.usd;
    }
  }

  /** Buckets with data, sorted by key. */
  buckets(): readonly Bucket[] {
    return [...this.#buckets].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, held]) => held.bucket);
  }

  /** Sums of some fields by time over the buckets chosen, ascending; in the order of `fields`. */
  #byTime(filter: LedgerFilter, fields: readonly number[]): Map<number, Float64Array> {
    const out = new Map<number, Float64Array>();
    for (const { bucket, cells } of this.#buckets.values()) {
      if (filter.bucket !== undefined && !filter.bucket(bucket)) continue;
      for (const { at, sums } of cells) {
        if (filter.at !== undefined && !filter.at(at)) continue;
        let total = out.get(at);
        if (total === undefined) out.set(at, (total = new Float64Array(fields.length)));
        for (let i = 0; i < fields.length; i++) total[i] += sums[fields[i]];
      }
    }
    return new Map([...out].toSorted(([a], [b]) => a - b));
  }

  #offset(family: string): number {
    const f = this.families.indexOf(family);
    if (f < 0) throw new Error(`no hedge family ${family}`);
    return HEAD + 2 * WIDTH * f;
  }

  /** Scores of all families over the steps chosen; a family without a row has n = 0 and NaN figures. */
  scores(filter: LedgerFilter = {}): HedgeScore[] {
    const width = HEAD + 2 * WIDTH * this.families.length;
    const all = Array.from({ length: width }, (_, i) => i);
    const totals = new Float64Array(width);
    for (const s of this.#byTime(filter, all).values()) for (let i = 0; i < width; i++) totals[i] += s[i];
    return this.families.map((family) => {
      const o = this.#offset(family);
      const sum = (i: number): number => totals[o + i];
      const n = sum(N);
      const variance = (first: number, second: number): number => sum(second) / n - (sum(first) / n) * (sum(first) / n);
      return {
        family,
        n,
        answered: sum(ANSWERED),
        coinReduction: 1 - variance(COIN, COIN2) / variance(WIDTH + COIN, WIDTH + COIN2),
        usdReduction: 1 - variance(USD, USD2) / variance(WIDTH + USD, WIDTH + USD2),
        coinSquare: sum(COIN2) / n,
        usdSquare: sum(USD2) / n,
        cost: sum(COST) / n,
      };
    });
  }

  /** Cells of the slope test of one family, in order of time. */
  slopeCells(family: string, filter: LedgerFilter = {}): SlopeCell[] {
    const o = this.#offset(family);
    const fields = [N, X, Y, XX, XY, YY].map((field) => o + field);
    return [...this.#byTime(filter, fields).values()].map(([n, x, y, xx, xy, yy]) => ({ n, x, y, xx, xy, yy }));
  }

  /** Squared-loss differences by time, reference minus family (positive: the family is better), summed over rows. */
  lossDifferences(
    family: string,
    reference: string,
    currency: 'coin' | 'usd',
    filter: LedgerFilter = {},
  ): Float64Array {
    const [a, b] = [this.#offset(family), this.#offset(reference)];
    const field = currency === 'coin' ? COIN2 : USD2;
    const differences: number[] = [];
    const fields = [a + N, a + field, b + N, b + field];
    for (const [n, own, others, reference] of this.#byTime(filter, fields).values()) {
      if (n === 0 || n !== others) continue;
      differences.push((reference - own) / n);
    }
    return Float64Array.from(differences);
  }

  /** Diebold-Mariano test of a family against a reference on {@link lossDifferences}. */
  compare(
    family: string,
    reference: string,
    currency: 'coin' | 'usd',
    lags: number,
    filter: LedgerFilter = {},
  ): DieboldMariano {
    return dieboldMariano(this.lossDifferences(family, reference, currency, filter), lags);
  }
}
