import type { OptionInstrument } from '../../market/instrument.ts';
import { INVERSE_TICKS } from '../../market/instrument.ts';
import { deribitInstrument, deribitTicks, formatDeribitSymbol } from '../deribit-symbol.ts';
import type { Mapping } from './mapping.ts';
import { compileCell, compileChoice, compileNumber, compileTime } from './mapping-cell.ts';
import type { Cell, Row, RowLayout } from './mapping-cell.ts';
import { MAX_PRICE, isMarketTime } from './quote-row.ts';
import type { RowNumbers } from './quote-row.ts';
import type { SymbolEntry, SymbolTable } from './symbol-table.ts';
import { ownText } from './symbol-table.ts';

/** Finds the option of a row: null when the row has a fault (noted in `numbers`). */
export type InstrumentCell = (row: Row, numbers: RowNumbers) => SymbolEntry | null;

type InstrumentSpec = NonNullable<Mapping['instrument']>;

/** Compiles how a mapping names its options: by a Deribit-style symbol, or by underlying, expiry, strike and side. */
export function compileInstrument(mapping: Mapping, layout: RowLayout, symbols: SymbolTable): InstrumentCell {
  const spec = mapping.instrument;
  if (spec === undefined) return (_row, numbers) => numbers.fail('unknown-symbol', 'instrument', null);
  return spec.underlying === undefined
    ? fromSymbol(mapping, spec, layout, symbols)
    : fromParts(mapping, spec, layout, symbols);
}

function fromSymbol(mapping: Mapping, spec: InstrumentSpec, layout: RowLayout, symbols: SymbolTable): InstrumentCell {
  const symbolCell = compileCell(spec.symbol ?? { column: '' }, layout, mapping.missing);
  const known = new Map<string, SymbolEntry>();
  return (row, numbers) => {
    const symbol = symbolCell(row);
    if (typeof symbol !== 'string') return numbers.fail('unknown-symbol', 'symbol', symbol);
    const entry = known.get(symbol);
    if (entry !== undefined) return entry;
    const instrument = deribitInstrument(ownText(symbol), mapping.venue);
    if (instrument === null || !isMarketTime(instrument.expiry) || instrument.strike > MAX_PRICE) {
      return numbers.fail('unknown-symbol', 'symbol', symbol);
    }
    return remember(symbol, symbols.entry(adjusted(instrument, spec)), known, numbers);
  };
}

function fromParts(mapping: Mapping, spec: InstrumentSpec, layout: RowLayout, symbols: SymbolTable): InstrumentCell {
  const { underlying, expiry, strike, side } = spec;
  if (underlying === undefined || expiry === undefined || strike === undefined || side === undefined) {
    throw new TypeError('a checked mapping has all parts of the instrument or none');
  }
  const underlyingCell = compileCell(underlying, layout, mapping.missing);
  const expiryCell = compileTime(expiry, 'expiry', layout, mapping.missing);
  const expiryText = compileCell(expiry, layout, mapping.missing);
  const strikeCell = compileNumber(strike, 'strike', 1e-6, MAX_PRICE, layout, mapping.missing);
  const strikeText = compileCell(strike, layout, mapping.missing);
  const sideCell = compileChoice(side, ['call', side.call], ['put', side.put], layout);
  const sideText = compileCell(side, layout, []);
  const symbolCell: Cell | null = spec.symbol === undefined ? null : compileCell(spec.symbol, layout, mapping.missing);
  const known = new Map<string, SymbolEntry>();
  const hours = new Map<string, number>();
  return (row, numbers) => {
    const written = symbolCell === null ? '' : symbolCell(row);
    const parts = [underlyingCell(row), expiryText(row), strikeText(row), sideText(row), written];
    const key = parts.join('|');
    const entry = known.get(key);
    if (entry !== undefined) return entry;
    const name = casedName(parts[0], spec.underlying_case);
    if (name === null) return numbers.fail('unknown-symbol', 'underlying', parts[0]);
    const at = expiryCell(row, numbers);
    const level = strikeCell(row, numbers);
    const chosen = sideCell(row);
    if (numbers.faulty) return null;
    if (at === null || !isMarketTime(at)) return numbers.fail('not-a-time', 'expiry', parts[1]);
    if (level === null) return numbers.fail('missing', 'strike', parts[2]);
    if (chosen === null) return numbers.fail('unknown-side', 'side', parts[3]);
    if (written === null || typeof written !== 'string') return numbers.fail('unknown-symbol', 'symbol', written);
    // A scope is an underlying's day: options of two hours in it would be judged on one smile.
    const day = `${name}:${Math.floor(at / 86_400_000)}`;
    if ((hours.get(day) ?? at) !== at) return numbers.fail('second-expiry-of-day', 'expiry', at);
    hours.set(day, at);
    const option = { underlying: ownText(name), expiry: at, strike: level, side: chosen };
    const symbol = symbolCell === null ? formatDeribitSymbol(option) : ownText(written.slice(0, 64));
    const settlement = spec.settlement ?? (name.includes('_') ? 'linear' : 'inverse');
    const separator = name.indexOf('_');
    const instrument: OptionInstrument = {
      venue: mapping.venue,
      symbol,
      ...option,
      settlement,
      premiumCurrency:
        separator < 0 ? (settlement === 'inverse' ? option.underlying : 'USD') : name.slice(separator + 1),
      ticks: settlement === 'inverse' ? INVERSE_TICKS : deribitTicks(separator < 0 ? `${name}_USD` : name),
      contractSize: 1,
    };
    return remember(key, symbols.entry(adjusted(instrument, spec)), known, numbers);
  };
}

function casedName(value: unknown, style: InstrumentSpec['underlying_case']): string | null {
  if (typeof value !== 'string') return null;
  const name = style === 'upper' ? value.toUpperCase() : style === 'lower' ? value.toLowerCase() : value;
  return /^[A-Za-z0-9^][A-Za-z0-9_.-]{0,19}$/.test(name) ? name : null;
}

/** What the mapping states about all of its options overrides what their names say. */
function adjusted(instrument: OptionInstrument, spec: InstrumentSpec): OptionInstrument {
  return {
    ...instrument,
    settlement: spec.settlement ?? instrument.settlement,
    premiumCurrency: spec.premium_currency ?? instrument.premiumCurrency,
    ticks: spec.tick === undefined ? instrument.ticks : [{ from: 0, tick: spec.tick }],
    contractSize: spec.contract_size ?? instrument.contractSize,
  };
}

/** Keeps a found option under its spelling in this file. */
function remember(
  key: string,
  entry: SymbolEntry | null,
  known: Map<string, SymbolEntry>,
  numbers: RowNumbers,
): SymbolEntry | null {
  if (entry === null) return numbers.fail('too-many-symbols', 'symbol', key);
  known.set(ownText(key), entry);
  return entry;
}
