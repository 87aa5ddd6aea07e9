/** 10,000 SYNTHETIC positions under 20 models with all greeks: smile evaluation, revaluation and sums, on one core. */
import { Random } from '../src/numeric/random.ts';
import { revaluationColumns, revalue, type ModelExposure } from '../src/portfolio/revalue.ts';
import { sviTotalVariance } from '../src/surface/svi-curve.ts';
import type { Bench } from './run.ts';
import { hashNumbers, timedRounds } from './surface-rounds.ts';

const POSITIONS = 10_000;
const MODELS = 20;

/** Milliseconds for all models. */
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
];
