import type { OptionInstrument } from '../../market/instrument.ts';

/** One option of a recording, with what the reader remembers about it. */
export interface SymbolEntry {
  readonly instrument: OptionInstrument;
  /** Its `instrument` event has been delivered. */
  announced: boolean;
  /** Number of the snapshot that last held a row of it: a second row is a duplicate. */
  snapshot: number;
}

/** Far above any venue's listings over years; beyond it a file is nonsense and its new symbols are refused. */
const MAX_SYMBOLS = 500_000;

/** The options of a stream, one entry each however many files and spellings lead to it. */
export class SymbolTable {
  readonly #entries = new Map<string, SymbolEntry>();
  readonly #texts = new Map<string, string>();

  /** The entry of an instrument (the first one wins); null when the table is full. */
  entry(instrument: OptionInstrument): SymbolEntry | null {
    const key = `${instrument.venue}/${instrument.symbol}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    if (this.#entries.size >= MAX_SYMBOLS) return null;
    const entry: SymbolEntry = { instrument, announced: false, snapshot: -1 };
    this.#entries.set(key, entry);
    return entry;
  }

  /** One shared copy of a repeated short text such as a forward's name. */
  intern(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const own = ownText(text.slice(0, 64));
    if (this.#texts.size < 10_000) this.#texts.set(own, own);
    return own;
  }
}

/** A copy that does not keep the whole chunk of the file alive, as a slice of it would. */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/** The order of rows in a snapshot: underlying, expiry, strike, puts after calls, symbol. Independent of the file's order. */
export function compareInstruments(a: OptionInstrument, b: OptionInstrument): number {
  if (a.underlying !== b.underlying) return a.underlying < b.underlying ? -1 : 1;
  if (a.expiry !== b.expiry) return a.expiry - b.expiry;
  if (a.strike !== b.strike) return a.strike - b.strike;
  if (a.side !== b.side) return a.side === 'call' ? -1 : 1;
  if (a.symbol === b.symbol) return 0;
  return a.symbol < b.symbol ? -1 : 1;
}
