import { normalCdf } from '../../src/numeric/normal.ts';
import type { Across, Unit, Up } from './route.ts';
import type { Curve } from './wire.ts';
import { curveAt, curveOf, type Quote, type SmilePicture } from './smile-picture.ts';

/** The axes that a reader chose. */
export interface Axes {
  readonly across: Across;
  readonly up: Up;
  readonly unit: Unit;
}

/**
 * Call delta N(d1), undiscounted, of log-moneyness k at volatility sigma over T years; NaN where it does not exist. The
 * delta axis runs from the puts (near 1) to the calls (near 0), so that strikes grow to the right.
 */
export function callDelta(k: number, sigma: number, years: number): number {
  const s = sigma * Math.sqrt(years);
  return s > 0 ? normalCdf(-k / s + 0.5 * s) : NaN;
}

/** Undiscounted Black price of the out-of-the-money option at k as a fraction of the forward; NaN where there is none. */
export function priceOfForward(k: number, sigma: number, years: number): number {
  const s = sigma * Math.sqrt(years);
  if (!(s > 0)) return NaN;
  const d1 = -k / s + 0.5 * s;
  const ratio = Math.exp(k);
  return k < 0 ? ratio * normalCdf(s - d1) - normalCdf(-d1) : normalCdf(d1) - ratio * normalCdf(d1 - s);
}

/** Where a point with log-moneyness k stands on the horizontal axis. `sigma` is the volatility the delta is taken at. */
export function acrossOf(picture: SmilePicture, axes: Axes, k: number, sigma: number): number {
  switch (axes.across) {
    case 'x':
      return k / (picture.atmVol * Math.sqrt(picture.years));
    case 'k':
      return k;
    case 'strike':
      return picture.forward * Math.exp(k);
    default:
      return 1 - callDelta(k, sigma, picture.years);
  }
}

/** Where a volatility at log-moneyness k stands on the vertical axis. */
export function upOf(picture: SmilePicture, axes: Axes, k: number, sigma: number): number {
  switch (axes.up) {
    case 'volatility':
      return sigma;
    case 'variance':
      return sigma * sigma * picture.years;
    default:
      return priceOfForward(k, sigma, picture.years) * (axes.unit === 'usd' ? picture.forward : 1);
  }
}

/** A curve on the chosen axes; points that do not exist are NaN and break the line. */
export interface Line {
  readonly across: Float64Array;
  readonly up: Float64Array;
}

/** One of a curve's columns on the chosen axes. */
export function lineOf(picture: SmilePicture, axes: Axes, curve: Curve, column: 'sigma' | 'low' | 'high'): Line {
  const n = curve.k.length;
  const line = { across: new Float64Array(n), up: new Float64Array(n) };
  for (let i = 0; i < n; i++) {
    const middle = curve.sigma[i] ?? NaN;
    line.across[i] = acrossOf(picture, axes, curve.k[i], middle);
    line.up[i] = upOf(picture, axes, curve.k[i], curve[column][i] ?? NaN);
  }
  return line;
}

/** A quote on the chosen axes. */
export interface Bar {
  readonly quote: Quote;
  readonly across: number;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

/** Every quote that has a volatility, on the chosen axes; deltas are taken at the champion's volatility. */
export function barsOf(picture: SmilePicture, axes: Axes): Bar[] {
  const champion = curveOf(picture, 'champion');
  const bars: Bar[] = [];
  for (const quote of picture.quotes) {
    if (!Number.isFinite(quote.sigmaMid) && !Number.isFinite(quote.sigmaAsk) && !Number.isFinite(quote.sigmaBid))
      continue;
    const own = Number.isFinite(quote.sigmaMid) ? quote.sigmaMid : quote.sigmaAsk;
    const sigma = champion === null ? own : curveAt(champion, quote.k);
    const across = acrossOf(picture, axes, quote.k, Number.isFinite(sigma) ? sigma : own);
    if (!Number.isFinite(across)) continue;
    bars.push({
      quote,
      across,
      low: upOf(picture, axes, quote.k, quote.sigmaBid),
      middle: upOf(picture, axes, quote.k, quote.sigmaMid),
      high: upOf(picture, axes, quote.k, quote.sigmaAsk),
    });
  }
  return bars;
}

/** How a tick of the horizontal axis reads: 10P and 25C for deltas. */
export function acrossLabel(axes: Axes, value: number, decimals: number): string {
  if (axes.across === 'delta') {
    const call = 1 - value;
    const percent = Math.round(100 * Math.min(call, value));
    return percent === 50 ? '50' : call > 0.5 ? `${percent}P` : `${percent}C`;
  }
  if (axes.across === 'strike') return value >= 10_000 ? `${(value / 1000).toFixed(0)}k` : value.toFixed(decimals);
  return value.toFixed(decimals);
}

/** How a tick of the vertical axis reads. */
export function upLabel(axes: Axes, value: number, decimals: number): string {
  if (axes.up === 'volatility') return (100 * value).toFixed(Math.max(0, decimals - 2));
  return value.toFixed(decimals);
}

/** Name and unit of an axis, for heads and exports. */
export function acrossName(axes: Axes): string {
  return {
    x: 'x = k / (σ_atm √T)',
    k: 'k = ln(K/F)',
    strike: 'strike, USD',
    delta: 'delta, %',
  }[axes.across];
}

/** Name and unit of the vertical axis. */
export function upName(axes: Axes): string {
  if (axes.up === 'volatility') return 'volatility, %';
  if (axes.up === 'variance') return 'total variance w = σ²T';
  return axes.unit === 'usd' ? 'out-of-the-money price, USD' : 'out-of-the-money price, coin (per forward)';
}
