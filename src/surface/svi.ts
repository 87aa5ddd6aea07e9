import { scanArbitrage } from './arbitrage.ts';
import type { ArbitrageReport, FitOptions, SliceFit, SliceQuotes, SmileFamily } from './family.ts';
import {
  SVI_PARAMETERS,
  sviGradient,
  sviShape,
  sviTotalVariance,
  sviVertexLandmarks,
  sviWingSlope,
} from './svi-curve.ts';
import { fitSvi } from './svi-fit.ts';

function arbitrageOfSvi(p: ArrayLike<number>, kLow: number, kHigh: number): ArbitrageReport {
  return scanArbitrage((k, out) => sviShape(p, k, out), kLow, kHigh, sviWingSlope(p), sviVertexLandmarks(p));
}

/**
 * Raw SVI: [a, b, rho, m, sigma] of w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)). Its arbitrage report is a
 * scan of Durrleman's g. Gatheral and Jacquier 2014; golden: svi_durrleman_g.csv, svi_durrleman_summary.csv.
 */
export const sviFamily: SmileFamily = {
  name: 'svi',
  parameters: SVI_PARAMETERS,
  totalVariance: (p, k) => sviTotalVariance(p, k),
  shape: (p, k, _years, out) => sviShape(p, k, out),
  gradient: (p, k, _years, out) => sviGradient(p, k, out),
  initialGuess: guessSvi,
  arbitrage: (p, _years, kLow, kHigh) => arbitrageOfSvi(p, kLow, kHigh),
  fit: (slice: SliceQuotes, options: FitOptions): SliceFit => fitSvi(sviFamily, slice, options),
};

/** A symmetric smile through the quote nearest the forward: wings of slope 0.2 standard deviations, vertex at k = 0. */
function guessSvi(slice: SliceQuotes): Float64Array {
  let nearest = 0;
  for (let i = 1; i < slice.k.length; i++) if (Math.abs(slice.k[i]) < Math.abs(slice.k[nearest])) nearest = i;
  const sigma = slice.sigma.length > 0 ? slice.sigma[nearest] : 0.5;
  const deviation = sigma * Math.sqrt(slice.years);
  const b = Math.min(0.2 * deviation, 1);
  return Float64Array.of(deviation * deviation - b * deviation, b, 0, 0, deviation);
}
