/** What is held, by Deribit's names: options, dated futures, perpetuals, and cash by currency. */
import type { Holding } from '../market/holding.ts';
import { deribitInstrument, parseDeribitDate } from './deribit-symbol.ts';

const DOLLARS: ReadonlySet<string> = new Set(['USD', 'USDC', 'USDT', 'USDE', 'USYC', 'BUIDL']);

/** Larger sizes (coins; USD of notional of inverse futures) and prices are no account's: a wrong unit, or a wrong column. */
const LARGEST = 1e12;

/**
 * The holding of a name, or why there is none. Size is signed: coins, and USD of notional for inverse futures; `entry` null
 * where unknown.
 */
export function deribitHolding(symbol: string, size: number, entry: number | null): Holding | string {
  if (!(Math.abs(size) <= LARGEST)) return `size is ${size}, beyond ${LARGEST} (${symbol || 'no instrument'})`;
  if (entry !== null && !(entry >= 0 && entry <= LARGEST))
    return `entry is ${entry}, not in 0 to ${LARGEST} (${symbol})`;
  const option = deribitInstrument(symbol);
  if (option !== null) {
    const { side, strike, expiry, settlement } = option;
    return {
      kind: 'option',
      symbol,
      underlying: coinOf(option.underlying),
      side,
      strike,
      expiry,
      settlement,
      size,
      entry,
    };
  }
  if (/^[A-Z][A-Z0-9]{1,11}$/.test(symbol)) return { kind: 'cash', symbol, underlying: coinOfCurrency(symbol), size };
  const future = /^([A-Z][A-Z0-9]{1,11})(_[A-Z]{3,5})?-(PERPETUAL|\d{1,2}[A-Z]{3}\d\d)$/.exec(symbol);
  if (future === null) return `instrument is ${symbol || 'empty'}`;
  const expiry = future[3] === 'PERPETUAL' ? null : parseDeribitDate(future[3]);
  if (expiry === null && future[3] !== 'PERPETUAL') return `instrument is ${symbol}: no such day`;
  if (entry === 0) return `entry is 0 (${symbol})`;
  const settlement = future[2] === undefined ? 'inverse' : 'linear';
  return { kind: 'future', symbol, underlying: future[1], expiry, settlement, size, entry };
}

/** The coin a currency is; null for dollars. */
export function coinOfCurrency(currency: string): string | null {
  return DOLLARS.has(currency) ? null : currency;
}

function coinOf(underlying: string): string {
  const at = underlying.indexOf('_');
  return at < 0 ? underlying : underlying.slice(0, at);
}
