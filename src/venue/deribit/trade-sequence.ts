/** Prints counted per instrument: `trade_seq` grows by one with each, so a jump is a print that did not reach us. */
import { isRecord } from './wire.ts';

const MAX_INSTRUMENTS = 50_000;

/** A stretch of time in which prints of one instrument are missing, venue time in epoch ms. */
export interface MissedTrades {
  readonly symbol: string;
  readonly from: number;
  readonly to: number;
}

interface Last {
  readonly sequence: number;
  readonly at: number;
}

export class TradeSequence {
  #last = new Map<string, Last>();

  /** A new connection: what was printed in between is the business of history. */
  reset(): void {
    this.#last = new Map();
  }

  /** The prints of one notification, in whatever order, refused ones included: each counts. */
  missedBefore(trades: readonly unknown[]): MissedTrades[] {
    const batch = new Map<string, { newest: Last; first: number; seen: Set<number> }>();
    for (const trade of trades) {
      if (!isRecord(trade)) continue;
      const { instrument_name: symbol, trade_seq: sequence, timestamp: at } = trade;
      if (typeof symbol !== 'string' || typeof at !== 'number' || !Number.isSafeInteger(sequence)) continue;
      const own = batch.get(symbol) ?? { newest: { sequence: -1, at: 0 }, first: at, seen: new Set() };
      own.seen.add(sequence as number);
      own.first = Math.min(own.first, at);
      if ((sequence as number) > own.newest.sequence) own.newest = { sequence: sequence as number, at };
      batch.set(symbol, own);
    }
    const missed: MissedTrades[] = [];
    for (const [symbol, { newest, first, seen }] of batch) {
      const last = this.#last.get(symbol);
      const fresh = last === undefined ? seen.size : [...seen].filter((s) => s > last.sequence).length;
      if (last !== undefined && newest.sequence - last.sequence > fresh)
        missed.push({ symbol, from: Math.min(last.at, first), to: newest.at });
      if (last === undefined || newest.sequence > last.sequence) this.#remember(symbol, newest);
    }
    return missed;
  }

  #remember(symbol: string, last: Last): void {
    if (this.#last.size >= MAX_INSTRUMENTS) this.#last = new Map();
    this.#last.set(symbol, last);
  }
}
