/** Instruments: rows of `public/get_instruments` and `instrument.creation.*`, and the states of `instrument.state.*`. */
import type { InstrumentEvent } from '../../market/event.ts';
import type { OptionInstrument, TickStep } from '../../market/instrument.ts';
import { deribitInstrument } from '../deribit-symbol.ts';
import type { OtherName } from './names.ts';
import { parseOtherName } from './names.ts';
import { bookState } from './ticker.ts';
import type { RowReader } from './wire.ts';
import { PRICE, TIME, isRecord } from './wire.ts';

/** One listed thing that we follow. */
export type Listing =
  | { readonly kind: 'option'; readonly instrument: OptionInstrument; readonly state: InstrumentEvent['state'] }
  | { readonly kind: 'future'; readonly symbol: string; readonly name: OtherName };

/** `instrument.state.*` words. `settled` comes daily for what lives on and once for what has expired: time decides. */
const LIFE: Readonly<Record<string, InstrumentEvent['state'] | 'settled'>> = {
  created: 'open',
  started: 'open',
  settled: 'settled',
  closed: 'expired',
  deactivated: 'halted',
  terminated: 'expired',
};

/** Price steps of a row: `tick_size`, then `tick_size_steps` (absent before 2023) that hold above a price. */
function ticksOf(row: Record<string, unknown>, known: OptionInstrument, reader: RowReader): readonly TickStep[] {
  const base = reader.number('tick_size', PRICE, row['tick_size']);
  if (base === null) return known.ticks;
  const ticks: TickStep[] = [{ from: 0, tick: base }];
  const steps: unknown = row['tick_size_steps'];
  if (!Array.isArray(steps)) return ticks;
  for (const step of steps) {
    const from = isRecord(step) ? reader.required('tick_size_steps.above_price', PRICE, step['above_price']) : null;
    const tick = isRecord(step) ? reader.required('tick_size_steps.tick_size', PRICE, step['tick_size']) : null;
    if (from !== null && tick !== null) ticks.push({ from, tick });
  }
  return ticks.sort((a, b) => a.from - b.from);
}

/** The currency in which premium and payoff are: `settlement_currency`, or before 2022 the `quote_currency` of an option. */
function premiumCurrency(row: Record<string, unknown>, reader: RowReader): string | null {
  return (
    reader.text('settlement_currency', row['settlement_currency']) ??
    reader.text('quote_currency', row['quote_currency'])
  );
}

/** Name and fields must say the same; a contradiction refuses the row, naming the field. */
function contradiction(row: Record<string, unknown>, named: OptionInstrument, reader: RowReader): string | null {
  if (row['strike'] !== undefined && reader.number('strike', PRICE, row['strike']) !== named.strike) return 'strike';
  if (row['option_type'] !== undefined && row['option_type'] !== named.side) return 'option_type';
  const expiry = reader.number('expiration_timestamp', TIME, row['expiration_timestamp']);
  if (expiry !== null && expiry !== named.expiry) return 'expiration_timestamp';
  const currency = premiumCurrency(row, reader);
  // Documents print `quote_currency: USD` for coin options too: only another coin or stablecoin contradicts the name.
  if (currency !== null && currency !== named.premiumCurrency && currency !== 'USD') return 'settlement_currency';
  return null;
}

/** A row as an option or future; null for what we do not follow (combos, spot), and with a refusal for what is broken. */
export function readListing(value: unknown, reader: RowReader): Listing | null {
  if (!isRecord(value) || typeof value['instrument_name'] !== 'string') {
    reader.refuse('not-an-instrument', 'instrument_name', isRecord(value) ? value['instrument_name'] : value);
    return null;
  }
  const symbol = value['instrument_name'];
  const named = deribitInstrument(symbol);
  if (named === null) {
    const name = parseOtherName(symbol);
    if (name?.kind === 'future' || name?.kind === 'perpetual') return { kind: 'future', symbol, name };
    if (name === null) reader.refuse('unknown-instrument', 'instrument_name', symbol);
    return null;
  }
  const wrong = contradiction(value, named, reader);
  if (wrong !== null) {
    reader.refuse('contradicts-name', wrong, value[wrong]);
    return null;
  }
  const state = bookState(value['state'], reader) ?? (value['is_active'] === false ? 'delisted' : 'open');
  return { kind: 'option', instrument: { ...named, ticks: ticksOf(value, named, reader) }, state };
}

/** `{timestamp, state, instrument_name}` of `instrument.state.{kind}.{currency}`; null when refused. */
export function readLife(
  data: unknown,
  reader: RowReader,
): { readonly symbol: string; readonly state: InstrumentEvent['state'] } | null {
  if (!isRecord(data) || typeof data['instrument_name'] !== 'string') {
    reader.refuse('not-an-instrument', 'instrument_name', isRecord(data) ? data['instrument_name'] : data);
    return null;
  }
  const at = reader.time('timestamp', data['timestamp']);
  if (at === null) return null;
  const symbol = data['instrument_name'];
  const word = data['state'];
  if (typeof word !== 'string' || !Object.hasOwn(LIFE, word)) {
    const state = bookState(word, reader);
    return state === null ? null : { symbol, state };
  }
  const life = LIFE[word];
  if (life !== 'settled') return { symbol, state: life };
  const expiry = deribitInstrument(symbol)?.expiry ?? parseOtherName(symbol)?.expiry ?? Infinity;
  return { symbol, state: at >= expiry ? 'expired' : 'open' };
}
