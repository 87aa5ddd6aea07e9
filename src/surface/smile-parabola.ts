import type { SliceQuotes } from './family.ts';

/** Second-order shape of a smile at the forward, in log-moneyness: sigma(k) = level + slope k + bend k^2 / 2. */
export interface SmileParabola {
  /** Volatility of the quote nearest the forward, fraction. */
  readonly level: number;
  /** dsigma/dk at k = 0. */
  readonly slope: number;
  /** d2sigma/dk2 at k = 0. */
  readonly bend: number;
}

/**
 * Parabola through the quotes by least squares, weighted toward the forward (weight 1/(1 + x^4), x = k over two
 * standard deviations): the start of fits whose parameters are read off level, slope and bend. Slope and bend are zero
 * when the quotes do not determine them.
 */
export function smileParabola(slice: SliceQuotes): SmileParabola {
  const { k, sigma } = slice;
  let nearest = 0;
  for (let i = 1; i < k.length; i++) if (Math.abs(k[i]) < Math.abs(k[nearest])) nearest = i;
  const level = sigma[nearest];
  const width = 2 * level * Math.sqrt(slice.years) + Math.abs(k[nearest]);
  let s11 = 0;
  let s12 = 0;
  let s22 = 0;
  let t1 = 0;
  let t2 = 0;
  for (let i = 0; i < k.length; i++) {
    const x = k[i] / width;
    const weight = 1 / (1 + x * x * x * x);
    const e = (sigma[i] - level) * weight;
    s11 += weight * x * x;
    s12 += weight * x * x * x;
    s22 += weight * x * x * x * x;
    t1 += e * x;
    t2 += e * x * x;
  }
  const determinant = s11 * s22 - s12 * s12;
  if (!(determinant > 1e-12 * s11 * s22)) return { level, slope: 0, bend: 0 };
  return {
    level,
    slope: (t1 * s22 - t2 * s12) / determinant / width,
    bend: (2 * (t2 * s11 - t1 * s12)) / determinant / (width * width),
  };
}
