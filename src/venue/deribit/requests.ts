/** Requests as data: method, parameters, and what they cost in credits (rate-limit documents). */
import type { RateLimit, VenueRequest } from '../adapter.ts';
import { currencyOf } from './names.ts';

/** Credits; the stricter of the two documented readings of `get_instruments` (1 per 10 s, burst 5). */
export const RATE_LIMITS: Readonly<Record<string, RateLimit>> = {
  default: { capacity: 50_000, refillPerSecond: 10_000 },
  subscribe: { capacity: 30_000, refillPerSecond: 10_000 },
  instruments: { capacity: 50_000, refillPerSecond: 1_000 },
};
/** History pages hold at most this many prints; only the last 24 hours are there. */
export const HISTORY_PAGE = 1_000;

const plain = (method: string, params: Record<string, unknown>): VenueRequest => ({
  method,
  params,
  bucket: 'default',
  cost: 500,
});

const scope = (channels: readonly string[]): string =>
  channels.some((c) => c.startsWith('user.')) ? 'private' : 'public';

export const subscribe = (channels: readonly string[]): VenueRequest => ({
  method: `${scope(channels)}/subscribe`,
  params: { channels },
  bucket: 'subscribe',
  cost: 3_000,
});
export const unsubscribe = (channels: readonly string[]): VenueRequest => ({
  method: `${scope(channels)}/unsubscribe`,
  params: { channels },
  bucket: 'subscribe',
  cost: 3_000,
});
export const instruments = (currency: string, kind: 'option' | 'future'): VenueRequest => ({
  method: 'public/get_instruments',
  params: { currency, kind, expired: false },
  bucket: 'instruments',
  cost: 10_000,
});
export const bookSummary = (currency: string): VenueRequest =>
  plain('public/get_book_summary_by_currency', { currency, kind: 'option' });
export const lastTrades = (currency: string, from: number, to: number): VenueRequest =>
  plain('public/get_last_trades_by_currency_and_time', {
    currency,
    kind: 'option',
    start_timestamp: from,
    end_timestamp: to,
    count: HISTORY_PAGE,
    sorting: 'asc',
  });
export const status = (): VenueRequest => plain('public/status', {});
export const probe = (): VenueRequest => plain('public/test', {});
export const heartbeat = (seconds: number): VenueRequest =>
  plain('public/set_heartbeat', { interval: Math.max(10, seconds) });
export const clientCredentials = (clientId: string, clientSecret: string): VenueRequest =>
  plain('public/auth', { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
export const refreshToken = (token: string): VenueRequest =>
  plain('public/auth', { grant_type: 'refresh_token', refresh_token: token });

/** Private methods that only read. Anything else is refused before it leaves the process. */
export const READ_ONLY_METHODS: ReadonlySet<string> = new Set([
  'private/get_account_summary',
  'private/get_account_summaries',
  'private/get_position',
  'private/get_positions',
  'private/get_subaccounts',
  'private/get_open_orders',
  'private/get_open_orders_by_currency',
  'private/get_user_trades_by_currency',
  'private/get_user_trades_by_currency_and_time',
  'private/get_user_trades_by_instrument',
  'private/get_transaction_log',
]);
/** Its own limit: 10,000 credits, 80,000 at most, 1 per second. */
export const privateRequest = (method: string, params: Readonly<Record<string, unknown>>): VenueRequest | null =>
  READ_ONLY_METHODS.has(method)
    ? { method, params, bucket: 'default', cost: method === 'private/get_transaction_log' ? 10_000 : 500 }
    : null;

/** Settlement currencies of some underlyings, each once. */
export const currenciesOf = (underlyings: readonly string[]): string[] => [...new Set(underlyings.map(currencyOf))];
