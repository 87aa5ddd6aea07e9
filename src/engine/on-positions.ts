import type { EquityEvent, OwnFillEvent, PositionsEvent } from '../market/event.ts';
import type { Holding } from '../market/holding.ts';
import {
  DEFAULT_ACCOUNT,
  differences,
  MOST_ACCOUNTS,
  newAccount,
  preferred,
  takeEquity,
  takeFill,
  takePositions,
  type Account,
} from '../portfolio/account.ts';
import { countRefused, type EngineState } from './state.ts';

/** Takes what a source says an account holds. */
export function onPositions(state: EngineState, event: PositionsEvent): void {
  const account = accountOf(state, event.source, event.account);
  if (account === null) return;
  const refused = takePositions(account, event);
  if (refused !== null) countRefused(state, refused);
  else compareSources(state, account.account, event.at);
}

/** Takes an account's cash in one currency. */
export function onEquity(state: EngineState, event: EquityEvent): void {
  const account = accountOf(state, event.source, event.account);
  if (account === null) return;
  const refused = takeEquity(account, event);
  if (refused !== null) countRefused(state, refused);
}

/** A fill moves the positions of its account wherever the source tells every fill. */
export function onFill(state: EngineState, event: OwnFillEvent): void {
  const name = event.account === '' ? DEFAULT_ACCOUNT : event.account;
  if (!(event.amount > 0 && event.amount < Infinity && event.price >= 0 && event.price < Infinity)) {
    countRefused(state, 'fill-out-of-domain');
    return;
  }
  for (const account of state.book.accounts.values())
    if (account.account === name) takeFill(account, event, traded(state, event));
  compareSources(state, name, event.at);
}

function accountOf(state: EngineState, source: string, named: string): Account | null {
  const name = named === '' ? DEFAULT_ACCOUNT : named;
  const { accounts } = state.book;
  const key = `${source}|${name}`;
  const held = accounts.get(key);
  if (held !== undefined) return held;
  if (accounts.size >= MOST_ACCOUNTS || name.length > 64 || source.length > 64) {
    countRefused(state, 'too-many-accounts');
    return null;
  }
  const made = newAccount(source, name);
  accounts.set(key, made);
  return made;
}

/** What was traded, of size 0; null when the venue's list does not know it: the next snapshot will. */
function traded(state: EngineState, event: OwnFillEvent): Holding | null {
  const { symbol } = event;
  const place = state.instruments.get(`${event.venue}:${symbol}`);
  if (place !== undefined) {
    const { side, strike, expiry, settlement, underlying } = place.entry.instrument;
    return {
      kind: 'option',
      symbol,
      underlying: coinOf(underlying),
      side,
      strike,
      expiry,
      settlement,
      size: 0,
      entry: null,
    };
  }
  for (const u of state.underlyings.values()) {
    const future = u.venue === event.venue ? u.futures.get(symbol) : undefined;
    if (future === undefined) continue;
    const settlement = future.underlying.includes('_') ? 'linear' : 'inverse';
    return {
      kind: 'future',
      symbol,
      underlying: coinOf(future.underlying),
      expiry: future.expiry,
      settlement,
      size: 0,
      entry: null,
    };
  }
  return null;
}

/** `BTC` of `BTC_USDC`. */
export function coinOf(underlying: string): string {
  const bar = underlying.indexOf('_');
  return bar < 0 ? underlying : underlying.slice(0, bar);
}

/** Bound on differences remembered; an account that differs in more is broken all the same. */
const MOST_DIFFERENCES = 1_000;

/** Holds the sources of one account against the preferred one. */
function compareSources(state: EngineState, name: string, at: number): void {
  const { accounts, differences: known } = state.book;
  const sources = [...accounts.values()].filter((a) => a.account === name && a.snapshotAt > -Infinity);
  const found = new Map<string, { expected: number; found: number }>();
  const best = preferred(sources)[0];
  if (best !== undefined)
    for (const other of sources)
      if (other !== best) for (const [symbol, d] of differences(best, other)) found.set(symbol, d);
  for (const key of known.keys())
    if (key.startsWith(`${name}|`) && !found.has(key.slice(name.length + 1))) known.delete(key);
  for (const [symbol, d] of found) {
    const key = `${name}|${symbol}`;
    if (!known.has(key) && known.size >= MOST_DIFFERENCES) continue;
    known.set(key, { since: known.get(key)?.since ?? at, ...d });
  }
}
