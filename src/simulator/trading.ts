/** Trades: prints at the touch, with blocks, combinations and liquidations among them. */
import type { TradeKind } from '../market/event.ts';
import type { Random } from '../numeric/random.ts';
import { impliedDeviation } from './black.ts';
import { tenor } from './calendar.ts';
import type { OptionBook } from './option-book.ts';
import type { TradeOutput } from './output.ts';

/** What a print needs to know of the market. */
export interface TradeConditions {
  readonly at: number;
  readonly forward: number;
  readonly index: number;
  /** Share of prints that are liquidations. */
  readonly liquidations: number;
}

/** Screen prints per second of one underlying in calm, by day's mean. */
export const TRADES_PER_SECOND = 0.25;

/** Numbers trades and draws what kind they are. */
export class Tape {
  readonly #random: Random;
  readonly #sequences = new Map<string, number>();
  #nextTrade: number;
  #nextPackage: number;

  constructor(random: Random, firstId: number) {
    this.#random = random;
    this.#nextTrade = firstId;
    this.#nextPackage = firstId;
  }

  /** A book to trade in: near the money and short-dated ones far more often; null when the draw is not tradable. */
  pick(books: readonly OptionBook[], at: number): OptionBook | null {
    for (let attempt = 0; books.length > 0 && attempt < 8; attempt++) {
      const book = books[this.#random.integer(books.length)];
      const days = tenor(at, book.option.instrument.expiry) * 365;
      const size = Math.min(Math.abs(book.delta), 1 - Math.abs(book.delta));
      if (this.#random.chance(Math.min(1, (0.05 + 2.2 * size) / (1 + 0.05 * Math.max(0, days))))) return book;
    }
    return null;
  }

  /** An ordinary or liquidation print at the touch; null when the touched side is empty. */
  screen(book: OptionBook, conditions: TradeConditions): TradeOutput | null {
    const r = this.#random;
    const kind: TradeKind = r.chance(conditions.liquidations) ? 'liquidation' : 'screen';
    const direction = r.chance(0.52) ? 'buy' : 'sell';
    const touch = direction === 'buy' ? book.ask : book.bid;
    const shown = direction === 'buy' ? book.askSize : book.bidSize;
    if (touch === null || shown === null) return null;
    const amount = Math.min(shown, Math.max(0.1, Math.round(10 * Math.exp(0.1 + 1.3 * r.normal())) / 10));
    const out = this.#print(book, conditions, direction, touch, amount, kind, null, 1);
    book.hit(direction, touch, amount);
    return out;
  }

  /** Legs of a package: each allocated close to its mark, in ticks, as the venue does; same time, same package. */
  legs(
    books: readonly OptionBook[],
    kind: 'block' | 'combo' | 'rfq',
    conditions: readonly TradeConditions[],
  ): TradeOutput[] {
    const r = this.#random;
    const prefix = kind === 'combo' ? 'COMBO' : kind === 'block' ? 'BLOCK' : 'RFQ';
    const packageId = `${prefix}-${this.#nextPackage++}`;
    const amount = kind === 'combo' ? Math.round(10 * r.between(0.5, 8)) / 10 : 25 * (1 + r.integer(6));
    return books.map((book, i) => {
      const price = Math.max(0.0001, Math.round(book.mark * 1e4) / 1e4);
      book.last = price;
      return this.#print(
        book,
        conditions[i],
        i % 2 === 0 ? 'buy' : 'sell',
        price,
        amount,
        kind,
        packageId,
        books.length,
      );
    });
  }

  /** A forced print that carries no mark of it: through the touch by half a spread. */
  disguised(book: OptionBook, conditions: TradeConditions): TradeOutput | null {
    if (book.bid === null || book.ask === null) return null;
    const through = Math.max(0.0001, Math.round((book.bid - 0.75 * (book.ask - book.bid)) * 1e4) / 1e4);
    return this.#print(
      book,
      conditions,
      'sell',
      through,
      Math.round(10 * this.#random.between(1, 20)) / 10,
      'screen',
      null,
      1,
    );
  }

  #print(
    book: OptionBook,
    conditions: TradeConditions,
    direction: 'buy' | 'sell',
    price: number,
    amount: number,
    kind: TradeKind,
    packageId: string | null,
    legs: number,
  ): TradeOutput {
    const { symbol, strike, side, expiry } = book.option.instrument;
    const sequence = (this.#sequences.get(symbol) ?? 0) + 1;
    this.#sequences.set(symbol, sequence);
    const years = tenor(conditions.at, expiry);
    const deviation = impliedDeviation(
      price * conditions.forward,
      conditions.forward,
      strike,
      side === 'call',
      book.markIv * Math.sqrt(years),
    );
    const before = book.last ?? price;
    return {
      type: 'trade', at: conditions.at, option: book.option, tradeId: String(this.#nextTrade++), sequence, price, amount,
      direction, kind, packageId, legs, iv: Number.isNaN(deviation) ? 0 : deviation / Math.sqrt(years), mark: book.mark,
      index: conditions.index, tickDirection: price > before ? 0 : price < before ? 2 : 1,
    }; // prettier-ignore
  }

  /** Forgets instruments that are gone. */
  forget(symbol: string): void {
    this.#sequences.delete(symbol);
  }
}
