/**
 * What one source says of one account, kept current by snapshots, deltas and fills, and checked against itself: the sizes
 * of a snapshot must be those of the one before plus the fills between them. Plain data.
 */
import type { EquityEvent, OwnFillEvent, PositionsEvent } from '../market/event.ts';
import { isHolding, type Holding } from '../market/holding.ts';
import type { Position } from './position.ts';

/** One account as one source knows it. Times epoch ms of venue time. */
export interface Account {
  readonly source: string;
  readonly account: string;
  /** By symbol; never of size 0. */
  holdings: Map<string, Holding>;
  /** Time of the last word about positions, and of the last snapshot; -Infinity before. */
  at: number;
  snapshotAt: number;
  validSeconds: number;
  /** The same for cash; valid for ever where cash came with the positions. */
  cashAt: number;
  cashValidSeconds: number;
  /** Rows of the last snapshot that could not be read. */
  refused: number;
  /** Whether every change is told as a fill. */
  fills: boolean;
  /** Fills not older than the last snapshot by more than {@link REMEMBER_MS}, oldest first, bounded. */
  readonly recent: { readonly at: number; readonly symbol: string; readonly signed: number }[];
  /** `symbol|tradeId` of fills taken, oldest first, bounded. */
  readonly seen: Set<string>;
  /** By symbol: sizes that the fills do not explain. */
  readonly breaks: Map<string, SizeBreak>;
  /** By currency, as the venue counts. */
  readonly margins: Map<string, VenueMargin>;
}

/** Two sizes of one holding that should agree. */
export interface SizeBreak {
  /** When it was first seen, epoch ms. */
  readonly since: number;
  /** From fills, or from the preferred source. */
  expected: number;
  readonly found: number;
}

/** What the venue itself says of an account in one currency, units of the currency; null where it does not say. */
export interface VenueMargin {
  readonly equity: number | null;
  readonly initialMargin: number | null;
  readonly maintenanceMargin: number | null;
}

/** More accounts, or holdings of one account, are refused. */
export const MOST_ACCOUNTS = 64;
/** See {@link MOST_ACCOUNTS}. */
export const MOST_HOLDINGS = 20_000;
const MOST_FILLS = 20_000;
/** Fills are not delivered later than this after the snapshot that counts them. */
const REMEMBER_MS = 60_000;
/** A fill may be this much later than the snapshot that already counts it before the two are said to disagree. */
export const GRACE_MS = 5_000;
/** Name of an account that was not named. */
export const DEFAULT_ACCOUNT = 'default';

/** An account of which nothing is known. */
export function newAccount(source: string, account: string): Account {
  return {
    source,
    account,
    holdings: new Map(),
    at: -Infinity,
    snapshotAt: -Infinity,
    validSeconds: 0,
    cashAt: Infinity,
    cashValidSeconds: 0,
    refused: 0,
    fills: false,
    recent: [],
    seen: new Set(),
    breaks: new Map(),
    margins: new Map(),
  };
}

/** Why nothing was taken of an event; null when it was. */
export type AccountRefusal = 'positions-out-of-order' | 'too-many-holdings' | 'holding-out-of-domain' | null;

/** Takes a snapshot or delta. What it says replaces what was known; where fills should explain the change, it is checked. */
export function takePositions(account: Account, event: PositionsEvent): AccountRefusal {
  if (event.at < account.at) return 'positions-out-of-order';
  if (event.holdings.length > MOST_HOLDINGS) return 'too-many-holdings';
  if (!event.holdings.every(isHolding) || !(event.validSeconds > 0)) return 'holding-out-of-domain';
  const told = new Map(event.holdings.map((h) => [h.symbol, h]));
  const replaces = (h: Holding): boolean => event.mode === 'snapshot' && (event.covers === 'all' || h.kind !== 'cash');
  const symbols = new Set(told.keys());
  for (const h of account.holdings.values()) if (replaces(h)) symbols.add(h.symbol);
  const checked = account.fills && event.fills && account.snapshotAt > -Infinity;
  const laterFills = signedAfter(account, event.at);
  const next = new Map(account.holdings);
  for (const symbol of symbols) {
    const held = account.holdings.get(symbol);
    const now = told.get(symbol);
    const later = laterFills.get(symbol) ?? 0;
    if (checked && (now ?? held)?.kind !== 'cash')
      compare(account, symbol, (held?.size ?? 0) - later, now?.size ?? 0, event.at);
    const size = (now?.size ?? 0) + (now?.kind === 'cash' ? 0 : later);
    const kept = now ?? held;
    if (size === 0 || kept === undefined) next.delete(symbol);
    else next.set(symbol, { ...kept, size });
  }
  if (next.size > MOST_HOLDINGS) return 'too-many-holdings';
  Object.assign(account, {
    holdings: next,
    at: event.at,
    validSeconds: event.validSeconds,
    refused: event.mode === 'snapshot' ? event.refused : account.refused + event.refused,
    fills: event.fills,
  });
  if (event.mode === 'snapshot') account.snapshotAt = event.at;
  if (event.covers === 'all') account.cashAt = Infinity;
  forget(account);
  return null;
}

/** Takes cash and the venue's own margins in one currency. */
export function takeEquity(account: Account, event: EquityEvent): AccountRefusal {
  const { currency: symbol, underlying, cash: size, equity, initialMargin, maintenanceMargin } = event;
  const cash: Holding = { kind: 'cash', symbol, underlying, size };
  if (!isHolding(cash) || !(event.validSeconds > 0)) return 'holding-out-of-domain';
  if (account.cashAt < Infinity && event.at < account.cashAt) return 'positions-out-of-order';
  if (account.holdings.size >= MOST_HOLDINGS && !account.holdings.has(symbol)) return 'too-many-holdings';
  if (size === 0) account.holdings.delete(symbol);
  else account.holdings.set(symbol, cash);
  account.cashAt = event.at;
  account.cashValidSeconds = event.validSeconds;
  account.margins.set(symbol, { equity, initialMargin, maintenanceMargin });
  return null;
}

/**
 * Takes a fill where the source tells them all: the holding grows or shrinks at once, its entry being the average paid.
 * Once only by its trade id; one that the last snapshot already counts resolves the break it left.
 */
export function takeFill(account: Account, event: OwnFillEvent, traded: Holding | null): void {
  const name = `${event.symbol}|${event.tradeId}`;
  if (!account.fills || account.seen.has(name)) return;
  account.seen.add(name);
  if (account.seen.size > MOST_FILLS) for (const oldest of account.seen) if (account.seen.delete(oldest)) break;
  const signed = event.direction === 'buy' ? event.amount : -event.amount;
  if (event.at <= account.snapshotAt) {
    const open = account.breaks.get(event.symbol);
    if (open === undefined) return;
    open.expected += signed;
    if (agree(open.expected, open.found)) account.breaks.delete(event.symbol);
    return;
  }
  account.recent.push({ at: event.at, symbol: event.symbol, signed });
  if (account.recent.length > MOST_FILLS) account.recent.shift();
  const held = account.holdings.get(event.symbol) ?? traded;
  if (held === null || held.kind === 'cash') return;
  const before = account.holdings.has(event.symbol) ? held.size : 0;
  const size = before + signed;
  if (agree(size, 0)) account.holdings.delete(event.symbol);
  else if (account.holdings.has(event.symbol) || account.holdings.size < MOST_HOLDINGS)
    account.holdings.set(event.symbol, {
      ...held,
      size,
      entry: entryAfter(
        before,
        held.entry,
        signed,
        event.price,
        held.settlement === 'inverse' && held.kind === 'future',
      ),
    });
}

/** Average price after a fill: weighted while the position grows (harmonically where it is sized in USD), else as it was. */
function entryAfter(
  before: number,
  entry: number | null,
  signed: number,
  price: number,
  harmonic: boolean,
): number | null {
  if (before === 0 || (before + signed) * before < 0) return price;
  if (before * signed < 0 || entry === null) return entry;
  const size = before + signed;
  return harmonic ? size / (before / entry + signed / price) : (before * entry + signed * price) / size;
}

/** Accounts that speak now, one source each: the venue before what is pushed, that before a file; of equals the newest. */
export function preferred(accounts: Iterable<Account>): Account[] {
  const best = new Map<string, Account>();
  for (const a of accounts) {
    if (a.at === -Infinity) continue;
    const held = best.get(a.account);
    if (held === undefined || rank(a) > rank(held) || (rank(a) === rank(held) && a.at > held.at))
      best.set(a.account, a);
  }
  return [...best.values()];
}

function rank(a: Account): number {
  return a.source === 'file' ? 0 : a.source === 'push' ? 1 : 2;
}

/** Whether a source's word has lapsed at `at` (epoch ms). */
export function isLapsed(a: Account, at: number): boolean {
  return at - a.at > a.validSeconds * 1_000 || (a.cashAt < Infinity && at - a.cashAt > a.cashValidSeconds * 1_000);
}

/** Symbols on which two sources of one account differ: size of the preferred one and of the other. */
export function differences(of: Account, other: Account): Map<string, { expected: number; found: number }> {
  const out = new Map<string, { expected: number; found: number }>();
  for (const symbol of new Set([...of.holdings.keys(), ...other.holdings.keys()])) {
    const [a, b] = [of.holdings.get(symbol), other.holdings.get(symbol)];
    // Cash moves with every fee and funding payment; a file is not expected to follow.
    if ((a ?? b)?.kind === 'cash') continue;
    const [expected, found] = [a?.size ?? 0, b?.size ?? 0];
    if (!agree(expected, found)) out.set(symbol, { expected, found });
  }
  return out;
}

/** A holding as the valuation takes it. */
export function positionOf(account: string, h: Holding): Position {
  if (h.kind === 'cash') return { kind: 'equity', account, currency: h.symbol, underlying: h.underlying, size: h.size };
  return { ...h, account, entry: h.entry ?? NaN };
}

function compare(account: Account, symbol: string, expected: number, found: number, at: number): void {
  if (agree(expected, found)) account.breaks.delete(symbol);
  else account.breaks.set(symbol, { since: account.breaks.get(symbol)?.since ?? at, expected, found });
}

function agree(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}

function signedAfter(account: Account, at: number): Map<string, number> {
  const totals = new Map<string, number>();
  for (const f of account.recent) if (f.at > at) totals.set(f.symbol, (totals.get(f.symbol) ?? 0) + f.signed);
  return totals;
}

function forget(account: Account): void {
  while (account.recent.length > 0 && account.recent[0].at < account.snapshotAt - REMEMBER_MS) account.recent.shift();
}
