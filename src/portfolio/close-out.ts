/** What it costs to close the options of a book at the touch. */
import type { BookMarket } from './book-market.ts';
import type { Position } from './position.ts';

/** Cost of closing, and what has no two-sided quote to close at. */
export interface CloseOut {
  /** Half of ask - bid times size, USD. */
  readonly usd: number;
  readonly unquoted: number;
}

/** Half-spread cost of every living option that has both sides; premium in coin is counted at the index. */
export function closeOut(positions: readonly Position[], market: BookMarket): CloseOut {
  let [usd, unquoted] = [0, 0];
  for (const p of positions) {
    if (p.kind !== 'option' || p.size === 0 || !(p.expiry > market.at)) continue;
    const mark = market.option(p);
    const half = mark === undefined ? NaN : 0.5 * (mark.ask - mark.bid);
    if (!(half >= 0)) unquoted++;
    else usd += Math.abs(p.size) * half * (p.settlement === 'inverse' ? market.index(p.underlying) : 1);
  }
  return { usd, unquoted };
}
