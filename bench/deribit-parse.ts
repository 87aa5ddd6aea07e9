/** Reading a ticker: JSON.parse against the byte scanner, and the whole session, on SYNTHETIC messages of 800 options. */
import { createHash } from 'node:crypto';
import type { MarketEvent } from '../src/market/event.ts';
import { Random } from '../src/numeric/random.ts';
import { ByteScanner } from '../src/venue/byte-scanner.ts';
import { adapter } from '../src/venue/deribit.ts';
import { TICKER_SHAPE, tickerValues } from '../src/venue/deribit/ticker.ts';
import type { Bench, BenchResult } from './run.ts';

const SYMBOLS = 800;
const AT = Date.UTC(2026, 2, 2, 12);

/** Tickers in the member order and with the digits of the captures of 2022. */
function frames(count: number): Buffer[] {
  const random = new Random(11);
  const digits = (low: number, high: number, places: number): number =>
    Number(random.between(low, high).toFixed(places));
  return Array.from({ length: count }, (_, i) => {
    const name = `BTC-27MAR26-${10_000 + (i % SYMBOLS) * 250}-${i % 2 === 0 ? 'C' : 'P'}`;
    const data = {
      underlying_price: digits(80_000, 100_000, 2),
      underlying_index: 'BTC-27MAR26',
      timestamp: AT + i,
      stats: {
        volume: digits(0, 900, 1),
        price_change: digits(-30, 30, 4),
        low: digits(0, 0.01, 4),
        high: digits(0.01, 0.02, 4),
      },
      state: 'open',
      settlement_price: digits(0, 0.02, 4),
      open_interest: digits(0, 20_000, 1),
      min_price: 0.0001,
      max_price: digits(0.02, 0.09, 4),
      mark_price: digits(0.001, 0.2, 8),
      mark_iv: digits(30, 120, 2),
      last_price: i % 7 === 0 ? null : digits(0.001, 0.2, 4),
      interest_rate: 0,
      instrument_name: name,
      index_price: digits(80_000, 100_000, 2),
      greeks: {
        vega: digits(0, 100, 5),
        theta: digits(-60, 0, 5),
        rho: digits(-20, 20, 5),
        gamma: 0.00001,
        delta: digits(-1, 1, 5),
      },
      estimated_delivery_price: digits(80_000, 100_000, 2),
      bid_iv: digits(30, 120, 2),
      best_bid_price: digits(0.001, 0.2, 4),
      best_bid_amount: digits(0, 100, 1),
      best_ask_price: digits(0.001, 0.2, 4),
      best_ask_amount: digits(0, 100, 1),
      ask_iv: digits(30, 120, 2),
    };
    return Buffer.from(
      `${TICKER_SHAPE.prefix}${name}.100ms${TICKER_SHAPE.infix}${JSON.stringify(data)}${TICKER_SHAPE.suffix}`,
    );
  });
}

/** ns per message over all frames, `rounds` times after one to warm up; the hash covers what `read` returned in the first round. */
function measure(smoke: boolean, read: (frame: Buffer) => readonly unknown[]): BenchResult {
  const messages = frames(smoke ? 20 : 8_000);
  const hash = createHash('sha256');
  for (const message of messages) hash.update(JSON.stringify(read(message)));
  const samples: number[] = [];
  for (let round = 0; round < (smoke ? 1 : 15); round++) {
    const began = performance.now();
    for (const message of messages) read(message);
    samples.push(((performance.now() - began) * 1e6) / messages.length);
  }
  return { samples, hash: hash.digest('hex').slice(0, 16) };
}

export const benches: readonly Bench[] = [
  {
    name: 'parse/ticker-json',
    unit: 'ns',
    run: (smoke) =>
      measure(smoke, (frame) =>
        tickerValues((JSON.parse(frame.toString('latin1')) as { params: { data: unknown } }).params.data)!,
      ),
  },
  {
    name: 'parse/ticker-scanner',
    unit: 'ns',
    run(smoke) {
      const scanner = new ByteScanner(TICKER_SHAPE);
      return measure(smoke, (frame) => {
        if (!scanner.scan(frame)) throw new Error('the scanner must accept what the venue sends');
        return scanner.values;
      });
    },
  },
  {
    name: 'parse/ticker-to-quote',
    unit: 'ns',
    run(smoke) {
      const session = adapter.session({ underlyings: ['BTC'], topOfBook: 'ticker', marks: false });
      session.connected(false);
      const events: MarketEvent[] = [];
      return measure(smoke, (frame) => {
        events.length = 0;
        session.frame(frame, AT, events);
        return [events.at(-1)];
      });
    },
  },
];
