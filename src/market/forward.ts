import { exp, log } from '../numeric/exponential.ts';
import { MAD_TO_SD, huberWeight, median, weightedMedian } from '../numeric/robust.ts';
import type { Settlement } from './instrument.ts';

/** One strike where both the call and the put show two sides. Prices in premium currency. */
export interface ParityPair {
  readonly strike: number;
  readonly callMid: number;
  readonly putMid: number;
  readonly callHalfSpread: number;
  readonly putHalfSpread: number;
}

/** Forward from put-call parity: F (USD) with one standard error, and the free discount factor D as a probe. */
export interface ParityForward {
  readonly forward: number;
  readonly standardError: number;
  /** D of the two-parameter regression; NaN with fewer than 6 pairs or a degenerate design. 1 within noise when healthy. */
  readonly discount: number;
  readonly pairs: number;
}

/** Strikes further than this share from the guess say more about wings than about F (methods.md 1.4). */
const STRIKE_WINDOW = 0.25;

/**
 * Robust put-call-parity forward. Inverse: p_C - p_P = D (1 - K/F); linear: C - P = D (F - K).
 *
 * Each pair gives F_i at D = 1 with s_i from s = (h_C + h_P)/sqrt(3) (uniform within the spread); the estimate is the
 * Huber mean (c = 1.345) started at the weighted median. Returns null with fewer than 2 pairs in the window around
 * `guess` (USD); without one (NaN: no index, no published forward) around the strike where call and put are closest.
 * Source: methods.md 1.4; verified in `test/market/forward.test.ts` on constructed chains.
 */
export function parityForward(
  pairs: readonly ParityPair[],
  settlement: Settlement,
  guess: number,
): ParityForward | null {
  const centre = guess > 0 ? guess : evenStrike(pairs);
  const estimates: number[] = [];
  const weights: number[] = [];
  const used: ParityPair[] = [];
  for (const p of pairs) {
    if (Math.abs(p.strike / centre - 1) > STRIKE_WINDOW) continue;
    const y = p.callMid - p.putMid;
    const s = (p.callHalfSpread + p.putHalfSpread) / Math.sqrt(3);
    if (!(s > 0)) continue;
    const f = settlement === 'inverse' ? p.strike / (1 - y) : p.strike + y;
    const slope = settlement === 'inverse' ? (f * f) / p.strike : 1;
    const standardError = slope * s;
    if (!(f > 0) || !Number.isFinite(standardError)) continue;
    estimates.push(f);
    weights.push(1 / (standardError * standardError));
    used.push(p);
  }
  if (estimates.length < 2) return null;
  let f = weightedMedian(estimates, weights);
  for (let pass = 0; pass < 6; pass++) {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < estimates.length; i++) {
      const z = Math.abs(estimates[i] - f) * Math.sqrt(weights[i]);
      const w = weights[i] * huberWeight(z);
      sum += w * estimates[i];
      total += w;
    }
    f = sum / total;
  }
  return {
    forward: f,
    standardError: spread(estimates, weights, f),
    discount: freeDiscount(used, settlement, f),
    pairs: estimates.length,
  };
}

/** The strike at which call and put cost most nearly the same: the forward lies within a strike of it. */
function evenStrike(pairs: readonly ParityPair[]): number {
  let [best, least] = [NaN, Infinity];
  for (const p of pairs) {
    const gap = Math.abs(p.callMid - p.putMid);
    if (gap < least) [best, least] = [p.strike, gap];
  }
  return best;
}

/** Standard error of the Huber mean: the larger of what the half-spreads promise and what the scatter shows. */
function spread(estimates: readonly number[], weights: readonly number[], f: number): number {
  let total = 0;
  for (const w of weights) total += w;
  const promised = 1 / Math.sqrt(total);
  const deviations = estimates.map((e) => Math.abs(e - f));
  return Math.max(promised, (MAD_TO_SD * median(deviations)) / Math.sqrt(estimates.length));
}

/** D of the joint regression y = D (1 - K/F) (or D (F - K)), weighted by the half-spreads; two Huber passes. */
function freeDiscount(pairs: readonly ParityPair[], settlement: Settlement, f: number): number {
  if (pairs.length < 6) return NaN;
  let a = 0;
  let b = settlement === 'inverse' ? -1 / f : -1;
  for (let pass = 0; pass < 3; pass++) {
    let sw = 0;
    let sx = 0;
    let sy = 0;
    let sxx = 0;
    let sxy = 0;
    for (const p of pairs) {
      const y = p.callMid - p.putMid;
      const s = (p.callHalfSpread + p.putHalfSpread) / Math.sqrt(3);
      const z = pass === 0 ? 0 : Math.abs(y - a - b * p.strike) / s;
      const w = huberWeight(z) / (s * s);
      sw += w;
      sx += w * p.strike;
      sy += w * y;
      sxx += w * p.strike * p.strike;
      sxy += w * p.strike * y;
    }
    const det = sw * sxx - sx * sx;
    if (!(det > 1e-12 * sw * sxx)) return NaN;
    b = (sw * sxy - sx * sy) / det;
    a = (sy - b * sx) / sw;
  }
  return settlement === 'inverse' ? a : -b;
}

/** One voice in the vote for a forward. */
export interface ForwardVoice {
  readonly source: 'venue' | 'parity' | 'interpolated';
  readonly forward: number;
  readonly weight: number;
}

/** The consensus: the weighted median of the voices; null without any. */
export function voteForward(voices: readonly ForwardVoice[]): number | null {
  const usable = voices.filter((v) => v.forward > 0 && Number.isFinite(v.forward) && v.weight > 0);
  if (usable.length === 0) return null;
  let best = usable[0].forward;
  const total = usable.reduce((s, v) => s + v.weight, 0);
  const sorted = usable.toSorted((a, b) => a.forward - b.forward);
  let seen = 0;
  for (const v of sorted) {
    seen += v.weight;
    best = v.forward;
    if (seen >= total / 2) break;
  }
  return best;
}

/**
 * Forward of an expiry from its neighbours: ln(F/S) linear in time between the neighbouring expiries' ln(F/S),
 * (0, 0) being the spot. `years` ascending, all > 0. Null without any neighbour or spot.
 */
export function interpolateForward(
  years: number,
  spot: number,
  neighbours: readonly { readonly years: number; readonly forward: number }[],
): number | null {
  if (!(spot > 0)) return null;
  let left = { years: 0, basis: 0 };
  let right: { years: number; basis: number } | null = null;
  for (const n of neighbours) {
    const basis = log(n.forward / spot);
    if (n.years <= years) left = { years: n.years, basis };
    else {
      right = { years: n.years, basis };
      break;
    }
  }
  if (right === null) {
    if (left.years === 0) return null;
    return spot * exp((left.basis * years) / left.years);
  }
  const weight = (years - left.years) / (right.years - left.years);
  return spot * exp(left.basis + weight * (right.basis - left.basis));
}
