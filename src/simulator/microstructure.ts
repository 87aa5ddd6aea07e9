/** How the simulated market quotes around the truth: spreads, sizes, missing sides, update rates by delta and tenor. */
import { hourOfWeek } from './calendar.ts';

/** Upper ends of the delta buckets (of the out-of-the-money side) and of the tenor buckets (days). */
export const DELTA_EDGES = [0.02, 0.05, 0.1, 0.25, 0.5] as const;
export const TENOR_EDGES = [2, 8, 31, 93, 400] as const;

/** Half spread in volatility points before rounding to ticks, [tenor][delta]. */
const HALF_SPREAD = [
  [6, 3.2, 1.9, 1.1, 0.9],
  [3.2, 1.5, 0.9, 0.55, 0.45],
  [1.9, 0.85, 0.5, 0.3, 0.25],
  [1.4, 0.6, 0.35, 0.25, 0.22],
  [1.2, 0.6, 0.45, 0.4, 0.38],
] as const;
/** Odds that a bid, an ask is missing for other reasons than its price being below a tick, [delta]. */
const MISSING_BID = [0.2, 0.04, 0.02, 0.01, 0.01] as const;
const MISSING_ASK = [0.02, 0.012, 0.01, 0.01, 0.01] as const;
/** Median size of the best quote, contracts, [delta]. */
const SIZE = [20, 18, 16, 14, 10] as const;

function bucket(edges: readonly number[], x: number): number {
  let i = 0;
  while (i < edges.length - 1 && x > edges[i]) i++;
  return i;
}

/** What the market shows for an option of `delta` (absolute, out-of-the-money side) and `days` to expiry. */
export interface QuoteHabits {
  /** Half spread, volatility points. */
  readonly halfSpread: number;
  readonly missingBid: number;
  readonly missingAsk: number;
  /** Median contracts at the touch. */
  readonly size: number;
  /** Quote refreshes per second. */
  readonly updates: number;
}

/** Spreads are wider at night and on weekends. */
export function hourlySpread(at: number): number {
  const hour = hourOfWeek(at);
  const ofDay = hour % 24;
  return (ofDay >= 13 && ofDay < 21 ? 0.95 : ofDay < 7 ? 1.05 : 1) * (hour >= 120 ? 1.12 : 1);
}

/** The habits of one bucket. */
export function habits(delta: number, days: number): QuoteHabits {
  const d = bucket(DELTA_EDGES, delta);
  const t = bucket(TENOR_EDGES, days);
  return {
    halfSpread: HALF_SPREAD[t][d],
    missingBid: MISSING_BID[d],
    missingAsk: MISSING_ASK[d],
    size: SIZE[d],
    updates: 0.15 + 0.9 * Math.min(0.5, delta) + (days < 31 ? 0.25 : 0),
  };
}
