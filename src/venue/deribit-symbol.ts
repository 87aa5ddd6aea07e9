import type { OptionInstrument, OptionSide, TickStep } from '../market/instrument.ts';
import { INVERSE_TICKS } from '../market/instrument.ts';

/** What a Deribit option name says. `expiry` is epoch ms (08:00 UTC of the named day), `strike` in USD. */
export interface DeribitName {
  readonly underlying: string;
  readonly expiry: number;
  readonly strike: number;
  readonly side: OptionSide;
}

/** Deribit settles every option and future at 08:00 UTC. */
export const DERIBIT_EXPIRY_OFFSET_MS = 8 * 3_600_000;

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const MONTH_NUMBER = new Map(MONTHS.map((name, index) => [name, index]));
const OPTION_NAME = /^([A-Z][A-Z0-9]{1,11}(?:_[A-Z]{3,5})?)-(\d{1,2}[A-Z]{3}\d{2})-(\d{1,10}(?:d\d{1,8})?)-([CP])$/;
const DATE = /^(\d{1,2})([A-Z]{3})(\d{2})$/;

/** Epoch ms of 08:00 UTC on a Deribit date such as `27MAR26` or `5FEB26`; null when there is no such day. */
export function parseDeribitDate(text: string): number | null {
  const match = DATE.exec(text);
  if (match === null) return null;
  const month = MONTH_NUMBER.get(match[2]);
  if (month === undefined) return null;
  const day = Number(match[1]);
  const midnight = Date.UTC(2000 + Number(match[3]), month, day);
  if (new Date(midnight).getUTCDate() !== day) return null;
  return midnight + DERIBIT_EXPIRY_OFFSET_MS;
}

/** The Deribit spelling of the UTC day of an epoch ms: `5FEB26`. Domain: years 2000 to 2099, else a RangeError. */
export function formatDeribitDate(expiry: number): string {
  const date = new Date(expiry);
  const year = date.getUTCFullYear();
  if (!(year >= 2000 && year <= 2099)) throw new RangeError(`no Deribit date for epoch ms ${expiry}`);
  return `${date.getUTCDate()}${MONTHS[date.getUTCMonth()]}${String(year - 2000).padStart(2, '0')}`;
}

/**
 * Reads `BTC-27MAR26-90000-C`, `SOL_USDC-25SEP26-78-C`, `XRP_USDC-30JUN23-0d625-C` (d is the decimal point).
 * null for anything else: futures, combos, impossible dates, a zero strike.
 */
export function parseDeribitSymbol(symbol: string): DeribitName | null {
  const match = OPTION_NAME.exec(symbol);
  if (match === null) return null;
  const expiry = parseDeribitDate(match[2]);
  const strike = Number(match[3].replace('d', '.'));
  if (expiry === null || !(strike > 0)) return null;
  return { underlying: match[1], expiry, strike, side: match[4] === 'C' ? 'call' : 'put' };
}

/** The Deribit name of an option; inverse of `parseDeribitSymbol`. `strike` needs a plain decimal spelling (1e-6 to 1e10). */
export function formatDeribitSymbol(name: DeribitName): string {
  const side = name.side === 'call' ? 'C' : 'P';
  return `${name.underlying}-${formatDeribitDate(name.expiry)}-${String(name.strike).replace('.', 'd')}-${side}`;
}

/**
 * Price steps of the USDC options whose prints we could check, in USDC; an unlisted product gets the finest step.
 * A live feed replaces them by the venue's own `tick_size_steps`.
 */
const LINEAR_TICKS = new Map<string, readonly TickStep[]>([
  ['SOL_USDC', [{ from: 0, tick: 0.1 }]],
  [
    'HYPE_USDC',
    [
      { from: 0, tick: 0.002 },
      { from: 0.5, tick: 0.01 },
    ],
  ],
]);
const FINEST_LINEAR_TICK: readonly TickStep[] = [{ from: 0, tick: 0.0001 }];

/** Price steps of a Deribit option of `underlying`, premium currency: coin steps, or USDC steps for `*_USDC`. */
export function deribitTicks(underlying: string): readonly TickStep[] {
  if (!underlying.includes('_')) return INVERSE_TICKS;
  return LINEAR_TICKS.get(underlying) ?? FINEST_LINEAR_TICK;
}

/**
 * The instrument a Deribit name stands for, or null when it is not an option name.
 * No underscore: coin-settled (inverse); `BASE_QUOTE`: linear in QUOTE. `contractSize` is 1 for all: Deribit publishes
 * option amounts, sizes and open interest in coins, whatever the contract multiplier of the product.
 */
export function deribitInstrument(symbol: string, venue: string = 'deribit'): OptionInstrument | null {
  const name = parseDeribitSymbol(symbol);
  if (name === null) return null;
  const separator = name.underlying.indexOf('_');
  return {
    venue,
    symbol,
    underlying: name.underlying,
    expiry: name.expiry,
    strike: name.strike,
    side: name.side,
    settlement: separator < 0 ? 'inverse' : 'linear',
    premiumCurrency: separator < 0 ? name.underlying : name.underlying.slice(separator + 1),
    ticks: deribitTicks(name.underlying),
    contractSize: 1,
  };
}
