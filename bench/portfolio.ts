/**
 * SYNTHETIC books: 10,000 positions under 20 models with all greeks (smile evaluation, revaluation and sums, on one core), and
 * what the book adds to a close of the engine, with and without the figures that are measured once a minute.
 */
import { watchBook } from '../src/engine/watch-book.ts';
import type { PositionsEvent } from '../src/market/event.ts';
import type { Holding } from '../src/market/holding.ts';
import { Random } from '../src/numeric/random.ts';
import { revaluationColumns, revalue, type ModelExposure } from '../src/portfolio/revalue.ts';
import { sviTotalVariance } from '../src/surface/svi-curve.ts';
import {
  expiryIn, instrumentsOf, listing, quotes, run, snapshotEnd, START, type Run,
} from '../test/engine/synthetic-market.ts'; // prettier-ignore
import type { Bench } from './run.ts';
import { hashNumbers, timedRounds } from './surface-rounds.ts';

const POSITIONS = 10_000;
const MODELS = 20;

const CLOSE_AT = START + 60_000;

/** An engine that has fitted twelve expiries and holds every listed option in 24 accounts: 9,792 positions. */
function heldMarket(accounts: number): Run {
  const expiries = [1, 2, 3, 7, 14, 21, 30, 60, 90, 120, 180, 270].map(expiryIn);
  const r = run();
  for (const expiry of expiries) r.push([...listing(expiry), ...quotes(expiry, { at: START })]);
  const random = new Random(9);
  for (let i = 0; i < accounts; i++) {
    const holdings = expiries
      .flatMap((e) => instrumentsOf(e))
      .map(({ symbol, side, strike, expiry, settlement }): Holding => {
        return {
          kind: 'option',
          symbol,
          underlying: 'BTC',
          side,
          strike,
          expiry,
          settlement,
          size: random.normal(),
          entry: null,
        };
      });
    // Enough cash that the distance to liquidation is searched over its whole range.
    holdings.push({ kind: 'cash', symbol: 'BTC', underlying: 'BTC', size: 1_000 });
    const event: PositionsEvent = {
      type: 'positions', at: START, receivedAt: START, source: 'push', account: `a${i}`, mode: 'snapshot', covers: 'all',
      holdings, refused: 0, validSeconds: 1e6, fills: false,
    }; // prettier-ignore
    r.push([event]);
  }
  r.push([snapshotEnd(START)]);
  return r;
}

function closeBench(name: string, measured: boolean): Bench {
  return {
    name,
    unit: 'ms',
    run(smoke) {
      const { state } = heldMarket(smoke ? 1 : 24);
      const [underlying] = state.underlyings.values();
      const { book } = underlying;
      let values: number[] = [];
      const samples = timedRounds(smoke, () => {
        Object.assign(book, { valuedAt: -1, measuredAt: measured ? -1 : Infinity });
        values = watchBook(state, underlying, [], CLOSE_AT).flatMap((e) =>
          e.type === 'record' && e.record.type === 'book' ? [e.record.value_usd, e.record.vega_usd_per_point] : [],
        );
      });
      return { samples, hash: hashNumbers([values]) };
    },
  };
}

/** Milliseconds. */
export const benches: Bench[] = [
  {
    name: 'portfolio/revalue-10000x20',
    unit: 'ms',
    run(smoke) {
      const n = smoke ? 500 : POSITIONS;
      const random = new Random(8);
      const column = (draw: () => number): Float64Array => Float64Array.from({ length: n }, draw);
      const positions = {
        isCall: column(() => (random.chance(0.5) ? 1 : 0)),
        forward: column(() => 100_000),
        strike: column(() => 100_000 * random.between(0.6, 1.6)),
        years: column(() => random.between(2, 200) / 365),
        size: column(() => random.normal(0, 5)),
      };
      const k = positions.strike.map((strike) => Math.log(strike / 100_000));
      const models = Array.from({ length: MODELS }, () => [0.02, 0.1, random.between(-0.4, 0.1), 0, 0.2]);
      const sigma = new Float64Array(n);
      const storage = revaluationColumns(n);
      let results: ModelExposure[] = [];
      const work = (): void => {
        results = models.map((svi) => {
          for (let i = 0; i < n; i++) sigma[i] = Math.sqrt(4 * sviTotalVariance(svi, k[i]));
          return revalue(positions, sigma, storage);
        });
      };
      const samples = timedRounds(smoke, work);
      return { samples, hash: hashNumbers(results.map((r) => Object.values(r) as number[])) };
    },
  },
  closeBench('portfolio/close-9792-positions', false),
  closeBench('portfolio/close-9792-positions-measured', true),
];
