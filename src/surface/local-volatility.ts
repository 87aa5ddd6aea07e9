/** Dupire's local volatility of a surface of total variance. */
import { durrlemanG } from './arbitrage.ts';
import type { VolatilitySurface } from './time-interpolation.ts';

/** Local volatility at one point, or which arbitrage denies it. */
export type LocalVolatility =
  | { readonly status: 'ok'; readonly volatility: number; readonly variance: number }
  /** `calendar`: dw/dT < 0; `butterfly`: g <= 0; `not-finite`: the surface has no value there. */
  | { readonly status: 'calendar' | 'butterfly' | 'not-finite'; readonly slope: number; readonly g: number };

/**
 * sigma_loc^2 = (dw/dT)/g(k), with g Durrleman's function of w, w', w'' by log-moneyness k and `wT` = dw/dT at equal k,
 * per calendar year (Gatheral 2006, The Volatility Surface, eq. 1.10). Volatility per root calendar year. Verified by
 * `ssvi_dupire.csv`.
 */
export function dupire(k: number, w: number, w1: number, w2: number, wT: number): LocalVolatility {
  const g = durrlemanG(k, w, w1, w2);
  if (!(Math.abs(g) < Infinity && Math.abs(wT) < Infinity)) return { status: 'not-finite', slope: wT, g };
  if (wT < 0) return { status: 'calendar', slope: wT, g };
  if (g <= 0) return { status: 'butterfly', slope: wT, g };
  const variance = wT / g;
  return { status: 'ok', volatility: Math.sqrt(variance), variance };
}

/** Local volatility of a surface at log-moneyness k and T years. On a knot in time dw/dT is that of the earlier side. */
export function localVolatility(surface: VolatilitySurface, k: number, years: number): LocalVolatility {
  const out = new Float64Array(4);
  surface.shape(k, years, out);
  return dupire(k, out[0], out[1], out[2], out[3]);
}
