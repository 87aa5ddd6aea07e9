/**
 * What hedging a portfolio left, one number a block of time: the series that effectiveness, attribution lights and
 * exception tests are read from. Rows of one time share their market, so that as many options as are quoted are still
 * one observation; steps that end within one hour are added up for the same reason.
 */
import { bucketKey, TENORS, type Bucket, type Tenor } from './bucket.ts';

/** One option over one step under every family; arrays in the order of the ledger's families. */
export interface PortfolioRow {
  /** Epoch ms of the end and the start of the step. */
  readonly at: number;
  readonly from: number;
  readonly tenor: Tenor;
  /** Options held of it: coins, or one unit of vega. */
  readonly size: number;
  /** Per option: change of its value, coin and USD over the forward at the start. */
  readonly coin: number;
  readonly usd: number;
  /** Change left after the hedge, and what of it theta and gamma led to expect; same units. */
  readonly coinErrors: Float64Array;
  readonly usdErrors: Float64Array;
  readonly expected: Float64Array;
  /** Standard deviation of quote noise, coin, and what one deviation of unforeseen volatility does, coin; NaN = unknown. */
  readonly noise: number;
  readonly volatility: number;
}

/** Sums of one step. */
interface Step {
  readonly at: number;
  readonly from: number;
  n: number;
  coin: number;
  usd: number;
  noise2: number;
  readonly volatility: Float64Array;
  readonly coinErrors: Float64Array;
  readonly usdErrors: Float64Array;
  readonly expected: Float64Array;
}

/** A portfolio's series, oldest first, one entry a block; arrays by family inside `left` and `expected`. */
export interface PortfolioSeries {
  /** Epoch ms of the end of each block. */
  readonly at: readonly number[];
  /** Options times steps behind all of it. */
  readonly rows: number;
  /** Median length of the steps, ms. */
  readonly stepMs: number;
  readonly change: { readonly coin: Float64Array; readonly usd: Float64Array };
  readonly left: { readonly coin: readonly Float64Array[]; readonly usd: readonly Float64Array[] };
  readonly expected: readonly Float64Array[];
  /** Stated standard deviation of left - expected, coin or USD over the forward; NaN where none could be stated yet. */
  readonly deviation: Float64Array;
}

/** Steps whose ends lie within one such span are one block, ms. */
export const BLOCK_MS = 3_600_000;

/** The ledger; rows arrive in order of time. Memory: buckets x steps x families. */
export class PortfolioLedger {
  readonly #families: number;
  readonly #buckets = new Map<string, { readonly bucket: Bucket; readonly steps: Step[] }>();
  readonly #books = new Map<string, Step[]>();

  constructor(families: number) {
    this.#families = families;
  }

  /** Adds an option to the portfolio of its bucket; `size` is that of one unit of vega. Rows that are not finite are left out. */
  addToBucket(bucket: Bucket, row: PortfolioRow): void {
    const key = bucketKey(bucket);
    let held = this.#buckets.get(key);
    if (held === undefined) this.#buckets.set(key, (held = { bucket, steps: [] }));
    this.#add(held.steps, row);
  }

  /** Adds an option of the book that is held. */
  addToBook(underlying: string, row: PortfolioRow): void {
    let steps = this.#books.get(underlying);
    if (steps === undefined) this.#books.set(underlying, (steps = []));
    this.#add(steps, row);
  }

  #add(steps: Step[], row: PortfolioRow): void {
    const { size } = row;
    if (!(Math.abs(size * (row.coin + row.usd)) < Infinity)) return;
    let step = steps.at(-1);
    if (step === undefined || step.at !== row.at) {
      const zero = (n: number): Float64Array => new Float64Array(n);
      const n = this.#families;
      step = { at: row.at, from: row.from, n: 0, coin: 0, usd: 0, noise2: 0, volatility: zero(TENORS.length), coinErrors: zero(n), usdErrors: zero(n), expected: zero(n) }; // prettier-ignore
      steps.push(step);
    }
    step.n++;
    step.coin += size * row.coin;
    step.usd += size * row.usd;
    step.noise2 += size * row.noise * (size * row.noise);
    step.volatility[TENORS.indexOf(row.tenor)] += size * row.volatility;
    for (let f = 0; f < this.#families; f++) {
      step.coinErrors[f] += size * row.coinErrors[f];
      step.usdErrors[f] += size * row.usdErrors[f];
      step.expected[f] += size * row.expected[f];
    }
  }

  /** Series of the book of an underlying; undefined when none of it was ever hedged. */
  book(underlying: string): PortfolioSeries | undefined {
    const steps = this.#books.get(underlying);
    return steps === undefined ? undefined : this.#series(steps.map((s) => scaled(s, 1)));
  }

  /**
   * Series of one unit of vega, spread evenly over the buckets chosen that are quoted and within each over its options;
   * undefined without any.
   */
  unitVega(chosen: (bucket: Bucket) => boolean): PortfolioSeries | undefined {
    const byTime = new Map<number, Step[]>();
    for (const { bucket, steps } of this.#buckets.values()) {
      if (!chosen(bucket)) continue;
      for (const s of steps) {
        const same = byTime.get(s.at);
        if (same === undefined) byTime.set(s.at, [s]);
        else same.push(s);
      }
    }
    if (byTime.size === 0) return undefined;
    const times = [...byTime].toSorted(([a], [b]) => a - b);
    return this.#series(
      times.map(([, steps]) => steps.map((s) => scaled(s, 1 / (s.n * steps.length))).reduce((a, b) => sum(a, b))),
    );
  }

  #series(steps: readonly Step[]): PortfolioSeries {
    const blocks: Step[] = [];
    const variances: number[] = [];
    for (const s of steps) {
      const last = blocks.at(-1);
      const isNew = last === undefined || Math.ceil(last.at / BLOCK_MS) !== Math.ceil(s.at / BLOCK_MS);
      // Unforeseen moves of one step are independent of the next one's: variances add up.
      if (isNew) {
        blocks.push(s);
        variances.push(varianceOf(s));
      } else {
        blocks[blocks.length - 1] = sum(last, s);
        variances[variances.length - 1] += varianceOf(s);
      }
    }
    const column = (read: (s: Step) => number): Float64Array => Float64Array.from(blocks, read);
    const families = Array.from({ length: this.#families }, (_, f) => f);
    const lengths = steps.map((s) => s.at - s.from).toSorted((a, b) => a - b);
    return {
      at: blocks.map((b) => b.at),
      rows: blocks.reduce((rows, b) => rows + b.n, 0),
      stepMs: lengths[Math.floor(lengths.length / 2)],
      change: { coin: column((s) => s.coin), usd: column((s) => s.usd) },
      left: {
        coin: families.map((f) => column((s) => s.coinErrors[f])),
        usd: families.map((f) => column((s) => s.usdErrors[f])),
      },
      expected: families.map((f) => column((s) => s.expected[f])),
      deviation: Float64Array.from(variances, (v) => (v > 0 ? Math.sqrt(v) : NaN)),
    };
  }
}

/** Quote noise is each option's own; volatility moves a whole tenor, and tenors together at worst. */
function varianceOf(s: Step): number {
  let together = 0;
  for (const v of s.volatility) together += Math.abs(v);
  return s.noise2 + together * together;
}

function scaled(s: Step, by: number): Step {
  const times = (values: Float64Array): Float64Array => values.map((v) => by * v);
  return {
    ...s,
    coin: by * s.coin,
    usd: by * s.usd,
    noise2: by * by * s.noise2,
    volatility: times(s.volatility),
    coinErrors: times(s.coinErrors),
    usdErrors: times(s.usdErrors),
    expected: times(s.expected),
  };
}

function sum(a: Step, b: Step): Step {
  const plus = (x: Float64Array, y: Float64Array): Float64Array => x.map((v, i) => v + y[i]);
  return {
    at: b.at,
    from: a.from,
    n: a.n + b.n,
    coin: a.coin + b.coin,
    usd: a.usd + b.usd,
    noise2: a.noise2 + b.noise2,
    volatility: plus(a.volatility, b.volatility),
    coinErrors: plus(a.coinErrors, b.coinErrors),
    usdErrors: plus(a.usdErrors, b.usdErrors),
    expected: plus(a.expected, b.expected),
  };
}
