/** The eSSVI surface over the twelve real BTC expiries, cold; equal weights. */
import { essviSurface } from '../src/surface/essvi.ts';
import type { FitOptions } from '../src/surface/family.ts';
import { missing, slicesOf, surfaceRmse } from '../test/surface/shared-files.ts';
import type { Bench } from './run.ts';
import { hashNumbers, missingData, timedRounds } from './surface-rounds.ts';

const EQUAL: FitOptions = { objective: 'equal', huber: 0, start: null, prior: null, arbitrageFree: false };
const FILE = 'vectors/pricing/btc_slices.csv';

/** Milliseconds a surface. */
export const benches: Bench[] = [
  {
    name: 'essvi/surface',
    unit: 'ms',
    run(smoke) {
      if (missing(FILE)) return missingData(FILE);
      const slices = slicesOf('btc_slices.csv');
      const surface = essviSurface.fitSurface(slices, EQUAL);
      const rmse = surfaceRmse(surface.slices.map((f, i) => ({ rmseVol: f.rmseVol, n: slices[i].k.length })));
      if (!(rmse <= 0.0195)) throw new Error(`eSSVI rms ${rmse} over the BTC slices; 0.0195 is the bound`);
      if (surface.calendarViolations > 0) throw new Error(`${surface.calendarViolations} calendar violations`);
      const samples = timedRounds(smoke, () => essviSurface.fitSurface(slices, EQUAL));
      return { samples, hash: hashNumbers(surface.slices.map((f) => f.parameters)) };
    },
  },
];
