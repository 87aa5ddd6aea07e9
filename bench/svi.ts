/** SVI on the twelve real BTC expiries: cold, warm on moved quotes, and without butterfly arbitrage; equal weights. */
import type { FitOptions, SliceFit, SliceQuotes } from '../src/surface/family.ts';
import { sviWingSlope } from '../src/surface/svi-curve.ts';
import { sviFamily } from '../src/surface/svi.ts';
import { missing, slicesOf, surfaceRmse } from '../test/surface/shared-files.ts';
import type { Bench } from './run.ts';
import { hashNumbers, missingData, timedRounds } from './surface-rounds.ts';

const EQUAL: FitOptions = { objective: 'equal', huber: 0, start: null, prior: null, arbitrageFree: false };
const FILE = 'vectors/pricing/btc_slices.csv';

function check(slices: readonly SliceQuotes[], fits: readonly SliceFit[], bound: number): void {
  const rmse = surfaceRmse(fits.map((f, i) => ({ rmseVol: f.rmseVol, n: slices[i].k.length })));
  if (!(rmse <= bound)) throw new Error(`SVI rms ${rmse} over the BTC slices; ${bound} is the bound`);
  for (const f of fits) if (!(sviWingSlope(f.parameters) <= 2 + 1e-12)) throw new Error("Lee's bound is broken");
}

/** The quotes a moment later: level up by one per cent and a wave of 20 basis points along the strikes. */
function moved(slice: SliceQuotes): SliceQuotes {
  return { ...slice, sigma: slice.sigma.map((v, i) => v * 1.01 + 0.002 * Math.sin(7 * slice.k[i])) };
}

function measure(
  smoke: boolean,
  slices: readonly SliceQuotes[],
  fitOne: (i: number) => SliceFit,
): { samples: number[]; hash: string; fits: SliceFit[] } {
  const fits = slices.map((_, i) => fitOne(i));
  const rounds = smoke ? 1 : 20;
  const samples = timedRounds(smoke, () => {
    for (let r = 0; r < rounds; r++) for (let i = 0; i < slices.length; i++) fitOne(i);
  });
  return {
    samples: samples.map((ms) => (1000 * ms) / (rounds * slices.length)),
    hash: hashNumbers(fits.map((f) => f.parameters)),
    fits,
  };
}

/** Microseconds a slice, mean over the twelve. */
export const benches: Bench[] = [
  {
    name: 'svi/cold',
    unit: 'us',
    run(smoke) {
      if (missing(FILE)) return missingData(FILE);
      const slices = slicesOf('btc_slices.csv');
      const result = measure(smoke, slices, (i) => sviFamily.fit(slices[i], EQUAL));
      check(slices, result.fits, 0.0058);
      return result;
    },
  },
  {
    name: 'svi/warm',
    unit: 'us',
    run(smoke) {
      if (missing(FILE)) return missingData(FILE);
      const before = slicesOf('btc_slices.csv');
      const starts = before.map((s) => sviFamily.fit(s, EQUAL).parameters);
      const slices = before.map(moved);
      const result = measure(smoke, slices, (i) => sviFamily.fit(slices[i], { ...EQUAL, start: starts[i] }));
      check(slices, result.fits, 0.0062);
      return result;
    },
  },
  {
    name: 'svi/arbitrage-free',
    unit: 'us',
    run(smoke) {
      if (missing(FILE)) return missingData(FILE);
      const slices = slicesOf('btc_slices.csv');
      const result = measure(smoke, slices, (i) => sviFamily.fit(slices[i], { ...EQUAL, arbitrageFree: true }));
      check(slices, result.fits, 0.0058 * 1.05);
      for (const f of result.fits) if (!(f.arbitrage.minG >= 0)) throw new Error(`g falls to ${f.arbitrage.minG}`);
      return result;
    },
  },
];
