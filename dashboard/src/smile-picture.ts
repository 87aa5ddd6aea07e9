import type { Curve, Gate, Maybe, Smile, Trade } from './wire.ts';

/** One expiry as it is drawn, whether it came over the stream or was asked for as of a time. NaN where there is nothing. */
export interface SmilePicture {
  readonly scope: string;
  readonly expiry: string;
  readonly at: string;
  readonly years: number;
  readonly forward: number;
  readonly atmVol: number;
  readonly gate: Gate | null;
  readonly quotesAt: string | null;
  readonly quotes: readonly Quote[];
  readonly curves: readonly Curve[];
  readonly trades: readonly Trade[];
}

/** One instrument of the expiry. Volatilities are fractions, prices in the premium currency, age in s. */
export interface Quote {
  readonly symbol: string;
  readonly side: 'call' | 'put';
  readonly strike: number;
  readonly k: number;
  readonly x: number;
  readonly delta: number;
  readonly bid: number;
  readonly ask: number;
  readonly sigmaBid: number;
  readonly sigmaMid: number;
  readonly sigmaAsk: number;
  readonly venueMark: number;
  readonly errorBar: number;
  /** The champion's volatility at k. */
  readonly model: number;
  readonly refused: string | null;
  readonly ageS: number;
}

/** The picture of a smile that was asked for over HTTP. */
export function pictureOf(smile: Smile): SmilePicture {
  return {
    scope: smile.scope,
    expiry: smile.expiry,
    at: smile.at,
    years: smile.years,
    forward: number(smile.forward),
    atmVol: number(smile.atm_vol),
    gate: smile.gate,
    quotesAt: smile.quotes_at,
    quotes: quotesOf(smile),
    curves: smile.curves,
    trades: smile.trades,
  };
}

function quotesOf(smile: Smile): Quote[] {
  const q = smile.quotes;
  if (q === null) return [];
  return q.symbol.map((symbol, i) => ({
    symbol,
    side: q.side[i],
    strike: q.strike[i],
    k: number(q.k[i]),
    x: number(q.x[i]),
    delta: number(q.delta[i]),
    bid: number(q.bid[i]),
    ask: number(q.ask[i]),
    sigmaBid: number(q.sigma_bid[i]),
    sigmaMid: number(q.sigma_mid[i]),
    sigmaAsk: number(q.sigma_ask[i]),
    venueMark: number(q.venue_mark[i]),
    errorBar: number(q.error_bar[i]),
    model: number(q.model[i]),
    refused: q.refused[i],
    ageS: number(q.age_s[i]),
  }));
}

/** The curve of a role, if there is one. */
export function curveOf(picture: { readonly curves: readonly Curve[] }, role: Curve['role']): Curve | null {
  return picture.curves.find((c) => c.role === role) ?? null;
}

/**
 * A curve's volatility at log-moneyness k: cubic through the four nearest nodes (slopes of parabolas on an uneven grid), so that
 * residuals of fractions of a half-spread are not the chord's. NaN outside the curve.
 */
export function curveAt(curve: Curve, k: number): number {
  const grid = curve.k;
  const n = grid.length;
  if (n === 0 || !(k >= grid[0] && k <= grid[n - 1])) return NaN;
  let low = 0;
  let high = n - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (grid[middle] <= k) low = middle;
    else high = middle;
  }
  if (n === 1) return number(curve.sigma[0]);
  const y = (i: number): number => number(curve.sigma[i]);
  const h = grid[high] - grid[low];
  if (!(h > 0)) return y(low);
  const chord = (y(high) - y(low)) / h;
  const slope = (i: number): number => {
    const middle = Math.min(n - 2, Math.max(1, i));
    const s = n < 3 ? NaN : parabolaSlope(grid, y, middle, grid[i]);
    return Number.isFinite(s) ? s : chord;
  };
  const t = (k - grid[low]) / h;
  const a = slope(low) * h - (y(high) - y(low));
  const b = y(high) - y(low) - slope(high) * h;
  return (1 - t) * y(low) + t * y(high) + t * (1 - t) * ((1 - t) * a + t * b);
}

/** Slope at `at` of the parabola through the nodes beside `i` and `i` itself, on an uneven grid. */
function parabolaSlope(grid: readonly number[], y: (i: number) => number, i: number, at: number): number {
  const left = (y(i) - y(i - 1)) / (grid[i] - grid[i - 1]);
  const right = (y(i + 1) - y(i)) / (grid[i + 1] - grid[i]);
  const bend = (right - left) / (grid[i + 1] - grid[i - 1]);
  return left + bend * (2 * at - grid[i - 1] - grid[i]);
}

/** (market - model) in half-spreads: beyond 1 in size the model's price is outside the bid-ask. NaN without both sides. */
export function residual(quote: Quote): number {
  const half = 0.5 * (quote.sigmaAsk - quote.sigmaBid);
  return half > 0 ? (quote.sigmaMid - quote.model) / half : NaN;
}

/** Used quotes whose bid-ask holds the model, and how many were used. */
export function insideCount(picture: SmilePicture): { readonly inside: number; readonly used: number } {
  let inside = 0;
  let used = 0;
  for (const quote of picture.quotes) {
    if (quote.refused !== null) continue;
    const r = residual(quote);
    if (!Number.isFinite(r)) continue;
    used++;
    if (Math.abs(r) <= 1) inside++;
  }
  return { inside, used };
}

const number = (v: Maybe | undefined): number => v ?? NaN;
