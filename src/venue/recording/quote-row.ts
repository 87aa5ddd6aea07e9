import type { QuoteEvent } from '../../market/event.ts';

/** Largest price, size or level taken for real (USD, coins or contracts). */
export const MAX_QUANTITY = 1e12;
/** Largest price or strike taken for real, USD. */
export const MAX_PRICE = 1e9;
/** Volatility above 100 (10,000 % a year) is a unit mistake. */
export const MAX_VOLATILITY = 100;
/** |delta| above 10 is a unit mistake (premium-adjusted deltas may leave [-1, 1], not by that much). */
const MAX_DELTA = 10;
/** Bitcoin's first block and the end of the century: no market recording lies outside. */
const FIRST_TIME = Date.UTC(2000, 0, 1);
const LAST_TIME = Date.UTC(2100, 0, 1);

/** A usable epoch ms of an event. */
export function isMarketTime(at: number): boolean {
  return at >= FIRST_TIME && at < LAST_TIME;
}

/** The first thing wrong with a row. */
export interface RowFault {
  reason: string;
  field: string;
  value: unknown;
}

/**
 * Reads the numbers of one row and remembers the first fault, so that the hot loop allocates nothing for good rows.
 * Missing (null, undefined) stays null; anything that is neither a number nor missing is a fault.
 */
export class RowNumbers {
  faulty = false;
  readonly fault: RowFault = { reason: '', field: '', value: null };

  /** Starts a row. */
  reset(): void {
    this.faulty = false;
  }

  /** Notes a fault of the row; the first one counts. */
  fail(reason: string, field: string, value: unknown): null {
    if (!this.faulty) {
      this.faulty = true;
      this.fault.reason = reason;
      this.fault.field = field;
      this.fault.value = value;
    }
    return null;
  }

  /** A price in premium currency, >= 0; a bid or ask of 0 means that there is none. */
  quoted(value: unknown, field: string): number | null {
    const price = this.within(value, field, 0, MAX_PRICE);
    return price === 0 ? null : price;
  }

  /** A price or level that may be 0 (marks are rounded). */
  price(value: unknown, field: string): number | null {
    return this.within(value, field, 0, MAX_PRICE);
  }

  /** A forward or index, USD: positive. */
  level(value: unknown, field: string): number | null {
    const level = this.within(value, field, 0, MAX_PRICE);
    return level === 0 ? this.fail('out-of-range', field, value) : level;
  }

  /** A size or open interest, >= 0. */
  size(value: unknown, field: string): number | null {
    return this.within(value, field, 0, MAX_QUANTITY);
  }

  /** A volatility as a fraction; 0 says that there is none. */
  volatility(value: unknown, field: string): number | null {
    const volatility = this.within(value, field, 0, MAX_VOLATILITY);
    return volatility === 0 ? null : volatility;
  }

  /** A delta in the venue's convention. */
  delta(value: unknown, field: string): number | null {
    return this.within(value, field, -MAX_DELTA, MAX_DELTA);
  }

  /** A number (or its text) in [least, most], null when missing. Adding 0 turns -0 into 0. */
  within(value: unknown, field: string, least: number, most: number): number | null {
    if (typeof value === 'number' && value >= least && value <= most) return value + 0;
    if (value === null || value === undefined) return null;
    const number = numberIn(value);
    if (number === null) return null;
    if (number >= least && number <= most) return number + 0;
    return this.fail(numberFault(value, number), field, value);
  }
}

/** Why `value`, read as `number`, is not usable. */
export function numberFault(value: unknown, number: number): string {
  if (Number.isFinite(number)) return 'out-of-range';
  if (typeof value === 'number' || typeof value === 'bigint') return 'not-finite';
  return typeof value === 'string' && /^\s*[+-]?(nan|inf(inity)?)\s*$/i.test(value) ? 'not-finite' : 'not-a-number';
}

/**
 * The number that a cell of a file spells: null for blank text, NaN for what is no number.
 * Plain decimal and exponent notation only: Number() also takes hexadecimal, binary and octal.
 */
export function numberIn(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') return NaN;
  const number = Number(value);
  if (number === 0 && value.trim() === '') return null;
  return value.length > 2 && /^\s*0[xbo]/i.test(value) ? NaN : number;
}

/** A quote with every key in one order, so that all quotes share one shape. */
export function quoteEvent(
  at: number,
  venue: string,
  symbol: string,
  bid: number | null,
  ask: number | null,
  bidSize: number | null,
  askSize: number | null,
  mark: number | null,
  markIv: number | null,
  forward: number | null,
  forwardName: string | null,
  index: number | null,
  delta: number | null,
  vega: number | null,
  openInterest: number | null,
): QuoteEvent {
  return {
    type: 'quote',
    at,
    receivedAt: at,
    venue,
    symbol,
    bid,
    ask,
    bidSize,
    askSize,
    mark,
    markIv,
    forward,
    forwardName,
    index,
    delta,
    vega,
    openInterest,
  };
}
