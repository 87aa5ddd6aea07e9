/** Deribit's numbers at the border: every spelling of "missing" and every unit is resolved here, by the type of the field. */
import type { MarketEvent } from '../../market/event.ts';

export const VENUE = 'deribit';

/** What a number of this type may be. `scale` divides the wire value into our unit. */
export interface FieldType {
  readonly zeroIsMissing: boolean;
  readonly minusOneIsMissing: boolean;
  readonly min: number;
  readonly max: number;
  readonly scale: number;
}

const field = (
  min: number,
  max: number,
  scale: number,
  zeroIsMissing: boolean,
  minusOneIsMissing: boolean,
): FieldType => ({
  zeroIsMissing,
  minusOneIsMissing,
  min,
  max,
  scale,
});
const LARGEST = 1e15;

/** A bid, ask, index, forward or settlement price: 0 and -1 say that there is none. */
export const PRICE = field(Number.MIN_VALUE, LARGEST, 1, true, true);
/** A mark price: 0 is a worthless option, a real value. */
export const MARK = field(0, LARGEST, 1, false, true);
/** Size at the touch: 0 goes with an absent price. */
export const SIZE = field(Number.MIN_VALUE, LARGEST, 1, true, true);
/** Open interest: 0 is real. */
export const COUNT = field(0, LARGEST, 1, false, true);
/** Volatility in percent (ticker, trades, book summary, DVOL) to a fraction: 0 means that none could be computed. */
export const VOLATILITY_PERCENT = field(Number.MIN_VALUE, 10_000, 100, true, true);
/** Volatility already a fraction (`markprice.options` alone). */
export const VOLATILITY_FRACTION = field(Number.MIN_VALUE, 100, 1, true, true);
/** Delta: -1 and 0 are real. */
export const DELTA = field(-1.001, 1.001, 1, false, false);
/** Vega, USD per volatility point: 0 is real. */
export const VEGA = field(0, LARGEST, 1, false, false);
/** Funding rate per 8 hours, fraction: 0 and negatives are real. */
export const RATE = field(-1, 1, 1, false, false);
/** Epoch ms, years 2010 to 2100. */
export const TIME = field(1_262_304_000_000, 4_102_444_800_000, 1, true, true);

const DECIMAL = /^-?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,3})?$/;
const SHOWN_CHARACTERS = 64;

/** A value as text for a refusal, bounded. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads fields of one row; a bad one becomes a `refused` event and a null, and the rest of the row goes on. */
export class RowReader {
  into: MarketEvent[] = [];
  receivedAt = 0;
  /** `receivedAt` less the venue's clock, ms. */
  offsetMs = 0;
  /** The row's venue time once it is known; until then our reading of the venue's clock stands in. */
  at = 0;

  begin(receivedAt: number, into: MarketEvent[]): void {
    this.into = into;
    this.receivedAt = receivedAt;
    this.at = this.now();
  }

  /** Our reading of the venue's clock at the receipt of this message, epoch ms. */
  now(): number {
    return this.receivedAt - this.offsetMs;
  }

  refuse(reason: string, name: string, value: unknown): void {
    const { at, receivedAt } = this;
    this.into.push({ type: 'refused', at, receivedAt, venue: VENUE, reason, field: name, value: shown(value) });
  }

  /** In our unit, or null when missing; out of domain or not a number: refused and null. */
  number(name: string, type: FieldType, value: unknown): number | null {
    let x: number;
    if (typeof value === 'number') x = value;
    else if (value === undefined || value === null || value === '' || value === '-' || value === 'None') return null;
    else if (typeof value === 'string' && DECIMAL.test(value)) x = Number(value);
    else {
      this.refuse('not-a-number', name, value);
      return null;
    }
    if (x === 0) return type.zeroIsMissing ? null : 0;
    if (x === -1 && type.minusOneIsMissing) return null;
    // Written so that NaN fails it.
    if (!(x >= type.min && x <= type.max)) {
      this.refuse('out-of-domain', name, value);
      return null;
    }
    return x / type.scale;
  }

  /** As `number`, but the row is worthless without it: missing is refused too. */
  required(name: string, type: FieldType, value: unknown): number | null {
    const refusals = this.into.length;
    const x = this.number(name, type, value);
    if (x === null && this.into.length === refusals) this.refuse('missing', name, value);
    return x;
  }

  /** The row's own time; sets `at`. */
  time(name: string, value: unknown): number | null {
    const at = this.required(name, TIME, value);
    if (at !== null) this.at = at;
    return at;
  }

  /** Non-empty text, or null when missing. */
  text(name: string, value: unknown): string | null {
    if (value === undefined || value === null || value === '' || value === '-' || value === 'None') return null;
    if (typeof value === 'string' && value.length <= SHOWN_CHARACTERS) return value;
    this.refuse('not-text', name, value);
    return null;
  }
}
