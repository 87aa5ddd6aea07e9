/** SABR slice fits on the twelve real BTC expiries: beta 1, equal weights, cold. */
import type { FitOptions } from '../src/surface/family.ts';
import { sabr } from '../src/surface/sabr-fit.ts';
import { missing, slicesOf, surfaceRmse } from '../test/surface/shared-files.ts';
import type { Bench } from './run.ts';
import { hashNumbers, missingData, timedRounds } from './surface-rounds.ts';

const EQUAL: FitOptions = { objective: 'equal', huber: 0, start: null, prior: null, arbitrageFree: false };
const FILE = 'vectors/pricing/btc_slices.csv';

/** Microseconds a slice, mean over the twelve. */
export const benches: Bench[] = [
  {
    name: 'sabr/slice',
    unit: 'us',
    run(smoke) {
      if (missing(FILE)) return missingData(FILE);
      const slices = slicesOf('btc_slices.csv');
      const fits = slices.map((s) => sabr.fit(s, EQUAL));
      const rmse = surfaceRmse(fits.map((f, i) => ({ rmseVol: f.rmseVol, n: slices[i].k.length })));
      if (!(rmse <= 0.0108)) throw new Error(`SABR rms ${rmse} over the BTC slices; 0.0108 is the bound`);
      const samples = timedRounds(smoke, () => slices.forEach((s) => sabr.fit(s, EQUAL)), 200);
      return {
        samples: samples.map((ms) => (1000 * ms) / slices.length),
        hash: hashNumbers(fits.map((f) => f.parameters)),
      };
    },
  },
];
