/** SYNTHETIC Deribit messages in the documented forms, for tests that need no data set. */
import type { MarketEvent } from '../../src/market/event.ts';
import type { FrameSignal, SessionOptions, VenueSession } from '../../src/venue/adapter.ts';
import { adapter } from '../../src/venue/deribit.ts';

export const T0 = Date.UTC(2026, 2, 2, 12);
export const CALL = 'BTC-27MAR26-90000-C';
export const PUT = 'BTC-27MAR26-80000-P';
export const SOL = 'SOL_USDC-27MAR26-150-C';
const encoder = new TextEncoder();

export function openSession(options: Partial<SessionOptions> = {}): VenueSession {
  const session = adapter.session({
    underlyings: ['BTC', 'ETH', 'SOL_USDC'],
    topOfBook: 'ticker',
    marks: true,
    ...options,
  });
  session.connected(false);
  return session;
}

export const notification = (channel: string, data: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', method: 'subscription', params: { channel, data } });

export interface Heard {
  readonly events: MarketEvent[];
  readonly signal: FrameSignal | null;
}
export function hear(session: VenueSession, frame: string, receivedAt = T0): Heard {
  const events: MarketEvent[] = [];
  const signal = session.frame(encoder.encode(frame), receivedAt, events);
  return { events, signal };
}
export const hearChannel = (session: VenueSession, channel: string, data: unknown, receivedAt = T0): Heard =>
  hear(session, notification(channel, data), receivedAt);

export const of = <K extends MarketEvent['type']>(
  events: readonly MarketEvent[],
  type: K,
): Extract<MarketEvent, { type: K }>[] => events.filter((e): e is Extract<MarketEvent, { type: K }> => e.type === type);

/** An option's ticker. */
export const tickerData = (name: string, at: number, over: Record<string, unknown> = {}): Record<string, unknown> => ({
  timestamp: at,
  state: 'open',
  stats: { high: null, low: null, price_change: null, volume: 0, volume_usd: 0 },
  instrument_name: name,
  best_bid_price: 0.0365,
  best_bid_amount: 15.4,
  best_ask_price: 0.04,
  best_ask_amount: 4.8,
  mark_price: 0.0385,
  mark_iv: 63.21,
  bid_iv: 61.2,
  ask_iv: 65,
  underlying_price: 90_123.5,
  underlying_index: 'BTC-27MAR26',
  index_price: 90_001.25,
  interest_rate: 0,
  open_interest: 533.2,
  min_price: 0.01,
  max_price: 0.09,
  last_price: null,
  estimated_delivery_price: 90_001.25,
  greeks: { delta: 0.55, gamma: 0.00002, rho: 20.1, theta: -60.2, vega: 95.5 },
  ...over,
});

export const tradeData = (
  name: string,
  at: number,
  id: string,
  over: Record<string, unknown> = {},
): Record<string, unknown> => ({
  trade_seq: 7,
  trade_id: id,
  timestamp: at,
  tick_direction: 1,
  price: 0.0405,
  mark_price: 0.0385,
  iv: 64.5,
  instrument_name: name,
  index_price: 90_000,
  direction: 'buy',
  contracts: 0.3,
  amount: 0.3,
  ...over,
});

/** A row of `public/get_instruments`. */
export const instrumentRow = (name: string, over: Record<string, unknown> = {}): Record<string, unknown> => {
  const linear = name.includes('_');
  const [, , strike, side] = name.split('-');
  return {
    instrument_name: name,
    kind: 'option',
    state: 'open',
    is_active: true,
    base_currency: name.split(/[-_]/)[0],
    quote_currency: linear ? 'USDC' : name.split('-')[0],
    settlement_currency: linear ? 'USDC' : name.split('-')[0],
    counter_currency: linear ? 'USDC' : 'USD',
    instrument_type: linear ? 'linear' : 'reversed',
    strike: Number(strike.replace('d', '.')),
    option_type: side === 'C' ? 'call' : 'put',
    expiration_timestamp: Date.UTC(2026, 2, 27, 8),
    creation_timestamp: Date.UTC(2026, 0, 1, 8),
    contract_size: linear ? 10 : 1,
    tick_size: linear ? 0.01 : 0.0001,
    tick_size_steps: linear ? [] : [{ above_price: 0.005, tick_size: 0.0005 }],
    ...over,
  };
};

export const bookData = (
  name: string,
  at: number,
  id: number,
  over: Record<string, unknown> = {},
): Record<string, unknown> => ({
  type: 'snapshot',
  timestamp: at,
  instrument_name: name,
  change_id: id,
  bids: [
    ['new', 0.036, 10],
    ['new', 0.0355, 20],
  ],
  asks: [['new', 0.04, 5]],
  ...over,
});
