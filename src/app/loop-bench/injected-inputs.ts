/** What of an injection a calibration was made from: judged by its inputs and by the answer key, never by a diagnosis. */
import type { QuoteEvent } from '../../market/event.ts';
import type { Observations } from '../../model/contract.ts';
import type { ChainRow, ChainSnapshot } from '../faults/chain-snapshot.ts';

/** One input of a calibration: every strike is quoted by its out-of-the-money side alone. */
export interface FitInput {
  /** USD. */
  readonly strike: number;
  /** Volatility and its error bar, fractions. */
  readonly value: number;
  readonly noise: number;
}

/** Volatility of every input by strike, USD. */
export type InputsByStrike = ReadonlyMap<number, number>;

/** Volatilities that a calibration was made from, by strike. */
export function inputsByStrike({ strike, value }: Observations): InputsByStrike {
  return new Map(Array.from(strike, (k, i) => [k, value[i]]));
}

/** Rows of a snapshot by symbol. */
export function rowsBySymbol(snapshot: ChainSnapshot): Map<string, ChainRow> {
  return new Map(snapshot.rows.map((r) => [r.instrument.symbol, r]));
}

/** Whether a calibration reads the two quotes differently: marks, sizes and the index are none of its inputs. */
function readsOtherwise(a: QuoteEvent, b: QuoteEvent): boolean {
  return a.bid !== b.bid || a.ask !== b.ask || a.forward !== b.forward || a.at !== b.at;
}

/** The inputs of the calibration of one expiry (epoch ms) whose quote is not the untouched one in anything it reads. */
export function injectedInputs(
  observations: Observations,
  expiry: number,
  untouched: ReadonlyMap<string, ChainRow>,
  touched: ChainSnapshot,
): FitInput[] {
  const injected = new Set<string>();
  for (const { instrument, quote } of touched.rows) {
    if (instrument.expiry !== expiry) continue;
    const own = untouched.get(instrument.symbol)?.quote;
    if (own === undefined || readsOtherwise(own, quote)) injected.add(`${instrument.strike} ${instrument.side}`);
  }
  const found: FitInput[] = [];
  const { strike, k, value, noise } = observations;
  for (let i = 0; i < strike.length; i++)
    if (injected.has(`${strike[i]} ${k[i] < 0 ? 'put' : 'call'}`))
      found.push({ strike: strike[i], value: value[i], noise: noise[i] });
  return found;
}

/** Whether an input shows another volatility than the untouched quotes did, by more than its own error bar. */
export function isMaterial(input: FitInput, clean: InputsByStrike | undefined): boolean {
  const own = clean?.get(input.strike);
  return own === undefined || !(Math.abs(input.value - own) <= input.noise);
}

/** Expiries (epoch ms) of which an option's row is not the untouched one, or is gone. */
export function struckExpiries(untouched: ReadonlyMap<string, ChainRow>, touched: ChainSnapshot): Set<number> {
  const struck = new Set<number>();
  const present = rowsBySymbol(touched);
  for (const [symbol, { instrument, quote }] of untouched) {
    const shown = present.get(symbol);
    if (shown === undefined || JSON.stringify(shown.quote) !== JSON.stringify(quote)) struck.add(instrument.expiry);
  }
  return struck;
}
