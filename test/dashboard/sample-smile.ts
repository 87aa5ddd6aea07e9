import type { Curve, Smile } from '../../dashboard/src/wire.ts';

/** A smile in closed form: sigma(k) = 0.45 - 0.1 k + 0.8 k^2, so that every expected number can be written down. */
export const sigmaAt = (k: number): number => 0.45 - 0.1 * k + 0.8 * k * k;

export const FORWARD = 100_000;
export const YEARS = 0.25;

/** A curve of it on an even grid. */
export function sampleCurve(role: Curve['role'] = 'champion', n = 25): Curve {
  const k = Array.from({ length: n }, (_, i) => -0.4 + (0.8 * i) / (n - 1));
  return {
    model: role === 'champion' ? 'svi' : role,
    role,
    k,
    x: k.map((v) => v / (0.45 * Math.sqrt(YEARS))),
    strike: k.map((v) => FORWARD * Math.exp(v)),
    sigma: k.map(sigmaAt),
    low: k.map((v) => sigmaAt(v) - 0.01),
    high: k.map((v) => sigmaAt(v) + 0.01),
    fit: null,
  };
}

/** Eight quotes on it; the fifth is mispriced by two half-spreads, the last is refused, the first has no bid. */
export function sampleSmile(scope = 'deribit:BTC:2026-03-27'): Smile {
  const k = [-0.3, -0.2, -0.1, 0, 0.05, 0.1, 0.2, 0.3];
  const half = 0.01;
  const sigma = k.map((v, i) => sigmaAt(v) + (i === 4 ? 2 * half : 0));
  return {
    scope,
    expiry: `${scope.slice(-10)}T08:00:00.000Z`,
    at: '2025-12-26T00:00:00.000Z',
    years: YEARS,
    forward: FORWARD,
    atm_vol: 0.45,
    gate: { state: 'OK', reasons: [] },
    quotes_at: '2025-12-26T00:00:00.000Z',
    quotes: {
      symbol: k.map((v) => `BTC-${Math.round(FORWARD * Math.exp(v))}-${v < 0 ? 'P' : 'C'}`),
      side: k.map((v) => (v < 0 ? 'put' : 'call')),
      strike: k.map((v) => FORWARD * Math.exp(v)),
      k,
      x: k.map((v) => v / (0.45 * Math.sqrt(YEARS))),
      delta: k.map((v) => (v < 0 ? -0.2 : 0.3)),
      bid: k.map((_, i) => (i === 0 ? null : 0.01)),
      ask: k.map(() => 0.012),
      sigma_bid: sigma.map((s, i) => (i === 0 ? null : s - half)),
      sigma_mid: sigma.map((s, i) => (i === 0 ? null : s)),
      sigma_ask: sigma.map((s) => s + half),
      venue_mark: sigma,
      error_bar: k.map(() => 0.004),
      model: k.map(sigmaAt),
      refused: k.map((_, i) => (i === 7 ? 'in-the-money' : null)),
      age_s: k.map(() => 3),
    },
    curves: [sampleCurve()],
    trades: [
      { at: '2025-12-25T23:59:00.000Z', symbol: 'BTC-100000-C', strike: FORWARD, k: 0, x: 0, sigma: 0.46, price: 0.08, amount: 1, direction: 'buy', kind: 'trade' },
      { at: '2025-12-25T23:58:00.000Z', symbol: 'BTC-100000-C', strike: FORWARD, k: null, x: null, sigma: null, price: 0.08, amount: 1, direction: 'sell', kind: 'block' },
    ],
  }; // prettier-ignore
}
