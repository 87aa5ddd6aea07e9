/** Deribit's names: what an instrument name stands for, and how underlying, settlement currency and index belong together. */
import { parseDeribitDate, parseDeribitSymbol } from '../deribit-symbol.ts';

export type InstrumentKind = 'option' | 'future' | 'perpetual' | 'combo' | 'spot';

const PAIR = /^[A-Z][A-Z0-9]{1,11}_[A-Z]{3,5}$/;
const UNDERLYING = /^[A-Z][A-Z0-9]{1,11}(?:_[A-Z]{3,5})?$/;
/** A strategy code such as `STRD`, `FS`, `CSR12` between underlying and legs. */
const COMBO = /^[A-Z][A-Z0-9]{1,11}(?:_[A-Z]{3,5})?-[A-Z]{1,8}\d{0,4}-[A-Z0-9_d]+(?:-[A-Z0-9_d]+)*$/;

/** A name that is not an option, taken apart. `expiry` is epoch ms, null for perpetuals, combos and spot. */
export interface OtherName {
  readonly kind: Exclude<InstrumentKind, 'option'>;
  readonly underlying: string;
  readonly expiry: number | null;
}

/** Future, perpetual, combo or spot; null for options and for what is no Deribit name. */
export function parseOtherName(name: string): OtherName | null {
  if (name.length > 64) return null;
  if (PAIR.test(name)) return { kind: 'spot', underlying: name, expiry: null };
  const dash = name.indexOf('-');
  const underlying = dash < 0 ? name : name.slice(0, dash);
  if (dash < 0 || !UNDERLYING.test(underlying)) return null;
  const rest = name.slice(dash + 1);
  if (rest === 'PERPETUAL') return { kind: 'perpetual', underlying, expiry: null };
  const expiry = parseDeribitDate(rest);
  if (expiry !== null) return { kind: 'future', underlying, expiry };
  return COMBO.test(name) && parseDeribitSymbol(name) === null ? { kind: 'combo', underlying, expiry: null } : null;
}

/** Settlement currency under which Deribit lists an underlying: `BTC` -> BTC, `SOL_USDC` -> USDC. */
export function currencyOf(underlying: string): string {
  const separator = underlying.indexOf('_');
  return separator < 0 ? underlying : underlying.slice(separator + 1);
}

/** Index of an underlying: `BTC` -> btc_usd, `SOL_USDC` -> sol_usdc. */
export function indexOf(underlying: string): string {
  return underlying.includes('_') ? underlying.toLowerCase() : `${underlying.toLowerCase()}_usd`;
}

/** Inverse of `indexOf`; null for what is not an index name. */
export function underlyingOfIndex(index: string): string | null {
  if (!/^[a-z][a-z0-9]{1,11}_[a-z]{3,5}$/.test(index)) return null;
  const name = index.toUpperCase();
  return name.endsWith('_USD') ? name.slice(0, -'_USD'.length) : name;
}
