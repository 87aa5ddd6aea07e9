/** Heston calibration on the 40 SYNTHETIC options of Cui, del Bano Rollin and Germano (2017), from their start. */
import { fitHeston } from '../src/surface/heston-fit.ts';
import { CUI_START, cuiSlices } from '../test/surface/cui-options.ts';
import type { Bench } from './run.ts';
import { hashNumbers, timedRounds } from './surface-rounds.ts';

/** Milliseconds a calibration. */
export const benches: Bench[] = [
  {
    name: 'heston/cui40',
    unit: 'ms',
    run(smoke) {
      const slices = cuiSlices();
      const fit = fitHeston(slices, 'price', CUI_START);
      const worst = Math.max(...fit.residuals.map((r) => Math.abs(r)));
      if (!(worst <= 1e-9)) throw new Error(`largest price error ${worst}; 1e-9 is the bound`);
      const samples = timedRounds(smoke, () => fitHeston(slices, 'price', CUI_START));
      return { samples, hash: hashNumbers([fit.parameters]) };
    },
  },
];
