/**
 * How the simulated market quotes around the truth: spreads, sizes, missing sides, update rates by delta and tenor.
 * The tables are aggregates of real BTC chains (207 snapshots, December 2025 to February 2026; sizes: seven full tickers
 * of January 2026), measured by `tools/measure-marginals.ts` (`real`, `sizes`) and narrowed where rounding to ticks
 * widens again, so that `simulated` measures what `real` does. Update rates are assumptions: no tick tape was at hand.
 */
import { hourOfWeek } from './calendar.ts';

/** Upper ends of the delta buckets (of the out-of-the-money side) and of the tenor buckets (days). */
export const DELTA_EDGES = [0.02, 0.05, 0.1, 0.25, 0.5] as const;
export const TENOR_EDGES = [2, 8, 31, 93, 400] as const;

/** Half spread out of the money, volatility points before rounding to ticks, [tenor][delta]. */
const HALF_SPREAD = [
  [2.4, 1.3, 0.95, 0.85, 0.75],
  [1.7, 0.75, 0.6, 0.5, 0.42],
  [0.95, 0.42, 0.36, 0.28, 0.24],
  [0.95, 0.3, 0.2, 0.19, 0.17],
  [0.75, 0.27, 0.24, 0.2, 0.19],
] as const;
/** Spread in the money, in ticks, [tenor][delta of the out-of-the-money side]. */
const IN_MONEY_TICKS = [
  [5, 5, 5, 4, 2],
  [10, 9, 9, 6, 2],
  [14, 9, 7, 6, 2],
  [27, 14, 12, 9, 3],
  [150, 80, 28, 16, 7],
] as const;
/** Odds that a side is missing for other reasons than a price below a tick: out of the money, and in it by [tenor]. */
const MISSING = 0.0015;
const MISSING_IN_MONEY = [0.03, 0.045, 0.042, 0.042, 0.06] as const;
/** Median size of the best quote, contracts of BTC, [tenor][delta]. */
const SIZE = [
  [4.4, 12.3, 2.9, 4.8, 11.8],
  [15.2, 8, 9.8, 4.1, 13.8],
  [34.4, 25.1, 22.7, 27.4, 18.4],
  [26, 10.2, 25.7, 22.1, 10.5],
  [3.6, 5.2, 5.7, 7.1, 8.9],
] as const;
/** Standard deviation of the log of sizes, and of the slow noise of spreads. */
export const LOG_SIZE_SD = 1.7;
export const LOG_SPREAD_SD = 0.4;
/** Standard deviation of the quotes' middle around the truth, in half spreads. */
export const MIDDLE_NOISE = 0.78;

/** What differs between underlyings: width of spreads in volatility points, contracts at the touch. */
const SCALE: Readonly<Record<string, { readonly spread: number; readonly inMoney: number; readonly size: number }>> = {
  BTC: { spread: 1, inMoney: 1, size: 1 },
  ETH: { spread: 1.35, inMoney: 1.7, size: 12 },
};

function bucket(edges: readonly number[], x: number): number {
  let i = 0;
  while (i < edges.length - 1 && x > edges[i]) i++;
  return i;
}

/** What the market shows for one kind of option. */
export interface QuoteHabits {
  /** Half spread, volatility points before rounding; out of the money. */
  readonly halfSpread: number;
  /** Half spread in ticks; in the money. 0 = out of the money. */
  readonly halfTicks: number;
  /** Odds that a side is not quoted. */
  readonly missing: number;
  /** Median contracts at the touch. */
  readonly size: number;
  /** Quote refreshes per second. */
  readonly updates: number;
}

/** Spreads by hour of the week, relative to their mean. */
export function hourlySpread(at: number): number {
  const hour = hourOfWeek(at);
  const ofDay = hour % 24;
  return (ofDay >= 8 && ofDay < 20 ? 0.975 : 1.01) * (hour >= 120 ? 1.05 : 1);
}

/** The habits for `delta` (absolute, in [0, 1]) and `days` to expiry of an underlying. */
export function habits(underlying: string, delta: number, days: number): QuoteHabits {
  const inMoney = delta > 0.5;
  const size = inMoney ? 1 - delta : delta;
  const d = bucket(DELTA_EDGES, size);
  const t = bucket(TENOR_EDGES, days);
  const scale = SCALE[underlying];
  return {
    halfSpread: scale.spread * HALF_SPREAD[t][d],
    halfTicks: inMoney ? 0.5 * scale.inMoney * IN_MONEY_TICKS[t][d] : 0,
    missing: inMoney && size < 0.3 ? MISSING_IN_MONEY[t] : MISSING,
    size: scale.size * SIZE[t][d],
    updates: 0.5 + 2.4 * size + (days < 31 ? 0.5 : 0),
  };
}
