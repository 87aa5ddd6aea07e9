/** The order book behind a top of book: deeper levels keep price and amount while the top moves; deltas between two. */
import { tickAt } from '../../market/instrument.ts';
import type { FutureOutput, QuoteOutput } from '../../simulator/output.ts';

/** Levels as [price, amount], best first. */
export interface Ladder {
  readonly bids: readonly (readonly [number, number])[];
  readonly asks: readonly (readonly [number, number])[];
}

/** A change of one level. */
export type LevelChange = readonly ['new' | 'change' | 'delete', number, number];

const DEPTH = 8;

function hash(a: number, b: number): number {
  let h = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0x9e3779b1) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35) >>> 0;
  return (h ^ (h >>> 13)) >>> 0;
}

/** The book of an option's or future's quote. */
export function ladderOf(quote: QuoteOutput | FutureOutput): Ladder {
  const option = quote.type === 'quote';
  const id = option ? quote.option.id : quote.symbol.length;
  const step = (price: number, down: boolean): number =>
    option ? tickAt(quote.option.instrument.ticks, down ? price - 1e-9 : price) : quote.expiry === null ? 0.5 : 2.5;
  const side = (top: number | null, size: number | null, down: boolean): [number, number][] => {
    if (top === null || size === null) return [];
    const found: [number, number][] = [[top, size]];
    let price = top;
    for (let tries = 0; found.length < DEPTH && tries < 3 * DEPTH; tries++) {
      const tick = step(price, down);
      price = Math.round((down ? price - tick : price + tick) * 1e4) / 1e4;
      if (price < tick) break;
      const h = hash(id, Math.round(price * 1e4));
      if (h % 3 !== 0) continue;
      found.push([price, Math.round(10 * (0.1 + ((h >>> 8) % 500) * (option ? 0.1 : 100))) / 10]);
    }
    return found;
  };
  return { bids: side(quote.bid, quote.bidSize, true), asks: side(quote.ask, quote.askSize, false) };
}

/** What turns `before` into `after`, one side. */
export function changes(before: Ladder['bids'], after: Ladder['bids']): LevelChange[] {
  const old = new Map(before);
  const found: LevelChange[] = [];
  for (const [price, amount] of after) {
    const was = old.get(price);
    if (was === undefined) found.push(['new', price, amount]);
    else if (was !== amount) found.push(['change', price, amount]);
    old.delete(price);
  }
  for (const price of old.keys()) found.push(['delete', price, 0]);
  return found;
}
