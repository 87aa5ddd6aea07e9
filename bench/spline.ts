/** The density spline on the twelve real BTC expiries, equal weights: a surface without butterfly arbitrage. */
import type { FitOptions } from '../src/surface/family.ts';
import { spline } from '../src/surface/spline.ts';
import { missing, slicesOf, surfaceRmse } from '../test/surface/shared-files.ts';
import type { Bench } from './run.ts';
import { hashNumbers, missingData, timedRounds } from './surface-rounds.ts';

const EQUAL: FitOptions = { objective: 'equal', huber: 0, start: null, prior: null, arbitrageFree: true };
const FILE = 'vectors/pricing/btc_slices.csv';

/** Milliseconds a surface of twelve expiries. */
export const benches: Bench[] = [
  {
    name: 'spline/surface',
    unit: 'ms',
    run(smoke) {
      if (missing(FILE)) return missingData(FILE);
      const slices = slicesOf('btc_slices.csv');
      const fits = slices.map((s) => spline.fit(s, EQUAL));
      const rmse = surfaceRmse(fits.map((f, i) => ({ rmseVol: f.rmseVol, n: slices[i].k.length })));
      if (!(rmse <= 0.004)) throw new Error(`spline rms ${rmse} over the BTC slices; 0.004 is the bound`);
      if (!fits.every((f) => f.arbitrage.minGExtrapolated > 0)) throw new Error('a slice has butterfly arbitrage');
      const samples = timedRounds(smoke, () => slices.forEach((s) => spline.fit(s, EQUAL)));
      return { samples, hash: hashNumbers(fits.map((f) => f.parameters)) };
    },
  },
];
