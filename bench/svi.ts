/** SVI on the twelve real BTC expiries: cold, warm on moved quotes, and without butterfly arbitrage; equal weights. */
import type { FitOptions, SliceFit, SliceQuotes } from '../src/surface/family.ts';
import { sviTotalVariance, sviWingSlope } from '../src/surface/svi-curve.ts';
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
  const pass = (): void => slices.forEach((_, i) => fitOne(i));
  const samples = timedRounds(smoke, pass, 600);
  return {
    samples: samples.map((ms) => (1000 * ms) / slices.length),
    hash: hashNumbers(fits.map((f) => f.parameters)),
    fits,
  };
}

/** SYNTHETIC smiles whose free fit has butterflies: Vogt's (Gatheral and Jacquier 2014, example 5.1), kinks and a step. */
function violating(): SliceQuotes[] {
  const slice = (years: number, half: number, n: number, volatility: (k: number) => number): SliceQuotes => {
    const k = Float64Array.from({ length: n }, (_, i) => half * ((2 * i) / (n - 1) - 1));
    const none = k.map(() => NaN);
    const errorBar = k.map(() => 0.001);
    return { years, forward: 1, k, sigma: k.map(volatility), errorBar, sigmaBid: none, sigmaAsk: none };
  };
  const vogt = [-0.041, 0.1331, 0.306, 0.3586, 0.4153];
  return [
    slice(1, 1.5, 31, (k) => Math.sqrt(sviTotalVariance(vogt, k))),
    slice(0.5, 0.5, 21, (k) => 0.3 + Math.abs(k) + (k > 0.2 ? 0.3 : 0)),
    slice(1, 2, 21, (k) => 0.2 + 0.5 * Math.abs(k)),
    slice(0.1, 0.6, 25, (k) => 0.25 + 2 * Math.max(0, Math.abs(k) - 0.1)),
  ];
}

/** Microseconds a slice, mean over the slices. */
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
  {
    name: 'svi/arbitrage-free-binding',
    unit: 'us',
    run(smoke) {
      const slices = violating();
      const free = slices.map((s) => sviFamily.fit(s, EQUAL));
      if (!free.every((f) => f.arbitrage.minG < 0)) throw new Error('a free fit has no butterfly: nothing is imposed');
      const result = measure(smoke, slices, (i) => sviFamily.fit(slices[i], { ...EQUAL, arbitrageFree: true }));
      for (const f of result.fits) if (!(f.arbitrage.minG >= 0)) throw new Error(`g falls to ${f.arbitrage.minG}`);
      return result;
    },
  },
];
