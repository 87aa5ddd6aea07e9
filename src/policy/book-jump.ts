import type { Breach } from '../model/contract.ts';
import { blackGreeks } from '../numeric/black.ts';
import { log } from '../numeric/exponential.ts';
import type { OptionSide } from '../market/instrument.ts';

/** One option that is held, or stands for what may be. */
export interface BookLine {
  readonly side: OptionSide;
  /** K, USD. */
  readonly strike: number;
  /** Coins, long positive. */
  readonly size: number;
}

/** What both calibrations say of one expiry at one market. */
export interface CalibrationSwap {
  /** F, USD, and T, years. */
  readonly forward: number;
  readonly years: number;
  /** Volatility (fraction) at log-moneyness k before and after. */
  readonly before: (k: number) => number;
  readonly after: (k: number) => number;
  /** What the market itself has moved since, as the batch shows it against the old calibration: volatility fraction at k. */
  readonly market: (k: number) => number;
}

/** The book's value jump when one calibration replaces another at an unchanged market. */
export interface BookJump {
  /** `reference`: no option of the expiry is held, one option of each quoted strike stands in; it has no money. */
  readonly book: 'positions' | 'reference';
  readonly lines: number;
  /** Change of the book's value, and the part that the market's own move does not explain, USD; null for the reference. */
  readonly usd: number | null;
  readonly unexplainedUsd: number | null;
  /** Vega-weighted mean of |change of volatility|, all of it and what the market's own move leaves, fraction. */
  readonly vol: number;
  readonly unexplainedVol: number;
}

/** The rule: how far a calibration may move the book beyond what the market has moved. */
export interface BookJumpLimits {
  /** Vega-weighted volatility at 30 days, fraction; scales as sqrt(30 days / T), never above a quarter of a day's. */
  readonly vol: number;
  /** USD of the positions in the expiry; null = no bound on money. */
  readonly usd: number | null;
}

/**
 * Revalues a book with both calibrations (Black-76, undiscounted). Null when it is empty or has no vega. Source: methods.md
 * 6.4 (book revaluation change, explained by market-factor moves).
 */
export function bookJump(book: BookJump['book'], lines: readonly BookLine[], swap: CalibrationSwap): BookJump | null {
  const { forward, years } = swap;
  let [usd, unexplainedUsd, vega, moved, left] = [0, 0, 0, 0, 0];
  for (const { side, strike, size } of lines) {
    const k = log(strike / forward);
    const [before, after] = [swap.before(k), swap.after(k)];
    const greeks = blackGreeks({ side, forward, strike, years, sigma: before });
    const carried = Math.max(1e-4, before + swap.market(k));
    const price = (sigma: number): number => blackGreeks({ side, forward, strike, years, sigma }).price;
    const weight = Math.abs(size) * greeks.vega;
    usd += size * (price(after) - greeks.price);
    unexplainedUsd += size * (price(after) - price(carried));
    vega += weight;
    moved += weight * Math.abs(after - before);
    left += weight * Math.abs(after - carried);
  }
  if (!(vega > 0)) return null;
  const held = book === 'positions';
  return {
    book,
    lines: lines.length,
    usd: held ? usd : null,
    unexplainedUsd: held ? unexplainedUsd : null,
    vol: moved / vega,
    unexplainedVol: left / vega,
  };
}

const DAYS = 365;
const SHORTEST_DAYS = 0.25;

/** What of a jump is beyond the limits; empty = nothing. A limit of null is no limit. */
export function bookJumpBreaches(jump: BookJump, years: number, limits: BookJumpLimits): Breach[] {
  const breaches: Breach[] = [];
  const vol = limits.vol * Math.sqrt(30 / Math.max(years * DAYS, SHORTEST_DAYS));
  if (!(jump.unexplainedVol <= vol)) breaches.push({ guard: 'book-jump-vol', value: jump.unexplainedVol, limit: vol });
  const usd = Math.abs(jump.unexplainedUsd ?? 0);
  if (limits.usd !== null && !(usd <= limits.usd))
    breaches.push({ guard: 'book-jump-usd', value: usd, limit: limits.usd });
  return breaches;
}
